//! Signing in with a name and a password.
//!
//! One write before the hash (the try is counted), one after it (everything that follows from the verdict).
//! Unknown names and stopped accounts take the same road at the same cost, and end in the same answer (A-068,
//!

use std::net::IpAddr;
use std::time::Duration;

use super::settle::{Checked, Settled, Settling};
use super::throttle::{self, Networks, Reservation};
use super::{device, password_rules};
use crate::crypto::{HasherBusy, TenantKeys};
use crate::domain::people::{check_account, fold_name};
use crate::domain::tenants::Tenant;
use crate::domain::{Fault, Services};
use crate::kernel::{Cx, Secret, SessionId, UserId};
use crate::store::sessions::SessionRow;
use crate::store::users::{self, UserRow};

/// A try to sign in.
#[derive(Clone, Debug)]
pub struct Attempt<'a> {
    /// A user name or an address, as typed.
    pub name: &'a str,
    /// The password, as typed.
    pub password: Secret,
    /// The browser, as it names itself.
    pub user_agent: Option<&'a str>,
    /// The session this browser holds until now.
    pub replaces: Option<SessionId>,
    /// The device cookie.
    pub device: Option<&'a str>,
    /// Whether failures from this machine itself are neither counted nor blocked: `serve --dev` only.
    pub exempt_loopback: bool,
}

/// What came of it.
#[derive(Clone, Debug)]
pub enum SignIn {
    /// Signed in.
    Done(Box<SignedIn>),
    /// Name and password do not belong together, or the account may not sign in; nothing tells which.
    Wrong,
    /// Longer than any password: not hashed, not counted, a malformed request (400).
    TooLong,
    /// Too many failures: no password is checked before this has passed.
    Wait(Duration),
    /// The password was right but must be replaced before anything else.
    MustSetPassword {
        /// Whose.
        user: UserId,
        /// The token for [`super::set_new_password`] with [`super::LinkPurpose::SetPassword`].
        proof: Secret,
    },
}

/// What a browser gets when a person has signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The session.
    pub session: SessionRow,
    /// The session cookie's value; kept nowhere else.
    pub cookie: Secret,
    /// The device cookie's value.
    pub device: Secret,
}

impl SignedIn {
    pub(super) fn new(keys: &TenantKeys, session: SessionRow, cookie: Secret) -> Self {
        let device = keys.device_token(&session.user, session.created_at);
        Self { session, cookie, device }
    }
}

/// Checks a password and, when all is well, begins a session.
///
/// # Errors
/// [`Fault`] when the database or the hasher cannot serve; the try is then not counted.
pub async fn sign_in(
    services: &Services,
    tenant: &Tenant,
    cx: &Cx,
    attempt: Attempt<'_>,
) -> Result<SignIn, Fault> {
    if password_rules::is_too_long(&services.settings.passwords, &attempt.password) {
        return Ok(SignIn::TooLong);
    }
    let folded = fold_name(attempt.name);
    let networks = counted_networks(cx.ip, attempt.exempt_loopback);
    let (user, block) = look(services, tenant, cx, &folded, networks.clone()).await?;
    let known_device = user
        .as_ref()
        .zip(attempt.device)
        .is_some_and(|(user, mark)| device::is_known(&tenant.keys, user, mark, cx.now));
    if let Some(wait) = block.filter(|_| !known_device) {
        return Ok(SignIn::Wait(wait));
    }
    let subject = throttle::subject(&tenant.keys, user.as_ref().map(|user| user.id), &folded);
    let ticket = match reserve(services, tenant, cx, subject).await? {
        Reservation::Go(ticket) => ticket,
        Reservation::Wait(wait) => return Ok(SignIn::Wait(wait)),
    };
    let checked = match check(services, cx, attempt.password, user).await {
        Ok(checked) => checked,
        Err(busy) => {
            let id = tenant.id;
            services.db.write_soon(move |tx| throttle::give_back(tx, id, &ticket));
            return Err(busy.into());
        }
    };
    let settling = Settling {
        cx: cx.clone(),
        tenant: tenant.id,
        limits: services.settings.sessions.clone(),
        rules: services.settings.login.clone(),
        ticket,
        networks,
        name_key: tenant.keys.name_key(&folded),
        checked,
        known_device,
        user_agent: attempt.user_agent.map(str::to_owned),
        replaces: attempt.replaces,
    };
    Ok(match services.db.write(move |tx| settling.run(tx)).await? {
        Settled::Entered(session, cookie) => {
            SignIn::Done(Box::new(SignedIn::new(&tenant.keys, *session, cookie)))
        }
        Settled::MustSetPassword { user, proof } => SignIn::MustSetPassword { user, proof },
        Settled::Refused => SignIn::Wrong,
    })
}

fn counted_networks(ip: Option<IpAddr>, exempt_loopback: bool) -> Option<Networks> {
    ip.filter(|ip| !(exempt_loopback && ip.to_canonical().is_loopback())).map(Networks::of)
}

/// The account of that name, and whether the address is blocked.
async fn look(
    services: &Services,
    tenant: &Tenant,
    cx: &Cx,
    folded: &str,
    networks: Option<Networks>,
) -> Result<(Option<UserRow>, Option<Duration>), Fault> {
    let (id, now, folded) = (tenant.id, cx.now, folded.to_owned());
    let seen = services.db.read(move |conn| {
        let user = if folded.is_empty() { None } else { users::find_by_key(conn, id, &folded)? };
        let block = match &networks {
            Some(networks) => throttle::blocked(conn, id, networks, now)?,
            None => None,
        };
        Ok((user, block))
    });
    Ok(seen.await?)
}

async fn reserve(
    services: &Services,
    tenant: &Tenant,
    cx: &Cx,
    subject: String,
) -> Result<Reservation, Fault> {
    let (id, now, rules) = (tenant.id, cx.now, services.settings.login.clone());
    services.db.write(move |tx| Ok(throttle::reserve(tx, id, &rules, &subject, now)?)).await
}

/// Hashes the password, whether or not there is an account to compare it with.
async fn check(
    services: &Services,
    cx: &Cx,
    password: Secret,
    user: Option<UserRow>,
) -> Result<Checked, HasherBusy> {
    let stored = user.as_ref().and_then(|user| user.password_hash.clone());
    let verdict = services.hasher.verify(password.clone(), stored.as_deref()).await?;
    let Some(user) = user else { return Ok(Checked::UnknownName) };
    let Some(hash) = stored.filter(|_| verdict.matches) else { return Ok(Checked::WrongPassword(user.id)) };
    // A second hash only for those who will be let in: it must not show that a stopped account's password
    // was right. If there is no room for it now, the next sign-in does it.
    let may_enter = check_account(&user, super::session::made_after(&user, cx.now)).is_ok();
    let rehash = if verdict.needs_rehash && may_enter {
        services.hasher.hash(password, &cx.rng).await.ok()
    } else {
        None
    };
    Ok(Checked::Right { user: user.id, hash, rehash })
}
