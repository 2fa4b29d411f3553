//! Product records and sessions.

use ror_ledger::{EndSessions, Fault, Ledger, LedgerError, Log, NewRecord, SessionRow};
use rusqlite::Connection;

use crate::{Place, assert_clean, check, fresh, trace};

fn record(id: &str, ver: u32) -> NewRecord {
    NewRecord {
        kind: "grant".into(),
        id: id.into(),
        ver,
        subject: "personne-1".into(),
        at: 1_000 + i64::from(ver),
        actor: "console".into(),
        body: format!("{{\"ver\":{ver}}}"),
    }
}

fn session(byte: u8, person: &str, expires_at: i64) -> SessionRow {
    SessionRow { id_sha256: [byte; 32], person: person.into(), expires_at, body: "{}".into() }
}

#[test]
fn records_keep_every_version_and_the_newest_stands() {
    let place = Place::new();
    let ledger = place.open();
    let other = NewRecord { subject: "personne-2".into(), ..record("b", 1) };
    ledger.append_records(&[record("a", 1), other.clone()], &[trace("grant")]).expect("writes");
    ledger.append_records(&[record("a", 2)], &[]).expect("writes");
    drop(ledger);
    let ledger = place.open();
    let entries = |rows: Vec<ror_ledger::RecordRow>| rows.into_iter().map(|row| row.entry).collect::<Vec<_>>();
    assert_eq!(ledger.record("grant", "a").expect("reads").map(|row| row.entry), Some(record("a", 2)));
    assert_eq!(ledger.record("person", "a").expect("reads"), None);
    assert_eq!(entries(ledger.records("grant", Some("personne-1")).expect("reads")), [record("a", 2)]);
    assert_eq!(entries(ledger.records("grant", None).expect("reads")), [other, record("a", 2)]);
    assert_eq!(entries(ledger.record_history("grant", "a").expect("reads")), [record("a", 1), record("a", 2)]);
    assert_eq!(check(&ledger).records, 3);
    assert_clean(&ledger);
}

#[test]
fn a_record_that_is_not_the_next_version_leaves_nothing() {
    let ledger = fresh();
    ledger.append_records(&[record("a", 1)], &[]).expect("writes");
    let about_another = NewRecord { subject: "personne-2".into(), ..record("a", 2) };
    for (wrong, current) in
        [(record("a", 1), Some(1)), (record("a", 3), Some(1)), (about_another, Some(1)), (record("c", 2), None)]
    {
        let refused = ledger.append_records(&[record("b", 1), wrong.clone()], &[trace("grant")]);
        assert!(
            matches!(refused, Err(LedgerError::Conflict { index: 1, current: found }) if found == current),
            "{wrong:?}: {refused:?}"
        );
    }
    assert_eq!(ledger.records("grant", None).expect("reads").len(), 1);
    assert_eq!(ledger.audit_tail(0, 10).expect("reads"), []);
}

#[test]
fn records_have_their_own_chain() {
    let faults_after = |sql: &str| {
        let place = Place::new();
        place.open().append_records(&[record("a", 1), record("a", 2), record("b", 1)], &[]).expect("writes");
        let shell = Connection::open(place.path()).expect("opens");
        shell.execute_batch("DROP TRIGGER record_is_never_updated; DROP TRIGGER record_is_never_deleted").expect("sql");
        shell.execute_batch(sql).expect("sql");
        drop(shell);
        check(&place.open()).faults
    };
    let broken = |seq| Fault::Chain { log: Log::Records, seq };
    assert_eq!(faults_after("SELECT 1"), []);
    for column in ["kind", "id", "subject", "actor", "body"] {
        let faults = faults_after(&format!("UPDATE record SET {column} = {column} || 'x' WHERE seq = 3"));
        assert_eq!(faults, [broken(3)], "{column}");
    }
    assert_eq!(faults_after("UPDATE record SET at = at + 1 WHERE seq = 2"), [broken(2)]);
    let removed = faults_after("DELETE FROM record WHERE seq = 2");
    assert!(removed.contains(&Fault::Gap { log: Log::Records, after: 1, found: 3 }), "{removed:?}");
    let cut = faults_after("DELETE FROM record WHERE seq = 3");
    assert_eq!(cut, [Fault::Head { log: Log::Records, recorded: 3, last: 2 }]);
}

#[test]
fn the_past_of_records_is_never_rewritten() {
    let place = Place::new();
    place.open().append_records(&[record("a", 1)], &[]).expect("writes");
    let shell = Connection::open(place.path()).expect("opens");
    for sql in ["UPDATE record SET actor = 'x'", "DELETE FROM record"] {
        assert!(shell.execute_batch(sql).is_err(), "{sql}");
    }
}

#[test]
fn sessions_open_change_and_end_for_good() {
    let place = Place::new();
    let ledger = place.open();
    let (one, two, three) = (session(1, "p", 5_000), session(2, "p", 6_000), session(3, "q", 7_000));
    ledger.open_session(&one, None, &[record("a", 1)], &[trace("sign-in")]).expect("writes");
    ledger.open_session(&two, Some(&one.id_sha256), &[], &[]).expect("writes");
    ledger.open_session(&three, None, &[], &[]).expect("writes");
    drop(ledger);
    let ledger = place.open();
    assert_eq!(ledger.session(&one.id_sha256).expect("reads"), None, "the former one ended");
    assert_eq!(ledger.session(&two.id_sha256).expect("reads"), Some(two.clone()), "kept over a restart");
    let later = SessionRow { expires_at: 9_000, ..two.clone() };
    assert!(ledger.update_session(&later).expect("writes"));
    assert!(!ledger.update_session(&one).expect("writes"), "an ended session does not come back");
    assert_eq!(ledger.end_sessions(EndSessions::Before(7_000), &[]).expect("writes"), 1);
    assert_eq!(ledger.end_sessions(EndSessions::Person("p"), &[trace("sign-out")]).expect("writes"), 1);
    assert_eq!(ledger.end_sessions(EndSessions::One(&two.id_sha256), &[]).expect("writes"), 0);
    assert_eq!(ledger.audit_tail(0, 10).expect("reads").len(), 2);
    let refused = ledger.open_session(&one, None, &[record("a", 1)], &[]);
    assert!(refused.is_err() && ledger.session(&one.id_sha256).expect("reads").is_none(), "all or nothing");
    assert!(!format!("{two:?}").contains("id_sha256"), "no hash in logs");
}
