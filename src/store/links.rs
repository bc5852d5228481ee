//! One-time links: recovery of an administrator now, reset and invitation later. Stored as hashes.

use diesel::prelude::*;

use super::schema::links::dsl;
use super::{Conn, StoreError, Tx};
use crate::kernel::{TenantId, Timestamp, UserId};

/// A link's row.
#[derive(Clone, Debug, Queryable)]
pub struct LinkRow {
    /// The tenant.
    #[diesel(deserialize_as = String)]
    pub tenant: TenantId,
    /// Hash of the token in the link.
    pub token_hash: String,
    /// What it allows.
    pub purpose: String,
    /// Whom it is for.
    #[diesel(deserialize_as = String)]
    pub user: UserId,
    /// When it was made.
    #[diesel(deserialize_as = i64)]
    pub created_at: Timestamp,
    /// When it stops working.
    #[diesel(deserialize_as = i64)]
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<i64>,
}

/// Adds a link; an older unused one of the same purpose and person stops working.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn insert(tx: &mut Tx<'_>, tenant: TenantId, row: &LinkRow) -> Result<(), StoreError> {
    let older = dsl::links
        .filter(dsl::tenant_id.eq(tenant.to_string()))
        .filter(dsl::user_id.eq(row.user.to_string()))
        .filter(dsl::purpose.eq(&row.purpose))
        .filter(dsl::used_at.is_null());
    diesel::delete(older).execute(&mut **tx)?;
    diesel::insert_into(dsl::links)
        .values((
            dsl::tenant_id.eq(tenant.to_string()),
            dsl::token_hash.eq(&row.token_hash),
            dsl::purpose.eq(&row.purpose),
            dsl::user_id.eq(row.user.to_string()),
            dsl::created_at.eq(row.created_at.micros()),
            dsl::expires_at.eq(row.expires_at.micros()),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// The person a link that still works is for.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn find(
    conn: &mut Conn,
    tenant: TenantId,
    token_hash: &str,
    purpose: &str,
    now: Timestamp,
) -> Result<Option<LinkRow>, StoreError> {
    let found = dsl::links
        .find((tenant.to_string(), token_hash))
        .filter(dsl::purpose.eq(purpose))
        .filter(dsl::used_at.is_null())
        .filter(dsl::expires_at.gt(now.micros()))
        .first(conn)
        .optional()?;
    Ok(found)
}

/// Uses a link: one conditional step, won by at most one caller.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn consume(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    token_hash: &str,
    purpose: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let target = dsl::links
        .find((tenant.to_string(), token_hash))
        .filter(dsl::purpose.eq(purpose))
        .filter(dsl::used_at.is_null())
        .filter(dsl::expires_at.gt(now.micros()));
    Ok(diesel::update(target).set(dsl::used_at.eq(Some(now.micros()))).execute(&mut **tx)? == 1)
}
