//! The query mix in process, beside PostgreSQL asked the same over a local socket: same resources, as one
//! audience sees them, same totals or the run stops.

use std::time::Instant;

use anyhow::{anyhow, bail, ensure};
use ror_benches::draw::Draw;
use ror_benches::machine;
use ror_benches::peer::{self, Peer, Statement};
use ror_benches::queries::{self, Corpus, KINDS, Question};
use ror_benches::report::{Table, count, percentile, say};
use ror_benches::world::World;
use ror_index::View;
use ror_registers::synth::Scale;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Questions of each kind, different ones.
const QUESTIONS: usize = 200;
/// Times each is asked, after one time that is not counted.
const PASSES: usize = 3;

/// Microseconds of each question here and there.
#[derive(Default)]
struct Times {
    here: Vec<f64>,
    there: Vec<f64>,
    matches: u64,
}

fn main() -> anyhow::Result<()> {
    let scale = match std::env::var("ROR_PEER").as_deref() {
        Ok("xs") => Scale::Xs,
        Ok("s") => Scale::S,
        Ok("m") => Scale::M,
        Ok(other) => bail!("ROR_PEER={other}: xs, s or m expected"),
        Err(_) => {
            say("## peer\n\nleft out: `make bench-peer` runs it, with PostgreSQL\n");
            return Ok(());
        }
    };
    machine::introduce("peer");
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let world = World::open(folder.path())?;
    let resources = world.import_synth(scale)?;
    let grant = world.profile_1()?;
    let snapshot = world.directory.snapshot();
    let view = snapshot.view(&grant);
    let corpus = Corpus::gather(&view)?;
    let mut peer = Peer::load(&view)?;
    say(&format!(
        "synthetic territory {}: {} resources, asked as profile 1; {}, {:.0} MB with its indexes\n",
        scale.name(),
        count(resources as f64),
        machine::version("psql", "--version"),
        peer.bytes()? / 1e6
    ));
    let draw = Draw::new(2);
    let mut table =
        Table::new(&["question (µs)", "share", "matches", "ror p50", "p99", "PostgreSQL p50", "p99", "ratio"]);
    let mut mix = Times::default();
    for kind in &KINDS {
        let questions: Vec<Question> = (0..QUESTIONS).map(|_| kind.draw(&corpus, &draw)).collect();
        let times = ask(&questions, &view, &mut peer)?;
        table.row(cells(kind.name, kind.share, &times, QUESTIONS));
        mix.add(&times, kind.share);
    }
    let shares: usize = KINDS.iter().map(|kind| kind.share).sum();
    table.row(cells("the mix", shares, &mix, QUESTIONS * shares / 100));
    table.print();
    let ratio = percentile(&mix.there, 50.0) / percentile(&mix.here, 50.0);
    say(&format!(
        "Both give the exact total, the ids of the page and of what comes along, no bodies; ours reads the parameters \
         too, theirs are prepared statements. PostgreSQL takes {ratio:.1} times as long, the mix, p50.\n"
    ));
    Ok(())
}

fn ask(questions: &[Question], view: &View<'_>, peer: &mut Peer) -> anyhow::Result<Times> {
    let statements = questions.iter().map(peer::statement).collect::<anyhow::Result<Vec<_>>>()?;
    statements.iter().try_for_each(|statement| peer.prepare(statement))?;
    let mut times = Times::default();
    for pass in 0..=PASSES {
        for (question, statement) in questions.iter().zip(&statements) {
            times.one(question, statement, view, peer, pass > 0)?;
        }
    }
    Ok(times)
}

impl Times {
    fn one(
        &mut self,
        question: &Question,
        statement: &Statement,
        view: &View<'_>,
        peer: &mut Peer,
        counts: bool,
    ) -> anyhow::Result<()> {
        let started = Instant::now();
        let query = queries::read(question)?;
        let page = view.search(&query, None, None).map_err(|error| anyhow!("{error:?}"))?;
        let here = started.elapsed();
        let started = Instant::now();
        let total = peer.ask(statement)?;
        let there = started.elapsed();
        ensure!(total == page.total, "{question:?}: {} here, {total} there", page.total);
        if counts {
            self.here.push(here.as_secs_f64() * 1e6);
            self.there.push(there.as_secs_f64() * 1e6);
        } else {
            self.matches += page.total;
        }
        Ok(())
    }

    /// Adds `share` out of a hundred of the measures of one kind.
    fn add(&mut self, kind: &Self, share: usize) {
        let taken = kind.here.len() * share / 100;
        self.here.extend(&kind.here[..taken]);
        self.there.extend(&kind.there[..taken]);
        self.matches += kind.matches * share as u64 / 100;
    }
}

fn cells(name: &str, share: usize, times: &Times, questions: usize) -> [String; 8] {
    let at = |values: &[f64], percent| format!("{:.0}", percentile(values, percent));
    [
        name.to_owned(),
        format!("{share} %"),
        count(times.matches as f64 / questions as f64),
        at(&times.here, 50.0),
        at(&times.here, 99.0),
        at(&times.there, 50.0),
        at(&times.there, 99.0),
        format!("{:.1}", percentile(&times.there, 50.0) / percentile(&times.here, 50.0)),
    ]
}
