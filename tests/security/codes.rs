//! Codes and what they become: used once, by whom they were given to, in time, as what they are.

use futures_util::future::join_all;
use portico::domain::clients::{ClientMetadata, TokenFormat};
use portico::domain::signin::{LinkPurpose, find_link, make_link};
use portico::kernel::{Secret, TokenKind};
use portico::store::list_audit;
use portico::testkit::{
    Browser, CALLBACK, Reply, TestClient, VERIFIER, authorize_path, confidential, encode, member, public,
};
use reqwest::Method;

use super::stage::{Stage, assert_empty_handed, assert_refused, assert_told};

/// How often the audit trail tells of `kind`.
async fn audited(stage: &Stage, kind: &str) -> usize {
    let tenant = stage.app.kit.tenant.id;
    let rows = stage.app.kit.read(move |conn| list_audit(conn, tenant, None, 1_000)).await;
    rows.iter().filter(|row| row.kind == kind).count()
}

/// Every token of a response is dead.
async fn assert_dead(browser: &mut Browser, client: &TestClient, tokens: &Reply, what: &str) {
    let (access, refresh) = (member(tokens, "access_token"), member(tokens, "refresh_token"));
    assert!(!browser.is_active(client, &access).await, "{what}: access token");
    assert!(!browser.is_active(client, &refresh).await, "{what}: refresh token");
    assert_eq!(browser.userinfo(&access).await.status, 401, "{what}: userinfo");
    assert_refused(&browser.refresh(client, &refresh).await, 400, "invalid_grant", what);
}

#[tokio::test]
async fn a_027_second_use_of_a_code_ends_what_the_first_gave() {
    for token_format in [TokenFormat::Jwt, TokenFormat::Opaque] {
        let metadata = ClientMetadata { access_token_format: token_format, ..confidential() };
        for mut stage in Stage::everywhere(&metadata).await {
            let code = stage.code().await;
            let (client, browser) = (stage.client.clone(), &mut stage.browser);
            let first = browser.redeem(&client, &code).await;
            let access = member(&first, "access_token");
            assert_eq!(browser.userinfo(&access).await.status, 200, "{}", first.body);
            let refreshed = browser.refresh(&client, &member(&first, "refresh_token")).await;
            assert!(browser.is_active(&client, &member(&refreshed, "access_token")).await);

            let second = browser.redeem(&client, &code).await;
            assert_refused(&second, 400, "invalid_grant", "the second use");
            assert_dead(browser, &client, &first, "of the first use").await;
            assert_dead(browser, &client, &refreshed, "of its refresh").await;
            let third = browser.redeem(&client, &code).await;
            assert_refused(&third, 400, "invalid_grant", "the third use");
            assert_eq!(audited(&stage, "code.reused").await, 1, "told once");
            // What this person has with a code of its own stands.
            let other = stage.code().await;
            assert_eq!(stage.browser.redeem(&client, &other).await.status, 200);
        }
    }
}

#[tokio::test]
async fn a_027_who_cannot_prove_the_client_cannot_end_its_tokens() {
    let mut stage = Stage::set(&confidential()).await;
    let code = stage.code().await;
    let first = stage.browser.redeem(&stage.client, &code).await;
    let thief = stage.app.kit.add_client(&confidential()).await;
    let reply = stage.browser.redeem(&thief, &code).await;
    assert_refused(&reply, 400, "invalid_grant", "another client");
    let blind = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CALLBACK)];
    stage.browser.token(&stage.client, &blind).await;
    assert!(stage.browser.is_active(&stage.client, &member(&first, "access_token")).await);
}

/// `count` redemptions of one code at once, from as many connections, over two nodes.
async fn at_once(stage: &Stage, code: &str, count: usize) -> Vec<Reply> {
    let (second, _guard) = stage.app.second_node();
    let mut browsers: Vec<Browser> = Vec::new();
    for at in 0..count {
        browsers.push(Browser::new(if at % 2 == 0 { stage.app.address } else { second }));
    }
    // Connections first, so that the requests themselves leave together.
    let warm = join_all(browsers.iter_mut().map(|browser| browser.get("/jwks"))).await;
    assert!(warm.iter().all(|reply| reply.status == 200));
    join_all(browsers.iter_mut().map(|browser| browser.redeem(&stage.client, code))).await
}

