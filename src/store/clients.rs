//! Clients and their secrets.

use diesel::prelude::*;

use super::schema::{client_secrets, clients, consents};
use super::{Conn, StoreError, Tx};
use crate::kernel::{ClientId, TenantId, Timestamp};

/// A client's row.
#[derive(Clone, Debug, Queryable)]
pub struct ClientRow {
    /// The tenant.
    #[diesel(deserialize_as = String)]
    pub tenant: TenantId,
    /// The client identifier.
    #[diesel(deserialize_as = String)]
    pub id: ClientId,
    /// Its name for people.
    pub name: String,
    /// `web`, `spa`, `native`, `service` or `device`.
    pub kind: String,
    /// `active` or `disabled`.
    pub state: String,
    /// RFC 7591 metadata and Portico's own settings, as JSON.
    pub metadata: String,
    /// Grants made up to this moment are void.
    #[diesel(deserialize_as = i64)]
    pub not_before: Timestamp,
    /// When it was made.
    #[diesel(deserialize_as = i64)]
    pub created_at: Timestamp,
    /// When it last changed.
    #[diesel(deserialize_as = i64)]
    pub updated_at: Timestamp,
}

/// A client secret's row.
#[derive(Clone, Debug, Queryable)]
pub struct SecretRow {
    /// The tenant.
    #[diesel(deserialize_as = String)]
    pub tenant: TenantId,
    /// The client.
    #[diesel(deserialize_as = String)]
    pub client: ClientId,
    /// The secret's own id.
    pub id: String,
    /// Keyed hash of the generated value.
    pub hash: String,
    /// When it was made.
    #[diesel(deserialize_as = i64)]
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Option<i64>,
}

/// Adds a client.
///
/// # Errors
/// [`StoreError::Conflict`] when the identifier is taken.
pub fn insert(tx: &mut Tx<'_>, tenant: TenantId, row: &ClientRow) -> Result<(), StoreError> {
    use clients::dsl;
    diesel::insert_into(dsl::clients)
        .values((
            dsl::tenant_id.eq(tenant.to_string()),
            dsl::id.eq(row.id.as_str()),
            dsl::name.eq(&row.name),
            dsl::kind.eq(&row.kind),
            dsl::state.eq(&row.state),
            dsl::metadata.eq(&row.metadata),
            dsl::not_before.eq(row.not_before.micros()),
            dsl::created_at.eq(row.created_at.micros()),
            dsl::updated_at.eq(row.updated_at.micros()),
        ))
        .execute(&mut **tx)?;
    tx.touch_config()
}

/// A client by identifier.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn find(conn: &mut Conn, tenant: TenantId, id: &ClientId) -> Result<Option<ClientRow>, StoreError> {
    Ok(clients::table.find((tenant.to_string(), id.as_str())).first(conn).optional()?)
}

/// Up to `limit` clients after the identifier `after`.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn list(
    conn: &mut Conn,
    tenant: TenantId,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<ClientRow>, StoreError> {
    use clients::dsl;
    let rows = dsl::clients
        .filter(dsl::tenant_id.eq(tenant.to_string()))
        .filter(dsl::id.gt(after.unwrap_or("")))
        .order(dsl::id.asc())
        .limit(limit)
        .load(conn)?;
    Ok(rows)
}

/// Replaces name and metadata.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn update(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: &ClientId,
    name: &str,
    metadata: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    use clients::dsl;
    let rows = diesel::update(dsl::clients.find((tenant.to_string(), id.as_str())))
        .set((dsl::name.eq(name), dsl::metadata.eq(metadata), dsl::updated_at.eq(now.micros())))
        .execute(&mut **tx)?;
    tx.touch_config()?;
    Ok(rows == 1)
}

/// Sets the state; disabling voids every grant of the client made until `now`.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn set_state(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: &ClientId,
    state: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    use clients::dsl;
    let rows = diesel::update(dsl::clients.find((tenant.to_string(), id.as_str())))
        .set((dsl::state.eq(state), dsl::updated_at.eq(now.micros())))
        .execute(&mut **tx)?;
    // The mark only moves forward, so that a node whose clock is behind revives nothing.
    let void = dsl::clients.find((tenant.to_string(), id.as_str())).filter(dsl::not_before.lt(now.micros()));
    diesel::update(void).set(dsl::not_before.eq(now.micros())).execute(&mut **tx)?;
    tx.touch_config()?;
    Ok(rows == 1)
}

/// Removes a client, its secrets and what people allowed it; its grants die with it, because a grant needs its
/// client.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn delete(tx: &mut Tx<'_>, tenant: TenantId, id: &ClientId) -> Result<bool, StoreError> {
    let secrets = client_secrets::table
        .filter(client_secrets::tenant_id.eq(tenant.to_string()))
        .filter(client_secrets::client_id.eq(id.as_str()));
    diesel::delete(secrets).execute(&mut **tx)?;
    let allowed = consents::table
        .filter(consents::tenant_id.eq(tenant.to_string()))
        .filter(consents::client_id.eq(id.as_str()));
    diesel::delete(allowed).execute(&mut **tx)?;
    let rows = diesel::delete(clients::table.find((tenant.to_string(), id.as_str()))).execute(&mut **tx)?;
    tx.touch_config()?;
    Ok(rows == 1)
}

/// Adds a secret.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn insert_secret(tx: &mut Tx<'_>, tenant: TenantId, row: &SecretRow) -> Result<(), StoreError> {
    use client_secrets::dsl;
    diesel::insert_into(dsl::client_secrets)
        .values((
            dsl::tenant_id.eq(tenant.to_string()),
            dsl::client_id.eq(row.client.as_str()),
            dsl::id.eq(&row.id),
            dsl::hash.eq(&row.hash),
            dsl::created_at.eq(row.created_at.micros()),
            dsl::expires_at.eq(row.expires_at),
        ))
        .execute(&mut **tx)?;
    tx.touch_config()
}

/// The secrets of a client, oldest first.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn secrets(conn: &mut Conn, tenant: TenantId, id: &ClientId) -> Result<Vec<SecretRow>, StoreError> {
    use client_secrets::dsl;
    let rows = dsl::client_secrets
        .filter(dsl::tenant_id.eq(tenant.to_string()))
        .filter(dsl::client_id.eq(id.as_str()))
        .order(dsl::id.asc())
        .load(conn)?;
    Ok(rows)
}

/// Removes one secret.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn delete_secret(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: &ClientId,
    secret: &str,
) -> Result<bool, StoreError> {
    let target = client_secrets::table.find((tenant.to_string(), id.as_str(), secret));
    let rows = diesel::delete(target).execute(&mut **tx)?;
    tx.touch_config()?;
    Ok(rows == 1)
}

/// Gives a secret an end.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn expire_secret(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: &ClientId,
    secret: &str,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let target = client_secrets::table.find((tenant.to_string(), id.as_str(), secret));
    let rows =
        diesel::update(target).set(client_secrets::expires_at.eq(Some(at.micros()))).execute(&mut **tx)?;
    tx.touch_config()?;
    Ok(rows == 1)
}
