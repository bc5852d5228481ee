//! Clocks that differ between nodes, and a clock that jumps. What a client's own clock does to its
//! assertions and proofs comes with those.

use std::time::Duration;

use portico::kernel::{Clock, Timestamp};
use portico::testkit::{NOON, authorize_path};

use super::scene::{Stage, Tokens, at, gives_nothing, invalid_token, refused, told};

const HOUR: u64 = 3_600;

fn clock(seconds: i64) -> Clock {
    Clock::frozen(Timestamp::from_seconds(NOON.seconds() + seconds))
}

#[tokio::test]
async fn a_195_nodes_whose_clocks_differ_by_nine_seconds_work_together() {
    for skew in [-9, 9] {
        let mut stage = Stage::new().await;
        let (address, _node) = stage.app.node_over(stage.app.kit.node_with_clock(clock(skew)));
        let mut skewed = at(&stage.browser, address);
        let code = skewed.code(&stage.client, &[]).await;
        let there = Tokens::of(&stage.browser.redeem(&stage.client, &code).await);
        let code = stage.browser.code(&stage.client, &[]).await;
        let here = Tokens::of(&skewed.redeem(&stage.client, &code).await);
        for tokens in [&there, &here] {
            for browser in [&mut stage.browser, &mut skewed] {
                assert_eq!(browser.userinfo(&tokens.access).await.status, 200, "skew {skew}");
                assert!(browser.is_active(&stage.client, &tokens.access).await);
            }
        }
        let next = Tokens::of(&skewed.refresh(&stage.client, &there.refresh).await);
        let retried = Tokens::of(&stage.browser.refresh(&stage.client, &there.refresh).await);
        assert_eq!(next.refresh, retried.refresh, "a retry at the other node is still a retry");
    }
}

#[tokio::test]
async fn a_195_a_node_that_is_a_minute_off_is_refused_cleanly() {
    for skew in [-61, 61] {
        let mut stage = Stage::new().await;
        let (address, _node) = stage.app.node_over(stage.app.kit.node_with_clock(clock(skew)));
        let mut skewed = at(&stage.browser, address);
        // Whichever of the two is ahead: its codes and tokens come from the future for the other one.
        let (ahead, behind) =
            if skew > 0 { (&mut skewed, &mut stage.browser) } else { (&mut stage.browser, &mut skewed) };
        let code = ahead.code(&stage.client, &[]).await;
        refused(&behind.redeem(&stage.client, &code).await, 400, "invalid_grant");
        let tokens = Tokens::of(&ahead.redeem(&stage.client, &code).await);
        invalid_token(&behind.userinfo(&tokens.access).await);
        assert!(!behind.is_active(&stage.client, &tokens.access).await);
        // And the other way round a code of a minute ago is over.
        let old = behind.code(&stage.client, &[]).await;
        refused(&ahead.redeem(&stage.client, &old).await, 400, "invalid_grant");
    }
}

#[tokio::test]
async fn a_195_a_jump_forward_ends_what_has_run_out_and_nothing_else() {
    let mut stage = Stage::new().await;
    let tokens = stage.tokens().await;
    let code = stage.browser.code(&stage.client, &[]).await;
    stage.app.advance(HOUR);
    refused(&stage.browser.redeem(&stage.client, &code).await, 400, "invalid_grant");
    invalid_token(&stage.browser.userinfo(&tokens.access).await);
    told(&stage.silently().await, "login_required");
    let next = Tokens::of(&stage.browser.refresh(&stage.client, &tokens.refresh).await);
    assert!(stage.is_active(&next.access).await);
}

#[tokio::test]
async fn a_195_a_jump_back_makes_nothing_live_longer() {
    let mut stage = Stage::new().await;
    let first = stage.tokens().await;
    let second = Tokens::of(&stage.browser.refresh(&stage.client, &first.refresh).await);
    let code = stage.browser.code(&stage.client, &[]).await;
    stage.app.kit.services.clock.rewind(Duration::from_secs(HOUR));
    refused(&stage.browser.redeem(&stage.client, &code).await, 400, "invalid_grant");
    invalid_token(&stage.browser.userinfo(&second.access).await);
    assert!(!stage.is_active(&second.access).await);
    let reply = stage.silently().await;
    assert!(matches!(reply.status, 303), "{}", reply.status);

    // Back where it was, what had not run out goes on; the code's minute is over by its own clock.
    stage.app.advance(HOUR);
    assert!(stage.is_active(&second.access).await);
    stage.app.advance(61);
    refused(&stage.browser.redeem(&stage.client, &code).await, 400, "invalid_grant");
}

#[tokio::test]
async fn a_195_a_jump_back_does_not_reopen_the_grace() {
    let mut stage = Stage::new().await;
    let first = stage.tokens().await;
    let second = Tokens::of(&stage.browser.refresh(&stage.client, &first.refresh).await);
    stage.app.advance(11);
    stage.app.kit.services.clock.rewind(Duration::from_secs(HOUR));
    let reply = stage.browser.refresh(&stage.client, &first.refresh).await;
    refused(&reply, 400, "invalid_grant");
    gives_nothing(&reply);
    refused(&stage.browser.refresh(&stage.client, &second.refresh).await, 400, "invalid_grant");
}

/// The clock alone must not decide whether somebody signed in again: another node may be ahead, or ours was
/// set back.
#[tokio::test]
async fn a_021_a_clock_that_is_set_back_makes_no_old_sign_in_fresh() {
    for (name, value) in
        [("prompt", "login"), ("max_age", "0"), ("max_age", "60"), ("prompt", "select_account")]
    {
        let mut stage = Stage::new().await;
        stage.app.kit.services.clock.rewind(Duration::from_secs(HOUR));
        let reply = stage.browser.get(&authorize_path(&stage.client, &[(name, value)])).await;
        assert_eq!(reply.status, 303, "{name}={value}: {}", reply.body);
        let page = reply.location().to_owned();
        assert!(page.starts_with("/login"), "{name}={value}: {page}");
        let shown = stage.browser.get(&page).await;
        assert_eq!(
            shown.status, 200,
            "{name}={value} is not met by looking at the page: {:?}",
            shown.headers
        );
    }
}
