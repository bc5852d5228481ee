//! two nodes over one database are given the same thing at the same moment.

use portico::kernel::{Clock, Rng};
use portico::store::list_audit;
use portico::testkit::{
    Browser, NOON, NewPerson, Reply, TestApp, TestClient, confidential, member, services_everywhere,
};

const ROUNDS: usize = 100;

/// The whole server on each kind of database.
async fn apps() -> Vec<TestApp> {
    let kits = services_everywhere(|| (Clock::frozen(NOON), Rng::seeded(1))).await;
    kits.into_iter()
        .map(|kit| TestApp::over(kit, |config| config.limits.invalid_codes_per_minute = 0))
        .collect()
}

/// A signed-in person's browser and a client, with a browser for each node.
struct Stage {
    client: TestClient,
    person: Browser,
    here: Browser,
    there: Browser,
}

impl Stage {
    async fn on(app: &TestApp, second: std::net::SocketAddr) -> Self {
        let client = app.kit.add_client(&confidential()).await;
        let alice = app.kit.add_person(&NewPerson::active("alice", "correct horse battery")).await;
        let mut person = app.browser();
        app.kit.sign_in(&mut person, &alice).await;
        let (here, there) = (app.browser(), Browser::new(second));
        let mut stage = Self { client, person, here, there };
        // Both nodes have their connections and caches before the first race.
        for _ in 0..2 {
            let code = stage.person.code(&stage.client, &[]).await;
            stage.there.redeem(&stage.client, &code).await;
        }
        stage
    }

    async fn redeem_twice(&mut self, code: &str) -> [Reply; 2] {
        let (a, b) =
            tokio::join!(self.here.redeem(&self.client, code), self.there.redeem(&self.client, code));
        [a, b]
    }

    async fn refresh_twice(&mut self, token: &str) -> [Reply; 2] {
        let (a, b) =
            tokio::join!(self.here.refresh(&self.client, token), self.there.refresh(&self.client, token));
        [a, b]
    }
}

async fn recorded(app: &TestApp, kind: &str) -> usize {
    let tenant = app.kit.tenant.id;
    let events = app.kit.read(move |conn| list_audit(conn, tenant, None, 100_000)).await;
    events.iter().filter(|event| event.kind == kind).count()
}

#[tokio::test]
async fn r_32_one_code_at_two_nodes_is_redeemed_once_and_then_void() {
    for app in apps().await {
        let (second, _node) = app.second_node();
        let mut stage = Stage::on(&app, second).await;
        for round in 0..ROUNDS {
            let code = stage.person.code(&stage.client, &[]).await;
            let mut replies = stage.redeem_twice(&code).await;
            replies.sort_by_key(|reply| reply.status);
            let [won, lost] = &replies;
            assert_eq!((won.status, lost.status), (200, 400), "{round}: {} {}", won.body, lost.body);
            assert_eq!(lost.json()["error"], "invalid_grant");
            assert!(!lost.body.contains("_token\""), "{}", lost.body);
            // A code that came twice may have been stolen: what the first one got is void (RFC 9700 §4.2.4).
            let access = member(won, "access_token");
            assert!(!stage.here.is_active(&stage.client, &access).await, "round {round}");
            let refreshed = stage.there.refresh(&stage.client, &member(won, "refresh_token")).await;
            assert_eq!(refreshed.status, 400, "round {round}: {}", refreshed.body);
            assert_eq!(recorded(&app, "code.reused").await, round + 1, "one audit row each");
        }
    }
}

// Of two refreshes with one token one rotates; the other is the immediate predecessor within the grace and
// gets the very same successor (docs/decisions/0003), so there is one lineage and nobody is signed out.
#[tokio::test]
async fn r_32_one_refresh_token_at_two_nodes_has_one_successor() {
    for app in apps().await {
        let (second, _node) = app.second_node();
        let mut stage = Stage::on(&app, second).await;
        let code = stage.person.code(&stage.client, &[]).await;
        let tokens = stage.here.redeem(&stage.client, &code).await;
        let mut token = member(&tokens, "refresh_token");
        for round in 0..ROUNDS {
            let replies = stage.refresh_twice(&token).await;
            let mut successors = Vec::new();
            for reply in &replies {
                assert_eq!(reply.status, 200, "{round}: {}", reply.body);
                assert!(stage.here.is_active(&stage.client, &member(reply, "access_token")).await);
                successors.push(member(reply, "refresh_token"));
            }
            assert_eq!(successors[0], successors[1], "round {round}");
            assert_ne!(successors[0], token);
            token = successors.remove(0);
        }
        assert_eq!(recorded(&app, "refresh_token.reused").await, 0);
        // Each round rotated once: the token before the last two is too old and ends the family.
        let family = app
            .kit
            .read(|conn| crate::sql::lines(conn, "SELECT CAST(max(generation) AS TEXT) AS line FROM grants"));
        assert_eq!(family.await, [ROUNDS.to_string()]);
    }
}

/// With the grace over, the old token at both nodes at once is a theft: both are refused, once is recorded.
#[tokio::test]
async fn r_32_one_old_refresh_token_at_two_nodes_ends_the_family_once() {
    for app in apps().await {
        let (second, _node) = app.second_node();
        let mut stage = Stage::on(&app, second).await;
        for round in 0..20 {
            let code = stage.person.code(&stage.client, &[]).await;
            let tokens = stage.here.redeem(&stage.client, &code).await;
            let old = member(&tokens, "refresh_token");
            let present = member(&stage.here.refresh(&stage.client, &old).await, "refresh_token");
            let newest = member(&stage.here.refresh(&stage.client, &present).await, "refresh_token");
            for reply in stage.refresh_twice(&old).await {
                assert_eq!(reply.status, 400, "{round}: {}", reply.body);
                assert_eq!(reply.json()["error"], "invalid_grant");
            }
            assert_eq!(stage.there.refresh(&stage.client, &newest).await.status, 400);
            assert_eq!(recorded(&app, "refresh_token.reused").await, round + 1);
        }
    }
}
