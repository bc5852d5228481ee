//! A whole site in memory: services, one tenant with clients and people, and the app behind the edge.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use actix_http::Request;
use actix_service::boxed::{self, BoxService};
use actix_web::dev::ServiceResponse;
use actix_web::test::init_service;
use actix_web::web::Data;
use actix_web::{App, Error};

use super::{Browser, Page};
use portico::config::PublicUrl;
use portico::domain::clients::ClientMetadata;
use portico::domain::oauth::FailureLimiter;
use portico::kernel::locale::negotiate;
use portico::kernel::{ClientId, Clock, Rng, ScopeSet, TenantId, Timestamp, UserState, hash_token};
use portico::spec::oauth::{AuthMethod, Fields, GrantType, encode};
use portico::store::clients::{self, ClientRow};
use portico::store::users::UserRow;
use portico::testkit::{NewPerson, TestServices, services, services_everywhere};
use portico::web::middleware::{self, Edge, EdgeSettings, ErrorPage, RenderedPage, Tracked};
use portico::web::{Signals, Web, edge_page, routes};

pub const CLIENT: &str = "harbour";
pub const REDIRECT: &str = "https://harbour.example/cb";
pub const GOODBYE: &str = "https://harbour.example/bye";
pub const PASSWORD: &str = "correct horse battery staple";
pub const VERIFIER: &str = "a-verifier-of-more-than-forty-three-characters";

const LOCAL: &str = "http://localhost:8080";

pub struct Site {
    pub kit: TestServices,
    pub origin: String,
    app: BoxService<Request, ServiceResponse<Tracked>, Error>,
    logins: Arc<Mutex<Vec<&'static str>>>,
}

impl Site {
    /// A site on `http://localhost:8080`, with SQLite.
    pub async fn open() -> Self {
        Self::open_at(LOCAL).await
    }

    /// A site that browsers reach at `address`.
    pub async fn open_at(address: &str) -> Self {
        let (clock, rng) = beginning();
        Self::over(services(clock, rng).await, address).await
    }

    /// The same site on every kind of database there is.
    pub async fn everywhere() -> Vec<Self> {
        let mut all = Vec::new();
        for kit in services_everywhere(beginning).await {
            all.push(Self::over(kit, LOCAL).await);
        }
        all
    }

    async fn over(kit: TestServices, address: &str) -> Self {
        let logins = Arc::new(Mutex::new(Vec::new()));
        let heard = logins.clone();
        let signals =
            Signals { login: Arc::new(move |what| heard.lock().unwrap().push(what)), ..Signals::default() };
        let web = Web {
            services: kit.services.clone(),
            limiter: FailureLimiter::new(60),
            signals,
            public_url: PublicUrl::parse(address).unwrap(),
            dev: false,
            mailbox: None,
            playground: None,
        };
        let root = web.root().to_owned();
        let app = App::new()
            .wrap(Edge::new(edge(address)))
            .app_data(Data::new(web))
            .configure(|config| routes::configure(config, &root));
        let app = boxed::service(init_service(app).await);
        let site = Self { kit, origin: address.to_owned(), app, logins };
        site.add_client(CLIENT, site.kit.tenant.id, ClientMetadata::default()).await;
        site
    }

    /// A client with these settings; those that every test needs are filled in.
    pub async fn add_client(&self, id: &str, tenant: TenantId, settings: ClientMetadata) {
        let metadata = ClientMetadata {
            redirect_uris: vec![REDIRECT.replace(CLIENT, id)],
            post_logout_redirect_uris: vec![GOODBYE.replace(CLIENT, id)],
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            scope: ScopeSet::parse("openid profile email offline_access").unwrap(),
            token_endpoint_auth_method: AuthMethod::None,
            ..settings
        };
        let now = self.kit.services.clock.now();
        let row = ClientRow {
            tenant,
            id: ClientId::from_text(id),
            name: format!("The {id}"),
            kind: "spa".to_owned(),
            state: "active".to_owned(),
            metadata: serde_json::to_string(&metadata).unwrap(),
            not_before: Timestamp::from_micros(0),
            created_at: now,
            updated_at: now,
        };
        self.kit.write(move |tx| clients::insert(tx, tenant, &row)).await;
    }

    /// An active person with the password of these tests.
    pub async fn person(&self, username: &str) -> UserRow {
        self.kit.add_person(&NewPerson::active(username, PASSWORD)).await
    }

    /// A person in some other state.
    pub async fn person_in(&self, username: &str, state: UserState) -> UserRow {
        self.kit.add_person(&NewPerson { state, ..NewPerson::active(username, PASSWORD) }).await
    }

    /// A browser that has not been here before, at an address of its own.
    pub fn browser(&self) -> Browser<'_> {
        Browser::new(self)
    }

    /// What the metrics heard of sign-ins, in order.
    pub fn logins(&self) -> Vec<&'static str> {
        self.logins.lock().unwrap().clone()
    }

    pub async fn call(&self, request: Request) -> ServiceResponse<Tracked> {
        use actix_web::dev::Service as _;
        self.app.call(request).await.expect("an answer")
    }

    /// Redeems the code of an answer for tokens.
    pub async fn redeem(&self, answer: &Page) -> HashMap<String, serde_json::Value> {
        let code = answer.param("code").expect("a code");
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", CLIENT),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
            ("code", &code),
        ];
        let page = self.browser().post("/token", &form).await;
        assert_eq!(page.status, 200, "{}", page.body);
        serde_json::from_str(&page.body).unwrap()
    }
}

fn beginning() -> (Clock, Rng) {
    (Clock::frozen(Timestamp::from_seconds(1_800_000_000)), Rng::seeded(7))
}

fn edge(address: &str) -> EdgeSettings {
    let mut edge = EdgeSettings::new(middleware::PublicUrl::parse(address).unwrap());
    edge.page = Arc::new(|page: &ErrorPage| {
        let locale = negotiate(None, page.accept_language.as_deref());
        let (html, csp) = edge_page(page.status, locale, "", page.operation_id.to_string());
        RenderedPage { html, csp }
    });
    edge
}

/// The path of a sound authorization request.
pub fn authorize() -> String {
    authorize_with(&[])
}

/// The same with other or more parameters; an empty value leaves one out.
pub fn authorize_with(changes: &[(&str, &str)]) -> String {
    let challenge = hash_token(VERIFIER);
    let mut params = vec![
        ("client_id", CLIENT),
        ("redirect_uri", REDIRECT),
        ("response_type", "code"),
        ("scope", "openid profile"),
        ("state", "the state"),
        ("nonce", "a nonce"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    for change in changes {
        params.retain(|(name, _)| *name != change.0);
        params.push(*change);
    }
    let pairs = params.iter().filter(|(_, value)| !value.is_empty());
    let query: Vec<String> = pairs.map(|(name, value)| format!("{name}={}", encode(value))).collect();
    format!("/authorize?{}", query.join("&"))
}

/// The query of an address, read.
pub fn query_of(address: &str) -> Fields {
    let query = address.split_once(['?', '#']).map_or("", |(_, query)| query);
    Fields::parse(query.as_bytes()).unwrap()
}
