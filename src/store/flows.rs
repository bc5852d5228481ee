//! Authorization requests that wait for a person, bound to the browser that started them.

use diesel::prelude::*;

use super::schema::flows::dsl;
use super::{Conn, StoreError, Tx};
use crate::kernel::{FlowId, TenantId, Timestamp};

/// A waiting request's row.
#[derive(Clone, Debug, Queryable)]
pub struct FlowRow {
    /// The tenant.
    #[diesel(deserialize_as = String)]
    pub tenant: TenantId,
    /// The id, which the hosted pages carry.
    #[diesel(deserialize_as = String)]
    pub id: FlowId,
    /// Hash of the browser cookie.
    pub browser_hash: String,
    /// The validated request, as JSON; the only source of truth from here on.
    pub request: String,
    /// What has happened to it so far, as JSON.
    pub step: String,
    /// When it began.
    #[diesel(deserialize_as = i64)]
    pub created_at: Timestamp,
    /// When it is given up.
    #[diesel(deserialize_as = i64)]
    pub expires_at: Timestamp,
}

/// Adds a waiting request and drops the browser's oldest beyond `most`.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn insert(tx: &mut Tx<'_>, tenant: TenantId, row: &FlowRow, most: i64) -> Result<(), StoreError> {
    diesel::insert_into(dsl::flows)
        .values((
            dsl::tenant_id.eq(tenant.to_string()),
            dsl::id.eq(row.id.to_string()),
            dsl::browser_hash.eq(&row.browser_hash),
            dsl::request.eq(&row.request),
            dsl::step.eq(&row.step),
            dsl::created_at.eq(row.created_at.micros()),
            dsl::expires_at.eq(row.expires_at.micros()),
        ))
        .execute(&mut **tx)?;
    let oldest_kept: Option<String> = dsl::flows
        .filter(dsl::tenant_id.eq(tenant.to_string()))
        .filter(dsl::browser_hash.eq(&row.browser_hash))
        .order(dsl::id.desc())
        .offset(most)
        .limit(1)
        .select(dsl::id)
        .first(&mut **tx)
        .optional()?;
    if let Some(last) = oldest_kept {
        let surplus = dsl::flows
            .filter(dsl::tenant_id.eq(tenant.to_string()))
            .filter(dsl::browser_hash.eq(&row.browser_hash))
            .filter(dsl::id.le(last));
        diesel::delete(surplus).execute(&mut **tx)?;
    }
    Ok(())
}

/// A waiting request, if this browser started it and its time is not over.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn find(
    conn: &mut Conn,
    tenant: TenantId,
    id: FlowId,
    browser_hash: &str,
    now: Timestamp,
) -> Result<Option<FlowRow>, StoreError> {
    let found = dsl::flows
        .find((tenant.to_string(), id.to_string()))
        .filter(dsl::browser_hash.eq(browser_hash))
        .filter(dsl::expires_at.gt(now.micros()))
        .first(conn)
        .optional()?;
    Ok(found)
}

/// Replaces what has happened so far; `false` when the request is gone or another browser's.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn set_step(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: FlowId,
    browser_hash: &str,
    step: &str,
) -> Result<bool, StoreError> {
    let target =
        dsl::flows.find((tenant.to_string(), id.to_string())).filter(dsl::browser_hash.eq(browser_hash));
    Ok(diesel::update(target).set(dsl::step.eq(step)).execute(&mut **tx)? == 1)
}

/// Takes a request out: the one call that may finish it, once.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn take(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: FlowId,
    browser_hash: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let target = dsl::flows
        .find((tenant.to_string(), id.to_string()))
        .filter(dsl::browser_hash.eq(browser_hash))
        .filter(dsl::expires_at.gt(now.micros()));
    Ok(diesel::delete(target).execute(&mut **tx)? == 1)
}

/// Removes requests given up before `before`, whatever their tenant; a housekeeping job's work.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn delete_expired(tx: &mut Tx<'_>, before: Timestamp) -> Result<usize, StoreError> {
    let rows = diesel::delete(dsl::flows.filter(dsl::expires_at.lt(before.micros()))).execute(&mut **tx)?;
    Ok(rows)
}
