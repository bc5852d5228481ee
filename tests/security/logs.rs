//! What stands in the log, and what never does. The log is the real one: `ops::telemetry` on the standard
//! error of a process of the test's own, at its finest level.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use portico::kernel::{ClientId, Clock, Rng};
use portico::ops::telemetry::{self, LogFormat, Metrics, Telemetry, TelemetrySettings};
use portico::testkit::{
    Browser, NOON, NewPerson, Reply, TestApp, TestClient, VERIFIER, authorize_path, basic, confidential,
    member, public, services,
};
use reqwest::Method;
use tracing::level_filters::LevelFilter;

use super::alone::apart;
use super::road::{log_in, open, submit};
use super::wire::{HOST, talk};

const RIGHT: &str = "canary-password-right-one";
const WRONG: &str = "canary-password-wrong-one";
const NEW: &str = "canary-password-brand-new";

fn listen(format: LogFormat, collector: Option<String>) -> Telemetry {
    portico::app::tls::install_provider();
    let settings = TelemetrySettings { format, level: LevelFilter::TRACE, otlp_endpoint: collector };
    telemetry::start(&settings, &Metrics::new()).expect("telemetry")
}

/// Words for the parent process, on a line of their own of standard output.
fn tell(line: &str) {
    writeln!(std::io::stdout(), "\n{line}").expect("standard output");
}

