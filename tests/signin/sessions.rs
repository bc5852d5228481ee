//! Sessions: new at every sign-in, ended by time, by sign-out and by whatever stops the account.

use std::time::Duration;

use portico::domain::signin::{LiveSession, end_session, needs_touch, sign_in as sign_in_at, touch_later};
use portico::kernel::{Rng, SessionId, TokenKind};
use portico::store::tenants;
use portico::testkit::NewPerson;

use super::*;

async fn again(kit: &TestServices, name: &str, replaces: SessionId) -> SignedIn {
    let try_again = Attempt { replaces: Some(replaces), ..attempt(name, RIGHT) };
    done(sign_in(kit, &kit.cx(), try_again).await)
}

async fn sign_out(kit: &TestServices, id: SessionId) -> bool {
    let (tenant, cx) = (kit.tenant.id, kit.cx());
    kit.write(move |tx| end_session(tx, &cx, tenant, id, "signed_out")).await
}

#[tokio::test]
async fn a_056_every_sign_in_has_a_new_cookie_and_the_old_one_is_dead() {
    for kit in kits().await {
        kit.add_person(&NewPerson::active("alice", RIGHT)).await;
        kit.add_person(&NewPerson::active("bob", RIGHT)).await;
        let first = enter(&kit, "alice", RIGHT).await;
        let second = again(&kit, "alice", first.session.id).await;
        assert_eq!(first.session.id, second.session.id, "the same person's session goes on under its sid");
        assert_ne!(first.cookie, second.cookie);
        assert!(current(&kit, first.cookie.expose()).await.is_none(), "the old one is dead");
        let third = again(&kit, "bob", second.session.id).await;
        assert_ne!(second.session.id, third.session.id, "another person's session is another one");
        assert!(current(&kit, second.cookie.expose()).await.is_none());
        assert!(sign_out(&kit, third.session.id).await);
        let fourth = enter(&kit, "alice", RIGHT).await;
        assert_ne!(third.session.id, fourth.session.id);
        assert!(current(&kit, third.cookie.expose()).await.is_none());
        assert!(current(&kit, fourth.cookie.expose()).await.is_some());
        assert_eq!(recorded(&kit, "session.ended").await, 2);
    }
}

#[tokio::test]
async fn a_056_a_failed_try_leaves_the_session_alone() {
    for kit in kits().await {
        kit.add_person(&NewPerson::active("alice", RIGHT)).await;
        let held = enter(&kit, "alice", RIGHT).await;
        let wrong = Attempt { replaces: Some(held.session.id), ..attempt("alice", WRONG) };
        assert_eq!(shown(&sign_in(&kit, &kit.cx(), wrong).await), "Wrong");
        assert!(current(&kit, held.cookie.expose()).await.is_some());
    }
}

#[tokio::test]
async fn a_059_after_sign_out_or_another_person_the_cookie_is_nobody() {
    for kit in kits().await {
        kit.add_person(&NewPerson::active("alice", RIGHT)).await;
        let bob = kit.add_person(&NewPerson::active("bob", RIGHT)).await;
        let alice = enter(&kit, "alice", RIGHT).await;
        assert!(sign_out(&kit, alice.session.id).await);
        assert!(current(&kit, alice.cookie.expose()).await.is_none());
        assert!(!sign_out(&kit, alice.session.id).await, "once");
        let alice = enter(&kit, "alice", RIGHT).await;
        let now_bob = again(&kit, "bob", alice.session.id).await;
        assert_ne!(alice.session.id, now_bob.session.id);
        assert!(current(&kit, alice.cookie.expose()).await.is_none());
        assert_eq!(current(&kit, now_bob.cookie.expose()).await.unwrap().user.id, bob.id);
    }
}

#[tokio::test]
async fn a_060_what_stops_the_account_or_the_tenant_stops_the_cookie_for_good() {
    for mut kit in kits().await {
        let user = kit.add_person(&NewPerson::active("alice", RIGHT)).await;
        for state in [UserState::Suspended, UserState::Deactivated, UserState::PasswordResetRequired] {
            let held = enter(&kit, "alice", RIGHT).await;
            assert!(current(&kit, held.cookie.expose()).await.is_some());
            advance(&kit, Duration::from_micros(2));
            move_to(&kit, user.id, state).await;
            assert!(current(&kit, held.cookie.expose()).await.is_none(), "{state}");
            move_to(&kit, user.id, UserState::Active).await;
            assert!(current(&kit, held.cookie.expose()).await.is_none(), "{state}, lifted again");
        }
        let held = enter(&kit, "alice", RIGHT).await;
        advance(&kit, Duration::from_secs(1));
        let (id, now) = (kit.tenant.id, kit.services.clock.now());
        kit.write(move |tx| tenants::set_state(tx, id, "disabled", now)).await;
        let slug = kit.tenant.slug.clone();
        kit.tenant = kit.services.registry.tenant(&slug).await.unwrap().unwrap();
        assert!(current(&kit, held.cookie.expose()).await.is_none(), "a disabled tenant");
        kit.write(move |tx| tenants::set_state(tx, id, "active", now)).await;
        kit.tenant = kit.services.registry.tenant(&slug).await.unwrap().unwrap();
        assert!(current(&kit, held.cookie.expose()).await.is_none(), "enabled again");
    }
}

