//! A client's metadata, under the names of RFC 7591; Portico's own settings follow the standard's.

use serde::{Deserialize, Serialize};

use crate::crypto::SigningAlg;
use crate::kernel::ScopeSet;
use crate::spec::oauth::{AuthMethod, GrantType, ResponseMode};

/// The form of a client's access tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenFormat {
    /// A JWT that resource servers can check by themselves (RFC 9068).
    #[default]
    Jwt,
    /// A sealed value that only Portico can read; resource servers introspect it.
    Opaque,
}

/// How `sub` names a person towards this client (OpenID Connect Core §8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectType {
    /// The same for every client.
    #[default]
    Public,
    /// Different for each sector.
    Pairwise,
}

/// What was registered. Stored as one JSON document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientMetadata {
    /// Exact redirect URIs.
    pub redirect_uris: Vec<String>,
    /// Exact post-logout redirect URIs (RP-Initiated Logout §3.1).
    pub post_logout_redirect_uris: Vec<String>,
    /// Grants the client may use.
    pub grant_types: Vec<GrantType>,
    /// Response types the client may use.
    pub response_types: Vec<String>,
    /// Response modes the client may use; empty for all.
    pub response_modes: Vec<ResponseMode>,
    /// Scopes the client may ask for.
    pub scope: ScopeSet,
    /// The one way the client authenticates.
    pub token_endpoint_auth_method: AuthMethod,
    /// Algorithm of its ID tokens; the server's default when absent.
    #[serde(with = "alg_name", skip_serializing_if = "Option::is_none")]
    pub id_token_signed_response_alg: Option<SigningAlg>,
    /// Algorithm of its access tokens; the server's default when absent.
    #[serde(with = "alg_name", skip_serializing_if = "Option::is_none")]
    pub access_token_signed_response_alg: Option<SigningAlg>,
    /// Form of its access tokens.
    pub access_token_format: TokenFormat,
    /// `aud` of its access tokens; the issuer when empty.
    pub access_token_audience: Vec<String>,
    /// Audiences whose tokens it may introspect, besides its own tokens (RFC 7662 §4).
    pub introspection_audiences: Vec<String>,
    /// How `sub` names people towards it.
    pub subject_type: SubjectType,
    /// The sector of its pairwise subjects; the redirect host when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector_identifier: Option<String>,
    /// Whether PKCE is required; only an administrator exempts a confidential client that cannot.
    pub require_pkce: bool,
    /// Whether the consent page is skipped.
    pub first_party: bool,
    /// Roles of which a person needs one to use the client; empty for everybody.
    pub allowed_roles: Vec<String>,
    /// Origins that may call the token and userinfo endpoints from a browser.
    pub allowed_origins: Vec<String>,
    /// `max_age` when the request has none, in seconds (RFC 7591, OpenID Connect Registration §2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<u64>,
    /// The application's home page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// Where to ask about it.
    pub contacts: Vec<String>,
}

impl Default for ClientMetadata {
    fn default() -> Self {
        Self {
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            grant_types: vec![GrantType::AuthorizationCode],
            response_types: vec!["code".to_owned()],
            response_modes: Vec::new(),
            scope: ScopeSet::default(),
            token_endpoint_auth_method: AuthMethod::ClientSecretBasic,
            id_token_signed_response_alg: None,
            access_token_signed_response_alg: None,
            access_token_format: TokenFormat::Jwt,
            access_token_audience: Vec::new(),
            introspection_audiences: Vec::new(),
            subject_type: SubjectType::Public,
            sector_identifier: None,
            require_pkce: true,
            first_party: false,
            allowed_roles: Vec::new(),
            allowed_origins: Vec::new(),
            default_max_age: None,
            client_uri: None,
            contacts: Vec::new(),
        }
    }
}

/// Algorithms are stored by their registered names.
mod alg_name {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::crypto::SigningAlg;

    #[expect(clippy::ref_option, reason = "serde hands the field over like this")]
    pub(super) fn serialize<S: Serializer>(alg: &Option<SigningAlg>, to: S) -> Result<S::Ok, S::Error> {
        match alg {
            Some(alg) => to.serialize_str(alg.as_str()),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SigningAlg>, D::Error> {
        let Some(name) = Option::<String>::deserialize(from)? else { return Ok(None) };
        SigningAlg::parse(&name).map(Some).ok_or_else(|| serde::de::Error::custom("unknown algorithm"))
    }
}
