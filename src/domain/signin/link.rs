//! One-time links, as far as they lead to a new password. The token has 256 random bits and is kept as a hash.

use std::time::Duration;

use super::session::made_after;
use crate::domain::people::{RECOVERY, RECOVERY_LIFE};
use crate::kernel::{Cx, Secret, TenantId, Timestamp, TokenKind, UserState, hash_token};
use crate::store::links::{self, LinkRow};
use crate::store::users::{self, UserRow};
use crate::store::{Conn, StoreError, Tx};

/// What a link allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPurpose {
    /// Setting the password that an administrator required, after the old one was given.
    SetPassword,
    /// Letting in an administrator who is locked out (`portico admin recover`).
    Recover,
}

impl LinkPurpose {
    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SetPassword => "set-password",
            Self::Recover => RECOVERY,
        }
    }

    /// How long such a link works.
    pub const fn lifetime(self) -> Duration {
        match self {
            Self::SetPassword => Duration::from_secs(15 * 60),
            Self::Recover => RECOVERY_LIFE,
        }
    }

    /// Whether an account in `state` may use such a link. None lifts a stop.
    pub(super) const fn fits(self, state: UserState) -> bool {
        match self {
            Self::SetPassword => matches!(state, UserState::PasswordResetRequired),
            Self::Recover => matches!(
                state,
                UserState::Active
                    | UserState::PasswordResetRequired
                    | UserState::Created
                    | UserState::Unverified
            ),
        }
    }
}

/// Makes a link; older ones of this purpose and person stop working. Tells the token and when it ends.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn make(
    tx: &mut Tx<'_>,
    cx: &Cx,
    tenant: TenantId,
    user: &UserRow,
    purpose: LinkPurpose,
) -> Result<(Secret, Timestamp), StoreError> {
    let token = TokenKind::Link.random(&cx.rng);
    let expires_at = cx.now.plus(purpose.lifetime());
    let row = LinkRow {
        tenant,
        token_hash: hash_token(token.expose()),
        purpose: purpose.as_str().to_owned(),
        user: user.id,
        created_at: made_after(user, cx.now),
        expires_at,
        used_at: None,
    };
    links::insert(tx, tenant, &row)?;
    Ok((token, expires_at))
}

/// The person a link that still works is for, unless what they held was voided since; does not use it up. A mistyped token is refused without a
/// query. For the page that asks for the new password.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn find(
    conn: &mut Conn,
    tenant: TenantId,
    token: &str,
    purpose: LinkPurpose,
    now: Timestamp,
) -> Result<Option<UserRow>, StoreError> {
    if TokenKind::Link.decode(token).is_err() {
        return Ok(None);
    }
    let Some(link) = links::find(conn, tenant, &hash_token(token), purpose.as_str(), now)? else {
        return Ok(None);
    };
    let user = users::find(conn, tenant, link.user)?;
    Ok(user.filter(|user| purpose.fits(user.state) && link.created_at > user.not_before))
}
