//! From files to a searchable directory, beside reading alone and the disk alone.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use ror_benches::data::{self, Source};
use ror_benches::machine;
use ror_benches::report::{Table, count, median, say};
use ror_benches::world::World;
use ror_fhir::Node;
use ror_ledger::{Expect, Ledger as _, NewAudit, NewVersion, SqliteLedger, VersionRow};
use ror_search::ResourceType;
use tempfile::TempDir;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How often everything is measured.
const ROUNDS: usize = 3;
/// Resources of one transaction, as the directory makes them.
const BATCH: usize = 256;
/// How long flushes are counted.
const FLUSH_TIME: Duration = Duration::from_secs(1);
/// What a page of the ledger's file measures.
const PAGE_BYTES: usize = 4096;
/// Resources per second to reach now (architecture §8 wants 10 000 at last).
const WANTED: f64 = 3_000.0;
/// Asks this program to open a folder and tell what it costs, in a process that did nothing else.
const OPEN: &str = "--open";

/// Seconds that each thing took, round by round.
#[derive(Default)]
struct Times {
    parse: Vec<f64>,
    full: Vec<f64>,
    taken_in: Vec<f64>,
    append: Vec<f64>,
    flushes_per_s: Vec<f64>,
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, folder] = &arguments[..]
        && flag == OPEN
    {
        return open(Path::new(folder));
    }
    machine::introduce("import");
    let source = Source::find();
    say(&format!("{}; {ROUNDS} rounds, medians\n", source.name()));
    let mut times = Times::default();
    let (mut resources, mut bytes, mut kept) = (0, 0, None);
    for _ in 0..ROUNDS {
        (resources, bytes) = parse(&source, &mut times)?;
        flush(&mut times)?;
        let folder = full(&source, resources, &mut times)?;
        append(folder.path(), &mut times)?;
        kept = Some(folder);
    }
    tell_times(&times, resources, bytes);
    let folder = kept.context("at least one round")?;
    tell_memory(folder.path())
}

/// A folder on the disk that holds the build, since a folder of the system may be in memory.
fn folder() -> anyhow::Result<TempDir> {
    Ok(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?)
}

/// Files to proposed resources and their text: nothing is checked or kept.
fn parse(source: &Source, times: &mut Times) -> anyhow::Result<(usize, usize)> {
    let started = Instant::now();
    let harvest = source.read()?;
    let bytes = harvest.proposed.iter().map(|proposed| proposed.resource.to_bytes().len()).sum();
    times.parse.push(started.elapsed().as_secs_f64());
    Ok((harvest.proposed.len(), bytes))
}

/// Writes one page and waits until it is durable, again and again.
fn flush(times: &mut Times) -> anyhow::Result<()> {
    let folder = folder()?;
    let mut file = File::create(folder.path().join("page"))?;
    let page = [0x5a; PAGE_BYTES];
    file.write_all(&page)?;
    file.sync_all()?;
    let started = Instant::now();
    let mut flushes = 0;
    while started.elapsed() < FLUSH_TIME {
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&page)?;
        file.sync_data()?;
        flushes += 1;
    }
    times.flushes_per_s.push(f64::from(flushes) / started.elapsed().as_secs_f64());
    Ok(())
}

/// Files to a directory that answers; gives its folder.
fn full(source: &Source, resources: usize, times: &mut Times) -> anyhow::Result<TempDir> {
    let folder = folder()?;
    let started = Instant::now();
    let harvest = source.read()?;
    let name = harvest.source;
    let items = data::items(harvest);
    let opened = Instant::now();
    let world = World::open(folder.path())?;
    let created = world.import(name, items)?;
    times.taken_in.push(opened.elapsed().as_secs_f64());
    times.full.push(started.elapsed().as_secs_f64());
    // All are found, or the rate is that of something else.
    let grant = world.profile_1()?;
    let snapshot = world.directory.snapshot();
    let view = snapshot.view(&grant);
    let found: u64 = ResourceType::ALL.into_iter().map(|rtype| view.count(rtype)).sum();
    ensure!(created == resources && found > 0, "{created} of {resources} resources created, {found} found");
    Ok(folder)
}

/// The rows of a finished import, appended again to an empty ledger: storage alone.
fn append(imported: &Path, times: &mut Times) -> anyhow::Result<()> {
    let rows = rows(imported)?;
    let folder = folder()?;
    let ledger = SqliteLedger::open(&folder.path().join("ledger.sqlite"))?;
    let mut base = ledger.head()?.seq;
    let started = Instant::now();
    for batch in rows.chunks(BATCH) {
        let traces: Vec<NewAudit> = batch.iter().map(trace).collect();
        base = ledger.append(base, batch, &traces)?.seq;
    }
    times.append.push(started.elapsed().as_secs_f64());
    Ok(())
}

