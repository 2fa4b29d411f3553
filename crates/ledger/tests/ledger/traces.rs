//! Traces of calls: complete, chained, purged without losing the chain.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use ror_ledger::{Fault, LedgerError, Marks, Trace, TraceFilter, TraceReport, TraceRow, Traces};
use rusqlite::Connection;
use tempfile::TempDir;

const DAY_MS: i64 = 86_400_000;
const SOON: Duration = Duration::from_mins(1);

struct Place {
    directory: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a directory for the test") }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("audit.sqlite")
    }

    fn open(&self, now: i64) -> Traces {
        Traces::open(&self.path(), now).expect("the file opens")
    }

    fn check(&self) -> TraceReport {
        Traces::check(&self.path()).expect("the file can be read")
    }

    /// Changes the file behind the program's back, on a copy; gives what the check then says.
    fn altered(&self, sql: &str) -> TraceReport {
        let copy = self.directory.path().join("copy.sqlite");
        std::fs::copy(self.path(), &copy).expect("copied");
        let connection = Connection::open(&copy).expect("opens");
        connection.execute_batch(sql).expect("changed");
        drop(connection);
        Traces::check(&copy).expect("the file can be read")
    }
}

/// A line whose every field says something.
fn line(at: i64, resource: &str) -> Trace {
    Trace {
        at,
        actor: "samu-01-abcdefghij".into(),
        client: "samu-01-abcdefghij".into(),
        profile: Some(1),
        declared: "305 10".into(),
        action: "read".into(),
        resources: resource.into(),
        criteria: "specialty=x|SM54&name=***".into(),
        count: 1,
        marks: Marks::LEVEL_3,
        outcome: 200,
        reason: "aucune".into(),
        duration_us: 137,
        request_id: "0123456789abcdef0123456789abcdef".into(),
        purpose: "soins".into(),
    }
}

/// A closed file of five lines, a day apart.
fn five() -> Place {
    let place = Place::new();
    let traces = place.open(0);
    for day in 1..=5 {
        traces.offer(line(day * DAY_MS, &format!("HealthcareService/{day}"))).expect("room");
    }
    traces.close().expect("written");
    place
}

#[test]
fn lines_are_kept_in_order_and_found_again() {
    let place = five();
    let report = place.check();
    assert_eq!((report.traces, report.last.0, &*report.faults), (5, 5, &[][..]));
    let traces = place.open(0);
    let all = traces.search(&TraceFilter::default(), u64::MAX, 10).expect("readable");
    assert_eq!(all.iter().map(|row| row.seq).collect::<Vec<_>>(), [5, 4, 3, 2, 1]);
    assert_eq!(all[4].trace, line(DAY_MS, "HealthcareService/1"), "each field comes back");
    let found = |filter: TraceFilter| -> Vec<u64> {
        traces.search(&filter, u64::MAX, 10).expect("readable").iter().map(|row| row.seq).collect()
    };
    let any = TraceFilter::default();
    assert_eq!(found(TraceFilter { from: Some(2 * DAY_MS), until: Some(4 * DAY_MS), ..any.clone() }), [3, 2]);
    assert_eq!(found(TraceFilter { resource: Some("HealthcareService/4".into()), ..any.clone() }), [4]);
    assert_eq!(found(TraceFilter { resource: Some("HealthcareService/".into()), ..any.clone() }), [0; 0]);
    assert_eq!(found(TraceFilter { actor: Some("autre".into()), ..any.clone() }), [0; 0]);
    assert_eq!(found(TraceFilter { actions: vec!["search".into(), "read".into()], seq: Some(2), ..any.clone() }), [2]);
    assert_eq!(found(TraceFilter { actions: vec!["search".into()], ..any.clone() }), [0; 0]);
    assert_eq!(found(TraceFilter { granted: Some(false), ..any }), [0; 0]);
    let of_three =
        TraceFilter { resource: Some("HealthcareService/3".into()), granted: Some(true), ..TraceFilter::default() };
    let (total, rows) = traces.page(&of_three, u64::MAX, 10, SOON).expect("readable");
    assert_eq!((total, rows.len(), rows[0].seq), (1, 1, 3));
    let older = traces.search(&TraceFilter::default(), 3, 1).expect("readable");
    assert_eq!(older[0].seq, 2, "a page goes on below the former");
}

