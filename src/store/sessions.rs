//! Browser sessions; the cookie's value is stored as a hash only.

use diesel::prelude::*;

use super::conn::on_each;
use super::schema::{sessions, users};
use super::users::UserRow;
use super::{Conn, StoreError, Tx};
use crate::kernel::{SessionId, TenantId, Timestamp, UserId};

/// A session's row.
#[derive(Clone, Debug, Queryable)]
pub struct SessionRow {
    /// The tenant.
    #[diesel(deserialize_as = String)]
    pub tenant: TenantId,
    /// The id; `sid` in tokens.
    #[diesel(deserialize_as = String)]
    pub id: SessionId,
    /// Hash of the cookie's value.
    pub token_hash: String,
    /// Who signed in.
    #[diesel(deserialize_as = String)]
    pub user: UserId,
    /// When the person last proved who they are.
    #[diesel(deserialize_as = i64)]
    pub auth_time: Timestamp,
    /// Methods used (RFC 8176), space-delimited.
    pub amr: String,
    /// The authentication context reached.
    pub acr: String,
    /// The browser, as it named itself.
    pub user_agent: Option<String>,
    /// Where it came from.
    pub ip: Option<String>,
    /// When it began.
    #[diesel(deserialize_as = i64)]
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    #[diesel(deserialize_as = i64)]
    pub last_seen_at: Timestamp,
    /// When it ends however much it is used.
    #[diesel(deserialize_as = i64)]
    pub expires_at: Timestamp,
    /// When it was ended.
    pub ended_at: Option<i64>,
    /// Why.
    pub end_reason: Option<String>,
}

/// Adds a session.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn insert(tx: &mut Tx<'_>, tenant: TenantId, row: &SessionRow) -> Result<(), StoreError> {
    use sessions::dsl;
    diesel::insert_into(dsl::sessions)
        .values((
            dsl::tenant_id.eq(tenant.to_string()),
            dsl::id.eq(row.id.to_string()),
            dsl::token_hash.eq(&row.token_hash),
            dsl::user_id.eq(row.user.to_string()),
            dsl::auth_time.eq(row.auth_time.micros()),
            dsl::amr.eq(&row.amr),
            dsl::acr.eq(&row.acr),
            dsl::user_agent.eq(&row.user_agent),
            dsl::ip.eq(&row.ip),
            dsl::created_at.eq(row.created_at.micros()),
            dsl::last_seen_at.eq(row.last_seen_at.micros()),
            dsl::expires_at.eq(row.expires_at.micros()),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Replaces the cookie and the authentication of a session that goes on; `false` when it has ended.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn renew(tx: &mut Tx<'_>, tenant: TenantId, row: &SessionRow) -> Result<bool, StoreError> {
    use sessions::dsl;
    let target = dsl::sessions.find((tenant.to_string(), row.id.to_string())).filter(dsl::ended_at.is_null());
    let rows = diesel::update(target)
        .set((
            dsl::token_hash.eq(&row.token_hash),
            dsl::auth_time.eq(row.auth_time.micros()),
            dsl::amr.eq(&row.amr),
            dsl::acr.eq(&row.acr),
            dsl::user_agent.eq(&row.user_agent),
            dsl::ip.eq(&row.ip),
            dsl::created_at.eq(row.created_at.micros()),
            dsl::last_seen_at.eq(row.last_seen_at.micros()),
            dsl::expires_at.eq(row.expires_at.micros()),
        ))
        .execute(&mut **tx)?;
    Ok(rows == 1)
}

/// A session and its person, by the hash of the cookie's value.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn find_by_token(
    conn: &mut Conn,
    tenant: TenantId,
    token_hash: &str,
) -> Result<Option<(SessionRow, UserRow)>, StoreError> {
    let person = users::tenant_id.eq(sessions::tenant_id).and(users::id.eq(sessions::user_id));
    let query = sessions::table
        .inner_join(users::table.on(person))
        .filter(sessions::tenant_id.eq(tenant.to_string()))
        .filter(sessions::token_hash.eq(token_hash));
    Ok(on_each!(conn, c => query.first(c)).optional()?)
}

/// A session by id.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn find(conn: &mut Conn, tenant: TenantId, id: SessionId) -> Result<Option<SessionRow>, StoreError> {
    let query = sessions::table.find((tenant.to_string(), id.to_string()));
    Ok(on_each!(conn, c => query.first(c)).optional()?)
}

/// The sessions of a person that have not been ended, newest first, at most 200.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn list_of_user(conn: &mut Conn, tenant: TenantId, user: UserId) -> Result<Vec<SessionRow>, StoreError> {
    use sessions::dsl;
    let rows = dsl::sessions
        .filter(dsl::tenant_id.eq(tenant.to_string()))
        .filter(dsl::user_id.eq(user.to_string()))
        .filter(dsl::ended_at.is_null())
        .order(dsl::id.desc())
        .limit(200)
        .load(conn)?;
    Ok(rows)
}

/// Ends one session; `false` when it had ended already.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn end(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: SessionId,
    reason: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    use sessions::dsl;
    let target = dsl::sessions.find((tenant.to_string(), id.to_string())).filter(dsl::ended_at.is_null());
    let rows = diesel::update(target)
        .set((dsl::ended_at.eq(Some(now.micros())), dsl::end_reason.eq(Some(reason))))
        .execute(&mut **tx)?;
    Ok(rows == 1)
}

/// Ends every session of a person; tells how many.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn end_of_user(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    user: UserId,
    reason: &str,
    now: Timestamp,
) -> Result<usize, StoreError> {
    use sessions::dsl;
    let target = dsl::sessions
        .filter(dsl::tenant_id.eq(tenant.to_string()))
        .filter(dsl::user_id.eq(user.to_string()))
        .filter(dsl::ended_at.is_null());
    let rows = diesel::update(target)
        .set((dsl::ended_at.eq(Some(now.micros())), dsl::end_reason.eq(Some(reason))))
        .execute(&mut **tx)?;
    Ok(rows)
}

/// Marks a session as used.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn touch(tx: &mut Tx<'_>, tenant: TenantId, id: SessionId, now: Timestamp) -> Result<(), StoreError> {
    use sessions::dsl;
    let target = dsl::sessions
        .find((tenant.to_string(), id.to_string()))
        .filter(dsl::ended_at.is_null())
        .filter(dsl::last_seen_at.lt(now.micros()));
    diesel::update(target).set(dsl::last_seen_at.eq(now.micros())).execute(&mut **tx)?;
    Ok(())
}

/// How many sessions have neither ended nor expired.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn count_live(conn: &mut Conn, tenant: TenantId, now: Timestamp) -> Result<i64, StoreError> {
    use sessions::dsl;
    let live = dsl::sessions
        .filter(dsl::tenant_id.eq(tenant.to_string()))
        .filter(dsl::ended_at.is_null())
        .filter(dsl::expires_at.gt(now.micros()));
    Ok(live.count().get_result(conn)?)
}

/// Removes sessions that expired before `before`, whatever their tenant; a housekeeping job's work.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn delete_expired(tx: &mut Tx<'_>, before: Timestamp) -> Result<usize, StoreError> {
    use sessions::dsl;
    let rows =
        diesel::delete(dsl::sessions.filter(dsl::expires_at.lt(before.micros()))).execute(&mut **tx)?;
    Ok(rows)
}
