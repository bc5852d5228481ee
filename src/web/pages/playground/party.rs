//! The relying party itself: each step of OpenID Connect Core §3.1 by the `openidconnect` crate.

use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod, CoreGenderClaim,
    CoreGrantType, CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
    CoreTokenResponse,
};
use openidconnect::http::{self, Request};
use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalProviderMetadata, AuthType, AuthenticationFlow,
    AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, EmptyAdditionalClaims,
    EndSessionUrl, EndpointMaybeSet, EndpointNotSet, EndpointSet, IntrospectionUrl, IssuerUrl, LogoutRequest,
    Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl,
    ProviderMetadata, RedirectUrl, RefreshToken, RevocationUrl, Scope, SubjectIdentifier, TokenResponse as _,
};
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::recorder::{Recorder, query, without_query};
use super::run::{ClientSpec, Expected, Tokens};
use crate::gateways::fetch::Url;
use crate::kernel::{Secret, Timestamp};
use crate::spec::oauth::encode;
use crate::web::render::{Step, StepKind};

/// What discovery says beyond OpenID Connect Core (RFC 8414 §2, RFC 9207 §3, RP-Initiated Logout §2.1).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct More {
    pub end_session_endpoint: Option<EndSessionUrl>,
    pub introspection_endpoint: Option<IntrospectionUrl>,
    pub revocation_endpoint: Option<RevocationUrl>,
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for More {}

/// The provider's metadata and keys.
pub(super) type Metadata = ProviderMetadata<
    More,
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

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Reads the metadata and the keys of an issuer.
pub(super) async fn discover(recorder: &Recorder<'_>, issuer: &str) -> Result<Metadata, Failure> {
    let issuer = IssuerUrl::new(issuer.to_owned())
        .map_err(|error| Failure::own(StepKind::Discovery, "invalid_request", error.to_string()))?;
    Metadata::discover_async(issuer, recorder).await.map_err(Failure::discovery)
}

/// An application for one provider.
pub(super) struct Party<'a> {
    spec: &'a ClientSpec,
    metadata: &'a Metadata,
    client: Client,
}

impl<'a> Party<'a> {
    /// The application whose redirect URI is this one.
    pub(super) fn new(spec: &'a ClientSpec, metadata: &'a Metadata, redirect_uri: RedirectUrl) -> Self {
        let secret = spec.secret.as_ref().map(|secret| ClientSecret::new(secret.expose().to_owned()));
        let id = ClientId::new(spec.client_id.clone());
        let method = if spec.secret_in_body { AuthType::RequestBody } else { AuthType::BasicAuth };
        let client = CoreClient::from_provider_metadata(metadata.clone(), id, secret)
            .set_redirect_uri(redirect_uri)
            .set_auth_type(method)
            // What is asked for is what was typed.
            .disable_openid_scope();
        Self { spec, metadata, client }
    }

    /// Where the browser is sent, and that request as a step.
    pub(super) fn authorize(&self, expected: &Expected) -> (Url, Step) {
        let verifier = pkce(expected);
        let state = CsrfToken::new(expected.state.expose().to_owned());
        let nonce = Nonce::new(expected.nonce.expose().to_owned());
        let scopes = self.spec.scope.split_whitespace().map(|word| Scope::new(word.to_owned()));
        let (url, _, _) = self
            .client
            .authorize_url(AuthenticationFlow::<CoreResponseType>::AuthorizationCode, || state, || nonce)
            .add_scopes(scopes)
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        let step = Step {
            kind: StepKind::Authorize,
            method: "GET".to_owned(),
            url: without_query(&url),
            sent: query(&url),
            status: None,
            answer: String::new(),
        };
        (url, step)
    }

    /// Turns a code into tokens (OpenID Connect Core §3.1.3); they are not checked yet.
    pub(super) async fn exchange(
        &self,
        recorder: &Recorder<'_>,
        expected: &Expected,
        code: &str,
    ) -> Result<CoreTokenResponse, Failure> {
        let at = StepKind::Token;
        let code = AuthorizationCode::new(code.to_owned());
        let request = self.client.exchange_code(code).map_err(|error| Failure::no_endpoint(at, &error))?;
        let request = request.set_pkce_verifier(pkce(expected)).request_async(recorder);
        request.await.map_err(|error| Failure::request(at, error))
    }

