//! Several threads and processes on one file (D65).

use std::process::Stdio;
use std::thread;

use ror_ledger::{Ledger, LedgerError, SqliteLedger};

use crate::{PATH_VARIABLE, Place, append, assert_clean, check, child, create, handed_over, tell, trace, update};

/// Batches each competitor gets in.
const BATCHES: u64 = 25;

#[test]
fn two_handles_see_each_other_and_neither_overwrites() {
    let place = Place::new();
    let (server, import) = (place.open(), place.open());
    append(&server, &[create("a")]);
    assert_eq!(append(&import, &[update("a", 1)]), 2);
    let LedgerError::HeadMoved(head) = server.append(1, &[update("a", 1)], &[]).expect_err("must refuse") else {
        panic!("the server did not notice")
    };
    // It catches up, judges again, and only then writes.
    let missed = server.tail(1, 10).expect("tail");
    assert_eq!((missed.len(), missed[0].ver), (1, 2));
    server.append(head.seq, &[update("a", 2)], &[]).expect("writes on the new head");
    assert_eq!(import.head().expect("head"), server.head().expect("head"));
    assert_clean(&import);
}

/// Appends [`BATCHES`] batches, catching up whenever another came first.
fn compete(ledger: &SqliteLedger, name: &str) {
    for number in 0..BATCHES {
        let batch = [create(&format!("{name}-{number}-a")), create(&format!("{name}-{number}-b"))];
        let mut base = ledger.head().expect("head").seq;
        loop {
            match ledger.append(base, &batch, &[trace("import")]) {
                Ok(_) => break,
                Err(LedgerError::HeadMoved(head)) => base = head.seq,
                Err(other) => panic!("{name}: {other:?}"),
            }
        }
    }
}

#[test]
fn threads_read_while_others_write() {
    let place = Place::new();
    let ledger = place.open();
    thread::scope(|scope| {
        for name in ["one", "two"] {
            let ledger = &ledger;
            scope.spawn(move || compete(ledger, name));
        }
        for _ in 0..3 {
            scope.spawn(|| {
                let mut seen = 0;
                while seen < 4 * BATCHES {
                    let rows = ledger.tail(seen, 7).expect("tail");
                    for row in &rows {
                        seen += 1;
                        assert_eq!(row.seq, seen, "the tail misses nothing");
                    }
                }
            });
        }
    });
    assert_clean(&ledger);
}

#[test]
fn processes_create_and_fill_one_ledger_together() {
    let place = Place::new();
    let start = |name: &str| {
        child("processes::child_competes")
            .env(PATH_VARIABLE, place.path())
            .env("ROR_LEDGER_TEST_NAME", name)
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts")
    };
    // Nobody has created the file: they race for that too.
    let children = ["x", "y", "z"].map(start);
    let ledger = place.open();
    compete(&ledger, "parent");
    let mut keys = vec![ledger.init_meta("key", b"parent").expect("writes")];
    for child in children {
        let output = child.wait_with_output().expect("ends");
        assert!(output.status.success());
        let said = String::from_utf8(output.stdout).expect("text");
        keys.push(said.lines().find_map(|line| line.strip_prefix("key ")).expect("a key").as_bytes().to_vec());
    }
    assert!(keys.iter().all(|key| *key == keys[0]), "one key stands for all: {keys:?}");
    let report = check(&ledger);
    assert_eq!((report.faults, report.versions, report.audit), (vec![], 4 * 2 * BATCHES, 4 * BATCHES));
}

#[test]
#[ignore = "run by the test above, as another process"]
fn child_competes() {
    let Some(path) = handed_over() else { return };
    let name = std::env::var("ROR_LEDGER_TEST_NAME").expect("a name");
    let ledger = SqliteLedger::open(&path).expect("opens");
    let key = ledger.init_meta("key", name.as_bytes()).expect("writes");
    compete(&ledger, &name);
    tell(&format!("key {}", String::from_utf8_lossy(&key)));
}
