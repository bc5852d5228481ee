//! The password check itself.

use std::time::Duration;

use portico::crypto::{HashLimits, HashParams, PasswordHasher};
use portico::domain::Fault;
use portico::kernel::{Secret, UserState};
use portico::store::users;
use portico::testkit::NewPerson;

use super::*;

#[tokio::test]
async fn the_right_password_leaves_a_session_a_record_and_no_failures() {
    for kit in kits().await {
        let user = kit.add_person(&NewPerson::active("alice", RIGHT)).await;
        assert_eq!(shown(&try_in(&kit, "alice", WRONG).await), "Wrong");
        let signed_in = enter(&kit, "alice", RIGHT).await;
        let session = &signed_in.session;
        assert_eq!((session.user, session.amr.as_str()), (user.id, "pwd"));
        assert_eq!(session.acr, "urn:portico:acr:pwd");
        assert_eq!(session.auth_time, kit.services.clock.now());
        assert!(current(&kit, signed_in.cookie.expose()).await.is_some());
        assert_eq!((recorded(&kit, "login.failed").await, recorded(&kit, "login.succeeded").await), (1, 1));
        let (tenant, id) = (kit.tenant.id, user.id);
        let stored = kit.read(move |conn| users::find(conn, tenant, id)).await.unwrap();
        assert_eq!(stored.last_login_at, Some(kit.services.clock.now().micros()));
        for _ in 0..5 {
            assert_eq!(shown(&try_in(&kit, "alice", WRONG).await), "Wrong", "five are free again");
        }
    }
}

#[tokio::test]
async fn a_068_no_state_of_an_account_shows() {
    for kit in kits().await {
        let states = [
            ("created", UserState::Created, None),
            ("unverified", UserState::Unverified, Some(RIGHT)),
            ("suspended", UserState::Suspended, Some(RIGHT)),
            ("deactivated", UserState::Deactivated, Some(RIGHT)),
            ("deleted", UserState::Deleted, Some(RIGHT)),
        ];
        for (username, state, password) in states {
            kit.add_person(&NewPerson { username, email: None, password, state }).await;
        }
        kit.add_person(&NewPerson::active("active", "another password altogether")).await;
        let mut seen = Vec::new();
        for name in ["created", "unverified", "suspended", "deactivated", "deleted", "active", "nobody", ""] {
            let mut outcomes = Vec::new();
            for _ in 0..7 {
                outcomes.push(shown(&try_in(&kit, name, RIGHT).await));
                advance(&kit, Duration::from_millis(100));
            }
            seen.push(outcomes);
        }
        assert_eq!(seen[0][..5], ["Wrong"; 5]);
        assert_eq!(seen[0][5..], ["Wait(900ms)", "Wait(800ms)"]);
        assert!(seen.iter().all(|outcomes| *outcomes == seen[0]), "{seen:#?}");
        assert_eq!(recorded(&kit, "login.failed").await, 8 * 5);
    }
}

#[tokio::test]
async fn a_068_a_typed_name_is_not_recorded() {
    for kit in kits().await {
        drop(try_in(&kit, "my-secret-typed-too-early", WRONG).await);
        let tenant = kit.tenant.id;
        let events = kit.read(move |conn| portico::store::list_audit(conn, tenant, None, 10)).await;
        let failed = events.iter().find(|event| event.kind == "login.failed").unwrap();
        assert!(failed.detail.contains("unknown_name") && !failed.detail.contains("typed"), "{failed:?}");
    }
}

#[tokio::test]
async fn a_076_every_byte_counts_and_long_ones_are_not_hashed() {
    for kit in kits().await {
        let start = "x".repeat(36) + &"é".repeat(18);
        assert_eq!(start.len(), 72);
        let right = format!("{start}Tail");
        kit.add_person(&NewPerson::active("alice", &right)).await;
        let near = [format!("{start}other"), format!("{right} "), format!("{right}\0"), right.to_lowercase()];
        for wrong in near.iter().chain([&format!(" {right}")]) {
            assert_eq!(shown(&try_in(&kit, "alice", wrong).await), "Wrong", "{wrong:?}");
            advance(&kit, Duration::from_secs(3600));
        }
        assert_eq!(shown(&try_in(&kit, "alice", &right).await), "done");
        let checked = recorded(&kit, "login.failed").await;
        for long in ["x".repeat(129), "é".repeat(129), "x".repeat(1 << 20), "\u{1f510}".repeat(1025)] {
            assert_eq!(shown(&try_in(&kit, "alice", &long).await), "TooLong");
        }
        assert_eq!(recorded(&kit, "login.failed").await, checked, "neither hashed nor counted");
    }
}

