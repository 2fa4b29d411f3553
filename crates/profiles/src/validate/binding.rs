//! Codes: how they are written (D4, D34), and the value sets they must be of (D33).

use ror_fhir::{DateTime, Instant, Node};
use ror_terminology::{Concept, Membership, Reading, ValueSet, fold};

use super::value::shown;
use super::{Context, Told, Walk};
use crate::finding::{Finding, Severity};
use crate::rule::Rule;
use crate::tables::{Set, Strength};
use crate::work::work;

/// Since when a code is withdrawn, and until when it is taken all the same.
type Respite = (&'static str, &'static str);

/// Codes that D33 takes or refuses whatever their dates (no respite: refused): value set, code.
const DECIDED: &[(&str, &str, Option<Respite>)] = &[
    ("JDV_J190-GenreCapacite-ROR", "03", Some(("2025-08-28", "2027-12-31"))),
    ("JDV_J188-TypeStatutCapacite-ROR", "07", None),
    ("JDV_J188-TypeStatutCapacite-ROR", "08", None),
    ("JDV_J188-TypeStatutCapacite-ROR", "09", None),
];

/// What the finding on codes without label cites.
const UNLABELLED: &str = "D34";

/// A list of so many codes is given whole in a finding; of a longer one, an example.
const CHOICES_MAX: usize = 6;

/// D34 takes the street type as text instead of its code.
const STREET_TYPE: &str = "JDV_J219-TypeVoie-ROR";

/// A list of codes, wherever it is held.
#[derive(Clone, Copy)]
pub(super) enum List<'a> {
    /// In the terminology.
    Nos(&'a ValueSet),
    /// In the guide itself.
    Guide(&'static Set),
}

/// A code as it is read.
struct Code<'a> {
    /// Empty where the element has none: any system of the list will do.
    systems: Vec<&'a str>,
    code: &'a str,
}

