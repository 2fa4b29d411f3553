//! A ledger somebody touched says so.

use std::fs;

use ror_ledger::{Fault, Ledger, Log, Seq, SqliteLedger};
use rusqlite::{Connection, params};

use crate::{Place, append, assert_clean, check, create, from_source, known_as, trace, update, withdraw};

/// Six rows on three resources, one of them withdrawn, with identifiers, keys and traces.
fn written() -> Place {
    let place = Place::new();
    let ledger = place.open();
    append(&ledger, &[from_source(known_as(create("a"), &["1"]), "eg/1"), known_as(create("b"), &["2"])]);
    let batch =
        [known_as(update("a", 1), &["1", "3"]), create("c"), withdraw("b"), from_source(update("c", 1), "eg/3")];
    ledger.append(2, &batch, &[trace("one"), trace("two"), trace("three")]).expect("appends");
    assert_clean(&ledger);
    place
}

/// The file as somebody with a SQLite shell sees it.
fn shell(place: &Place) -> Connection {
    let shell = Connection::open(place.path()).expect("opens");
    shell
        .execute_batch(
            "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;
             DROP TRIGGER version_is_never_updated; DROP TRIGGER version_is_never_deleted;
             DROP TRIGGER audit_is_never_updated; DROP TRIGGER audit_is_never_deleted;",
        )
        .expect("prepares");
    shell
}

fn faults_after(sql: &str) -> Vec<Fault> {
    let place = written();
    shell(&place).execute_batch(sql).expect(sql);
    check(&SqliteLedger::open_existing(&place.path()).expect("opens")).faults
}

#[track_caller]
fn assert_found(sql: &str, expected: &[Fault]) {
    let faults = faults_after(sql);
    for fault in expected {
        assert!(faults.contains(fault), "{sql}\nshould show {fault:?}\nfound {faults:?}");
    }
}

fn broken(seq: Seq) -> Fault {
    Fault::Chain { log: Log::Versions, seq }
}

#[test]
fn every_column_of_a_version_is_vouched_for() {
    let columns = [
        "rtype = 'Organization'",
        "id = 'other'",
        "ver = 9",
        "op = 0",
        "at = at + 1",
        "updated = updated + 1",
        "actor = 'somebody'",
        "audience_mask = 127",
        "policy_ver = 2",
        "identifiers = x''",
        "source = (SELECT source FROM version WHERE seq = 1)",
        "body = (SELECT body FROM version WHERE seq = 2)",
        "chain = zeroblob(32)",
    ];
    for column in columns {
        assert_found(&format!("UPDATE version SET {column} WHERE seq = 3"), &[broken(3)]);
    }
}

#[test]
fn one_altered_row_is_one_fault() {
    assert_eq!(faults_after("UPDATE version SET actor = 'somebody' WHERE seq = 4"), [broken(4)]);
}

#[test]
fn each_byte_of_a_body_counts() {
    let place = written();
    let raw = shell(&place);
    let frame: Vec<u8> = raw.query_row("SELECT body FROM version WHERE seq = 4", [], |row| row.get(0)).expect("reads");
    let ledger = SqliteLedger::open_existing(&place.path()).expect("opens");
    let text = ledger.current("Location", "c").expect("reads").expect("c").body.len();
    let put = |frame: &[u8]| raw.execute("UPDATE version SET body = ?1 WHERE seq = 4", params![frame]).expect("writes");
    // A short text lies uncompressed at the end of its frame.
    for index in frame.len() - text..frame.len() {
        let mut altered = frame.clone();
        altered[index] ^= 1;
        put(&altered);
        assert_eq!(check(&ledger).faults, [broken(4)], "byte {index}");
    }
    put(&frame[..frame.len() - 1]);
    assert!(matches!(&check(&ledger).faults[..], [Fault::Unreadable { seq: 4, .. }]));
    assert!(ledger.tail(0, 10).is_err(), "a reader is told too");
    assert_eq!(ledger.tail(4, 10).expect("the others are readable").len(), 2);
    put(&frame);
    assert_clean(&ledger);
}

