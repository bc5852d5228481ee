//! Provider metadata (OpenID Connect Discovery §3, RFC 8414 §2).

use serde::Serialize;

use super::{CLAIMS, STANDARD_SCOPES};
use crate::spec::oauth::{AuthMethod, GrantType, ResponseMode};

/// The metadata document of one issuer.
#[derive(Clone, Debug, Serialize)]
pub struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    introspection_endpoint: String,
    revocation_endpoint: String,
    end_session_endpoint: String,
    jwks_uri: String,
    scopes_supported: Vec<&'static str>,
    response_types_supported: Vec<&'static str>,
    response_modes_supported: Vec<&'static str>,
    grant_types_supported: Vec<&'static str>,
    subject_types_supported: Vec<&'static str>,
    id_token_signing_alg_values_supported: Vec<&'static str>,
    token_endpoint_auth_methods_supported: Vec<&'static str>,
    introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    code_challenge_methods_supported: Vec<&'static str>,
    prompt_values_supported: Vec<&'static str>,
    display_values_supported: Vec<&'static str>,
    acr_values_supported: Vec<&'static str>,
    claim_types_supported: Vec<&'static str>,
    claims_supported: Vec<&'static str>,
    ui_locales_supported: Vec<&'static str>,
    claims_parameter_supported: bool,
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
    authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// The metadata of `issuer`, which signs with `signing_algs` and speaks `ui_locales`.
    pub fn new(issuer: &str, signing_algs: Vec<&'static str>, ui_locales: Vec<&'static str>) -> Self {
        let at = |path: &str| format!("{issuer}{path}");
        let methods = || AuthMethod::ALL.iter().map(|method| method.as_str()).collect::<Vec<_>>();
        let confidential = || methods().into_iter().filter(|method| *method != "none").collect::<Vec<_>>();
        Self {
            issuer: issuer.to_owned(),
            authorization_endpoint: at("/authorize"),
            token_endpoint: at("/token"),
            userinfo_endpoint: at("/userinfo"),
            introspection_endpoint: at("/introspect"),
            revocation_endpoint: at("/revoke"),
            end_session_endpoint: at("/logout"),
            jwks_uri: at("/jwks"),
            scopes_supported: STANDARD_SCOPES.to_vec(),
            response_types_supported: vec!["code"],
            response_modes_supported: ResponseMode::ALL.iter().map(|mode| mode.as_str()).collect(),
            grant_types_supported: GrantType::ALL.iter().map(|grant| grant.as_str()).collect(),
            subject_types_supported: vec!["public", "pairwise"],
            id_token_signing_alg_values_supported: signing_algs,
            token_endpoint_auth_methods_supported: methods(),
            introspection_endpoint_auth_methods_supported: confidential(),
            revocation_endpoint_auth_methods_supported: methods(),
            code_challenge_methods_supported: vec!["S256"],
            prompt_values_supported: vec!["none", "login", "consent", "select_account"],
            display_values_supported: vec!["page", "popup", "touch"],
            acr_values_supported: vec!["urn:portico:acr:pwd"],
            claim_types_supported: vec!["normal"],
            claims_supported: CLAIMS.to_vec(),
            ui_locales_supported: ui_locales,
            claims_parameter_supported: false,
            request_parameter_supported: false,
            request_uri_parameter_supported: false,
            authorization_response_iss_parameter_supported: true,
        }
    }
}
