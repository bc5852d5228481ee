//! `portico user …`

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::domain::Fault;
use crate::domain::people::{
    self, NewPerson, PasswordSetter, Person, PersonRefused, StateOutcome, change_state, check_password,
    set_password,
};
use crate::kernel::{Cx, Page, PageRequest, Transition};
use crate::store::users::UserRow;

use super::Global;
use super::context::Desk;
use super::output::{Failure, Output};
use super::values::{moment, moment_of, password_from_stdin};

/// Subcommands of `user`.
#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Make an account
    Create(Create),
    /// Show an account
    Show(Who),
    /// List accounts in the order they were made
    List(Paging),
    /// Stop an account for now; its sessions and tokens end at once
    Suspend(WhoAndWhy),
    /// Let an account sign in (again)
    Activate(WhoAndWhy),
    /// End the relationship; sessions and tokens end at once
    Deactivate(WhoAndWhy),
    /// Remove an account from view; it can be restored
    Delete(WhoAndWhy),
    /// Undo a deletion; the account comes back deactivated
    Restore(WhoAndWhy),
    /// Make the account set a new password before anything else; sessions and tokens end at once
    RequirePasswordReset(WhoAndWhy),
    /// Set a password; sessions and tokens end at once
    SetPassword(SetPassword),
}

/// Arguments of `user create`.
#[derive(Debug, Args)]
pub(super) struct Create {
    /// Mail address
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    /// User name [default: the address]
    #[arg(long)]
    username: Option<String>,
    /// Display name
    #[arg(long)]
    name: Option<String>,
    /// Read the first password from standard input
    #[arg(long)]
    password_stdin: bool,
    /// Take the address as proved, so that the account is active
    #[arg(long)]
    verified: bool,
    /// A role; "admin" administers the tenant
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
}

/// One account.
#[derive(Debug, Args)]
pub(super) struct Who {
    /// Id, user name or mail address
    #[arg(value_name = "ID-OR-EMAIL")]
    who: String,
}

/// One account and a reason.
#[derive(Debug, Args)]
pub(super) struct WhoAndWhy {
    #[command(flatten)]
    who: Who,
    /// Why, for the record
    #[arg(long)]
    reason: Option<String>,
}

/// Arguments of `user set-password`.
#[derive(Debug, Args)]
pub(super) struct SetPassword {
    #[command(flatten)]
    who: Who,
    /// Read the password from standard input
    #[arg(long, required = true)]
    password_stdin: bool,
}

/// Which part of a list.
#[derive(Debug, Args)]
pub(super) struct Paging {
    /// Continue after this one
    #[arg(long)]
    after: Option<String>,
    /// At most this many, 1 to 200
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=200))]
    limit: u16,
}

impl Paging {
    pub(super) fn request(&self) -> PageRequest {
        PageRequest::new(self.after.clone(), self.limit)
    }
}

pub(super) async fn run(global: &Global, command: UserCommand, output: Output) -> Result<(), Failure> {
    let desk = Desk::open(global).await?;
    let (target, transition) = match command {
        UserCommand::Create(command) => return create(&desk, command, output).await,
        UserCommand::Show(who) => {
            output.object(&told(&find(&desk, &who.who).await?));
            return Ok(());
        }
        UserCommand::List(paging) => return list(&desk, &paging, output).await,
        UserCommand::SetPassword(command) => return password(&desk, &command.who, output).await,
        UserCommand::Suspend(target) => (target, Transition::Suspend),
        UserCommand::Activate(target) => (target, Transition::Activate),
        UserCommand::Deactivate(target) => (target, Transition::Deactivate),
        UserCommand::Delete(target) => (target, Transition::Delete),
        UserCommand::Restore(target) => (target, Transition::Restore),
        UserCommand::RequirePasswordReset(target) => (target, Transition::RequirePasswordReset),
    };
    step(&desk, target, transition, output).await
}

async fn create(desk: &Desk, command: Create, output: Output) -> Result<(), Failure> {
    let password = if command.password_stdin { Some(password_from_stdin()?) } else { None };
    let new = NewPerson {
        email: command.email,
        username: command.username,
        name: command.name,
        password,
        verified: command.verified,
        roles: command.roles,
    };
    output.object(&told(&people::create(&desk.services, &desk.cx, new).await?));
    Ok(())
}

/// The account of that id, user name or address.
pub(super) async fn find(desk: &Desk, who: &str) -> Result<UserRow, Failure> {
    let (tenant, wanted) = (desk.cx.tenant, who.to_owned());
    let found = desk.services.db.read(move |conn| people::find(conn, tenant, &wanted)).await?;
    found.ok_or_else(|| Failure::Refused(format!("there is no account {who}")))
}

async fn list(desk: &Desk, paging: &Paging, output: Output) -> Result<(), Failure> {
    let (tenant, request) = (desk.cx.tenant, paging.request());
    let page: Page<UserRow> = desk.services.db.read(move |conn| people::list(conn, tenant, &request)).await?;
    let rows: Vec<Value> = page.items.iter().map(told).collect();
    output.list("users", &rows, &["id", "email", "username", "state"], page.next.as_deref());
    Ok(())
}

async fn step(desk: &Desk, target: WhoAndWhy, transition: Transition, output: Output) -> Result<(), Failure> {
    let user = find(desk, &target.who.who).await?;
    let (cx, id, reason) = (desk.cx.clone(), user.id, target.reason);
    let outcome = desk
        .services
        .db
        .write::<_, Fault, _>(move |tx| change_state(tx, &cx, id, transition, reason.as_deref()))
        .await?;
    match outcome {
        StateOutcome::Changed { .. } => {
            output.object(&told(&find(desk, &id.to_string()).await?));
            Ok(())
        }
        StateOutcome::NotAllowed { from } => {
            Err(Failure::Refused(format!("this is not possible: the account is {from}")))
        }
        StateOutcome::LastAdmin => Err(Failure::Refused(
            "this is the last active administrator of the tenant; make another one first".to_owned(),
        )),
        StateOutcome::NotFound => Err(Failure::Refused(format!("there is no account {id}"))),
    }
}

async fn password(desk: &Desk, who: &Who, output: Output) -> Result<(), Failure> {
    let user = find(desk, &who.who).await?;
    let password = password_from_stdin()?;
    let names = [user.username.as_str(), user.email.as_deref().unwrap_or_default()];
    check_password(&desk.services.settings.passwords, password.expose(), &names)
        .map_err(PersonRefused::from)?;
    let hash = desk.services.hasher.hash(password, &desk.cx.rng).await?;
    // The moment after the hash: what was made while the password was typed and computed is void, too.
    let (cx, id) = (Cx { now: desk.services.clock.now(), ..desk.cx.clone() }, user.id);
    let setter = PasswordSetter::Administrator;
    desk.services.db.write::<_, Fault, _>(move |tx| set_password(tx, &cx, id, &hash, setter)).await?;
    output.object(&told(&find(desk, &id.to_string()).await?));
    Ok(())
}

/// An account as it is printed.
fn told(user: &UserRow) -> Value {
    json!({
        "id": user.id.to_string(),
        "email": user.email,
        "email_verified": user.email_verified_at.is_some(),
        "username": user.username,
        "name": user.name,
        "roles": Person(user).roles(),
        "state": user.state.as_str(),
        "state_reason": user.state_reason,
        "state_changed_at": moment(user.state_changed_at),
        "has_password": user.password_hash.is_some(),
        "last_login_at": moment_of(user.last_login_at),
        "created_at": moment(user.created_at),
    })
}
