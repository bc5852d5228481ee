//! `portico admin recover`

use clap::{Args, Subcommand};
use serde_json::json;

use crate::domain::Fault;
use crate::domain::people::{RECOVERY_LIFE, Recovery, recover};

use super::Global;
use super::context::Desk;
use super::output::{Failure, Output};
use super::user::find;
use super::values::moment;

/// Subcommands of `admin`.
#[derive(Debug, Subcommand)]
pub(super) enum AdminCommand {
    /// Make a one-time link for an administrator who is locked out
    Recover(Recover),
}

/// Arguments of `admin recover`.
#[derive(Debug, Args)]
pub(super) struct Recover {
    /// The administrator's address, user name or id
    #[arg(long, value_name = "ADDRESS")]
    email: String,
}

pub(super) async fn run(global: &Global, command: &AdminCommand, output: Output) -> Result<(), Failure> {
    let AdminCommand::Recover(command) = command;
    let desk = Desk::open(global).await?;
    let user = find(&desk, &command.email).await?;
    let (cx, id) = (desk.cx.clone(), user.id);
    let outcome = desk.services.db.write::<_, Fault, _>(move |tx| recover(tx, &cx, id)).await?;
    let refused = match outcome {
        Recovery::Link(token) => {
            output.object(&json!({
                "url": format!("{}/reset?token={}", desk.cx.issuer, token.expose()),
                "expires_at": moment(desk.cx.now.plus(RECOVERY_LIFE)),
            }));
            return Ok(());
        }
        Recovery::NotFound => format!("there is no account {}", command.email),
        Recovery::NotAdmin => "this account is not an administrator's".to_owned(),
        Recovery::Stopped(state) => {
            format!("the account is {state}: `portico user activate` it first")
        }
    };
    Err(Failure::Refused(refused))
}
