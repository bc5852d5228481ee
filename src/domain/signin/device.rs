//! Device marks: a browser that signed in before is not shut out by what its neighbours did.
//!
//! A mark lifts the block of an address and nothing else: it is no credential, and the account's own limits
//! hold for everybody. Whoever steals one gains the tries an account has in any case.

use std::time::Duration;

use crate::crypto::TenantKeys;
use crate::kernel::Timestamp;
use crate::store::users::UserRow;

/// How long a mark is good for.
const LIFETIME: Duration = Duration::from_secs(180 * 24 * 60 * 60);

/// Whether `mark` (the device cookie) was left when this person signed in, not too long ago and after
/// everything that voided earlier sessions.
pub fn is_known(keys: &TenantKeys, user: &UserRow, mark: &str, now: Timestamp) -> bool {
    keys.open_device(mark)
        .is_some_and(|(owner, at)| owner == user.id && at > user.not_before && now.since(at) < LIFETIME)
}
