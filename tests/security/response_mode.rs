//! How an answer travels: by the query, the fragment or a form, and with the issuer's name on it.

use std::sync::Arc;

use portico::domain::clients::{ClientKind, ClientMetadata};
use portico::domain::signin::{ACR_PASSWORD, NewSession, start_session};
use portico::domain::tenants::Tenant;
use portico::kernel::{Cx, UserId};
use portico::spec::oauth::ResponseMode;
use portico::store::users;
use portico::testkit::{
    Browser, CALLBACK, NewPerson, Reply, TestServices, authorize_path, confidential, encode,
};
use reqwest::Method;

use super::stage::{ISSUER, Stage, assert_empty_handed, assert_page, assert_told};

#[tokio::test]
async fn a_013_an_unknown_response_mode_is_an_invalid_request() {
    let mut stage = Stage::set(&confidential()).await;
    for mode in
        ["form_post.jwt", "query.jwt", "fragment.jwt", "jwt", "web_message", "FRAGMENT", "query ", "x"]
    {
        let reply = stage.authorize(&[("response_mode", mode)]).await;
        assert_told(&reply, "invalid_request", Some("the-state"), mode);
        let extra = [("response_mode", mode), ("redirect_uri", "https://evil.example/cb")];
        assert_page(&stage.authorize(&extra).await, mode);
    }
}

#[tokio::test]
async fn a_013_a_response_mode_the_client_may_not_use_is_an_invalid_request() {
    let response_modes = vec![ResponseMode::Query];
    let mut stage = Stage::set(&ClientMetadata { response_modes, ..confidential() }).await;
    for mode in ["fragment", "form_post"] {
        let reply = stage.authorize(&[("response_mode", mode)]).await;
        assert_told(&reply, "invalid_request", Some("the-state"), mode);
        assert!(reply.location().contains('?'), "by the mode that is allowed");
    }
    assert!(stage.authorize(&[("response_mode", "query")]).await.param("code").is_some());
}

#[tokio::test]
async fn a_013_each_mode_answers_as_it_says() {
    let mut stage = Stage::set(&confidential()).await;
    for (mode, mark) in [("query", '?'), ("fragment", '#')] {
        for (extra, member) in [(("nonce", "n"), "code"), (("scope", "nonsense"), "error")] {
            let reply = stage.authorize(&[("response_mode", mode), extra]).await;
            let rest = reply.location().strip_prefix(CALLBACK).unwrap();
            assert!(rest.starts_with(&format!("{mark}{member}=")), "{mode}: {rest}");
            assert_eq!(rest.matches(['?', '#']).count(), 1, "{rest}");
        }
    }
}

/// The nonce of the page's policy, which every script must carry.
fn policy_nonce(reply: &Reply) -> String {
    let policy = reply.header("content-security-policy").unwrap();
    let (_, rest) = policy.split_once("script-src 'nonce-").unwrap_or_else(|| panic!("{policy}"));
    assert!(policy.contains("form-action 'self' https://app.example;"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    rest.split('\'').next().unwrap().to_owned()
}

fn assert_form_post(reply: &Reply, state: &str) -> String {
    assert_eq!((reply.status, reply.header("location")), (200, None), "{}", reply.body);
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let nonce = policy_nonce(reply);
    assert!(nonce.len() >= 22, "{nonce}");
    for script in reply.body.split("<script").skip(1) {
        assert!(script.split('>').next().unwrap().contains(&format!("nonce=\"{nonce}\"")), "{script}");
    }
    for forbidden in ["<svg onload", "<img", "onload=alert(1)>", "action=javascript:alert(1)>"] {
        assert!(!reply.body.contains(forbidden), "{forbidden} in {}", reply.body);
    }
    assert!(reply.body.contains(&format!("action=\"{CALLBACK}\"")), "{}", reply.body);
    let fields = reply.hidden();
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["code", "state", "iss"]);
    assert_eq!(fields[1].1, state, "byte for byte");
    assert_eq!(fields[2].1, ISSUER);
    nonce
}

#[tokio::test]
async fn a_014_form_post_encodes_a_hostile_state_and_gives_it_back() {
    let mut stage = Stage::set(&confidential()).await;
    let mut nonces = Vec::new();
    for state in [
        "\"><svg onload=alert(1)>",
        "'><img src=x onerror=alert(1)>",
        "&quot;&#34;&amp;lt;&#x3c;script>",
        "</form><form action=javascript:alert(1)>",
        "a=b&iss=https://evil.example&code=x",
        "{{7*7}}${7*7}<%= 7 %>",
        "\u{202e}\u{feff}ünï\u{1f510}",
        " spaces at both ends ",
    ] {
        let reply = stage.authorize(&[("response_mode", "form_post"), ("state", state)]).await;
        nonces.push(assert_form_post(&reply, state));
    }
    nonces.sort_unstable();
    nonces.dedup();
    assert_eq!(nonces.len(), 8, "a nonce is used once");
}

#[tokio::test]
async fn a_014_a_state_of_four_kibibytes_comes_back_whole() {
    let mut stage = Stage::set(&confidential()).await;
    let path = authorize_path(&stage.client, &[("state", ""), ("response_mode", "form_post")]);
    let mut state = "\"><svg onload=alert(1)>".repeat(200);
    state.truncate(4_096);
    let form = encode(&[("state", &state)]);
    let reply = stage.browser.send(Method::POST, &path, Some(form), &[]).await;
    assert_form_post(&reply, &state);
    // One byte more is refused, and what is refused is not echoed.
    let form = encode(&[("state", &format!("{state}x"))]);
    let path = authorize_path(&stage.client, &[("state", "")]);
    let reply = stage.browser.send(Method::POST, &path, Some(form), &[]).await;
    assert_told(&reply, "invalid_request", None, "4,097 bytes");
    // By the query it fits as long as the address does.
    let plain = "s".repeat(4_096);
    assert_eq!(stage.authorize(&[("state", &plain)]).await.param("state"), Some(plain));
}

#[tokio::test]
async fn a_014_an_error_by_form_post_carries_no_code() {
    let mut stage = Stage::set(&confidential()).await;
    let reply =
        stage.authorize(&[("response_mode", "form_post"), ("scope", "nonsense"), ("state", "\"><b>")]).await;
    assert_empty_handed(&reply, "an error");
    let names: Vec<String> = reply.hidden().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["error", "error_description", "state", "iss"]);
    assert!(!reply.body.contains("\"><b>"));
}

