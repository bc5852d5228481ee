//! Whether a grant still stands: asked by refresh, introspection and userinfo.

use crate::domain::clients::Client;
use crate::domain::people::{Blocked, check_account};
use crate::domain::tenants::Tenant;
use crate::kernel::Timestamp;
use crate::store::grants::Standing;

/// Why a grant no longer stands; for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallen {
    /// Revoked: by its client, by reuse of its code or refresh token.
    Revoked,
    /// Its person may not act, or changed in a way that voids what was given before.
    Account(Blocked),
    /// The client or the tenant was disabled after it was made.
    NotBefore,
    /// The session it belongs to was ended.
    Session,
    /// The person withdrew the consent.
    Consent,
    /// The person is no longer assigned to the client.
    Assignment,
}

/// The scope that lets a grant outlive its session (OpenID Connect Core §11).
pub const OFFLINE: &str = "offline_access";

/// Asks everything that may have ended a grant.
pub fn check(standing: &Standing, client: &Client, tenant: &Tenant) -> Result<(), Fallen> {
    let grant = &standing.grant;
    let made = grant.created_at;
    let voided = |mark: Timestamp| made <= mark;
    if grant.revoked_at.is_some() {
        return Err(Fallen::Revoked);
    }
    check_account(&standing.user, made).map_err(Fallen::Account)?;
    if !client.enabled || !tenant.enabled || voided(client.not_before) || voided(tenant.not_before) {
        return Err(Fallen::NotBefore);
    }
    if standing.session_ended_at.is_some() && !grant.scope.contains(OFFLINE) {
        return Err(Fallen::Session);
    }
    if standing.consent_not_before.is_some_and(voided) {
        return Err(Fallen::Consent);
    }
    if !super::authorize::is_assigned(client, &standing.user) {
        return Err(Fallen::Assignment);
    }
    Ok(())
}
