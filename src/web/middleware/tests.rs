//! The edge around a small app, rule by rule.

use std::sync::{Arc, Mutex};

use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST};
use actix_web::http::{Method, StatusCode, Version};
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, Error, HttpRequest, HttpResponse, web};

use super::*;
use crate::kernel::{Actor, TenantSlug};

type Log = Arc<Mutex<Vec<String>>>;

fn settings(log: &Log) -> EdgeSettings {
    let log = Arc::clone(log);
    let mut settings = EdgeSettings::new(PublicUrl::parse("https://idp.example").unwrap());
    settings.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    settings.observer = Arc::new(move |event| {
        log.lock().unwrap().push(match event {
            Event::Began => "began".to_owned(),
            Event::Panicked => "panicked".to_owned(),
            Event::Finished(done) => format!("{} {} {}", done.method, done.route, done.status),
        });
    });
    settings
}

async fn who(request: HttpRequest, ip: ClientIp, operation: Operation) -> String {
    operation.set_tenant(&TenantSlug::default_tenant());
    operation.set_actor(Actor::System);
    format!("{} {} {}", request.method(), ip.0, operation.id())
}

async fn boom(request: HttpRequest) -> String {
    assert!(request.query_string().contains("calm"), "boom");
    String::new()
}

async fn service(
    settings: EdgeSettings,
) -> impl Service<actix_http::Request, Response = ServiceResponse<Tracked>, Error = Error> {
    let app = App::new()
        .wrap(Edge::new(settings))
        .route("/who/{id}", web::to(who))
        .route("/bad", web::get().to(|| async { HttpResponse::BadRequest().body("mine") }))
        .route("/anonymous", web::get().to(HttpResponse::Unauthorized))
        .route("/form", web::post().to(|form: crate::web::extract::Form| async move { format!("{form:?}") }))
        .service(web::resource("/get").route(web::get().to(|| async {
            HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=60")).body("x")
        })))
        .route("/panic", web::get().to(boom));
    init_service(app).await
}

fn get(uri: &str) -> TestRequest {
    TestRequest::with_uri(uri)
        .insert_header((HOST, "idp.example"))
        .peer_addr("203.0.113.7:9".parse().unwrap())
}

/// Status, headers and body, whether the answer came as a response or, after a panic, as an error.
struct Answer {
    status: u16,
    response: HttpResponse<()>,
    body: String,
}

