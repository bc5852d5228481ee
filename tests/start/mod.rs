//! The start: what it makes, and what it refuses to make.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Barrier;
use std::thread;

use portico::app::{StartError, build};
use portico::config::{Config, Migrate};
use portico::domain::tenants;
use portico::kernel::{Clock, PageRequest, Rng, TenantId, TenantSlug};
use portico::testkit::Place;

/// Nodes that start at the same moment.
const NODES: usize = 4;

/// A configuration in a folder of its own, on whichever database the tests run.
struct Installation {
    config: Config,
    folder: PathBuf,
    _places: (Place, Place),
}

impl Installation {
    fn new() -> Self {
        Self::on(Place::folder())
    }

    /// One on each kind of database.
    fn everywhere() -> Vec<Self> {
        [Some(Place::folder()), Place::postgres()].into_iter().flatten().map(Self::on).collect()
    }

    fn on(place: Place) -> Self {
        let files = Place::folder();
        let Place::Folder(folder) = &files else { panic!("made as a folder") };
        let folder = folder.clone();
        let mut config = Config::for_tests();
        config.data.dir = folder.join("data");
        config.keys.dir = folder.join("keys");
        config.database.url = portico::config::DatabaseUrl::parse(place.url().expose()).expect("a URL");
        Self { config, folder, _places: (place, files) }
    }

    async fn start(&self) -> Result<std::sync::Arc<portico::domain::Services>, StartError> {
        build(&self.config, Clock::System, Rng::system()).await
    }

    async fn refused(&self) -> String {
        match self.start().await {
            Ok(_) => panic!("it started"),
            Err(error) => error.to_string(),
        }
    }

    fn key(&self) -> PathBuf {
        self.config.keys.dir.join("master.key")
    }
}

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[tokio::test]
async fn the_first_start_makes_everything_for_its_owner_only() {
    for at in Installation::everywhere() {
        let services = at.start().await.expect("a start");
        let slug = TenantSlug::default_tenant();
        let tenant = services.registry.tenant_from_memory(&slug).expect("loaded at the start");
        assert_eq!(tenant.ring.signing_algs().len(), 4);
        assert_eq!((mode(&at.folder.join("data")), mode(&at.key())), (0o700, 0o600));
        if let Some(path) = at.config.database.url.sqlite_path() {
            assert_eq!(mode(path.as_ref()), 0o600);
        }
        drop(services);
        let again = at.start().await.expect("a second start");
        let same = again.registry.tenant_from_memory(&slug).expect("loaded");
        assert_eq!((same.id, same.ring.etag()), (tenant.id, tenant.ring.etag()));
    }
}

#[tokio::test]
async fn r_26_a_lost_master_key_is_never_replaced() {
    for at in Installation::everywhere() {
        drop(at.start().await.expect("a start"));
        let kept = fs::read(at.key()).unwrap();

        fs::remove_file(at.key()).unwrap();
        assert!(at.refused().await.contains("is missing"));
        assert!(!at.key().exists(), "none was made");

        fs::write(at.key(), &kept[..kept.len() / 2]).unwrap();
        fs::set_permissions(at.key(), fs::Permissions::from_mode(0o600)).unwrap();
        assert!(at.refused().await.contains("damaged"));

        fs::write(at.key(), &kept).unwrap();
        fs::set_permissions(at.key(), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(at.refused().await.contains("chmod 600"));

        fs::set_permissions(at.key(), fs::Permissions::from_mode(0o600)).unwrap();
        at.start().await.expect("the right key is back");
    }
}

#[tokio::test]
async fn r_27_another_master_key_is_refused_by_name() {
    let (at, other) = (Installation::new(), Installation::new());
    drop(at.start().await.expect("a start"));
    drop(other.start().await.expect("a start"));
    fs::copy(other.key(), at.key()).unwrap();
    let why = at.refused().await;
    assert!(why.contains("cannot decrypt") && why.lines().count() == 1, "{why}");
}

#[tokio::test]
async fn tables_are_left_alone_when_the_operator_brings_them_up_to_date() {
    let mut at = Installation::new();
    at.config.database.migrate = Migrate::Manual;
    assert!(at.refused().await.contains("portico migrate"));
    assert!(!at.key().exists(), "nothing was made");
    at.config.database.migrate = Migrate::Auto;
    drop(at.start().await.expect("a start"));
    at.config.database.migrate = Migrate::Manual;
    at.start().await.expect("nothing is missing any more");
}

#[tokio::test]
async fn r_30_nodes_that_start_together_agree() {
    for at in Installation::everywhere() {
        let barrier = Barrier::new(NODES);
        let ids: Vec<TenantId> = thread::scope(|scope| {
            let node = || {
                barrier.wait();
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let services = runtime.block_on(at.start()).expect("every node starts");
                let slug = TenantSlug::default_tenant();
                services.registry.tenant_from_memory(&slug).expect("loaded").id
            };
            let nodes: Vec<_> = (0..NODES).map(|_| scope.spawn(node)).collect();
            nodes.into_iter().map(|node| node.join().unwrap()).collect()
        });
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        let node = at.start().await.expect("a start");
        let page = PageRequest::new(None, 10);
        let all = node.db.read(move |conn| tenants::list(conn, &page)).await.unwrap();
        assert_eq!(all.items.len(), 1);
    }
}
