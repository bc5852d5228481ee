//! The writer of SQLite: shared commits, answers after them, and each closure on its own.
#![expect(clippy::disallowed_methods, reason = "a stopwatch: these tests look at how long an answer takes")]

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use portico::store::{Db, StoreError};
use portico::testkit::Place;
use tokio::task::JoinHandle;

use super::{Gate, fresh, open, put, stored, unavailable};
use crate::sql;

type Written = JoinHandle<Result<(), StoreError>>;

fn write(db: &Db, name: &'static str) -> Written {
    let db = db.clone();
    tokio::spawn(async move { db.write(move |tx| put(tx, name)).await })
}

/// Holds the writer, so that what is written meanwhile waits and shares the next commit.
async fn hold(db: &Db) -> (Gate, Written) {
    let (gate, mut at_gate) = Gate::new();
    let db = db.clone();
    let held = tokio::spawn(async move {
        db.write(move |_| {
            at_gate();
            Ok(())
        })
        .await
    });
    gate.reached().await;
    (gate, held)
}

/// Lets the tasks just spawned come as far as they can.
async fn settle() {
    for _ in 0..300 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_answer_comes_after_the_commit_and_not_before() {
    let place = Place::folder();
    let db = fresh(&place);
    let elsewhere = open(&place, 1, Duration::from_secs(5));
    let (first, held) = hold(&db).await;
    let early = write(&db, "early");
    settle().await;
    let (second, mut at_gate) = Gate::new();
    let of_late = db.clone();
    let late = tokio::spawn(async move {
        of_late
            .write(move |tx| {
                at_gate();
                put(tx, "late")
            })
            .await
    });
    settle().await;
    first.open();
    second.reached().await;
    // `early` has run and waits for the commit it shares with `late`.
    assert!(!early.is_finished() && !held.is_finished(), "answered before the commit");
    assert!(!stored(&elsewhere, "early").await);
    second.open();
    for answer in [held, early, late] {
        answer.await.unwrap().unwrap();
    }
    assert!(stored(&elsewhere, "early").await && stored(&elsewhere, "late").await);
    assert_eq!(db.writer_facts().commits, 1, "all three shared one");
}

#[tokio::test]
async fn what_is_answered_is_seen_by_everybody_at_once() {
    let place = Place::folder();
    let db = fresh(&place);
    let elsewhere = open(&place, 1, Duration::from_secs(5));
    for name in ["a", "b", "c", "d", "e"] {
        db.write(move |tx| put(tx, name)).await.unwrap();
        assert!(stored(&elsewhere, name).await);
    }
}

#[tokio::test]
async fn a_closure_that_refuses_or_panics_takes_back_its_own_work_only() {
    let place = Place::folder();
    let db = fresh(&place);
    let (gate, held) = hold(&db).await;
    let before = write(&db, "before");
    settle().await;
    let (of_refused, of_panicked) = (db.clone(), db.clone());
    let refused: Written = tokio::spawn(async move {
        of_refused
            .write(|tx| {
                put(tx, "refused")?;
                Err(StoreError::Corrupt("changed its mind".to_owned()))
            })
            .await
    });
    let panicked: Written = tokio::spawn(async move {
        of_panicked
            .write::<(), StoreError, _>(|tx| {
                put(tx, "panicked")?;
                panic!("on purpose")
            })
            .await
    });
    settle().await;
    let after = write(&db, "after");
    settle().await;
    gate.open();
    for done in [held, before, after] {
        done.await.unwrap().unwrap();
    }
    assert!(matches!(refused.await.unwrap(), Err(StoreError::Corrupt(text)) if text == "changed its mind"));
    assert!(matches!(panicked.await.unwrap(), Err(StoreError::Panicked)));
    assert!(stored(&db, "before").await && stored(&db, "after").await);
    assert!(!stored(&db, "refused").await && !stored(&db, "panicked").await);
    assert_eq!(db.writer_facts().commits, 1, "all of them shared one");
}

#[tokio::test]
async fn two_hundred_writers_share_commits() {
    let place = Place::folder();
    let db = fresh(&place);
    let before = db.writer_facts();
    let all = (0..200).map(|n| {
        let name = format!("token {n}");
        db.write(move |tx| put(tx, &name))
    });
    for result in join_all(all).await {
        result.unwrap();
    }
    let after = db.writer_facts();
    let (closures, commits) = (after.closures - before.closures, after.commits - before.commits);
    assert_eq!(closures, 200);
    assert!(commits < 50, "{commits} commits");
    let count = db.read(|conn| sql::value(conn, "SELECT count(*) FROM revoked_tokens")).await.unwrap();
    assert_eq!(count, "200");
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_empties_again() {
    let place = Place::folder();
    let db = fresh(&place);
    let (gate, held) = hold(&db).await;
    let waiting: Vec<Written> = (0..9_000).map(|_| write(&db, "same")).collect();
    settle().await;
    let (done, waiting): (Vec<_>, Vec<_>) = waiting.into_iter().partition(JoinHandle::is_finished);
    // The one that holds the writer counts too.
    assert_eq!((waiting.len(), done.len()), (8_191, 809));
    for refused in done {
        assert!(unavailable(&refused.await.unwrap()));
    }
    gate.open();
    held.await.unwrap().unwrap();
    for accepted in waiting {
        accepted.await.unwrap().unwrap();
    }
    write(&db, "later").await.unwrap().unwrap();
}

#[tokio::test]
async fn what_was_answered_unavailable_is_not_done_later() {
    let place = Place::folder();
    fresh(&place);
    let db = open(&place, 2, Duration::from_millis(150));
    let (gate, held) = hold(&db).await;
    let began = Instant::now();
    assert!(unavailable(&db.write(|tx| put(tx, "too late")).await));
    let took = began.elapsed();
    assert!((100..2_000).contains(&took.as_millis()), "{took:?}");
    gate.open();
    assert!(unavailable(&held.await.unwrap()), "it was held too long itself");
    db.write(|tx| put(tx, "next")).await.unwrap();
    assert!(!stored(&db, "too late").await, "its caller was told that it failed");
}

#[tokio::test]
async fn a_caller_who_hangs_up_undoes_nothing() {
    let place = Place::folder();
    let db = fresh(&place);
    let (gate, held) = hold(&db).await;
    let gone = write(&db, "left alone");
    settle().await;
    gone.abort();
    gate.open();
    held.await.unwrap().unwrap();
    db.write(|tx| put(tx, "next")).await.unwrap();
    assert!(stored(&db, "left alone").await);
}

/// SQLite ends the whole transaction by itself when, for example, the disk is full at the wrong moment. A
/// closure that does the same stands for that here.
#[tokio::test]
async fn r_06_nothing_of_a_lost_transaction_passes_for_stored_and_nothing_runs_outside_one() {
    let place = Place::folder();
    let db = fresh(&place);
    let (gate, held) = hold(&db).await;
    let before = write(&db, "before");
    settle().await;
    let of_lost = db.clone();
    let lost: Written = tokio::spawn(async move { of_lost.write(|tx| sql::run(tx, "ROLLBACK")).await });
    settle().await;
    let after = write(&db, "after");
    settle().await;
    gate.open();
    let mut answers = Vec::new();
    for (name, answer) in [("held", held), ("before", before), ("lost", lost), ("after", after)] {
        answers.push((name, answer.await.unwrap().is_ok()));
    }
    // `after` may have been taken into the lost batch or into the next one; its answer must be true.
    let after_done = answers[3].1;
    assert_eq!(answers[..3], [("held", false), ("before", false), ("lost", false)]);
    assert!(!stored(&db, "before").await);
    assert_eq!(stored(&db, "after").await, after_done);
    db.write(|tx| put(tx, "next")).await.unwrap();
    assert!(stored(&db, "next").await);
}

#[tokio::test]
async fn r_06_a_full_disk_refuses_writes_answers_reads_and_recovers() {
    let place = Place::folder();
    let db = fresh(&place);
    db.write(|tx| put(tx, "there")).await.unwrap();
    // The limit belongs to the writer's connection, whose file may not grow any more.
    db.write(|tx| sql::run(tx, "PRAGMA max_page_count = 1")).await.unwrap();
    let mut refused = 0;
    for n in 0..200 {
        let name = format!("{n} {}", "x".repeat(2_000));
        let result = db.write(move |tx| put(tx, &name)).await;
        refused += usize::from(unavailable(&result));
        assert!(result.is_ok() || unavailable(&result), "{result:?}");
    }
    assert!(refused > 150, "{refused}");
    assert!(stored(&db, "there").await, "reads go on");
    db.write(|tx| sql::run(tx, "PRAGMA max_page_count = 1000000")).await.unwrap();
    db.write(|tx| put(tx, "space again")).await.unwrap();
    let count = db.read(|conn| sql::value(conn, "SELECT count(*) FROM revoked_tokens")).await.unwrap();
    assert_eq!(count.parse::<usize>().unwrap(), 2 + 200 - refused, "what was accepted is there");
}