/// A person of another tenant, signed in there.
async fn sign_in_at(kit: &TestServices, tenant: &Arc<Tenant>, browser: &mut Browser) {
    let mut user = kit.add_person(&NewPerson::active("carol", "correct horse battery")).await;
    user.tenant = tenant.id;
    user.id = UserId::new(kit.services.clock.now(), &kit.services.rng);
    let (id, limits) = (tenant.id, kit.services.settings.sessions.clone());
    let issuer = tenant.issuer.clone();
    let cx = Cx { tenant: id, slug: tenant.slug.clone(), issuer, ..kit.cx() };
    let cookie = kit.write(move |tx| {
        users::insert(tx, id, &user)?;
        let new =
            NewSession { user: &user, amr: &["pwd"], acr: ACR_PASSWORD, user_agent: None, replaces: None };
        start_session(tx, &cx, id, &limits, &new).map(|(_, cookie)| cookie)
    });
    let name = format!("portico_session_{}", tenant.slug);
    browser.cookies.insert(name, cookie.await.expose().to_owned());
}

/// Every `iss` of an answer, wherever it travels.
fn issuers(reply: &Reply) -> Vec<String> {
    if reply.status == 200 {
        let fields = reply.hidden().into_iter();
        return fields.filter(|(name, _)| name == "iss").map(|(_, value)| value).collect();
    }
    assert_eq!(reply.location().matches("iss=").count(), 1, "{}", reply.location());
    reply.param("iss").into_iter().collect()
}

#[tokio::test]
async fn a_019_every_answer_carries_its_own_tenant_s_issuer() {
    let mut stage = Stage::set(&confidential()).await;
    let kit = &stage.app.kit;
    let acme = kit.add_tenant("acme").await;
    let theirs = kit.add_client_of(&acme, ClientKind::Web, &confidential()).await;
    sign_in_at(kit, &acme, &mut stage.browser).await;
    for (base, client) in [("", stage.client.clone()), ("/t/acme", theirs)] {
        let issuer = format!("{ISSUER}{base}");
        for mode in ["query", "fragment", "form_post"] {
            for (extra, member) in [(("nonce", "n"), "code"), (("scope", "nonsense"), "error")] {
                let path = authorize_path(&client, &[("response_mode", mode), extra]);
                let reply = stage.browser.get(&format!("{base}{path}")).await;
                assert_eq!(issuers(&reply), [issuer.as_str()], "{mode} {member}");
                assert!(reply.body.contains(member) || reply.location().contains(&format!("{member}=")));
            }
        }
        let told = stage
            .app
            .browser()
            .get(&format!("{base}{}", authorize_path(&client, &[("prompt", "none")])))
            .await;
        assert_eq!(told.param("error").as_deref(), Some("login_required"));
        assert_eq!(issuers(&told), [issuer.as_str()]);
        let metadata = stage.browser.get(&format!("{base}/.well-known/openid-configuration")).await.json();
        assert_eq!(metadata["issuer"], issuer);
        assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    }
}
