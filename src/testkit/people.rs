//! People for tests.

use super::TestServices;
use crate::domain::people::fold_name;
use crate::domain::tenants::Tenant;
use crate::kernel::{Secret, Timestamp, UserId, UserState};
use crate::store::users::{self, UserRow};

/// A person to be added; a name and a password are enough.
#[derive(Clone, Debug)]
pub struct NewPerson<'a> {
    /// The user name.
    pub username: &'a str,
    /// The address, proved.
    pub email: Option<&'a str>,
    /// The password; none for an account that has no credential.
    pub password: Option<&'a str>,
    /// Where the account stands.
    pub state: UserState,
}

impl<'a> NewPerson<'a> {
    /// An active person with a password.
    pub const fn active(username: &'a str, password: &'a str) -> Self {
        Self { username, email: None, password: Some(password), state: UserState::Active }
    }
}

impl TestServices {
    /// Adds a person to the default tenant.
    pub async fn add_person(&self, new: &NewPerson<'_>) -> UserRow {
        self.add_person_of(&self.tenant, new).await
    }

    /// Adds a person.
    pub async fn add_person_of(&self, tenant: &Tenant, new: &NewPerson<'_>) -> UserRow {
        let (now, rng) = (self.services.clock.now(), &self.services.rng);
        let row = UserRow {
            tenant: tenant.id,
            id: UserId::new(now, rng),
            username: new.username.to_owned(),
            username_key: fold_name(new.username),
            email: new.email.map(str::to_owned),
            email_key: new.email.map(fold_name),
            email_verified_at: new.email.map(|_| now.micros()),
            name: None,
            profile: "{}".to_owned(),
            roles: "[]".to_owned(),
            state: new.state,
            state_reason: None,
            state_changed_by: "system".to_owned(),
            state_changed_at: now,
            password_hash: new
                .password
                .map(|text| self.services.hasher.hash_blocking(&Secret::new(text), rng)),
            password_changed_at: new.password.map(|_| now.micros()),
            not_before: Timestamp::from_micros(0),
            last_login_at: None,
            created_at: now,
            updated_at: now,
        };
        let (tenant, stored) = (tenant.id, row.clone());
        self.write(move |tx| users::insert(tx, tenant, &stored)).await;
        row
    }
}
