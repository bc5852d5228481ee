//! Access tokens: a JWT (RFC 9068), or the same claims sealed into an opaque value.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::access_alg;
use crate::crypto::{TYP_ACCESS_TOKEN, sign, verify_own_cached};
use crate::domain::clients::{Client, TokenFormat};
use crate::domain::tenants::Tenant;
use crate::domain::{Fault, Services};
use crate::kernel::{Cx, GrantId, ScopeSet, Secret, TokenKind};

/// One audience is a string, several are an array (RFC 7519 §4.1.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Audience {
    /// Whether `name` is among them.
    pub fn has(&self, name: &str) -> bool {
        match self {
            Self::One(one) => one == name,
            Self::Many(many) => many.iter().any(|one| one == name),
        }
    }
}

/// The claims of an access token (RFC 9068 §2.2).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccessClaims {
    /// The issuer.
    pub iss: String,
    /// Whom it is about: the person, or the client itself.
    pub sub: String,
    /// Who may accept it.
    pub aud: Audience,
    /// When it ends.
    pub exp: i64,
    /// When it was made.
    pub iat: i64,
    /// Its id; begins with its grant's when it has one.
    pub jti: String,
    /// The client it was issued to.
    pub client_id: String,
    /// What it allows.
    #[serde(default, skip_serializing_if = "ScopeSet::is_empty")]
    pub scope: ScopeSet,
    /// When the person authenticated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// How well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// By what means (RFC 8176).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// The session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}

/// What an access token is made from.
pub struct NewAccess<'a> {
    /// Whom it is about.
    pub sub: String,
    /// The grant it descends from; none for client_credentials.
    pub grant: Option<GrantId>,
    /// What it allows.
    pub scope: &'a ScopeSet,
    /// When and how the person authenticated: time, acr, amr, sid.
    pub authentication: Option<Authentication<'a>>,
    /// How long it lives, in seconds.
    pub lifetime: i64,
}

/// When and how a person authenticated.
#[derive(Clone, Copy)]
pub struct Authentication<'a> {
    /// When, in seconds.
    pub time: i64,
    /// How well.
    pub acr: &'a str,
    /// By what means, space-delimited.
    pub amr: &'a str,
    /// In which session.
    pub sid: Option<&'a str>,
}

/// Makes an access token for a client.
///
/// # Errors
/// [`Fault::Internal`] when the tenant has no key for the client's algorithm.
pub fn new_access_token(
    services: &Services,
    tenant: &Tenant,
    client: &Client,
    cx: &Cx,
    new: NewAccess<'_>,
) -> Result<Secret, Fault> {
    let iat = cx.now.seconds();
    let auth = new.authentication;
    let claims = AccessClaims {
        iss: tenant.issuer.to_string(),
        sub: new.sub,
        aud: audience(client, tenant),
        exp: iat + new.lifetime,
        iat,
        jti: new_jti(new.grant, cx),
        client_id: client.id.as_str().to_owned(),
        scope: new.scope.clone(),
        auth_time: auth.map(|auth| auth.time),
        acr: auth.map(|auth| auth.acr.to_owned()),
        amr: auth.map_or_else(Vec::new, |auth| auth.amr.split(' ').map(str::to_owned).collect()),
        sid: auth.and_then(|auth| auth.sid.map(str::to_owned)),
    };
    match client.metadata.access_token_format {
        TokenFormat::Jwt => {
            let alg = access_alg(services, client.metadata.access_token_signed_response_alg);
            let token = sign(&tenant.ring, alg, TYP_ACCESS_TOKEN, &claims).map_err(Fault::internal)?;
            if new.grant.is_some() {
                // What was signed here just now is mostly shown at userinfo or introspected soon.
                services.verified.remember(&tenant.ring, &token);
            }
            Ok(Secret::new(token))
        }
        TokenFormat::Opaque => {
            let content = serde_json::to_vec(&claims).map_err(Fault::internal)?;
            Ok(tenant.keys.seal_access(&content, &cx.rng))
        }
    }
}

/// The claims of a token this tenant issued and that has not expired; `None` for everything else.
pub fn open_access_token(services: &Services, tenant: &Tenant, cx: &Cx, token: &str) -> Option<AccessClaims> {
    let claims: AccessClaims = if token.starts_with(TokenKind::Access.prefix()) {
        serde_json::from_slice(tenant.keys.open_access(token)?.expose()).ok()?
    } else {
        verify_own_cached(&tenant.ring, token, TYP_ACCESS_TOKEN, &services.verified).ok()?
    };
    let here = *claims.iss == *tenant.issuer;
    let now = cx.now.seconds();
    // Ten seconds of difference between nodes' clocks are forgiven for the beginning, none for the end.
    (here && now < claims.exp && claims.iat <= now + 10).then_some(claims)
}

fn audience(client: &Client, tenant: &Tenant) -> Audience {
    match client.metadata.access_token_audience.as_slice() {
        [] => Audience::One(tenant.issuer.to_string()),
        [one] => Audience::One(one.clone()),
        many => Audience::Many(many.to_vec()),
    }
}

/// 16 bytes of the grant's id (zeros without one), then 12 random bytes.
fn new_jti(grant: Option<GrantId>, cx: &Cx) -> String {
    let mut bytes = Vec::with_capacity(28);
    bytes.extend_from_slice(grant.as_ref().map_or(&[0_u8; 16], |id| id.as_bytes()));
    bytes.extend_from_slice(&cx.rng.bytes::<12>());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The grant an access token descends from: `Some(None)` for client_credentials, `None` for a foreign jti.
pub fn grant_of_jti(jti: &str) -> Option<Option<GrantId>> {
    let bytes = URL_SAFE_NO_PAD.decode(jti).ok()?;
    let (grant, rest) = bytes.split_first_chunk::<16>()?;
    (rest.len() == 12).then(|| (*grant != [0; 16]).then(|| GrantId::from_bytes(*grant)))
}
