//! Making an account: checked, hashed, and only then written.

use crate::domain::{Fault, Services, fault_from};
use crate::kernel::{Cx, Secret, Timestamp, UserId, UserState};
use crate::store::users::{self, UserRow};
use crate::store::{AuditEvent, StoreError, Tx, insert_audit};

use super::names::{is_display_name, is_email, is_role, is_username};
use super::{WeakPassword, check_password, fold_name};

/// The most roles an account has.
const MOST_ROLES: usize = 64;

/// An account as it is asked for.
#[derive(Clone, Debug, Default)]
pub struct NewPerson {
    /// The mail address.
    pub email: String,
    /// The user name; the address when absent.
    pub username: Option<String>,
    /// The display name.
    pub name: Option<String>,
    /// The first password; without one the account waits in `Created`.
    pub password: Option<Secret>,
    /// Whether the address counts as proved.
    pub verified: bool,
    /// Names of roles.
    pub roles: Vec<String>,
}

/// Why an account is not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PersonRefused {
    /// Not a mail address.
    #[error("this is not a usable e-mail address")]
    Email,
    /// Not a user name, or somebody else's address.
    #[error(
        "a user name is made of letters and digits of one script and . _ - + ~ ', or is the account's own address"
    )]
    Username,
    /// Not a display name.
    #[error("a display name has 1 to 1020 bytes and no control characters")]
    Name,
    /// Not a role.
    #[error("{0:?} is not a role: up to 64 of a-z, 0-9, '.', '_', ':' and '-', at most 64 roles")]
    Role(String),
    /// Not a good password.
    #[error(transparent)]
    Password(#[from] WeakPassword),
    /// Another account has it.
    #[error("an account with this {0} exists")]
    Taken(&'static str),
}

/// Why making an account ended without one.
#[derive(Debug, thiserror::Error)]
pub enum PersonError {
    /// What was asked for is not acceptable.
    #[error(transparent)]
    Refused(#[from] PersonRefused),
    /// Portico's own failure.
    #[error(transparent)]
    Fault(Fault),
}
fault_from!(PersonError);

/// An account made and hashed but not stored yet.
#[derive(Clone, Debug)]
pub struct PersonDraft(UserRow);

/// Checks an account and hashes its password; slow, so done before the write.
///
/// # Errors
/// [`PersonError::Refused`] naming the rule, or that the hasher is busy.
pub async fn make_person(services: &Services, cx: &Cx, new: NewPerson) -> Result<PersonDraft, PersonError> {
    let email = new.email.trim().to_owned();
    if !is_email(&email) {
        return Err(PersonRefused::Email.into());
    }
    let username = new.username.as_deref().map_or(email.as_str(), str::trim).to_owned();
    if !is_username(&username, &email) {
        return Err(PersonRefused::Username.into());
    }
    if new.name.as_deref().is_some_and(|name| !is_display_name(name)) {
        return Err(PersonRefused::Name.into());
    }
    let roles = checked_roles(new.roles)?;
    let password_hash = match new.password {
        Some(password) => {
            check_password(&services.settings.passwords, password.expose(), &[&username, &email])
                .map_err(PersonRefused::from)?;
            Some(services.hasher.hash(password, &cx.rng).await?)
        }
        None => None,
    };
    let state = match (new.verified, &password_hash) {
        (true, _) => UserState::Active,
        (false, Some(_)) => UserState::Unverified,
        (false, None) => UserState::Created,
    };
    Ok(PersonDraft(UserRow {
        tenant: cx.tenant,
        id: UserId::new(cx.now, &cx.rng),
        username_key: fold_name(&username),
        username,
        email_key: Some(fold_name(&email)),
        email: Some(email),
        email_verified_at: new.verified.then_some(cx.now.micros()),
        name: new.name.map(|name| name.trim().to_owned()),
        profile: "{}".to_owned(),
        roles: serde_json::to_string(&roles).map_err(Fault::internal)?,
        state,
        state_reason: None,
        state_changed_by: cx.actor.label(),
        state_changed_at: cx.now,
        password_changed_at: password_hash.as_ref().map(|_| cx.now.micros()),
        password_hash,
        not_before: Timestamp::from_micros(0),
        last_login_at: None,
        created_at: cx.now,
        updated_at: cx.now,
    }))
}

fn checked_roles(roles: Vec<String>) -> Result<Vec<String>, PersonRefused> {
    let mut kept: Vec<String> = Vec::new();
    for role in roles {
        if !is_role(&role) || kept.len() == MOST_ROLES {
            return Err(PersonRefused::Role(role.chars().take(64).collect()));
        }
        if !kept.contains(&role) {
            kept.push(role);
        }
    }
    Ok(kept)
}

/// Stores an account.
///
/// # Errors
/// [`PersonRefused::Taken`] when the name or the address belongs to another account.
pub fn store_person(tx: &mut Tx<'_>, cx: &Cx, draft: &PersonDraft) -> Result<UserRow, PersonError> {
    let row = &draft.0;
    // Asked first for an answer that names the field; the unique indexes decide between two at once.
    for (key, field) in [(row.email_key.as_ref(), "e-mail address"), (Some(&row.username_key), "user name")] {
        if let Some(key) = key
            && users::find_by_key(tx, cx.tenant, key)?.is_some()
        {
            return Err(PersonRefused::Taken(field).into());
        }
    }
    users::insert(tx, cx.tenant, row).map_err(|error| match error {
        StoreError::Conflict(index) if index.contains("email") => {
            PersonRefused::Taken("e-mail address").into()
        }
        StoreError::Conflict(_) => PersonRefused::Taken("user name").into(),
        other => PersonError::from(other),
    })?;
    let detail = serde_json::json!({ "state": row.state.as_str() });
    insert_audit(tx, cx.tenant, cx, &AuditEvent::new("user.created").user(row.id).detail(detail))?;
    Ok(row.clone())
}

/// Makes and stores an account.
///
/// # Errors
/// As [`make_person`] and [`store_person`].
pub async fn create(services: &Services, cx: &Cx, new: NewPerson) -> Result<UserRow, PersonError> {
    let draft = make_person(services, cx, new).await?;
    let cx = cx.clone();
    services.db.write(move |tx| store_person(tx, &cx, &draft)).await
}
