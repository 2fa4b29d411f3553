//! Closing and reopening of structures and offers: RG_EXP_003, 043 to 046.
//!
//! | | Type | Date | Planned reopening |
//! |---|---|---|---|
//! | structure | `ror-organization-closing-type` | `organization-period`, end | `ror-organization-reopening-date` |
//! | offer | characteristic of R286 | `notAvailable` closingReopeningDate, start | the same, end |

use ror_fhir::{DateTime, Instant, Node, Object, node};

use super::{code_of, codes_from, guide, items, rtype};
use crate::finding::Findings;

const TYPE: &str = guide!("ror-organization-closing-type");
const REOPENING: &str = guide!("ror-organization-reopening-date");
const PERIOD: &str = "http://hl7.org/fhir/StructureDefinition/organization-period";
const SYSTEM: &str = "https://mos.esante.gouv.fr/NOS/TRE_R286-TypeFermeture/FHIR/TRE-R286-TypeFermeture";
const SLOT: &str = "closingReopeningDate";
const SLOT_TEXT: &str = "Période de fermeture et de réouverture prévisionnelle";
/// Nomenclature of closing types, and the two value sets it is written by.
const TYPES: &[&str] = &["R286-", "J185-", "J201-"];

/// For good (R286).
pub const DEFINITIVE: &str = "DEF";
/// For a time.
pub const TEMPORARY: &str = "PRO";
/// Announced.
pub const PLANNED: &str = "PRE";

/// How a resource says that it is closed, as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Closing {
    /// Type of closing (R286).
    pub kind: Option<String>,
    /// First day of the closing.
    pub from: Option<String>,
    /// Planned reopening.
    pub until: Option<String>,
}

impl Closing {
    /// Reads the closing of a structure or an offer; nothing of other types.
    pub fn read(resource: &Node) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        match rtype(resource) {
            "HealthcareService" => {
                let during = slot(resource).and_then(|(_, slot)| slot.get("during"));
                let bound = |key: &str| owned(during.and_then(|during| during.str(key)));
                Self { kind: owned(offer_type(resource)), from: bound("start"), until: bound("end") }
            }
            "Organization" => Self {
                kind: owned(code_of(resource, TYPE)),
                from: owned(period(resource).and_then(|period| period.str("end"))),
                until: owned(resource.extensions(REOPENING).find_map(|extension| extension.str("valueDate"))),
            },
            _ => Self::default(),
        }
    }

    /// RG_EXP_003: whether the closing is for good. FINESS closes for other reasons too (error,
    /// out of its field…): only a temporary or an announced closing is not for good (D50, EX2).
    pub fn is_definitive(&self) -> bool {
        self.kind.as_deref().is_some_and(|kind| ![TEMPORARY, PLANNED].contains(&kind))
    }

    /// Whether it is under way at that instant: a type, a date reached, no reopening reached
    /// unless for good.
    pub fn is_under_way(&self, now: Instant) -> bool {
        let parse = |text: &Option<String>| text.as_deref().and_then(|text| DateTime::parse(text).ok());
        let has_begun = parse(&self.from).is_some_and(|from| from.start <= now);
        let is_over = !self.is_definitive() && parse(&self.until).is_some_and(|until| until.start <= now);
        self.kind.is_some() && has_begun && !is_over
    }

    /// Writes this closing on a structure or an offer; without type, takes all of it away
    /// (RG_EXP_046: the planned reopening goes with the rest).
    pub fn write(&self, resource: &mut Node) {
        match rtype(resource) {
            "HealthcareService" => self.write_offer(resource),
            "Organization" => self.write_structure(resource),
            _ => {}
        }
    }

    fn write_offer(&self, offer: &mut Node) {
        let Some(members) = offer.as_object_mut() else { return };
        edit(members, "characteristic", |it| !is_closing_type(it), self.kind.as_deref().map(concept));
        let made = self.kind.as_ref().map(|_| {
            let during: Object = self.bounds("start", "end");
            let during = Node::Object(during);
            node!({"id": SLOT, "description": SLOT_TEXT, "during": during})
        });
        edit(members, "notAvailable", |it| it.str("id") != Some(SLOT), made);
    }

    fn write_structure(&self, structure: &mut Node) {
        let start = period(structure).and_then(|period| period.str("start")).map(str::to_owned);
        let Some(members) = structure.as_object_mut() else { return };
        let is = |url: &'static str| move |it: &Node| it.str("url") != Some(url);
        let made = self.kind.as_deref().map(|kind| {
            let kind = concept(kind);
            node!({"url": TYPE, "valueCodeableConcept": kind})
        });
        edit(members, "extension", is(TYPE), made);
        let ends = [("start", start), ("end", self.from.clone().filter(|_| self.kind.is_some()))];
        let period: Object = ends.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text?.into()))).collect();
        let made = (!period.is_empty()).then(|| {
            let period = Node::Object(period);
            node!({"url": PERIOD, "valuePeriod": period})
        });
        edit(members, "extension", is(PERIOD), made);
        let until = self.until.as_deref().filter(|_| self.kind.is_some()).map(day);
        edit(members, "extension", is(REOPENING), until.map(|day| node!({"url": REOPENING, "valueDate": day})));
    }

    fn bounds(&self, from: &str, until: &str) -> Object {
        let both = [(from, &self.from), (until, &self.until)];
        both.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text.as_deref()?.into()))).collect()
    }
}