#[test]
fn removed_added_and_swapped_rows_show() {
    let gap = |after, found| Fault::Gap { log: Log::Versions, after, found };
    assert_found("DELETE FROM version WHERE seq = 4", &[gap(3, 5), broken(5)]);
    assert_found("DELETE FROM version WHERE seq = 1", &[gap(0, 2), broken(2)]);
    assert_found("DELETE FROM version WHERE seq = 6", &[Fault::Head { log: Log::Versions, recorded: 6, last: 5 }]);
    let swap = "UPDATE version SET seq = 99 WHERE seq = 2; UPDATE version SET seq = 2 WHERE seq = 4;
                UPDATE version SET seq = 4 WHERE seq = 99;";
    assert_found(swap, &[broken(2), broken(3), broken(4), broken(5)]);
    let add = "INSERT INTO version SELECT 7, rtype, 'd', 1, 0, at, updated, actor, audience_mask, policy_ver,
               identifiers, source, body, chain FROM version WHERE seq = 4";
    assert_found(add, &[broken(7), Fault::Head { log: Log::Versions, recorded: 6, last: 7 }]);
}

#[test]
fn version_numbers_follow_the_rows() {
    // As if the links had been recomputed: the numbers contradict each other all the same.
    let resource = || "Location/a".to_owned();
    assert_found(
        "UPDATE version SET ver = 3 WHERE seq = 3",
        &[Fault::Numbering { seq: 3, resource: resource(), expected: 2, found: 3 }],
    );
    assert_found(
        "UPDATE version SET ver = 9 WHERE seq = 1; UPDATE version SET ver = 1 WHERE seq = 3;
         UPDATE version SET ver = 2 WHERE seq = 1;",
        &[Fault::Numbering { seq: 1, resource: resource(), expected: 2, found: 2 }],
    );
    assert_found(
        "UPDATE version SET op = 1 WHERE seq = 1",
        &[Fault::Numbering { seq: 1, resource: resource(), expected: 1, found: 1 }],
    );
}

#[test]
fn the_head_is_compared() {
    let head = |recorded| Fault::Head { log: Log::Versions, recorded, last: 6 };
    assert_eq!(faults_after("UPDATE head SET seq = 7"), [head(7)]);
    assert_eq!(faults_after("UPDATE head SET chain = zeroblob(32)"), [head(6)]);
    assert_eq!(faults_after("UPDATE head SET audit_seq = 2"), [Fault::Head { log: Log::Audit, recorded: 2, last: 3 }]);
}

#[test]
fn current_is_compared_both_ways() {
    let fault = |id: &str, recorded, newest| [Fault::Current { resource: format!("Location/{id}"), recorded, newest }];
    assert_eq!(faults_after("UPDATE current SET seq = 1 WHERE id = 'a'"), fault("a", Some(1), Some(3)));
    assert_eq!(faults_after("UPDATE current SET ver = 1 WHERE id = 'a'"), fault("a", Some(3), Some(3)));
    assert_eq!(faults_after("UPDATE current SET deleted = 0 WHERE id = 'b'"), fault("b", Some(5), Some(5)));
    assert_eq!(faults_after("DELETE FROM current WHERE id = 'c'"), fault("c", None, Some(6)));
    assert_eq!(faults_after("INSERT INTO current VALUES ('Location', 'z', 1, 1, 0)"), fault("z", Some(1), None));
}

