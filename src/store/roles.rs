//! Who holds a role: asked when the last holder must not go.

use diesel::prelude::*;

use super::schema::users::dsl;
use super::{Conn, StoreError, Tx};
use crate::kernel::{TenantId, UserId, UserState};

/// The active people who hold `role`, in the order of their ids. Their rows are locked on PostgreSQL, so
/// that two transactions that each let one of them go come one after the other; on SQLite there is
/// one writer in any case.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn lock_active_holders(tx: &mut Tx<'_>, tenant: TenantId, role: &str) -> Result<Vec<UserId>, StoreError> {
    // `_` and `%` in a role would match more than meant: the rows are looked at once more below.
    let query = dsl::users
        .filter(dsl::tenant_id.eq(tenant.to_string()))
        .filter(dsl::state.eq(UserState::Active.as_str()))
        .filter(dsl::roles.like(format!("%\"{role}\"%")))
        .order(dsl::id.asc())
        .select((dsl::id, dsl::roles));
    let conn: &mut Conn = tx;
    let rows: Vec<(String, String)> = match conn {
        Conn::Postgres(c) => query.for_update().load(c)?,
        Conn::Sqlite(c) => query.load(c)?,
    };
    let holds = |roles: &str| {
        serde_json::from_str::<Vec<String>>(roles).is_ok_and(|roles| roles.iter().any(|held| held == role))
    };
    rows.into_iter()
        .filter(|(_, roles)| holds(roles))
        .map(|(id, _)| UserId::parse(&id).ok_or_else(|| StoreError::Corrupt("users.id".to_owned())))
        .collect()
}