/// Everything secret that a road through the product meets.
#[derive(Default)]
struct Canaries(Vec<(&'static str, String)>);

impl Canaries {
    fn note(&mut self, name: &'static str, value: &str) {
        assert!(value.len() >= 8, "{name} {value} is found by chance");
        self.0.push((name, value.to_owned()));
        // Parts of it are as bad: the body without its prefix, the claims and the signature of a JWT.
        let parts = value.split(['.', '_']).filter(|part| part.len() >= 24);
        self.0.extend(parts.map(|part| (name, part.to_owned())));
    }

    fn all_of(&mut self, reply: &Reply) {
        for name in ["access_token", "refresh_token", "id_token"] {
            self.note(name, &member(reply, name));
        }
    }

    fn cookies(&mut self, browser: &Browser) {
        for value in browser.cookies.values() {
            self.note("cookie", value);
        }
    }
}

/// Signs in, and takes every token there is through everything that can be done with it, right and wrong.
async fn whole_road(app: &TestApp) -> Canaries {
    let mut all = Canaries::default();
    let client = app.kit.add_client(&confidential()).await;
    let alice = app.kit.add_person(&NewPerson::active("alice", RIGHT)).await;
    // What is no secret is in the log, so that looking for the rest means something.
    tell(&format!("public {}", client.id));
    all.note("client secret", &client.secret);
    for password in [RIGHT, WRONG, NEW, VERIFIER] {
        all.note("password", password);
    }
    let mut browser = app.browser();
    let path = authorize_path(&client, &[("state", "canary-state-value"), ("nonce", "canary-nonce-value")]);
    all.note("state", "canary-state-value");
    all.note("nonce", "canary-nonce-value");
    assert_eq!(log_in(&mut browser, &path, "alice", WRONG).await.status, 401);
    // A password typed where the name belongs.
    log_in(&mut app.browser(), "/login", WRONG, RIGHT).await;
    let sent = log_in(&mut browser, &path, "alice", RIGHT).await;
    all.cookies(&browser);
    let code = sent.param("code").expect("a code");
    all.note("code", &code);
    let page = open(&mut browser, "/").await;
    all.note("csrf", &page.hidden().iter().find(|(name, _)| name == "csrf").expect("a form").1);

    let tokens = browser.redeem(&client, &code).await;
    all.all_of(&tokens);
    let (access, refresh) = (member(&tokens, "access_token"), member(&tokens, "refresh_token"));
    let refreshed = browser.refresh(&client, &refresh).await;
    all.all_of(&refreshed);
    browser.userinfo(&access).await;
    browser.is_active(&client, &access).await;
    browser.is_active(&client, &member(&refreshed, "refresh_token")).await;
    let credentials = (client.id.as_str(), client.secret.as_str());
    browser.post_as("/revoke", credentials, &[("token", &access)]).await;
    misuse(app, &client, &mut browser, &mut all, &code, &refresh).await;
    change_password(app, &alice, &mut all).await;
    all
}

/// Everything in the wrong place: errors are where secrets slip into logs.
async fn misuse(
    app: &TestApp,
    client: &TestClient,
    browser: &mut Browser,
    all: &mut Canaries,
    code: &str,
    refresh: &str,
) {
    let other = app.kit.add_client(&public()).await;
    for wrong in [client, &other] {
        browser.redeem(wrong, code).await;
        browser.refresh(wrong, refresh).await;
    }
    let wrong_secret = portico::kernel::TokenKind::ClientSecret.random(&Rng::system()).expose().to_owned();
    all.note("wrong secret", &wrong_secret);
    for secret in [&wrong_secret, RIGHT, code] {
        let liar = TestClient { id: client.id.clone(), secret: secret.to_owned() };
        browser.token(&liar, &[("grant_type", "client_credentials")]).await;
        all.note("basic", basic(&liar.id, &liar.secret).split_once(' ').expect("a scheme").1);
    }
    let doubled = [("grant_type", "authorization_code"), ("code", code), ("code", code)];
    browser.token(client, &doubled).await;
    for path in ["/userinfo", "/token", "/introspect"] {
        browser
            .get(&format!("{path}?access_token={refresh}&code={code}&client_secret={}", client.secret))
            .await;
        let bearer = format!("Bearer {refresh}");
        browser.send(Method::POST, path, Some(String::new()), &[("authorization", &bearer)]).await;
    }
    browser.get(&authorize_path(client, &[("id_token_hint", code), ("login_hint", refresh)])).await;
    browser
        .get(&authorize_path(client, &[("redirect_uri", &format!("https://evil.example/?code={code}"))]))
        .await;
    browser.get(&format!("/logout?id_token_hint={code}&state={refresh}")).await;
    browser.get(&format!("/reset?token={code}")).await;
    browser.get(&format!("/{code}")).await;
    browser
        .send(Method::GET, "/jwks", None, &[("host", code), ("user-agent", refresh), ("referer", refresh)])
        .await;
    browser.send(Method::POST, "/login", Some(format!("password={RIGHT}&password={RIGHT}")), &[]).await;
    browser.send(Method::POST, "/login", Some(format!("password={RIGHT}%zz")), &[]).await;
    talk(app.address, format!("POST /token?code={code} HTTP/1.1\r\n{HOST}X: {refresh}\0\r\n\r\n")).await;
    // A panic with a secret in its words.
    let secret = RIGHT.to_owned();
    assert!(std::thread::spawn(move || panic!("the password {secret} is wrong")).join().is_err());
}

/// A one-time link, opened and used.
async fn change_password(app: &TestApp, alice: &portico::store::users::UserRow, all: &mut Canaries) {
    use portico::domain::signin::{LinkPurpose, make_link};
    let (tenant, cx, user) = (app.kit.tenant.id, app.kit.cx(), alice.clone());
    let (token, _) = app.kit.write(move |tx| make_link(tx, &cx, tenant, &user, LinkPurpose::Recover)).await;
    all.note("link", token.expose());
    let mut browser = app.browser();
    let page = open(&mut browser, &format!("/reset?token={}", token.expose())).await;
    let done = submit(&mut browser, "/reset", &page, &[("new_password", NEW)]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    all.cookies(&browser);
}

#[tokio::test]
async fn a_191_no_secret_is_in_the_log_the_traces_or_the_metrics() {
    let name = "a_191_no_secret_is_in_the_log_the_traces_or_the_metrics";
    let Some(run) = apart(module_path!(), name, &[]) else {
        let (collector, collected) = collector();
        let telemetry = listen(LogFormat::Json, Some(collector));
        let app = TestApp::start().await;
        let canaries = whole_road(&app).await;
        let metrics = app.metrics.encode();
        let audit = audit(&app).await;
        drop(app);
        // The exporter's last delivery is a blocking one.
        tokio::task::spawn_blocking(move || drop(telemetry)).await.expect("the end of telemetry");
        let traces = collected.lock().expect("the collector").clone();
        assert!(holds(&traces, b"operation_id"), "{} bytes of traces", traces.len());
        for (name, value) in &canaries.0 {
            assert!(!holds(&traces, value.as_bytes()), "{name} is in the traces: {value}");
            assert!(!metrics.contains(value), "{name} is in the metrics: {value}");
            assert!(!audit.contains(value), "{name} is in the audit: {value}");
            tell(&format!("canary {name}\t{value}"));
        }
        return;
    };
    let canaries: Vec<_> =
        run.out.lines().filter_map(|line| line.strip_prefix("canary ")?.split_once('\t')).collect();
    assert!(canaries.len() > 40, "{}", run.out);
    let known = run.out.lines().find_map(|line| line.strip_prefix("public ")).expect("a client's id");
    assert!(run.log.contains(known), "{}", run.log);
    let lines = run.log.lines().filter(|line| line.starts_with('{')).count();
    assert!(lines > 50, "the road was logged in {lines} lines:\n{}", run.log);
    assert!(run.log.contains("\"portico::panic\"") && run.log.contains("(not shown)"), "{}", run.log);
    for (name, value) in canaries {
        assert!(!run.log.contains(value), "{name} is in the log: {value}\n{}", run.log);
    }
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

async fn audit(app: &TestApp) -> String {
    let tenant = app.kit.tenant.id;
    let rows = app.kit.read(move |conn| portico::store::list_audit(conn, tenant, None, 1_000)).await;
    assert!(rows.len() > 3);
    format!("{rows:?}")
}

/// Something that takes traces, and what it took.
fn collector() -> (String, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let taken = Arc::new(Mutex::new(Vec::new()));
    let all = taken.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, all) = (stream.expect("a connection"), all.clone());
            std::thread::spawn(move || {
                let mut part = vec![0; 65_536];
                while let Ok(count @ 1..) = stream.read(&mut part) {
                    all.lock().expect("the collector").extend_from_slice(&part[..count]);
                    // Whole or not, what came is acknowledged: only its content matters here.
                    let _sent = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                }
            });
        }
    });
    (address, taken)
}

