//! Finding people: by id or by any spelling of a name or address, and page by page.

use crate::kernel::{Page, PageRequest, TenantId, UserId};
use crate::store::users::{self, UserRow};
use crate::store::{Conn, StoreError};

use super::fold_name;

/// A person by id, user name or address.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn find(conn: &mut Conn, tenant: TenantId, who: &str) -> Result<Option<UserRow>, StoreError> {
    if let Some(id) = UserId::parse(who) {
        return users::find(conn, tenant, id);
    }
    let key = fold_name(who);
    if key.is_empty() { Ok(None) } else { users::find_by_key(conn, tenant, &key) }
}

/// A page of people, in the order they were made.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn list(conn: &mut Conn, tenant: TenantId, page: &PageRequest) -> Result<Page<UserRow>, StoreError> {
    let rows = users::list(conn, tenant, page.after.as_deref(), i64::from(page.limit) + 1)?;
    Ok(Page::from_rows(rows, page.limit, |row| row.id.to_string()))
}
