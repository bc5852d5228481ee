//! Codes and what they become: used once, by whom they were given to, and in time.

use futures_util::future::join_all;
use portico::domain::clients::{ClientMetadata, TokenFormat};
use portico::store::list_audit;
use portico::testkit::{Browser, CALLBACK, Reply, TestClient, VERIFIER, confidential, member, public};

use super::stage::{Stage, assert_refused};

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
