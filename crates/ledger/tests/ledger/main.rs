//! The ledger from outside: what it keeps, refuses, survives and detects.

mod append;
mod crash;
mod damage;
mod disk_full;
mod file;
mod model;
mod processes;
mod records;
mod register;
mod traces;

use std::path::PathBuf;
use std::process::Command;

use ror_ledger::{CheckReport, Expect, Ledger, NewAudit, NewVersion, Op, Seq, SqliteLedger};
use tempfile::TempDir;

/// A ledger in a directory of its own, removed with it.
struct Place {
    directory: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a directory for the test") }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("ledger.sqlite")
    }

    fn open(&self) -> SqliteLedger {
        SqliteLedger::open(&self.path()).expect("the ledger opens")
    }
}

/// An empty ledger that lives as long as its directory.
struct Fresh {
    ledger: SqliteLedger,
    _place: Place,
}

impl std::ops::Deref for Fresh {
    type Target = SqliteLedger;

    fn deref(&self) -> &SqliteLedger {
        &self.ledger
    }
}

fn fresh() -> Fresh {
    let place = Place::new();
    Fresh { ledger: place.open(), _place: place }
}

/// A creation; change what the case is about.
fn create(id: &str) -> NewVersion {
    NewVersion {
        rtype: "Location".into(),
        id: id.into(),
        op: Op::Create,
        expect: Expect::Absent,
        at: 1_000,
        updated: 900,
        actor: "test".into(),
        audience_mask: 0b11,
        policy_ver: 1,
        body: format!("{{\"id\":\"{id}\"}}").into_bytes(),
        uniques: Vec::new(),
        source: None,
    }
}

fn update(id: &str, ver: u32) -> NewVersion {
    NewVersion { op: Op::Update, expect: Expect::Version(ver), ..create(id) }
}

fn withdraw(id: &str) -> NewVersion {
    NewVersion { op: Op::Withdraw, expect: Expect::Any, ..create(id) }
}

fn known_as(new: NewVersion, values: &[&str]) -> NewVersion {
    NewVersion { uniques: values.iter().map(|value| pair("urn:finess", value)).collect(), ..new }
}

fn from_source(new: NewVersion, key: &str) -> NewVersion {
    NewVersion { source: Some(pair("sae", key)), ..new }
}

fn pair(first: &str, second: &str) -> (String, String) {
    (first.to_owned(), second.to_owned())
}

fn trace(action: &str) -> NewAudit {
    NewAudit {
        at: 1_000,
        actor: "test".into(),
        action: action.into(),
        target: "Location".into(),
        outcome: "done".into(),
    }
}

fn append(ledger: &SqliteLedger, batch: &[NewVersion]) -> Seq {
    let base = ledger.head().expect("head").seq;
    ledger.append(base, batch, &[]).expect("the batch applies").seq
}

fn check(ledger: &SqliteLedger) -> CheckReport {
    ledger.check(&mut |_| {}).expect("the check reads")
}

fn assert_clean(ledger: &SqliteLedger) {
    assert_eq!(check(ledger).faults, []);
}

/// This program again, running only the ignored test `name` as another process would.
fn child(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("path of this program"));
    command.args(["--exact", name, "--ignored", "--nocapture", "--test-threads=1"]);
    command
}

/// Where a child finds the ledger of its parent.
const PATH_VARIABLE: &str = "ROR_LEDGER_TEST_PATH";

/// The ledger a parent handed over; `None` when somebody runs ignored tests by hand.
fn handed_over() -> Option<PathBuf> {
    std::env::var_os(PATH_VARIABLE).map(PathBuf::from)
}

/// A line for the parent, past the capture of the test harness.
fn tell(line: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n{line}\n").as_bytes()).and_then(|()| out.flush()).expect("the parent listens");
}

/// Numbers that look random and are the same at each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    /// Bytes that no compression shortens.
    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.roll(256) as u8).collect()
    }
}
