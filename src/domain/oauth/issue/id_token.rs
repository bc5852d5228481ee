//! ID tokens (OpenID Connect Core §2), and reading our own back as hints.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::access_token::Authentication;
use super::id_alg;
use crate::crypto::{SigningAlg, TYP_JWT, sign, verify_own};
use crate::domain::clients::Client;
use crate::domain::tenants::Tenant;
use crate::domain::{Fault, Services};
use crate::kernel::{Cx, Secret};

/// The claims of an ID token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IdClaims {
    /// The issuer.
    pub iss: String,
    /// The person.
    pub sub: String,
    /// The client.
    pub aud: String,
    /// When it ends.
    pub exp: i64,
    /// When it was made.
    pub iat: i64,
    /// When the person authenticated.
    pub auth_time: i64,
    /// What the request asked to see again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// How well the person authenticated.
    pub acr: String,
    /// By what means.
    pub amr: Vec<String>,
    /// The client again: the authorized party.
    pub azp: String,
    /// Left half of the access token's hash (§3.1.3.6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    /// The session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}

/// What an ID token is made from.
pub struct NewId<'a> {
    /// The person, as named towards the client.
    pub sub: String,
    /// When and how the person authenticated.
    pub authentication: Authentication<'a>,
    /// The request's nonce.
    pub nonce: Option<String>,
    /// The access token issued beside it.
    pub access_token: &'a Secret,
}

/// Makes an ID token for a client.
///
/// # Errors
/// [`Fault::Internal`] when the tenant has no key for the client's algorithm.
pub fn new_id_token(
    services: &Services,
    tenant: &Tenant,
    client: &Client,
    cx: &Cx,
    new: NewId<'_>,
) -> Result<Secret, Fault> {
    let alg = id_alg(services, client.metadata.id_token_signed_response_alg);
    let iat = cx.now.seconds();
    let lifetime = i64::try_from(services.settings.tokens.id_lifetime.as_secs()).unwrap_or(600);
    let claims = IdClaims {
        iss: tenant.issuer.to_string(),
        sub: new.sub,
        aud: client.id.as_str().to_owned(),
        exp: iat + lifetime,
        iat,
        auth_time: new.authentication.time,
        nonce: new.nonce,
        acr: new.authentication.acr.to_owned(),
        amr: new.authentication.amr.split(' ').map(str::to_owned).collect(),
        azp: client.id.as_str().to_owned(),
        at_hash: Some(left_half(alg, new.access_token.expose())),
        sid: new.authentication.sid.map(str::to_owned),
    };
    sign(&tenant.ring, alg, TYP_JWT, &claims).map(Secret::new).map_err(Fault::internal)
}

/// The hash is the one of the ID token's algorithm: SHA-512 for Ed25519, SHA-256 for the others.
fn left_half(alg: SigningAlg, token: &str) -> String {
    let algorithm = if alg == SigningAlg::EdDsa { &digest::SHA512 } else { &digest::SHA256 };
    let hash = digest::digest(algorithm, token.as_bytes());
    let half = hash.as_ref().len() / 2;
    URL_SAFE_NO_PAD.encode(hash.as_ref().get(..half).unwrap_or_default())
}

/// An `id_token_hint`: one of our own ID tokens, expired or not; `None` for everything else.
pub fn open_id_token_hint(tenant: &Tenant, token: &str) -> Option<IdClaims> {
    let claims: IdClaims = verify_own(&tenant.ring, token, TYP_JWT).ok()?;
    (*claims.iss == *tenant.issuer).then_some(claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_hash_is_the_left_half_of_the_hash() {
        // The example of OpenID Connect Core appendix A.3.
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(left_half(SigningAlg::Rs256, token), "77QmUPtjPfzWtF2AnpK9RQ");
    }
}