/// Text that would break a line, forge one, or act on a terminal or a log viewer.
const EVIL: [&str; 7] = [
    "evil\r\n{\"time\":\"2026-01-01T00:00:00Z\",\"level\":\"ERROR\",\"message\":\"forged\"}",
    "evil\n\n2026-01-01 forged",
    "evil\u{1b}[31m\u{1b}]0;title\u{7}\u{1b}[2J",
    "evil</script><script>alert(1)</script>",
    "evil\u{85}\u{2028}\u{2029}\u{202e}\u{2066}",
    "evil\"},{\"level\":\"ERROR\"",
    "evil\t\u{8}\u{c}\u{7f}\\",
];

#[tokio::test]
async fn a_190_every_event_is_one_escaped_line() {
    let Some(run) = apart(module_path!(), "a_190_every_event_is_one_escaped_line", &[]) else {
        let telemetry = listen(LogFormat::Json, None);
        evil_road().await;
        drop(telemetry);
        return;
    };
    for line in run.log.split_terminator('\n') {
        let value: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        for name in ["time", "level", "target"] {
            assert!(value[name].is_string(), "{name}: {line}");
        }
        assert_ne!(value["message"], "forged");
        assert!(!line.chars().any(|c| c.is_control()), "{line:?}");
        assert!(
            !line.contains("<script") && !line.contains(['\u{2028}', '\u{202e}', '\u{2066}']),
            "{line:?}"
        );
    }
    let requests = run.log.lines().filter(|line| line.contains("\"portico::access\"")).count();
    assert!(requests > 60, "{requests} requests");
}

#[tokio::test]
async fn a_190_text_lines_are_escaped_too() {
    let Some(run) = apart(module_path!(), "a_190_text_lines_are_escaped_too", &[]) else {
        let telemetry = listen(LogFormat::Text, None);
        evil_road().await;
        drop(telemetry);
        return;
    };
    for line in run.log.split_terminator('\n') {
        let begins = line.get(..4) == Some("2026") || line.get(..2) == Some("20");
        assert!(begins && !line.chars().any(char::is_control), "{line:?}");
        assert!(!line.starts_with("2026-01-01 forged"), "{line:?}");
    }
}

