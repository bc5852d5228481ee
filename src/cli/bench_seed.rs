//! `portico bench-seed`: rows for a load test, in few transactions.
//!
//! The accounts share one password hash, and the sessions were never begun by a browser: this is for
//! measuring only, which is why the command is hidden.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};

use crate::app::dev_seed::generate_password;
use crate::domain::Fault;
use crate::domain::clients::{ClientKind, NewClient, Registration, register, store_client};
use crate::domain::people::{NewPerson, make_person, store_person};
use crate::domain::signin::ACR_PASSWORD;
use crate::kernel::{Secret, SessionId, TokenKind, UserId, hash_token};
use crate::store::sessions::{self, SessionRow};
use crate::store::users::{self, UserRow};

use super::Global;
use super::context::{Desk, usable_configuration};
use super::output::{Failure, Output};

/// Where the clients are redirected; nobody listens there.
const REDIRECT: &str = "http://127.0.0.1:9/cb";
/// Rows in one transaction.
const BATCH: usize = 500;
/// Accounts whose password is told.
const KNOWN: usize = 8;
/// Algorithms of the clients' ID tokens and access tokens, in turn.
const ALGS: [(&str, &str); 4] =
    [("ES256", "EdDSA"), ("EdDSA", "ES256"), ("RS256", "EdDSA"), ("ES256", "RS256")];

/// Arguments of `bench-seed`.
#[derive(Debug, Args)]
pub(super) struct BenchSeed {
    /// Accounts
    #[arg(long, default_value_t = 1000)]
    users: usize,
    /// Live sessions, of the accounts in turn
    #[arg(long, default_value_t = 1000)]
    sessions: usize,
    /// Confidential first-party clients
    #[arg(long, default_value_t = 100)]
    clients: usize,
    /// Where to write what a load driver needs to know
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

pub(super) async fn run(global: &Global, command: &BenchSeed, output: Output) -> Result<(), Failure> {
    if command.sessions > 0 && command.users == 0 {
        return Err(Failure::Usage("sessions need at least one account".to_owned()));
    }
    let secure = usable_configuration(global)?.public_url.is_https();
    let desk = Desk::open(global).await?;
    let (ids, known) = make_users(&desk, command.users).await?;
    let sessions = make_sessions(&desk, &ids, command.sessions).await?;
    let clients = make_clients(&desk, command.clients).await?;
    let prefix = if secure { "__Host-" } else { "" };
    let suffix = if desk.cx.slug.is_default() { String::new() } else { format!("_{}", desk.cx.slug) };
    let seed = json!({
        "clients": clients,
        "sessions": sessions,
        "session_cookie": format!("{prefix}portico_session{suffix}"),
        "redirect_uri": REDIRECT,
        "users": known,
    });
    // It holds secrets: for its owner only.
    let file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&command.to);
    file.and_then(|mut file| file.write_all(seed.to_string().as_bytes()))
        .map_err(|error| Failure::refused(format!("cannot write {}: {error}", command.to.display())))?;
    output.object(&json!({
        "users": ids.len(), "sessions": sessions.len(), "clients": clients.len(), "to": command.to,
    }));
    Ok(())
}

/// Accounts; the first few have a password of their own that is told, the others share a hash.
async fn make_users(desk: &Desk, count: usize) -> Result<(Vec<UserId>, Vec<Value>), Failure> {
    let run = desk.cx.request_id.to_string();
    let (mut ids, mut known) = (Vec::with_capacity(count), Vec::new());
    let mut template: Option<UserRow> = None;
    for n in 0..count.min(KNOWN) {
        let (email, password) = (format!("bench-{n}-{run}@example.com"), generate_password(&desk.cx.rng));
        known.push(json!({ "username": email, "password": password.expose() }));
        let new = NewPerson { email, password: Some(password), verified: true, ..NewPerson::default() };
        let draft = make_person(&desk.services, &desk.cx, new).await?;
        let cx = desk.cx.clone();
        let row = desk.services.db.write(move |tx| store_person(tx, &cx, &draft)).await?;
        ids.push(row.id);
        template = Some(row);
    }
    let Some(template) = template else { return Ok((ids, known)) };
    let numbers: Vec<usize> = (KNOWN..count).collect();
    for part in numbers.chunks(BATCH) {
        let rows: Vec<UserRow> =
            part.iter().map(|n| copy_of(&template, &format!("bench-{n}-{run}"), desk)).collect();
        ids.extend(rows.iter().map(|row| row.id));
        let tenant = desk.cx.tenant;
        let stored = desk.services.db.write::<_, Fault, _>(move |tx| {
            rows.iter().try_for_each(|row| users::insert(tx, tenant, row)).map_err(Fault::from)
        });
        stored.await?;
    }
    Ok((ids, known))
}

