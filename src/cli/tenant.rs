//! `portico tenant …`

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::domain::tenants::{self, TenantRefused};
use crate::kernel::TenantSlug;
use crate::store::tenants::TenantRow;

use super::Global;
use super::context::Desk;
use super::output::{Failure, Output};
use super::user::Paging;
use super::values::moment;

/// Subcommands of `tenant`.
#[derive(Debug, Subcommand)]
pub(super) enum TenantCommand {
    /// Make a tenant with keys and secrets of its own
    Create(Create),
    /// List tenants
    List(Paging),
    /// Show a tenant
    Show(Which),
    /// Stop a tenant; its sessions and tokens end at once
    Disable(Which),
    /// Let a tenant answer again
    Enable(Which),
}

/// Arguments of `tenant create`.
#[derive(Debug, Args)]
pub(super) struct Create {
    /// Its name in URLs: 1 to 63 of a-z, 0-9 and '-'
    #[arg(long)]
    slug: String,
    /// Its name for people
    #[arg(long)]
    name: String,
}

/// One tenant.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// Its slug
    #[arg(value_name = "SLUG")]
    slug: String,
}

pub(super) async fn run(global: &Global, command: TenantCommand, output: Output) -> Result<(), Failure> {
    // Tenants are made by the installation's own: `--tenant` says nothing here.
    let desk = Desk::open(&Global { tenant: None, ..global.clone() }).await?;
    let row = match command {
        TenantCommand::Create(command) => {
            tenants::create(&desk.services, &desk.cx, &command.slug, &command.name).await?
        }
        TenantCommand::List(paging) => return list(&desk, &paging, output).await,
        TenantCommand::Show(which) => {
            let slug = TenantSlug::parse(&which.slug)?;
            let found = desk.services.db.read(move |conn| tenants::find(conn, &slug)).await?;
            found.ok_or(TenantRefused::NotFound(which.slug))?
        }
        TenantCommand::Disable(which) => switch(&desk, &which, false).await?,
        TenantCommand::Enable(which) => switch(&desk, &which, true).await?,
    };
    output.object(&told(&desk, &row));
    Ok(())
}

async fn switch(desk: &Desk, which: &Which, enabled: bool) -> Result<TenantRow, Failure> {
    let (cx, slug) = (desk.cx.clone(), TenantSlug::parse(&which.slug)?);
    Ok(desk.services.db.write(move |tx| tenants::set_enabled(tx, &cx, &slug, enabled)).await?)
}

async fn list(desk: &Desk, paging: &Paging, output: Output) -> Result<(), Failure> {
    let request = paging.request();
    let page = desk.services.db.read(move |conn| tenants::list(conn, &request)).await?;
    let rows: Vec<Value> = page.items.iter().map(|row| told(desk, row)).collect();
    output.list("tenants", &rows, &["slug", "name", "state", "issuer"], page.next.as_deref());
    Ok(())
}

/// A tenant as it is printed. The default tenant's issuer is what the others' begin with.
fn told(desk: &Desk, row: &TenantRow) -> Value {
    let root = &desk.tenant.issuer;
    let issuer = if row.slug.is_default() { root.to_string() } else { format!("{root}/t/{}", row.slug) };
    json!({
        "id": row.id.to_string(),
        "slug": row.slug.as_str(),
        "name": row.name,
        "state": row.state,
        "issuer": issuer,
        "created_at": moment(row.created_at),
    })
}
