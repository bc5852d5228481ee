//! `portico client …`

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::domain::Fault;
use crate::domain::clients::{
    self, Client, ClientKind, NewClient, SECRET_OVERLAP, SecretRotation, register, rotate_secret,
    set_enabled, store_client,
};
use crate::kernel::ClientId;
use crate::store::StoreError;

use super::Global;
use super::context::Desk;
use super::output::{Failure, Output};
use super::user::Paging;
use super::values::span;

/// Subcommands of `client`.
#[derive(Debug, Subcommand)]
pub(super) enum ClientCommand {
    /// Register an application; a secret is told only now
    Create(Box<Create>),
    /// Show an application
    Show(Which),
    /// List applications
    List(Paging),
    /// Make a second secret; the older one works a while longer
    RotateSecret(RotateSecret),
    /// Stop an application; its tokens end at once
    Disable(Which),
    /// Let an application work again
    Enable(Which),
    /// Remove an application; its tokens end at once
    Delete(Which),
}

/// Arguments of `client create`.
#[derive(Debug, Args)]
pub(super) struct Create {
    /// Name shown on the consent page
    #[arg(long)]
    name: String,
    /// What sort of application it is: web, spa, native, service or device
    #[arg(long = "type", value_name = "TYPE", value_parser = kind)]
    kind: ClientKind,
    /// Keep this identifier instead of a random one
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// Where browsers are sent back to, exactly
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// Where browsers may go after signing out, exactly
    #[arg(long = "post-logout-redirect-uri", value_name = "URI")]
    post_logout_redirect_uris: Vec<String>,
    /// authorization_code, refresh_token or client_credentials
    #[arg(long = "grant", value_name = "GRANT")]
    grants: Vec<String>,
    /// A scope it may ask for
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// none, client_secret_basic or client_secret_post
    #[arg(long, value_name = "METHOD")]
    auth_method: Option<String>,
    /// Skip the consent page
    #[arg(long)]
    first_party: bool,
    /// Key set of the application
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
    /// Do not require PKCE, for a confidential client that cannot
    #[arg(long)]
    no_pkce: bool,
    /// Algorithm of its ID tokens: RS256, PS256, ES256 or EdDSA
    #[arg(long, value_name = "ALG")]
    id_token_alg: Option<String>,
    /// Algorithm of its access tokens
    #[arg(long, value_name = "ALG")]
    access_token_alg: Option<String>,
    /// jwt or opaque
    #[arg(long, value_name = "FORMAT")]
    access_token_format: Option<String>,
    /// Audience of its access tokens [default: the issuer]
    #[arg(long = "audience", value_name = "URI")]
    audiences: Vec<String>,
    /// Audience whose tokens it may introspect
    #[arg(long = "introspection-audience", value_name = "URI")]
    introspection_audiences: Vec<String>,
    /// public or pairwise
    #[arg(long, value_name = "TYPE")]
    subject_type: Option<String>,
    /// Sector of its pairwise subjects [default: the redirect host]
    #[arg(long, value_name = "HOST")]
    sector_identifier: Option<String>,
    /// A role of which a person needs one to use it
    #[arg(long = "allowed-role", value_name = "ROLE")]
    allowed_roles: Vec<String>,
    /// An origin that may call from a browser [default for spa: those of the redirect URIs]
    #[arg(long = "allowed-origin", value_name = "ORIGIN")]
    allowed_origins: Vec<String>,
    /// max_age of requests that have none, in seconds
    #[arg(long, value_name = "SECONDS")]
    default_max_age: Option<u64>,
}

/// One application.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// Its client_id
    #[arg(value_name = "ID")]
    id: String,
}

/// Arguments of `client rotate-secret`.
#[derive(Debug, Args)]
pub(super) struct RotateSecret {
    #[command(flatten)]
    which: Which,
    /// How long the older secret still works
    #[arg(long, value_name = "SPAN", value_parser = span)]
    overlap: Option<Duration>,
}

fn kind(text: &str) -> Result<ClientKind, String> {
    ClientKind::parse(text).ok_or_else(|| "expected web, spa, native, service or device".to_owned())
}

pub(super) async fn run(global: &Global, command: ClientCommand, output: Output) -> Result<(), Failure> {
    let desk = Desk::open(global).await?;
    match command {
        ClientCommand::Create(command) => create(&desk, *command, output).await,
        ClientCommand::Show(which) => {
            output.object(&find(&desk, &which.id).await?.information(None));
            Ok(())
        }
        ClientCommand::List(paging) => list(&desk, &paging, output).await,
        ClientCommand::RotateSecret(command) => rotate(&desk, &command, output).await,
        ClientCommand::Disable(which) => switch(&desk, &which, false, output).await,
        ClientCommand::Enable(which) => switch(&desk, &which, true, output).await,
        ClientCommand::Delete(which) => delete(&desk, &which, output).await,
    }
}

