//! The limits of an account.

use std::time::Duration;

use portico::testkit::NewPerson;

use super::*;

#[tokio::test]
async fn a_071_all_spellings_of_one_account_share_one_counter() {
    for kit in kits().await {
        let new = NewPerson { email: Some("Alice@Example.com"), ..NewPerson::active("alice", RIGHT) };
        kit.add_person(&new).await;
        for name in ["alice", "ALICE ", "alice@example.com", "\u{ff41}lice", " ALICE@example.COM"] {
            assert_eq!(shown(&try_in(&kit, name, WRONG).await), "Wrong", "{name:?}");
        }
        for name in ["alice", "Alice@example.com", "al\u{200b}ice"] {
            assert_eq!(shown(&try_in(&kit, name, RIGHT).await), "Wait(1s)", "{name:?}");
        }
        advance(&kit, Duration::from_secs(1));
        enter(&kit, "alice", RIGHT).await;
    }
}

#[tokio::test]
async fn a_072_no_road_to_a_password_has_tries_of_its_own() {
    for kit in kits().await {
        kit.add_person(&NewPerson::active("alice", RIGHT)).await;
        let held = enter(&kit, "alice", RIGHT).await;
        for n in 0..5 {
            // By turns: anonymous, proving it again within a session, from a known device; each from elsewhere.
            let cx = kit.cx_from(&format!("203.0.{n}.9"));
            let mut wrong = attempt("alice", WRONG);
            wrong.replaces = (n % 3 == 1).then_some(held.session.id);
            wrong.device = (n % 3 == 2).then_some(held.device.expose());
            assert_eq!(shown(&sign_in(&kit, &cx, wrong).await), "Wrong");
        }
        let mut right = attempt("alice", RIGHT);
        right.replaces = Some(held.session.id);
        right.device = Some(held.device.expose());
        assert_eq!(shown(&sign_in(&kit, &kit.cx(), right).await), "Wait(1s)");
        assert!(current(&kit, held.cookie.expose()).await.is_some(), "who is signed in stays so");
    }
}

#[tokio::test]
async fn delays_double_and_are_forgotten_in_time_or_by_success() {
    for kit in kits().await {
        kit.add_person(&NewPerson::active("alice", RIGHT)).await;
        for _ in 0..5 {
            drop(try_in(&kit, "alice", WRONG).await);
        }
        for seconds in [1, 2, 4, 8] {
            assert_eq!(shown(&try_in(&kit, "alice", RIGHT).await), format!("Wait({seconds}s)"));
            advance(&kit, Duration::from_secs(seconds));
            assert_eq!(shown(&try_in(&kit, "alice", WRONG).await), "Wrong");
        }
        advance(&kit, Duration::from_secs(12 * 3600));
        for _ in 0..5 {
            assert_eq!(shown(&try_in(&kit, "alice", WRONG).await), "Wrong", "twelve hours later");
        }
        assert_eq!(shown(&try_in(&kit, "alice", WRONG).await), "Wait(1s)");
        advance(&kit, Duration::from_secs(1));
        enter(&kit, "alice", RIGHT).await;
        assert_eq!(shown(&try_in(&kit, "alice", WRONG).await), "Wrong", "after success");
    }
}

#[tokio::test]
async fn a_wait_written_under_a_clock_that_ran_ahead_ends() {
    for kit in kits().await {
        kit.add_person(&NewPerson::active("alice", RIGHT)).await;
        for _ in 0..5 {
            drop(try_in(&kit, "alice", WRONG).await);
        }
        kit.services.clock.rewind(Duration::from_secs(30 * 24 * 3600));
        assert_eq!(shown(&try_in(&kit, "alice", RIGHT).await), "Wait(900s)");
        advance(&kit, Duration::from_secs(900));
        enter(&kit, "alice", RIGHT).await;
    }
}
