//! The matrix: every access rule × audience × {sensitive or not} × {médico-social, ville, other}
//! × every way of asking, over HTTP, against what the published rules say.
//!
//! A word found nowhere else is planted in each element. What each audience must get is worked
//! out from `data/access-rules.json` and the words a family of resources makes true; neither the
//! policy table nor `project()` is asked. An address, a search parameter or a rule without a row
//! fails the test. The owner reads nothing over HTTP: they are asked of the view.

mod asked;
mod endpoints;
mod expected;
mod families;
mod probes;

use std::collections::{BTreeSet, HashMap};

use expected::Rules;
use families::Held;
use probes::{Planted, Probe};
use ror_search::{Registry, ResourceType};
use ror_testkit::World;

/// All that is held, with what each audience must see of it.
pub(crate) struct Matrix {
    pub(crate) rules: Rules,
    pub(crate) held: Vec<Held>,
    pub(crate) world: World,
    probes: Vec<Probe>,
    /// Where each word stands: which resource, which probe.
    words: HashMap<String, (usize, usize)>,
}

impl Matrix {
    fn new() -> Self {
        let (held, probes, words) = (families::all(), probes::all(), HashMap::new());
        let mut matrix = Self { rules: Rules::read(), held, world: World::new(), probes, words };
        matrix.words = matrix.found_by_word();
        let planted: Vec<_> = matrix
            .held
            .iter()
            .map(|held| {
                let mut resource = held.resource();
                matrix.planted_in(held).iter().for_each(|planted| planted.probe.plant(&mut resource, &planted.word));
                resource
            })
            .collect();
        matrix.world.impose(0, 1);
        matrix.world.load(planted);
        matrix
    }

    /// The probes of one resource.
    pub(crate) fn planted_in(&self, held: &Held) -> Vec<Planted<'_>> {
        let here = self.probes.iter().enumerate().filter(|(_, probe)| probe.kind == held.kind);
        here.map(|(at, probe)| Planted { probe, held: *held, word: word(at, probe, held) }).collect()
    }

    /// All probes of all resources.
    pub(crate) fn planted(&self) -> Vec<Planted<'_>> {
        self.held.iter().flat_map(|held| self.planted_in(held)).collect()
    }

    /// What planted this word.
    pub(crate) fn planted_as(&self, word: &str) -> Option<Planted<'_>> {
        let (held, probe) = self.words.get(word)?;
        Some(Planted { probe: &self.probes[*probe], held: self.held[*held], word: word.to_owned() })
    }

    fn found_by_word(&self) -> HashMap<String, (usize, usize)> {
        let mut words = HashMap::new();
        for (at, held) in self.held.iter().enumerate() {
            for (number, probe) in self.probes.iter().enumerate().filter(|(_, probe)| probe.kind == held.kind) {
                words.insert(word(number, probe, held), (at, number));
            }
        }
        words
    }

    pub(crate) fn is_seen(&self, held: &Held, audience: usize) -> bool {
        probes::is_seen(&self.rules, held, audience)
    }

    /// What an audience sees of a type, by id.
    pub(crate) fn seen(&self, rtype: ResourceType, audience: usize) -> Vec<Held> {
        let mut seen: Vec<Held> = self
            .held
            .iter()
            .filter(|held| held.kind.rtype() == rtype && self.is_seen(held, audience))
            .copied()
            .collect();
        seen.sort_by_key(Held::id);
        seen
    }
}

/// How every planted word begins and ends; no name of a family holds either.
const WORD_START: &str = "zq";
const WORD_END: char = 'z';

/// Found nowhere else, and no part of another; for a position, a latitude far from the others.
fn word(at: usize, probe: &Probe, held: &Held) -> String {
    let family = families::FAMILIES.iter().position(|family| family.name == held.family.name).expect("a family");
    if probe.top == "position" {
        format!("{}.7311", 30 + family)
    } else {
        format!("{WORD_START}{}{}{at:03}{WORD_END}", held.family.name, held.offer)
    }
}

/// Each way of asking on its own, so that a fault says where it is.
#[test]
fn every_path_shows_what_the_rules_say_and_nothing_else() {
    let matrix = Matrix::new();
    let mut cells = 0;
    let mut deviations = Vec::new();
    let asked = asked::all(&matrix);
    let names: Vec<&str> = asked.iter().map(|(path, ..)| *path).collect();
    assert_eq!(
        names,
        [
            "read",
            "_elements",
            "filter",
            "total",
            "sort",
            "page",
            "_include",
            "_revinclude",
            "chained",
            "$validate",
            "$export",
            "suggestion",
            "owner"
        ]
    );
    for (path, checked, found) in asked {
        assert!(checked > 100, "{path}: {checked} cells only");
        cells += checked;
        deviations.extend(found.into_iter().map(|deviation| format!("{path}: {deviation}")));
    }
    assert!(
        deviations.is_empty(),
        "{} of {cells} cells: {:#?}",
        deviations.len(),
        &deviations[..deviations.len().min(20)]
    );
    assert!(cells > 100_000, "{cells} cells");
}

#[test]
fn a_word_shown_to_whom_it_is_hidden_from_is_a_deviation() {
    asked::a_leak_is_told(&Matrix::new());
}

#[test]
fn every_rule_of_the_model_and_of_the_table_has_a_probe() {
    let rules: BTreeSet<String> = Rules::read().ids().into_iter().collect();
    let probed: BTreeSet<String> = probes::all().iter().flat_map(Probe::rules).map(str::to_owned).collect();
    assert_eq!(probed, rules);
    let table = include_str!("../../../confidentiality/data/rules.toml");
    let ids = table.lines().filter_map(|line| line.strip_prefix("id = \"")?.strip_suffix('"'));
    assert_eq!(ids.map(str::to_owned).collect::<BTreeSet<_>>(), rules);
}

#[test]
fn every_search_parameter_has_a_row() {
    let probes = probes::all();
    for rtype in ResourceType::ALL {
        for parameter in Registry::embedded().of(rtype) {
            let is_probed = |probe: &Probe| probe.kind.rtype() == rtype && probe.parameter == Some(&*parameter.name);
            let is_reference = |held: &Held| {
                held.kind.rtype() == rtype && held.references().iter().any(|(name, _)| *name == &*parameter.name)
            };
            let has_row = asked::FIXED.iter().any(|(known, name, _)| (*known, *name) == (rtype, &*parameter.name))
                || asked::OF_ALL.contains(&&*parameter.name)
                || asked::BY_ORACLE.contains(&&*parameter.name)
                || probes.iter().any(is_probed)
                || families::all().iter().any(is_reference);
            assert!(has_row, "{rtype}.{} is asked by no row of the matrix", parameter.name);
        }
    }
}

#[test]
fn every_address_has_a_row_that_holds() {
    let rows: BTreeSet<String> = endpoints::ROWS.iter().map(|(address, _)| (*address).to_owned()).collect();
    assert_eq!(ror_api::endpoints().collect::<BTreeSet<_>>(), rows, "an address without row, or a row without address");
    let matrix = Matrix::new();
    let asked = endpoints::Asked::new(&matrix);
    for (address, check) in endpoints::ROWS {
        check(&asked, address);
    }
}