impl Create {
    fn into_new(self) -> NewClient {
        NewClient {
            name: self.name,
            kind: self.kind,
            client_id: self.client_id,
            redirect_uris: self.redirect_uris,
            post_logout_redirect_uris: self.post_logout_redirect_uris,
            grant_types: self.grants,
            scope: self.scopes,
            auth_method: self.auth_method,
            first_party: self.first_party,
            require_pkce: !self.no_pkce,
            has_jwks: self.jwks.is_some(),
            id_token_alg: self.id_token_alg,
            access_token_alg: self.access_token_alg,
            access_token_format: self.access_token_format,
            access_token_audience: self.audiences,
            introspection_audiences: self.introspection_audiences,
            subject_type: self.subject_type,
            sector_identifier: self.sector_identifier,
            allowed_roles: self.allowed_roles,
            allowed_origins: self.allowed_origins,
            default_max_age: self.default_max_age,
        }
    }
}

async fn create(desk: &Desk, command: Create, output: Output) -> Result<(), Failure> {
    let made = register(&desk.cx, &desk.tenant.keys, &command.into_new())?;
    let (told, id) = (made.client()?.information(made.secret.as_ref()), made.id().clone());
    let cx = desk.cx.clone();
    desk.services.db.write(move |tx| store_client(tx, &cx, &made)).await.map_err(|fault| match fault {
        Fault::Store(StoreError::Conflict(_)) => Failure::Refused(format!("the identifier {id} is taken")),
        other => Failure::refused(other),
    })?;
    output.object(&told);
    Ok(())
}

async fn find(desk: &Desk, id: &str) -> Result<Client, Failure> {
    let (tenant, wanted) = (desk.cx.tenant, ClientId::from_text(id));
    let found = desk.services.db.read(move |conn| clients::find(conn, tenant, &wanted)).await?;
    found.ok_or_else(|| missing(id))
}

fn missing(id: &str) -> Failure {
    Failure::Refused(format!("there is no client {id}"))
}

async fn list(desk: &Desk, paging: &Paging, output: Output) -> Result<(), Failure> {
    let (tenant, request) = (desk.cx.tenant, paging.request());
    let page = desk.services.db.read(move |conn| clients::list(conn, tenant, &request)).await?;
    let rows: Vec<Value> = page.items.iter().map(|client| client.information(None)).collect();
    output.list("clients", &rows, &["client_id", "client_name", "type", "state"], page.next.as_deref());
    Ok(())
}

async fn rotate(desk: &Desk, command: &RotateSecret, output: Output) -> Result<(), Failure> {
    let (cx, tenant) = (desk.cx.clone(), desk.tenant.clone());
    let (id, overlap) = (ClientId::from_text(&command.which.id), command.overlap.unwrap_or(SECRET_OVERLAP));
    let done = desk
        .services
        .db
        .write::<_, Fault, _>(move |tx| rotate_secret(tx, &cx, &tenant.keys, &id, overlap))
        .await?;
    match done {
        SecretRotation::Rotated { secret, older_until } => {
            let mut told = find(desk, &command.which.id).await?.information(Some(&secret));
            if let Some(told) = told.as_object_mut() {
                let until = older_until.map(crate::kernel::Timestamp::seconds);
                told.insert("older_secret_expires_at".to_owned(), until.into());
            }
            output.object(&told);
            Ok(())
        }
        SecretRotation::Public => Err(Failure::Refused("a public client has no secret".to_owned())),
        SecretRotation::NotFound => Err(missing(&command.which.id)),
    }
}

async fn switch(desk: &Desk, which: &Which, enabled: bool, output: Output) -> Result<(), Failure> {
    let (cx, id) = (desk.cx.clone(), ClientId::from_text(&which.id));
    if !desk.services.db.write::<_, Fault, _>(move |tx| set_enabled(tx, &cx, &id, enabled)).await? {
        return Err(missing(&which.id));
    }
    output.object(&find(desk, &which.id).await?.information(None));
    Ok(())
}

async fn delete(desk: &Desk, which: &Which, output: Output) -> Result<(), Failure> {
    let (cx, id) = (desk.cx.clone(), ClientId::from_text(&which.id));
    if !desk.services.db.write::<_, Fault, _>(move |tx| clients::delete(tx, &cx, &id)).await? {
        return Err(missing(&which.id));
    }
    output.object(&serde_json::json!({ "client_id": which.id, "state": "deleted" }));
    Ok(())
}
