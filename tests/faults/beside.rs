//! The command line beside a running server, on the same database: what it does takes effect at once.

use std::time::Duration;

use portico::testkit::{Browser, Reply, TestClient, authorize_path, member};
use reqwest::Method;
use tokio::time::sleep;

use super::node::Node;
use super::site::Site;

const ORIGIN: (&str, &str) = ("origin", "http://localhost:8080");
const PASSWORD: &str = "seven lonely penguins";

/// Asks until the answer has this status: the very next one on SQLite; on PostgreSQL word of a changed
/// tenant or client travels for up to some 20 ms.
async fn soon(site: &Site, browser: &mut Browser, path: &str, status: u16) -> Reply {
    let mut tries = if site.is_postgres() { 100 } else { 0 };
    loop {
        let reply = browser.get(path).await;
        if reply.status == status || tries == 0 {
            assert_eq!(reply.status, status, "{path}: {}", reply.body);
            return reply;
        }
        tries -= 1;
        sleep(Duration::from_millis(10)).await;
    }
}

/// Signs in with name and password on the hosted page; gives the last answer.
async fn sign_in(browser: &mut Browser, authorize: &str, root: &str, email: &str) -> Reply {
    let sent = browser.get(authorize).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let page = browser.get(sent.location()).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let mut form = page.hidden();
    form.extend([("username", email), ("password", PASSWORD)].map(|(n, v)| (n.to_owned(), v.to_owned())));
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let body = portico::testkit::encode(&form);
    browser.send(Method::POST, &format!("{root}/login"), Some(body), &[ORIGIN]).await
}

fn create_user(site: &Site, email: &str, more: &[&str]) -> serde_json::Value {
    let mut args = vec!["user", "create", "--email", email, "--verified", "--password-stdin"];
    args.extend(more);
    site.tell_with(&args, &format!("{PASSWORD}\n"))
}

/// A signed-in browser with its tokens.
struct SignedIn {
    browser: Browser,
    client: TestClient,
    access: String,
    refresh: String,
}

async fn signed_in(site: &Site, node: &Node, email: &str) -> SignedIn {
    let client = site.client(&[]);
    let mut browser = node.browser();
    soon(site, &mut browser, &authorize_path(&client, &[]), 303).await;
    let back = sign_in(&mut browser, &authorize_path(&client, &[]), "", email).await;
    let code = back.param("code").unwrap_or_else(|| panic!("no code in {}", back.location()));
    let tokens = browser.redeem(&client, &code).await;
    let (access, refresh) = (member(&tokens, "access_token"), member(&tokens, "refresh_token"));
    SignedIn { browser, client, access, refresh }
}

#[tokio::test]
async fn a_user_and_a_client_made_beside_the_server_can_sign_in_at_once() {
    for site in Site::everywhere(&[]) {
        let node = site.serve();
        let told = create_user(&site, "ada@example.com", &["--name", "Ada"]);
        assert_eq!(
            (told["email"].as_str(), told["state"].as_str()),
            (Some("ada@example.com"), Some("active"))
        );
        let mut ada = signed_in(&site, &node, "ada@example.com").await;
        let info = ada.browser.userinfo(&ada.access).await;
        assert_eq!(info.json()["sub"], told["id"], "{}", info.body);
        // a client that is stopped, and one that is gone, get nothing more.
        for verb in ["disable", "delete"] {
            site.tell(&["client", verb, &ada.client.id]);
            soon(&site, &mut ada.browser, &authorize_path(&ada.client, &[]), 400).await;
            assert_eq!(ada.browser.refresh(&ada.client, &ada.refresh).await.status, 401);
            assert_eq!(ada.browser.userinfo(&ada.access).await.status, 401);
        }
    }
}

