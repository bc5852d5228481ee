//! What a thief of the database holds: nothing that opens a door.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::sql_types::{Nullable, Text};
use diesel::{QueryableByName, RunQueryDsl as _, sql_query};
use portico::config::Config;
use portico::crypto::{KeyFamily, KeyState};
use portico::domain::clients::ClientKind;
use portico::domain::oauth::authorize;
use portico::domain::signin::{self, LinkPurpose, SignIn, find_link, make_link};
use portico::kernel::{Clock, FlowId, Rng, Secret, TokenKind};
use portico::store::classification::COLUMNS;
use portico::store::{Conn, StoreError};
use portico::testkit::{
    Browser, NOON, NewPerson, TestApp, TestClient, TestServices, authorize_path, confidential, member,
    services_everywhere,
};

use super::road::log_in;

const PASSWORD: &str = "correct horse battery staple";

async fn kits() -> Vec<TestServices> {
    services_everywhere(|| (Clock::frozen(NOON), Rng::seeded(3))).await
}

/// Guessing is not slowed here: each value is tried in each place.
fn patient(config: &mut Config) {
    config.limits.invalid_codes_per_minute = 1_000_000;
}

#[derive(QueryableByName)]
struct Cell {
    #[diesel(sql_type = Nullable<Text>)]
    value: Option<String>,
}

fn cells(conn: &mut Conn, query: &str) -> Result<Vec<String>, StoreError> {
    let rows: Vec<Cell> = match conn {
        Conn::Postgres(c) => sql_query(query).load(c)?,
        Conn::Sqlite(c) => sql_query(query).load(c)?,
    };
    Ok(rows.into_iter().filter_map(|row| row.value).collect())
}

fn execute(conn: &mut Conn, statement: &str) -> Result<usize, StoreError> {
    Ok(match conn {
        Conn::Postgres(c) => sql_query(statement).execute(c)?,
        Conn::Sqlite(c) => sql_query(statement).execute(c)?,
    })
}

/// The columns of bytes; every other one is text or a number.
fn is_bytes(table: &str, column: &str) -> bool {
    matches!((table, column), ("tenants", "secret") | ("signing_keys", "private_key"))
}

/// Every value of every column of the database: text as it is, bytes in hexadecimal.
async fn dump(kit: &TestServices) -> BTreeSet<String> {
    kit.read(|conn| {
        let mut all = BTreeSet::new();
        for (table, column, _) in COLUMNS {
            let shown = match (is_bytes(table, column), &conn) {
                (false, _) => format!("CAST({column} AS TEXT)"),
                (true, Conn::Postgres(_)) => format!("encode({column}, 'hex')"),
                (true, Conn::Sqlite(_)) => format!("lower(hex({column}))"),
            };
            all.extend(cells(conn, &format!("SELECT {shown} AS value FROM {table}"))?);
        }
        Ok(all)
    })
    .await
}

/// What a thief makes of the values: the words inside them, and each dressed up as a token of every kind.
fn candidates(values: &BTreeSet<String>) -> BTreeSet<String> {
    let mut words: BTreeSet<String> = values.clone();
    for value in values {
        let parts = value.split(|c: char| !(c.is_ascii_alphanumeric() || "-_~.+/$=,".contains(c)));
        words.extend(parts.map(str::to_owned));
        words.extend(value.rsplit('$').next().map(str::to_owned));
    }
    words.retain(|word| {
        word.len() >= 8 && word.len() <= 2_000 && word.bytes().all(|b| (0x21..=0x7e).contains(&b))
    });
    words
}

const KINDS: [TokenKind; 8] = [
    TokenKind::Code,
    TokenKind::Refresh,
    TokenKind::Access,
    TokenKind::ClientSecret,
    TokenKind::Session,
    TokenKind::Browser,
    TokenKind::Device,
    TokenKind::Link,
];

/// A candidate as a well-formed token: its own bytes, or those it encodes.
fn dressed(word: &str, kind: TokenKind) -> Vec<String> {
    let hex: Option<Vec<u8>> = word
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let bodies = [Some(word.as_bytes().to_vec()), URL_SAFE_NO_PAD.decode(word).ok(), hex];
    let mut all: Vec<String> =
        bodies.into_iter().flatten().map(|body| kind.encode(&body).expose().to_owned()).collect();
    all.push(word.to_owned());
    all
}

