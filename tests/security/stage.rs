//! What the tests of the authorization and token endpoints share: a stage that is set, and how a refusal
//! looks.

use portico::domain::clients::ClientMetadata;
use portico::store::users::UserRow;
use portico::testkit::{Browser, CALLBACK, NewPerson, Reply, TestApp, TestClient, authorize_path};

/// The issuer of the default tenant.
pub const ISSUER: &str = "http://localhost:8080";

/// A server, a client, and Alice signed in with her browser.
pub struct Stage {
    pub app: TestApp,
    pub client: TestClient,
    pub alice: UserRow,
    pub browser: Browser,
}

impl Stage {
    pub async fn set(metadata: &ClientMetadata) -> Self {
        Self::on(TestApp::start().await, metadata).await
    }

    /// The same on every kind of database there is.
    pub async fn everywhere(metadata: &ClientMetadata) -> Vec<Self> {
        let mut stages = Vec::new();
        for app in TestApp::everywhere().await {
            stages.push(Self::on(app, metadata).await);
        }
        stages
    }

    async fn on(app: TestApp, metadata: &ClientMetadata) -> Self {
        let client = app.kit.add_client(metadata).await;
        let alice = app.kit.add_person(&NewPerson::active("alice", "correct horse battery")).await;
        let mut browser = app.browser();
        app.kit.sign_in(&mut browser, &alice).await;
        Self { app, client, alice, browser }
    }

    /// An authorization request of Alice's; see [`authorize_path`].
    pub async fn authorize(&mut self, extra: &[(&str, &str)]) -> Reply {
        self.browser.get(&authorize_path(&self.client, extra)).await
    }

    /// A code for Alice.
    pub async fn code(&mut self) -> String {
        self.browser.code(&self.client, &[]).await
    }
}

/// Nothing that anybody could use is in the answer, and it is not our own fault.
pub fn assert_empty_handed(reply: &Reply, what: &str) {
    assert!(reply.status < 500, "{what}: {} {}", reply.status, reply.body);
    let headers: String = reply.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    for text in [&reply.body, &headers] {
        for treasure in ["ptc_", "ptr_", "pta_", "ptz_", "eyJ"] {
            assert!(!text.contains(treasure), "{what}: {treasure} in {text}");
        }
    }
}

/// "400 page": an HTML error, no redirect, nothing kept for later.
pub fn assert_page(reply: &Reply, what: &str) {
    assert_empty_handed(reply, what);
    assert_eq!(reply.status, 400, "{what}: {:?}", reply.headers);
    assert_eq!(reply.header("location"), None, "{what}");
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"), "{what}");
    assert_eq!(reply.header("cache-control"), Some("no-store"), "{what}");
    // A request that is kept needs a browser cookie; so no cookie, no row.
    assert_eq!(reply.header("set-cookie"), None, "{what}");
    let policy = reply.header("content-security-policy").unwrap_or_default();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("form-action 'self';"),
        "{what}: {policy}"
    );
}

/// "redirect": the registered address learns the error, with the state it sent and the issuer.
pub fn assert_told(reply: &Reply, error: &str, state: Option<&str>, what: &str) {
    assert_empty_handed(reply, what);
    assert_eq!(reply.status, 303, "{what}: {}", reply.body);
    let query =
        reply.location().strip_prefix(CALLBACK).unwrap_or_else(|| panic!("{what}: {}", reply.location()));
    assert!(query.starts_with(['?', '#']), "{what}: {query}");
    assert_eq!(reply.param("error").as_deref(), Some(error), "{what}: {query}");
    assert!(reply.param("error_description").is_some(), "{what}");
    assert_eq!(reply.param("state").as_deref(), state, "{what}");
    assert_eq!(reply.param("iss").as_deref(), Some(ISSUER), "{what}");
    assert_eq!(reply.param("code"), None, "{what}");
    assert_eq!(reply.header("set-cookie"), None, "{what}");
}

/// An error of the token endpoint (RFC 6749 §5.2).
pub fn assert_refused(reply: &Reply, status: u16, error: &str, what: &str) {
    assert_empty_handed(reply, what);
    assert_eq!(
        (reply.status, reply.json()["error"].as_str()),
        (status, Some(error)),
        "{what}: {}",
        reply.body
    );
    assert_eq!(reply.header("cache-control"), Some("no-store"), "{what}");
    assert_eq!(reply.header("location"), None, "{what}");
    if status == 401 {
        assert!(reply.header("www-authenticate").is_some_and(|text| text.starts_with("Basic ")), "{what}");
    }
}