/// What a list says of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Taken.
    Member,
    /// The list takes codes of a system that is not held here: nothing can be said.
    Unknown,
    /// Withdrawn on that day, less than twelve months ago, or taken by decision until then.
    Recent(&'static str),
    /// Withdrawn on that day.
    Withdrawn(&'static str),
    /// Never in the list.
    Never,
}

impl<'a> Walk<'a> {
    /// How a coding is written.
    pub(super) fn coding(&mut self, coding: &Node) {
        let Some(code) = coding.str("code") else { return };
        let terminology = self.context.terminology;
        let is_usual = |system: &str| terminology.code_system(system).is_some_and(|held| held.concept(code).is_some());
        if let Some(system) = coding.str("system").filter(|system| !is_usual(system)) {
            let resolved = terminology.resolve_coding(system, code);
            let meant = resolved.systems.first().copied().unwrap_or_default();
            if resolved.warning_due() {
                self.misspelt_system(system, meant);
            }
            let read =
                resolved.systems.iter().filter_map(|system| terminology.code_system(system)).find_map(|system| {
                    let read = system.read_code(code);
                    read.corrected.then_some(read.code)
                });
            if let Some(read) = read.filter(|_| resolved.reading != Reading::Foreign) {
                self.report(self.tolerated(), "code-invalid", ".code", || Told {
                    expected: read.to_owned(),
                    rule: "D4".to_owned(),
                    message: format!("Zéros de tête en trop ou manquants ; le code est lu comme « {read} »."),
                    value: Some(shown(code)),
                });
            }
        }
        self.proposed(coding, code);
        if coding.get("display").is_none() {
            self.unlabelled += 1;
            // One finding for all of them: a hundred would hide the others.
            if self.unlabelled == 1 {
                self.report(self.tolerated(), "required", ".display", || Told {
                    expected: "le libellé du code".to_owned(),
                    rule: UNLABELLED.to_owned(),
                    message: "Le code est donné sans libellé.".to_owned(),
                    value: None,
                });
            }
        }
    }

    /// A code that an entry template proposes is one of its system, where that system is held: a
    /// stray character would make an answer that nothing takes.
    fn proposed(&mut self, coding: &Node, code: &str) {
        if self.frames.last().is_none_or(|frame| frame.owner != "Questionnaire.item.answerOption") {
            return;
        }
        let held = coding.str("system").and_then(|system| self.context.terminology.code_system(system));
        if let Some(system) = held.filter(|system| system.concept(code).is_none()) {
            self.report(Severity::Warning, "code-invalid", ".code", || Told {
                expected: format!("un code de {}", system.heading().id),
                rule: format!("{} en vigueur", system.heading().id),
                message: "Cette réponse proposée a un code que sa nomenclature n'a pas.".to_owned(),
                value: Some(shown(code)),
            });
        }
    }

    /// Says in the one finding how many codes have no label.
    pub(super) fn count_unlabelled(&self, findings: &mut [Finding]) {
        let is_it = |one: &&mut Finding| one.rule == UNLABELLED && one.expression.ends_with(".display");
        if let (Some(finding), count @ 2..) = (findings.iter_mut().find(is_it), self.unlabelled) {
            finding.message = format!("{count} codes sont donnés sans libellé ; voici le premier.");
        }
    }

    /// Whether a coded value names one of the systems of the value set of a slice as they are
    /// usually written: most do, and no address has then to be read.
    pub(super) fn names_system(&self, item: &Node, type_name: &str, slice: &Rule) -> bool {
        let Some(list) = slice.value_set.and_then(|url| self.list(url)) else { return false };
        let takes = |coding: &Node| coding.str("system").is_some_and(|system| list.takes(system));
        match type_name {
            "CodeableConcept" => item.items("coding").any(takes),
            "Coding" => takes(item),
            _ => false,
        }
    }

    /// Whether a coded value draws from one of the systems of the value set of a slice.
    pub(super) fn has_system(&self, item: &Node, type_name: &str, slice: &Rule) -> bool {
        let Some(list) = slice.value_set.and_then(|url| self.list(url)) else { return false };
        let codes = self.codes_of(item, type_name);
        codes.iter().any(|(code, _)| code.systems.iter().any(|system| list.takes(system)))
    }

    /// Whether the value set of a slice holds one of its codes.
    pub(super) fn holds(&self, item: &Node, type_name: &str, slice: &Rule) -> bool {
        let Some(list) = slice.value_set.and_then(|url| self.list(url)) else { return false };
        self.codes_of(item, type_name).iter().any(|(code, _)| self.standing(list, code) == Standing::Member)
    }

    /// Compares a coded value with the value sets of the rules.
    pub(super) fn bound(&mut self, value: &Node, type_name: &str, rules: &[&'static Rule]) {
        for rule in rules {
            let (Some(url), Some(strength)) = (rule.value_set, rule.strength) else { continue };
            if !["CodeableConcept", "Coding", "code", "string", "uri"].contains(&type_name) {
                continue;
            }
            let Some(list) = self.list(url) else { continue };
            if list.holds_plainly(value, type_name) {
                continue;
            }
            let found: Vec<(Standing, String, String)> = self
                .codes_of(value, type_name)
                .iter()
                .map(|(code, suffix)| (self.standing(list, code), suffix.clone(), code.code.to_owned()))
                .collect();
            if found.iter().any(|(standing, ..)| matches!(standing, Standing::Member | Standing::Unknown)) {
                continue;
            }
            let best = found.into_iter().min_by_key(|(standing, ..)| match standing {
                Standing::Recent(_) => 0,
                Standing::Withdrawn(_) => 1,
                _ => 2,
            });
            self.outside(list, strength, best, type_name == "string");
        }
    }

    /// Reports a value none of whose codes is in the list.
    fn outside(&mut self, list: List<'_>, strength: Strength, best: Option<(Standing, String, String)>, is_text: bool) {
        let (label, version) = list.label();
        let rule = version.map_or_else(|| label.to_owned(), |version| format!("{label} version {version}"));
        let Some((standing, suffix, code)) = best else {
            let severity = if strength == Strength::Required { Severity::Error } else { Severity::Warning };
            let expected = self.choices_of(list, severity);
            return self.report(severity, "code-invalid", "", || Told {
                expected,
                message: "Aucun code n'est donné.".to_owned(),
                value: None,
                rule,
            });
        };
        let severity = match (strength, standing) {
            (Strength::Required, Standing::Recent(_)) | (Strength::Extensible, _) => Severity::Warning,
            _ if is_text && label == STREET_TYPE => self.tolerated(),
            _ => Severity::Error,
        };
        let expected = self.choices_of(list, severity);
        self.report(severity, "code-invalid", &suffix, || Told {
            expected,
            message: match standing {
                Standing::Recent(day) | Standing::Withdrawn(day) => {
                    let now = heir(self.context, list, &code);
                    let now =
                        now.map_or(String::new(), |code| format!(" Le code {code} porte aujourd'hui son libellé."));
                    format!("Ce code n'est plus en vigueur depuis le {}.{now}", french_day(day))
                }
                _ => "Ce code n'est pas dans la liste en vigueur.".to_owned(),
            },
            value: Some(shown(&code)),
            rule,
        });
    }

    /// Codes to choose from, in words.
    pub(super) fn choices(&self, url: &'static str, severity: Severity) -> Option<String> {
        Some(self.choices_of(self.list(url)?, severity))
    }

    /// All codes of a short list, one of a long one; nothing for a finding that nobody will read.
    fn choices_of(&self, list: List<'_>, severity: Severity) -> String {
        if !self.findings.has_room(severity) {
            return String::new();
        }
        let (name, _) = list.label();
        let now = self.context.now;
        let mut codes: Vec<String> = match list {
            List::Nos(set) => {
                let open = set.concepts().filter(|(_, concept)| concept.end.is_none() && !concept.is_withdrawn(now));
                open.map(|(_, concept)| told(concept.code, concept.display)).take(CHOICES_MAX + 1).collect()
            }
            List::Guide(set) => {
                let codes = set.includes.iter().flat_map(|(_, codes)| codes);
                codes.map(|code| (*code).to_owned()).take(CHOICES_MAX + 1).collect()
            }
        };
        match codes.len() {
            0 => format!("un code de la liste {name}"),
            1..=CHOICES_MAX => format!("un code de la liste {name} : {}", codes.join(", ")),
            _ => format!("un code de la liste {name}, par exemple {}", codes.swap_remove(0)),
        }
    }

    /// Whether the codes of that value set are known.
    pub(super) fn is_listed(&self, url: &'static str) -> bool {
        self.list(url).is_some()
    }

    /// The value set of that address. Addresses come from the tables, each one text at one
    /// place: looked for once, they are told by that place.
    fn list(&self, url: &'static str) -> Option<List<'a>> {
        let mut known = self.lists.borrow_mut();
        if let Some((_, list)) = known.iter().find(|(other, _)| std::ptr::eq(*other, url)) {
            return *list;
        }
        let nos = self.context.terminology.value_set(url).map(List::Nos);
        let list = nos.or_else(|| self.tables.set(url).map(List::Guide));
        known.push((url, list));
        list
    }

    /// The codes of a value, each with where it stands below it.
    fn codes_of<'v>(&'v self, value: &'v Node, type_name: &str) -> Vec<(Code<'v>, String)> {
        let terminology = self.context.terminology;
        let read = |coding: &'v Node, suffix: String| {
            work(1);
            let code = coding.str("code")?;
            let systems = coding.str("system").map(|system| terminology.resolve_coding(system, code).systems);
            // A coding without system is of none: only plain codes may be of any.
            Some((Code { systems: systems.unwrap_or_else(|| vec![""]), code }, suffix))
        };
        match type_name {
            "CodeableConcept" => {
                let codings = value.items("coding").enumerate();
                codings.filter_map(|(at, coding)| read(coding, format!(".coding[{at}].code"))).collect()
            }
            "Coding" => read(value, ".code".to_owned()).into_iter().collect(),
            _ => value.as_str().map(|code| (Code { systems: Vec::new(), code }, String::new())).into_iter().collect(),
        }
    }

    fn standing(&self, list: List<'_>, code: &Code<'_>) -> Standing {
        let now = self.context.now;
        match list {
            List::Guide(set) => self.standing_in_guide(set, code),
            List::Nos(set) => {
                if let Some((_, _, taken)) = DECIDED.iter().find(|(of, it, _)| *of == set.name() && *it == code.code) {
                    return decided(*taken, now);
                }
                let judge = |system: &str| self.standing_in(set, system, code.code);
                let best = if code.systems.is_empty() {
                    set.systems().map(judge).min_by_key(|standing| rank(*standing))
                } else {
                    code.systems.iter().map(|system| judge(system)).min_by_key(|standing| rank(*standing))
                };
                best.unwrap_or(Standing::Never)
            }
        }
    }

    fn standing_in(&self, set: &ValueSet, system: &str, written: &str) -> Standing {
        let terminology = self.context.terminology;
        let code = terminology.code_system(system).map_or(written, |known| known.read_code(written).code);
        let now = self.context.now;
        match set.membership(system, code) {
            Membership::Member => set.concept(system, code).map_or(Standing::Member, |concept| dated(concept, now)),
            Membership::Unknown => Standing::Unknown,
            // A code that left the list tells when, where its system does.
            Membership::NotMember => {
                let is_of_list = set.systems().any(|other| other == system);
                let concept = terminology.concept(system, code).filter(|_| is_of_list);
                concept.filter(|concept| concept.end.is_some()).map_or(Standing::Never, |concept| dated(concept, now))
            }
        }
    }

    fn standing_in_guide(&self, set: &Set, code: &Code<'_>) -> Standing {
        let of_system =
            set.includes.iter().filter(|(system, _)| code.systems.is_empty() || code.systems.contains(system));
        let standings = of_system.map(|(system, codes)| {
            if codes.is_empty() {
                match self.context.terminology.code_system(system) {
                    Some(held) if held.concept(code.code).is_none() => Standing::Never,
                    Some(_) => Standing::Member,
                    None => Standing::Unknown,
                }
            } else if codes.contains(&code.code) {
                Standing::Member
            } else {
                Standing::Never
            }
        });
        standings.min_by_key(|standing| rank(*standing)).unwrap_or(Standing::Never)
    }
}

impl List<'_> {
    /// Whether one of the codes of a value is in the list, as usually written and with no end: most
    /// are, and nothing more has then to be looked at. A decided code (D33) has more to tell.
    fn holds_plainly(&self, value: &Node, type_name: &str) -> bool {
        let Self::Nos(set) = self else { return false };
        let is_plain = |coding: &Node| {
            let (Some(system), Some(code)) = (coding.str("system"), coding.str("code")) else { return false };
            set.concept(system, code).is_some_and(|concept| concept.end.is_none())
        };
        match type_name {
            "CodeableConcept" => value.items("coding").any(is_plain),
            "Coding" => is_plain(value),
            _ => false,
        }
    }

    /// Whether it draws from that system.
    fn takes(&self, system: &str) -> bool {
        match self {
            Self::Nos(set) => set.systems().any(|other| other == system),
            Self::Guide(set) => set.includes.iter().any(|(other, _)| *other == system),
        }
    }

    /// Its name, and its version as a day.
    fn label(&self) -> (&'static str, Option<String>) {
        match self {
            Self::Nos(set) => (set.name(), set.version().and_then(day)),
            Self::Guide(set) => (set.name, None),
        }
    }
}

