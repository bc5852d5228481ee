//! What may be registered: each rule by itself, each refusal with its reason (RFC 7591 §2, RFC 9700 §2).

use crate::crypto::SigningAlg;
use crate::domain::people::{is_display_name, is_role};
use crate::kernel::{ScopeError, ScopeSet};
use crate::spec::oauth::redirect_uri::{self, RedirectUriError};
use crate::spec::oauth::{AuthMethod, GrantType};

use super::{ClientKind, ClientMetadata, SubjectType, TokenFormat};

/// The most values a list of a registration has.
pub(super) const MOST: usize = 100;

/// Why a client is not registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientRefused {
    /// Not a display name.
    #[error("client_name has 1 to 1020 bytes and no control characters")]
    Name,
    /// An identifier chosen by the caller that cannot be one.
    #[error("client_id has 1 to 255 printable ASCII characters without spaces")]
    Id,
    /// A redirect URI against a rule.
    #[error("redirect URI {uri}: {rule}")]
    RedirectUri {
        /// The URI, shortened.
        uri: String,
        /// The rule.
        rule: RedirectUriError,
    },
    /// None, where the code grant needs one.
    #[error("the authorization_code grant needs at least one redirect URI")]
    NoRedirectUri,
    /// One, where nobody is ever redirected.
    #[error("a client without the authorization_code grant has no redirect URIs")]
    NeedlessRedirectUri,
    /// A name that is not in the registry, or that Portico does not speak.
    #[error("unknown {what} {value:?}; known are {known}")]
    Unknown {
        /// Which field.
        what: &'static str,
        /// What was given, shortened.
        value: String,
        /// What could be.
        known: String,
    },
    /// A grant that does not go with the kind of client.
    #[error("a {kind} client cannot use the grant {grant}: {why}")]
    Grant {
        /// The kind.
        kind: &'static str,
        /// The grant.
        grant: &'static str,
        /// The reason.
        why: &'static str,
    },
    /// An authentication method that does not go with the kind of client.
    #[error("a {kind} client cannot use the authentication method {method}: {why}")]
    AuthMethod {
        /// The kind.
        kind: &'static str,
        /// The method.
        method: &'static str,
        /// The reason.
        why: &'static str,
    },
    /// Not a scope.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// A public client without PKCE.
    #[error("only a confidential client may be exempted from PKCE (RFC 9700 section 2.1.1)")]
    Pkce,
    /// Keys of the client's own.
    #[error(
        "client key sets are not supported yet, because private_key_jwt is not; leave jwks out and use client_secret_basic"
    )]
    Jwks,
    /// Pairwise subjects over several hosts without a common name.
    #[error(
        "pairwise subjects need a sector identifier when the redirect URIs have several hosts (OpenID Connect Core section 8.1)"
    )]
    Sector,
    /// A value that is malformed.
    #[error("{0} has a malformed value")]
    Value(&'static str),
    /// Too many values.
    #[error("{0} has more than 100 values")]
    TooMany(&'static str),
}

impl ClientRefused {
    /// The error code of RFC 7591 §3.2.2.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RedirectUri { .. } | Self::NoRedirectUri => "invalid_redirect_uri",
            _ => "invalid_client_metadata",
        }
    }
}

/// Each value once, in order, and not too many.
pub(super) fn distinct(what: &'static str, values: &[String]) -> Result<Vec<String>, ClientRefused> {
    let mut kept: Vec<String> = Vec::new();
    for value in values {
        if !kept.contains(value) {
            kept.push(value.clone());
        }
    }
    if kept.len() > MOST { Err(ClientRefused::TooMany(what)) } else { Ok(kept) }
}

pub(super) fn uris(
    what: &'static str,
    kind: ClientKind,
    values: &[String],
) -> Result<Vec<String>, ClientRefused> {
    let values = distinct(what, values)?;
    for uri in &values {
        redirect_uri::check(uri, kind == ClientKind::Native)
            .map_err(|rule| ClientRefused::RedirectUri { uri: excerpt(uri), rule })?;
    }
    Ok(values)
}

/// The grants, or the kind's own when none is named.
pub(super) fn grants(kind: ClientKind, names: &[String]) -> Result<Vec<GrantType>, ClientRefused> {
    let known = || list(GrantType::ALL.iter().map(|grant| grant.as_str()));
    let mut grants = Vec::new();
    for name in names {
        let grant = GrantType::parse(name).ok_or_else(|| unknown("grant", name, known()))?;
        if !grants.contains(&grant) {
            grants.push(grant);
        }
    }
    if grants.is_empty() {
        grants = match kind {
            ClientKind::Web | ClientKind::Spa | ClientKind::Native => {
                vec![GrantType::AuthorizationCode, GrantType::RefreshToken]
            }
            ClientKind::Service => vec![GrantType::ClientCredentials],
            ClientKind::Device => vec![GrantType::RefreshToken],
        };
    }
    for grant in &grants {
        if let Some(why) = wrong_grant(kind, *grant, &grants) {
            return Err(ClientRefused::Grant { kind: kind.as_str(), grant: grant.as_str(), why });
        }
    }
    Ok(grants)
}

