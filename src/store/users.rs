//! People: one row each, found by id, by any spelling of the user name, or by address.

use diesel::prelude::*;

use super::conn::on_each;
use super::schema::users::dsl;
use super::{Conn, StoreError, Tx};
use crate::kernel::{TenantId, Timestamp, UserId, UserState};

/// A person's row.
#[derive(Clone, Debug, Queryable)]
pub struct UserRow {
    /// The tenant.
    #[diesel(deserialize_as = String)]
    pub tenant: TenantId,
    /// The id; the public `sub`.
    #[diesel(deserialize_as = String)]
    pub id: UserId,
    /// The user name as typed at registration.
    pub username: String,
    /// Its folded form, unique in the tenant.
    pub username_key: String,
    /// The address as typed.
    pub email: Option<String>,
    /// Its folded form, unique in the tenant.
    pub email_key: Option<String>,
    /// When the address was proved, in microseconds.
    pub email_verified_at: Option<i64>,
    /// The display name.
    pub name: Option<String>,
    /// The other standard claims (OpenID Connect Core §5.1) as a JSON object.
    pub profile: String,
    /// Role names as a JSON array.
    pub roles: String,
    /// Where the account stands.
    #[diesel(deserialize_as = String)]
    pub state: UserState,
    /// Why it came there.
    pub state_reason: Option<String>,
    /// Who moved it there.
    pub state_changed_by: String,
    /// When.
    #[diesel(deserialize_as = i64)]
    pub state_changed_at: Timestamp,
    /// Argon2id in PHC form.
    pub password_hash: Option<String>,
    /// When the password was set.
    pub password_changed_at: Option<i64>,
    /// Sessions and grants made up to this moment are void.
    #[diesel(deserialize_as = i64)]
    pub not_before: Timestamp,
    /// The last successful sign-in.
    pub last_login_at: Option<i64>,
    /// When the row was made.
    #[diesel(deserialize_as = i64)]
    pub created_at: Timestamp,
    /// When it last changed.
    #[diesel(deserialize_as = i64)]
    pub updated_at: Timestamp,
}

/// Adds a person.
///
/// # Errors
/// [`StoreError::Conflict`] when the name or the address is taken.
pub fn insert(tx: &mut Tx<'_>, tenant: TenantId, row: &UserRow) -> Result<(), StoreError> {
    diesel::insert_into(dsl::users)
        .values((
            dsl::tenant_id.eq(tenant.to_string()),
            dsl::id.eq(row.id.to_string()),
            dsl::username.eq(&row.username),
            dsl::username_key.eq(&row.username_key),
            dsl::email.eq(&row.email),
            dsl::email_key.eq(&row.email_key),
            dsl::email_verified_at.eq(row.email_verified_at),
            dsl::name.eq(&row.name),
            dsl::profile.eq(&row.profile),
            dsl::roles.eq(&row.roles),
            (
                dsl::state.eq(row.state.as_str()),
                dsl::state_reason.eq(&row.state_reason),
                dsl::state_changed_by.eq(&row.state_changed_by),
                dsl::state_changed_at.eq(row.state_changed_at.micros()),
            ),
            (
                dsl::password_hash.eq(&row.password_hash),
                dsl::password_changed_at.eq(row.password_changed_at),
                dsl::not_before.eq(row.not_before.micros()),
                dsl::last_login_at.eq(row.last_login_at),
                dsl::created_at.eq(row.created_at.micros()),
                dsl::updated_at.eq(row.updated_at.micros()),
            ),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// A person by id.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn find(conn: &mut Conn, tenant: TenantId, id: UserId) -> Result<Option<UserRow>, StoreError> {
    let query = dsl::users.find((tenant.to_string(), id.to_string()));
    Ok(on_each!(conn, c => query.first(c)).optional()?)
}

/// A person by the folded form of the user name or of the address; the name wins.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn find_by_key(conn: &mut Conn, tenant: TenantId, key: &str) -> Result<Option<UserRow>, StoreError> {
    let tenant = tenant.to_string();
    let by_name = dsl::users
        .filter(dsl::tenant_id.eq(&tenant))
        .filter(dsl::username_key.eq(key))
        .first(conn)
        .optional()?;
    if by_name.is_some() {
        return Ok(by_name);
    }
    let by_email = dsl::users.filter(dsl::tenant_id.eq(&tenant)).filter(dsl::email_key.eq(Some(key)));
    Ok(by_email.first(conn).optional()?)
}

/// The state of an account and the moment up to which what was made for it is void, asked inside the write
/// that depends on the answer: on PostgreSQL the row cannot change until that write ends.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn hold(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: UserId,
) -> Result<Option<(UserState, Timestamp)>, StoreError> {
    let query = dsl::users.find((tenant.to_string(), id.to_string())).select((dsl::state, dsl::not_before));
    let conn: &mut Conn = tx;
    let found: Option<(String, i64)> = match conn {
        Conn::Postgres(c) => query.for_share().first(c).optional()?,
        Conn::Sqlite(c) => query.first(c).optional()?,
    };
    let Some((state, mark)) = found else { return Ok(None) };
    let state = UserState::parse(&state).ok_or_else(|| StoreError::Corrupt("users.state".to_owned()))?;
    Ok(Some((state, Timestamp::from_micros(mark))))
}

