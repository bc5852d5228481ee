//! The authorization endpoint: what it asks of a request, and how it answers.

use std::sync::Arc;

use portico::domain::clients::ClientMetadata;
use portico::domain::signin::{ACR_PASSWORD, NewSession, start_session};
use portico::domain::tenants::Tenant;
use portico::kernel::{Cx, UserId};
use portico::spec::oauth::{GrantType, ResponseMode};
use portico::store::users;
use portico::testkit::{
    Browser, CALLBACK, NewPerson, Reply, TestServices, authorize_path, challenge, confidential, encode,
    member, public,
};
use reqwest::Method;

use super::stage::{ISSUER, Stage, assert_empty_handed, assert_page, assert_told};

#[tokio::test]
async fn a_009_a_missing_redirect_address_gets_a_page() {
    let mut stage = Stage::set(&confidential()).await;
    let two = vec![CALLBACK.to_owned(), "https://app.example/cb2".to_owned()];
    let two = stage.app.kit.add_client(&ClientMetadata { redirect_uris: two, ..confidential() }).await;
    for scope in ["openid", "api.read", ""] {
        let extra = [("redirect_uri", ""), ("scope", scope)];
        assert_page(&stage.authorize(&extra).await, scope);
        assert_page(&stage.browser.get(&authorize_path(&two, &extra)).await, "two registered");
    }
    let empty = format!("{}&redirect_uri=", authorize_path(&stage.client, &[("redirect_uri", "")]));
    assert_page(&stage.browser.get(&empty).await, "sent without a value");
    let named = authorize_path(&two, &[("redirect_uri", "https://app.example/cb2")]);
    assert!(stage.browser.get(&named).await.location().starts_with("https://app.example/cb2?code="));
}

#[tokio::test]
async fn a_010_a_doubled_client_or_address_gets_a_page() {
    let mut stage = Stage::set(&confidential()).await;
    let path = authorize_path(&stage.client, &[]);
    let id = stage.client.id.clone();
    for (name, value) in [("client_id", id.as_str()), ("redirect_uri", CALLBACK)] {
        for second in [value, "https://evil.example/cb", ""] {
            for spelled in [name.to_owned(), name.replace('_', "%5F")] {
                let more = format!("{spelled}={}", portico::spec::oauth::encode(second));
                let what = format!("{more} again");
                assert_page(&stage.browser.get(&format!("{path}&{more}")).await, &what);
                assert_page(&stage.browser.get(&path.replacen('?', &format!("?{more}&"), 1)).await, &what);
                let split = stage.browser.send(Method::POST, &path, Some(more), &[]).await;
                assert_page(&split, &format!("{what}, in the body"));
            }
        }
    }
}

#[tokio::test]
async fn a_010_any_other_doubled_parameter_is_an_invalid_request() {
    let mut stage = Stage::set(&confidential()).await;
    let extra = [("prompt", "none"), ("max_age", "600"), ("ui_locales", "en"), ("login_hint", "alice")];
    let extra =
        [&extra[..], &[("response_mode", "query"), ("acr_values", "1"), ("display", "page")]].concat();
    let path = authorize_path(&stage.client, &extra);
    assert!(stage.browser.get(&path).await.param("code").is_some());
    let challenge = challenge();
    let sent =
        [("scope", "openid"), ("state", "the-state"), ("response_type", "code"), ("nonce", "the-nonce")];
    let pkce = [("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")];
    for (name, value) in extra.iter().chain(&sent).chain(&pkce) {
        let state = (*name != "state").then_some("the-state");
        for second in [*value, "other", ""] {
            let more = encode(&[(name, second)]);
            let reply = stage.browser.get(&format!("{path}&{more}")).await;
            assert_told(&reply, "invalid_request", state, &format!("{more} again"));
            let split = stage.browser.send(Method::POST, &path, Some(more.clone()), &[]).await;
            assert_told(&split, "invalid_request", state, &format!("{more} in the body"));
        }
    }
}

