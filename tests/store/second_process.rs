//! SQLite with a second writer beside the server: the command line, another node by mistake.
#![expect(clippy::disallowed_methods, reason = "a stopwatch: these tests look at how long an answer takes")]

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use portico::testkit::Place;

use super::{fresh, has, open, put, stored, unavailable};
use crate::sql;

#[tokio::test]
async fn the_other_ones_change_of_configuration_is_noticed_at_once() {
    let place = Place::folder();
    let (server, cli) = (fresh(&place), open(&place, 1, Duration::from_secs(5)));
    let before = server.config_version().unwrap();
    cli.write(|tx| put(tx, "no configuration")).await.unwrap();
    assert_eq!(server.config_version().unwrap(), before);
    cli.write(|tx| tx.touch_config()).await.unwrap();
    assert_eq!(server.config_version().unwrap(), before + 1);
    server.write(|tx| tx.touch_config()).await.unwrap();
    assert_eq!(cli.config_version().unwrap(), before + 2);
    // What is taken back changes nothing.
    let refused = cli.write(|tx| {
        tx.touch_config()?;
        sql::run(tx, "no such statement")
    });
    refused.await.unwrap_err();
    assert_eq!(server.config_version().unwrap(), before + 2);
}

#[tokio::test]
async fn both_write_at_once_and_nothing_is_lost() {
    let place = Place::folder();
    let (server, cli) = (fresh(&place), open(&place, 1, Duration::from_secs(30)));
    let all = (0..200).map(|n| {
        let db = if n % 2 == 0 { &server } else { &cli };
        let name = format!("token {n}");
        db.write(move |tx| put(tx, &name))
    });
    for result in join_all(all).await {
        result.unwrap();
    }
    let count = server.read(|conn| sql::value(conn, "SELECT count(*) FROM revoked_tokens")).await.unwrap();
    assert_eq!(count, "200");
}

#[tokio::test]
async fn a_write_waits_for_the_other_one_and_gives_up_in_time_while_reads_go_on() {
    let place = Place::folder();
    fresh(&place).write(|tx| put(tx, "there")).await.unwrap();
    let db = open(&place, 2, Duration::from_millis(400));
    let other = open(&place, 1, Duration::from_secs(5));

    // Held for less than the wait.
    let (held, release) = std::sync::mpsc::channel();
    let (let_go, wait) = std::sync::mpsc::channel::<Duration>();
    let thread = std::thread::spawn(move || {
        for span in wait {
            other
                .with_own_connection(|conn| {
                    sql::run(conn, "BEGIN IMMEDIATE")?;
                    held.send(()).unwrap();
                    std::thread::sleep(span);
                    assert!(has(conn, "there")?);
                    sql::run(conn, "COMMIT")
                })
                .unwrap();
        }
    });
    let_go.send(Duration::from_millis(150)).unwrap();
    release.recv().unwrap();
    db.write(|tx| put(tx, "patient")).await.unwrap();

    // Held for longer.
    let_go.send(Duration::from_millis(1_500)).unwrap();
    release.recv().unwrap();
    let began = Instant::now();
    let refused = db.write(|tx| put(tx, "given up"));
    let reads = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(stored(&db, "there").await);
        began.elapsed()
    };
    let (refused, read_after) = tokio::join!(refused, reads);
    assert!(unavailable(&refused));
    assert!(began.elapsed() < Duration::from_millis(1_300), "{:?}", began.elapsed());
    assert!(read_after < Duration::from_millis(350), "{read_after:?}");
    drop(let_go);
    thread.join().unwrap();
    db.write(|tx| put(tx, "afterwards")).await.unwrap();
    assert!(!stored(&db, "given up").await);
}
