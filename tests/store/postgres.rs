//! PostgreSQL when it is slow, full, in the way or away.
#![expect(clippy::disallowed_methods, reason = "a stopwatch: these tests look at how long an answer takes")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use portico::store::{Db, StoreError, Tx};
use portico::testkit::Place;

use super::{Gate, PgServer, fresh, open, put, stored, unavailable};
use crate::sql;

const SHORT: Duration = Duration::from_millis(400);

/// A migrated database and the same with little patience.
fn impatient(pool_size: u32) -> Option<(Place, Db)> {
    let place = Place::postgres()?;
    fresh(&place);
    let db = open(&place, pool_size, SHORT);
    Some((place, db))
}

async fn backend(db: &Db) -> String {
    db.read(|conn| sql::value(conn, "pg_backend_pid()")).await.unwrap()
}

/// Waits until it is so, at most for `limit`; tells how long it took.
async fn until(limit: Duration, mut so: impl AsyncFnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !so().await {
        assert!(began.elapsed() < limit, "not within {limit:?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    began.elapsed()
}

#[tokio::test]
async fn a_connection_serves_again_also_after_an_error() {
    let Some((_place, db)) = impatient(1) else { return };
    let first = backend(&db).await;
    assert_eq!(backend(&db).await, first);
    let refused = db.read(|conn| sql::run(conn, "SELECT nothing")).await;
    assert!(matches!(refused, Err(StoreError::Query(_))), "{refused:?}");
    assert_eq!(backend(&db).await, first);
    db.write(|tx| put(tx, "a")).await.unwrap();
    let refused = db.write(|tx| {
        put(tx, "b")?;
        sql::run(tx, "SELECT nothing")
    });
    refused.await.unwrap_err();
    assert_eq!(backend(&db).await, first);
    assert!(stored(&db, "a").await && !stored(&db, "b").await);
}

#[tokio::test]
async fn a_closure_that_panics_takes_its_work_back_and_leaves_the_pool_whole() {
    let Some((place, _)) = impatient(1) else { return };
    // The hook that prints a panic may need longer than the others are patient.
    let db = open(&place, 1, Duration::from_secs(30));
    for _ in 0..3 {
        let panicked = db.write::<(), StoreError, _>(|tx| {
            put(tx, "panicked")?;
            panic!("on purpose")
        });
        assert!(matches!(panicked.await, Err(StoreError::Panicked)));
    }
    assert!(!stored(&db, "panicked").await);
}

/// A statement that fails spoils a transaction of PostgreSQL; its COMMIT then stores nothing and says nothing.
#[tokio::test]
async fn what_was_not_stored_is_not_answered_as_stored() {
    let Some((_place, db)) = impatient(1) else { return };
    for touch in [false, true] {
        let swallowed = db.write::<(), StoreError, _>(move |tx| {
            put(tx, "swallowed")?;
            if touch {
                tx.touch_config()?;
            }
            drop(sql::run(tx, "SELECT nothing"));
            Ok(())
        });
        swallowed.await.unwrap_err();
    }
    assert!(!stored(&db, "swallowed").await);
    db.write(|tx| put(tx, "next")).await.unwrap();
}

// S4-25.
#[tokio::test]
async fn r_13_a_full_pool_is_told_in_time_and_the_probe_still_works() {
    let Some((_place, db)) = impatient(2) else { return };
    let mut held = Vec::new();
    for _ in 0..2 {
        let (gate, mut at_gate) = Gate::new();
        let holder = db.clone();
        let task = tokio::spawn(async move {
            holder
                .read(move |_| {
                    at_gate();
                    Ok(())
                })
                .await
        });
        gate.reached().await;
        held.push((gate, task));
    }
    let began = Instant::now();
    let waiting = join_all((0..100).map(|_| db.read(|conn| sql::value(conn, "1"))));
    let probing = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        db.ping().await.unwrap();
        began.elapsed()
    };
    let (answers, probed_after) = tokio::join!(waiting, probing);
    assert!(answers.iter().all(unavailable));
    assert!(probed_after < SHORT, "{probed_after:?}");
    let took = began.elapsed();
    assert!((SHORT..SHORT * 3).contains(&took), "{took:?}");
    for (gate, task) in held {
        gate.open();
        assert!(unavailable(&task.await.unwrap()), "they were too slow themselves");
    }
    let works = async || db.read(|conn| sql::value(conn, "1")).await.is_ok();
    until(Duration::from_secs(5), works).await;
}

#[tokio::test]
async fn r_10_a_statement_that_hangs_is_ended_and_its_transaction_with_it() {
    let Some((_place, db)) = impatient(1) else { return };
    let began = Instant::now();
    let read = db.read(|conn| sql::run(conn, "SELECT pg_sleep(20)")).await;
    assert!(unavailable(&read), "{read:?}");
    let written = db.write(|tx| {
        put(tx, "slow")?;
        sql::run(tx, "SELECT pg_sleep(20)")
    });
    assert!(unavailable(&written.await));
    let took = began.elapsed();
    assert!(took < SHORT * 5, "{took:?}");
    let works = async || db.read(|conn| sql::value(conn, "1")).await.is_ok();
    until(Duration::from_secs(5), works).await;
    assert!(!stored(&db, "slow").await);
}

/// Waiting for a connection and working with it share one limit; what is answered 503 is not done later.
#[tokio::test]
async fn r_10_what_was_answered_unavailable_is_not_done_later() {
    let Some((_place, db)) = impatient(1) else { return };
    let (gate, mut at_gate) = Gate::new();
    let began = Instant::now();
    let late = db.write(move |tx| {
        put(tx, "late")?;
        at_gate();
        Ok(())
    });
    assert!(unavailable(&late.await));
    assert!(began.elapsed() < SHORT * 3);
    gate.open();
    let works = async || db.write(|tx| put(tx, "next")).await.is_ok();
    until(Duration::from_secs(5), works).await;
    assert!(!stored(&db, "late").await);
}

const COUNTERS: &str = "INSERT INTO login_throttle VALUES ('t', 'x', 0, 0, 0), ('t', 'y', 0, 0, 0)";

fn raise(tx: &mut Tx<'_>, subject: &str) -> Result<(), StoreError> {
    sql::run(tx, &format!("UPDATE login_throttle SET failures = failures + 1 WHERE subject = '{subject}'"))
}

async fn counters(db: &Db) -> Vec<String> {
    let query = "SELECT failures::text AS line FROM login_throttle ORDER BY subject";
    db.read(move |conn| sql::lines(conn, query)).await.unwrap()
}

/// How often the closures ran, and how many of the writes succeeded.
struct Tally {
    runs: Arc<AtomicU64>,
    done: usize,
}

/// Two writers, `rounds` times each; `work` is told which of the two it is.
async fn race(db: &Db, rounds: usize, work: fn(&mut Tx<'_>, bool) -> Result<(), StoreError>) -> Tally {
    let runs = Arc::new(AtomicU64::new(0));
    let writer = async |first: bool| {
        let mut done = 0;
        for _ in 0..rounds {
            let runs = runs.clone();
            let written = db.write(move |tx| {
                runs.fetch_add(1, Ordering::Relaxed);
                work(tx, first)
            });
            match written.await {
                Ok(()) => done += 1,
                Err(error) => assert!(error.is_passing(), "{error}"),
            }
        }
        done
    };
    let (a, b) = tokio::join!(writer(true), writer(false));
    Tally { runs, done: a + b }
}

#[tokio::test]
async fn r_12_crossed_writers_are_repeated_and_none_counts_twice() {
    let Some(place) = Place::postgres() else { return };
    let db = fresh(&place);
    db.write(|tx| sql::run(tx, COUNTERS)).await.unwrap();
    let tally = race(&db, 200, |tx, first| {
        // Found at once, not after the usual second.
        sql::run(tx, "SET LOCAL deadlock_timeout = '5ms'")?;
        let (one, other) = if first { ("x", "y") } else { ("y", "x") };
        raise(tx, one)?;
        sql::run(tx, "SELECT pg_sleep(0.001)")?;
        raise(tx, other)
    })
    .await;
    let runs = tally.runs.load(Ordering::Relaxed);
    assert!(runs > 400, "no two ever met: {runs} runs");
    assert!(tally.done > 380, "{} of 400", tally.done);
    assert_eq!(counters(&db).await, [tally.done.to_string(), tally.done.to_string()]);
}

#[tokio::test]
async fn r_12_serialisation_failures_are_repeated() {
    let Some(place) = Place::postgres() else { return };
    let db = fresh(&place);
    db.write(|tx| sql::run(tx, COUNTERS)).await.unwrap();
    let tally = race(&db, 100, |tx, _| {
        sql::run(tx, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")?;
        // Both have looked before either writes.
        sql::run(tx, "SELECT failures FROM login_throttle")?;
        sql::run(tx, "SELECT pg_sleep(0.001)")?;
        raise(tx, "x")
    })
    .await;
    assert!(tally.runs.load(Ordering::Relaxed) > 200, "no two ever met");
    assert_eq!(counters(&db).await, [tally.done.to_string(), "0".to_owned()]);
}

/// Waits until the listener of a fresh [`Db`] is there: its version rises then.
async fn listening(db: &Db) {
    until(Duration::from_secs(10), async || db.config_version().unwrap() > 0).await;
}

#[tokio::test]
async fn the_other_nodes_change_of_configuration_is_heard_within_200_ms() {
    let Some(place) = Place::postgres() else { return };
    let (here, there) = (fresh(&place), open(&place, 2, Duration::from_secs(5)));
    listening(&here).await;
    listening(&there).await;
    let mut spans = Vec::new();
    for _ in 0..10 {
        let before = there.config_version().unwrap();
        here.write(|tx| tx.touch_config()).await.unwrap();
        let changed = async || there.config_version().unwrap() > before;
        spans.push(until(Duration::from_secs(2), changed).await);
    }
    spans.sort();
    assert!(spans[5] < Duration::from_millis(200), "{spans:?}");
    // What does not touch the configuration is not told.
    let before = there.config_version().unwrap();
    here.write(|tx| put(tx, "a")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(there.config_version().unwrap(), before);
}

#[tokio::test]
async fn r_16_a_listener_that_was_cut_off_comes_back_and_trusts_nothing_it_may_have_missed() {
    let Some(place) = Place::postgres() else { return };
    let (here, there) = (fresh(&place), open(&place, 2, Duration::from_secs(5)));
    listening(&here).await;
    listening(&there).await;
    let before = there.config_version().unwrap();
    let cut = "SELECT count(pg_terminate_backend(pid))::text AS line FROM pg_stat_activity \
               WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    assert_eq!(here.read(move |conn| sql::lines(conn, cut)).await.unwrap(), ["2"]);
    until(Duration::from_secs(5), async || there.config_version().unwrap() > before).await;
    let back = there.config_version().unwrap();
    here.write(|tx| tx.touch_config()).await.unwrap();
    until(Duration::from_secs(5), async || there.config_version().unwrap() > back).await;
}

#[tokio::test]
async fn r_09_a_server_that_stops_is_told_and_one_that_comes_back_is_used() {
    let Some(server) = PgServer::start() else { return };
    let place = Place::postgres_at(&server.url());
    let db = fresh(&place);
    // Several connections are kept when the server goes.
    for result in join_all((0..8).map(|_| db.read(|conn| sql::run(conn, "SELECT pg_sleep(0.1)")))).await {
        result.unwrap();
    }
    listening(&db).await;
    let version = db.config_version().unwrap();
    db.write(|tx| put(tx, "before")).await.unwrap();
    server.stop();
    let began = Instant::now();
    for _ in 0..10 {
        assert!(unavailable(&db.read(|conn| sql::value(conn, "1")).await));
        assert!(unavailable(&db.write(|tx| put(tx, "during")).await));
        assert!(unavailable(&db.ping().await));
    }
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(db.config_version().unwrap(), version, "what is in memory stays good");
    server.run();
    let works = async || db.write(|tx| put(tx, "after")).await.is_ok();
    until(Duration::from_secs(10), works).await;
    db.ping().await.unwrap();
    for result in join_all((0..8).map(|_| db.read(|conn| sql::value(conn, "1")))).await {
        result.unwrap();
    }
    assert!(stored(&db, "before").await && !stored(&db, "during").await);
    until(Duration::from_secs(10), async || db.config_version().unwrap() > version).await;
}