#[test]
fn identifiers_are_compared_both_ways() {
    let fault = |value: &str, recorded: Option<&str>, carried: Option<&str>| Fault::Identifier {
        rtype: "Location".into(),
        system: "urn:finess".into(),
        value: value.into(),
        recorded: recorded.map(str::to_owned),
        carried: carried.map(str::to_owned),
    };
    assert_eq!(faults_after("DELETE FROM uniq WHERE value = '2'"), [fault("2", None, Some("b"))]);
    assert_eq!(
        faults_after("UPDATE uniq SET id = 'b' WHERE value = '3'"),
        [fault("3", Some("b"), Some("a")), fault("3", Some("b"), None)]
    );
    assert_eq!(
        faults_after("INSERT INTO uniq VALUES ('Location', 'urn:finess', '4', 'c')"),
        [fault("4", Some("c"), None)]
    );
    assert_eq!(
        faults_after("INSERT INTO uniq VALUES ('Location', 'urn:finess', '4', 'nobody')"),
        [fault("4", Some("nobody"), None)]
    );
}

#[test]
fn source_keys_are_compared_both_ways() {
    let fault = |key: &str, seq| Fault::SourceKey { source: "sae".into(), key: key.into(), seq };
    assert_eq!(faults_after("DELETE FROM source WHERE key = 'eg/1'"), [fault("eg/1", 1)]);
    assert_eq!(faults_after("UPDATE source SET id = 'b' WHERE key = 'eg/1'"), [fault("eg/1", 1)]);
    assert_eq!(faults_after("UPDATE source SET seq = 2 WHERE key = 'eg/1'"), [fault("eg/1", 2)]);
    assert_eq!(faults_after("INSERT INTO source VALUES ('sae', 'eg/9', 'Location', 'a', 3)"), [fault("eg/9", 3)]);
}

#[test]
fn the_audit_has_its_own_chain() {
    let fault = |seq| Fault::Chain { log: Log::Audit, seq };
    for column in ["at = 1", "actor = 'x'", "action = 'x'", "target = 'x'", "outcome = 'x'"] {
        assert_eq!(faults_after(&format!("UPDATE audit SET {column} WHERE seq = 2")), [fault(2)], "{column}");
    }
    assert_found("DELETE FROM audit WHERE seq = 2", &[Fault::Gap { log: Log::Audit, after: 1, found: 3 }, fault(3)]);
    assert_found("DELETE FROM audit WHERE seq = 3", &[Fault::Head { log: Log::Audit, recorded: 3, last: 2 }]);
}

#[test]
fn a_damaged_page_is_reported_and_stops_nothing_else() {
    let place = written();
    let ledger = place.open();
    let batch: Vec<_> = (0..2_000).map(|number| create(&format!("n{number}"))).collect();
    append(&ledger, &batch);
    drop(ledger);
    let mut bytes = fs::read(place.path()).expect("reads");
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 64].fill(0xff);
    fs::write(place.path(), bytes).expect("writes");
    let report = check(&SqliteLedger::open_existing(&place.path()).expect("opens"));
    assert!(report.faults.iter().any(|fault| matches!(fault, Fault::File { .. })), "{:?}", report.faults);
}

#[test]
fn a_ruined_ledger_gives_a_bounded_report() {
    let place = written();
    let ledger = place.open();
    let batch: Vec<_> = (0..1_500).map(|number| create(&format!("n{number}"))).collect();
    append(&ledger, &batch);
    shell(&place).execute_batch("UPDATE version SET at = 0").expect("alters");
    let report = check(&ledger);
    assert_eq!((report.faults.len(), report.faults_total), (ror_ledger::FAULTS_MAX, 1_506));
    assert!(!report.is_clean());
}

#[test]
fn a_report_counts_and_speaks_plainly() {
    let place = written();
    let ledger = place.open();
    let mut heard = Vec::new();
    let report = ledger.check(&mut |seq| heard.push(seq)).expect("checks");
    assert_eq!((report.versions, report.resources, report.audit, report.head.seq), (6, 3, 3, 6));
    assert!(report.is_clean());
    assert_eq!(heard, [6]);
    let said = broken(4).to_string();
    assert!(said.contains("la ligne 4 ne correspond pas à son empreinte"), "{said}");
}
