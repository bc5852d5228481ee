use std::time::Duration;

use portico::crypto::{KeyFamily, KeyState, SigningAlg};
use portico::domain::Fault;
use portico::domain::keys::{
    self, KeySummary, NewKey, Rotation, RotationPlan, Settled, longest_token_life, make_successors, rotate,
};
use portico::domain::tenants::settle_keys;
use portico::kernel::{Clock, Rng, TenantSlug, Timestamp};
use portico::testkit::{TestServices, services_everywhere};

const LEAD: Duration = Duration::from_secs(600);

/// A kit on each kind of database.
async fn kits() -> Vec<TestServices> {
    services_everywhere(|| (Clock::frozen(Timestamp::from_seconds(1_800_000_000)), Rng::seeded(13))).await
}

async fn turned(kit: &TestServices, plan: RotationPlan) -> Rotation {
    let (cx, services) = (kit.cx(), &kit.services);
    let made: Vec<NewKey> =
        make_successors(&services.master, cx.tenant, 2048, (cx.now, &cx.rng)).expect("keys");
    let longest = longest_token_life(&services.settings.tokens);
    let done = services.db.write::<_, Fault, _>(move |tx| rotate(tx, &cx, &made, plan, longest)).await;
    one_signs(kit).await;
    done.expect("no fault")
}

async fn later(kit: &TestServices, span: Duration) -> Settled {
    kit.services.clock.advance(span);
    let settled = settle_keys(&kit.services).await.expect("no fault");
    one_signs(kit).await;
    settled
}

async fn all(kit: &TestServices) -> Vec<KeySummary> {
    let tenant = kit.tenant.id;
    kit.read(move |conn| keys::list(conn, tenant)).await
}

async fn kids(kit: &TestServices, state: KeyState) -> Vec<String> {
    all(kit).await.into_iter().filter(|key| key.state == state).map(|key| key.kid).collect()
}

async fn one_signs(kit: &TestServices) {
    let all = all(kit).await;
    for family in KeyFamily::ALL {
        let active = all.iter().filter(|key| key.family == family && key.state == KeyState::Active).count();
        assert_eq!(active, 1, "{family}: {all:?}");
    }
}

/// Whether the ring that requests use has the key, and whether it signs.
async fn in_ring(kit: &TestServices, kid: &str) -> (bool, bool) {
    if kit.services.db.is_shared() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let slug = TenantSlug::default_tenant();
    let tenant = kit.services.registry.tenant(&slug).await.unwrap().unwrap();
    let signs =
        SigningAlg::ALL.into_iter().any(|alg| tenant.ring.signer(alg).is_some_and(|s| s.key().kid() == kid));
    (tenant.ring.keys().any(|key| key.key.kid() == kid), signs)
}

#[tokio::test]
async fn a_194_a_key_is_published_before_it_signs_and_stays_after() {
    for kit in kits().await {
        let old = kids(&kit, KeyState::Active).await;
        assert!(matches!(turned(&kit, RotationPlan::Announce(LEAD)).await, Rotation::Done(_)));
        let new = kids(&kit, KeyState::Published).await;
        assert_eq!((kids(&kit, KeyState::Active).await, new.len()), (old.clone(), 3));
        assert_eq!(in_ring(&kit, &new[0]).await, (true, false), "announced");

        let again = turned(&kit, RotationPlan::Announce(LEAD)).await;
        assert!(matches!(again, Rotation::AlreadyAnnounced(at) if at == kit.services.clock.now().plus(LEAD)));

        assert_eq!(later(&kit, LEAD - Duration::from_secs(1)).await, Settled::default(), "not yet");
        let settled = later(&kit, Duration::from_secs(1)).await;
        assert_eq!((settled.activated, settled.retired, settled.dropped), (3, 3, 0));
        assert_eq!(kids(&kit, KeyState::Active).await, new);
        assert_eq!(in_ring(&kit, &new[0]).await, (true, true), "signs");
        assert_eq!(in_ring(&kit, &old[0]).await, (true, false), "what it signed still verifies");

        let longest = longest_token_life(&kit.services.settings.tokens);
        assert_eq!(later(&kit, longest).await, Settled::default(), "clocks may differ a little");
        assert_eq!(later(&kit, Duration::from_secs(60)).await.dropped, 3);
        assert_eq!(in_ring(&kit, &old[0]).await, (false, false), "gone");
    }
}

// S2-59.
#[tokio::test]
async fn announced_keys_can_take_over_at_once() {
    for kit in kits().await {
        turned(&kit, RotationPlan::Announce(LEAD)).await;
        let announced = kids(&kit, KeyState::Published).await;
        turned(&kit, RotationPlan::Now).await;
        assert_eq!(kids(&kit, KeyState::Active).await, announced);
        assert_eq!(all(&kit).await.len(), 6, "no further keys were made");
        turned(&kit, RotationPlan::Now).await;
        assert_eq!(kids(&kit, KeyState::Retired).await.len(), 6);
    }
}

// S2-59.
#[tokio::test]
async fn a_194_in_an_emergency_old_keys_are_gone_at_once() {
    for kit in kits().await {
        turned(&kit, RotationPlan::Now).await;
        turned(&kit, RotationPlan::Announce(LEAD)).await;
        let before: Vec<String> = all(&kit).await.into_iter().map(|key| key.kid).collect();
        turned(&kit, RotationPlan::Emergency).await;
        let after = all(&kit).await;
        assert_eq!(after.len(), 3);
        assert!(after.iter().all(|key| key.state == KeyState::Active && !before.contains(&key.kid)));
    }
}

#[tokio::test]
async fn one_tenants_rotation_is_not_anothers() {
    for kit in kits().await {
        let acme = kit.add_tenant("acme").await;
        turned(&kit, RotationPlan::Emergency).await;
        let theirs = acme.id;
        let kept = kit.read(move |conn| keys::list(conn, theirs)).await;
        assert!(kept.len() == 3 && kept.iter().all(|key| key.state == KeyState::Active));
    }
}

#[tokio::test]
async fn r_04_rotations_at_the_same_time_leave_one_key_that_signs() {
    for kit in kits().await {
        let done = tokio::join!(
            turned_quietly(&kit, RotationPlan::Now),
            turned_quietly(&kit, RotationPlan::Now),
            turned_quietly(&kit, RotationPlan::Emergency),
            settle_keys(&kit.services),
        );
        done.3.expect("no fault");
        one_signs(&kit).await;
    }
}

async fn turned_quietly(kit: &TestServices, plan: RotationPlan) {
    let (cx, services) = (kit.cx(), &kit.services);
    let made: Vec<NewKey> =
        make_successors(&services.master, cx.tenant, 2048, (cx.now, &cx.rng)).expect("keys");
    let rotation =
        services.db.write::<_, Fault, _>(move |tx| rotate(tx, &cx, &made, plan, Duration::from_secs(600)));
    rotation.await.expect("no fault");
}