/// The day of a date-time, in Paris (D14); a date as it is, whole or partial.
fn day(text: &str) -> String {
    let at = DateTime::parse(text).ok().filter(|_| text.contains('T'));
    let mut day = at.map_or_else(|| text.to_owned(), |at| DateTime::format_instant(at.start));
    if let Some((date, _)) = day.split_once('T') {
        day.truncate(date.len());
    }
    day
}

/// Keeps of a list what `keep` says, then adds one; a list left empty goes.
fn edit(members: &mut Object, key: &str, keep: impl Fn(&Node) -> bool, added: Option<Node>) {
    let mut list = match members.remove(key) {
        Some(Node::Array(list)) => list,
        Some(one) => vec![one],
        None => Vec::new(),
    };
    list.retain(|it| keep(it));
    list.extend(added);
    if !list.is_empty() {
        members.insert(key, list);
    }
}

fn concept(kind: &str) -> Node {
    let display = match kind {
        DEFINITIVE => "Définitive",
        TEMPORARY => "Provisoire",
        PLANNED => "Prévisionnelle",
        other => other,
    };
    node!({"coding": [{"system": SYSTEM, "code": kind, "display": display}]})
}

fn is_closing_type(concept: &Node) -> bool {
    concept
        .items("coding")
        .any(|coding| coding.str("system").is_some_and(|it| TYPES.iter().any(|name| it.contains(name))))
}

fn offer_type(offer: &Node) -> Option<&str> {
    codes_from(offer, "characteristic", TYPES).map(|(_, code)| code).next()
}

fn slot(offer: &Node) -> Option<(usize, &Node)> {
    items(offer, "notAvailable").find(|(_, slot)| slot.str("id") == Some(SLOT))
}

fn period(structure: &Node) -> Option<&Node> {
    structure.extensions(PERIOD).find_map(|extension| extension.get("valuePeriod"))
}

/// What is present, whatever its form: forms are judged elsewhere.
struct Present {
    kind: bool,
    from: bool,
    until: bool,
}

fn present(resource: &Node) -> Present {
    if rtype(resource) == "HealthcareService" {
        let during = slot(resource).and_then(|(_, slot)| slot.get("during"));
        let has = |key: &str| during.is_some_and(|during| during.get(key).is_some());
        Present { kind: offer_type(resource).is_some(), from: has("start"), until: has("end") }
    } else {
        Present {
            kind: resource.extensions(TYPE).next().is_some(),
            from: period(resource).is_some_and(|period| period.get("end").is_some()),
            until: resource.extensions(REOPENING).next().is_some(),
        }
    }
}

