//! The limits of addresses and networks (S4-34).

use std::time::Duration;

use portico::testkit::NewPerson;

use super::*;

const HALF_AN_HOUR: Duration = Duration::from_secs(1800);

async fn from(kit: &TestServices, ip: &str, name: &str, password: &str) -> String {
    shown(&sign_in(kit, &kit.cx_from(ip), attempt(name, password)).await)
}

#[tokio::test]
async fn a_073_six_failures_in_five_minutes_block_an_address_before_any_hash() {
    for kit in kits().await {
        kit.add_person(&NewPerson::active("alice", RIGHT)).await;
        for n in 0..6 {
            assert_eq!(from(&kit, "192.0.2.7", &format!("victim{n}"), WRONG).await, "Wrong");
        }
        assert_eq!(from(&kit, "192.0.2.7", "alice", RIGHT).await, "Wait(1800s)");
        assert_eq!(from(&kit, "::ffff:192.0.2.7", "alice", RIGHT).await, "Wait(1800s)");
        assert_eq!(recorded(&kit, "login.failed").await, 6, "nothing was checked any more");
        assert_eq!(from(&kit, "192.0.2.8", "alice", RIGHT).await, "done", "a neighbour is not blocked");
        advance(&kit, HALF_AN_HOUR);
        assert_eq!(from(&kit, "192.0.2.7", "alice", RIGHT).await, "done");
    }
}

#[tokio::test]
async fn a_073_successes_do_not_count_and_slow_failures_do_not_add_up() {
    for kit in kits().await {
        kit.add_person(&NewPerson::active("alice", RIGHT)).await;
        for n in 0..40 {
            let (name, password) = if n % 4 == 0 { ("victim", WRONG) } else { ("alice", RIGHT) };
            let outcome = from(&kit, "192.0.2.7", name, password).await;
            assert_eq!(outcome, if n % 4 == 0 { "Wrong" } else { "done" }, "try {n}");
            advance(&kit, Duration::from_secs(30));
        }
    }
}

#[tokio::test]
async fn a_073_one_password_over_many_accounts_from_many_addresses_meets_the_network_limit() {
    for kit in kits().await {
        let mut checked = 0;
        for n in 0..200 {
            let ip = format!("198.51.100.{}", n % 50);
            checked += usize::from(from(&kit, &ip, &format!("victim{n}"), WRONG).await == "Wrong");
        }
        assert_eq!(checked, 31, "more than 30 in ten minutes block the /24");
        assert_eq!(from(&kit, "198.51.100.200", "anybody", WRONG).await, "Wait(1800s)");
        assert_eq!(from(&kit, "198.51.101.200", "anybody", WRONG).await, "Wrong", "the next network");
        let mut checked = 0;
        for n in 0..200 {
            let ip = format!("2001:db8:0:1::{n:x}");
            checked += usize::from(from(&kit, &ip, &format!("victim{n}"), WRONG).await == "Wrong");
        }
        assert_eq!(checked, 31, "a /64 is one network");
    }
}

#[tokio::test]
async fn a_known_device_is_not_shut_out_by_its_neighbours() {
    for kit in kits().await {
        let alice = kit.add_person(&NewPerson::active("alice", RIGHT)).await;
        kit.add_person(&NewPerson::active("bob", RIGHT)).await;
        let earlier = enter(&kit, "alice", RIGHT).await;
        for n in 0..6 {
            from(&kit, "192.0.2.7", &format!("victim{n}"), WRONG).await;
        }
        let with_device = |name, device| Attempt { device: Some(device), ..attempt(name, RIGHT) };
        let cx = kit.cx_from("192.0.2.7");
        let mark = earlier.device.expose();
        assert_eq!(shown(&sign_in(&kit, &cx, with_device("alice", mark)).await), "done");
        assert_eq!(
            shown(&sign_in(&kit, &cx, with_device("bob", mark)).await),
            "Wait(1800s)",
            "another's mark"
        );
        assert_eq!(shown(&sign_in(&kit, &cx, with_device("alice", "ptd_x")).await), "Wait(1800s)");
        advance(&kit, Duration::from_secs(1));
        move_to(&kit, alice.id, UserState::Suspended).await;
        move_to(&kit, alice.id, UserState::Active).await;
        let cx = kit.cx_from("192.0.2.7");
        assert_eq!(
            shown(&sign_in(&kit, &cx, with_device("alice", mark)).await),
            "Wait(1799s)",
            "a voided mark"
        );
    }
}

#[tokio::test]
async fn loopback_is_exempt_only_when_asked() {
    for kit in kits().await {
        for n in 0..20 {
            let mut wrong = attempt("victim", WRONG);
            let name = format!("victim{n}");
            wrong.name = &name;
            wrong.exempt_loopback = true;
            assert_eq!(shown(&sign_in(&kit, &kit.cx_from("127.0.0.1"), wrong).await), "Wrong");
        }
        for n in 0..6 {
            let mut wrong = attempt("other", WRONG);
            let name = format!("other{n}");
            wrong.name = &name;
            wrong.exempt_loopback = n % 2 == 0;
            assert_eq!(shown(&sign_in(&kit, &kit.cx_from("192.0.2.1"), wrong).await), "Wrong");
            assert_eq!(from(&kit, "::1", &name, WRONG).await, "Wrong");
        }
        assert_eq!(from(&kit, "192.0.2.1", "x", WRONG).await, "Wait(1800s)", "exempt is loopback only");
        assert_eq!(from(&kit, "::1", "x", WRONG).await, "Wait(1800s)");
    }
}