/// Somebody's whole stay: signed in, tokens used and unused, an unfinished sign-in, an unused link.
struct Stay {
    client: TestClient,
    browser: Browser,
    waiting: Browser,
    flow: FlowId,
    access: String,
    refresh: String,
    code: String,
    link: Secret,
}

async fn stay(app: &TestApp) -> Stay {
    let client = app.kit.add_client(&confidential()).await;
    let alice = app.kit.add_person(&NewPerson::active("alice", PASSWORD)).await;
    let mut browser = app.browser();
    let path = authorize_path(&client, &[]);
    let sent = log_in(&mut browser, &path, "alice", PASSWORD).await;
    let tokens = browser.redeem(&client, &sent.param("code").expect("a code")).await;
    let code = browser.code(&client, &[]).await;
    let revoked = browser.code(&client, &[]).await;
    let revoked = member(&browser.redeem(&client, &revoked).await, "access_token");
    browser.post_as("/revoke", (&client.id, &client.secret), &[("token", &revoked)]).await;
    let mut waiting = app.browser();
    let begun = waiting.get(&path).await;
    let flow = begun.location().split_once("flow=").expect("a flow").1;
    let (tenant, cx) = (app.kit.tenant.id, app.kit.cx());
    let (link, _) = app.kit.write(move |tx| make_link(tx, &cx, tenant, &alice, LinkPurpose::Recover)).await;
    Stay {
        access: member(&tokens, "access_token"),
        refresh: member(&tokens, "refresh_token"),
        flow: FlowId::parse(flow).expect("a flow id"),
        client,
        browser,
        waiting,
        code,
        link,
    }
}

async fn is_somebody(app: &TestApp, client: &TestClient, cookie: &str) -> bool {
    let mut browser = app.browser();
    browser.cookies.insert("portico_session".to_owned(), cookie.to_owned());
    let reply = browser.get(&authorize_path(client, &[("prompt", "none")])).await;
    assert_eq!(reply.status, 303, "{cookie}: {}", reply.body);
    reply.param("code").is_some()
}

async fn proves_client(app: &TestApp, id: &str, secret: &str) -> bool {
    let client = TestClient { id: id.to_owned(), secret: secret.to_owned() };
    let form = [("grant_type", "client_credentials"), ("scope", "api.read")];
    app.browser().token(&client, &form).await.status == 200
}

async fn finds_flow(app: &TestApp, flow: FlowId, cookie: &str) -> bool {
    let brought = authorize::Browser { session: None, browser: Some(Secret::new(cookie)) };
    let found = authorize::look(&app.kit.services, &app.kit.tenant, &app.kit.cx(), &brought, flow).await;
    found.expect("no fault").is_some()
}

async fn opens_link(app: &TestApp, token: &str) -> bool {
    let (tenant, now, token) = (app.kit.tenant.id, app.kit.services.clock.now(), token.to_owned());
    app.kit.read(move |conn| find_link(conn, tenant, &token, LinkPurpose::Recover, now)).await.is_some()
}

async fn signs_in(app: &TestApp, password: &str) -> bool {
    let attempt = signin::Attempt {
        name: "alice",
        password: Secret::new(password),
        user_agent: None,
        replaces: None,
        device: None,
        exempt_loopback: false,
    };
    // Every try under a clock of its own, so that none is merely told to wait.
    app.advance(3_600);
    let cx = app.kit.cx();
    let outcome = signin::sign_in(&app.kit.services, &app.kit.tenant, &cx, attempt).await;
    !matches!(outcome, Ok(SignIn::Wrong | SignIn::TooLong))
}

