//! All that one caller can learn by asking, as text to compare.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use ror_confidentiality::Grant;
use ror_directory::Directory;
use ror_fhir::{Node, node};
use ror_index::{Hit, Snapshot, View};
use ror_profiles::Handling;
use ror_search::{Registry, ResourceType};

use crate::ask::Ask;
use crate::oracle::Key;

/// Pages followed at most for one search.
const PAGES_MAX: usize = 4;

/// Every read of `keys`, what `$validate` finds in resources that point at them, and every search of `asks`, page after page, in the order of the
/// present and, where given, of a moment kept from before.
///
/// # Panics
/// When a search is refused.
pub fn answers(
    directory: &Directory,
    kept: Option<&Snapshot>,
    grant: &Grant,
    keys: &[Key],
    asks: &[Ask],
    ids: &BTreeMap<String, String>,
) -> Vec<String> {
    let snapshot = directory.snapshot();
    let view = snapshot.view(grant);
    let mut out = Vec::new();
    for (rtype, id) in keys {
        let read = view.read(*rtype, id).map_or("404".to_owned(), |hit| entry(&hit));
        out.push(format!("{rtype}/{id}: {read}"));
    }
    for rtype in ResourceType::ALL {
        out.push(format!("{rtype}: {}", view.count(rtype)));
        for start in ('a'..='z').chain('0'..='9') {
            out.push(format!("{rtype} {start}: {:?}", view.vocabulary(rtype, &start.to_string(), 5)));
        }
        for parameter in Registry::embedded().all_of(rtype) {
            for (target, id) in keys.iter().filter(|(target, _)| parameter.targets.contains(target)) {
                let hits = view.referring(parameter.id, *target, id);
                let ids: Vec<_> = hits.iter().map(Hit::id).collect::<BTreeSet<_>>().into_iter().collect();
                out.push(format!("{rtype}.{} {target}/{id}: {ids:?}", parameter.name));
            }
        }
    }
    for body in keys.iter().filter_map(pointing_at) {
        let found = directory.validate(grant, &body, None, Handling::Lenient);
        out.push(format!("$validate {}: {found:?}", body.to_text()));
    }
    for ask in asks {
        let pairs = ask.pairs(ids);
        for order_of in [None, kept] {
            out.push(format!("{:?} {pairs:?}: {}", ask.rtype, pages(&view, ask, order_of, ids)));
        }
    }
    out
}

/// A resource that points at `key`, or stands in its place: what is said of it may tell of the
/// target, and of what is around it.
fn pointing_at((rtype, id): &Key) -> Option<Node> {
    let one = || node!({"reference": format!("{rtype}/{id}")});
    Some(match rtype {
        ResourceType::Organization => node!({"resourceType": "HealthcareService", "providedBy": (one())}),
        ResourceType::Location => node!({"resourceType": "HealthcareService", "location": [(one())]}),
        ResourceType::HealthcareService => node!({"resourceType": "PractitionerRole", "healthcareService": [(one())]}),
        ResourceType::Practitioner => node!({"resourceType": "PractitionerRole", "practitioner": (one())}),
        // Of what is imported alone, no write says anything.
        ResourceType::PractitionerRole | ResourceType::Task | ResourceType::Measure | ResourceType::MeasureReport => {
            return None;
        }
        ResourceType::Questionnaire => {
            let item = node!({"linkId": "1", "type": "reference", "initial": [{"valueReference": (one())}]});
            node!({"resourceType": "Questionnaire", "item": [item]})
        }
    })
}

fn pages(view: &View<'_>, ask: &Ask, order_of: Option<&Snapshot>, ids: &BTreeMap<String, String>) -> String {
    let query = ask.query(ids);
    let mut out = String::new();
    writeln!(out, "{:?}", query.warnings).expect("written");
    let mut anchor = None;
    for _ in 0..PAGES_MAX {
        let page = view.search(&query, anchor.as_ref(), order_of).expect("few enough");
        writeln!(out, "total {} previous {:?} next {:?}", page.total, page.previous, page.next).expect("written");
        page.matches.iter().for_each(|hit| writeln!(out, "match {}", entry(hit)).expect("written"));
        page.included.iter().for_each(|hit| writeln!(out, "include {}", entry(hit)).expect("written"));
        anchor = page.next;
        if anchor.is_none() {
            break;
        }
    }
    out
}

fn entry(hit: &Hit) -> String {
    let mut text = Vec::new();
    hit.write_to(&mut text);
    let references: Vec<_> = hit.references().map(|reference| format!("{reference:?}")).collect();
    let (version, updated, distance, score) = (hit.version(), hit.updated(), hit.distance_km, hit.score);
    format!("{} v{version} {updated} {distance:?} {score:?} {references:?}", String::from_utf8(text).expect("UTF-8"))
}