/// The code in force that bears the label of a withdrawn one, where just one does. The lists name
/// no successor: a label taken over is all they tell.
fn heir(context: &Context<'_>, list: List<'_>, code: &str) -> Option<&'static str> {
    let List::Nos(set) = list else { return None };
    let held = set.systems().find_map(|system| context.terminology.concept(system, code))?;
    let label = fold(held.display?);
    let is_heir = |concept: &&Concept| {
        concept.code != held.code
            && !concept.is_withdrawn(context.now)
            && concept.display.is_some_and(|it| fold(it) == label)
    };
    let mut heirs = set.concepts().map(|(_, concept)| concept).filter(is_heir);
    heirs.next().filter(|_| heirs.next().is_none()).map(|concept| concept.code)
}

/// `03 (Ville)`.
fn told(code: &str, label: Option<&str>) -> String {
    label.map_or_else(|| code.to_owned(), |label| format!("{code} ({label})"))
}

/// `30/03/2026` of `2026-03-30`.
fn french_day(day: &str) -> String {
    let mut parts: Vec<&str> = day.split('-').collect();
    parts.reverse();
    parts.join("/")
}

/// `2026-03-30` of `20260330120000`.
fn day(version: &'static str) -> Option<String> {
    Some(format!("{}-{}-{}", version.get(..4)?, version.get(4..6)?, version.get(6..8)?))
}

