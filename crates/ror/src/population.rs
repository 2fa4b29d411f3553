//! How far the offers of an import are described (*statut de peuplement*), told after it: what is
//! left to do is then known the same day.

use std::collections::{BTreeMap, HashMap};

use ror_directory::ImportItem;
use ror_fhir::{Instant, Node};
use ror_profiles::population::{Criterion, Reading, Status, establishment, offer};
use ror_profiles::rules::closing::Closing;
use ror_terminology::Terminology;

/// Systems and lists of the category of a structure.
const CATEGORY: [&str; 2] = ["TRE_R66-", "JDV_J55-"];

/// What is told: label, value; nothing where there is no offer. Offers are judged with the places
/// and structures of the same files; closed ones do not count (D50).
pub(crate) fn figures(items: &[ImportItem], now: Instant) -> Vec<(String, String)> {
    let by_reference: HashMap<String, &Node> =
        items.iter().filter_map(|item| Some((reference_to(item)?, &item.resource))).collect();
    let target = |node: &Node| node.str("reference").and_then(|text| by_reference.get(text).copied());
    let mut offers = Vec::new();
    let mut establishments: BTreeMap<&str, Vec<Status>> = BTreeMap::new();
    let mut missing: BTreeMap<Criterion, usize> = BTreeMap::new();
    for item in items.iter().filter(|item| item.resource.str("resourceType") == Some("HealthcareService")) {
        let resource = &item.resource;
        if Closing::read(resource).is_under_way(now) {
            continue;
        }
        let places: Vec<&Node> = resource.items("location").filter_map(target).collect();
        let provider = resource.get("providedBy");
        let category = provider.and_then(target).and_then(category);
        let standing = offer(resource, &places, category, Terminology::embedded());
        standing.missing.iter().for_each(|criterion| *missing.entry(*criterion).or_default() += 1);
        offers.push(standing.status);
        if let Some(provider) = provider.and_then(|provider| provider.str("reference")) {
            establishments.entry(provider).or_default().push(standing.status);
        }
    }
    if offers.is_empty() {
        return Vec::new();
    }
    let structures: Vec<Status> =
        establishments.values().map(|statuses| establishment(statuses, Reading::Retained)).collect();
    let mut lacking: Vec<(Criterion, usize)> = missing.into_iter().collect();
    lacking.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let lacking: Vec<String> =
        lacking.iter().map(|(criterion, count)| format!("{} {count}", criterion.label())).collect();
    let mut lines = vec![
        ("Peuplement des offres ouvertes".to_owned(), shares(&offers)),
        ("Peuplement des structures qui en ont".to_owned(), shares(&structures)),
    ];
    if !lacking.is_empty() {
        lines.push(("  offres à compléter, par élément".to_owned(), lacking.join(", ")));
    }
    lines
}

/// How another item names this one.
fn reference_to(item: &ImportItem) -> Option<String> {
    match &item.key {
        Some(key) => Some(format!("key:{}", key.key)),
        None => Some(format!("{}/{}", item.resource.str("resourceType")?, item.resource.str("id")?)),
    }
}

fn category(structure: &Node) -> Option<&str> {
    let codings = structure.items("type").flat_map(|kind| kind.items("coding"));
    let is_it =
        |coding: &&Node| coding.str("system").is_some_and(|system| CATEGORY.iter().any(|it| system.contains(it)));
    codings.filter(is_it).find_map(|coding| coding.str("code"))
}

fn shares(all: &[Status]) -> String {
    let told = [Status::ToDo, Status::InProgress, Status::Done].map(|status| {
        let count = all.iter().filter(|one| **one == status).count();
        format!("{} {count}", status.label())
    });
    format!("{} sur {}", told.join(", "), all.len())
}

#[cfg(test)]
mod tests {
    use ror_directory::{ImportKey, Replaces};
    use ror_fhir::node;

    use super::*;

    fn item(key: Option<&str>, resource: Node) -> ImportItem {
        let key = key.map(|key| ImportKey { source: "test".to_owned(), key: key.to_owned() });
        ImportItem { key, resource, updated: 0, mint: None, replaces: Replaces::Anyone }
    }

    fn of(figures: &[(String, String)], label: &str) -> String {
        figures.iter().find(|(it, _)| it.contains(label)).map(|(_, value)| value.clone()).unwrap_or_default()
    }

    #[test]
    fn offers_are_judged_with_their_places_whichever_way_they_are_named() {
        let field = node!([{"coding": [{"system": "https://mos.esante.gouv.fr/NOS/TRE_R227-ChampActivite/FHIR/TRE-R227-ChampActivite", "code": "01"}]}]);
        let address = node!({"line": ["1 rue X"], "city": "Bourg", "postalCode": "01000"});
        let closed = node!([{"coding": [{"system": "https://mos.esante.gouv.fr/NOS/TRE_R286-TypeFermeture/FHIR/TRE-R286-TypeFermeture", "code": "DEF"}]}]);
        let past = node!([{"id": "closingReopeningDate", "during": {"start": "1970-01-02"}}]);
        let items = [
            item(
                Some("o1"),
                node!({"resourceType": "HealthcareService", "type": field, "location": [{"reference": "key:l1"}], "providedBy": {"reference": "key:eg"}}),
            ),
            item(Some("l1"), node!({"resourceType": "Location", "address": (&address)})),
            item(Some("eg"), node!({"resourceType": "Organization"})),
            item(
                None,
                node!({"resourceType": "HealthcareService", "id": "o2", "location": [{"reference": "Location/l2"}], "providedBy": {"reference": "Organization/e"}}),
            ),
            item(None, node!({"resourceType": "Location", "id": "l2", "address": (&address)})),
            item(None, node!({"resourceType": "HealthcareService", "id": "o3"})),
            item(
                None,
                node!({"resourceType": "HealthcareService", "id": "o4", "characteristic": closed, "notAvailable": past}),
            ),
        ];
        let told = figures(&items, 1_790_000_000_000);
        assert_eq!(of(&told, "offres ouvertes"), "À faire 1, En cours 2, Finalisé 0 sur 3");
        assert_eq!(of(&told, "structures"), "À faire 0, En cours 2, Finalisé 0 sur 2");
        assert!(of(&told, "par élément").contains("adresse du lieu 1"), "{told:?}");
        assert!(figures(&items[1..3], 0).is_empty());
    }
}