/// Up to `limit` people after the id `after`, in the order they were made.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn list(
    conn: &mut Conn,
    tenant: TenantId,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<UserRow>, StoreError> {
    let rows = dsl::users
        .filter(dsl::tenant_id.eq(tenant.to_string()))
        .filter(dsl::id.gt(after.unwrap_or("")))
        .order(dsl::id.asc())
        .limit(limit)
        .load(conn)?;
    Ok(rows)
}

/// A move between states, as stored.
#[derive(Clone, Debug)]
pub struct StateChange<'a> {
    /// The state the row must still be in.
    pub from: UserState,
    /// The state it comes to.
    pub to: UserState,
    /// Why.
    pub reason: Option<&'a str>,
    /// Who.
    pub by: &'a str,
    /// When; with `void_earlier`, also the moment up to which sessions and grants are void.
    pub at: Timestamp,
    /// Whether earlier sessions and grants end.
    pub void_earlier: bool,
}

/// Moves an account; `false` when it was no longer in `from`.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn change_state(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: UserId,
    change: &StateChange<'_>,
) -> Result<bool, StoreError> {
    let target =
        dsl::users.find((tenant.to_string(), id.to_string())).filter(dsl::state.eq(change.from.as_str()));
    let at = change.at.micros();
    let rows = diesel::update(target)
        .set((
            dsl::state.eq(change.to.as_str()),
            dsl::state_reason.eq(change.reason),
            dsl::state_changed_by.eq(change.by),
            dsl::state_changed_at.eq(at),
            dsl::updated_at.eq(at),
        ))
        .execute(&mut **tx)?;
    if rows == 1 && change.void_earlier {
        void_earlier(tx, tenant, id, change.at)?;
    }
    Ok(rows == 1)
}

/// Voids every session and grant of the person made up to `now`. The mark only moves forward, so that a node
/// whose clock is behind revives nothing.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn void_earlier(tx: &mut Tx<'_>, tenant: TenantId, id: UserId, now: Timestamp) -> Result<(), StoreError> {
    let target =
        dsl::users.find((tenant.to_string(), id.to_string())).filter(dsl::not_before.lt(now.micros()));
    diesel::update(target).set(dsl::not_before.eq(now.micros())).execute(&mut **tx)?;
    Ok(())
}

/// Stores a new password hash.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn set_password(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: UserId,
    hash: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let rows = diesel::update(dsl::users.find((tenant.to_string(), id.to_string())))
        .set((
            dsl::password_hash.eq(Some(hash)),
            dsl::password_changed_at.eq(Some(now.micros())),
            dsl::updated_at.eq(now.micros()),
        ))
        .execute(&mut **tx)?;
    Ok(rows == 1)
}

/// Replaces a hash by one of the same password with newer parameters; nothing when it changed meanwhile.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn rehash(tx: &mut Tx<'_>, tenant: TenantId, id: UserId, old: &str, new: &str) -> Result<(), StoreError> {
    let target =
        dsl::users.find((tenant.to_string(), id.to_string())).filter(dsl::password_hash.eq(Some(old)));
    diesel::update(target).set(dsl::password_hash.eq(Some(new))).execute(&mut **tx)?;
    Ok(())
}

/// Remembers the last sign-in.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn set_last_login(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    id: UserId,
    now: Timestamp,
) -> Result<(), StoreError> {
    diesel::update(dsl::users.find((tenant.to_string(), id.to_string())))
        .set(dsl::last_login_at.eq(Some(now.micros())))
        .execute(&mut **tx)?;
    Ok(())
}
