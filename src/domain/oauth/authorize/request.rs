//! A request that passed every check: what is kept while a person is asked, and what the code carries on.

use serde::{Deserialize, Serialize};

use crate::kernel::{ClientId, ScopeSet};
use crate::spec::oauth::ResponseMode;
use crate::spec::oidc::Prompts;

/// A validated authorization request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizeRequest {
    /// The client.
    pub client_id: ClientId,
    /// Where the answer goes.
    pub redirect_uri: String,
    /// How it travels.
    pub response_mode: ResponseMode,
    /// What is asked for, already cut to what the client may ask.
    pub scope: ScopeSet,
    /// Echoed to the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Echoed in the ID token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// What the client wants the person asked.
    #[serde(default)]
    pub prompts: Prompts,
    /// How old the authentication may be, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u64>,
    /// What to write into the user name field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_hint: Option<String>,
    /// The subject that `id_token_hint` named, as this client knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hinted_sub: Option<String>,
    /// The person's languages, as the client sees them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ui_locales: Option<String>,
    /// The PKCE challenge, S256.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_challenge: Option<String>,
}
