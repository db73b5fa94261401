-- Signing in with an account elsewhere: Google, GitHub, Microsoft or any OpenID provider.

-- Whoever signed up that way has no password.
alter table users alter column password_hash drop not null;

-- Who somebody is elsewhere. The issuer and its subject name a person for good; an address does not.
create table identities (
    issuer text not null,
    subject text not null,
    user_id uuid not null references users on delete cascade,
    -- The provider's id in the settings, and how the person is called there: for people to read.
    provider text not null,
    label text not null,
    created_at timestamptz not null default now(),
    last_used_at timestamptz,
    primary key (issuer, subject)
);
create index identities_by_user on identities (user_id);

-- Somebody has been led to a provider and is awaited back, once. Only the digest of the state is
-- stored, and that of a secret which the browser's session holds.
create table sign_in_attempts (
    digest bytea primary key check (octet_length(digest) = 32),
    browser bytea not null check (octet_length(browser) = 32),
    provider text not null,
    purpose text not null check (purpose in ('sign_in', 'link', 'step_up', 'test')),
    -- Who links, shows that it is them, or tests.
    user_id uuid references users on delete cascade,
    nonce text not null,
    verifier text not null,
    next text not null,
    expires_at timestamptz not null,
    constraint sign_in_attempts_person check ((purpose = 'sign_in') = (user_id is null))
);
create index sign_in_attempts_expires_at on sign_in_attempts (expires_at);
create index sign_in_attempts_by_user on sign_in_attempts (user_id) where user_id is not null;

grant select, insert, update, delete on identities to bulkhead_runtime;
grant select, insert, delete on sign_in_attempts to bulkhead_runtime;
grant select, delete on sign_in_attempts to bulkhead_system;