#[tokio::test]
async fn a_028_of_fifty_redemptions_at_once_at_most_one_succeeds() {
    for metadata in [confidential(), public()] {
        for mut stage in Stage::everywhere(&metadata).await {
            let judge = stage.app.kit.add_client(&confidential()).await;
            let code = stage.code().await;
            let replies = at_once(&stage, &code, 50).await;
            let (won, lost): (Vec<Reply>, Vec<Reply>) =
                replies.into_iter().partition(|reply| reply.status == 200);
            assert_eq!(won.len(), 1, "{:?}", won.iter().map(|reply| &reply.body).collect::<Vec<_>>());
            for reply in &lost {
                assert_refused(reply, 400, "invalid_grant", "a loser");
            }
            assert_eq!(audited(&stage, "code.reused").await, 1, "one event for 49 losers");
            // The code was seen twice, so nobody keeps anything: not the one who was first either.
            let access = member(&won[0], "access_token");
            assert_eq!(stage.browser.userinfo(&access).await.status, 401);
            assert!(!stage.browser.is_active(&judge, &access).await);
            let reply = stage.browser.refresh(&stage.client, &member(&won[0], "refresh_token")).await;
            assert_refused(&reply, 400, "invalid_grant", "the winner's refresh token");
        }
    }
}

#[tokio::test]
async fn a_029_a_code_works_for_its_client_and_its_address_only() {
    for mut stage in Stage::everywhere(&confidential()).await {
        let a = stage.client.clone();
        let b = stage.app.kit.add_client(&confidential()).await;
        let c = stage.app.kit.add_client(&public()).await;
        let code = stage.code().await;
        let browser = &mut stage.browser;
        for (thief, what) in [(&b, "another confidential client"), (&c, "a public client")] {
            assert_refused(&browser.redeem(thief, &code).await, 400, "invalid_grant", what);
        }
        let mixed = TestClient { id: a.id.clone(), secret: b.secret.clone() };
        assert_refused(&browser.redeem(&mixed, &code).await, 401, "invalid_client", "A's id, B's secret");
        let unproved = TestClient { id: a.id.clone(), secret: String::new() };
        assert_refused(&browser.redeem(&unproved, &code).await, 401, "invalid_client", "A's id alone");
        let form = [("grant_type", "authorization_code"), ("code", &code), ("code_verifier", VERIFIER)];
        let at_home = [&form[..], &[("redirect_uri", CALLBACK), ("client_id", &a.id)]].concat();
        let reply = browser.token(&b, &at_home).await;
        assert_refused(&reply, 400, "invalid_request", "B proved, A named");
        for uri in
            ["https://app.example/cb2", "https://app.example/cb/", "https://APP.example/cb", "", CALLBACK]
        {
            let mut form = [&form[..], &[("redirect_uri", uri)]].concat();
            if uri == CALLBACK {
                form.pop();
            }
            assert_refused(&browser.token(&a, &form).await, 400, "invalid_grant", &format!("to {uri}"));
        }
        // None of this has used the code up.
        assert_eq!(browser.redeem(&a, &code).await.status, 200);
    }
}

#[tokio::test]
async fn a_030_a_code_dies_with_its_minute() {
    for mut stage in Stage::everywhere(&confidential()).await {
        let lifetime = stage.app.kit.services.settings.tokens.code_lifetime.as_secs();
        let (early, late) = (stage.code().await, stage.code().await);
        stage.app.advance(lifetime - 1);
        assert_eq!(stage.browser.redeem(&stage.client, &early).await.status, 200, "in time");
        stage.app.advance(2);
        let reply = stage.browser.redeem(&stage.client, &late).await;
        assert_refused(&reply, 400, "invalid_grant", "a second late");
        stage.app.advance(86_400);
        let reply = stage.browser.redeem(&stage.client, &late).await;
        assert_refused(&reply, 400, "invalid_grant", "a day late");
    }
}

/// One of each kind of credential there is, all of them good.
struct Treasury {
    kinds: Vec<(&'static str, String)>,
    /// The owner of the opaque tokens; `stage.client` owns the JWTs.
    opaque: TestClient,
}

impl Treasury {
    async fn fill(stage: &mut Stage) -> Self {
        let kit = &stage.app.kit;
        let opaque = kit
            .add_client(&ClientMetadata { access_token_format: TokenFormat::Opaque, ..confidential() })
            .await;
        let (tenant, cx, alice) = (kit.tenant.id, kit.cx(), stage.alice.clone());
        let link = kit.write(move |tx| make_link(tx, &cx, tenant, &alice, LinkPurpose::Recover)).await;
        let device = kit.tenant.keys.device_token(&stage.alice.id, kit.services.clock.now());
        let browser_cookie = TokenKind::Browser.random(&kit.services.rng);
        let code = stage.code().await;
        let used = stage.code().await;
        let tokens = stage.browser.redeem(&stage.client, &used).await;
        let sealed = stage.browser.code(&opaque, &[]).await;
        let sealed = stage.browser.redeem(&opaque, &sealed).await;
        let kinds = vec![
            ("code", code),
            ("refresh token", member(&tokens, "refresh_token")),
            ("access token", member(&tokens, "access_token")),
            ("ID token", member(&tokens, "id_token")),
            ("opaque access token", member(&sealed, "access_token")),
            ("client secret", stage.client.secret.clone()),
            ("session", stage.browser.cookies["portico_session"].clone()),
            ("browser", browser_cookie.expose().to_owned()),
            ("device", device.expose().to_owned()),
            ("link", link.0.expose().to_owned()),
        ];
        Self { kinds, opaque }
    }

