//! What the operator sees, and the public does not.

use portico::config::{Config, Listen};
use portico::kernel::{Clock, Rng};
use portico::testkit::{Browser, NOON, NewPerson, TestApp, authorize_path, confidential, member, services};
use reqwest::Method;

use super::road::log_in;

fn managed(config: &mut Config) {
    config.server.management_bind = Listen::loopback(0);
}

/// Paths at which other servers show what is inside them.
const INSIDES: [&str; 27] = [
    "/metrics",
    "/metrics/",
    "/debug",
    "/debug/pprof/",
    "/debug/vars",
    "/status",
    "/server-status",
    "/actuator",
    "/actuator/health",
    "/actuator/env",
    "/health",
    "/healthz",
    "/health/",
    "/health/db",
    "/info",
    "/env",
    "/.env",
    "/.git/config",
    "/config",
    "/admin/metrics",
    "/dev/mail",
    "/dev/mail/1",
    "/playground",
    "/playground/result",
    "/swagger-ui/",
    "/openapi",
    "/openapi.json",
];

#[tokio::test]
async fn a_193_nothing_inside_shows_on_the_public_listener() {
    let kit = services(Clock::frozen(NOON), Rng::seeded(1)).await;
    let app = TestApp::as_in_production(kit, managed);
    let mut browser = app.browser();
    // Neither to a stranger nor to whoever claims to come from this machine.
    for from in ["203.0.113.9", "127.0.0.1", "::1"] {
        for path in INSIDES {
            let reply = browser.send(Method::GET, path, None, &[("x-forwarded-for", from)]).await;
            assert!(matches!(reply.status, 401 | 404), "{path} from {from}: {}", reply.status);
            assert!(!reply.body.contains("portico_") && !reply.body.contains("sqlite"), "{path}");
        }
    }
}

#[tokio::test]
async fn a_193_health_says_yes_or_no_and_nothing_else() {
    let app = TestApp::start_with(managed).await;
    let mut browser = app.browser();
    for (path, text) in [("/health/live", "ok\n"), ("/health/ready", "ready\n")] {
        for query in ["", "?verbose", "?details=true&full=1"] {
            let path = format!("{path}{query}");
            let headers = [("accept", "application/json"), ("authorization", "Bearer x")];
            let reply = browser.send(Method::GET, &path, None, &headers).await;
            assert_eq!((reply.status, reply.body.as_str()), (200, text), "{path}");
        }
        let other = browser.send(Method::POST, path, Some("a=1".to_owned()), &[]).await;
        assert_eq!(other.status, 405, "{path}");
    }
}

#[tokio::test]
async fn a_193_the_operators_listener_serves_nothing_of_the_product() {
    let app = TestApp::start_with(managed).await;
    let client = app.kit.add_client(&confidential()).await;
    let mut operator = Browser::new(app.management.expect("a management listener"));
    assert_eq!(operator.get("/metrics").await.status, 200);
    assert_eq!(operator.get("/health/ready").await.body, "ready\n");
    for path in ["/jwks", "/.well-known/openid-configuration", "/userinfo", "/login", "/debug", "/"] {
        assert_eq!(operator.get(path).await.status, 404, "{path}");
    }
    assert_eq!(operator.get(&authorize_path(&client, &[])).await.status, 404);
    let form = [("grant_type", "client_credentials")];
    assert_eq!(operator.token(&client, &form).await.status, 404);
    assert_eq!(operator.post("/metrics", &[]).await.status, 405);
}

/// S4-27: the four names of the requirement, and Portico's own.
#[tokio::test]
async fn s4_27_a_flow_shows_in_the_operators_numbers() {
    let kit = services(Clock::frozen(NOON), Rng::seeded(1)).await;
    let alice = kit.add_person(&NewPerson::active("alice", "correct horse battery")).await;
    // Sessions are counted when the server starts and every fifteen seconds from then on.
    let mut browser = Browser::new(std::net::SocketAddr::from(([127, 0, 0, 1], 1)));
    kit.sign_in(&mut browser, &alice).await;
    kit.sign_in(&mut browser.clone(), &alice).await;
    let app = TestApp::over(kit, managed);
    browser.server = app.address;
    let client = app.kit.add_client(&confidential()).await;
    let code = browser.code(&client, &[]).await;
    let tokens = browser.redeem(&client, &code).await;
    let refreshed = browser.refresh(&client, &member(&tokens, "refresh_token")).await;
    assert_eq!(refreshed.status, 200);
    assert_eq!(browser.redeem(&client, "ptc_wrong").await.status, 400);
    browser.userinfo(&member(&refreshed, "access_token")).await;
    browser.get("/nothing").await;
    browser.send(Method::GET, "/jwks", None, &[("host", "evil.example")]).await;

    let mut operator = Browser::new(app.management.expect("a management listener"));
    let reply = operator.get("/metrics").await;
    let kind = reply.header("content-type").unwrap_or_default();
    assert!(kind.starts_with("application/openmetrics-text; version=1.0.0"), "{kind}");
    let text = reply.body;
    for line in [
        "portico_http_requests_total{route=\"/authorize\",method=\"GET\",status=\"303\"} 1",
        "portico_http_requests_total{route=\"/token\",method=\"POST\",status=\"200\"} 2",
        "portico_http_requests_total{route=\"/token\",method=\"POST\",status=\"400\"} 1",
        "portico_http_requests_total{route=\"/userinfo\",method=\"GET\",status=\"200\"} 1",
        "portico_http_requests_total{route=\"unmatched\",method=\"GET\",status=\"404\"} 1",
        "portico_http_requests_total{route=\"refused\",method=\"GET\",status=\"421\"} 1",
        "portico_http_request_duration_seconds_count{route=\"/token\"} 3",
        "portico_tokens_issued_total{grant=\"authorization_code\"} 1",
        "portico_tokens_issued_total{grant=\"refresh_token\"} 1",
        "portico_http_requests_in_flight 0",
        "portico_panics_total 0",
        "portico_log_lines_lost_total 0",
        "concurrent_sessions 2",
        "# EOF",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    // user_list_ms and abac_eval_ms come with what they measure.
    let mut person = app.browser();
    assert_eq!(log_in(&mut person, "/login", "alice", "wrong password").await.status, 401);
    assert_eq!(log_in(&mut person, "/login", "alice", "correct horse battery").await.status, 303);
    let text = operator.get("/metrics").await.body;
    for line in [
        "auth_success_rate 0.5",
        "portico_logins_total{outcome=\"succeeded\"} 1",
        "portico_logins_total{outcome=\"failed\"} 1",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    // Labels come from closed sets: no name, address, code or token becomes one.
    for personal in ["alice", &client.id, &code, &member(&tokens, "access_token")] {
        assert!(!text.contains(personal), "{personal} is in the metrics");
    }
}
