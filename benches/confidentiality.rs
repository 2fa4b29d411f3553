//! What confidentiality costs: the same search as profile 0 and as profile 1, and the projection
//! of a resource for the seven audiences with the terms of each.

use std::hint::black_box;
use std::time::Instant;

use anyhow::anyhow;
use ror_benches::data::{self, Source};
use ror_benches::draw::Draw;
use ror_benches::machine;
use ror_benches::queries::{self, Corpus, KINDS, Question};
use ror_benches::report::{Table, count, median, percentile, say};
use ror_benches::world::World;
use ror_confidentiality::{AudienceMask, Facts, Field, OfferFacts, OrganizationKind, OwnFacts, Policy, project};
use ror_fhir::Node;
use ror_index::View;
use ror_search::{Query, Registry, ResourceType, extract};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Questions of each kind, times each is asked by each profile, after one that is not counted.
const QUESTIONS: usize = 500;
const PASSES: usize = 5;
/// Resources projected, and rounds of which the middle one is kept.
const RESOURCES: usize = 4_000;
const ROUNDS: usize = 7;

/// What a search as profile 0 may cost, that as profile 1 being 1.
const RATIO: f64 = 1.2;
/// What projection and terms may cost for each resource, in microseconds.
const PROJECTION_US: f64 = 60.0;

fn main() -> anyhow::Result<()> {
    machine::introduce("confidentiality");
    let source = Source::find();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let world = World::open(folder.path())?;
    let harvest = source.read()?;
    let (name, items) = (harvest.source, data::items(harvest));
    let each = (items.len() / RESOURCES).max(1);
    let sample: Vec<Node> = items.iter().step_by(each).map(|item| item.resource.clone()).collect();
    let resources = world.import(name, items)?;
    say(&format!("{}; {} resources\n", source.name(), count(resources as f64)));
    projections(&sample);
    searches(&world)
}

/// The same questions, drawn from what the public sees, asked in turn by both.
fn searches(world: &World) -> anyhow::Result<()> {
    let snapshot = world.directory.snapshot();
    let (public, all) = (world.public()?, world.profile_1()?);
    let (public, all) = (snapshot.view(&public), snapshot.view(&all));
    let corpus = Corpus::gather(&public)?;
    let draw = Draw::new(3);
    let headings =
        ["search with bodies (µs)", "share", "profile 1 p50", "p99", "profile 0 p50", "p99", "p50 ratio", "sum ratio"];
    let mut table = Table::new(&headings);
    let mut mix = [0.0, 0.0];
    for kind in &KINDS {
        let questions: Vec<Question> = (0..QUESTIONS).map(|_| kind.draw(&corpus, &draw)).collect();
        let queries = questions.iter().map(queries::read).collect::<anyhow::Result<Vec<Query>>>()?;
        let mut times = [Vec::new(), Vec::new()];
        for pass in 0..=PASSES {
            for (at, query) in queries.iter().enumerate() {
                // Who asks second finds memory warm: each goes first every other time.
                let is_first = (at + pass) % 2 == 0;
                let before = if is_first { Some(ask(query, &public)?) } else { None };
                let one = ask(query, &all)?;
                let zero = before.map_or_else(|| ask(query, &public), Ok)?;
                if pass > 0 {
                    times[0].push(one);
                    times[1].push(zero);
                }
            }
        }
        let at = |who: usize, percent| percentile(&times[who], percent);
        let sums = [times[0].iter().sum::<f64>(), times[1].iter().sum()];
        for (mix, sum) in mix.iter_mut().zip(sums) {
            *mix += sum * kind.share as f64;
        }
        table.row([
            kind.name.to_owned(),
            format!("{} %", kind.share),
            format!("{:.0}", at(0, 50.0)),
            format!("{:.0}", at(0, 99.0)),
            format!("{:.0}", at(1, 50.0)),
            format!("{:.0}", at(1, 99.0)),
            format!("{:.2}", at(1, 50.0) / at(0, 50.0)),
            format!("{:.2}", sums[1] / sums[0]),
        ]);
    }
    table.print();
    let ratio = mix[1] / mix[0];
    let word = if ratio <= RATIO { "reached" } else { "NOT reached" };
    say(&format!("target search as profile 0, of profile 1, the mix: {ratio:.2}, wanted at most {RATIO}: {word}\n"));
    Ok(())
}

