//! `Services` and one tenant, built by hand.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;

use super::Place;
use crate::config::Config;
use crate::crypto::{HashLimits, HashParams, MasterKey, PasswordHasher, VerifiedCache};
use crate::domain::tenants::{Registry, Tenant, make_tenant, store_tenant};
use crate::domain::{Fault, Services, Settings};
use crate::kernel::{Actor, Clock, Cx, RequestId, Rng, TenantSlug, Timestamp};
use crate::store::{Db, DbSettings};

/// A migrated SQLite database with the default tenant, made once per process and copied for each test: an
/// RSA key takes longer to make than most tests run.
struct Template {
    files: Vec<(&'static str, Vec<u8>)>,
    master: Arc<MasterKey>,
}

static TEMPLATE: OnceCell<Template> = OnceCell::const_new();

/// The files of a SQLite database at rest; the rest of it is made anew when it is opened.
const FILES: [&str; 2] = ["portico.db", "portico.db-wal"];

/// Everything a domain function needs.
pub struct TestServices {
    /// The floor below.
    pub services: Arc<Services>,
    /// The default tenant.
    pub tenant: Arc<Tenant>,
    // Last, so that the database is closed before it is removed.
    place: Place,
}

/// Services on a fresh SQLite database with the default tenant.
pub async fn services(clock: Clock, rng: Rng) -> TestServices {
    services_at(Place::folder(), clock, rng).await
}

/// Services on the database that `PORTICO_TEST_DB` names: `postgres` for the server of `PORTICO_TEST_PG`,
/// SQLite for everything else.
///
/// # Panics
/// When PostgreSQL is named and there is no server.
pub async fn services_chosen(clock: Clock, rng: Rng) -> TestServices {
    let place = if is_postgres_chosen() {
        Place::postgres().expect("PORTICO_TEST_PG names a server")
    } else {
        Place::folder()
    };
    services_at(place, clock, rng).await
}

/// Whether [`services_chosen`] is PostgreSQL, where news of a changed client or tenant travel for some
/// milliseconds.
pub fn is_postgres_chosen() -> bool {
    std::env::var("PORTICO_TEST_DB").is_ok_and(|name| name == "postgres")
}

/// The same on every kind of database there is: SQLite, and PostgreSQL when a server is named. `make` gives
/// each its clock and its randomness.
pub async fn services_everywhere(make: impl Fn() -> (Clock, Rng)) -> Vec<TestServices> {
    let mut all = Vec::new();
    for place in std::iter::once(Place::folder()).chain(Place::postgres()) {
        let (clock, rng) = make();
        all.push(services_at(place, clock, rng).await);
    }
    all
}

/// The same in a place of the test's choice.
pub async fn services_at(place: Place, clock: Clock, rng: Rng) -> TestServices {
    let master = if let Place::Folder(folder) = &place {
        let template = TEMPLATE.get_or_init(make_template).await;
        for (name, bytes) in &template.files {
            std::fs::write(folder.join(name), bytes).expect("the copy of a file");
        }
        template.master.clone()
    } else {
        let master = Arc::new(MasterKey::ephemeral(&Rng::system()));
        prepare(&open(&place, WAIT), &master).await;
        master
    };
    let services = Arc::new(build(open(&place, WAIT), master, clock, rng));
    let slug = TenantSlug::default_tenant();
    let tenant = services.registry.tenant(&slug).await.expect("a database that answers");
    TestServices { services, tenant: tenant.expect("the default tenant"), place }
}

impl TestServices {
    /// Adds another tenant.
    pub async fn add_tenant(&self, slug: &str) -> Arc<Tenant> {
        let slug = TenantSlug::parse(slug).expect("a slug");
        add_tenant(&self.services.db, &self.services.master, slug.clone()).await;
        let tenant = self.services.registry.tenant(&slug).await.expect("a database that answers");
        tenant.expect("the tenant just made")
    }

    /// The services of a second node: the same database, master key, settings and clock, memory of its own.
    pub fn another_node(&self) -> Arc<Services> {
        self.node(&self.place, self.services.clock.clone(), WAIT)
    }

    /// A second node with a clock of its own.
    pub fn node_with_clock(&self, clock: Clock) -> Arc<Services> {
        self.node(&self.place, clock, WAIT)
    }

    /// A second node that gives up on the database after `wait`.
    pub fn impatient_node(&self, wait: Duration) -> Arc<Services> {
        self.node(&self.place, self.services.clock.clone(), wait)
    }

    fn node(&self, place: &Place, clock: Clock, wait: Duration) -> Arc<Services> {
        let mut services = build(open(place, wait), self.services.master.clone(), clock, Rng::system());
        services.settings = self.services.settings.clone();
        Arc::new(services)
    }