// S0-27: nothing in clear.
#[tokio::test]
async fn a_192_no_value_in_the_database_is_a_credential() {
    for kit in kits().await {
        let app = TestApp::over(kit, patient);
        let mut stay = stay(&app).await;
        let values = dump(&app.kit).await;
        let words = candidates(&values);
        assert!(values.len() > 50 && words.len() > 60, "{} {}", values.len(), words.len());
        for secret in
            [&stay.client.secret, &stay.access, &stay.refresh, &stay.code, stay.link.expose(), PASSWORD]
        {
            assert!(!values.iter().any(|value| value.contains(secret)), "{secret} is in the database");
        }
        for cookie in stay.browser.cookies.values().chain(stay.waiting.cookies.values()) {
            assert!(!values.iter().any(|value| value.contains(cookie)), "{cookie} is in the database");
        }
        let mut browser = app.browser();
        for word in &words {
            for kind in KINDS {
                for token in dressed(word, kind) {
                    try_token(&app, &stay, &mut browser, kind, &token).await;
                }
            }
        }
        // What is real works: the tries above could have succeeded.
        let session = stay.browser.cookies["portico_session"].clone();
        assert!(is_somebody(&app, &stay.client, &session).await);
        assert!(proves_client(&app, &stay.client.id, &stay.client.secret).await);
        assert!(finds_flow(&app, stay.flow, &stay.waiting.cookies["portico_browser"]).await);
        assert!(opens_link(&app, stay.link.expose()).await);
        assert_eq!(browser.userinfo(&stay.access).await.status, 200);
        assert_eq!(stay.browser.redeem(&stay.client, &stay.code).await.status, 200);
        assert_eq!(stay.browser.refresh(&stay.client, &stay.refresh).await.status, 200);
    }
}

/// One token where its kind belongs.
async fn try_token(app: &TestApp, stay: &Stay, browser: &mut Browser, kind: TokenKind, token: &str) {
    let client = &stay.client;
    let worked = match kind {
        TokenKind::Code => browser.redeem(client, token).await.status == 200,
        TokenKind::Refresh => browser.refresh(client, token).await.status == 200,
        TokenKind::Access => {
            browser.userinfo(token).await.status == 200 || browser.is_active(client, token).await
        }
        TokenKind::ClientSecret => proves_client(app, &client.id, token).await,
        TokenKind::Session => is_somebody(app, client, token).await,
        TokenKind::Browser => finds_flow(app, stay.flow, token).await,
        TokenKind::Link => opens_link(app, token).await,
        TokenKind::Device => app.kit.tenant.keys.open_device(token).is_some(),
    };
    assert!(!worked, "a value of the database works as {kind:?}: {token}");
}

#[tokio::test]
async fn a_192_no_value_in_the_database_is_a_password() {
    for kit in kits().await {
        kit.add_person(&NewPerson::active("alice", PASSWORD)).await;
        let app = TestApp::over(kit, patient);
        for word in candidates(&dump(&app.kit).await) {
            assert!(!signs_in(&app, &word).await, "{word}");
        }
        assert!(signs_in(&app, PASSWORD).await);
    }
}

#[tokio::test]
async fn a_192_keys_are_sealed_and_not_merely_encoded() {
    for kit in kits().await {
        let (tenant, master) = (kit.tenant.id, kit.services.master.clone());
        let rows = kit.read(move |conn| portico::store::signing_keys::list(conn, tenant)).await;
        assert_eq!(rows.len(), 3);
        for row in &rows {
            let family = KeyFamily::parse(&row.family).expect("a family");
            assert!(portico::crypto::SigningKey::from_pkcs8(family, &row.private_key).is_err());
            // It opens in its own place, and in no other.
            let own = row.id.to_string();
            let elsewhere =
                rows.iter().map(|row| row.id.to_string()).find(|id| *id != own).expect("a second row");
            let at = |table, column, row| portico::crypto::Place { table, column, row, tenant };
            let opens = |place: portico::crypto::Place<'_>| master.open(&place, &row.private_key).is_ok();
            assert!(opens(at("signing_keys", "private_key", &own)));
            assert!(!opens(at("signing_keys", "private_key", &elsewhere)));
            assert!(!opens(at("signing_keys", "kid", &own)) && !opens(at("tenants", "private_key", &own)));
        }
    }
}