impl Answer {
    fn header(&self, name: impl actix_web::http::header::AsHeaderName) -> &str {
        self.response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn call<S>(service: &S, request: TestRequest) -> Answer
where
    S: Service<actix_http::Request, Response = ServiceResponse<Tracked>, Error = Error>,
{
    let response = match service.call(request.to_request()).await {
        Ok(response) => response.into_parts().1.map_body(|_, body| body.boxed()),
        Err(error) => error.as_response_error().error_response(),
    };
    let (response, body): (_, BoxBody) = response.into_parts();
    let body = String::from_utf8(to_bytes(body).await.unwrap().to_vec()).unwrap();
    Answer { status: response.status().as_u16(), response, body }
}

async fn status(request: TestRequest) -> u16 {
    let service = service(settings(&Log::default())).await;
    call(&service, request).await.status
}

#[actix_web::test]
async fn a_180_the_host_must_be_ours() {
    assert_eq!(status(get("/who/1")).await, 200);
    assert_eq!(status(get("/who/1").insert_header((HOST, "IDP.example:443"))).await, 200);
    for foreign in
        ["evil.example", "idp.example:8443", "idp.example.", "idp.example:443:1", "x@idp.example", ""]
    {
        assert_eq!(status(get("/who/1").insert_header((HOST, foreign))).await, 421, "{foreign}");
    }
    assert_eq!(status(get("/who/1").append_header((HOST, "idp.example"))).await, 400);
    assert_eq!(status(TestRequest::with_uri("/who/1")).await, 400);
    assert_eq!(status(get("https://evil.example/who/1")).await, 421);
    assert_eq!(status(get("https://idp.example/who/1")).await, 200);
    let http2 = |uri: &str| TestRequest::with_uri(uri).version(Version::HTTP_2);
    assert_eq!(status(http2("https://idp.example/who/1")).await, 200);
    assert_eq!(status(http2("https://evil.example/who/1")).await, 421);
    assert_eq!(status(http2("https://idp.example/who/1").insert_header((HOST, "evil"))).await, 421);
}

#[actix_web::test]
async fn a_180_verbs_and_spellings() {
    let service = service(settings(&Log::default())).await;
    for verb in ["TRACE", "CONNECT", "BREW"] {
        let method = Method::from_bytes(verb.as_bytes()).unwrap();
        let answer = call(&service, get("/who/1").method(method)).await;
        assert_eq!((answer.status, answer.header(ALLOW).is_empty()), (405, false), "{verb}");
    }
    let overridden = get("/get").method(Method::POST).insert_header(("X-HTTP-Method-Override", "GET"));
    assert_eq!(call(&service, overridden).await.status, 405);
    for path in
        ["//who/1", "/./who/1", "/who/%2e", "/%77ho/1", "/who/1;x.css", "/WHO/1", "/get/", "/nothing", "/%zz"]
    {
        let answer = call(&service, get(path)).await;
        assert!(matches!(answer.status, 400 | 404), "{path} {}", answer.status);
    }
}

#[actix_web::test]
async fn sizes_are_bounded() {
    assert_eq!(status(get(&format!("/who/{}", "a".repeat(8 * 1024)))).await, 414);
    assert_eq!(status(get(&format!("/who/1?{}", "a".repeat(8 * 1024)))).await, 414);
    assert_eq!(status(get("/who/1").insert_header(("x", "a".repeat(16 * 1024)))).await, 431);
    assert_eq!(status(get("/who/1").insert_header(("cookie", "a".repeat(16 * 1024)))).await, 431);
    assert_eq!(status(get("/who/1").insert_header(("x", "a".repeat(15 * 1024)))).await, 200);
}

#[actix_web::test]
async fn a_179_every_answer_is_protected() {
    let service = service(settings(&Log::default())).await;
    let mut requests: Vec<_> = ["/who/1", "/bad", "/get", "/nothing", "/panic", "/anonymous"].map(get).into();
    requests.push(get("/get").method(Method::POST));
    requests.push(get("/get").method(Method::TRACE));
    requests.push(get("/get").insert_header((HOST, "evil")));
    for request in requests {
        let answer = call(&service, request).await;
        for (name, part) in [
            ("content-security-policy", "frame-ancestors 'none'"),
            ("strict-transport-security", "max-age=63072000; includeSubDomains"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("permissions-policy", "camera=()"),
            ("cache-control", ""),
        ] {
            assert!(answer.header(name).contains(part), "{} {name}: {}", answer.status, answer.header(name));
        }
        assert!(!answer.response.headers().contains_key("server"));
        assert!(!answer.header(CACHE_CONTROL).is_empty());
    }
    assert_eq!(call(&service, get("/get")).await.header(CACHE_CONTROL), "public, max-age=60");
    assert_eq!(call(&service, get("/who/1")).await.header(CACHE_CONTROL), "no-store");
}

#[actix_web::test]
async fn errors_are_worded_to_fit() {
    let mut settings = settings(&Log::default());
    settings.page = Arc::new(|page| RenderedPage {
        html: format!("<p>{} {} {:?}</p>", page.status, page.operation_id, page.accept_language),
        csp: Some("style-src 'self'".to_owned()),
    });
    let service = service(settings).await;
    let page = call(&service, get("/nothing").insert_header(("accept-language", "ar"))).await;
    assert!(page.body.starts_with("<p>404 ") && page.body.contains("\"ar\""), "{}", page.body);
    assert_eq!(page.header(CONTENT_SECURITY_POLICY), "style-src 'self'");
    let json = call(&service, get("/nothing").insert_header((ACCEPT, "application/json"))).await;
    let value: serde_json::Value = serde_json::from_str(&json.body).unwrap();
    assert_eq!((&value["error"], json.header(CONTENT_TYPE)), (&"not_found".into(), "application/json"));
    assert_eq!(call(&service, get("/bad")).await.body, "mine");
    assert_eq!(call(&service, get("/anonymous")).await.body, "");
    let form =
        get("/form").method(Method::POST).insert_header((CONTENT_TYPE, "text/plain")).set_payload("a=1");
    let form = call(&service, form).await;
    assert!(form.status == 415 && form.body.starts_with("<p>415 "));
}

#[actix_web::test]
async fn r_05_a_panic_is_one_500_with_its_operation_id() {
    let log = Log::default();
    let service = service(settings(&log)).await;
    let answer = call(&service, get("/panic").insert_header((ACCEPT, "application/json"))).await;
    let value: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((answer.status, value["operation_id"].as_str().unwrap().len()), (500, 36));
    assert!(!answer.body.contains("boom"));
    assert_eq!(call(&service, get("/who/1")).await.status, 200);
    let expected = ["began", "panicked", "GET failed 500", "began", "GET /who/{id} 200"];
    assert_eq!(*log.lock().unwrap(), expected);
}

#[actix_web::test]
async fn a_073_the_client_is_known_by_its_address() {
    let service = service(settings(&Log::default())).await;
    let spoofed = get("/who/1").insert_header(("x-forwarded-for", "198.51.100.1"));
    assert!(call(&service, spoofed).await.body.starts_with("GET 203.0.113.7 "));
    let proxied = get("/who/1")
        .peer_addr("10.0.0.1:9".parse().unwrap())
        .insert_header(("x-forwarded-for", "1.1.1.1, 198.51.100.1"));
    assert!(call(&service, proxied).await.body.starts_with("GET 198.51.100.1 "));
}

#[actix_web::test]
async fn requests_are_reported_by_route_and_never_by_url() {
    let log = Log::default();
    let service = service(settings(&log)).await;
    call(&service, get("/who/secret?code=secret")).await;
    call(&service, get("/nothing?x")).await;
    call(&service, get("/get").insert_header((HOST, "evil"))).await;
    call(&service, get("/get").method(Method::from_bytes(b"BREW").unwrap())).await;
    drop(service.call(get("/who/1").to_request()));
    let log: Vec<_> = log.lock().unwrap().iter().filter(|line| *line != "began").cloned().collect();
    let expected =
        ["GET /who/{id} 200", "GET unmatched 404", "GET refused 421", "other refused 405", "GET aborted 499"];
    assert_eq!(log, expected);
}

#[actix_web::test]
async fn health_is_asked_for_by_address_and_draining_closes() {
    let settings = settings(&Log::default());
    let drain = settings.drain.clone();
    let service = service(settings).await;
    let health = TestRequest::with_uri("/health/live").insert_header((HOST, "10.2.3.4:8080"));
    assert_eq!(call(&service, health).await.status, StatusCode::NOT_FOUND.as_u16());
    assert!(!call(&service, get("/get")).await.response.head().connection_type().eq(&close()));
    drain.begin();
    assert!(call(&service, get("/get")).await.response.head().connection_type().eq(&close()));
}

fn close() -> actix_web::http::ConnectionType {
    actix_web::http::ConnectionType::Close
}