    /// Turns a refresh token into new tokens (RFC 6749 §6).
    pub(super) async fn refresh(
        &self,
        recorder: &Recorder<'_>,
        refresh: &Secret,
    ) -> Result<CoreTokenResponse, Failure> {
        let at = StepKind::Refresh;
        let token = RefreshToken::new(refresh.expose().to_owned());
        let request = self
            .client
            .exchange_refresh_token(&token)
            .map_err(|error| Failure::no_endpoint(at, &error))?
            .request_async(recorder);
        request.await.map_err(|error| Failure::request(at, error))
    }

    /// Checks the tokens of the first answer (§3.1.3.7): the signature by the provider's keys and one of its
    /// algorithms, issuer, audience, times, the nonce, and the hash of the access token.
    pub(super) fn check(
        &self,
        answer: &CoreTokenResponse,
        expected: &Expected,
        now: Timestamp,
    ) -> Result<(Tokens, Option<Step>), Failure> {
        let asked_for_id = self.spec.scope.split_whitespace().any(|word| word == "openid");
        let Some(id) = answer.id_token() else {
            if asked_for_id {
                return Err(Failure::own(StepKind::Verify, "invalid_id_token", "there is no ID token"));
            }
            return Ok((tokens(answer, None, String::new()), None));
        };
        let nonce = Nonce::new(expected.nonce.expose().to_owned());
        let verifier = self.verifier(now);
        let claims = id.claims(&verifier, &nonce).map_err(|error| Failure::id_token(&error))?;
        check_hash(id, &verifier, answer.access_token(), claims.access_token_hash())?;
        let subject = claims.subject().to_string();
        let step = self.checked(id, &subject, Some(nonce.secret()));
        Ok((tokens(answer, Some(id.clone()), subject), Some(step)))
    }

    /// Checks the tokens of a refresh (§12.2): the same person, and no nonce of its own.
    pub(super) fn check_refreshed(
        &self,
        answer: &CoreTokenResponse,
        before: &Tokens,
        now: Timestamp,
    ) -> Result<(Tokens, Option<Step>), Failure> {
        let mut after = tokens(answer, before.id.clone(), before.subject.clone());
        // A provider that does not rotate sends no new one.
        after.refresh = after.refresh.or_else(|| before.refresh.clone());
        let Some(id) = answer.id_token() else { return Ok((after, None)) };
        let verifier = self.verifier(now);
        let any_nonce = |_: Option<&Nonce>| Ok(());
        let claims = id.claims(&verifier, any_nonce).map_err(|error| Failure::id_token(&error))?;
        if claims.subject().as_str() != before.subject {
            return Err(Failure::own(StepKind::Verify, "invalid_id_token", "it is about another person"));
        }
        let step = self.checked(id, &before.subject, None);
        after.id = Some(id.clone());
        Ok((after, Some(step)))
    }