#[test]
fn each_parameter_that_is_served_has_its_index() {
    let place = five();
    let connection = Connection::open(place.path()).expect("opens");
    let plan = |condition: &str| -> String {
        let sql = format!("EXPLAIN QUERY PLAN SELECT count(*) FROM trace WHERE {condition}");
        let mut statement = connection.prepare(&sql).expect("a statement");
        let steps = statement.query_map([], |row| row.get::<_, String>(3)).expect("a plan");
        steps.map(|step| step.expect("a step")).collect::<Vec<_>>().join("; ")
    };
    for (condition, index) in [
        ("seq = 3", "INTEGER PRIMARY KEY"),
        ("at >= 1 AND at < 5", "trace_at"),
        ("actor = 'x'", "trace_actor"),
        ("action IN ('read', 'search')", "trace_action"),
        ("outcome < 400", "trace_granted"),
        ("outcome >= 400", "trace_refused"),
        ("seq IN (SELECT seq FROM about WHERE resource = 'Location/a')", "INTEGER PRIMARY KEY"),
    ] {
        let plan = plan(condition);
        assert!(plan.contains(index), "{condition}: {plan}");
    }
}

#[test]
fn a_reading_that_takes_too_long_is_cut() {
    let place = Place::new();
    let traces = place.open(0);
    for at in 0..20_000 {
        traces.offer(line(at, "Location/a")).expect("room");
    }
    assert!(traces.flush(SOON));
    let asked = TraceFilter { actions: vec!["read".into()], from: Some(1), granted: Some(true), ..any() };
    let cut = traces.page(&asked, u64::MAX, 10, Duration::ZERO);
    assert!(matches!(cut, Err(LedgerError::TooLong)), "{cut:?}");
    assert_eq!(traces.page(&asked, u64::MAX, 10, SOON).expect("readable").0, 19_999);
}

#[test]
fn lines_of_an_earlier_program_are_found_by_what_they_are_about() {
    let place = five();
    let connection = Connection::open(place.path()).expect("opens");
    let indexes = "DROP TABLE about; DROP INDEX trace_actor; DROP INDEX trace_action; DROP INDEX trace_granted;
                   DROP INDEX trace_refused;";
    connection.execute_batch(indexes).expect("as it was");
    assert_eq!(place.check().faults, [], "what has no index has none that is wrong");
    let traces = place.open(0);
    let of_two = TraceFilter { resource: Some("HealthcareService/2".into()), ..any() };
    assert_eq!(traces.search(&of_two, u64::MAX, 10).expect("readable").len(), 1);
    assert_eq!(place.check().faults, []);
    for change in ["DELETE FROM about WHERE seq = 2", "INSERT INTO about VALUES ('Location/x', 2)"] {
        assert!(matches!(place.altered(change).faults[..], [Fault::File { .. }]), "{change}");
    }
}

fn any() -> TraceFilter {
    TraceFilter::default()
}

#[test]
fn an_altered_field_is_found_whichever_it_is() {
    let place = five();
    let texts = ["actor", "client", "declared", "action", "resources", "criteria", "reason", "request_id", "purpose"];
    let numbers = ["at", "profile", "count", "marks", "outcome", "duration_us"];
    let changes = texts
        .iter()
        .map(|field| format!("UPDATE trace SET {field} = 'X' || substr({field}, 2) WHERE seq = 3"))
        .chain(numbers.iter().map(|field| format!("UPDATE trace SET {field} = {field} + 1 WHERE seq = 3")))
        .chain(["UPDATE trace SET profile = NULL WHERE seq = 3".to_owned()]);
    for change in changes {
        let faults = place.altered(&change).faults;
        assert!(matches!(faults[..], [Fault::Chain { seq: 3, .. }]), "{change}: {faults:?}");
    }
}

