//! The whole code flow of a real relying party against the running binary: each kind of client, each
//! signature algorithm, the default tenant and another, on each kind of database.

use openidconnect::core::{CoreAuthPrompt, CoreGenderClaim, CoreRevocableToken, CoreTokenResponse};
use openidconnect::{
    AccessToken, AuthType, CsrfToken, EmptyAdditionalClaims, Nonce, OAuth2TokenResponse as _, RefreshToken,
    RequestTokenError, SubjectIdentifier, TokenIntrospectionResponse as _, TokenResponse as _,
    UserInfoClaims, UserInfoError,
};
use portico::testkit::Place;
use serde_json::Value;

use super::live::{Live, ORIGIN};
use super::person::{Credentials, Person};
use super::relying_party::{CALLBACK, GOODBYE, RelyingParty, parameter};

const ALGORITHMS: [&str; 4] = ["ES256", "EdDSA", "RS256", "PS256"];
const ADA: Credentials<'static> =
    Credentials { email: "ada@example.com", password: "Pelican-3-harbour-lantern" };

/// An issuer with Ada among its people and an API that may ask about its tokens.
struct Issuer<'a> {
    live: &'a Live,
    tenant: Option<&'a str>,
    url: String,
    ada: Value,
    api: Value,
}

impl<'a> Issuer<'a> {
    fn new(live: &'a Live, tenant: Option<&'a str>) -> Self {
        if let Some(slug) = tenant {
            live.cli(None, &["tenant", "create", "--slug", slug, "--name", "Acme"], "");
        }
        let url = tenant.map_or_else(|| ORIGIN.to_owned(), |slug| format!("{ORIGIN}/t/{slug}"));
        let person =
            ["user", "create", "--email", ADA.email, "--name", "Ada", "--password-stdin", "--verified"];
        let ada = live.cli(tenant, &person, ADA.password);
        let line =
            ["client", "create", "--name", "API", "--type", "service", "--introspection-audience", &url];
        let api = live.cli(tenant, &line, "");
        Self { live, tenant, url, ada, api }
    }

    fn register(&self, kind: &str, alg: &str) -> Value {
        let mut line =
            vec!["client", "create", "--name", "Reading Room", "--type", kind, "--id-token-alg", alg];
        line.extend(["--redirect-uri", CALLBACK, "--post-logout-redirect-uri", GOODBYE]);
        line.extend(["authorization_code", "refresh_token"].iter().flat_map(|grant| ["--grant", grant]));
        line.extend(
            ["openid", "profile", "email", "offline_access"].iter().flat_map(|scope| ["--scope", scope]),
        );
        self.live.cli(self.tenant, &line, "")
    }

    /// Whether the API sees a living token of Ada's.
    async fn is_active(&self, token: &AccessToken) -> bool {
        let api = RelyingParty::discover(self.live, &self.url, &self.api, "ES256").await;
        is_active(&api, token).await
    }
}

async fn is_active(party: &RelyingParty<'_>, token: &AccessToken) -> bool {
    let client = party.client.clone().set_auth_type(AuthType::BasicAuth);
    let told = client.introspect(token).request_async(&party.wire).await.expect("an answer");
    assert!(told.active() || told.sub().is_none(), "of a dead token nothing else is told (RFC 7662 §2.2)");
    told.active()
}

async fn every_client(place: Place, tenant: Option<&str>) {
    let live = Live::start(place);
    let issuer = Issuer::new(&live, tenant);
    for kind in ["web", "spa"] {
        for alg in ALGORITHMS {
            whole_flow(&issuer, kind, alg).await;
        }
    }
}

async fn whole_flow(issuer: &Issuer<'_>, kind: &str, alg: &str) {
    let registered = issuer.register(kind, alg);
    assert_eq!(registered["client_secret"].is_string(), kind == "web");
    let party = RelyingParty::discover(issuer.live, &issuer.url, &registered, alg).await;
    let mut person = Person::new(issuer.live);

    let (url, expected) = party.authorize(None);
    let answer = person.sign_in(&url, ADA).await;
    let tokens = party.redeem(party.code(&answer, &expected), &expected).await;
    let claims = party.claims(&tokens, &expected);
    assert_eq!(claims.subject().as_str(), issuer.ada["id"].as_str().expect("an id"));
    let subject = claims.subject().clone();
    userinfo(&party, tokens.access_token(), &subject).await.expect("userinfo");

    let renewed = refresh(&party, &tokens, &subject).await;
    introspect(issuer, &party, renewed.access_token(), kind).await;
    revoke(issuer, &party, &renewed, &subject).await;
    sign_out(&party, &mut person, &tokens).await;
}