    fn verifier(&self, now: Timestamp) -> CoreIdTokenVerifier<'_> {
        let since = Duration::from_micros(u64::try_from(now.micros()).unwrap_or(0));
        self.client.id_token_verifier().set_time_fn(move || (UNIX_EPOCH + since).into())
    }

    /// The check as a step: what was compared with what.
    fn checked(&self, id: &CoreIdToken, subject: &str, nonce: Option<&String>) -> Step {
        let alg = id.signing_alg().ok().and_then(|alg| serde_json::to_value(alg).ok());
        let alg = alg.and_then(|alg| alg.as_str().map(str::to_owned)).unwrap_or_default();
        let mut sent = vec![
            ("alg".to_owned(), alg),
            ("iss".to_owned(), self.spec.issuer.clone()),
            ("aud".to_owned(), self.spec.client_id.clone()),
            ("sub".to_owned(), subject.to_owned()),
        ];
        sent.extend(nonce.map(|nonce| ("nonce".to_owned(), nonce.clone())));
        Step {
            kind: StepKind::Verify,
            method: String::new(),
            url: String::new(),
            sent,
            status: None,
            answer: String::new(),
        }
    }

    /// Asks about the person (§5.3).
    pub(super) async fn userinfo(&self, recorder: &Recorder<'_>, tokens: &Tokens) -> Result<(), Failure> {
        let access = AccessToken::new(tokens.access.expose().to_owned());
        let subject = tokens.id.is_some().then(|| SubjectIdentifier::new(tokens.subject.clone()));
        let request = self
            .client
            .user_info(access, subject)
            .map_err(|error| Failure::no_endpoint(StepKind::Userinfo, &error))?;
        let answer = request.request_async::<EmptyAdditionalClaims, _, CoreGenderClaim>(recorder).await;
        answer.map(drop).map_err(Failure::userinfo)
    }

    /// Asks about the access token (RFC 7662).
    pub(super) async fn introspect(
        &self,
        recorder: &Recorder<'_>,
        url: &IntrospectionUrl,
        tokens: &Tokens,
    ) -> Result<(), Failure> {
        let access = AccessToken::new(tokens.access.expose().to_owned());
        let client = self.client.clone().set_introspection_url(url.clone());
        let answer = client.introspect(&access).request_async(recorder).await;
        answer.map(drop).map_err(|error| Failure::request(StepKind::Introspect, error))
    }

    /// Ends the refresh token, or the access token when there is none (RFC 7009). By hand, because the crate
    /// refuses any http address, and on one's own machine there is nothing else.
    pub(super) async fn revoke(
        &self,
        recorder: &Recorder<'_>,
        url: &RevocationUrl,
        tokens: &Tokens,
    ) -> Result<(), Failure> {
        let at = StepKind::Revoke;
        let (token, hint) = match &tokens.refresh {
            Some(refresh) => (refresh, "refresh_token"),
            None => (&tokens.access, "access_token"),
        };
        let mut body = format!("token={}&token_type_hint={hint}", encode(token.expose()));
        let id = encode(&self.spec.client_id);
        let mut request = Request::post(url.as_str())
            .header(http::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(http::header::ACCEPT, "application/json");
        match &self.spec.secret {
            Some(secret) if !self.spec.secret_in_body => {
                let pair = STANDARD.encode(format!("{id}:{}", encode(secret.expose())));
                request = request.header(http::header::AUTHORIZATION, format!("Basic {pair}"));
            }
            Some(secret) => {
                body.push_str(&format!("&client_id={id}&client_secret={}", encode(secret.expose())));
            }
            None => body.push_str(&format!("&client_id={id}")),
        }
        let request = request
            .body(body.into_bytes())
            .map_err(|error| Failure::own(at, "invalid_metadata", error.to_string()))?;
        let sent = recorder.send(request).await;
        let answer = sent.map_err(|error| Failure::own(at, "no_answer", error.to_string()))?;
        if answer.status.is_success() {
            Ok(())
        } else {
            Err(Failure::status(at, answer.status.as_u16(), &answer.body))
        }
    }

    /// Where the browser is sent to sign out (RP-Initiated Logout §2).
    pub(super) fn logout(&self, tokens: &Tokens, back: PostLogoutRedirectUrl) -> Option<Url> {
        let end = self.metadata.additional_metadata().end_session_endpoint.clone()?;
        let mut request = LogoutRequest::from(end)
            .set_client_id(ClientId::new(self.spec.client_id.clone()))
            .set_post_logout_redirect_uri(back);
        if let Some(id) = &tokens.id {
            request = request.set_id_token_hint(id);
        }
        Some(request.http_get_url())
    }
}

fn pkce(expected: &Expected) -> PkceCodeVerifier {
    PkceCodeVerifier::new(expected.verifier.expose().to_owned())
}

fn tokens(answer: &CoreTokenResponse, id: Option<CoreIdToken>, subject: String) -> Tokens {
    Tokens {
        id,
        access: Secret::new(answer.access_token().secret()),
        refresh: answer.refresh_token().map(|token| Secret::new(token.secret())),
        subject,
    }
}

/// Whether the ID token speaks of this access token (§3.1.3.6); a provider may leave the hash out.
fn check_hash(
    id: &CoreIdToken,
    verifier: &CoreIdTokenVerifier<'_>,
    access: &AccessToken,
    named: Option<&AccessTokenHash>,
) -> Result<(), Failure> {
    let Some(named) = named else { return Ok(()) };
    let wrong = |why: String| Failure::own(StepKind::Verify, "invalid_id_token", why);
    let signature = |error| Failure::id_token(&ClaimsVerificationError::SignatureVerification(error));
    let alg = id.signing_alg().map_err(signature)?;
    let key = id.signing_key(verifier).map_err(signature)?;
    let made = AccessTokenHash::from_token(access, alg, key).map_err(|error| wrong(error.to_string()))?;
    if made == *named { Ok(()) } else { Err(wrong("at_hash is of another access token".to_owned())) }
}

/// The redirect URI as the crate wants it.
pub(super) fn redirect_uri(text: &str) -> Result<RedirectUrl, Failure> {
    RedirectUrl::new(text.to_owned())
        .map_err(|error| Failure::own(StepKind::Authorize, "invalid_request", error.to_string()))
}
