//! What only shows beside other resources: RG_EXP_044, 047, D21, D35. All of it warns: the
//! faults are shared by several resources, none of which is wrong alone.

use ror_fhir::{Instant, Node};
use ror_terminology::{Domain, Terminology};

use super::closing::Closing;
use super::{items, rtype, sensitive};
use crate::Finding;
use crate::capacity::{self, Record};
use crate::finding::Findings;

/// The resources around one, as whoever holds them all finds them; empty where there are none.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// Of an offer, its provider; of a structure, its parent; of a place, its entité
    /// géographique; then what is above, nearest first.
    pub above: &'a [&'a Node],
    /// Of a place, the offers that use it; of an offer, the other ones at its places.
    pub offers: &'a [&'a Node],
    /// The present.
    pub now: Instant,
    /// The code lists in force.
    pub terminology: &'a Terminology,
}

/// What is doubtful about a resource beside those around it.
///
/// For the write path, after [`validate`](crate::validate), and for quality work.
pub fn related(resource: &Node, around: &Around<'_>) -> Vec<Finding> {
    let mut findings = Findings::default();
    match rtype(resource) {
        "HealthcareService" => {
            below_a_closed_structure(resource, "providedBy", around, &mut findings);
            sensitive_unit_has_its_own_place(resource, around, &mut findings);
        }
        "Organization" => below_a_closed_structure(resource, "partOf", around, &mut findings),
        "Location" => {
            closed_offers_have_nothing_available(resource, around, &mut findings);
            shared_with_a_sensitive_unit(around, &mut findings);
            place_is_held(resource, around, &mut findings);
            capacity_of_health_establishments(resource, around, &mut findings);
        }
        _ => {}
    }
    findings.close(rtype(resource))
}

/// RG_EXP_044: what hangs below a closed structure is closed too.
fn below_a_closed_structure(resource: &Node, key: &str, around: &Around<'_>, findings: &mut Findings) {
    let closed = around.above.iter().any(|structure| Closing::read(structure).is_under_way(around.now));
    if closed && !Closing::read(resource).is_under_way(around.now) {
        findings.doubtful("RG_EXP_044", "la même fermeture que celle de la structure", || {
            let message = "La structure dont ceci dépend est fermée : le fermer aussi, ou le rattacher ailleurs.";
            (format!("{}.{key}", rtype(resource)), message.to_owned())
        });
    }
}

/// RG_EXP_047, D37: nothing is available where all offers are closed; a positive number is kept,
/// shown as to be confirmed and left out of totals.
fn closed_offers_have_nothing_available(place: &Node, around: &Around<'_>, findings: &mut Findings) {
    if !all_closed(around.offers, around.now) {
        return;
    }
    for (at, record) in capacity::records(place) {
        if record.status == Some("02") && record.number.is_some_and(|number| number > 0) {
            findings.doubtful("RG_EXP_047, D37", "0 disponible", || {
                let message = "Toutes les offres de ce lieu sont fermées : ce nombre est à confirmer, et n'entre dans aucun total.";
                (format!("Location.extension[{at}]"), message.to_owned())
            });
        }
    }
}

/// Whether a place has offers and all are closed at that instant (D37).
pub fn all_closed(offers: &[&Node], now: Instant) -> bool {
    !offers.is_empty() && offers.iter().all(|offer| Closing::read(offer).is_under_way(now))
}

/// D21: a sensitive unit needs a place of its own.
fn sensitive_unit_has_its_own_place(offer: &Node, around: &Around<'_>, findings: &mut Findings) {
    let own = sensitive::is_flagged(offer) == Some(true);
    if around.offers.iter().any(|other| (sensitive::is_flagged(other) == Some(true)) != own) {
        findings.doubtful("D21", "un lieu à part", || {
            let message = "Ce lieu sert à une unité sensible et à une offre ordinaire : ses lits et équipements ne seront montrés qu'à la régulation. Donner à l'unité sensible un lieu à elle.";
            ("HealthcareService.location".to_owned(), message.to_owned())
        });
    }
}

/// D21, seen from the place.
fn shared_with_a_sensitive_unit(around: &Around<'_>, findings: &mut Findings) {
    let flags = around.offers.iter().map(|offer| sensitive::is_flagged(offer) == Some(true));
    if flags.clone().any(|flag| flag) && flags.clone().any(|flag| !flag) {
        findings.doubtful("D21", "un lieu par unité sensible", || {
            let message = "Ce lieu sert à une unité sensible et à une offre ordinaire : ses lits et équipements ne seront montrés qu'à la régulation.";
            ("Location".to_owned(), message.to_owned())
        });
    }
}

/// The guide: a place without offer is held by an entité géographique. Until an offer is
/// attached it counts as sensitive (D21).
fn place_is_held(place: &Node, around: &Around<'_>, findings: &mut Findings) {
    if around.offers.is_empty() && place.get("managingOrganization").is_none() {
        findings.doubtful("guide ROR 0.7.0 : Location.managingOrganization", "une offre, ou l'entité géographique qui le gère", || {
            let message = "Ce lieu n'a ni offre ni entité géographique gestionnaire : personne d'autre que son auteur ne le verra.";
            ("Location.managingOrganization".to_owned(), message.to_owned())
        });
    }
}

/// D35: only health establishments give their beds a temporary assignment, or say which are
/// available. Judged where FINESS says that the category is a social one.
fn capacity_of_health_establishments(place: &Node, around: &Around<'_>, findings: &mut Findings) {
    let domains = around.above.iter().filter_map(|structure| domain(structure, around.terminology));
    if domains.into_iter().next() != Some(Domain::Social) {
        return;
    }
    let is_assigned = |record: &Record<'_>| record.assignment.is_some_and(|code| code != "01");
    let is_free_bed = |record: &Record<'_>| record.status == Some("02") && record.nature == Some("01");
    for (at, record) in capacity::records(place) {
        if is_assigned(&record) || is_free_bed(&record) {
            findings.doubtful("D35", "un établissement de santé", || {
                let message = "L'affectation temporaire et la disponibilité de lits sont celles des établissements de santé ; ailleurs, compter des places.";
                (format!("Location.extension[{at}]"), message.to_owned())
            });
        }
    }
}

/// The field of the category (R66) of a structure, when it has one that FINESS aggregates.
fn domain(structure: &Node, terminology: &Terminology) -> Option<Domain> {
    let codings = items(structure, "type").flat_map(|(_, concept)| concept.items("coding"));
    let mut categories = codings.filter(|coding| coding.str("system").is_some_and(|system| system.contains("R66-")));
    categories.find_map(|coding| terminology.category(coding.str("code")?)).map(|category| category.domain)
}