#[tokio::test]
async fn a_010_a_form_of_a_stranger_is_no_way_around() {
    // Without a session a POST is asked to come again by GET; what was doubled stays doubled on the way.
    let stage = Stage::set(&confidential()).await;
    let mut stranger = stage.app.browser();
    let path = authorize_path(&stage.client, &[]);
    let doubles = [("redirect_uri", "https://evil.example/cb"), ("client_id", "x"), ("scope", "openid")];
    for (name, value) in doubles {
        let first = stranger.send(Method::POST, &path, Some(encode(&[(name, value)])), &[]).await;
        assert!(first.location().starts_with("/authorize?"), "{}", first.location());
        let second = stranger.get(first.location()).await;
        if name == "scope" {
            assert_told(&second, "invalid_request", Some("the-state"), name);
        } else {
            assert_page(&second, name);
        }
    }
}

#[tokio::test]
async fn a_011_no_response_type_but_code() {
    let mut stage = Stage::set(&confidential()).await;
    for mode in ["", "query", "fragment"] {
        for asked in [
            "token",
            "id_token",
            "id_token token",
            "code token",
            "code id_token",
            "code id_token token",
            "none",
            "CODE",
            "code code",
            " code",
            "password",
        ] {
            let reply = stage.authorize(&[("response_type", asked), ("response_mode", mode)]).await;
            assert_told(&reply, "unsupported_response_type", Some("the-state"), asked);
            for name in ["access_token", "id_token", "token_type"] {
                assert_eq!(reply.param(name), None, "{asked} by {mode}");
            }
        }
    }
    let reply = stage.authorize(&[("response_type", "")]).await;
    assert_told(&reply, "invalid_request", Some("the-state"), "missing");
    let path = authorize_path(&stage.client, &[("response_type", "")]);
    let reply = stage.browser.get(&format!("{path}&response_type=")).await;
    assert_told(&reply, "invalid_request", Some("the-state"), "empty");
}

#[tokio::test]
async fn a_011_a_client_without_the_code_grant_gets_no_code() {
    let grant_types = vec![GrantType::ClientCredentials];
    let mut stage = Stage::set(&ClientMetadata { grant_types, ..confidential() }).await;
    let reply = stage.authorize(&[]).await;
    assert_told(&reply, "unauthorized_client", Some("the-state"), "not registered for codes");
}

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

#[tokio::test]
async fn a_015_an_error_page_shows_nothing_the_request_brought() {
    // The login page, which does show `login_hint`, has its own test where pages are tested.
    let mut stage = Stage::set(&confidential()).await;
    let hostile = [
        ("redirect_uri", "https://evil.example/\"><script>alert(1)</script>"),
        ("error", "hostile"),
        ("error_hint", "<script>hostile</script>"),
        ("error_description", "hostile, call +1 555 0100"),
        ("ui_locales", "../../hostile"),
        ("login_hint", "<img src=hostile onerror=alert(1)>"),
        ("state", "<hostile>"),
    ];
    let path = authorize_path(&stage.client, &hostile);
    for language in ["../../hostile", "de-DE-hostile\"><script>", "*", ""] {
        let reply = stage.browser.send(Method::GET, &path, None, &[("accept-language", language)]).await;
        assert_page(&reply, language);
        for text in ["hostile", "<script>", "<img", "onerror", "555 0100"] {
            assert!(!reply.body.contains(text), "{text} in {}", reply.body);
        }
        let tag = reply.header("content-language").unwrap();
        assert!(matches!(tag, "en" | "de"), "{tag}");
        assert!(reply.body.contains(&format!("lang=\"{tag}\"")));
    }
    // Unknown languages and hints that are too long stop no honest request.
    let long = "x".repeat(400);
    let reply = stage.authorize(&[("ui_locales", "../../x"), ("login_hint", &long)]).await;
    assert!(reply.param("code").is_some());
}