    /// What another process finds if this one is killed now: the SQLite files as they are on disk at this
    /// moment, nothing closed or flushed. `None` on PostgreSQL, which is a process of its own.
    ///
    /// # Panics
    /// When the copy does not open.
    pub async fn crash_image(&self) -> Option<Self> {
        let Place::Folder(from) = &self.place else { return None };
        let place = Place::folder();
        let Place::Folder(to) = &place else { return None };
        for name in FILES {
            if let Some(bytes) = read_file(from, name) {
                std::fs::write(to.join(name), bytes).expect("the copy of a file");
            }
        }
        let services = self.node(&place, self.services.clock.clone(), WAIT);
        let tenant = services.registry.tenant(&self.tenant.slug).await.expect("a database that answers");
        Some(Self { services, tenant: tenant.expect("the default tenant"), place })
    }

    /// Changes the settings services were built with; before a server is started over them.
    ///
    /// # Panics
    /// When the services are shared already.
    pub fn set(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut Arc::get_mut(&mut self.services).expect("services nobody shares yet").settings);
    }

    /// The context of a request that arrives now, from nowhere in particular.
    pub fn cx(&self) -> Cx {
        Cx {
            tenant: self.tenant.id,
            slug: self.tenant.slug.clone(),
            issuer: self.tenant.issuer.clone(),
            now: self.services.clock.now(),
            rng: self.services.rng.clone(),
            actor: Actor::Anonymous,
            request_id: RequestId::new(self.services.clock.now(), &self.services.rng),
            ip: None,
        }
    }

    /// The context of a request that arrives now from that address.
    pub fn cx_from(&self, ip: &str) -> Cx {
        Cx { ip: Some(ip.parse::<IpAddr>().expect("an IP address")), ..self.cx() }
    }

    /// Reads.
    pub async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut crate::store::Conn) -> Result<T, crate::store::StoreError> + Send + 'static,
    ) -> T {
        self.services.db.read(f).await.expect("a read")
    }

    /// Writes.
    pub async fn write<T: Send + 'static>(
        &self,
        f: impl FnMut(&mut crate::store::Tx<'_>) -> Result<T, crate::store::StoreError> + Send + 'static,
    ) -> T {
        self.services.db.write(f).await.expect("a write")
    }
}

/// How long tests wait for the database: other tests share the machine.
const WAIT: Duration = Duration::from_secs(30);

fn open(place: &Place, wait: Duration) -> Db {
    let settings = DbSettings { url: place.url(), pool_size: 8, wait };
    Db::open(&settings).expect("a database")
}

/// Migrates and adds the default tenant.
async fn prepare(db: &Db, master: &MasterKey) {
    db.migrate().expect("migrations");
    add_tenant(db, master, TenantSlug::default_tenant()).await;
}

async fn add_tenant(db: &Db, master: &MasterKey, slug: TenantSlug) {
    let (now, rng) = (Timestamp::from_seconds(0), Rng::system());
    let new = make_tenant(master, slug.clone(), "Test", 2048, (now, &rng)).expect("keys");
    let cx = Cx {
        tenant: new.id(),
        slug,
        issuer: Config::for_tests().public_url.to_string().into(),
        now,
        rng: rng.clone(),
        actor: Actor::System,
        request_id: RequestId::new(now, &rng),
        ip: None,
    };
    let stored: Result<_, Fault> = db.write(move |tx| store_tenant(tx, &cx, &new)).await;
    stored.expect("a tenant");
}

async fn make_template() -> Template {
    let place = Place::folder();
    let master = Arc::new(MasterKey::ephemeral(&Rng::system()));
    let db = open(&place, WAIT);
    prepare(&db, &master).await;
    let Place::Folder(folder) = &place else { unreachable!("made as a folder") };
    // Read while the database is open and nobody writes: closing it moves pages between the files.
    let files = FILES.iter().filter_map(|name| Some((*name, read_file(folder, name)?))).collect();
    drop(db);
    Template { files, master }
}

fn read_file(folder: &Path, name: &str) -> Option<Vec<u8>> {
    std::fs::read(folder.join(name)).ok()
}

fn build(db: Db, master: Arc<MasterKey>, clock: Clock, rng: Rng) -> Services {
    let config = Config::for_tests();
    let params = HashParams {
        memory_kib: config.passwords.memory_kib,
        iterations: config.passwords.iterations,
        parallelism: config.passwords.parallelism,
    };
    let limits = HashLimits { max_parallel: 2, queue_length: 1000, queue_wait: Duration::from_secs(30) };
    Services {
        registry: Registry::new(db.clone(), master.clone(), &config.public_url.to_string()),
        db,
        master,
        hasher: PasswordHasher::new(params, limits).expect("cheap costs"),
        verified: VerifiedCache::new(64),
        clock,
        rng,
        settings: Settings {
            tokens: config.tokens,
            sessions: config.sessions,
            passwords: config.passwords,
            login: config.login,
            limits: config.limits,
            rsa_bits: config.keys.rsa_bits,
        },
    }
}
