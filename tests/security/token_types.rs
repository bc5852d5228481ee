//! Every credential is good for one thing, as it was written.

use portico::kernel::TokenKind;
use portico::testkit::confidential;

use super::stage::{Stage, assert_refused, assert_told};
use super::treasury::{Treasury, assert_all_good, opens_link, opens_userinfo, proves, signs_in};

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