    fn get(&self, kind: &str) -> &str {
        &self.kinds.iter().find(|(name, _)| *name == kind).unwrap().1
    }

    /// All but these, and each of those with the label and the checksum of `label`.
    fn others(&self, own: &[&str], label: TokenKind) -> Vec<(String, String)> {
        let mut others = Vec::new();
        for (name, token) in self.kinds.iter().filter(|(name, _)| !own.contains(name)) {
            others.push(((*name).to_owned(), token.clone()));
            if let Some(body) = body_of(token) {
                let forged = label.encode(&body).expose().to_owned();
                others.push((format!("{name} with another label"), forged));
            }
        }
        others
    }
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

fn body_of(token: &str) -> Option<Vec<u8>> {
    KINDS.iter().find_map(|kind| kind.decode(token).ok())
}

/// Whether this cookie signs anybody in.
async fn signs_in(stage: &Stage, cookie: &str) -> bool {
    let mut browser = stage.app.browser();
    browser.cookies.insert("portico_session".to_owned(), cookie.to_owned());
    let reply = browser.get(&authorize_path(&stage.client, &[("prompt", "none")])).await;
    if reply.param("code").is_some() {
        return true;
    }
    assert_told(&reply, "login_required", Some("the-state"), cookie);
    false
}

/// Whether this secret proves the stage's client, at the token endpoint.
async fn proves(stage: &Stage, secret: &str) -> bool {
    let client = TestClient { secret: secret.to_owned(), ..stage.client.clone() };
    let form = [("grant_type", "client_credentials"), ("scope", "api.read")];
    let reply = stage.app.browser().token(&client, &form).await;
    if reply.status == 200 {
        return true;
    }
    assert_refused(&reply, 401, "invalid_client", secret);
    false
}

/// Whether userinfo takes this token.
async fn opens_userinfo(stage: &Stage, token: &str) -> bool {
    let mut browser = stage.app.browser();
    let in_header = browser.userinfo(token).await;
    let form = Some(encode(&[("access_token", token)]));
    let in_form = browser.send(Method::POST, "/userinfo", form, &[]).await;
    if in_header.status == 200 && in_form.status == 200 {
        return true;
    }
    for reply in [in_header, in_form] {
        assert_empty_handed(&reply, token);
        // A header that cannot hold any token is a bad request, before it is a bad token (RFC 6750 §3.1).
        let error = if reply.status == 400 { "invalid_request" } else { "invalid_token" };
        assert!(matches!(reply.status, 400 | 401), "{token}: {}", reply.body);
        assert_eq!(reply.json()["error"], error, "{token}");
    }
    false
}

#[tokio::test]
async fn a_031_types_never_cross() {
    // PAR ids, device codes and invitations join the list with their features.
    for mut stage in Stage::everywhere(&confidential()).await {
        let all = Treasury::fill(&mut stage).await;
        let client = stage.client.clone();
        let mut guesser = stage.app.browser();
        for (what, token) in all.others(&["code"], TokenKind::Code) {
            assert_refused(&guesser.redeem(&client, &token).await, 400, "invalid_grant", &what);
        }
        let mut guesser = stage.app.browser();
        for (what, token) in all.others(&["refresh token"], TokenKind::Refresh) {
            assert_refused(&guesser.refresh(&client, &token).await, 400, "invalid_grant", &what);
        }
        for (what, token) in all.others(&["access token", "opaque access token"], TokenKind::Access) {
            assert!(!opens_userinfo(&stage, &token).await, "{what}");
        }
        let mut asker = stage.app.browser();
        for label in [TokenKind::Access, TokenKind::Refresh] {
            let own = ["access token", "opaque access token", "refresh token"];
            for (what, token) in all.others(&own, label) {
                assert!(!asker.is_active(&client, &token).await, "{what}");
            }
        }
        for (what, token) in all.others(&["session"], TokenKind::Session) {
            assert!(!signs_in(&stage, &token).await, "{what}");
        }
        for (what, token) in all.others(&["client secret"], TokenKind::ClientSecret) {
            assert!(!proves(&stage, &token).await, "{what}");
        }
        for (what, token) in all.others(&["link"], TokenKind::Link) {
            assert!(!opens_link(&stage, &token).await, "{what}");
        }
        for (what, token) in all.others(&["ID token"], TokenKind::Code) {
            let reply = stage.authorize(&[("prompt", "none"), ("id_token_hint", &token)]).await;
            assert_told(&reply, "invalid_request", Some("the-state"), &what);
        }
        assert_all_good(&mut stage, &all).await;
    }
}

async fn opens_link(stage: &Stage, token: &str) -> bool {
    let kit = &stage.app.kit;
    let (tenant, now, token) = (kit.tenant.id, kit.services.clock.now(), Secret::new(token));
    kit.read(move |conn| find_link(conn, tenant, token.expose(), LinkPurpose::Recover, now)).await.is_some()
}

/// Each credential, in its own place, still works: nothing that was tried has used one up.
async fn assert_all_good(stage: &mut Stage, all: &Treasury) {
    assert!(signs_in(stage, all.get("session")).await);
    assert!(proves(stage, all.get("client secret")).await);
    assert!(opens_userinfo(stage, all.get("access token")).await);
    assert!(opens_userinfo(stage, all.get("opaque access token")).await);
    assert!(opens_link(stage, all.get("link")).await);
    let mut browser = stage.app.browser();
    assert!(browser.is_active(&stage.client, all.get("refresh token")).await);
    assert_eq!(browser.refresh(&stage.client, all.get("refresh token")).await.status, 200);
    assert_eq!(browser.redeem(&stage.client, all.get("code")).await.status, 200);
}

/// The small changes of A-032.
fn changes(token: &str) -> Vec<String> {
    let swap = |at: usize| {
        let mut bytes = token.as_bytes().to_vec();
        bytes[at] ^= 0x20;
        String::from_utf8(bytes).unwrap()
    };
    let letters = || token.char_indices().skip(4).filter(|(_, c)| c.is_ascii_alphabetic()).map(|(at, _)| at);
    let unlabelled = token.split_once(['_', '.']).map_or("", |(_, rest)| rest);
    vec![
        token[..token.len() - 1].to_owned(),
        token[..token.len() / 2].to_owned(),
        format!("{token}A"),
        format!("{token}="),
        format!("{token}%00"),
        swap(letters().next().unwrap()),
        swap(letters().last().unwrap()),
        token.to_uppercase(),
        token.to_lowercase(),
        unlabelled.to_owned(),
        token[4..].to_owned(),
        other_spelling(token),
    ]
}

/// The same bytes with stray bits in the last letter, where the encoding leaves room for some; else another
/// last letter.
fn other_spelling(token: &str) -> String {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (start, last) = token.split_at(token.len() - 1);
    let at = alphabet.find(last).unwrap() ^ 1;
    format!("{start}{}", &alphabet[at..=at])
}

#[tokio::test]
async fn a_032_every_small_change_is_refused() {
    let mut stage = Stage::set(&confidential()).await;
    let all = Treasury::fill(&mut stage).await;
    let client = stage.client.clone();
    let mut guesser = stage.app.browser();
    for changed in changes(all.get("code")) {
        assert_refused(&guesser.redeem(&client, &changed).await, 400, "invalid_grant", &changed);
    }
    for changed in changes(all.get("refresh token")) {
        assert_refused(&guesser.refresh(&client, &changed).await, 400, "invalid_grant", &changed);
        assert!(!guesser.is_active(&client, &changed).await, "{changed}");
    }
    for (kind, owner) in [("access token", &client), ("opaque access token", &all.opaque)] {
        for changed in changes(all.get(kind)) {
            assert!(!opens_userinfo(&stage, &changed).await, "{changed}");
            assert!(!stage.app.browser().is_active(owner, &changed).await, "{changed}");
        }
        assert!(stage.app.browser().is_active(owner, all.get(kind)).await);
    }
    for changed in changes(all.get("session")) {
        assert!(!signs_in(&stage, &changed).await, "{changed}");
    }
    for changed in changes(all.get("client secret")) {
        assert!(!proves(&stage, &changed).await, "{changed}");
    }
    for changed in changes(all.get("link")) {
        assert!(!opens_link(&stage, &changed).await, "{changed}");
    }
    for changed in changes(all.get("ID token")) {
        let reply = stage.authorize(&[("prompt", "none"), ("id_token_hint", &changed)]).await;
        assert_told(&reply, "invalid_request", Some("the-state"), &changed);
    }
    assert_all_good(&mut stage, &all).await;
}

#[tokio::test]
async fn a_032_a_changed_token_is_revoked_by_nobody() {
    let mut stage = Stage::set(&confidential()).await;
    let all = Treasury::fill(&mut stage).await;
    let client = stage.client.clone();
    for kind in ["refresh token", "access token"] {
        for changed in changes(all.get(kind)) {
            let reply =
                stage.browser.post_as("/revoke", (&client.id, &client.secret), &[("token", &changed)]).await;
            assert_eq!(reply.status, 200, "{}", reply.body);
        }
        assert!(stage.browser.is_active(&client, all.get(kind)).await, "{kind}");
    }
}