#[test]
fn one_byte_altered_in_the_file_is_found() {
    let place = five();
    let whole = std::fs::read(place.path()).expect("a file");
    let needle = b"samu-01-abcdefghij";
    let places: Vec<usize> = (0..whole.len() - needle.len()).filter(|at| whole[*at..].starts_with(needle)).collect();
    assert!(places.len() >= 15, "two names in each of five lines, and one in an index");
    let mut in_lines = 0;
    let copy = place.directory.path().join("bytes.sqlite");
    for at in places.into_iter().flat_map(|at| [at, at + 9, at + 17]) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        std::fs::write(&copy, bytes).expect("written");
        let report = Traces::check(&copy).expect("the file can be read");
        assert!(!report.faults.is_empty(), "byte {at}");
        in_lines += usize::from(report.faults.iter().any(|fault| matches!(fault, Fault::Chain { .. })));
    }
    assert_eq!(in_lines, 5 * 2 * 3, "each byte of a line breaks its link");
}

#[test]
fn lines_taken_away_are_found_wherever_they_stood() {
    let place = five();
    let end = "DELETE FROM trace WHERE seq = 5";
    assert!(matches!(place.altered(end).faults[..], [Fault::Head { recorded: 5, last: 4, .. }]));
    let middle = "DELETE FROM trace WHERE seq = 3";
    let faults = place.altered(middle).faults;
    assert!(matches!(faults[..], [Fault::Gap { after: 2, found: 4, .. }, Fault::Chain { seq: 4, .. }]), "{faults:?}");
    let start = "DELETE FROM trace WHERE seq <= 2";
    assert!(matches!(place.altered(start).faults[..], [Fault::Gap { after: 0, found: 3, .. }, ..]));
    // With what a purge would leave, but for the line that a purge writes.
    let forged = "UPDATE edge SET base_seq = 2, base_chain = (SELECT chain FROM trace WHERE seq = 2);
                  DELETE FROM trace WHERE seq <= 2";
    assert!(matches!(place.altered(forged).faults[..], [Fault::Gap { after: 0, found: 3, .. }]));
    let all = "DELETE FROM trace";
    assert!(matches!(place.altered(all).faults[..], [Fault::Head { recorded: 5, last: 0, .. }]));
}

#[test]
fn a_file_cut_short_is_found() {
    let place = five();
    let whole = std::fs::read(place.path()).expect("a file");
    std::fs::write(place.path(), &whole[..whole.len() - 4_096]).expect("cut");
    assert!(!place.check().faults.is_empty());
}

/// Adds a line every five days, both ends included.
fn live(traces: &Traces, days: std::ops::RangeInclusive<i64>) {
    for day in days.step_by(5) {
        traces.offer(line(day * DAY_MS, &format!("Location/{day}"))).expect("room");
        assert!(traces.flush(SOON));
    }
}

/// Position, action, status and count of each line held, newest first.
fn shown(traces: &Traces) -> Vec<(u64, String, u16, u64)> {
    let rows = traces.search(&TraceFilter::default(), u64::MAX, 1_000).expect("readable").into_iter();
    rows.map(|TraceRow { seq, trace }| (seq, trace.action, trace.outcome, trace.count)).collect()
}

#[test]
fn d63_what_had_its_time_leaves_and_the_chain_still_verifies() {
    let place = five();
    live(&place.open(0), 10..=370);
    let traces = place.open(375 * DAY_MS);
    assert_eq!(traces.withheld(375 * DAY_MS).expect("readable"), 0);
    let kept = shown(&traces);
    assert_eq!((kept.len(), &kept[0]), (3 + 73 + 1, &(79, "purge".to_owned(), 200, 2)));
    assert_eq!(kept.last(), Some(&(3, "read".to_owned(), 200, 1)));
    // A server that stays up looks at it each day, by the time of its lines.
    traces.offer(line(377 * DAY_MS, "Location/b")).expect("room");
    traces.close().expect("written");
    let report = place.check();
    assert_eq!((report.traces, report.last.0, &*report.faults), (1 + 73 + 3, 81, &[][..]));
    let bytes = std::fs::read(place.path()).expect("a file");
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("HealthcareService/5") && !holds("HealthcareService/1"), "what left is overwritten");
}