fn wrong_grant(kind: ClientKind, grant: GrantType, all: &[GrantType]) -> Option<&'static str> {
    use ClientKind as K;
    use GrantType as G;
    match (kind, grant) {
        (K::Service, G::AuthorizationCode | G::RefreshToken) => Some("it acts for itself only"),
        (K::Device, G::AuthorizationCode) => Some("it has no browser of its own"),
        (K::Spa | K::Native | K::Device, G::ClientCredentials) => {
            Some("it has no secret that proves who it is (RFC 6749 section 4.4)")
        }
        (K::Web | K::Spa | K::Native, G::RefreshToken) if !all.contains(&G::AuthorizationCode) => {
            Some("without authorization_code nothing gives it a refresh token")
        }
        _ => None,
    }
}

/// The one authentication method, or the kind's own when none is named.
pub(super) fn auth_method(kind: ClientKind, name: Option<&str>) -> Result<AuthMethod, ClientRefused> {
    use ClientKind as K;
    let known = || list(AuthMethod::ALL.iter().map(|method| method.as_str()));
    let method = match name {
        Some(name) => {
            AuthMethod::parse(name).ok_or_else(|| unknown("authentication method", name, known()))?
        }
        None if matches!(kind, K::Web | K::Service) => AuthMethod::ClientSecretBasic,
        None => AuthMethod::None,
    };
    let why = match (kind, method) {
        (K::Web | K::Service, AuthMethod::None) => {
            "it keeps a secret; register a public client as spa or native"
        }
        (K::Spa | K::Native | K::Device, AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost) => {
            "whoever has the application could read its secret (RFC 8252 section 8.5)"
        }
        _ => return Ok(method),
    };
    Err(ClientRefused::AuthMethod { kind: kind.as_str(), method: method.as_str(), why })
}

/// The scopes, or the kind's own when none is named. Each value may hold several words.
pub(super) fn scope(kind: ClientKind, words: &[String]) -> Result<ScopeSet, ClientRefused> {
    if words.is_empty() && kind != ClientKind::Service {
        return Ok(ScopeSet::parse("openid profile email offline_access")?);
    }
    Ok(ScopeSet::parse(&words.join(" "))?)
}

pub(super) fn alg(what: &'static str, name: Option<&str>) -> Result<Option<SigningAlg>, ClientRefused> {
    let known = || list(SigningAlg::ALL.iter().map(|alg| alg.as_str()));
    name.map(|name| SigningAlg::parse(name).ok_or_else(|| unknown(what, name, known()))).transpose()
}

pub(super) fn token_format(name: Option<&str>) -> Result<TokenFormat, ClientRefused> {
    match name {
        None | Some("jwt") => Ok(TokenFormat::Jwt),
        Some("opaque") => Ok(TokenFormat::Opaque),
        Some(other) => Err(unknown("access token format", other, "jwt, opaque".to_owned())),
    }
}

pub(super) fn subject_type(name: Option<&str>) -> Result<SubjectType, ClientRefused> {
    match name {
        None | Some("public") => Ok(SubjectType::Public),
        Some("pairwise") => Ok(SubjectType::Pairwise),
        Some(other) => Err(unknown("subject type", other, "public, pairwise".to_owned())),
    }
}

/// Resource indicators and the like: printable, without spaces.
pub(super) fn words(what: &'static str, values: &[String]) -> Result<Vec<String>, ClientRefused> {
    let values = distinct(what, values)?;
    if values.iter().all(|value| is_word(value)) { Ok(values) } else { Err(ClientRefused::Value(what)) }
}

pub(super) fn is_word(value: &str) -> bool {
    (1..=2_048).contains(&value.len()) && value.bytes().all(|b| matches!(b, 0x21..=0x7e))
}

pub(super) fn roles(values: &[String]) -> Result<Vec<String>, ClientRefused> {
    let values = distinct("allowed_roles", values)?;
    if values.iter().all(|role| is_role(role)) {
        Ok(values)
    } else {
        Err(ClientRefused::Value("allowed_roles"))
    }
}

/// Origins: scheme, host and port, nothing after them.
pub(super) fn origins(values: &[String]) -> Result<Vec<String>, ClientRefused> {
    let values = distinct("allowed_origins", values)?;
    let whole = |value: &String| {
        redirect_uri::origin(value) == Some(value.as_str()) && redirect_uri::check(value, false).is_ok()
    };
    if values.iter().all(whole) { Ok(values) } else { Err(ClientRefused::Value("allowed_origins")) }
}

/// Rules between fields.
pub(super) fn together(metadata: &ClientMetadata) -> Result<(), ClientRefused> {
    let code = metadata.grant_types.contains(&GrantType::AuthorizationCode);
    if code && metadata.redirect_uris.is_empty() {
        return Err(ClientRefused::NoRedirectUri);
    }
    if !code && !metadata.redirect_uris.is_empty() {
        return Err(ClientRefused::NeedlessRedirectUri);
    }
    if !metadata.require_pkce && metadata.token_endpoint_auth_method == AuthMethod::None {
        return Err(ClientRefused::Pkce);
    }
    if metadata.subject_type == SubjectType::Pairwise && metadata.sector_identifier.is_none() {
        let mut origins = metadata.redirect_uris.iter().map(|uri| redirect_uri::origin(uri));
        let first = origins.next();
        if origins.any(|origin| Some(origin) != first) {
            return Err(ClientRefused::Sector);
        }
    }
    Ok(())
}

pub(super) fn name(name: &str) -> Result<String, ClientRefused> {
    if is_display_name(name) { Ok(name.trim().to_owned()) } else { Err(ClientRefused::Name) }
}

fn unknown(what: &'static str, value: &str, known: String) -> ClientRefused {
    ClientRefused::Unknown { what, value: excerpt(value), known }
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

fn excerpt(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}