fn ask(query: &Query, view: &View<'_>) -> anyhow::Result<f64> {
    let started = Instant::now();
    let page = view.search(query, None, None).map_err(|error| anyhow!("{error:?}"))?;
    let mut out = Vec::new();
    for hit in page.matches.iter().chain(&page.included) {
        hit.write_to(&mut out);
    }
    black_box(out.len());
    Ok(started.elapsed().as_secs_f64() * 1e6)
}

/// Under facts of ordinary offers, which leave the most to see and to cut.
fn projections(sample: &[Node]) {
    let mut table = Table::new(&["for each resource (µs)", "resources", "project", "terms", "both", "projections"]);
    let (mut sum, mut resources) = (0.0, 0);
    for rtype in ResourceType::ALL {
        let mine: Vec<&Node> = sample.iter().filter(|node| node.str("resourceType") == Some(rtype.name())).collect();
        if mine.is_empty() {
            continue;
        }
        let (mut projecting, mut both) = (Vec::new(), Vec::new());
        let mut groups = 0;
        for _ in 0..ROUNDS {
            projecting.push(round(&mine, |node| projected(rtype, node, false)) / mine.len() as f64);
            groups = 0;
            let with_terms = round(&mine, |node| {
                groups += projected(rtype, node, true);
                groups
            });
            both.push(with_terms / mine.len() as f64);
        }
        let (project, all) = (median(&projecting), median(&both));
        table.row([
            rtype.name().to_owned(),
            count(mine.len() as f64),
            format!("{project:.1}"),
            format!("{:.1}", all - project),
            format!("{all:.1}"),
            format!("{:.1}", groups as f64 / mine.len() as f64),
        ]);
        sum += all * mine.len() as f64;
        resources += mine.len();
    }
    table.print();
    let mean = sum / resources as f64;
    let word = if mean < PROJECTION_US { "reached" } else { "NOT reached" };
    say(&format!(
        "target projection and terms, each resource: {mean:.1} µs, wanted under {PROJECTION_US:.0}: {word}\n"
    ));
}

fn round(resources: &[&Node], mut run: impl FnMut(&Node) -> usize) -> f64 {
    let started = Instant::now();
    for resource in resources {
        black_box(run(black_box(resource)));
    }
    started.elapsed().as_secs_f64() * 1e6
}

/// How many distinct projections.
fn projected(rtype: ResourceType, resource: &Node, with_terms: bool) -> usize {
    let facts = Facts { own: facts(rtype), targets: &|_| AudienceMask::ALL };
    let projection = project(resource, &facts, Policy::embedded());
    if with_terms {
        for group in projection.groups() {
            black_box(extract(rtype, "a", &group.resource, Registry::embedded(), &ror_search::NoGeography));
        }
    }
    projection.groups().len()
}

fn facts(rtype: ResourceType) -> OwnFacts {
    let ordinary = OfferFacts { sensitive: false, field: Field::Mco };
    let offers = vec![ordinary, OfferFacts { sensitive: true, field: Field::Ville }];
    match rtype {
        ResourceType::Organization => OwnFacts::Organization {
            kind: OrganizationKind::EntiteGeographique,
            all_offers_sensitive: false,
            lieu_de_vie: false,
            medico_social: false,
        },
        ResourceType::HealthcareService => OwnFacts::HealthcareService { exposed: true },
        ResourceType::Location => OwnFacts::Location { offers: vec![ordinary], lieu_de_vie: false },
        ResourceType::PractitionerRole => OwnFacts::PractitionerRole { offer: Some(ordinary), exposed: true },
        ResourceType::Practitioner => OwnFacts::Practitioner { roles: offers },
        ResourceType::Questionnaire => OwnFacts::Questionnaire,
        ResourceType::Task => OwnFacts::Task { readers: AudienceMask::ALL },
        ResourceType::Measure => OwnFacts::Measure,
        ResourceType::MeasureReport => OwnFacts::MeasureReport,
    }
}
