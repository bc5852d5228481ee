//! The tables as both databases hold them; `tests/schema.rs` holds the migrations to it.
#![expect(missing_docs, reason = "the columns are described in classification.rs")]

diesel::table! {
    installation (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    versions (name) {
        name -> Text,
        value -> BigInt,
    }
}

diesel::table! {
    tenants (id) {
        id -> Text,
        slug -> Text,
        name -> Text,
        state -> Text,
        secret -> Binary,
        settings -> Text,
        not_before -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    signing_keys (tenant_id, id) {
        tenant_id -> Text,
        id -> Text,
        family -> Text,
        kid -> Text,
        state -> Text,
        private_key -> Binary,
        created_at -> BigInt,
        active_at -> Nullable<BigInt>,
        retired_at -> Nullable<BigInt>,
        drop_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    users (tenant_id, id) {
        tenant_id -> Text,
        id -> Text,
        username -> Text,
        username_key -> Text,
        email -> Nullable<Text>,
        email_key -> Nullable<Text>,
        email_verified_at -> Nullable<BigInt>,
        name -> Nullable<Text>,
        profile -> Text,
        roles -> Text,
        state -> Text,
        state_reason -> Nullable<Text>,
        state_changed_by -> Text,
        state_changed_at -> BigInt,
        password_hash -> Nullable<Text>,
        password_changed_at -> Nullable<BigInt>,
        not_before -> BigInt,
        last_login_at -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    clients (tenant_id, id) {
        tenant_id -> Text,
        id -> Text,
        name -> Text,
        kind -> Text,
        state -> Text,
        metadata -> Text,
        not_before -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    client_secrets (tenant_id, client_id, id) {
        tenant_id -> Text,
        client_id -> Text,
        id -> Text,
        hash -> Text,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    sessions (tenant_id, id) {
        tenant_id -> Text,
        id -> Text,
        token_hash -> Text,
        user_id -> Text,
        auth_time -> BigInt,
        amr -> Text,
        acr -> Text,
        user_agent -> Nullable<Text>,
        ip -> Nullable<Text>,
        created_at -> BigInt,
        last_seen_at -> BigInt,
        expires_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        end_reason -> Nullable<Text>,
    }
}

diesel::table! {
    flows (tenant_id, id) {
        tenant_id -> Text,
        id -> Text,
        browser_hash -> Text,
        request -> Text,
        step -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    consents (tenant_id, user_id, client_id) {
        tenant_id -> Text,
        user_id -> Text,
        client_id -> Text,
        scope -> Text,
        granted_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        not_before -> BigInt,
    }
}

diesel::table! {
    grants (tenant_id, id) {
        tenant_id -> Text,
        id -> Text,
        client_id -> Text,
        user_id -> Text,
        session_id -> Nullable<Text>,
        scope -> Text,
        auth_time -> BigInt,
        acr -> Text,
        amr -> Text,
        generation -> BigInt,
        rotated_at -> BigInt,
        idle_expires_at -> BigInt,
        expires_at -> BigInt,
        created_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        revoke_reason -> Nullable<Text>,
    }
}

diesel::table! {
    revoked_tokens (tenant_id, jti) {
        tenant_id -> Text,
        jti -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    login_throttle (tenant_id, subject) {
        tenant_id -> Text,
        subject -> Text,
        failures -> BigInt,
        last_failure_at -> BigInt,
        blocked_until -> BigInt,
    }
}

diesel::table! {
    network_throttle (tenant_id, network) {
        tenant_id -> Text,
        network -> Text,
        failures -> BigInt,
        window_start -> BigInt,
        blocked_until -> BigInt,
    }
}

diesel::table! {
    links (tenant_id, token_hash) {
        tenant_id -> Text,
        token_hash -> Text,
        purpose -> Text,
        user_id -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    audit_events (tenant_id, id) {
        tenant_id -> Text,
        id -> Text,
        at -> BigInt,
        kind -> Text,
        actor -> Text,
        user_id -> Nullable<Text>,
        client_id -> Nullable<Text>,
        ip -> Nullable<Text>,
        request_id -> Text,
        detail -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(consents, grants, sessions, users);
