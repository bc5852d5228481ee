//! Token revocation (RFC 7009).

use std::sync::mpsc;
use std::time::Duration;

use portico::kernel::Timestamp;
use portico::store::{StoreError, revoked_tokens};
use portico::testkit::{Reply, confidential, public};

use super::scene::{Stage, Tokens, at, claims, refused, unproved};

impl Stage {
    async fn revoke(&mut self, form: &[(&str, &str)]) -> Reply {
        let (id, secret) = (self.client.id.clone(), self.client.secret.clone());
        self.browser.post_as("/revoke", (&id, &secret), form).await
    }
}

#[track_caller]
fn done(reply: &Reply) {
    assert_eq!((reply.status, reply.body.as_str()), (200, ""));
}

#[tokio::test]
async fn a_114_revoking_is_silent_about_what_it_did_not_find() {
    let mut stage = Stage::new().await;
    let tokens = stage.tokens().await;
    let other = stage.app.kit.add_client(&confidential()).await;
    let open = stage.app.kit.add_client(&public()).await;
    for token in [&tokens.access, &tokens.refresh] {
        let reply = stage.browser.post_as("/revoke", (&other.id, &other.secret), &[("token", token)]).await;
        done(&reply);
        let form = [("client_id", open.id.as_str()), ("token", token)];
        done(&stage.browser.post("/revoke", &form).await);
        assert!(stage.is_active(token).await, "another client's revocation is none");
    }
    let long = "x".repeat(20_000);
    for unknown in ["x", "ptr_AAAA", "eyJ.eyJ.x", "ptc_AAAA", &tokens.refresh[..40], &long] {
        done(&stage.revoke(&[("token", unknown)]).await);
    }
    refused(&stage.revoke(&[]).await, 400, "invalid_request");
    refused(&stage.revoke(&[("token", "a"), ("token", "b")]).await, 400, "invalid_request");
    unproved(&stage.browser.post("/revoke", &[("token", &tokens.access)]).await);
    assert!(stage.is_active(&tokens.access).await && stage.is_active(&tokens.refresh).await);
}

#[tokio::test]
async fn a_114_a_wrong_hint_finds_the_token_all_the_same() {
    let mut stage = Stage::new().await;
    for hint in ["refresh_token", "access_token", "id_token", "nonsense", ""] {
        let tokens = stage.tokens().await;
        done(&stage.revoke(&[("token", &tokens.access), ("token_type_hint", hint)]).await);
        assert!(!stage.is_active(&tokens.access).await, "hint {hint}");
        assert_eq!(stage.browser.userinfo(&tokens.access).await.status, 401);
        assert!(stage.is_active(&tokens.refresh).await, "an access token is revoked alone");
        done(&stage.revoke(&[("token", &tokens.refresh), ("token_type_hint", hint)]).await);
        assert!(!stage.is_active(&tokens.refresh).await, "hint {hint}");
    }
}

#[tokio::test]
async fn a_114_a_refresh_token_takes_its_family_along_on_every_node() {
    let mut stage = Stage::new().await;
    let (address, _node) = stage.app.second_node();
    let mut elsewhere = at(&stage.browser, address);
    let first = stage.tokens().await;
    assert!(elsewhere.is_active(&stage.client, &first.access).await);
    stage.app.advance(60);
    let second = Tokens::of(&stage.browser.refresh(&stage.client, &first.refresh).await);
    // An old generation names its family too: a client that logs out with what it has is served.
    done(&stage.revoke(&[("token", &first.refresh)]).await);
    done(&stage.revoke(&[("token", &first.refresh)]).await);
    for token in [&first.access, &second.access, &second.refresh] {
        assert!(!stage.is_active(token).await);
        assert!(!elsewhere.is_active(&stage.client, token).await);
    }
    refused(&elsewhere.refresh(&stage.client, &second.refresh).await, 400, "invalid_grant");
    assert_eq!(stage.count_audit("grant.revoked").await, 1);
    assert_eq!(stage.count_audit("refresh_token.reused").await, 0);
}

/// Another process holds what the revocation must write: SQLite's one write lock, or on PostgreSQL the key
/// of the very row.
#[tokio::test]
async fn a_114_a_storage_error_is_503_and_never_200() {
    let mut stage = Stage::new().await;
    let tokens = stage.tokens().await;
    let services = stage.app.kit.impatient_node(Duration::from_millis(250));
    let (address, _node) = stage.app.node_over(services);
    let mut elsewhere = at(&stage.browser, address);
    assert!(elsewhere.is_active(&stage.client, &tokens.access).await);

    let said = claims(&tokens.access);
    let jti = said["jti"].as_str().expect("a jti").to_owned();
    let end = Timestamp::from_seconds(said["exp"].as_i64().expect("an end"));
    let (held, holds) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let (blocker, tenant) = (stage.app.kit.another_node(), stage.app.kit.tenant.id);
    let holder = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let outcome: Result<(), StoreError> = runtime.block_on(blocker.db.write(move |tx| {
            revoked_tokens::insert(tx, tenant, &jti, end)?;
            let _ = held.send(());
            let _ = released.recv_timeout(Duration::from_secs(9));
            Err(StoreError::Unavailable("the test lets go".to_owned()))
        }));
        outcome
    });
    holds.recv_timeout(Duration::from_secs(9)).expect("the lock");
    let client = (stage.client.id.as_str(), stage.client.secret.as_str());
    let reply = elsewhere.post_as("/revoke", client, &[("token", &tokens.access)]).await;
    assert_eq!(reply.status, 503, "{}", reply.body);
    assert_eq!(reply.json()["error"], "temporarily_unavailable");
    assert!(reply.header("retry-after").is_some());
    release.send(()).expect("the holder waits");
    assert!(holder.join().expect("no panic").is_err(), "what the holder wrote is rolled back");

    let mut tries = 0;
    while elsewhere.post_as("/revoke", client, &[("token", &tokens.access)]).await.status != 200 {
        tries += 1;
        assert!(tries < 20, "revoking never worked again");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(!stage.is_active(&tokens.access).await, "200 means that it is revoked");
}
