//! PKCE: S256, required of every client but a confidential one that an administrator exempted (RFC 9700 §2.1.1).

use super::super::stages::{Around, ClientKnown};
use crate::spec::oauth::{OAuthError, pkce as spec};

pub(super) fn pkce(known: &mut ClientKnown<'_>, _: &Around<'_>) -> Result<(), OAuthError> {
    let method = known.param("code_challenge_method")?;
    let Some(challenge) = known.param("code_challenge")? else {
        if method.is_some() {
            return Err(OAuthError::invalid_request("code_challenge_method is sent without code_challenge"));
        }
        let exempt = !known.client.metadata.require_pkce && !known.client.is_public();
        return if exempt {
            Ok(())
        } else {
            Err(OAuthError::invalid_request("code_challenge is missing; PKCE with S256 is required"))
        };
    };
    if method != Some("S256") {
        return Err(OAuthError::invalid_request("code_challenge_method must be S256"));
    }
    if !spec::is_challenge(challenge) {
        let text =
            "code_challenge is not the base64url SHA-256 of a code_verifier (43 characters, no padding)";
        return Err(OAuthError::invalid_request(text));
    }
    known.draft.code_challenge = Some(challenge.to_owned());
    Ok(())
}
