use std::time::Duration;

use portico::domain::Fault;
use portico::domain::people::{PasswordSetter, RECOVERY, RECOVERY_LIFE, Recovery, recover, set_password};
use portico::kernel::{UserId, UserState, hash_token};
use portico::store::links;
use portico::testkit::TestServices;

use super::{admin, found, kits, made, operator, person};

async fn asked(kit: &TestServices, user: UserId) -> Recovery {
    let cx = operator(kit);
    kit.services.db.write::<_, Fault, _>(move |tx| recover(tx, &cx, user)).await.expect("no fault")
}

#[tokio::test]
async fn a_recovery_link_is_for_administrators_and_once() {
    for kit in kits().await {
        let (boss, user) =
            (made(&kit, admin("boss@example.com")).await, made(&kit, person("a@example.com")).await);
        assert!(matches!(asked(&kit, user.id).await, Recovery::NotAdmin));
        let Recovery::Link(first) = asked(&kit, boss.id).await else { panic!("no link") };
        let Recovery::Link(second) = asked(&kit, boss.id).await else { panic!("no link") };
        let (tenant, now) = (kit.tenant.id, kit.services.clock.now());
        let works = |token: &str, at| {
            let hash = hash_token(token);
            kit.read(move |conn| Ok(links::find(conn, tenant, &hash, RECOVERY, at)?.is_some()))
        };
        assert!(!works(first.expose(), now).await, "a newer one replaces it");
        assert!(works(second.expose(), now).await);
        assert!(!works(second.expose(), now.plus(RECOVERY_LIFE + Duration::from_secs(1))).await);
    }
}

#[tokio::test]
async fn a_password_moves_an_account_on() {
    for kit in kits().await {
        let user = made(&kit, person("a@example.com")).await;
        let cx = operator(&kit);
        let id = user.id;
        let set = kit.services.db.write::<_, Fault, _>(move |tx| {
            set_password(tx, &cx, id, "$argon2id$x", PasswordSetter::Administrator)
        });
        assert!(set.await.expect("no fault"));
        let row = found(&kit, "a@example.com").await;
        assert_eq!(row.state, UserState::Unverified, "the address still needs proof");
        assert_eq!(row.not_before, kit.services.clock.now(), "what was begun before is void");
    }
}