fn copy_of(template: &UserRow, name: &str, desk: &Desk) -> UserRow {
    let email = format!("{name}@example.com");
    UserRow {
        id: UserId::new(desk.cx.now, &desk.cx.rng),
        username: email.clone(),
        username_key: email.clone(),
        email: Some(email.clone()),
        email_key: Some(email),
        ..template.clone()
    }
}

async fn make_sessions(desk: &Desk, people: &[UserId], count: usize) -> Result<Vec<String>, Failure> {
    let mut values = Vec::with_capacity(count);
    let owners: Vec<UserId> = people.iter().copied().cycle().take(count).collect();
    for part in owners.chunks(BATCH) {
        let made: Vec<(Secret, SessionRow)> = part.iter().map(|owner| session_of(*owner, desk)).collect();
        values.extend(made.iter().map(|(value, _)| value.expose().to_owned()));
        let tenant = desk.cx.tenant;
        let stored = desk.services.db.write::<_, Fault, _>(move |tx| {
            made.iter().try_for_each(|(_, row)| sessions::insert(tx, tenant, row)).map_err(Fault::from)
        });
        stored.await?;
    }
    Ok(values)
}

fn session_of(user: UserId, desk: &Desk) -> (Secret, SessionRow) {
    let (cx, value) = (&desk.cx, TokenKind::Session.random(&desk.cx.rng));
    let row = SessionRow {
        tenant: cx.tenant,
        id: SessionId::new(cx.now, &cx.rng),
        token_hash: hash_token(value.expose()),
        user,
        auth_time: cx.now,
        amr: "pwd".to_owned(),
        acr: ACR_PASSWORD.to_owned(),
        user_agent: None,
        ip: None,
        created_at: cx.now,
        last_seen_at: cx.now,
        expires_at: cx.now.plus(desk.services.settings.sessions.absolute),
        ended_at: None,
        end_reason: None,
    };
    (value, row)
}

async fn make_clients(desk: &Desk, count: usize) -> Result<Vec<Value>, Failure> {
    let mut told = Vec::with_capacity(count);
    let numbers: Vec<usize> = (0..count).collect();
    for part in numbers.chunks(BATCH) {
        let made: Vec<Registration> = part.iter().map(|n| client(*n, desk)).collect::<Result<_, _>>()?;
        for one in &made {
            told.push(one.client()?.information(one.secret.as_ref()));
        }
        let (cx, made) = (desk.cx.clone(), Arc::new(made));
        let stored = desk
            .services
            .db
            .write::<_, Fault, _>(move |tx| made.iter().try_for_each(|one| store_client(tx, &cx, one)));
        stored.await?;
    }
    Ok(told)
}

fn client(n: usize, desk: &Desk) -> Result<Registration, Failure> {
    let algs = ALGS.get(n % ALGS.len());
    let mut new = NewClient::new(format!("Bench {n}"), ClientKind::Web);
    new.redirect_uris = vec![REDIRECT.to_owned()];
    new.grant_types =
        ["authorization_code", "refresh_token", "client_credentials"].map(str::to_owned).to_vec();
    new.first_party = true;
    new.id_token_alg = algs.map(|(id, _)| (*id).to_owned());
    new.access_token_alg = algs.map(|(_, access)| (*access).to_owned());
    Ok(register(&desk.cx, &desk.tenant.keys, &new)?)
}
