//! `portico key list|rotate`

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::domain::Fault;
use crate::domain::keys::{
    self, DEFAULT_LEAD, KeySummary, Rotation, RotationPlan, longest_token_life, make_successors, rotate,
};
use crate::kernel::Timestamp;

use super::Global;
use super::context::Desk;
use super::output::{Failure, Output};
use super::values::{moment, span};

/// Subcommands of `key`.
#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// List the signing keys of a tenant
    List,
    /// Announce new signing keys; they take over after a while, and the old ones stay for what they signed
    Rotate(Rotate),
}

/// Arguments of `key rotate`.
#[derive(Debug, Args)]
pub(super) struct Rotate {
    /// How long the new keys are published before they sign [default: 10m]
    #[arg(long, value_name = "SPAN", value_parser = span, conflicts_with_all = ["now", "emergency"])]
    lead: Option<Duration>,
    /// The new keys, or those announced already, sign at once
    #[arg(long, conflicts_with = "emergency")]
    now: bool,
    /// A key leaked: new keys sign at once, the old ones and all they signed stop working at once
    #[arg(long)]
    emergency: bool,
}

pub(super) async fn run(global: &Global, command: KeyCommand, output: Output) -> Result<(), Failure> {
    let desk = Desk::open(global).await?;
    let summaries = match command {
        KeyCommand::List => {
            let tenant = desk.cx.tenant;
            desk.services.db.read(move |conn| keys::list(conn, tenant)).await?
        }
        KeyCommand::Rotate(command) => rotated(&desk, &command).await?,
    };
    let rows: Vec<Value> = summaries.iter().map(told).collect();
    output.list("keys", &rows, &["kid", "family", "state", "active_at", "drop_at"], None);
    Ok(())
}

async fn rotated(desk: &Desk, command: &Rotate) -> Result<Vec<KeySummary>, Failure> {
    let plan = match (command.emergency, command.now) {
        (true, _) => RotationPlan::Emergency,
        (false, true) => RotationPlan::Now,
        (false, false) => RotationPlan::Announce(command.lead.unwrap_or(DEFAULT_LEAD)),
    };
    let (services, cx) = (&desk.services, desk.cx.clone());
    let made = make_successors(&services.master, cx.tenant, services.settings.rsa_bits, (cx.now, &cx.rng))?;
    let longest = longest_token_life(&services.settings.tokens);
    match services.db.write::<_, Fault, _>(move |tx| rotate(tx, &cx, &made, plan, longest)).await? {
        Rotation::Done(summaries) => Ok(summaries),
        Rotation::AlreadyAnnounced(at) => Err(Failure::Refused(format!(
            "new keys are announced already and will sign from {}; with --now they do at once",
            moment(at)
        ))),
    }
}

/// A key as it is printed.
fn told(key: &KeySummary) -> Value {
    let shown = |at: Option<Timestamp>| at.map(moment);
    let algs: Vec<&str> = key.family.algs().iter().map(|alg| alg.as_str()).collect();
    json!({
        "kid": key.kid,
        "family": key.family.as_str(),
        "algs": algs,
        "state": key.state.as_str(),
        "created_at": moment(key.created_at),
        "active_at": shown(key.active_at),
        "retired_at": shown(key.retired_at),
        "drop_at": shown(key.drop_at),
    })
}
