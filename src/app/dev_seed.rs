//! What a newcomer finds in a trial installation: two people and a client for the playground.

use std::sync::Arc;

use crate::config::Config;
use crate::domain::clients::{self, ClientKind, NewClient, register, store_client};
use crate::domain::people::{self, ADMIN_ROLE, NewPerson, PersonError, PersonRefused};
use crate::domain::tenants::Tenant;
use crate::domain::{Fault, Services};
use crate::kernel::{Actor, ClientId, Cx, Rng, Secret, TenantSlug};
use crate::store::StoreError;

/// The playground's client.
pub const PLAYGROUND_CLIENT: &str = "playground";
/// The person who signs in.
const USER: (&str, &str) = ("demo@example.com", "Dana Demo");
/// The person who administers.
const ADMIN: (&str, &str) = ("admin@example.com", "Avery Admin");
/// Letters and digits that cannot be taken for each other.
const READABLE: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// An account of the trial.
#[derive(Clone, Debug)]
pub struct DevAccount {
    /// The address to sign in with.
    pub email: String,
    /// The password, when the account was made just now; nobody knows it later.
    pub password: Option<Secret>,
}

/// What to tell on the terminal.
#[derive(Clone, Debug)]
pub struct DevSeed {
    /// Where it is.
    pub public_url: String,
    /// The demo relying party.
    pub playground: String,
    /// Where mail can be read.
    pub mailbox: String,
    /// The person who signs in.
    pub user: DevAccount,
    /// The person who administers.
    pub admin: DevAccount,
    /// The playground's client.
    pub client_id: ClientId,
}

/// Fills the default tenant with what the trial needs; what is there already stays as it is. Only a playground
/// of another address, from a start on another port, is made anew.
///
/// # Errors
/// [`Fault`] when the database or the hasher fails.
pub async fn dev_seed(services: &Services, config: &Config) -> Result<DevSeed, Fault> {
    let slug = TenantSlug::default_tenant();
    let tenant = services.registry.tenant(&slug).await?;
    let tenant = tenant.ok_or_else(|| Fault::internal("the default tenant is missing"))?;
    let cx = tenant.context(services, Actor::System);
    let public_url = config.public_url.as_str().to_owned();
    let client_id = playground_client(services, &cx, &tenant, &public_url).await?;
    Ok(DevSeed {
        user: account(services, &cx, USER, Vec::new()).await?,
        admin: account(services, &cx, ADMIN, vec![ADMIN_ROLE.to_owned()]).await?,
        playground: format!("{public_url}/playground"),
        mailbox: format!("{public_url}/dev/mail"),
        public_url,
        client_id,
    })
}

async fn account(
    services: &Services,
    cx: &Cx,
    (email, name): (&'static str, &str),
    roles: Vec<String>,
) -> Result<DevAccount, Fault> {
    let tenant = cx.tenant;
    let known = services.db.read(move |conn| people::find(conn, tenant, email)).await;
    if known?.is_some() {
        return Ok(DevAccount { email: email.to_owned(), password: None });
    }
    let password = generate_password(&cx.rng);
    let new = NewPerson {
        email: email.to_owned(),
        name: Some(name.to_owned()),
        password: Some(password.clone()),
        verified: true,
        roles,
        username: None,
    };
    match people::create(services, cx, new).await {
        Ok(_) => Ok(DevAccount { email: email.to_owned(), password: Some(password) }),
        Err(PersonError::Refused(PersonRefused::Taken(_))) => {
            Ok(DevAccount { email: email.to_owned(), password: None })
        }
        Err(PersonError::Refused(why)) => Err(Fault::internal(why)),
        Err(PersonError::Fault(fault)) => Err(fault),
    }
}

/// Four groups of five of 32 characters: 100 random bits, easy to copy by hand.
pub fn generate_password(rng: &Rng) -> Secret {
    let bytes = rng.bytes::<20>();
    let groups = bytes.chunks(5).map(|group| {
        group.iter().filter_map(|byte| READABLE.get(usize::from(byte % 32))).map(|b| char::from(*b)).collect()
    });
    Secret::new(groups.collect::<Vec<String>>().join("-"))
}

/// The public client of the playground, with its own redirect URI and the loopback ones.
async fn playground_client(
    services: &Services,
    cx: &Cx,
    tenant: &Arc<Tenant>,
    public_url: &str,
) -> Result<ClientId, Fault> {
    let id = ClientId::from_text(PLAYGROUND_CLIENT);
    let callback = format!("{public_url}/playground/callback");
    let known = services.registry.client(cx.tenant, &id).await?;
    if known.as_ref().is_some_and(|client| client.has_redirect_uri(&callback)) {
        return Ok(id);
    }
    let mut new = NewClient::new("Playground", ClientKind::Spa);
    new.client_id = Some(PLAYGROUND_CLIENT.to_owned());
    new.redirect_uris = vec![
        callback,
        "http://127.0.0.1/playground/callback".to_owned(),
        "http://127.0.0.1/callback".to_owned(),
        "http://[::1]/callback".to_owned(),
    ];
    new.post_logout_redirect_uris = vec![format!("{public_url}/playground")];
    let made = register(cx, &tenant.keys, &new).map_err(Fault::internal)?;
    let (cx, stale) = (cx.clone(), known.is_some().then(|| id.clone()));
    let stored = services.db.write(move |tx| {
        // What it was granted is of the other address, too: of an issuer that is no more.
        if let Some(id) = &stale {
            clients::delete(tx, &cx, id)?;
        }
        store_client(tx, &cx, &made)
    });
    match stored.await {
        Err(Fault::Store(StoreError::Conflict(_))) | Ok(()) => Ok(id),
        Err(fault) => Err(fault),
    }
}
