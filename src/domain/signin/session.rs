//! Sessions.

use crate::config::Sessions;
use crate::domain::tenants::Tenant;
use crate::kernel::Timestamp;
use crate::store::sessions::SessionRow;
use crate::store::users::UserRow;
use crate::store::{Conn, StoreError};

/// A session that may be used, and its person.
#[derive(Clone, Debug)]
pub struct LiveSession {
    /// The session.
    pub session: SessionRow,
    /// Its person.
    pub user: UserRow,
}

/// The session of a cookie.
///
/// # Errors
/// [`StoreError`].
pub fn current(
    _conn: &mut Conn,
    _tenant: &Tenant,
    _limits: &Sessions,
    _cookie: &str,
    _now: Timestamp,
) -> Result<Option<LiveSession>, StoreError> {
    Ok(None)
}
