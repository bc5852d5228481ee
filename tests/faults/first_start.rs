//! several nodes start at once on a place where nothing is yet, and some are killed while they do.

use std::time::Duration;

use portico::kernel::{Rng, TenantSlug};
use portico::store::tenants;
use portico::testkit::{Browser, member};

use super::any_moment;
use super::node::{Node, Starting};
use super::site::Site;

/// One default tenant with its keys, and every node speaks for it.
async fn assert_one_installation(site: &Site, nodes: &[Node]) {
    let all = site.look(|conn, _| tenants::list(conn, None, 10));
    let slugs: Vec<&TenantSlug> = all.iter().map(|row| &row.slug).collect();
    assert_eq!(slugs, [&TenantSlug::default_tenant()]);
    let client = site.client(&[]);
    let mut sets = Vec::new();
    for node in nodes {
        let mut browser = node.browser();
        assert_eq!(browser.get("/health/ready").await.status, 200);
        let jwks = browser.get("/jwks").await.json();
        assert_eq!(jwks["keys"].as_array().map(Vec::len), Some(3), "one key of each family");
        sets.push(jwks);
    }
    assert!(sets.iter().all(|set| *set == sets[0]), "the same keys everywhere");
    // What one signs the others know.
    let mut first = nodes[0].browser();
    let token = member(&first.token(&client, &[("grant_type", "client_credentials")]).await, "access_token");
    for node in nodes {
        let mut browser: Browser = node.browser();
        assert!(browser.is_active(&client, &token).await);
    }
}

#[tokio::test]
async fn r_30_three_nodes_at_once_make_one_installation() {
    for _ in 0..5 {
        for site in Site::everywhere(&[]) {
            let starting = [site.launch(), site.launch(), site.launch()];
            let nodes = starting.map(Starting::ready);
            assert_one_installation(&site, &nodes).await;
        }
    }
}

#[tokio::test]
async fn r_30_a_first_start_that_was_killed_is_taken_up_by_the_next() {
    let rng = Rng::system();
    for site in (0..12).flat_map(|_| Site::everywhere(&[])) {
        for _ in 0..3 {
            let starting = [site.launch(), site.launch()];
            tokio::time::sleep(any_moment(&rng, Duration::from_millis(250))).await;
            starting.into_iter().for_each(Starting::kill);
        }
        let nodes = [site.serve()];
        assert_one_installation(&site, &nodes).await;
        assert_eq!(
            std::fs::metadata(site.path("keys/master.key")).map(|found| found.is_file()).ok(),
            Some(true)
        );
    }
}
