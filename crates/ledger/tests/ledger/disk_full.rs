//! No room left: writes refused, reads go on, nothing corrupted, and it heals by itself.

use std::process::Command;

use ror_ledger::{Ledger, LedgerError, NewVersion, Seq, SqliteLedger};

use crate::{Dice, PATH_VARIABLE, Place, append, assert_clean, child, create, fresh, handed_over, tell, trace};

/// Appends bodies that do not compress until the ledger refuses; gives the last row that stands.
fn fill(ledger: &SqliteLedger) -> Seq {
    let mut dice = Dice(1);
    let mut seq = ledger.head().expect("head").seq;
    for number in 0..1_000 {
        let new = NewVersion { body: dice.bytes(4_000), ..create(&format!("fill-{seq}-{number}")) };
        match ledger.append(seq, &[new], &[trace("fill")]) {
            Ok(head) => seq = head.seq,
            Err(LedgerError::Full) => return seq,
            Err(other) => panic!("full, but told as {other:?}"),
        }
    }
    panic!("a thousand bodies fitted");
}

fn assert_reads_go_on(ledger: &SqliteLedger, seq: Seq) {
    assert_eq!(ledger.head().expect("head").seq, seq);
    assert_eq!(ledger.tail(0, usize::MAX).expect("tail").len() as Seq, seq);
    assert!(ledger.current("Location", "first").expect("current").is_some());
    assert_clean(ledger);
}

#[test]
fn a_file_at_its_limit_refuses_then_accepts_again() {
    let ledger = fresh();
    append(&ledger, &[create("first")]);
    ledger.limit_file(Some(300_000)).expect("limits");
    let seq = fill(&ledger);
    assert!(seq > 10, "the limit leaves room for some");
    assert_reads_go_on(&ledger, seq);
    let big = NewVersion { body: Dice(2).bytes(50_000), ..create("big") };
    assert!(matches!(ledger.append(seq, std::slice::from_ref(&big), &[]), Err(LedgerError::Full)));
    ledger.limit_file(None).expect("lifts");
    assert_eq!(append(&ledger, &[big]), seq + 1);
    assert_reads_go_on(&ledger, seq + 1);
}

#[cfg(unix)]
#[test]
fn a_log_the_system_does_not_let_grow_refuses_then_accepts_again() {
    let place = Place::new();
    append(&place.open(), &[create("first")]);
    // A file size limit makes the write itself fail, as a full disk or a quota does.
    let program = child("disk_full::child_under_a_file_size_limit");
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ && ulimit -f 600 && exec \"$0\" \"$@\""])
        .arg(program.get_program())
        .args(program.get_args())
        .env(PATH_VARIABLE, place.path())
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let seq: Seq = said
        .lines()
        .find_map(|line| line.strip_prefix("stands at "))
        .and_then(|seq| seq.parse().ok())
        .expect("the child says where it stands");
    let ledger = place.open();
    assert_reads_go_on(&ledger, seq);
    assert_eq!(append(&ledger, &[create("room again")]), seq + 1);
}

#[test]
#[ignore = "run by the test above, under a limit"]
fn child_under_a_file_size_limit() {
    let Some(path) = handed_over() else { return };
    let ledger = SqliteLedger::open_existing(&path).expect("opens");
    let seq = fill(&ledger);
    assert_eq!(fill(&ledger), seq, "still full");
    assert_reads_go_on(&ledger, seq);
    tell(&format!("stands at {seq}"));
}
