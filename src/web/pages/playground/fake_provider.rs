//! A provider in memory, for the tests: it signs, it checks PKCE, and it can be told to misbehave.

use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use openidconnect::core::{
    CoreEdDsaPrivateSigningKey, CoreIdToken, CoreIdTokenClaims, CoreJsonWebKeySet, CoreJwsSigningAlgorithm,
};
use openidconnect::{
    AccessToken, Audience, EmptyAdditionalClaims, IssuerUrl, JsonWebKeyId, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, PrivateSigningKey as _, StandardClaims, SubjectIdentifier,
};
use openssl::pkey::PKey;
use serde_json::{Value, json};

use super::party::Metadata;
use crate::gateways::fetch::{
    FakeFetch, FetchError, FetchRequest, FetchResponse, HeaderMap, HeaderValue, StatusCode, Url,
};
use crate::spec::oauth::Fields;

pub(super) const ISSUER: &str = "http://localhost:8080";

/// When everything happens, in seconds since the epoch.
pub(super) const NOW: i64 = 1_763_782_380;

fn discovery() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": format!("{ISSUER}/authorize"),
        "token_endpoint": format!("{ISSUER}/token"),
        "userinfo_endpoint": format!("{ISSUER}/userinfo"),
        "introspection_endpoint": format!("{ISSUER}/introspect"),
        "revocation_endpoint": format!("{ISSUER}/revoke"),
        "end_session_endpoint": format!("{ISSUER}/logout"),
        "jwks_uri": format!("{ISSUER}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA", "XX999"],
        "authorization_response_iss_parameter_supported": true,
    })
}

/// The metadata without keys.
pub(super) fn metadata() -> Metadata {
    serde_json::from_value(discovery()).unwrap()
}

/// What the browser carried to the provider, and how the provider errs.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// From the authorization request.
    pub nonce: String,
    /// From the authorization request.
    pub challenge: String,
    /// For whom ID tokens are, instead of the client.
    pub audience: Option<String>,
    /// Signs with a key that is not published.
    pub foreign_key: bool,
    /// Names this access token in `at_hash`.
    pub hashed: Option<String>,
    /// Says who it is about, after a refresh.
    pub refreshed_subject: Option<String>,
    /// Answers everything but metadata with this error.
    pub error: Option<&'static str>,
    /// The last form that arrived, and its Authorization header.
    pub form: Vec<(String, String)>,
    pub authorization: Option<String>,
}

pub(super) struct Provider {
    pub state: Arc<Mutex<State>>,
    pub fetch: Arc<FakeFetch>,
}

fn key(id: &str) -> CoreEdDsaPrivateSigningKey {
    let pem = PKey::generate_ed25519().unwrap().private_key_to_pem_pkcs8().unwrap();
    let id = JsonWebKeyId::new(id.to_owned());
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&String::from_utf8(pem).unwrap(), Some(id)).unwrap()
}

impl Provider {
    pub(super) fn new() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let (own, foreign) = (key("k1"), key("k1"));
        let shared = state.clone();
        let fetch =
            FakeFetch::new(move |request| answer(&mut shared.lock().unwrap(), request, &own, &foreign));
        Self { state, fetch: Arc::new(fetch) }
    }

    /// The browser's visit: what it brings, and the answer it takes back.
    pub(super) fn visit(&self, url: &Url) -> Fields {
        let get = |name: &str| {
            let found = url.query_pairs().find(|(key, _)| key == name);
            found.map(|(_, value)| value.into_owned()).unwrap_or_default()
        };
        let mut state = self.state.lock().unwrap();
        (state.nonce, state.challenge) = (get("nonce"), get("code_challenge"));
        assert_eq!(get("code_challenge_method"), "S256");
        params(&[("code", "c1"), ("state", &get("state")), ("iss", ISSUER)])
    }
}

pub(super) fn params(pairs: &[(&str, &str)]) -> Fields {
    let text: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    Fields::parse(text.join("&").as_bytes()).unwrap()
}

fn json_answer(status: u16, body: &Value) -> Result<FetchResponse, FetchError> {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    let status = StatusCode::from_u16(status).unwrap();
    Ok(FetchResponse { status, headers, body: body.to_string().into_bytes() })
}

fn answer(
    state: &mut State,
    request: &FetchRequest,
    own: &CoreEdDsaPrivateSigningKey,
    foreign: &CoreEdDsaPrivateSigningKey,
) -> Result<FetchResponse, FetchError> {
    match request.url.path() {
        "/.well-known/openid-configuration" => return json_answer(200, &discovery()),
        "/jwks" => {
            let keys = CoreJsonWebKeySet::new(vec![own.as_verification_key()]);
            return json_answer(200, &serde_json::to_value(keys).unwrap());
        }
        _ => {}
    }
    let form = Fields::parse(&request.body).unwrap();
    state.form = form.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let header = request.headers.get("authorization");
    state.authorization = header.map(|value| value.to_str().unwrap().to_owned());
    if let Some(error) = state.error {
        return json_answer(400, &json!({ "error": error, "error_description": "as told" }));
    }
    match request.url.path() {
        "/token" => {
            let signer = if state.foreign_key { foreign } else { own };
            json_answer(200, &token(state, &form, signer))
        }
        "/userinfo" => json_answer(200, &json!({ "sub": "alice" })),
        "/introspect" => json_answer(200, &json!({ "active": true })),
        "/revoke" => json_answer(200, &json!({})),
        other => panic!("nobody asks for {other}"),
    }
}

fn token(state: &State, form: &Fields, signer: &CoreEdDsaPrivateSigningKey) -> Value {
    let refreshed = form.get("grant_type").unwrap() == Some("refresh_token");
    if refreshed {
        assert_eq!(form.get("refresh_token").unwrap(), Some("r1"));
    } else {
        let verifier = PkceCodeVerifier::new(form.get("code_verifier").unwrap().unwrap().to_owned());
        let made = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
        assert_eq!(made.as_str(), state.challenge);
        assert_eq!(form.get("code").unwrap(), Some("c1"));
    }
    let (access, refresh) = if refreshed { ("a2", "r2") } else { ("a1", "r1") };
    let at = |seconds: i64| UNIX_EPOCH + Duration::from_secs(u64::try_from(NOW + seconds).unwrap());
    let subject = state.refreshed_subject.clone().filter(|_| refreshed);
    let claims = CoreIdTokenClaims::new(
        IssuerUrl::new(ISSUER.to_owned()).unwrap(),
        vec![Audience::new(state.audience.clone().unwrap_or_else(|| "demo".to_owned()))],
        at(300).into(),
        at(0).into(),
        StandardClaims::new(SubjectIdentifier::new(subject.unwrap_or_else(|| "alice".to_owned()))),
        EmptyAdditionalClaims {},
    )
    .set_nonce((!refreshed).then(|| Nonce::new(state.nonce.clone())));
    let hashed = AccessToken::new(state.hashed.clone().unwrap_or_else(|| access.to_owned()));
    let id = CoreIdToken::new(claims, signer, CoreJwsSigningAlgorithm::EdDsa, Some(&hashed), None).unwrap();
    json!({
        "access_token": access, "token_type": "Bearer", "expires_in": 300, "refresh_token": refresh,
        "id_token": id.to_string(),
    })
}
