//! Access tokens revoked one by one (RFC 7009); kept until they would have expired.

use diesel::prelude::*;

use super::conn::on_each;
use super::schema::revoked_tokens::dsl;
use super::{Conn, StoreError, Tx};
use crate::kernel::{TenantId, Timestamp};

/// Revokes the token of that `jti`.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn insert(tx: &mut Tx<'_>, tenant: TenantId, jti: &str, expires_at: Timestamp) -> Result<(), StoreError> {
    let conn: &mut Conn = tx;
    on_each!(conn, c => diesel::insert_into(dsl::revoked_tokens)
        .values((
            dsl::tenant_id.eq(tenant.to_string()),
            dsl::jti.eq(jti),
            dsl::expires_at.eq(expires_at.micros()),
        ))
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// Whether the token of that `jti` was revoked.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn contains(conn: &mut Conn, tenant: TenantId, jti: &str) -> Result<bool, StoreError> {
    let query = dsl::revoked_tokens.find((tenant.to_string(), jti)).select(dsl::expires_at);
    let found: Option<i64> = on_each!(conn, c => query.first(c)).optional()?;
    Ok(found.is_some())
}

/// Forgets tokens that expired before `before`, whatever their tenant; a housekeeping job's work.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn delete_expired(tx: &mut Tx<'_>, before: Timestamp) -> Result<usize, StoreError> {
    let rows = diesel::delete(dsl::revoked_tokens.filter(dsl::expires_at.lt(before.micros())));
    Ok(rows.execute(&mut **tx)?)
}
