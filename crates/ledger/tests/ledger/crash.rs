//! What was acknowledged is there, whatever ends the process.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use ror_ledger::{Ledger, NewVersion, Seq, SqliteLedger};

use crate::{
    Dice, PATH_VARIABLE, Place, append, assert_clean, check, child, create, handed_over, known_as, tell, trace,
};

/// The row that any process of these tests writes at a position.
fn row_at(seq: Seq) -> NewVersion {
    let value = seq.to_string();
    let body = format!("{{\"seq\":{seq},\"pad\":\"{}\"}}", "x".repeat((seq * 37 % 900) as usize));
    NewVersion { body: body.into_bytes(), ..known_as(create(&format!("r{seq}")), &[&value]) }
}

fn assert_rows_are_whole(ledger: &SqliteLedger) {
    for row in ledger.tail(0, usize::MAX).expect("tail") {
        assert_eq!(row.body, row_at(row.seq).body);
    }
    assert_clean(ledger);
}

#[test]
fn twenty_kills_lose_nothing_acknowledged() {
    let place = Place::new();
    let mut dice = Dice(20);
    let mut acknowledged = 0;
    for kill in 0..20 {
        let mut writer = child("crash::child_appends_until_killed")
            .env(PATH_VARIABLE, place.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let heard = kill_after(&mut writer, dice.roll(25) as usize, Duration::from_micros(dice.roll(4_000)));
        assert!(heard > acknowledged, "kill {kill}: the child went on from {acknowledged}, told {heard}");
        acknowledged = heard;
        let ledger = place.open();
        assert!(ledger.head().expect("head").seq >= acknowledged, "kill {kill} lost acknowledged rows");
        assert_rows_are_whole(&ledger);
    }
}

/// Kills the child some time after it acknowledged `lines` batches; gives the last position told.
fn kill_after(writer: &mut Child, lines: usize, pause: Duration) -> Seq {
    let told = BufReader::new(writer.stdout.take().expect("piped"));
    let mut acknowledged = told
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("acknowledged ").and_then(|seq| seq.parse().ok()));
    let mut last = acknowledged.by_ref().take(lines + 1).last().expect("at least one batch");
    sleep(pause);
    writer.kill().expect("kills");
    // What it told between the last line read and its death counts as well.
    last = acknowledged.last().unwrap_or(last);
    writer.wait().expect("is dead");
    last
}

#[test]
#[ignore = "run and killed by the test above"]
fn child_appends_until_killed() {
    let Some(path) = handed_over() else { return };
    let ledger = SqliteLedger::open(&path).expect("opens");
    let mut seq = ledger.head().expect("head").seq;
    let mut dice = Dice(seq);
    // Bounded, should the parent die first.
    for _ in 0..2_000 {
        let batch: Vec<_> = (1..=1 + dice.roll(40)).map(|step| row_at(seq + step)).collect();
        seq = ledger.append(seq, &batch, &[trace("append")]).expect("appends").seq;
        tell(&format!("acknowledged {seq}"));
    }
}

#[test]
fn a_torn_log_ends_at_a_whole_batch() {
    // A power cut may leave any prefix of what was written since the last flush, or noise in it.
    let place = Place::new();
    let ledger = place.open();
    let log = place.directory.path().join("ledger.sqlite-wal");
    let log_bytes = || fs::metadata(&log).map_or(0, |file| file.len());
    let mut dice = Dice(3);
    let mut commits = vec![(log_bytes(), 0)];
    for _ in 0..12 {
        let seq = ledger.head().expect("head").seq;
        let batch: Vec<_> = (1..=1 + dice.roll(10)).map(|step| row_at(seq + step)).collect();
        let seq = append(&ledger, &batch);
        commits.push((log_bytes(), seq));
    }
    let (main, log) = (fs::read(place.path()).expect("reads"), fs::read(&log).expect("reads"));
    for case in 0..40 {
        let cut = dice.roll(log.len() as u64);
        let mut torn = log[..cut as usize].to_vec();
        if case % 2 == 0 {
            torn.extend(dice.bytes(5_000));
        }
        let copy = Place::new();
        fs::write(copy.path(), &main).expect("writes");
        fs::write(copy.directory.path().join("ledger.sqlite-wal"), torn).expect("writes");
        let survivor = copy.open();
        let flushed = commits.iter().rev().find(|(bytes, _)| *bytes <= cut).map_or(0, |(_, seq)| *seq);
        assert_eq!(check(&survivor).head.seq, flushed, "log cut at {cut}");
        assert_rows_are_whole(&survivor);
    }
}
