-- Passkeys (WebAuthn): key pairs of which only the public half is here.

-- How authenticators know a person: random, so that it tells nothing about them.
create table passkey_handles (
    user_id uuid primary key references users on delete cascade,
    handle bytea not null constraint passkey_handles_handle_key unique check (octet_length(handle) = 64)
);

create table passkeys (
    passkey_id uuid primary key,
    user_id uuid not null references users on delete cascade,
    credential_id bytea not null constraint passkeys_credential_id_key unique
        check (octet_length(credential_id) between 16 and 1023),
    name text not null check (char_length(name) between 1 and 80),
    -- The public key and what never changes, as the library writes it.
    record bytea not null,
    -- How the browser may reach the authenticator: a set of bits.
    transports smallint not null,
    -- Whether it may be copied to other devices of its person, and whether it is.
    may_back_up boolean not null,
    backed_up boolean not null,
    -- Signatures so far, where the authenticator counts them: one that goes back betrays a copy.
    sign_count bigint not null check (sign_count >= 0),
    created_at timestamptz not null default now(),
    last_used_at timestamptz
);
create index passkeys_by_user on passkeys (user_id);

-- What a browser was asked to sign, and has not signed yet. Answering deletes the row.
create table passkey_ceremonies (
    -- Of the challenge and of the browser that was given it.
    digest bytea primary key check (octet_length(digest) = 32),
    purpose text not null check (purpose in ('add', 'sign_in', 'check')),
    -- Null while nobody is known, as at sign-in.
    user_id uuid references users on delete cascade,
    state bytea not null,
    expires_at timestamptz not null default now() + interval '5 minutes'
);
create index passkey_ceremonies_expires_at on passkey_ceremonies (expires_at);

grant select, insert, update, delete on passkeys to bulkhead_runtime;
grant select, insert on passkey_handles to bulkhead_runtime;
grant select, insert, delete on passkey_ceremonies to bulkhead_runtime;
grant select, delete on passkey_ceremonies to bulkhead_system;
