//! Migrations when several start at once, when the schema is newer, when the process is killed.

use std::env;
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::time::Duration;

use portico::kernel::Secret;
use portico::store::{Db, DbSettings};
use portico::testkit::Place;

use super::{fresh, open};
use crate::sql;

const WAIT: Duration = Duration::from_secs(30);

fn places() -> impl Iterator<Item = Place> {
    std::iter::once(Place::folder()).chain(Place::postgres())
}

#[test]
fn r_30_three_nodes_migrate_at_once_and_one_runs() {
    for place in std::iter::repeat_with(places).take(10).flatten() {
        let start = Barrier::new(3);
        let ran: Vec<usize> = std::thread::scope(|scope| {
            let nodes: Vec<_> = (0..3)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        open(&place, 1, WAIT).migrate().unwrap().len()
                    })
                })
                .collect();
            nodes.into_iter().map(|node| node.join().unwrap()).collect()
        });
        assert_eq!(ran.iter().filter(|steps| **steps > 0).count(), 1, "{ran:?}");
        let state = open(&place, 1, WAIT).migration_state().unwrap();
        assert!(state.missing.is_empty() && state.unknown.is_empty(), "{state:?}");
    }
}

#[test]
fn r_14_a_newer_schema_is_refused_and_left_alone() {
    for place in places() {
        let db = fresh(&place);
        let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999_from_the_future')";
        db.with_own_connection(|conn| sql::run(conn, newer)).unwrap();
        let before = db.migration_state().unwrap();
        assert_eq!(before.unknown, ["9999_from_the_future"]);
        let refused = db.migrate().unwrap_err();
        assert!(!refused.is_passing(), "waiting does not help");
        let text = refused.to_string();
        assert!(text.contains("9999_from_the_future") && text.contains("newer"), "{text}");
        assert_eq!(db.migration_state().unwrap(), before);
    }
}

/// The environment variable by which a test asks its own binary to be the process that is killed.
const CHILD: &str = "PORTICO_TEST_MIGRATE_FOR_EVER";

/// Migrates up and down until it is killed; does nothing but in that process.
#[test]
fn child_that_migrates_for_ever() {
    let Ok(url) = env::var(CHILD) else { return };
    let settings = DbSettings { url: Secret::new(url), pool_size: 1, wait: WAIT };
    let db = Db::open(&settings).unwrap();
    loop {
        db.migrate().unwrap();
        db.migrate_down().unwrap();
    }
}

const TABLES: &str = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'";
const TABLES_OF_SQLITE: &str = "SELECT count(*) FROM sqlite_master WHERE type = 'table'";

fn tables(db: &Db) -> String {
    db.with_own_connection(|conn| {
        let query = if sql::is_postgres(conn) { TABLES } else { TABLES_OF_SQLITE };
        sql::value(conn, query)
    })
    .unwrap()
}

#[test]
fn r_30_a_kill_in_the_middle_leaves_all_of_it_or_nothing() {
    for place in places() {
        let db = fresh(&place);
        let full = tables(&db);
        let mut seen = [0, 0];
        for round in 0..20 {
            let mut child = Command::new(env::current_exe().unwrap())
                .args(["--exact", "store::migrations::child_that_migrates_for_ever"])
                .env(CHILD, place.url().expose())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(Duration::from_millis(60 + round * 7 % 40));
            assert!(child.try_wait().unwrap().is_none(), "the child ended by itself");
            child.kill().unwrap();
            child.wait().unwrap();
            // PostgreSQL needs a moment to notice that its client is gone.
            std::thread::sleep(Duration::from_millis(50));
            let state = db.migration_state().unwrap();
            let all = state.missing.is_empty();
            assert!(all || state.applied.is_empty(), "{state:?}");
            seen[usize::from(all)] += 1;
            assert_eq!(tables(&db), if all { full.as_str() } else { "1" });
            db.migrate().unwrap();
            assert_eq!(tables(&db), full);
        }
        assert!(seen[0] > 0 && seen[1] > 0, "the kills came at different moments: {seen:?}");
    }
}
