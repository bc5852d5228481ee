use std::time::Duration;

use portico::domain::people::{StateOutcome, change_state, check_account};
use portico::domain::signin::{ACR_PASSWORD, NewSession, start_session};
use portico::kernel::{Transition, UserId, UserState};
use portico::store::{Tx, list_audit, sessions};
use portico::testkit::TestServices;

use super::{admin, found, kits, made, operator, person};

async fn moved(kit: &TestServices, user: UserId, transition: Transition) -> StateOutcome {
    let cx = operator(kit);
    let change = move |tx: &mut Tx<'_>| change_state(tx, &cx, user, transition, Some("because"));
    kit.services.db.write(change).await.expect("no fault")
}

// S1-13, S1-14: the state, its reason, who and when.
#[tokio::test]
async fn a_move_is_told_and_kept() {
    for kit in kits().await {
        let user = made(&kit, person("a@example.com")).await;
        let outcome = moved(&kit, user.id, Transition::Activate).await;
        assert_eq!(outcome, StateOutcome::Changed { from: UserState::Created, to: UserState::Active });
        let again = moved(&kit, user.id, Transition::Activate).await;
        assert_eq!(again, StateOutcome::NotAllowed { from: UserState::Active });
        let row = found(&kit, "a@example.com").await;
        assert_eq!(
            (row.state_reason.as_deref(), row.state_changed_by.as_str()),
            (Some("because"), "operator")
        );
        let tenant = kit.tenant.id;
        let kinds: Vec<String> = kit
            .read(move |conn| list_audit(conn, tenant, None, 10))
            .await
            .into_iter()
            .filter(|event| event.user.as_deref() == Some(user.id.to_string().as_str()))
            .map(|event| event.kind)
            .collect();
        assert!(kinds.contains(&"user.activated".to_owned()) && kinds.contains(&"user.created".to_owned()));
    }
}

// S1-16, S1-17: in the same transaction.
#[tokio::test]
async fn leaving_active_ends_what_was_begun() {
    for kit in kits().await {
        for transition in [
            Transition::Suspend,
            Transition::Deactivate,
            Transition::Delete,
            Transition::RequirePasswordReset,
        ] {
            let mut new = person(&format!("{transition:?}@example.com"));
            new.verified = true;
            let user = made(&kit, new).await;
            let (cx, tenant, limits, owner) =
                (operator(&kit), kit.tenant.id, kit.services.settings.sessions.clone(), user.clone());
            let session = kit
                .write(move |tx| {
                    let acr = ACR_PASSWORD;
                    let new =
                        NewSession { user: &owner, amr: &["pwd"], acr, user_agent: None, replaces: None };
                    Ok(start_session(tx, &cx, tenant, &limits, &new)?.0)
                })
                .await;
            kit.services.clock.advance(Duration::from_secs(1));
            assert!(matches!(moved(&kit, user.id, transition).await, StateOutcome::Changed { .. }));
            let row = found(&kit, &user.id.to_string()).await;
            assert!(check_account(&row, kit.services.clock.now()).is_err(), "{transition:?}: the state");
            let id = session.id;
            let ended = kit.read(move |conn| sessions::find(conn, tenant, id)).await.expect("a session");
            assert!(ended.ended_at.is_some(), "{transition:?}: the session");
            // Let in again, only what is begun from now on is good.
            if transition == Transition::Delete {
                moved(&kit, user.id, Transition::Restore).await;
            }
            moved(&kit, user.id, Transition::Activate).await;
            let row = found(&kit, &user.id.to_string()).await;
            assert!(check_account(&row, session.created_at).is_err(), "{transition:?}: an old grant");
            let later = kit.services.clock.now().plus(Duration::from_secs(1));
            assert!(check_account(&row, later).is_ok(), "{transition:?}: a new grant");
        }
    }
}

#[tokio::test]
async fn r_32_the_last_administrator_stays() {
    for kit in kits().await {
        let (one, two) =
            (made(&kit, admin("one@example.com")).await, made(&kit, admin("two@example.com")).await);
        // Roles that only look alike do not count.
        let mut other = person("three@example.com");
        (other.verified, other.roles) = (true, vec!["admin.readonly".to_owned()]);
        made(&kit, other).await;
        assert!(matches!(moved(&kit, one.id, Transition::Suspend).await, StateOutcome::Changed { .. }));
        for transition in [
            Transition::Suspend,
            Transition::Deactivate,
            Transition::Delete,
            Transition::RequirePasswordReset,
        ] {
            assert_eq!(moved(&kit, two.id, transition).await, StateOutcome::LastAdmin, "{transition:?}");
        }
        // One who is stopped already may go all the way.
        assert!(matches!(moved(&kit, one.id, Transition::Delete).await, StateOutcome::Changed { .. }));
    }
}

#[tokio::test]
async fn r_32_two_administrators_cannot_remove_each_other() {
    for kit in kits().await {
        for round in 0..20 {
            let one = made(&kit, admin(&format!("one-{round}@example.com"))).await;
            let two = made(&kit, admin(&format!("two-{round}@example.com"))).await;
            let (a, b) = tokio::join!(
                moved(&kit, one.id, Transition::Suspend),
                moved(&kit, two.id, Transition::Delete)
            );
            let gone =
                [a, b].iter().filter(|outcome| matches!(outcome, StateOutcome::Changed { .. })).count();
            assert_eq!(gone, 1, "round {round}: {a:?} {b:?}");
            // The one who stayed must not count for the next round; together with a new one they may go.
            made(&kit, admin(&format!("next-{round}@example.com"))).await;
            let stayed = if matches!(a, StateOutcome::Changed { .. }) { two.id } else { one.id };
            moved(&kit, stayed, Transition::Deactivate).await;
            let next = found(&kit, &format!("next-{round}@example.com")).await;
            // Leaves no active administrator but by demotion, which is what the rule is for.
            assert_eq!(moved(&kit, next.id, Transition::Suspend).await, StateOutcome::LastAdmin);
            kit.write({
                let tenant = kit.tenant.id;
                move |tx| {
                    let change = portico::store::users::StateChange {
                        from: UserState::Active,
                        to: UserState::Deactivated,
                        reason: None,
                        by: "test",
                        at: portico::kernel::Timestamp::from_seconds(1),
                        void_earlier: false,
                    };
                    portico::store::users::change_state(tx, tenant, next.id, &change)
                }
            })
            .await;
        }
    }
}

#[tokio::test]
async fn nobody_is_nobody() {
    for kit in kits().await {
        let stranger = UserId::new(kit.services.clock.now(), &kit.services.rng);
        assert_eq!(moved(&kit, stranger, Transition::Suspend).await, StateOutcome::NotFound);
    }
}
