//! The query mix in process: no network, no HTTP.

use std::time::Instant;

use anyhow::anyhow;
use ror_benches::data::{self, Source};
use ror_benches::draw::Draw;
use ror_benches::machine;
use ror_benches::queries::{self, Corpus, KINDS, Kind, Question};
use ror_benches::report::{Table, count, percentile, say};
use ror_benches::world::World;
use ror_index::View;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Questions of each kind, different ones.
const QUESTIONS: usize = 1_000;
/// Times each is asked, after one time that is not counted.
const PASSES: usize = 3;

/// Microseconds of each question.
#[derive(Default)]
struct Times {
    read: Vec<f64>,
    found: Vec<f64>,
    written: Vec<f64>,
    matches: u64,
    bytes: usize,
}

fn main() -> anyhow::Result<()> {
    machine::introduce("search");
    let source = Source::find();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let world = World::open(folder.path())?;
    let harvest = source.read()?;
    let resources = world.import(harvest.source, data::items(harvest))?;
    say(&format!("{}; {} resources, asked as profile 1\n", source.name(), count(resources as f64)));
    let grant = world.profile_1()?;
    let snapshot = world.directory.snapshot();
    let view = snapshot.view(&grant);
    let corpus = Corpus::gather(&view)?;
    let draw = Draw::new(2);
    let mut table = Table::new(&[
        "question (µs)",
        "share",
        "matches",
        "kB",
        "read p50",
        "found p50",
        "found p99",
        "with bodies p50",
        "with bodies p99",
    ]);
    let mut mix = Times::default();
    for kind in &KINDS {
        let times = ask(kind, &corpus, &draw, &view)?;
        table.row(cells(kind.name, &format!("{} %", kind.share), &times, QUESTIONS));
        mix.add(&times, kind.share);
    }
    let shares: usize = KINDS.iter().map(|kind| kind.share).sum();
    table.row(cells("the mix", &format!("{shares} %"), &mix, QUESTIONS * shares / 100));
    table.print();
    say("read: parameters to a typed query; found: the same and its page, without bodies.\n");
    let (p50, p99) = (percentile(&mix.found, 50.0), percentile(&mix.found, 99.0));
    let word = if p50 < 60.0 && p99 < 500.0 { "reached" } else { "NOT reached" };
    say(&format!(
        "target search, bodies excluded (set for scales M and L): p50 {p50:.0} µs, p99 {p99:.0} µs, wanted 60 and 500: {word}\n"
    ));
    Ok(())
}

fn ask(kind: &Kind, corpus: &Corpus, draw: &Draw, view: &View<'_>) -> anyhow::Result<Times> {
    let questions: Vec<Question> = (0..QUESTIONS).map(|_| kind.draw(corpus, draw)).collect();
    let mut times = Times::default();
    for pass in 0..=PASSES {
        let mut now = Times::default();
        for question in &questions {
            now.one(question, view)?;
        }
        if pass > 0 {
            times.read.append(&mut now.read);
            times.found.append(&mut now.found);
            times.written.append(&mut now.written);
        }
        (times.matches, times.bytes) = (now.matches, now.bytes);
    }
    Ok(times)
}

impl Times {
    fn one(&mut self, question: &Question, view: &View<'_>) -> anyhow::Result<()> {
        let started = Instant::now();
        let query = queries::read(question)?;
        let read = started.elapsed();
        let page = view.search(&query, None, None).map_err(|error| anyhow!("{error:?}"))?;
        let found = started.elapsed();
        let mut out = Vec::new();
        for hit in page.matches.iter().chain(&page.included) {
            hit.write_to(&mut out);
        }
        let written = started.elapsed();
        let micros = |time: std::time::Duration| time.as_secs_f64() * 1e6;
        self.read.push(micros(read));
        self.found.push(micros(found));
        self.written.push(micros(written));
        self.matches += page.total;
        self.bytes += out.len();
        Ok(())
    }

    /// Adds `share` out of a hundred of the measures of one kind.
    fn add(&mut self, kind: &Self, share: usize) {
        let taken = kind.found.len() * share / 100;
        self.read.extend(&kind.read[..taken]);
        self.found.extend(&kind.found[..taken]);
        self.written.extend(&kind.written[..taken]);
        self.matches += kind.matches * share as u64 / 100;
        self.bytes += kind.bytes * share / 100;
    }
}

fn cells(name: &str, share: &str, times: &Times, questions: usize) -> [String; 9] {
    let at = |values: &[f64], percent| format!("{:.0}", percentile(values, percent));
    [
        name.to_owned(),
        share.to_owned(),
        count(times.matches as f64 / questions as f64),
        count(times.bytes as f64 / questions as f64 / 1000.0),
        at(&times.read, 50.0),
        at(&times.found, 50.0),
        at(&times.found, 99.0),
        at(&times.written, 50.0),
        at(&times.written, 99.0),
    ]
}
