CREATE TABLE installation (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (name)
);

CREATE TABLE versions (
    name TEXT NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (name)
);

CREATE TABLE tenants (
    id TEXT NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    secret BYTEA NOT NULL,
    settings TEXT NOT NULL,
    not_before BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (id)
);

CREATE UNIQUE INDEX tenants_slug ON tenants (slug);

CREATE TABLE signing_keys (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    family TEXT NOT NULL,
    kid TEXT NOT NULL,
    state TEXT NOT NULL,
    private_key BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    active_at BIGINT,
    retired_at BIGINT,
    drop_at BIGINT,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE users (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    username TEXT NOT NULL,
    username_key TEXT NOT NULL,
    email TEXT,
    email_key TEXT,
    email_verified_at BIGINT,
    name TEXT,
    profile TEXT NOT NULL,
    roles TEXT NOT NULL,
    state TEXT NOT NULL,
    state_reason TEXT,
    state_changed_by TEXT NOT NULL,
    state_changed_at BIGINT NOT NULL,
    password_hash TEXT,
    password_changed_at BIGINT,
    not_before BIGINT NOT NULL,
    last_login_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE UNIQUE INDEX users_username ON users (tenant_id, username_key);

CREATE UNIQUE INDEX users_email ON users (tenant_id, email_key);

CREATE TABLE clients (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    metadata TEXT NOT NULL,
    not_before BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE client_secrets (
    tenant_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    id TEXT NOT NULL,
    hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (tenant_id, client_id, id)
);

CREATE TABLE sessions (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    user_id TEXT NOT NULL,
    auth_time BIGINT NOT NULL,
    amr TEXT NOT NULL,
    acr TEXT NOT NULL,
    user_agent TEXT,
    ip TEXT,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    end_reason TEXT,
    PRIMARY KEY (tenant_id, id)
);

CREATE UNIQUE INDEX sessions_token ON sessions (tenant_id, token_hash);

CREATE INDEX sessions_user ON sessions (tenant_id, user_id);

CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE flows (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    browser_hash TEXT NOT NULL,
    request TEXT NOT NULL,
    step TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE INDEX flows_browser ON flows (tenant_id, browser_hash);

CREATE INDEX flows_expiry ON flows (expires_at);

CREATE TABLE consents (
    tenant_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    granted_at BIGINT NOT NULL,
    revoked_at BIGINT,
    not_before BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id, client_id)
);

CREATE TABLE grants (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    session_id TEXT,
    scope TEXT NOT NULL,
    auth_time BIGINT NOT NULL,
    acr TEXT NOT NULL,
    amr TEXT NOT NULL,
    generation BIGINT NOT NULL,
    rotated_at BIGINT NOT NULL,
    idle_expires_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoke_reason TEXT,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE revoked_tokens (
    tenant_id TEXT NOT NULL,
    jti TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, jti)
);

CREATE TABLE login_throttle (
    tenant_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    failures BIGINT NOT NULL,
    last_failure_at BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, subject)
);

CREATE TABLE network_throttle (
    tenant_id TEXT NOT NULL,
    network TEXT NOT NULL,
    failures BIGINT NOT NULL,
    window_start BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, network)
);

CREATE TABLE links (
    tenant_id TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    purpose TEXT NOT NULL,
    user_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (tenant_id, token_hash)
);

CREATE TABLE audit_events (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    user_id TEXT,
    client_id TEXT,
    ip TEXT,
    request_id TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE INDEX audit_user ON audit_events (tenant_id, user_id, id);

INSERT INTO versions (name, value) VALUES ('config', 1);
