//! The file: who may read it, what is refused.

use ror_ledger::{LedgerError, SqliteLedger};
use rusqlite::Connection;

use crate::{Place, append, create};

#[cfg(unix)]
#[test]
fn only_the_owner_reads_a_new_ledger() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let ledger = place.open();
    append(&ledger, &[create("a")]);
    let mut files = 0;
    for entry in std::fs::read_dir(place.directory.path()).expect("lists") {
        let entry = entry.expect("lists");
        let mode = entry.metadata().expect("rights").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.file_name());
        files += 1;
    }
    assert_eq!(files, 3, "the file, its log and its shared memory");
}

#[test]
fn a_missing_ledger_is_not_an_empty_one() {
    let place = Place::new();
    let error = SqliteLedger::open_existing(&place.path()).err().expect("must refuse");
    assert!(matches!(&error, LedgerError::Missing(path) if *path == place.path()), "{error:?}");
    assert!(!place.path().exists());
    assert!(SqliteLedger::open(&place.directory.path().join("no/such/ledger.sqlite")).is_err());
}

#[test]
fn a_file_of_another_program_is_left_alone() {
    let place = Place::new();
    let foreign = Connection::open(place.path()).expect("opens");
    foreign.execute_batch("CREATE TABLE recipes (name TEXT)").expect("creates");
    drop(foreign);
    let before = std::fs::read(place.path()).expect("reads");
    assert!(matches!(SqliteLedger::open(&place.path()), Err(LedgerError::Foreign)));
    assert_eq!(std::fs::read(place.path()).expect("reads"), before);

    std::fs::write(place.path(), "Dear diary, ".repeat(500)).expect("writes");
    assert!(matches!(SqliteLedger::open(&place.path()), Err(LedgerError::Foreign)));
}

#[test]
fn a_ledger_of_a_newer_or_altered_program_is_refused() {
    let cases = [
        ("INSERT INTO migration VALUES (1000, zeroblob(32))", "newer"),
        ("UPDATE migration SET sha256 = zeroblob(32) WHERE number = 1", "altered"),
    ];
    for (sql, case) in cases {
        let place = Place::new();
        drop(place.open());
        Connection::open(place.path()).expect("opens").execute_batch(sql).expect(case);
        match SqliteLedger::open(&place.path()).err() {
            Some(LedgerError::Newer { found: 1000, .. }) if case == "newer" => {}
            Some(LedgerError::Altered(1)) if case == "altered" => {}
            other => panic!("{case}: {other:?}"),
        }
    }
}

#[test]
fn the_database_itself_refuses_to_rewrite_the_past() {
    let place = Place::new();
    append(&place.open(), &[create("a")]);
    let raw = Connection::open(place.path()).expect("opens");
    for sql in ["UPDATE version SET actor = 'x'", "DELETE FROM version", "DELETE FROM audit"] {
        let refused = raw.execute(sql, []).map_err(|error| error.to_string());
        // Deleting from the empty audit table touches no row, hence fires nothing.
        assert!(sql.ends_with("audit") || refused == Err("append-only".to_owned()), "{sql}: {refused:?}");
    }
}