/// Puts [`EVIL`] wherever a stranger may write.
async fn evil_road() {
    let app = TestApp::start().await;
    for evil in EVIL {
        let mut metadata = confidential();
        metadata.client_uri = Some(evil.to_owned());
        let client = app.kit.add_client(&metadata).await;
        rename(&app, &client, evil).await;
        let mut browser = app.browser();
        for name in [
            "redirect_uri",
            "client_id",
            "state",
            "scope",
            "prompt",
            "login_hint",
            "ui_locales",
            "response_type",
            "max_age",
        ] {
            browser.get(&authorize_path(&client, &[(name, evil)])).await;
        }
        let page = open(&mut browser, &authorize_path(&client, &[])).await;
        assert!(page.status == 200 && !page.body.contains("<script>alert"), "{}", page.body);
        submit(&mut browser, "/login", &page, &[("username", evil), ("password", evil)]).await;
        let form = [("grant_type", evil), ("scope", evil), ("code", evil), (evil, evil)];
        browser.token(&client, &form).await;
        browser.token(&TestClient { id: evil.to_owned(), secret: evil.to_owned() }, &form).await;
        browser.userinfo(&portico::spec::oauth::encode(evil)).await;
        browser.get(&format!("/{}", portico::spec::oauth::encode(evil))).await;
        // What a browser says of itself, as far as bytes may stand in a header at all.
        let raw = format!(
            "GET /login HTTP/1.1\r\n{HOST}Connection: close\r\nUser-Agent: {evil}\r\nReferer: {evil}\r\n\r\n"
        );
        talk(app.address, raw).await;
        talk(app.address, format!("{evil} /login HTTP/1.1\r\n{HOST}\r\n")).await;
    }
}

async fn rename(app: &TestApp, client: &TestClient, name: &'static str) {
    let (tenant, id) = (app.kit.tenant.id, ClientId::from_text(&client.id));
    app.kit
        .write(move |tx| {
            let row = portico::store::clients::find(tx, tenant, &id)?.expect("the client");
            portico::store::clients::update(tx, tenant, &id, name, &row.metadata, NOON)
        })
        .await;
}

#[tokio::test]
async fn a_190_a_forced_500_tells_its_number_and_the_log_the_reason() {
    let name = "a_190_a_forced_500_tells_its_number_and_the_log_the_reason";
    let Some(run) = apart(module_path!(), name, &[]) else {
        let telemetry = listen(LogFormat::Json, None);
        let app = TestApp::start().await;
        let client = app.kit.add_client(&confidential()).await;
        let (tenant, id) = (app.kit.tenant.id, ClientId::from_text(&client.id));
        app.kit
            .write(move |tx| portico::store::clients::update(tx, tenant, &id, "Broken", "{canary", NOON))
            .await;
        let mut browser = app.browser();
        let page = browser.get(&authorize_path(&client, &[])).await;
        let json = browser.token(&client, &[("grant_type", "client_credentials")]).await;
        for reply in [&page, &json] {
            assert_eq!(reply.status, 500, "{}", reply.body);
            for inside in ["canary", "corrupt", "metadata", "diesel", "sqlite", "src/", &client.id] {
                assert!(!reply.body.to_lowercase().contains(inside), "{inside}: {}", reply.body);
            }
        }
        assert_eq!(json.json()["error"], "server_error");
        let number = uuids(&page.body).pop().expect("an operation id on the page");
        tell(&format!("operation {number}"));
        drop(telemetry);
        return;
    };
    let number = run.out.lines().find_map(|line| line.strip_prefix("operation ")).expect("the number");
    let of_it: Vec<_> = run.log.lines().filter(|line| line.contains(number)).collect();
    let is = |line: &&str, level: &str, word: &str| line.contains(level) && line.contains(word);
    assert!(of_it.iter().any(|line| is(line, "\"ERROR\"", "metadata")), "{of_it:#?}");
    assert!(of_it.iter().any(|line| is(line, "portico::access", "\"status\":500")), "{of_it:#?}");
}

/// Everything in a text that looks like an operation id.
fn uuids(text: &str) -> Vec<String> {
    let is_part = |c: char| c.is_ascii_hexdigit() || c == '-';
    let words = text.split(|c| !is_part(c)).filter(|word| word.len() == 36);
    words.filter(|word| word.matches('-').count() == 4).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_190_an_error_page_repeats_nothing_that_was_sent() {
    let kit = services(Clock::frozen(NOON), Rng::seeded(1)).await;
    let app = TestApp::as_in_production(kit, |_| {});
    let mut browser = app.browser();
    for path in [
        "/canary",
        "/authorize?client_id=canary",
        "/login?flow=canary",
        "/reset?token=canary",
        "/t/canary/login",
    ] {
        let headers = [("user-agent", "canary"), ("referer", "canary"), ("accept-language", "canary")];
        let reply = browser.send(Method::GET, path, None, &headers).await;
        assert!((400..500).contains(&reply.status), "{path} {}", reply.status);
        let body = reply.body.replace("/canary?", "").replace("flow=canary", "").replace("token=canary", "");
        let links = body.replace("/t/canary", "");
        assert!(!links.contains("canary"), "{path}: {links}");
    }
}
