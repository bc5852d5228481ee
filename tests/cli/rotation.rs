use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Duration;

use super::{Installation, finished};

/// How often a rotation is killed.
const KILLS: u64 = 40;

/// Active keys by family.
fn active(at: &Installation) -> BTreeMap<String, usize> {
    let told = at.json(&["key", "list"]);
    let mut count = BTreeMap::new();
    for key in told["keys"].as_array().unwrap() {
        let family = key["family"].as_str().unwrap().to_owned();
        *count.entry(family).or_insert(0) += usize::from(key["state"] == "active");
    }
    count
}

#[test]
fn a_194_rotation_announces_first() {
    for at in Installation::everywhere() {
        let before = at.json(&["key", "list"]);
        let after = at.json(&["key", "rotate", "--lead", "1h"]);
        assert_eq!(
            (before["keys"].as_array().unwrap().len(), after["keys"].as_array().unwrap().len()),
            (3, 6)
        );
        assert!(active(&at).values().all(|count| *count == 1));
        assert!(at.refused(&["key", "rotate"]).contains("announced already"));
        at.json(&["key", "rotate", "--now"]);
        let gone = at.json(&["key", "rotate", "--emergency"]);
        assert_eq!(gone["keys"].as_array().unwrap().len(), 3);
        assert_eq!(at.run(&["key", "rotate", "--now", "--emergency"]).code, Some(2));
    }
}

#[test]
fn r_04_a_rotation_that_is_killed_leaves_one_key_of_each_family() {
    let at = Installation::new();
    assert_eq!(active(&at).len(), 3);
    let mut finished_rotations = 0;
    for kill in 0..KILLS {
        let mut child = at.spawn(&["key", "rotate", "--now"]);
        // From before the database is open to after the commit.
        sleep(Duration::from_millis(kill * 7 % 280));
        let _ = child.kill();
        finished_rotations += u32::from(finished(child).code == Some(0));
        let left = active(&at);
        assert!(left.len() == 3 && left.values().all(|count| *count == 1), "after kill {kill}: {left:?}");
    }
    let doctor = at.run(&["doctor"]);
    assert_eq!(doctor.code, Some(0), "{finished_rotations} rotations ended in time: {doctor:?}");
}
