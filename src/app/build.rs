//! From a configuration to [`Services`]: data directory, database, tables, master key, default tenant.
//!
//! Each step refuses with one clear line, and nothing is made over what is already there: a lost master key
//! stays lost until it is put back.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{Config, DatabaseUrl, Migrate};
use crate::crypto::{
    HashLimits, HashParams, HashParamsError, MasterKey, MasterKeyError, PasswordHasher, VerifiedCache,
    WrongMasterKey,
};
use crate::domain::tenants::{NewTenant, Registry, make_tenant, store_tenant};
use crate::domain::{Fault, Services, Settings};
use crate::kernel::{Actor, Clock, Cx, RequestId, Rng, Secret, TenantSlug};
use crate::store::{Db, DbSettings, StoreError, installation, tenants};

/// How many sign-ins may wait for their turn at the hasher; more are told to come again.
const HASH_QUEUE: usize = 64;
/// Verified tokens remembered; some five megabytes when full.
const VERIFIED: usize = 65_536;

/// Why Portico does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A directory or file that is needed cannot be made.
    #[error("cannot make {}: {cause}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The database.
    #[error("{0} (database.url is {1})")]
    Database(StoreError, String),
    /// Tables are missing and nobody may make them.
    #[error("the database lacks {0}; run `portico migrate` (database.migrate is \"manual\")")]
    Outdated(String),
    /// The tables are of a newer version.
    #[error("the database schema is newer than this binary (it has {0}); start the newer version")]
    Newer(String),
    /// The master key's file.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// Another master key.
    #[error(transparent)]
    WrongMasterKey(#[from] WrongMasterKey),
    /// Password hashing.
    #[error(transparent)]
    Passwords(#[from] HashParamsError),
    /// Anything of Portico's own.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<StoreError> for StartError {
    fn from(error: StoreError) -> Self {
        Self::Fault(Fault::Store(error))
    }
}

/// Makes everything the domain leans on. Safe when two nodes start on one empty database at once.
///
/// # Errors
/// [`StartError`], one line each.
pub async fn build(config: &Config, clock: Clock, rng: Rng) -> Result<Arc<Services>, StartError> {
    let hasher = hasher(config)?;
    let db = open_database(config, &rng)?;
    migrate(config, &db)?;
    let master = Arc::new(master_key(config, &db, &rng).await?);
    let registry = Registry::new(db.clone(), master.clone(), config.public_url.as_str());
    let services = Services {
        db,
        master,
        hasher,
        registry,
        verified: VerifiedCache::new(VERIFIED),
        clock,
        rng,
        settings: settings(config),
    };
    seal_and_settle(&services, config).await?;
    // Loaded now: a key that cannot be opened stops the start, and metadata is answered from memory later.
    let slug = TenantSlug::default_tenant();
    services.registry.tenant(&slug).await?.ok_or_else(|| Fault::internal("the default tenant is missing"))?;
    Ok(Arc::new(services))
}

fn settings(config: &Config) -> Settings {
    Settings {
        tokens: config.tokens.clone(),
        sessions: config.sessions.clone(),
        passwords: config.passwords.clone(),
        login: config.login.clone(),
        limits: config.limits.clone(),
        rsa_bits: config.keys.rsa_bits,
    }
}

fn hasher(config: &Config) -> Result<PasswordHasher, HashParamsError> {
    let passwords = &config.passwords;
    let params = HashParams {
        memory_kib: passwords.memory_kib,
        iterations: passwords.iterations,
        parallelism: passwords.parallelism,
    };
    let limits = HashLimits {
        max_parallel: passwords.max_parallel_hashes,
        queue_length: HASH_QUEUE,
        queue_wait: passwords.queue_wait,
    };
    PasswordHasher::new(params, limits)
}

/// Makes the data directory and opens the database; runs nothing on it.
///
/// # Errors
/// [`StartError::Io`] or [`StartError::Database`].
pub fn open_database(config: &Config, rng: &Rng) -> Result<Db, StartError> {
    private_directory(&config.data.dir)?;
    let url = database_url(&config.database.url, rng)?;
    let settings = DbSettings {
        url: Secret::new(url),
        pool_size: config.database.pool_size,
        wait: config.database.pool_wait,
    };
    Db::open(&settings).map_err(|error| StartError::Database(error, config.database.url.redacted()))
}

/// The address to open. A SQLite file is made beforehand, readable by its owner only, because SQLite itself
/// goes by the umask; one "in memory" is a file of its own in the system's folder for such.
fn database_url(url: &DatabaseUrl, rng: &Rng) -> Result<String, StartError> {
    let path = match url.sqlite_path() {
        None => return Ok(url.expose().to_owned()),
        Some(":memory:") => {
            let unique: String = rng.bytes::<12>().iter().map(|byte| format!("{byte:02x}")).collect();
            std::env::temp_dir().join(format!("portico-{}-{unique}.db", std::process::id()))
        }
        Some(path) => PathBuf::from(path),
    };
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        private_directory(parent)?;
    }
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
        Err(cause) if cause.kind() != ErrorKind::AlreadyExists => Err(StartError::Io { path, cause }),
        _ => Ok(format!("sqlite://{}", path.to_string_lossy())),
    }
}

