create table tasks (
    tenant_id uuid not null references tenants on delete cascade,
    task_id uuid not null,
    title text not null,
    description text not null default '',
    status text not null default 'todo'
        check (status in ('todo', 'in_progress', 'blocked', 'done', 'cancelled')),
    priority text not null default 'normal' check (priority in ('low', 'normal', 'high', 'urgent')),
    due_on date,
    labels text[] not null default '{}',
    progress smallint not null default 0 check (progress between 0 and 100),
    assignee text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    completed_at timestamptz,
    primary key (tenant_id, task_id)
);
create index tasks_by_status on tasks (tenant_id, status, task_id);
alter table tasks enable row level security;
alter table tasks force row level security;
create policy tenant_only on tasks to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));

create table task_dependencies (
    tenant_id uuid not null references tenants on delete cascade,
    task_id uuid not null,
    depends_on uuid not null,
    primary key (tenant_id, task_id, depends_on),
    foreign key (tenant_id, task_id) references tasks on delete cascade,
    foreign key (tenant_id, depends_on) references tasks on delete cascade,
    constraint task_depends_on_another check (task_id <> depends_on)
);
create index task_dependencies_by_target on task_dependencies (tenant_id, depends_on);
alter table task_dependencies enable row level security;
alter table task_dependencies force row level security;
create policy tenant_only on task_dependencies to bulkhead_runtime
    using (tenant_id = (select current_setting('app.tenant_id')::uuid))
    with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