/// Where the closing date, then the reopening date stand.
fn places(resource: &Node) -> [&'static str; 2] {
    if rtype(resource) == "HealthcareService" {
        ["HealthcareService.notAvailable", "HealthcareService.notAvailable"]
    } else {
        ["Organization.extension", "Organization.extension"]
    }
}

/// RG_EXP_043: a closing has a type and a date, or neither.
pub(super) fn date_goes_with_type(resource: &Node, findings: &mut Findings) {
    let present = present(resource);
    if present.kind == present.from {
        return;
    }
    let message = if present.kind {
        "Le type de fermeture est donné sans date de fermeture : ajouter la date."
    } else {
        "La date de fermeture est donnée sans type de fermeture : ajouter le type, ou ôter la date."
    };
    findings.broken("RG_EXP_043", "un type et une date de fermeture, ou aucun des deux", || {
        (places(resource)[0].to_owned(), message.to_owned())
    });
}

/// RG_EXP_045: what closes for good has no planned reopening. An announced closing (PRE) may be
/// for a time: it keeps its own.
pub(super) fn only_a_temporary_closing_reopens(resource: &Node, findings: &mut Findings) {
    if present(resource).until && Closing::read(resource).is_definitive() {
        findings.broken("RG_EXP_045", "pas de date de réouverture", || {
            let message = "Une fermeture définitive n'a pas de date de réouverture.";
            (places(resource)[1].to_owned(), message.to_owned())
        });
    }
}

/// RG_EXP_046: what is open again has no planned reopening any more.
pub(super) fn reopening_is_reset(resource: &Node, findings: &mut Findings) {
    let present = present(resource);
    // A date without type breaks RG_EXP_043: once is enough.
    if present.until && !present.kind && !present.from {
        findings.broken("RG_EXP_046", "pas de date de réouverture", || {
            let message = "Rien n'est fermé : la date de réouverture prévisionnelle est à ôter.";
            (places(resource)[1].to_owned(), message.to_owned())
        });
    }
}

/// RG_EXP_044: what closes with a structure: each resource below it, changed, with the same type,
/// date and planned reopening. What was closed for good before stays as it is, and so does what
/// already says the same.
///
/// For the write path, once the caller has seen the list and confirmed it (`domain` §5.2). A
/// closing type that offers do not know (J201) is written on them as for good.
pub fn cascade<'a>(closing: &'a Closing, below: impl IntoIterator<Item = &'a Node>) -> Vec<Node> {
    let changed = below.into_iter().filter_map(|resource| {
        let held = Closing::read(resource);
        let is_offer = rtype(resource) == "HealthcareService";
        let mut wanted = closing.clone();
        if is_offer && closing.is_definitive() {
            wanted.kind = Some(DEFINITIVE.to_owned());
        }
        let is_closed_before = held.is_definitive() && held.from.is_some();
        if is_closed_before || held == wanted {
            return None;
        }
        let mut copy = resource.clone();
        wanted.write(&mut copy);
        Some(copy)
    });
    changed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d14_the_reopening_of_a_structure_is_a_day_of_paris_and_a_month_is_kept() {
        for (until, day) in [
            ("2026-02-13", "2026-02-13"),
            ("2026-02", "2026-02"),
            ("2026-02-12T23:30:00Z", "2026-02-13"),
            ("2026-02-13T08:00:00+01:00", "2026-02-13"),
        ] {
            let mut structure = node!({"resourceType": "Organization"});
            let (kind, from) = (Some(TEMPORARY.to_owned()), Some("2026-01-01".to_owned()));
            Closing { kind, from, until: Some(until.to_owned()) }.write(&mut structure);
            assert_eq!(Closing::read(&structure).until.as_deref(), Some(day), "{until}");
        }
    }
}
