//! What a write makes less secret: a sensitive unit that is one no more, a contact or a telecom
//! that leaves level 3 (D49).

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use ror_confidentiality::{Audience, OfferFacts};
use ror_fhir::Node;
use ror_profiles::rules::sensitive::is_flagged;

macro_rules! guide {
    ($name:literal) => {
        concat!("https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/", $name)
    };
}

const OFFER_CONTACT: &str = guide!("ror-healthcareservice-contact");
const OFFER_TELECOM: &str = guide!("ror-healthcareservice-contact-telecom");
/// Where levels are written, the one that no profile uses included: projections read it too (D24).
const LEVELS: [&str; 4] = [
    guide!("ror-confidentiality-level"),
    guide!("ror-contact-confidentiality-level"),
    guide!("ror-telecom-confidentiality-level"),
    guide!("ror-contact-telecom-confidentiality-level"),
];

/// Whether going from `former` to `next` makes something less secret, for which `declassify` is
/// needed (D49, D81). Raising never does, nor does removing what is secret; but what was removed
/// and comes back lower does: `secrets` are what all versions up to now held of it.
///
/// Who reads everything is judged by what the elements say. Anyone else might be sounding out a
/// number that they do not see: nothing new is opened beside what is secret, whatever it says, so
/// that a refusal tells that there is a secret, never which.
pub(crate) fn lowers(former: &Node, next: &Node, audience: Audience, secrets: Option<&Secrets>) -> bool {
    let reads_all = matches!(audience, Audience::ALL_DATA | Audience::OWNER);
    if unflags(former, next) || (reads_all && opens(&elements(former), &elements(next))) {
        return true;
    }
    let Some(secrets) = secrets else { return false };
    let opened = opened(former, next);
    if reads_all { opened.iter().any(|content| secrets.closed.contains(&digest(content))) } else { !opened.is_empty() }
}

/// What the versions of a resource held of level 3, whatever became of it: kept beside the
/// moment, so that no write reads a history while others wait.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    /// Digests of the contents that are closed, or were when they were removed.
    closed: HashSet<u64>,
}

impl Secrets {
    /// The secrets once a version is written over those `before`; `None` as long as there never
    /// was any.
    pub(crate) fn after(before: Option<&Self>, version: &Node) -> Option<Self> {
        let elements = elements(version);
        if before.is_none() && !elements.iter().any(|element| element.is_closed) {
            return None;
        }
        let mut closed = before.cloned().unwrap_or_default().closed;
        for element in &elements {
            // What was opened since, by someone who might, is a secret no more.
            if element.is_closed {
                closed.insert(digest(&element.content))
            } else {
                closed.remove(&digest(&element.content))
            };
        }
        Some(Self { closed })
    }
}

fn digest(content: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish()
}

/// What is held open more often in `next` than in `former`.
fn opened(former: &Node, next: &Node) -> Vec<String> {
    let (former, next) = (elements(former), elements(next));
    let (before, after) = (counts(&former), counts(&next));
    let is_more = |content: &str, open: usize| open > before.get(content).map_or(0, |(_, open)| *open);
    let opened = after.iter().filter(|(content, (_, open))| is_more(content, *open));
    opened.map(|(content, _)| (*content).to_owned()).collect()
}

/// A unit without flag is hidden like a flagged one: saying that it is ordinary shows it.
fn unflags(former: &Node, next: &Node) -> bool {
    if former.str("resourceType") != Some("HealthcareService") {
        return false;
    }
    let shows = OfferFacts::read(former).sensitive && !OfferFacts::read(next).sensitive;
    shows || (is_flagged(former) == Some(true) && is_flagged(next) != Some(true))
}

/// A contact or a telecom.
struct Element {
    /// What it says, its level aside: the number of a telecom however it is spaced, else all.
    content: String,
    /// Whether it is of level 3, by itself or by its contact.
    is_closed: bool,
}

/// Whether something that only level 3 held is now held lower: known by what it says, wherever
/// it moved, or by its place when nothing was added or removed around it.
fn opens(former: &[Element], next: &[Element]) -> bool {
    let (before, after) = (counts(former), counts(next));
    let is_shown = |content: &str, open: usize| after.get(content).is_some_and(|(_, now_open)| *now_open > open);
    let is_kept = |was: &Element| after.get(was.content.as_str()).is_some_and(|(closed, _)| *closed > 0);
    let mut pairs = former.iter().zip(next);
    before.iter().any(|(content, (closed, open))| *closed > 0 && is_shown(content, *open))
        || (former.len() == next.len() && pairs.any(|(was, is)| was.is_closed && !is.is_closed && !is_kept(was)))
}

