//! Setting a new password with a link.

use std::time::Duration;

use portico::domain::signin::{
    LinkPurpose, NewPassword, PasswordProblem, PasswordSet, find_link, make_link, set_new_password,
};
use portico::testkit::NewPerson;

use super::*;

const NEW: &str = "entirely new and unguessed";

async fn set(kit: &TestServices, token: &Secret, purpose: LinkPurpose, password: &str) -> PasswordSet {
    let wish = NewPassword {
        token: token.expose(),
        purpose,
        password: Secret::new(password),
        user_agent: None,
        replaces: None,
    };
    set_new_password(&kit.services, &kit.tenant, &kit.cx(), wish).await.expect("no fault")
}

async fn link(kit: &TestServices, user: UserId) -> Secret {
    let (tenant, cx) = (kit.tenant.id, kit.cx());
    let made = kit.write(move |tx| {
        let user = users::find(tx, tenant, user)?.unwrap();
        make_link(tx, &cx, tenant, &user, LinkPurpose::Recover)
    });
    made.await.0
}

async fn state(kit: &TestServices, user: UserId) -> UserState {
    let tenant = kit.tenant.id;
    kit.read(move |conn| users::find(conn, tenant, user)).await.unwrap().state
}

#[tokio::test]
async fn a_required_password_is_set_once_and_everything_older_is_void() {
    for kit in kits().await {
        let user = kit.add_person(&NewPerson::active("alice", RIGHT)).await;
        let earlier = enter(&kit, "alice", RIGHT).await;
        move_to(&kit, user.id, UserState::PasswordResetRequired).await;
        assert!(current(&kit, earlier.cookie.expose()).await.is_none());
        assert_eq!(shown(&try_in(&kit, "alice", WRONG).await), "Wrong");
        let SignIn::MustSetPassword { user: whose, proof } = try_in(&kit, "alice", RIGHT).await else {
            panic!("no new password was asked for");
        };
        assert_eq!(whose, user.id);
        let purpose = LinkPurpose::SetPassword;
        for (password, problem) in [
            ("", PasswordProblem::Missing),
            ("short", PasswordProblem::TooShort),
            (RIGHT, PasswordProblem::Same),
            ("aliceAliceAliceAlice", PasswordProblem::Common),
            (&"long ".repeat(1000), PasswordProblem::TooLong),
        ] {
            let outcome = set(&kit, &proof, purpose, password).await;
            assert!(
                matches!(outcome, PasswordSet::Refused(why) if why == problem),
                "{problem:?}: {outcome:?}"
            );
        }
        assert!(matches!(set(&kit, &proof, LinkPurpose::Recover, NEW).await, PasswordSet::BadLink));
        let PasswordSet::Done(entered) = set(&kit, &proof, purpose, NEW).await else {
            panic!("refusals must not burn the link");
        };
        assert!(current(&kit, entered.cookie.expose()).await.is_some());
        assert_eq!(state(&kit, user.id).await, UserState::Active);
        assert!(matches!(set(&kit, &proof, purpose, NEW).await, PasswordSet::BadLink), "once");
        assert_eq!(shown(&try_in(&kit, "alice", RIGHT).await), "Wrong", "the old password");
        enter(&kit, "alice", NEW).await;
    }
}

#[tokio::test]
async fn a_new_password_ends_the_sessions_of_other_browsers() {
    for kit in kits().await {
        let user = kit.add_person(&NewPerson::active("alice", RIGHT)).await;
        let elsewhere = enter(&kit, "alice", RIGHT).await;
        let token = link(&kit, user.id).await;
        let PasswordSet::Done(entered) = set(&kit, &token, LinkPurpose::Recover, NEW).await else {
            panic!("a good link");
        };
        assert!(current(&kit, elsewhere.cookie.expose()).await.is_none());
        assert!(current(&kit, entered.cookie.expose()).await.is_some());
        assert_eq!(recorded(&kit, "password.changed").await, 1);
    }
}

#[tokio::test]
async fn a_recovery_link_lets_in_but_lifts_no_stop() {
    for kit in kits().await {
        use UserState as S;
        for (n, from) in S::ALL.into_iter().enumerate() {
            let username = format!("person{n}");
            let new = NewPerson { state: from, ..NewPerson::active(&username, RIGHT) };
            let user = kit.add_person(&new).await;
            let token = link(&kit, user.id).await;
            let outcome = set(&kit, &token, LinkPurpose::Recover, NEW).await;
            if matches!(from, S::Suspended | S::Deactivated | S::Deleted) {
                assert!(matches!(outcome, PasswordSet::BadLink), "{from}");
                assert_eq!(state(&kit, user.id).await, from);
            } else {
                assert!(matches!(outcome, PasswordSet::Done(_)), "{from}: {outcome:?}");
                assert_eq!(state(&kit, user.id).await, S::Active);
            }
        }
    }
}

#[tokio::test]
async fn a_link_ends_by_time_by_a_newer_one_and_by_what_voids_the_account() {
    for kit in kits().await {
        let user = kit.add_person(&NewPerson::active("alice", RIGHT)).await;
        let find = async |token: &Secret| {
            let (tenant, token, now) = (kit.tenant.id, token.expose().to_owned(), kit.services.clock.now());
            kit.read(move |conn| find_link(conn, tenant, &token, LinkPurpose::Recover, now)).await
        };
        let first = link(&kit, user.id).await;
        assert_eq!(find(&first).await.unwrap().id, user.id);
        let second = link(&kit, user.id).await;
        assert!(find(&first).await.is_none() && find(&second).await.is_some(), "a newer one");
        assert!(find(&Secret::new(second.expose().to_uppercase())).await.is_none());
        advance(&kit, Duration::from_secs(30 * 60));
        assert!(find(&second).await.is_none(), "time");
        let third = link(&kit, user.id).await;
        advance(&kit, Duration::from_secs(1));
        move_to(&kit, user.id, UserState::Suspended).await;
        move_to(&kit, user.id, UserState::Active).await;
        assert!(find(&third).await.is_none(), "voided with the rest");
        assert!(matches!(set(&kit, &third, LinkPurpose::Recover, NEW).await, PasswordSet::BadLink));
        enter(&kit, "alice", RIGHT).await;
    }
}
