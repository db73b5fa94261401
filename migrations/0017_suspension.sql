-- A suspended tenant's endpoint answers nobody; its people go on working on its pages.
alter table tenants add column suspended_at timestamptz;
