//! What a person allowed a client to have.

use diesel::prelude::*;

use super::conn::on_each;
use super::schema::consents::{self, dsl};
use super::{Conn, StoreError, Tx};
use crate::kernel::{ClientId, ScopeSet, TenantId, Timestamp, UserId};

/// A consent's row.
#[derive(Clone, Debug, Queryable)]
pub struct ConsentRow {
    /// The tenant.
    #[diesel(deserialize_as = String)]
    pub tenant: TenantId,
    /// Who allowed it.
    #[diesel(deserialize_as = String)]
    pub user: UserId,
    /// To whom.
    #[diesel(deserialize_as = String)]
    pub client: ClientId,
    /// The scopes allowed.
    #[diesel(deserialize_as = String)]
    pub scope: ScopeSet,
    /// When last extended.
    #[diesel(deserialize_as = i64)]
    pub granted_at: Timestamp,
    /// When withdrawn.
    pub revoked_at: Option<i64>,
    /// Grants made up to this moment are void.
    #[diesel(deserialize_as = i64)]
    pub not_before: Timestamp,
}

/// The consent that stands, if any.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn find(
    conn: &mut Conn,
    tenant: TenantId,
    user: UserId,
    client: &ClientId,
) -> Result<Option<ConsentRow>, StoreError> {
    let query = dsl::consents
        .find((tenant.to_string(), user.to_string(), client.as_str()))
        .filter(dsl::revoked_at.is_null());
    Ok(on_each!(conn, c => query.first(c)).optional()?)
}

/// Up to when what was made under a consent is void; `None` when the person never allowed this client
/// anything. A consent given again keeps the mark.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn not_before(
    conn: &mut Conn,
    tenant: TenantId,
    user: UserId,
    client: &ClientId,
) -> Result<Option<Timestamp>, StoreError> {
    let found: Option<i64> = dsl::consents
        .find((tenant.to_string(), user.to_string(), client.as_str()))
        .select(dsl::not_before)
        .first(conn)
        .optional()?;
    Ok(found.map(Timestamp::from_micros))
}

/// Records what is now allowed, replacing what was.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn put(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    user: UserId,
    client: &ClientId,
    scope: &ScopeSet,
    now: Timestamp,
) -> Result<(), StoreError> {
    let words = scope.to_string();
    let conn: &mut Conn = tx;
    on_each!(conn, c => diesel::insert_into(consents::table)
        .values((
            dsl::tenant_id.eq(tenant.to_string()),
            dsl::user_id.eq(user.to_string()),
            dsl::client_id.eq(client.as_str()),
            dsl::scope.eq(&words),
            dsl::granted_at.eq(now.micros()),
            dsl::not_before.eq(0_i64),
        ))
        .on_conflict((dsl::tenant_id, dsl::user_id, dsl::client_id))
        .do_update()
        .set((dsl::scope.eq(&words), dsl::granted_at.eq(now.micros()), dsl::revoked_at.eq(None::<i64>)))
        .execute(c))?;
    Ok(())
}

/// Withdraws a consent and voids every grant made under it.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn revoke(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    user: UserId,
    client: &ClientId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let target = dsl::consents.find((tenant.to_string(), user.to_string(), client.as_str()));
    let rows = diesel::update(target)
        .set((dsl::revoked_at.eq(Some(now.micros())), dsl::not_before.eq(now.micros())))
        .execute(&mut **tx)?;
    Ok(rows == 1)
}

/// The consents of a person that stand, by client.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn list_of_user(conn: &mut Conn, tenant: TenantId, user: UserId) -> Result<Vec<ConsentRow>, StoreError> {
    let rows = dsl::consents
        .filter(dsl::tenant_id.eq(tenant.to_string()))
        .filter(dsl::user_id.eq(user.to_string()))
        .filter(dsl::revoked_at.is_null())
        .order(dsl::client_id.asc())
        .limit(200)
        .load(conn)?;
    Ok(rows)
}