#[test]
fn d63_a_clock_that_jumps_takes_no_trace_away_and_it_is_told() {
    let place = five();
    // Started with the clock ten years ahead, it says what it leaves.
    let traces = place.open(4_000 * DAY_MS);
    assert_eq!(traces.withheld(4_000 * DAY_MS).expect("readable"), 5);
    live(&traces, 4_000..=4_010);
    traces.close().expect("written");
    // Put right, then ahead again while the server runs, then right for good.
    let traces = place.open(6 * DAY_MS);
    assert_eq!(traces.withheld(6 * DAY_MS).expect("readable"), 0);
    live(&traces, 6..=6);
    live(&traces, 4_012..=4_022);
    live(&traces, 11..=371);
    let all = shown(&traces);
    let reads = |all: &[(u64, String, u16, u64)]| all.iter().filter(|(_, action, ..)| action == "read").count();
    let told: Vec<u64> = all.iter().filter(|line| line.2 == 409).map(|line| line.3).collect();
    assert_eq!(reads(&all), 5 + 3 + 1 + 3 + 73, "nothing left");
    assert!(told.len() >= 3 && told.iter().all(|count| *count >= 5), "{told:?}");
    // Lines dated ahead hold no other back: they leave with those around them.
    live(&traces, 376..=391);
    let all = shown(&traces);
    assert_eq!(reads(&all), 73 + 4 - 2, "days 1 to 6, those ahead, 11 and 16: {all:?}");
    assert_eq!(traces.withheld(391 * DAY_MS).expect("readable"), 0);
    traces.close().expect("written");
    assert_eq!(place.check().faults, []);
}

#[test]
fn a_server_stopped_for_long_keeps_its_lines_until_others_span_their_time() {
    let place = five();
    let traces = place.open(375 * DAY_MS);
    assert_eq!((traces.withheld(375 * DAY_MS).expect("readable"), shown(&traces).len()), (2, 6));
    live(&traces, 375..=735);
    let first = |traces: &Traces| shown(traces).last().map(|line| line.0);
    assert_eq!(first(&traces), Some(1), "days 5 to 375 count for a week");
    live(&traces, 740..=740);
    assert_eq!(first(&traces), Some(6));
    traces.close().expect("written");
    assert_eq!(place.check().faults, []);
}

#[test]
fn a_full_queue_gives_the_line_back_and_loses_none() {
    let place = Place::new();
    let traces = place.open(0);
    let other = Connection::open(place.path()).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("the file is held");
    let large = || Trace { criteria: "x".repeat(1_000_000), ..line(0, "Location/a") };
    let mut taken = 0;
    while traces.offer(large()).is_ok() {
        taken += 1;
        assert!(taken < 100, "the queue has an end");
    }
    assert!(taken >= 10);
    assert!(traces.offer_within(large(), Duration::from_millis(20)).is_err(), "no room yet");
    other.execute_batch("COMMIT").expect("the file is free");
    traces.offer_within(large(), SOON).expect("room again");
    traces.close().expect("written");
    assert_eq!(place.check().traces, taken + 1);
    assert!(traces.offer(line(0, "Location/a")).is_err(), "a closed file takes nothing");
}

#[test]
fn refusals_for_asking_too_often_are_counted_by_caller() {
    let place = Place::new();
    let traces = place.open(0);
    for at in 0..500 {
        let actor = if at % 5 == 0 { "a" } else { "b" };
        traces.throttled(&Trace { at, actor: actor.into(), outcome: 429, ..Trace::default() });
    }
    assert!(traces.flush(SOON));
    let rows = traces.search(&TraceFilter::default(), u64::MAX, 100).expect("readable");
    let of = |actor: &str| rows.iter().filter(|row| row.trace.actor == actor).map(|row| row.trace.count).sum::<u64>();
    assert_eq!((of("a"), of("b")), (100, 400));
    assert!(rows.len() < 10, "{} lines", rows.len());
}