/// How often each content is closed, and open.
fn counts(elements: &[Element]) -> HashMap<&str, (usize, usize)> {
    let mut counts: HashMap<&str, (usize, usize)> = HashMap::new();
    for element in elements.iter().filter(|element| !element.content.is_empty()) {
        let (closed, open) = counts.entry(&element.content).or_default();
        *(if element.is_closed { closed } else { open }) += 1;
    }
    counts
}

/// The contacts and telecoms of a resource, in its order.
fn elements(resource: &Node) -> Vec<Element> {
    let mut elements: Vec<Element> = resource.items("telecom").map(|telecom| telecom_of(telecom, false)).collect();
    for contact in resource.items("contact").chain(resource.extensions(OFFER_CONTACT)) {
        let is_closed = is_of_level_3(contact);
        elements.push(Element { content: plain(contact), is_closed });
        let telecoms = contact.items("telecom").chain(contact.extensions(OFFER_TELECOM));
        elements.extend(telecoms.map(|telecom| telecom_of(telecom, is_closed)));
    }
    elements
}

fn telecom_of(telecom: &Node, is_contact_closed: bool) -> Element {
    let of_offer = || telecom.extensions("telecomAddress").find_map(|part| part.str("valueString"));
    let value = telecom.str("value").or_else(of_offer);
    let content = value.map_or_else(|| plain(telecom), |value| format!("telecom {}", bare(value)));
    Element { content, is_closed: is_contact_closed || is_of_level_3(telecom) }
}

/// Level 3 closes under any system (D24).
fn is_of_level_3(element: &Node) -> bool {
    let levels = element.items("extension").filter(|extension| is_level(extension));
    let mut codings = levels.flat_map(|level| level.items("valueCodeableConcept")).flat_map(|it| it.items("coding"));
    codings.any(|coding| coding.str("code") == Some("3"))
}

fn is_level(extension: &Node) -> bool {
    extension.str("url").is_some_and(|url| LEVELS.contains(&url))
}

/// An element without its levels and its telecoms, which are looked at by themselves; empty when
/// it says nothing else.
fn plain(element: &Node) -> String {
    let mut element = element.clone();
    let Some(members) = element.as_object_mut() else { return String::new() };
    members.remove("telecom");
    members.remove("url");
    if let Some(Node::Array(extensions)) = members.get_mut("extension") {
        extensions.retain(|extension| !is_level(extension) && extension.str("url") != Some(OFFER_TELECOM));
    }
    members.retain(|_, value| !value.as_array().is_some_and(<[Node]>::is_empty));
    if members.is_empty() { String::new() } else { element.to_text() }
}

