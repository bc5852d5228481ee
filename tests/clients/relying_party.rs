//! A relying party as the `openidconnect` crate makes one: discovery, the code flow, and a check of everything
//! the standard lets a client check.

use std::future::Future;
use std::pin::Pin;

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod,
    CoreGrantType, CoreIdTokenClaims, CoreIdTokenVerifier, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType,
    CoreSubjectIdentifierType, CoreTokenResponse,
};
use openidconnect::{
    AccessTokenHash, AdditionalProviderMetadata, AsyncHttpClient, AuthenticationFlow, AuthorizationCode,
    ClientId, ClientSecret, CsrfToken, EndSessionUrl, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    HttpRequest, HttpResponse, IntrospectionUrl, IssuerUrl, LogoutProviderMetadata, LogoutRequest, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, ProviderMetadata,
    RedirectUrl, RevocationUrl, Scope, TokenResponse as _,
};
use portico::testkit::Reply;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::live::{HOST, Live};

/// Where the application gets its answers.
pub const CALLBACK: &str = "https://rp.example.com/cb";
/// Where people come after signing out.
pub const GOODBYE: &str = "https://rp.example.com/bye";

/// What discovery says that the crate does not read by itself (RFC 8414 §2).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct More {
    introspection_endpoint: IntrospectionUrl,
    revocation_endpoint: RevocationUrl,
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for More {}

type Metadata = ProviderMetadata<
    LogoutProviderMetadata<More>,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// The crate's client with every endpoint.
type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointSet, EndpointSet, EndpointMaybeSet, EndpointMaybeSet>;

/// The crate's HTTP: no redirects, through the proxy.
pub struct Wire<'a> {
    http: reqwest::Client,
    live: &'a Live,
}

impl<'a> Wire<'a> {
    /// A connection of its own to that server.
    pub fn new(live: &'a Live) -> Self {
        portico::app::tls::install_provider();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        Self { http: http.build().expect("an HTTP client"), live }
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
        let (parts, body) = request.into_parts();
        let url = self.live.inside(&parts.uri.to_string());
        let request = self.http.request(parts.method, url).headers(parts.headers);
        let answer =
            request.header("host", HOST).header("x-forwarded-proto", "https").body(body).send().await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut response = HttpResponse::new(answer.bytes().await?.to_vec());
        (*response.status_mut(), *response.headers_mut()) = (status, headers);
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for Wire<'_> {
    type Error = reqwest::Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Self::Error>> + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// What the application keeps between its request and the answer.
pub struct Expected {
    /// Echoed by the answer.
    pub state: CsrfToken,
    /// Echoed by the ID token.
    pub nonce: Nonce,
    verifier: PkceCodeVerifier,
}

/// A registered application at one issuer.
pub struct RelyingParty<'a> {
    /// Its way to the provider.
    pub wire: Wire<'a>,
    /// The crate's client.
    pub client: Client,
    issuer: String,
    alg: CoreJwsSigningAlgorithm,
    end_session: EndSessionUrl,
}

impl<'a> RelyingParty<'a> {
    /// An application from what its registration told, by discovery.
    pub async fn discover(live: &'a Live, issuer: &str, registered: &Value, alg: &str) -> Self {
        let wire = Wire::new(live);
        let url = IssuerUrl::new(issuer.to_owned()).expect("an issuer");
        let metadata = Metadata::discover_async(url, &wire).await.expect("metadata");
        let alg: CoreJwsSigningAlgorithm = serde_json::from_value(alg.into()).expect("an algorithm");
        assert!(metadata.id_token_signing_alg_values_supported().contains(&alg), "{alg:?}");
        let more = metadata.additional_metadata().clone();
        assert!(more.additional_metadata.authorization_response_iss_parameter_supported);
        let id = registered["client_id"].as_str().expect("a client_id").to_owned();
        let secret = registered["client_secret"].as_str().map(|secret| ClientSecret::new(secret.to_owned()));
        let client = CoreClient::from_provider_metadata(metadata, ClientId::new(id), secret)
            .set_redirect_uri(RedirectUrl::new(CALLBACK.to_owned()).expect("a URL"))
            .set_introspection_url(more.additional_metadata.introspection_endpoint)
            .set_revocation_url(more.additional_metadata.revocation_endpoint);
        let end_session = more.end_session_endpoint.expect("an end_session_endpoint");
        Self { wire, client, issuer: issuer.to_owned(), alg, end_session }
    }