#[tokio::test]
async fn a_tenant_made_beside_the_server_answers_at_once_and_stops_at_once() {
    for site in Site::everywhere(&[]) {
        let node = site.serve();
        let mut browser = node.browser();
        let discovery = "/t/acme/.well-known/openid-configuration";
        assert_eq!(browser.get(discovery).await.status, 404);
        let told = site.tell(&["tenant", "create", "--slug", "acme", "--name", "Acme"]);
        assert_eq!(told["issuer"], "http://localhost:8080/t/acme");
        let metadata = soon(&site, &mut browser, discovery, 200).await.json();
        assert_eq!(metadata["issuer"], "http://localhost:8080/t/acme");

        create_user(&site, "ada@example.com", &["--tenant", "acme"]);
        let client = site.client(&["--tenant", "acme"]);
        let authorize = format!("/t/acme{}", authorize_path(&client, &[]));
        soon(&site, &mut browser, &authorize, 303).await;
        let back = sign_in(&mut browser, &authorize, "/t/acme", "ada@example.com").await;
        assert_eq!(back.param("iss").as_deref(), Some("http://localhost:8080/t/acme"));
        assert!(back.param("code").is_some(), "{}", back.location());
        assert_eq!(
            browser.get(&authorize_path(&client, &[])).await.status,
            400,
            "unknown to the default tenant"
        );

        site.tell(&["tenant", "disable", "acme"]);
        soon(&site, &mut browser, discovery, 404).await;
        assert_eq!(browser.get(&authorize).await.status, 404);
    }
}

#[tokio::test]
async fn a_034_and_a_060_a_suspended_person_is_refused_by_the_next_request_of_every_kind() {
    for site in Site::everywhere(&[]) {
        let node = site.serve();
        create_user(&site, "ada@example.com", &[]);
        create_user(&site, "bob@example.com", &[]);
        let mut ada = signed_in(&site, &node, "ada@example.com").await;
        let mut bob = signed_in(&site, &node, "bob@example.com").await;
        let code = ada.browser.code(&ada.client, &[]).await;
        let spare = ada.browser.redeem(&ada.client, &code).await;
        let waiting = ada.browser.code(&ada.client, &[]).await;
        assert!(ada.browser.is_active(&ada.client, &ada.access).await);

        let told = site.tell(&["user", "suspend", "ada@example.com", "--reason", "test"]);
        assert_eq!(told["state"], "suspended");

        assert_eq!(ada.browser.userinfo(&ada.access).await.status, 401);
        assert!(!ada.browser.is_active(&ada.client, &ada.access).await);
        for refresh in [ada.refresh.clone(), member(&spare, "refresh_token")] {
            assert!(!ada.browser.is_active(&ada.client, &refresh).await);
            let refused = ada.browser.refresh(&ada.client, &refresh).await;
            assert_eq!((refused.status, refused.json()["error"].as_str()), (400, Some("invalid_grant")));
        }
        let refused = ada.browser.redeem(&ada.client, &waiting).await;
        assert_eq!((refused.status, refused.json()["error"].as_str()), (400, Some("invalid_grant")));
        let silent = ada.browser.get(&authorize_path(&ada.client, &[("prompt", "none")])).await;
        assert_eq!(silent.param("error").as_deref(), Some("login_required"), "{}", silent.location());
        assert!(silent.param("code").is_none());
        let again = sign_in(&mut ada.browser, &authorize_path(&ada.client, &[]), "", "ada@example.com").await;
        assert_ne!(again.status, 303, "the right password does not help");
        assert!(again.status < 500 && again.header("location").is_none());

        // Nobody else is touched, and activating does not revive what was void.
        assert_eq!(bob.browser.userinfo(&bob.access).await.status, 200);
        site.tell(&["user", "activate", "ada@example.com"]);
        assert_eq!(ada.browser.userinfo(&ada.access).await.status, 401);
        assert_eq!(ada.browser.refresh(&ada.client, &ada.refresh).await.status, 400);
        assert!(!signed_in(&site, &node, "ada@example.com").await.access.is_empty());
    }
}
