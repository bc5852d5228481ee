//! Signing keys: private parts sealed under the master key, states for rotation with overlap.

use diesel::prelude::*;

use super::schema::signing_keys::dsl;
use super::{Conn, StoreError, Tx};
use crate::kernel::{KeyId, TenantId, Timestamp};

/// A signing key's row.
#[derive(Clone, Debug, Queryable)]
pub struct SigningKeyRow {
    /// The tenant it signs for.
    #[diesel(deserialize_as = String)]
    pub tenant: TenantId,
    /// Its id.
    #[diesel(deserialize_as = String)]
    pub id: KeyId,
    /// `rsa`, `ec` or `okp`.
    pub family: String,
    /// The published key id: the RFC 7638 thumbprint.
    pub kid: String,
    /// `published`, `active` or `retired`.
    pub state: String,
    /// PKCS #8, sealed.
    pub private_key: Vec<u8>,
    /// When it was made.
    #[diesel(deserialize_as = i64)]
    pub created_at: Timestamp,
    /// When it signs from, in microseconds.
    pub active_at: Option<i64>,
    /// When it stopped signing.
    pub retired_at: Option<i64>,
    /// When the last token it signed has expired and it leaves the JWKS.
    pub drop_at: Option<i64>,
}

/// Adds a key.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn insert(tx: &mut Tx<'_>, tenant: TenantId, row: &SigningKeyRow) -> Result<(), StoreError> {
    diesel::insert_into(dsl::signing_keys)
        .values((
            dsl::tenant_id.eq(tenant.to_string()),
            dsl::id.eq(row.id.to_string()),
            dsl::family.eq(&row.family),
            dsl::kid.eq(&row.kid),
            dsl::state.eq(&row.state),
            dsl::private_key.eq(&row.private_key),
            dsl::created_at.eq(row.created_at.micros()),
            dsl::active_at.eq(row.active_at),
            dsl::retired_at.eq(row.retired_at),
            dsl::drop_at.eq(row.drop_at),
        ))
        .execute(&mut **tx)?;
    tx.touch_config()
}

/// Every key of a tenant, oldest first.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn list(conn: &mut Conn, tenant: TenantId) -> Result<Vec<SigningKeyRow>, StoreError> {
    Ok(dsl::signing_keys.filter(dsl::tenant_id.eq(tenant.to_string())).order(dsl::id.asc()).load(conn)?)
}

/// Makes a published key the one that signs.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn activate(tx: &mut Tx<'_>, tenant: TenantId, id: KeyId, now: Timestamp) -> Result<bool, StoreError> {
    let target =
        dsl::signing_keys.find((tenant.to_string(), id.to_string())).filter(dsl::state.eq("published"));
    let rows = diesel::update(target)
        .set((dsl::state.eq("active"), dsl::active_at.eq(Some(now.micros()))))
        .execute(&mut **tx)?;
    tx.touch_config()?;
    Ok(rows == 1)
}

/// Stops a key from signing; it verifies until `drop_at`.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn retire(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: KeyId,
    now: Timestamp,
    drop_at: Timestamp,
) -> Result<bool, StoreError> {
    let target =
        dsl::signing_keys.find((tenant.to_string(), id.to_string())).filter(dsl::state.ne("retired"));
    let rows = diesel::update(target)
        .set((
            dsl::state.eq("retired"),
            dsl::retired_at.eq(Some(now.micros())),
            dsl::drop_at.eq(Some(drop_at.micros())),
        ))
        .execute(&mut **tx)?;
    tx.touch_config()?;
    Ok(rows == 1)
}

/// Removes retired keys whose time is over; tells how many.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn drop_expired(tx: &mut Tx<'_>, tenant: TenantId, now: Timestamp) -> Result<usize, StoreError> {
    let expired = dsl::signing_keys
        .filter(dsl::tenant_id.eq(tenant.to_string()))
        .filter(dsl::state.eq("retired"))
        .filter(dsl::drop_at.le(Some(now.micros())));
    let rows = diesel::delete(expired).execute(&mut **tx)?;
    if rows > 0 {
        tx.touch_config()?;
    }
    Ok(rows)
}

/// The tenants with a key whose next step is due at `now`, whatever the tenant; a housekeeping job's
/// question.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn tenants_due(conn: &mut Conn, now: Timestamp) -> Result<Vec<TenantId>, StoreError> {
    let announced = dsl::state.eq("published").and(dsl::active_at.le(Some(now.micros())));
    let over = dsl::state.eq("retired").and(dsl::drop_at.le(Some(now.micros())));
    let found: Vec<String> =
        dsl::signing_keys.filter(announced.or(over)).select(dsl::tenant_id).distinct().load(conn)?;
    found
        .into_iter()
        .map(|id| {
            TenantId::parse(&id).ok_or_else(|| StoreError::Corrupt("signing_keys.tenant_id".to_owned()))
        })
        .collect()
}

/// Sets when a retired key leaves the published set.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn drop_at(tx: &mut Tx<'_>, tenant: TenantId, id: KeyId, at: Timestamp) -> Result<bool, StoreError> {
    let target =
        dsl::signing_keys.find((tenant.to_string(), id.to_string())).filter(dsl::state.eq("retired"));
    let rows = diesel::update(target).set(dsl::drop_at.eq(Some(at.micros()))).execute(&mut **tx)?;
    tx.touch_config()?;
    Ok(rows == 1)
}
