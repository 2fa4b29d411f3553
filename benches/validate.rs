//! Validating an offer, beside reading the same bytes.

use std::hint::black_box;
use std::time::Instant;

use ror_benches::machine;
use ror_benches::report::{Table, count, median, say};
use ror_fhir::Node;
use ror_profiles::{Context, Handling, Severity, validate};
use ror_terminology::Terminology;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Offers of the synthetic territory with the labels of their codes: one of about 3 kB, and one
/// with its hours and contacts.
const OFFERS: [(&str, &str); 2] =
    [("typical", include_str!("offers/typical.json")), ("with hours and contacts", include_str!("offers/full.json"))];

/// Rounds, of which the middle one is kept, and runs of each: a round of a millisecond is seldom
/// cut in two by another program.
const ROUNDS: usize = 501;
const RUNS: u32 = 20;

/// What validating the typical offer may cost, in microseconds.
const TARGET_US: f64 = 50.0;

fn main() -> anyhow::Result<()> {
    machine::introduce("validate");
    let context = Context { terminology: Terminology::embedded(), now: machine::now() };
    let mut table = Table::new(&["offer (µs)", "bytes", "parse", "lenient", "strict", "lenient / parse", "findings"]);
    let mut typical = f64::INFINITY;
    for (name, text) in OFFERS {
        let bytes = text.trim_end().as_bytes();
        let offer = Node::parse(bytes)?;
        let parse = median_us(|| Node::parse(black_box(bytes)).is_ok());
        let run = |handling| median_us(|| validate(black_box(&offer), handling, &context).is_empty());
        let (lenient, strict) = (run(Handling::Lenient), run(Handling::Strict));
        let findings = validate(&offer, Handling::Lenient, &context);
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        anyhow::ensure!(errors == 0, "the offer of this bench is no longer valid: {findings:?}");
        table.row([
            name.to_owned(),
            count(bytes.len() as f64),
            format!("{parse:.1}"),
            format!("{lenient:.1}"),
            format!("{strict:.1}"),
            format!("{:.2}", lenient / parse),
            count(findings.len() as f64),
        ]);
        typical = typical.min(lenient.max(strict));
    }
    table.print();
    let word = if typical < TARGET_US { "reached" } else { "NOT reached" };
    say(&format!("target typical offer, one core: {typical:.1} µs, wanted under {TARGET_US:.0}: {word}\n"));
    Ok(())
}

/// Microseconds of one run, the middle of the rounds.
fn median_us(mut run: impl FnMut() -> bool) -> f64 {
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let before = Instant::now();
        for _ in 0..RUNS {
            black_box(run());
        }
        rounds.push(before.elapsed().as_secs_f64() * 1e6 / f64::from(RUNS));
    }
    median(&rounds)
}
