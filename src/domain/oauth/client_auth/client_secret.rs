//! `client_secret_basic` and `client_secret_post`: a generated secret, two of which may live at a time.

use crate::domain::clients::Client;
use crate::domain::tenants::Tenant;
use crate::kernel::{Secret, Timestamp, TokenKind};
use crate::spec::oauth::OAuthError;

/// Whether one of the client's live secrets is the one presented. Each is compared in constant time.
pub(super) fn check(
    tenant: &Tenant,
    client: &Client,
    presented: &Secret,
    now: Timestamp,
) -> Result<(), OAuthError> {
    // A mistyped secret is refused by its checksum, before any keyed hash is computed.
    if TokenKind::ClientSecret.decode(presented.expose()).is_err() {
        return Err(OAuthError::invalid_client("malformed secret"));
    }
    let live = client.secrets.iter().filter(|secret| secret.expires_at.is_none_or(|end| now < end));
    let mut matches = false;
    for secret in live {
        matches |= tenant.keys.client_secret_matches(presented.expose(), &secret.hash);
    }
    if matches { Ok(()) } else { Err(OAuthError::invalid_client("wrong or expired secret")) }
}