#[tokio::test]
async fn a_061_idle_and_absolute_limits_both_end_a_session() {
    for kit in kits().await {
        kit.add_person(&NewPerson::active("alice", RIGHT)).await;
        let idle = enter(&kit, "alice", RIGHT).await;
        advance(&kit, Duration::from_secs(3600 - 1));
        assert!(current(&kit, idle.cookie.expose()).await.is_some());
        advance(&kit, Duration::from_secs(1));
        assert!(current(&kit, idle.cookie.expose()).await.is_none(), "an hour without use");

        let used = enter(&kit, "alice", RIGHT).await;
        for minutes in (30..12 * 60).step_by(30) {
            advance(&kit, Duration::from_secs(1800));
            let live = current(&kit, used.cookie.expose()).await.unwrap_or_else(|| panic!("after {minutes}"));
            touch(&kit, &live).await;
        }
        advance(&kit, Duration::from_secs(1800));
        assert!(current(&kit, used.cookie.expose()).await.is_none(), "twelve hours, used all the time");
    }
}

/// Touches as a request does, and waits until it shows.
async fn touch(kit: &TestServices, live: &LiveSession) {
    let now = kit.services.clock.now();
    assert!(needs_touch(live, &kit.services.settings.sessions, now));
    touch_later(&kit.services.db, live, now);
    let (tenant, id) = (kit.tenant.id, live.session.id);
    for _ in 0..500 {
        let row = kit.read(move |conn| portico::store::sessions::find(conn, tenant, id)).await.unwrap();
        if row.last_seen_at == now {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("the mark was not renewed");
}

#[tokio::test]
async fn the_last_seen_mark_is_renewed_once_a_minute() {
    for kit in kits().await {
        kit.add_person(&NewPerson::active("alice", RIGHT)).await;
        let held = enter(&kit, "alice", RIGHT).await;
        let live = current(&kit, held.cookie.expose()).await.unwrap();
        let (mut limits, now) = (kit.services.settings.sessions.clone(), kit.services.clock.now());
        assert!(!needs_touch(&live, &limits, now.plus(Duration::from_secs(59))));
        assert!(needs_touch(&live, &limits, now.plus(Duration::from_secs(60))));
        limits.idle = Duration::from_secs(20);
        assert!(needs_touch(&live, &limits, now.plus(Duration::from_secs(5))), "a short limit");
    }
}

#[tokio::test]
async fn a_062_anything_but_a_live_cookie_of_this_tenant_is_anonymous() {
    for kit in kits().await {
        kit.add_person(&NewPerson::active("alice", RIGHT)).await;
        let held = enter(&kit, "alice", RIGHT).await;
        let cookie = held.cookie.expose();
        let body = TokenKind::Session.decode(cookie).unwrap();
        let mut bad = vec![
            String::new(),
            "garbage".to_owned(),
            "\0\u{ffff}".to_owned(),
            cookie[..cookie.len() - 1].to_owned(),
            format!("{cookie}A"),
            cookie.to_uppercase(),
            held.session.token_hash.clone(),
            held.session.id.to_string(),
            TokenKind::Device.encode(&body).expose().to_owned(),
            TokenKind::Session.random(&Rng::seeded(99)).expose().to_owned(),
        ];
        let other = kit.add_tenant("other").await;
        let (slug, other_id) = (other.slug.clone(), other.id);
        assert_ne!(other_id, kit.tenant.id, "{slug}");
        assert_eq!(
            shown(&sign_in_at(&kit.services, &other, &kit.cx(), attempt("alice", RIGHT)).await.unwrap()),
            "Wrong"
        );
        let mut user = kit
            .read({
                let tenant = kit.tenant.id;
                move |conn| users::find_by_key(conn, tenant, "alice")
            })
            .await
            .unwrap();
        user.tenant = other_id;
        kit.write(move |tx| users::insert(tx, other_id, &user)).await;
        let there =
            done(sign_in_at(&kit.services, &other, &kit.cx(), attempt("alice", RIGHT)).await.unwrap());
        bad.push(there.cookie.expose().to_owned());
        for text in bad {
            assert!(current(&kit, &text).await.is_none(), "{text:?}");
        }
        assert!(current(&kit, cookie).await.is_some());
    }
}