#[test]
fn nobody_waits_for_a_file_that_cannot_be_written_and_no_line_is_lost() {
    let place = Place::new();
    let traces = place.open(0);
    let other = Connection::open(place.path()).expect("opens");
    other.execute_batch("ALTER TABLE edge RENAME TO away").expect("the file is broken");
    let mut taken = 0;
    let began = Instant::now();
    while traces.offer(line(0, "Location/a")).is_ok() {
        taken += 1;
        assert!(began.elapsed() < SOON, "a failure is told");
        std::thread::sleep(Duration::from_millis(1));
    }
    let asked = Instant::now();
    assert!(traces.offer_within(line(0, "Location/a"), SOON).is_err());
    assert!(traces.offer_refusal(line(0, "Location/a")).is_err());
    assert!(!traces.is_worth_waiting() && traces.is_alive());
    assert!(asked.elapsed() < SOON / 2, "refused at once");
    other.execute_batch("ALTER TABLE away RENAME TO edge").expect("the file is mended");
    assert!(traces.flush(SOON), "what was taken is written, in its order");
    traces.offer(line(0, "Location/b")).expect("room again");
    traces.close().expect("written");
    let report = place.check();
    assert_eq!((report.traces, &*report.faults), (taken + 1, &[][..]));
}

#[test]
fn few_threads_wait_for_room_and_the_others_are_refused_at_once() {
    let place = Place::new();
    let traces = place.open(0);
    let other = Connection::open(place.path()).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("the file is held");
    let large = || Trace { criteria: "x".repeat(1_000_000), ..line(0, "Location/a") };
    let mut taken = 0;
    while traces.offer(large()).is_ok() {
        taken += 1;
    }
    let (done, ended) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..40 {
            let (traces, done) = (&traces, done.clone());
            scope.spawn(move || done.send(traces.offer_within(large(), SOON).is_ok()).expect("the test listens"));
        }
        for _ in 0..24 {
            assert!(!ended.recv_timeout(SOON / 2).expect("refused without waiting"));
        }
        assert!(!traces.is_worth_waiting());
        other.execute_batch("COMMIT").expect("the file is free");
        for _ in 24..40 {
            assert!(ended.recv_timeout(SOON).expect("room again"));
        }
    });
    assert!(traces.is_worth_waiting());
    traces.close().expect("written");
    assert_eq!(place.check().traces, taken + 16);
}

#[test]
fn a_flood_of_refused_strangers_is_counted_whole() {
    let place = Place::new();
    let traces = place.open(0);
    let refused = |at: i64, outcome: u16| Trace { actor: "anonyme".into(), outcome, ..line(at, "Location/a") };
    for call in 0..3_000 {
        traces.offer_refusal(refused(call / 1_000, if call % 3 == 0 { 404 } else { 401 })).expect("room");
    }
    traces.offer_refusal(refused(5_000, 404)).expect("room");
    assert!(traces.flush(SOON));
    let rows = traces.search(&TraceFilter::default(), u64::MAX, 1_000).expect("readable");
    let of = |outcome: u16| -> u64 {
        rows.iter().filter(|row| row.trace.outcome == outcome).map(|row| row.trace.count).sum()
    };
    assert_eq!((of(404), of(401)), (1_001, 2_000));
    assert!(rows.len() < 70, "{} lines", rows.len());
    let counted = rows.iter().find(|row| row.trace.count > 1).expect("a line for many");
    assert_eq!((&*counted.trace.resources, &*counted.trace.criteria, &*counted.trace.action), ("", "", "read"));
    let alone = rows.iter().find(|row| row.trace.at == 5_000).expect("one");
    assert_eq!((alone.trace.count, &*alone.trace.resources), (1, "Location/a"), "the next second starts anew");
}

#[test]
fn another_file_is_left_alone() {
    let place = Place::new();
    assert!(matches!(Traces::check(&place.path()), Err(LedgerError::Missing(_))));
    std::fs::write(place.path(), "not a database, whatever it may be called").expect("written");
    assert!(matches!(Traces::open(&place.path(), 0), Err(LedgerError::Foreign | LedgerError::Corrupt(_))));
}