/// A sealed value in another row: of the same tenant, and of another one.
#[tokio::test]
async fn a_192_a_sealed_value_moved_to_another_row_fails_closed() {
    for kit in kits().await {
        let acme = kit.add_tenant("acme").await;
        let twin = portico::domain::keys::make_key(
            &kit.services.master,
            kit.tenant.id,
            KeyFamily::Ec,
            2_048,
            KeyState::Published,
            (NOON, &kit.services.rng),
        );
        let twin = twin.expect("a key");
        let stored = kit
            .services
            .db
            .write::<_, portico::domain::Fault, _>(move |tx| portico::domain::keys::insert_key(tx, &twin));
        stored.await.expect("a write");
        let app = TestApp::over(kit, patient);
        let client = app.kit.add_client(&confidential()).await;
        let theirs = app.kit.add_client_of(&acme, ClientKind::Web, &confidential()).await;
        let (own, other) = (app.kit.tenant.id.to_string(), acme.id.to_string());
        let moves = [
            // The signing key of another tenant, of the same family.
            format!(
                "UPDATE signing_keys SET private_key = (SELECT k.private_key FROM signing_keys k WHERE \
                 k.tenant_id = '{other}' AND k.family = 'EC') WHERE tenant_id = '{own}' AND family = 'EC' \
                 AND state = 'active'"
            ),
            // Another key of the same tenant, of the same family.
            format!(
                "UPDATE signing_keys SET private_key = (SELECT k.private_key FROM signing_keys k WHERE \
                 k.tenant_id = '{own}' AND k.family = 'EC' AND k.state = 'published') WHERE \
                 tenant_id = '{own}' AND family = 'EC' AND state = 'active'"
            ),
            // The secret from which a tenant's symmetric keys follow.
            format!(
                "UPDATE tenants SET secret = (SELECT t.secret FROM tenants t WHERE t.id = '{other}') \
                 WHERE id = '{own}'"
            ),
        ];
        for statement in moves {
            let kept = save(&app.kit, &own).await;
            assert_eq!(run(&app.kit, statement.clone()).await, 1, "{statement}");
            assert_closed(&app, &client, &theirs).await;
            restore(&app.kit, &own, kept).await;
            let (node, _guard) = app.second_node();
            let mut browser = Browser::new(node);
            let form = [("grant_type", "client_credentials"), ("scope", "api.read")];
            assert_eq!(browser.token(&client, &form).await.status, 200, "put back, it works again");
        }
    }
}

/// A node that starts now serves nothing of the tenant whose secrets do not open, and the others as ever.
async fn assert_closed(app: &TestApp, client: &TestClient, theirs: &TestClient) {
    let (node, _guard) = app.second_node();
    let mut browser = Browser::new(node);
    let form = [("grant_type", "client_credentials"), ("scope", "api.read")];
    let refused = browser.token(client, &form).await;
    assert!(matches!(refused.status, 500 | 503), "{} {}", refused.status, refused.body);
    assert!(!refused.body.contains("access_token") && !refused.body.contains("decrypt"), "{}", refused.body);
    for path in ["/jwks", "/.well-known/openid-configuration", "/login", "/userinfo"] {
        let reply = browser.get(path).await;
        assert!(matches!(reply.status, 500 | 503), "{path}: {}", reply.status);
        assert!(!reply.body.contains("\"keys\""), "{path}");
    }
    let credentials = (theirs.id.as_str(), theirs.secret.as_str());
    assert_eq!(browser.post_as("/t/acme/token", credentials, &form).await.status, 200);
}

async fn run(kit: &TestServices, statement: String) -> usize {
    kit.write(move |tx| execute(tx, &statement)).await
}

/// The sealed values of a tenant, as statements that put them back.
async fn save(kit: &TestServices, tenant: &str) -> Vec<String> {
    let tenant = tenant.to_owned();
    kit.read(move |conn| {
        let postgres = matches!(conn, Conn::Postgres(_));
        let hex = |column: &str| {
            if postgres { format!("encode({column}, 'hex')") } else { format!("hex({column})") }
        };
        let literal =
            |hex: &str| if postgres { format!("decode('{hex}', 'hex')") } else { format!("x'{hex}'") };
        let mut all = Vec::new();
        let own = format!("WHERE tenant_id = '{tenant}' ORDER BY id");
        let ids = cells(conn, &format!("SELECT id AS value FROM signing_keys {own}"))?;
        let keys = cells(conn, &format!("SELECT {} AS value FROM signing_keys {own}", hex("private_key")))?;
        for (id, key) in ids.iter().zip(keys) {
            all.push(format!("UPDATE signing_keys SET private_key = {} WHERE id = '{id}'", literal(&key)));
        }
        let secrets =
            cells(conn, &format!("SELECT {} AS value FROM tenants WHERE id = '{tenant}'", hex("secret")))?;
        all.extend(
            secrets.iter().map(|secret| {
                format!("UPDATE tenants SET secret = {} WHERE id = '{tenant}'", literal(secret))
            }),
        );
        Ok(all)
    })
    .await
}

async fn restore(kit: &TestServices, tenant: &str, kept: Vec<String>) {
    assert!(kept.len() >= 4, "{tenant}");
    for statement in kept {
        assert_eq!(run(kit, statement).await, 1);
    }
}