#[tokio::test]
async fn an_old_hash_is_renewed_only_for_those_who_are_let_in() {
    for kit in kits().await {
        let old =
            PasswordHasher::new(HashParams { memory_kib: 32, iterations: 1, parallelism: 1 }, limits(2, 9));
        let hash = old.unwrap().hash_blocking(&Secret::new(RIGHT), &kit.services.rng);
        let mut people = Vec::new();
        for (username, state) in [("alice", UserState::Active), ("mallory", UserState::Suspended)] {
            let new = NewPerson { state, ..NewPerson::active(username, RIGHT) };
            people.push(kit.add_person(&new).await.id);
        }
        let (tenant, ids, stored) = (kit.tenant.id, people.clone(), hash.clone());
        let now = kit.services.clock.now();
        kit.write(move |tx| {
            ids.iter().try_for_each(|id| users::set_password(tx, tenant, *id, &stored, now).map(drop))
        })
        .await;
        enter(&kit, "alice", RIGHT).await;
        assert_eq!(shown(&try_in(&kit, "mallory", RIGHT).await), "Wrong");
        let mut hashes = Vec::new();
        for id in people {
            hashes.push(
                kit.read(move |conn| users::find(conn, tenant, id)).await.unwrap().password_hash.unwrap(),
            );
        }
        assert!(hashes[0].contains("m=16,"), "renewed: {}", hashes[0]);
        assert_eq!(hashes[1], hash, "left alone");
        enter(&kit, "alice", RIGHT).await;
    }
}

#[tokio::test]
async fn a_try_the_hasher_had_no_room_for_is_not_held_against_anybody() {
    for mut kit in kits().await {
        let slow = HashParams { memory_kib: 128 * 1024, iterations: 2, parallelism: 1 };
        settings(&mut kit).hasher = PasswordHasher::new(slow, limits(1, 0)).unwrap();
        let cx = kit.cx();
        let tries = ["one", "two", "three"].map(|name| {
            let (services, tenant) = (&kit.services, &kit.tenant);
            signin::sign_in(services, tenant, &cx, attempt(name, WRONG))
        });
        let outcomes = futures_util::future::join_all(tries).await;
        let busy = outcomes.iter().filter(|outcome| matches!(outcome, Err(Fault::Busy(_)))).count();
        assert_eq!(busy, 2, "{outcomes:?}");
        // What is given back is written a moment later.
        let mut left = usize::MAX;
        for _ in 0..200 {
            left = 0;
            for name in ["one", "two", "three"] {
                let subject = format!("name:{}", kit.tenant.keys.name_key(name));
                left += usize::try_from(failures(&kit, subject).await).unwrap();
            }
            if left == 1 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(left, 1, "only the one that was checked counts");
    }
}

#[tokio::test]
async fn a_password_changed_while_it_is_checked_no_longer_lets_in() {
    for mut kit in kits().await {
        let quick = kit.services.hasher.hash_blocking(&Secret::new("a new one"), &kit.services.rng);
        let slow = HashParams { memory_kib: 128 * 1024, iterations: 5, parallelism: 1 };
        settings(&mut kit).hasher = PasswordHasher::new(slow, limits(1, 1)).unwrap();
        let alice = kit.add_person(&NewPerson::active("alice", RIGHT)).await;
        let (tenant, now) = (kit.tenant.id, kit.services.clock.now());
        let change = async {
            // The try is counted just before its hash begins.
            while failures(&kit, alice.id.to_string()).await == 0 {
                tokio::task::yield_now().await;
            }
            kit.write(move |tx| users::set_password(tx, tenant, alice.id, &quick, now)).await;
        };
        let (outcome, ()) = futures_util::future::join(try_in(&kit, "alice", RIGHT), change).await;
        assert_eq!(shown(&outcome), "Wrong");
        assert_eq!(recorded(&kit, "login.failed").await, 1);
    }
}

async fn failures(kit: &TestServices, subject: String) -> i64 {
    let tenant = kit.tenant.id;
    kit.write(move |tx| Ok(portico::store::throttle::account(tx, tenant, &subject)?.failures)).await
}

fn limits(max_parallel: usize, queue_length: usize) -> HashLimits {
    HashLimits { max_parallel, queue_length, queue_wait: Duration::from_secs(5) }
}
