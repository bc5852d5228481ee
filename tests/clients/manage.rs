use std::time::Duration;

use portico::domain::Fault;
use portico::domain::clients::{self, ClientKind, SecretRotation, delete, rotate_secret, set_enabled};
use portico::kernel::ClientId;
use portico::testkit::TestServices;

use super::{kits, stored, wanted};

const DAY: Duration = Duration::from_secs(86_400);

async fn rotated(kit: &TestServices, id: &ClientId) -> SecretRotation {
    let (cx, tenant, id) = (kit.cx(), kit.tenant.clone(), id.clone());
    let rotation =
        kit.services.db.write::<_, Fault, _>(move |tx| rotate_secret(tx, &cx, &tenant.keys, &id, DAY));
    rotation.await.expect("no fault")
}

fn value(rotation: SecretRotation) -> String {
    match rotation {
        SecretRotation::Rotated { secret, .. } => secret.value.expose().to_owned(),
        other => panic!("{other:?}"),
    }
}

/// Whether a secret works now.
async fn works(kit: &TestServices, id: &ClientId, secret: &str) -> bool {
    let (tenant, now, wanted) = (kit.tenant.id, kit.services.clock.now(), id.clone());
    let client = kit.read(move |conn| clients::find(conn, tenant, &wanted)).await.expect("a client");
    client.secrets.iter().any(|kept| {
        kept.expires_at.is_none_or(|at| at > now) && kit.tenant.keys.client_secret_matches(secret, &kept.hash)
    })
}

#[tokio::test]
async fn two_secrets_live_while_a_fleet_changes_over() {
    for kit in kits().await {
        let (client, first) = stored(&kit, &wanted(ClientKind::Web)).await;
        let first = first.unwrap();
        kit.services.clock.advance(Duration::from_secs(1));
        let second = value(rotated(&kit, &client.id).await);
        assert!(works(&kit, &client.id, &first).await && works(&kit, &client.id, &second).await);
        kit.services.clock.advance(Duration::from_secs(1));
        let third = value(rotated(&kit, &client.id).await);
        assert!(!works(&kit, &client.id, &first).await, "never more than two");
        assert!(works(&kit, &client.id, &second).await && works(&kit, &client.id, &third).await);
        kit.services.clock.advance(DAY);
        assert!(!works(&kit, &client.id, &second).await, "the older one ends after the overlap");
        assert!(works(&kit, &client.id, &third).await);
    }
}

#[tokio::test]
async fn a_public_client_has_nothing_to_rotate() {
    for kit in kits().await {
        let (client, _) = stored(&kit, &wanted(ClientKind::Spa)).await;
        assert!(matches!(rotated(&kit, &client.id).await, SecretRotation::Public));
        assert!(matches!(rotated(&kit, &ClientId::from_text("nobody")).await, SecretRotation::NotFound));
    }
}

#[tokio::test]
async fn a_047_a_stopped_client_is_stopped_for_the_next_request() {
    for kit in kits().await {
        let (client, _) = stored(&kit, &wanted(ClientKind::Web)).await;
        let registry = &kit.services.registry;
        assert!(registry.client(kit.tenant.id, &client.id).await.unwrap().unwrap().enabled);
        kit.services.clock.advance(Duration::from_secs(1));
        let (cx, id) = (kit.cx(), client.id.clone());
        let stop = move |tx: &mut portico::store::Tx<'_>| set_enabled(tx, &cx, &id, false);
        assert!(kit.services.db.write::<_, Fault, _>(stop).await.unwrap());
        settle(&kit).await;
        let seen = registry.client(kit.tenant.id, &client.id).await.unwrap().unwrap();
        assert!(!seen.enabled && seen.not_before == kit.services.clock.now());
        let (cx, id) = (kit.cx(), client.id.clone());
        assert!(kit.services.db.write::<_, Fault, _>(move |tx| delete(tx, &cx, &id)).await.unwrap());
        settle(&kit).await;
        assert!(registry.client(kit.tenant.id, &client.id).await.unwrap().is_none());
    }
}

/// On PostgreSQL a change reaches other connections with its notification.
async fn settle(kit: &TestServices) {
    if kit.services.db.is_shared() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
