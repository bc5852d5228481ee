//! Many at once: on several threads, each with a runtime of its own, as the workers of the server have.

use std::sync::Arc;

use futures_util::future::join_all;
use portico::domain::Services;
use portico::domain::signin::{LinkPurpose, NewPassword, PasswordSet, make_link, set_new_password};
use portico::domain::tenants::Tenant;
use portico::testkit::NewPerson;

use super::*;

const THREADS: usize = 8;

/// Runs `each` in every thread and gathers what they say.
fn on_threads<T: Send>(kit: &TestServices, each: impl Fn(&Services, &Tenant) -> Vec<T> + Sync) -> Vec<T> {
    let (services, tenant): (&Arc<Services>, &Arc<Tenant>) = (&kit.services, &kit.tenant);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| each(services, tenant))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[test]
fn a_070_of_200_parallel_tries_no_more_than_the_limit_are_checked() {
    for kit in block_on(kits()) {
        block_on(kit.add_person(&NewPerson::active("alice", RIGHT)));
        let cx = kit.cx();
        for name in ["alice", "nobody"] {
            let outcomes = on_threads(&kit, |services, tenant| {
                let tries =
                    (0..200 / THREADS).map(|_| signin::sign_in(services, tenant, &cx, attempt(name, WRONG)));
                block_on(join_all(tries)).iter().map(|outcome| shown(outcome.as_ref().unwrap())).collect()
            });
            let count = |what: &str| outcomes.iter().filter(|outcome| *outcome == what).count();
            assert_eq!((count("Wrong"), count("Wait(1s)")), (5, 195), "{name}");
        }
        block_on(async {
            assert_eq!(recorded(&kit, "login.failed").await, 10, "five hashes for each name");
            assert_eq!(
                shown(&try_in(&kit, "alice", RIGHT).await),
                "Wait(1s)",
                "the right one comes too late"
            );
            advance(&kit, Duration::from_secs(1));
            enter(&kit, "alice", RIGHT).await;
        });
    }
}

#[test]
fn right_passwords_in_parallel_meet_the_limit_and_no_fault() {
    for kit in block_on(kits()) {
        block_on(kit.add_person(&NewPerson::active("alice", RIGHT)));
        let cx = kit.cx();
        let outcomes = on_threads(&kit, |services, tenant| {
            let tries = (0..25).map(|_| signin::sign_in(services, tenant, &cx, attempt("alice", RIGHT)));
            block_on(join_all(tries)).iter().map(|outcome| shown(outcome.as_ref().unwrap())).collect()
        });
        let count = |what: &str| outcomes.iter().filter(|outcome| *outcome == what).count();
        assert_eq!(count("done") + count("Wait(1s)"), outcomes.len(), "{outcomes:?}");
        assert!(count("done") >= 5);
        assert_eq!(block_on(recorded(&kit, "login.succeeded")), count("done"));
        assert_eq!(block_on(recorded(&kit, "login.failed")), 0);
    }
}

#[test]
fn one_link_used_fifty_times_at_once_sets_one_password() {
    for kit in block_on(kits()) {
        block_on(kit.add_person(&NewPerson::active("alice", RIGHT)));
        let (tenant, cx) = (kit.tenant.id, kit.cx());
        let (token, _) = block_on(async {
            let alice = kit.read(move |conn| users::find_by_key(conn, tenant, "alice")).await.unwrap();
            let cx = cx.clone();
            kit.write(move |tx| make_link(tx, &cx, tenant, &alice, LinkPurpose::Recover)).await
        });
        let outcomes = on_threads(&kit, |services, tenant| {
            let wishes = (0..50 / THREADS + 1).map(|_| {
                let wish = NewPassword {
                    token: token.expose(),
                    purpose: LinkPurpose::Recover,
                    password: Secret::new("entirely new and unguessed"),
                    user_agent: None,
                    replaces: None,
                };
                set_new_password(services, tenant, &cx, wish)
            });
            block_on(join_all(wishes)).into_iter().map(|outcome| outcome.unwrap()).collect()
        });
        let done: Vec<_> = outcomes
            .iter()
            .filter_map(|outcome| if let PasswordSet::Done(entered) = outcome { Some(entered) } else { None })
            .collect();
        assert_eq!(done.len(), 1);
        assert!(block_on(current(&kit, done[0].cookie.expose())).is_some());
    }
}
