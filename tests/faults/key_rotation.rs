//! kills around the rotation of signing keys, of the command that rotates and of the server that signs.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portico::crypto::{KeyFamily, KeyState};
use portico::domain::keys::{KeySummary, list};
use portico::kernel::Rng;
use serde_json::Value;

use super::any_moment;
use super::customer::Customer;
use super::node::Node;
use super::site::Site;

const KILLS: usize = 100;

/// Key ids as the server publishes them.
async fn published(customer: &mut Customer) -> BTreeSet<String> {
    let jwks = customer.browser.get("/jwks").await.json();
    let keys = jwks["keys"].as_array().expect("keys");
    keys.iter().map(|key| key["kid"].as_str().expect("a kid").to_owned()).collect()
}

fn kid(token: &str) -> String {
    let head = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<Value>(&head).unwrap()["kid"].as_str().expect("a kid").to_owned()
}

/// The keys as stored: exactly one of each family signs, and no announced one waits.
fn stored(site: &Site) -> Vec<KeySummary> {
    let keys = site.look(list);
    for family in KeyFamily::ALL {
        let states: Vec<KeyState> =
            keys.iter().filter(|key| key.family == family).map(|key| key.state).collect();
        let active = states.iter().filter(|state| **state == KeyState::Active).count();
        assert_eq!(active, 1, "{family}: {states:?}");
        assert!(!states.contains(&KeyState::Published), "a rotation was left half done: {states:?}");
    }
    keys
}

/// Rotates, and kills somebody at some moment on the way: the command, the server, or both.
async fn rotate(site: &Site, node: Node, victim: usize, moment: Duration) -> Node {
    let mut command = site.command(&["key", "rotate", "--now"]);
    let mut rotating = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a process");
    tokio::time::sleep(moment).await;
    if victim != 1 {
        // It may have come to its end before.
        let _ = rotating.kill();
    }
    let node = if victim == 0 {
        node
    } else {
        node.kill();
        site.serve()
    };
    rotating.wait().unwrap();
    node
}

#[tokio::test]
async fn r_04_a_hundred_kills_around_a_rotation_leave_one_key_of_each_family_and_lose_none() {
    let site = Site::sqlite(&[("tokens.client_credentials_lifetime", "'1h'")]);
    let client = site.client(&[]);
    // How long a rotation takes here, so that the kills fall into it.
    let begun = tokio::time::Instant::now();
    site.tell(&["key", "rotate", "--now"]);
    let usual = begun.elapsed();
    let (rng, mut node, mut tokens, mut done) = (Rng::system(), site.serve(), Vec::new(), 0);
    let mut customer = Customer::new(node.browser(), &client, "none");
    let mut before = published(&mut customer).await;
    for kill in 0..KILLS {
        tokens.push(customer.own_token().await.unwrap());
        node = rotate(&site, node, kill % 3, any_moment(&rng, usual.mul_f64(1.5))).await;
        customer = Customer::new(node.browser(), &client, "none");
        let keys = stored(&site);
        let kids: BTreeSet<String> = keys.iter().map(|key| key.kid.clone()).collect();
        let now = published(&mut customer).await;
        assert_eq!(now, kids, "the server publishes what is stored");
        assert!(now.is_superset(&before), "a key that signed is gone");
        done += usize::from(now != before);
        before = now;
        let token = customer.own_token().await.unwrap();
        let signs = keys.iter().find(|key| key.kid == kid(&token)).expect("a known key");
        assert_eq!(signs.state, KeyState::Active, "signed with the key that signs now");
        for token in tokens.iter().rev().take(3) {
            assert!(customer.is_active(token).await.unwrap(), "signed before the kill");
        }
    }
    for token in &tokens {
        assert!(customer.is_active(token).await.unwrap());
    }
    assert!((1..KILLS).contains(&done), "{done} of {KILLS} rotations came to their end: nothing was tested");
}
