//! Tenants: an issuer each, with keys, users and clients of its own.

use diesel::prelude::*;

use super::schema::tenants::dsl;
use super::{Conn, StoreError, Tx};
use crate::kernel::{TenantId, TenantSlug, Timestamp};

/// A tenant's row.
#[derive(Clone, Debug, Queryable)]
pub struct TenantRow {
    /// Its id.
    #[diesel(deserialize_as = String)]
    pub id: TenantId,
    /// Its name in URLs.
    #[diesel(deserialize_as = String)]
    pub slug: TenantSlug,
    /// Its name for people.
    pub name: String,
    /// `active` or `disabled`.
    pub state: String,
    /// The tenant's secret, sealed under the master key.
    pub secret: Vec<u8>,
    /// Settings as JSON.
    pub settings: String,
    /// Sessions and grants made before this are void.
    #[diesel(deserialize_as = i64)]
    pub not_before: Timestamp,
    /// When it was made.
    #[diesel(deserialize_as = i64)]
    pub created_at: Timestamp,
    /// When it last changed.
    #[diesel(deserialize_as = i64)]
    pub updated_at: Timestamp,
}

/// Adds a tenant.
///
/// # Errors
/// [`StoreError::Conflict`] when the slug is taken.
pub fn insert(tx: &mut Tx<'_>, tenant: TenantId, row: &TenantRow) -> Result<(), StoreError> {
    diesel::insert_into(dsl::tenants)
        .values((
            dsl::id.eq(tenant.to_string()),
            dsl::slug.eq(row.slug.as_str()),
            dsl::name.eq(&row.name),
            dsl::state.eq(&row.state),
            dsl::secret.eq(&row.secret),
            dsl::settings.eq(&row.settings),
            dsl::not_before.eq(row.not_before.micros()),
            dsl::created_at.eq(row.created_at.micros()),
            dsl::updated_at.eq(row.updated_at.micros()),
        ))
        .execute(&mut **tx)?;
    tx.touch_config()
}

/// A tenant by id.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn find(conn: &mut Conn, tenant: TenantId) -> Result<Option<TenantRow>, StoreError> {
    Ok(dsl::tenants.find(tenant.to_string()).first(conn).optional()?)
}

/// A tenant by slug; the one look-up that has no tenant yet.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn find_by_slug(conn: &mut Conn, slug: &TenantSlug) -> Result<Option<TenantRow>, StoreError> {
    Ok(dsl::tenants.filter(dsl::slug.eq(slug.as_str())).first(conn).optional()?)
}

/// Up to `limit` tenants after `after`, in slug order.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn list(conn: &mut Conn, after: Option<&str>, limit: i64) -> Result<Vec<TenantRow>, StoreError> {
    let rows = dsl::tenants
        .filter(dsl::slug.gt(after.unwrap_or("")))
        .order(dsl::slug.asc())
        .limit(limit)
        .load(conn)?;
    Ok(rows)
}

/// Sets the state; disabling also voids every session and grant made until `now`.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn set_state(tx: &mut Tx<'_>, tenant: TenantId, state: &str, now: Timestamp) -> Result<bool, StoreError> {
    let target = dsl::tenants.find(tenant.to_string());
    let rows = diesel::update(target)
        .set((dsl::state.eq(state), dsl::updated_at.eq(now.micros())))
        .execute(&mut **tx)?;
    // The mark only moves forward, so that a node whose clock is behind revives nothing.
    let void = dsl::tenants.find(tenant.to_string()).filter(dsl::not_before.lt(now.micros()));
    diesel::update(void).set(dsl::not_before.eq(now.micros())).execute(&mut **tx)?;
    tx.touch_config()?;
    Ok(rows == 1)
}