fn rank(standing: Standing) -> u8 {
    match standing {
        Standing::Member => 0,
        Standing::Unknown => 1,
        Standing::Recent(_) => 2,
        Standing::Withdrawn(_) => 3,
        Standing::Never => 4,
    }
}

/// D33: taken with a warning for twelve months after its last day.
fn dated(concept: &Concept, now: Instant) -> Standing {
    let Some(end) = concept.end else { return Standing::Member };
    match (concept.withdrawn_since(), a_year_after(end)) {
        (Some(since), _) if now < since => Standing::Member,
        (Some(_), Some(last)) if now < last => Standing::Recent(end),
        _ => Standing::Withdrawn(end),
    }
}

/// D33: taken until the end of a day, or refused at all times.
fn decided(taken: Option<Respite>, now: Instant) -> Standing {
    match taken {
        Some((since, until)) if DateTime::parse(until).is_ok_and(|last| now < last.end) => Standing::Recent(since),
        Some((since, _)) => Standing::Withdrawn(since),
        None => Standing::Never,
    }
}

fn a_year_after(day: &str) -> Option<Instant> {
    let (year, rest) = day.split_once('-')?;
    let next = year.parse::<u32>().ok()? + 1;
    // The 29th of February has no anniversary: the 1st of March.
    let same_day = DateTime::parse(&format!("{next}-{rest}")).or_else(|_| DateTime::parse(&format!("{next}-03-01")));
    same_day.ok().map(|date| date.start)
}
