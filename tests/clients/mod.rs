//! Clients: the rules of registration, secrets that rotate, stopping; and a relying party on the `openidconnect`
//! crate that runs the whole code flow against the binary.

mod live;
mod manage;
mod openidconnect;
mod person;
mod register;
mod relying_party;

use portico::domain::Fault;
use portico::domain::clients::{
    Client, ClientKind, ClientRefused, NewClient, Registration, register, store_client,
};
use portico::kernel::{Clock, Rng, Timestamp};
use portico::testkit::{TestServices, services_everywhere};

const REDIRECT: &str = "https://rp.example.com/cb";

/// A kit on each kind of database.
async fn kits() -> Vec<TestServices> {
    services_everywhere(|| (Clock::frozen(Timestamp::from_seconds(1_800_000_000)), Rng::seeded(12))).await
}

fn wanted(kind: ClientKind) -> NewClient {
    let mut new = NewClient::new("An application", kind);
    if matches!(kind, ClientKind::Web | ClientKind::Spa | ClientKind::Native) {
        new.redirect_uris = vec![REDIRECT.to_owned()];
    }
    new
}

fn registered(kit: &TestServices, new: &NewClient) -> Result<Registration, ClientRefused> {
    register(&kit.cx(), &kit.tenant.keys, new)
}

async fn stored(kit: &TestServices, new: &NewClient) -> (Client, Option<String>) {
    let made = registered(kit, new).expect("a client that keeps the rules");
    let (client, secret) = (made.client().expect("readable"), made.secret.clone());
    let cx = kit.cx();
    kit.services.db.write::<_, Fault, _>(move |tx| store_client(tx, &cx, &made)).await.expect("stored");
    (client, secret.map(|secret| secret.value.expose().to_owned()))
}
