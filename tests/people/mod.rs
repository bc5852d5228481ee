//! People: making accounts, moving them through their states, the way back in for an administrator.

mod create;
mod credentials;
mod lifecycle;

use portico::domain::people::{self, NewPerson, PersonError};
use portico::kernel::{Actor, Clock, Cx, Rng, Secret, Timestamp};
use portico::store::users::UserRow;
use portico::testkit::{TestServices, services_everywhere};

/// A password that keeps every rule.
const GOOD: &str = "Pelican-3-harbour-lantern";

/// A kit on each kind of database.
async fn kits() -> Vec<TestServices> {
    services_everywhere(|| (Clock::frozen(Timestamp::from_seconds(1_800_000_000)), Rng::seeded(11))).await
}

fn operator(kit: &TestServices) -> Cx {
    Cx { actor: Actor::Operator, ..kit.cx() }
}

fn person(email: &str) -> NewPerson {
    NewPerson { email: email.to_owned(), ..NewPerson::default() }
}

fn admin(email: &str) -> NewPerson {
    NewPerson { verified: true, roles: vec!["admin".to_owned()], ..person(email) }
}

async fn create(kit: &TestServices, new: NewPerson) -> Result<UserRow, PersonError> {
    people::create(&kit.services, &operator(kit), new).await
}

async fn made(kit: &TestServices, new: NewPerson) -> UserRow {
    create(kit, new).await.expect("an account")
}

async fn found(kit: &TestServices, who: &str) -> UserRow {
    let (tenant, who) = (kit.tenant.id, who.to_owned());
    kit.read(move |conn| people::find(conn, tenant, &who)).await.expect("an account")
}

fn with_password(new: NewPerson) -> NewPerson {
    NewPerson { password: Some(Secret::new(GOOD)), ..new }
}