#[tokio::test]
async fn a_016_prompt_none_without_a_session() {
    let stage = Stage::set(&confidential()).await;
    let mut stranger = stage.app.browser();
    let extra = [("prompt", "none"), ("redirect_uri", "https://evil.example/cb")];
    assert_page(&stranger.get(&authorize_path(&stage.client, &extra)).await, "(a)");
    let reply = stranger.get(&authorize_path(&stage.client, &[("prompt", "none")])).await;
    assert_told(&reply, "login_required", Some("the-state"), "(b)");
    assert!(stranger.cookies.is_empty(), "nothing waits");
    for prompt in ["none login", "none consent", "login none", "none select_account"] {
        let reply = stranger.get(&authorize_path(&stage.client, &[("prompt", prompt)])).await;
        assert_told(&reply, "invalid_request", Some("the-state"), prompt);
    }
    for junk in ["garbage", "ptz_AAAA", ""] {
        stranger.cookies.insert("portico_session".to_owned(), junk.to_owned());
        let reply = stranger.get(&authorize_path(&stage.client, &[("prompt", "none")])).await;
        assert_told(&reply, "login_required", Some("the-state"), junk);
    }
}

/// An ID token of another person, who signs in with a browser of their own.
async fn id_token_of(stage: &Stage, name: &str) -> (Browser, String) {
    let person = stage.app.kit.add_person(&NewPerson::active(name, "another horse battery")).await;
    let mut browser = stage.app.browser();
    stage.app.kit.sign_in(&mut browser, &person).await;
    let code = browser.code(&stage.client, &[]).await;
    let token = member(&browser.redeem(&stage.client, &code).await, "id_token");
    (browser, token)
}

#[tokio::test]
async fn a_016_a_hint_of_another_person_never_yields_a_code() {
    for mut stage in Stage::everywhere(&confidential()).await {
        let (mut bobs, hint) = id_token_of(&stage, "bob").await;
        let extra = [("prompt", "none"), ("id_token_hint", hint.as_str())];
        assert_told(&stage.authorize(&extra).await, "login_required", Some("the-state"), "(c)");
        assert!(bobs.get(&authorize_path(&stage.client, &extra)).await.param("code").is_some());
        // With a person in front of the screen it is a sign-in, not a code.
        let reply = stage.authorize(&[("id_token_hint", &hint)]).await;
        assert_empty_handed(&reply, "asked");
        assert!(reply.location().starts_with("/login?flow="), "{}", reply.location());
        // The hint still names Bob when it has expired.
        stage.app.advance(660);
        assert_told(&stage.authorize(&extra).await, "login_required", Some("the-state"), "expired");
        assert!(bobs.get(&authorize_path(&stage.client, &extra)).await.param("code").is_some());
    }
}

#[tokio::test]
async fn a_016_what_is_no_id_token_of_this_client_is_no_hint() {
    let mut stage = Stage::set(&confidential()).await;
    let code = stage.code().await;
    let tokens = stage.browser.redeem(&stage.client, &code).await;
    let own = member(&tokens, "id_token");
    let other = stage.app.kit.add_client(&confidential()).await;
    let foreign = stage.browser.code(&other, &[]).await;
    let foreign = member(&stage.browser.redeem(&other, &foreign).await, "id_token");
    let unsigned = format!("{}.", own.rsplit_once('.').unwrap().0);
    let access = member(&tokens, "access_token");
    for hint in [foreign.as_str(), &unsigned, &access, "garbage", "a.b.c"] {
        let reply = stage.authorize(&[("prompt", "none"), ("id_token_hint", hint)]).await;
        assert_told(&reply, "invalid_request", Some("the-state"), hint);
    }
    assert!(stage.authorize(&[("prompt", "none"), ("id_token_hint", &own)]).await.param("code").is_some());
}

#[tokio::test]
async fn a_016_prompt_none_asks_for_no_consent() {
    let mut stage = Stage::set(&ClientMetadata { first_party: false, ..public() }).await;
    let reply = stage.authorize(&[("prompt", "none")]).await;
    assert_told(&reply, "consent_required", Some("the-state"), "never allowed");
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
    let theirs = kit.add_client_of(&acme, portico::domain::clients::ClientKind::Web, &confidential()).await;
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