/// Makes a directory for its owner only; one that exists stays as it is.
fn private_directory(path: &Path) -> Result<(), StartError> {
    if fs::metadata(path).is_ok_and(|found| found.is_dir()) {
        return Ok(());
    }
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|cause| StartError::Io { path: path.to_owned(), cause })
}

fn migrate(config: &Config, db: &Db) -> Result<(), StartError> {
    let failed = |error| StartError::Database(error, config.database.url.redacted());
    let state = db.migration_state().map_err(failed)?;
    if !state.unknown.is_empty() {
        return Err(StartError::Newer(state.unknown.join(", ")));
    }
    if state.missing.is_empty() {
        return Ok(());
    }
    if config.database.migrate == Migrate::Manual {
        return Err(StartError::Outdated(state.missing.join(", ")));
    }
    let done = db.migrate().map_err(failed)?;
    tracing::info!(migrations = done.join(", "), "brought the tables up to date");
    Ok(())
}

/// Loads the master key, or makes it when nothing in the database depends on one.
async fn master_key(config: &Config, db: &Db, rng: &Rng) -> Result<MasterKey, StartError> {
    let (recorded, sealed) = db
        .read(|conn| {
            let recorded = installation::fact(conn, installation::MASTER_KEY)?;
            let any_tenant = !tenants::list(conn, None, 1)?.is_empty();
            Ok((recorded, any_tenant))
        })
        .await?;
    let key = MasterKey::load_or_create(&config.keys.dir, recorded.is_some() || sealed, rng)?;
    if let Some(recorded) = recorded {
        key.require(&recorded)?;
    }
    Ok(key)
}

/// Records which master key seals this database and makes the default tenant, together and once. Of two
/// nodes that get here at the same time one writes and the other finds it done.
async fn seal_and_settle(services: &Services, config: &Config) -> Result<(), StartError> {
    let slug = TenantSlug::default_tenant();
    let (fingerprint, wanted) = (services.master.fingerprint().to_owned(), slug.clone());
    let done = services
        .db
        .read(move |conn| {
            let recorded = installation::fact(conn, installation::MASTER_KEY)?;
            Ok(recorded.is_some() && tenants::find_by_slug(conn, &wanted)?.is_some())
        })
        .await?;
    if done {
        return Ok(());
    }
    let now = services.clock.now();
    let made =
        make_tenant(&services.master, slug.clone(), "Portico", config.keys.rsa_bits, (now, &services.rng))?;
    let cx = Cx {
        tenant: made.id(),
        slug,
        issuer: config.public_url.as_str().into(),
        now,
        rng: services.rng.clone(),
        actor: Actor::System,
        request_id: RequestId::new(now, &services.rng),
        ip: None,
    };
    let stored = first_write(&services.db, cx, made, fingerprint).await;
    match stored {
        // Another node made the tenant between our look and our write; its key must be ours.
        Err(Fault::Store(StoreError::Conflict(_))) => {}
        other => other?,
    }
    let recorded = services.db.read(|conn| installation::fact(conn, installation::MASTER_KEY)).await?;
    let recorded = recorded.ok_or_else(|| Fault::internal("the master key's id was not recorded"))?;
    services.master.require(&recorded)?;
    Ok(())
}

async fn first_write(db: &Db, cx: Cx, made: NewTenant, fingerprint: String) -> Result<(), Fault> {
    db.write(move |tx| {
        installation::set_fact_once(tx, installation::MASTER_KEY, &fingerprint)?;
        let ours = installation::fact(tx, installation::MASTER_KEY)?.as_deref() == Some(fingerprint.as_str());
        if ours && tenants::find_by_slug(tx, &cx.slug)?.is_none() {
            store_tenant(tx, &cx, &made)?;
        }
        Ok(())
    })
    .await
}
