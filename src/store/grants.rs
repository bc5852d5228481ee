//! Grants: one row for each code that was redeemed, and the head of the refresh family it began.
//!
//! The row's key is the code's own id, so inserting it *is* the single use (docs/decisions/0001).

use diesel::prelude::*;

use super::conn::on_each;
use super::schema::{consents, grants, sessions, users};
use super::users::UserRow;
use super::{Conn, StoreError, Tx};
use crate::kernel::{ClientId, GrantId, ScopeSet, SessionId, TenantId, Timestamp, UserId};

/// A grant's row.
#[derive(Clone, Debug, Queryable)]
pub struct GrantRow {
    /// The tenant.
    #[diesel(deserialize_as = String)]
    pub tenant: TenantId,
    /// The id the code carried.
    #[diesel(deserialize_as = String)]
    pub id: GrantId,
    /// The client.
    #[diesel(deserialize_as = String)]
    pub client: ClientId,
    /// The person.
    #[diesel(deserialize_as = String)]
    pub user: UserId,
    /// The session it ends with, unless it has `offline_access`.
    pub session: Option<String>,
    /// What was granted.
    #[diesel(deserialize_as = String)]
    pub scope: ScopeSet,
    /// When the person authenticated.
    #[diesel(deserialize_as = i64)]
    pub auth_time: Timestamp,
    /// How well.
    pub acr: String,
    /// By what means, space-delimited.
    pub amr: String,
    /// How often the refresh token was rotated; `-1` when the grant has none.
    pub generation: i64,
    /// When it was last rotated.
    #[diesel(deserialize_as = i64)]
    pub rotated_at: Timestamp,
    /// Until when the present refresh token must be used.
    #[diesel(deserialize_as = i64)]
    pub idle_expires_at: Timestamp,
    /// When the family ends however much it is used.
    #[diesel(deserialize_as = i64)]
    pub expires_at: Timestamp,
    /// When the code was redeemed.
    #[diesel(deserialize_as = i64)]
    pub created_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<i64>,
    /// Why.
    pub revoke_reason: Option<String>,
}

impl GrantRow {
    /// The session the grant ends with.
    pub fn session_id(&self) -> Option<SessionId> {
        self.session.as_deref().and_then(SessionId::parse)
    }
}

/// A grant with everything that may have ended it.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The grant.
    pub grant: GrantRow,
    /// Its person.
    pub user: UserRow,
    /// When its session was ended.
    pub session_ended_at: Option<Timestamp>,
    /// Grants of this person and client made up to this moment are void.
    pub consent_not_before: Option<Timestamp>,
}

/// Redeems a code: adds its grant, once. `false` when the code was redeemed before.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn insert_once(tx: &mut Tx<'_>, tenant: TenantId, row: &GrantRow) -> Result<bool, StoreError> {
    use grants::dsl;
    let conn: &mut Conn = tx;
    let rows = on_each!(conn, c => diesel::insert_into(dsl::grants)
        .values((
            dsl::tenant_id.eq(tenant.to_string()),
            dsl::id.eq(row.id.to_string()),
            dsl::client_id.eq(row.client.as_str()),
            dsl::user_id.eq(row.user.to_string()),
            dsl::session_id.eq(&row.session),
            dsl::scope.eq(row.scope.to_string()),
            dsl::auth_time.eq(row.auth_time.micros()),
            dsl::acr.eq(&row.acr),
            dsl::amr.eq(&row.amr),
            dsl::generation.eq(row.generation),
            dsl::rotated_at.eq(row.rotated_at.micros()),
            dsl::idle_expires_at.eq(row.idle_expires_at.micros()),
            dsl::expires_at.eq(row.expires_at.micros()),
            dsl::created_at.eq(row.created_at.micros()),
        ))
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(rows == 1)
}

/// A grant with its person, its session's end and its consent's mark.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn standing(conn: &mut Conn, tenant: TenantId, id: GrantId) -> Result<Option<Standing>, StoreError> {
    let person = users::tenant_id.eq(grants::tenant_id).and(users::id.eq(grants::user_id));
    let session =
        sessions::tenant_id.eq(grants::tenant_id).and(sessions::id.nullable().eq(grants::session_id));
    let consent = consents::tenant_id
        .eq(grants::tenant_id)
        .and(consents::user_id.eq(grants::user_id))
        .and(consents::client_id.eq(grants::client_id));
    let query = grants::table
        .inner_join(users::table.on(person))
        .left_join(sessions::table.on(session))
        .left_join(consents::table.on(consent))
        .filter(grants::tenant_id.eq(tenant.to_string()))
        .filter(grants::id.eq(id.to_string()))
        .select((
            grants::all_columns,
            users::all_columns,
            sessions::ended_at.nullable(),
            consents::not_before.nullable(),
        ));
    let found: Option<(GrantRow, UserRow, Option<i64>, Option<i64>)> =
        on_each!(conn, c => query.first(c)).optional()?;
    Ok(found.map(|(grant, user, ended, mark)| Standing {
        grant,
        user,
        session_ended_at: ended.map(Timestamp::from_micros),
        consent_not_before: mark.map(Timestamp::from_micros),
    }))
}

/// Rotates the refresh token: one conditional step, won by at most one caller.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn rotate(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: GrantId,
    generation: i64,
    now: Timestamp,
    idle_expires_at: Timestamp,
) -> Result<bool, StoreError> {
    use grants::dsl;
    let target = dsl::grants
        .find((tenant.to_string(), id.to_string()))
        .filter(dsl::generation.eq(generation))
        .filter(dsl::revoked_at.is_null());
    let change = diesel::update(target).set((
        dsl::generation.eq(generation + 1),
        dsl::rotated_at.eq(now.micros()),
        dsl::idle_expires_at.eq(idle_expires_at.micros()),
    ));
    let conn: &mut Conn = tx;
    let rows = on_each!(conn, c => change.execute(c))?;
    Ok(rows == 1)
}

/// Revokes a grant and with it every token that descends from it; `false` when it was revoked before.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn revoke(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: GrantId,
    reason: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    use grants::dsl;
    let target = dsl::grants.find((tenant.to_string(), id.to_string())).filter(dsl::revoked_at.is_null());
    let change = diesel::update(target)
        .set((dsl::revoked_at.eq(Some(now.micros())), dsl::revoke_reason.eq(Some(reason))));
    let conn: &mut Conn = tx;
    let rows = on_each!(conn, c => change.execute(c))?;
    Ok(rows == 1)
}

/// Removes grants of a tenant made before `made_before` whose family ended before `before`; at most `limit`.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn delete_expired(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    before: Timestamp,
    limit: i64,
) -> Result<usize, StoreError> {
    use grants::dsl;
    let ids: Vec<String> = dsl::grants
        .filter(dsl::tenant_id.eq(tenant.to_string()))
        .filter(dsl::expires_at.lt(before.micros()))
        .limit(limit)
        .select(dsl::id)
        .load(&mut **tx)?;
    let doomed = dsl::grants.filter(dsl::tenant_id.eq(tenant.to_string())).filter(dsl::id.eq_any(ids));
    Ok(diesel::delete(doomed).execute(&mut **tx)?)
}
