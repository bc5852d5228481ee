//! The write after a password was checked: the session, or the failure, with everything that follows.

use serde_json::json;

use super::link::{self, LinkPurpose};
use super::session::{self, ACR_PASSWORD, NewSession, made_after};
use super::throttle::{self, Networks, Ticket};
use crate::config::{Login, Sessions};
use crate::domain::Fault;
use crate::domain::people::{Blocked, check_account};
use crate::kernel::{Cx, Secret, SessionId, TenantId, UserId, UserState};
use crate::store::sessions::SessionRow;
use crate::store::users::{self, UserRow};
use crate::store::{AuditEvent, Tx, insert_audit};

/// What the hash said.
pub(super) enum Checked {
    /// Nobody has that name.
    UnknownName,
    /// The account has another password, or none.
    WrongPassword(UserId),
    /// The password belongs to `hash`.
    Right { user: UserId, hash: String, rehash: Option<String> },
}

/// What was written.
pub(super) enum Settled {
    Entered(Box<SessionRow>, Secret),
    MustSetPassword { user: UserId, proof: Secret },
    Refused,
}

/// All that the write needs; it owns everything, because the write may be repeated.
pub(super) struct Settling {
    pub(super) cx: Cx,
    pub(super) tenant: TenantId,
    pub(super) limits: Sessions,
    pub(super) rules: Login,
    pub(super) ticket: Ticket,
    pub(super) networks: Option<Networks>,
    pub(super) name_key: String,
    pub(super) checked: Checked,
    pub(super) known_device: bool,
    pub(super) user_agent: Option<String>,
    pub(super) replaces: Option<SessionId>,
}

impl Settling {
    /// Asks the guard about the account as it is now, and acts on the answer.
    pub(super) fn run(&self, tx: &mut Tx<'_>) -> Result<Settled, Fault> {
        let (user, hash, rehash) = match &self.checked {
            Checked::UnknownName => return self.refuse(tx, None, "unknown_name"),
            Checked::WrongPassword(user) => return self.refuse(tx, Some(*user), "wrong_password"),
            Checked::Right { user, hash, rehash } => (*user, hash, rehash.as_deref()),
        };
        let found = users::find(tx, self.tenant, user)?;
        let Some(row) = found.filter(|row| row.password_hash.as_ref() == Some(hash)) else {
            return self.refuse(tx, Some(user), "password_changed_meanwhile");
        };
        match check_account(&row, made_after(&row, self.cx.now)) {
            Ok(()) => {
                if let Some(new) = rehash {
                    users::rehash(tx, self.tenant, user, hash, new)?;
                }
                self.enter(tx, &row)
            }
            Err(Blocked::State(UserState::PasswordResetRequired)) => self.demand_password(tx, &row),
            Err(Blocked::State(state)) => self.refuse(tx, Some(user), state.as_str()),
            Err(Blocked::Void) => self.refuse(tx, Some(user), "void"),
        }
    }

    fn enter(&self, tx: &mut Tx<'_>, user: &UserRow) -> Result<Settled, Fault> {
        let new = NewSession {
            user,
            amr: &["pwd"],
            acr: ACR_PASSWORD,
            user_agent: self.user_agent.as_deref(),
            replaces: self.replaces,
        };
        let (session, cookie) = session::start(tx, &self.cx, self.tenant, &self.limits, &new)?;
        throttle::succeeded(tx, self.tenant, &self.ticket)?;
        users::set_last_login(tx, self.tenant, user.id, self.cx.now)?;
        let detail = json!({ "session": session.id.to_string(), "known_device": self.known_device });
        self.record(tx, AuditEvent::new("login.succeeded").user(user.id).detail(detail))?;
        Ok(Settled::Entered(Box::new(session), cookie))
    }

    fn demand_password(&self, tx: &mut Tx<'_>, user: &UserRow) -> Result<Settled, Fault> {
        let (proof, _) = link::make(tx, &self.cx, self.tenant, user, LinkPurpose::SetPassword)?;
        throttle::succeeded(tx, self.tenant, &self.ticket)?;
        self.record(tx, AuditEvent::new("login.password_required").user(user.id))?;
        Ok(Settled::MustSetPassword { user: user.id, proof })
    }

    /// The account's counter was moved before the hash; here follow the networks' and the record. The name
    /// is recorded under a keyed hash: people type passwords into that field.
    fn refuse(&self, tx: &mut Tx<'_>, user: Option<UserId>, reason: &str) -> Result<Settled, Fault> {
        if let Some(networks) = &self.networks {
            throttle::count_failure(tx, self.tenant, &self.rules, networks, self.cx.now)?;
        }
        let mut event = AuditEvent::new("login.failed").detail(json!({
            "reason": reason, "name": self.name_key, "known_device": self.known_device,
        }));
        event.user = user;
        self.record(tx, event)?;
        Ok(Settled::Refused)
    }

    fn record(&self, tx: &mut Tx<'_>, event: AuditEvent) -> Result<(), Fault> {
        Ok(insert_audit(tx, self.tenant, &self.cx, &event)?)
    }
}