    /// Where the browser is sent, and what its answer must fit.
    pub fn authorize(&self, prompt: Option<CoreAuthPrompt>) -> (String, Expected) {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let mut request = self
            .client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(["profile", "email", "offline_access"].map(|scope| Scope::new(scope.to_owned())))
            .set_max_age(std::time::Duration::from_secs(300))
            .set_pkce_challenge(challenge);
        if let Some(prompt) = prompt {
            request = request.add_prompt(prompt);
        }
        let (url, state, nonce) = request.url();
        (url.to_string(), Expected { state, nonce, verifier })
    }

    /// The code of an answer that is of this request and of this issuer (RFC 9207 §2.4).
    pub fn code(&self, answer: &str, expected: &Expected) -> String {
        assert!(answer.starts_with(&format!("{CALLBACK}?")), "{answer}");
        assert_eq!(parameter(answer, "state").as_deref(), Some(expected.state.secret().as_str()), "{answer}");
        assert_eq!(parameter(answer, "iss"), Some(self.issuer.clone()), "{answer}");
        parameter(answer, "code").unwrap_or_else(|| panic!("no code in {answer}"))
    }

    /// Turns a code into tokens.
    pub async fn redeem(&self, code: String, expected: &Expected) -> CoreTokenResponse {
        let verifier = PkceCodeVerifier::new(expected.verifier.secret().clone());
        let request = self.client.exchange_code(AuthorizationCode::new(code)).expect("a token endpoint");
        request.set_pkce_verifier(verifier).request_async(&self.wire).await.expect("tokens")
    }

    /// A verifier that takes nothing but the client's algorithm.
    pub fn verifier(&self) -> CoreIdTokenVerifier<'_> {
        self.client.id_token_verifier().set_allowed_algs([self.alg.clone()])
    }

    /// The claims of an ID token for which everything holds that OpenID Connect Core §3.1.3.7 lists, and the
    /// hash of the access token that came with it (§3.1.3.6).
    pub fn claims<'t>(&self, tokens: &'t CoreTokenResponse, expected: &Expected) -> &'t CoreIdTokenClaims {
        let (id, verifier) = (tokens.id_token().expect("an ID token"), self.verifier());
        assert!(id.claims(&verifier, &Nonce::new_random()).is_err(), "the nonce is looked at");
        let claims = id.claims(&verifier, &expected.nonce).expect("a sound ID token");
        let (alg, key) = (id.signing_alg().expect("signed"), id.signing_key(&verifier).expect("published"));
        assert_eq!(*alg, self.alg);
        let hash = AccessTokenHash::from_token(tokens.access_token(), alg, key).expect("a hash");
        assert_eq!(claims.access_token_hash(), Some(&hash), "at_hash");
        assert!(claims.auth_time().is_some(), "auth_time is needed where max_age was asked (§2)");
        claims
    }

    /// Where the browser is sent to sign out.
    pub fn logout(&self, tokens: &CoreTokenResponse, state: &CsrfToken) -> String {
        let back = PostLogoutRedirectUrl::new(GOODBYE.to_owned()).expect("a URL");
        let request = LogoutRequest::from(self.end_session.clone())
            .set_id_token_hint(tokens.id_token().expect("an ID token"))
            .set_client_id(self.client.client_id().clone())
            .set_post_logout_redirect_uri(back)
            .set_state(state.clone());
        request.http_get_url().to_string()
    }
}

/// A parameter of the answer at the application, decoded.
pub fn parameter(answer: &str, name: &str) -> Option<String> {
    let headers = vec![("location".to_owned(), answer.to_owned())];
    Reply { status: 303, headers, body: String::new() }.param(name)
}