type PersonClaims = UserInfoClaims<EmptyAdditionalClaims, CoreGenderClaim>;

/// OpenID Connect Core §5.3: about the same person, with the claims of the scopes.
async fn userinfo(
    party: &RelyingParty<'_>,
    access: &AccessToken,
    subject: &SubjectIdentifier,
) -> Result<(), UserInfoError<reqwest::Error>> {
    let request = party.client.user_info(access.clone(), Some(subject.clone())).expect("an endpoint");
    let told: PersonClaims = request.request_async(&party.wire).await?;
    assert_eq!(told.email().map(|email| email.as_str()), Some(ADA.email));
    assert_eq!(told.email_verified(), Some(true));
    Ok(())
}

/// §12: new tokens of the same person, and each refresh token once.
async fn refresh(
    party: &RelyingParty<'_>,
    tokens: &CoreTokenResponse,
    subject: &SubjectIdentifier,
) -> CoreTokenResponse {
    let token = tokens.refresh_token().expect("a refresh token");
    let request = party.client.exchange_refresh_token(token).expect("a token endpoint");
    let renewed = request.request_async(&party.wire).await.expect("new tokens");
    assert_ne!(renewed.refresh_token().expect("another").secret(), token.secret());
    assert_ne!(renewed.access_token().secret(), tokens.access_token().secret());
    if let Some(id) = renewed.id_token() {
        let verifier = party.verifier();
        let claims = id.claims(&verifier, |_: Option<&Nonce>| Ok(())).expect("a sound ID token");
        assert_eq!(claims.subject(), subject);
    }
    renewed
}

/// RFC 7662: the API sees the token; so does a client that can prove itself, and no other.
async fn introspect(issuer: &Issuer<'_>, party: &RelyingParty<'_>, access: &AccessToken, kind: &str) {
    assert!(issuer.is_active(access).await);
    if kind == "web" {
        assert!(is_active(party, access).await);
        return;
    }
    let refused = party.client.introspect(access).request_async(&party.wire).await;
    assert!(matches!(refused, Err(RequestTokenError::ServerResponse(_))), "{refused:?}");
}

/// RFC 7009: with the refresh token ends all it gave.
async fn revoke(
    issuer: &Issuer<'_>,
    party: &RelyingParty<'_>,
    tokens: &CoreTokenResponse,
    subject: &SubjectIdentifier,
) {
    let token: &RefreshToken = tokens.refresh_token().expect("a refresh token");
    let request = party.client.revoke_token(CoreRevocableToken::from(token)).expect("https");
    request.request_async(&party.wire).await.expect("revoked");
    assert!(!issuer.is_active(tokens.access_token()).await);
    let again = party.client.exchange_refresh_token(token).expect("a token endpoint");
    let Err(RequestTokenError::ServerResponse(error)) = again.request_async(&party.wire).await else {
        panic!("a dead refresh token was taken")
    };
    assert_eq!(error.error().to_string(), "invalid_grant");
    assert!(userinfo(party, tokens.access_token(), subject).await.is_err());
}

/// RP-Initiated Logout §2 and §3: back with the state, and signed in no longer.
async fn sign_out(party: &RelyingParty<'_>, person: &mut Person, tokens: &CoreTokenResponse) {
    let (silent, expected) = party.authorize(Some(CoreAuthPrompt::None));
    let answer = person.open(&silent).await.expect_err("the application");
    party.code(&answer, &expected);

    let state = CsrfToken::new_random();
    let back = person.open(&party.logout(tokens, &state)).await.expect_err("the application");
    assert!(back.starts_with(GOODBYE), "{back}");
    assert_eq!(parameter(&back, "state").as_ref(), Some(state.secret()));

    let (silent, _) = party.authorize(Some(CoreAuthPrompt::None));
    let answer = person.open(&silent).await.expect_err("the application");
    assert_eq!(parameter(&answer, "error").as_deref(), Some("login_required"));
}

fn postgres() -> Option<Place> {
    let place = Place::postgres();
    if place.is_none() {
        eprintln!("skipped: PORTICO_TEST_PG names no PostgreSQL server");
    }
    place
}

#[tokio::test]
async fn a_relying_party_on_sqlite() {
    every_client(Place::folder(), None).await;
}

#[tokio::test]
async fn a_relying_party_of_another_tenant_on_sqlite() {
    every_client(Place::folder(), Some("acme")).await;
}

#[tokio::test]
async fn a_relying_party_on_postgres() {
    if let Some(place) = postgres() {
        every_client(place, None).await;
    }
}

#[tokio::test]
async fn a_relying_party_of_another_tenant_on_postgres() {
    if let Some(place) = postgres() {
        every_client(place, Some("acme")).await;
    }
}