/// A number or an address, however it is spaced and written.
fn bare(value: &str) -> String {
    value.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::needless_pass_by_value, reason = "the resources are written where they are used")]

    use super::*;
    use ror_fhir::node;

    /// By who reads everything, where there was nothing before `former`.
    fn lowers(former: &Node, next: &Node) -> bool {
        super::lowers(former, next, Audience::ALL_DATA, None)
    }

    fn telecom(value: &str, level: &str) -> Node {
        node!({"extension": [{"url": (LEVELS[2]), "valueCodeableConcept": {"coding": [{"code": level}]}}],
            "value": value})
    }

    fn contact(name: &str, level: &str, telecoms: Vec<Node>) -> Node {
        node!({"extension": [{"url": (LEVELS[1]), "valueCodeableConcept": {"coding": [{"code": level}]}}],
            "name": {"text": name}, "telecom": telecoms})
    }

    fn structure(telecoms: Vec<Node>, contacts: Vec<Node>) -> Node {
        node!({"resourceType": "Organization", "telecom": telecoms, "contact": contacts})
    }

    #[test]
    fn d49_a_level_that_leaves_3_is_lowered_wherever_the_element_moved() {
        let former = structure(vec![telecom("0102030405", "3"), telecom("0102030406", "1")], Vec::new());
        let lowered = |telecoms| lowers(&former, &structure(telecoms, Vec::new()));
        assert!(lowered(vec![telecom("0102030405", "2"), telecom("0102030406", "1")]));
        assert!(lowered(vec![telecom("0102030406", "1"), telecom("01 02 03 04 05", "1")]), "moved, and spaced");
        assert!(lowered(vec![node!({"value": "0102030405"})]), "without level it is read as 2");
        assert!(lowered(vec![telecom("0102030407", "2"), telecom("0102030406", "1")]), "another number in its place");
        assert!(lowered(vec![telecom("0102030405", "3"), telecom("0102030405", "1")]), "the same number beside it");
    }

    #[test]
    fn d49_secrets_are_kept_from_version_to_version_until_opened() {
        let numbers = |all: &[(&str, &str)]| {
            structure(all.iter().map(|(value, level)| telecom(value, level)).collect(), Vec::new())
        };
        let lowers = |secrets: &Option<Secrets>, audience, next: &[(&str, &str)]| {
            super::lowers(&numbers(&[]), &numbers(next), audience, secrets.as_ref())
        };
        let professional = Audience::profile(2).expect("a profile");
        let none = Secrets::after(None, &numbers(&[("15", "1")]));
        assert!(none.is_none() && !lowers(&none, professional, &[("18", "1")]), "nothing was secret");
        let held = Secrets::after(None, &numbers(&[("0102", "3")]));
        let removed = Secrets::after(held.as_ref(), &numbers(&[]));
        assert!(lowers(&removed, Audience::ALL_DATA, &[("01 02", "1")]));
        assert!(!lowers(&removed, Audience::ALL_DATA, &[("18", "1")]));
        assert!(lowers(&removed, professional, &[("18", "1")]), "any number, so that a guess tells nothing");
        let opened = Secrets::after(removed.as_ref(), &numbers(&[("0102", "2")]));
        assert!(!lowers(&opened, Audience::ALL_DATA, &[("0102", "1")]), "opened by someone who might");
        assert!(lowers(&opened, professional, &[("18", "1")]));
    }

    #[test]
    fn d49_raising_removing_and_moving_need_no_right() {
        let former = structure(vec![telecom("0102030405", "3"), telecom("0102030406", "1")], Vec::new());
        let lowered = |telecoms| lowers(&former, &structure(telecoms, Vec::new()));
        assert!(!lowered(vec![telecom("0102030405", "3"), telecom("0102030406", "3")]), "raised");
        assert!(!lowered(vec![telecom("0102030406", "1")]), "removed");
        assert!(!lowered(vec![telecom("0102030406", "1"), telecom("0102030405", "3")]), "moved");
        assert!(!lowered(vec![telecom("0102030406", "1"), telecom("0102030405", "3"), telecom("15", "1")]), "added");
    }

    #[test]
    fn d49_a_telecom_is_as_secret_as_its_contact() {
        let held = |level, own| structure(Vec::new(), vec![contact("Cadre de garde", level, vec![telecom("15", own)])]);
        assert!(lowers(&held("3", "1"), &held("2", "1")));
        assert!(lowers(&held("3", "1"), &held("2", "3")), "the name of the contact is shown");
        assert!(!lowers(&held("3", "3"), &held("3", "1")), "its contact still hides it");
        assert!(lowers(&held("2", "3"), &held("2", "2")));
        assert!(!lowers(&held("2", "2"), &held("1", "1")), "only leaving level 3 needs the right");
    }

    #[test]
    fn d49_a_telecom_of_an_offer_is_known_by_its_address() {
        let level = |level: &str| node!({"url": (LEVELS[2]), "valueCodeableConcept": {"coding": [{"code": level}]}});
        let part = |value: &str, own: &str| {
            let address = node!({"url": "telecomAddress", "valueString": value});
            node!({"url": OFFER_TELECOM, "extension": [address, (level(own))]})
        };
        let offer = |parts: Vec<Node>| {
            let flag = node!({"url": (guide!("ror-healthcareservice-sensitive-unit")), "valueBoolean": false});
            node!({"resourceType": "HealthcareService", "extension": [flag, {"url": OFFER_CONTACT, "extension": parts}]})
        };
        let former = offer(vec![part("01 02", "3"), part("03", "1")]);
        assert!(lowers(&former, &offer(vec![part("03", "1"), part("0102", "2"), part("04", "1")])));
        assert!(!lowers(&former, &offer(vec![part("03", "1"), part("0102", "3"), part("04", "1")])));
    }

    #[test]
    fn d49_an_offer_that_is_shown_or_loses_its_flag_is_lowered() {
        let url = guide!("ror-healthcareservice-sensitive-unit");
        let flagged = |flag: bool| node!({"resourceType": "HealthcareService", "extension": [{"url": url, "valueBoolean": flag}]});
        let silent = node!({"resourceType": "HealthcareService"});
        assert!(lowers(&flagged(true), &flagged(false)) && lowers(&flagged(true), &silent));
        assert!(lowers(&silent, &flagged(false)), "a silent unit was hidden");
        assert!(!lowers(&flagged(false), &flagged(true)) && !lowers(&flagged(true), &flagged(true)));
        assert!(!lowers(&silent, &flagged(true)) && !lowers(&flagged(false), &silent));
    }
}