fn rows(imported: &Path) -> anyhow::Result<Vec<NewVersion>> {
    let ledger = SqliteLedger::open_existing(&imported.join("ledger.sqlite"))?;
    let mut keys = HashMap::new();
    for source in ["finess", "sae", "synth"] {
        for (key, holder) in ledger.source(source)? {
            keys.insert(holder, (source.to_owned(), key));
        }
    }
    let rows = ledger.tail(0, usize::MAX)?;
    Ok(rows.into_iter().map(|row| again(row, &mut keys)).collect())
}

fn again(row: VersionRow, keys: &mut HashMap<(String, String), (String, String)>) -> NewVersion {
    let source = keys.remove(&(row.rtype.clone(), row.id.clone()));
    NewVersion {
        uniques: minted(&row.body).into_iter().collect(),
        source,
        expect: Expect::Absent,
        rtype: row.rtype,
        id: row.id,
        op: row.op,
        at: row.at,
        updated: row.updated,
        actor: row.actor,
        audience_mask: row.audience_mask,
        policy_ver: row.policy_ver,
        body: row.body,
    }
}

/// The identifier drawn for an offer or a place: the one that starts with a region.
fn minted(body: &[u8]) -> Option<(String, String)> {
    let resource = Node::parse(body).ok()?;
    let mut values = resource.items("identifier").filter_map(|identifier| identifier.str("value"));
    let value = values.find(|value| value.get(2..3) == Some("/"))?;
    Some(("region".to_owned(), value.to_owned()))
}

fn trace(row: &NewVersion) -> NewAudit {
    NewAudit {
        at: row.at,
        actor: row.actor.clone(),
        action: "create".to_owned(),
        target: format!("{}/{}", row.rtype, row.id),
        outcome: "done".to_owned(),
    }
}

fn tell_times(times: &Times, resources: usize, bytes: usize) {
    let n = resources as f64;
    let rate = |seconds: &[f64]| n / median(seconds);
    let (parse, append) = (rate(&times.parse), rate(&times.append));
    let mut table = Table::new(&["what", "resources/s", "of parse", "of append", "seconds, each round"]);
    let mut row = |what: &str, seconds: &[f64]| {
        let each: Vec<String> = seconds.iter().map(|seconds| format!("{seconds:.2}")).collect();
        let rate = rate(seconds);
        let ratio = |other: f64| format!("{:.3}", rate / other);
        table.row([what.to_owned(), count(rate), ratio(parse), ratio(append), each.join(" ")]);
    };
    row("(a) files to proposals and text", &times.parse);
    row("(b) the same rows appended to an empty ledger", &times.append);
    row("(c) files to durable, checked and searchable", &times.full);
    row("(c) without reading the files", &times.taken_in);
    table.print();
    let flushes = median(&times.flushes_per_s);
    say(&format!(
        "{} resources, {:.1} MB of text ({} bytes each); one page written and flushed {} times/s ({:.2} ms), \
         so flushes alone would let {} resources/s through in batches of {BATCH}.\n",
        count(n),
        bytes as f64 / 1e6,
        bytes / resources.max(1),
        count(flushes),
        1000.0 / flushes,
        count(flushes * BATCH as f64),
    ));
    let reached = rate(&times.full);
    let word = if reached >= WANTED { "reached" } else { "NOT reached" };
    say(&format!(
        "target import: {} resources/s, wanted {} now and 10 000 at last: {word}\n",
        count(reached),
        count(WANTED)
    ));
}

/// What holding the directory costs, measured in a process that only opens it.
fn tell_memory(folder: &Path) -> anyhow::Result<()> {
    let output = Command::new(std::env::current_exe()?).arg(OPEN).arg(folder).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    say(String::from_utf8(output.stdout)?.trim_end());
    Ok(())
}

fn open(folder: &Path) -> anyhow::Result<()> {
    let before = machine::resident_bytes();
    let started = Instant::now();
    let world = World::open(folder)?;
    let seconds = started.elapsed().as_secs_f64();
    let after = machine::resident_bytes();
    let resources = world.directory.snapshot().size();
    let bodies: usize = world.ledger.tail(0, usize::MAX)?.iter().map(|row| row.body.len()).sum();
    let each = |bytes: f64| bytes / resources.max(1) as f64;
    say(&format!("opened again in {seconds:.2} s ({} resources/s)\n", count(resources as f64 / seconds)));
    if let (Some(before), Some(after)) = (before, after) {
        let held = after.saturating_sub(before) as f64;
        say(&format!(
            "memory: resident {:.0} MB before, {:.0} MB after: {} bytes per resource, of which {} are the text itself \
             and {} all the rest (450 wanted at last)",
            before as f64 / 1e6,
            after as f64 / 1e6,
            count(each(held)),
            count(each(bodies as f64)),
            count(each((held - bodies as f64).max(0.0))),
        ));
    }
    Ok(())
}
