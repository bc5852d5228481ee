//! The shape of a request at the token endpoint: one verb, one media type, one size, one place.

use portico::testkit::{TestApp, basic, confidential, encode};
use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::stage::{assert_empty_handed, assert_refused};

/// A request that would be granted if it came in the right shape.
fn good() -> String {
    encode(&[("grant_type", "client_credentials"), ("scope", "api.read")])
}

#[tokio::test]
async fn a_038_only_post() {
    let app = TestApp::start().await;
    let client = app.kit.add_client(&confidential()).await;
    let header = basic(&client.id, &client.secret);
    let headers = [("authorization", header.as_str())];
    let mut browser = app.browser();
    let query = format!("/token?{}", good());
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::PATCH, Method::DELETE] {
        for path in ["/token", query.as_str()] {
            let reply = browser.send(method.clone(), path, None, &headers).await;
            assert_empty_handed(&reply, method.as_str());
            assert_eq!(reply.status, 405, "{method} {}", reply.body);
            assert!(reply.header("allow").is_some_and(|allow| allow.contains("POST")), "{method}");
        }
    }
    for extra in [("x-http-method-override", "POST"), ("x-http-method", "POST")] {
        let reply = browser.send(Method::GET, &query, None, &[headers[0], extra]).await;
        assert_eq!(reply.status, 405, "{extra:?}");
    }
}

#[tokio::test]
async fn a_038_nothing_in_the_url() {
    let app = TestApp::start().await;
    let client = app.kit.add_client(&confidential()).await;
    let header = basic(&client.id, &client.secret);
    let headers = [("authorization", header.as_str())];
    let mut browser = app.browser();
    let secret = encode(&[("client_id", &client.id), ("client_secret", &client.secret)]);
    for query in [secret.clone(), good(), format!("{secret}&{}", good()), "x=1".to_owned()] {
        let path = format!("/token?{query}");
        let reply = browser.send(Method::POST, &path, Some(good()), &headers).await;
        assert_refused(&reply, 400, "invalid_request", &query);
        let bare = browser.send(Method::POST, &path, Some(good()), &[]).await;
        assert_refused(&bare, 400, "invalid_request", &query);
    }
}

#[tokio::test]
async fn a_038_only_forms_in_utf_8() {
    let app = TestApp::start().await;
    let client = app.kit.add_client(&confidential()).await;
    let header = basic(&client.id, &client.secret);
    let mut browser = app.browser();
    let json = "{\"grant_type\":\"client_credentials\",\"scope\":\"api.read\"}".to_owned();
    let part =
        "--b\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\nclient_credentials\r\n--b--\r\n";
    for (media_type, body) in [
        ("application/json", json.clone()),
        ("application/json", good()),
        ("multipart/form-data; boundary=b", part.to_owned()),
        ("application/x-www-form-urlencoded; charset=utf-16", good()),
        ("application/x-www-form-urlencoded; charset=UTF-7", good()),
        ("text/plain", good()),
        ("", good()),
        ("application/xml", json),
    ] {
        let headers = [("authorization", header.as_str()), ("content-type", media_type)];
        let reply = browser.send(Method::POST, "/token", Some(body), &headers).await;
        assert_refused(&reply, 415, "invalid_request", media_type);
    }
    for media_type in ["application/x-www-form-urlencoded", "application/x-www-form-urlencoded;charset=UTF-8"]
    {
        let headers = [("authorization", header.as_str()), ("content-type", media_type)];
        let reply = browser.send(Method::POST, "/token", Some(good()), &headers).await;
        assert_eq!(reply.status, 200, "{media_type}: {}", reply.body);
    }
    for body in ["grant_type=%", "grant_type=%ff", "grant_type=client_credentials%00"] {
        let headers = [("authorization", header.as_str())];
        let reply = browser.send(Method::POST, "/token", Some(body.to_owned()), &headers).await;
        assert_refused(&reply, 400, "invalid_request", body);
    }
}

/// Sends a request byte by byte as written; the answer's head and body in lower case.
async fn raw(app: &TestApp, head: &str, body: &[u8]) -> String {
    let mut socket = tokio::net::TcpStream::connect(app.address).await.unwrap();
    socket
        .write_all(format!("POST /token HTTP/1.1\r\nHost: localhost:8080\r\n{head}\r\n").as_bytes())
        .await
        .unwrap();
    // The server may answer and close before everything was sent.
    drop(socket.write_all(body).await);
    let mut answer = Vec::new();
    let mut part = [0; 4_096];
    while let Ok(length @ 1..) = socket.read(&mut part).await {
        answer.extend_from_slice(&part[..length]);
    }
    String::from_utf8_lossy(&answer).to_lowercase()
}

#[tokio::test]
async fn a_038_a_form_of_two_mebibytes_is_too_large() {
    let app = TestApp::start().await;
    let client = app.kit.add_client(&confidential()).await;
    let common = format!(
        "Connection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nAuthorization: {}\r\n",
        basic(&client.id, &client.secret)
    );
    let start = format!("{}&x=", good());
    // Said in advance: refused before the body is read.
    let said = raw(&app, &format!("{common}Content-Length: 2097152\r\n"), start.as_bytes()).await;
    assert!(said.starts_with("http/1.1 413") && !said.contains("access_token"), "{said}");
    // Not said: refused as soon as it is over the limit.
    let limit = 65_536;
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let over = [chunk(&start), chunk(&"x".repeat(limit)), "0\r\n\r\n".to_owned()].concat();
    let unsaid = raw(&app, &format!("{common}Transfer-Encoding: chunked\r\n"), over.as_bytes()).await;
    assert!(unsaid.starts_with("http/1.1 413") && !unsaid.contains("access_token"), "{unsaid}");
    let under = [chunk(&start), chunk(&"x".repeat(limit - start.len())), "0\r\n\r\n".to_owned()].concat();
    let fits = raw(&app, &format!("{common}Transfer-Encoding: chunked\r\n"), under.as_bytes()).await;
    assert!(fits.starts_with("http/1.1 200"), "{fits}");
}
