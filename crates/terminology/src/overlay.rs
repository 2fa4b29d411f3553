//! Newer lists over those of the program, read from FHIR resources.

use ror_fhir::Node;

use crate::concept::{Concept, Concepts};
use crate::{CodeSystem, Content, Heading, Include, Status, Terminology, ValueSet};

/// Lists that replace those of the same address, or stand beside them.
///
/// Their texts live as long as the process: they are loaded once, at its start.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    systems: Vec<CodeSystem>,
    sets: Vec<NewSet>,
}

/// A value set whose codes are not yet joined with their systems.
#[derive(Clone, Debug)]
struct NewSet {
    heading: Heading,
    status: Status,
    /// System, and the codes taken; none for the whole of it.
    includes: Vec<(&'static str, Vec<Concept>)>,
    uses: Vec<&'static str>,
}

/// A list that cannot be taken, in French.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{list} : {reason}")]
pub struct OverlayError {
    /// Its address, or its id when it has none.
    pub list: String,
    /// What is wrong.
    pub reason: &'static str,
}

type Reading<T> = Result<T, &'static str>;

impl Overlay {
    /// Adds a CodeSystem or a ValueSet; other types are left aside. A second list of the same
    /// address replaces the first.
    ///
    /// # Errors
    /// [`OverlayError`] for a list that says what is not understood here: nothing of it is kept.
    pub fn add(&mut self, resource: &Node) -> Result<(), OverlayError> {
        let done = match resource.str("resourceType") {
            Some("CodeSystem") => code_system(resource).map(|new| {
                self.systems.retain(|old| old.heading.url != new.heading.url);
                self.systems.push(new);
            }),
            Some("ValueSet") => value_set(resource).map(|new| {
                self.sets.retain(|old| old.heading.url != new.heading.url);
                self.sets.push(new);
            }),
            _ => Ok(()),
        };
        let list = || resource.str("url").or_else(|| resource.str("id")).unwrap_or("liste sans adresse").to_owned();
        done.map_err(|reason| OverlayError { list: list(), reason })
    }

    /// Whether it holds no list.
    pub fn is_empty(&self) -> bool {
        self.systems.is_empty() && self.sets.is_empty()
    }

    /// Canonical addresses of its lists.
    pub fn urls(&self) -> impl Iterator<Item = &'static str> {
        let systems = self.systems.iter().map(|system| system.heading.url);
        systems.chain(self.sets.iter().map(|set| set.heading.url))
    }
}

impl Terminology {
    /// These lists with those of the overlay in the place of, or beside, their own.
    ///
    /// # Errors
    /// [`OverlayError`] when a value set takes from a list that is held nowhere, or a code twice.
    pub fn with(&self, overlay: &Overlay) -> Result<Self, OverlayError> {
        let mut systems = self.systems.clone();
        for new in &overlay.systems {
            match systems.iter_mut().find(|old| is_of(old, new.heading.url)) {
                // Its id and its other names stay: clients know them.
                Some(old) => {
                    old.heading.version = new.heading.version;
                    old.content = new.content;
                    old.concepts = new.concepts.clone();
                }
                None => systems.push(new.clone()),
            }
        }
        let mut sets = self.value_sets.clone();
        for new in &overlay.sets {
            let fault = |reason| OverlayError { list: new.heading.url.to_owned(), reason };
            let includes = new.includes.iter().map(|(system, codes)| joined(&mut systems, system, codes));
            let includes = includes.collect::<Reading<Vec<_>>>().map_err(fault)?;
            let (status, uses) = (new.status, new.uses.clone());
            match sets.iter_mut().find(|old| old.heading.url == new.heading.url) {
                Some(old) => {
                    let heading = Heading { version: new.heading.version, ..old.heading };
                    *old = ValueSet { heading, status, includes, uses };
                }
                None => sets.push(ValueSet { heading: new.heading, status, includes, uses }),
            }
        }
        refresh(&systems, &mut sets);
        unite(&mut sets)?;
        Ok(Self::indexed(systems, sets, self.associations.clone()))
    }
}

fn is_of(system: &CodeSystem, url: &str) -> bool {
    system.heading.url == url || system.alias == Some(url)
}

/// What a value set takes from a system. A system known by its value sets only learns their codes.
fn joined(systems: &mut Vec<CodeSystem>, url: &'static str, codes: &[Concept]) -> Reading<Include> {
    let at = systems.iter().position(|system| is_of(system, url)).unwrap_or_else(|| {
        let heading = Heading { url, ..heading_of_address(url) };
        systems.push(CodeSystem { heading, content: Content::Fragment, alias: None, concepts: Concepts::default() });
        systems.len() - 1
    });
    let system = &mut systems[at];
    if system.content != Content::Complete && !codes.is_empty() {
        let mut all = system.concepts.as_slice().to_vec();
        for code in codes {
            match all.iter_mut().find(|known| known.code == code.code) {
                Some(known) => known.display = code.display.or(known.display),
                None => all.push(*code),
            }
        }
        system.concepts = Concepts::new(all).map_err(|_| TWICE)?;
        if system.content == Content::NotPresent {
            system.content = Content::Fragment;
        }
    }
    let (whole, system) = (codes.is_empty(), &systems[at]);
    let concepts = match (whole, system.content) {
        (true, Content::Complete) => system.concepts.clone(),
        // A part would pass for the whole.
        (true, Content::Fragment | Content::NotPresent) => Concepts::default(),
        (false, _) => {
            let known = |code: &Concept| match system.concept(code.code) {
                Some(known) => Concept { display: code.display.or(known.display), ..*known },
                None => *code,
            };
            Concepts::new(codes.iter().map(known).collect()).map_err(|_| TWICE)?
        }
    };
    Ok(Include { system: system.heading.url, alias: system.alias, whole, concepts })
}

const TWICE: &str = "un code y figure deux fois";

/// Labels and days of the systems, as value sets show them.
fn refresh(systems: &[CodeSystem], sets: &mut [ValueSet]) {
    for include in sets.iter_mut().filter(|set| set.uses.is_empty()).flat_map(|set| &mut set.includes) {
        let Some(system) = systems.iter().find(|system| is_of(system, include.system)) else { continue };
        if include.whole && system.content == Content::Complete {
            include.concepts = system.concepts.clone();
            continue;
        }
        let shown = include.concepts.as_slice().iter();
        let shown = shown.map(|code| match system.concept(code.code) {
            Some(known) => Concept { display: known.display.or(code.display), ..*known },
            None => *code,
        });
        // The same codes as before: none stands twice.
        if let Ok(concepts) = Concepts::new(shown.collect()) {
            include.concepts = concepts;
        }
    }
}

/// Value sets made of others hold what those hold now.
fn unite(sets: &mut [ValueSet]) -> Result<(), OverlayError> {
    for at in 0..sets.len() {
        let mut includes = Vec::new();
        for url in &sets[at].uses {
            let used = sets.iter().find(|set| set.heading.url == *url || set.heading.title == *url);
            let used = used.ok_or_else(|| OverlayError {
                list: sets[at].heading.url.to_owned(),
                reason: "elle reprend un jeu de valeurs qui n'est détenu nulle part",
            })?;
            includes.extend(used.includes.iter().cloned());
        }
        if !sets[at].uses.is_empty() {
            sets[at].includes = includes;
        }
    }
    Ok(())
}

/// Reads a CodeSystem, nested codes included.
fn code_system(resource: &Node) -> Reading<CodeSystem> {
    let content = match resource.str("content") {
        Some("complete") => Content::Complete,
        Some("fragment") => Content::Fragment,
        Some("not-present") => Content::NotPresent,
        _ => return Err("contenu attendu : complete, fragment ou not-present"),
    };
    let mut all = Vec::new();
    concepts(resource, &mut all)?;
    let concepts = Concepts::new(all).map_err(|_| TWICE)?;
    Ok(CodeSystem { heading: heading(resource)?, content, alias: None, concepts })
}

/// Depth is that of the parsed tree, which its parser bounds.
fn concepts(node: &Node, all: &mut Vec<Concept>) -> Reading<()> {
    for one in node.items("concept") {
        let mut concept = concept(one)?;
        for property in one.items("property") {
            let day = property.str("valueDateTime").and_then(|day| day.get(..10)).map(keep);
            match property.str("code") {
                Some("dateValid") => concept.start = day,
                Some("dateFin" | "deprecationDate" | "retirementDate") => concept.end = day,
                _ => {}
            }
        }
        all.push(concept);
        concepts(one, all)?;
    }
    Ok(())
}

fn concept(node: &Node) -> Reading<Concept> {
    let code = node.str("code").filter(|code| !code.is_empty()).ok_or("un concept y est sans code")?;
    Ok(Concept { code: keep(code), display: node.str("display").map(keep), start: None, end: None })
}

/// Reads a ValueSet that lists its codes.
fn value_set(resource: &Node) -> Reading<NewSet> {
    let compose = resource.get("compose").ok_or("un jeu de valeurs sans « compose » n'est pas pris en charge")?;
    if compose.get("exclude").is_some() {
        return Err("les exclusions (compose.exclude) ne sont pas prises en charge");
    }
    let (mut includes, mut uses) = (Vec::new(), Vec::new());
    for include in compose.items("include") {
        if include.get("filter").is_some() {
            return Err("les filtres (compose.include.filter) ne sont pas pris en charge");
        }
        let used = include.items("valueSet").filter_map(Node::as_str);
        uses.extend(used.map(|url| keep(url.split('|').next().unwrap_or(url))));
        if let Some(system) = include.str("system") {
            includes.push((keep(system), include.items("concept").map(concept).collect::<Reading<Vec<_>>>()?));
        }
    }
    match (includes.is_empty(), uses.is_empty()) {
        (true, true) => Err("aucun système ni jeu de valeurs n'y est repris"),
        (false, false) => Err("reprendre à la fois des codes et des jeux de valeurs n'est pas pris en charge"),
        _ => Ok(NewSet { heading: heading(resource)?, status: status(resource), includes, uses }),
    }
}

fn status(resource: &Node) -> Status {
    match resource.str("status") {
        Some("active") => Status::Active,
        Some("retired") => Status::Retired,
        _ => Status::Unknown,
    }
}

fn heading(resource: &Node) -> Reading<Heading> {
    let url =
        resource.str("url").filter(|url| !url.is_empty()).ok_or("une liste sans adresse (url) n'est pas prise")?;
    let url = keep(url);
    let plain = heading_of_address(url);
    let id = resource.str("id").filter(|id| ror_fhir::is_logical_id(id)).map_or(plain.id, keep);
    Ok(Heading {
        id,
        name: resource.str("name").map_or(plain.name, keep),
        title: resource.str("title").map_or(plain.title, keep),
        url,
        oid: None,
        version: resource.str("version").map(keep),
        source: None,
    })
}

/// Names for a list known by its address only: the end of it.
fn heading_of_address(url: &'static str) -> Heading {
    let last = url.rsplit(['/', ':']).next().unwrap_or(url);
    Heading { id: last, name: last, title: last, url, oid: None, version: None, source: None }
}

/// Kept for the life of the process, as the texts of the program are.
fn keep(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

#[cfg(test)]
mod tests {
    use ror_fhir::node;

    use super::*;

    const J17: &str =
        "https://mos.esante.gouv.fr/NOS/JDV_J17-ActiviteOperationnelle-ROR/FHIR/JDV-J17-ActiviteOperationnelle-ROR";
    const R227: &str = "https://mos.esante.gouv.fr/NOS/TRE_R227-ChampActivite/FHIR/TRE-R227-ChampActivite";

    fn overlay(resources: &[Node]) -> Overlay {
        let mut overlay = Overlay::default();
        for one in resources {
            overlay.add(one).expect("a list");
        }
        overlay
    }

    /// A list that the program holds, as a package would bring it.
    fn changed(url: &str, change: impl Fn(&mut Vec<Node>)) -> Node {
        let old = Terminology::of_program();
        let set = old.value_set(url).expect("held");
        let mut codes: Vec<Node> =
            set.concepts().map(|(_, one)| node!({"code": (one.code), "display": (one.display)})).collect();
        change(&mut codes);
        let system = set.systems().next().expect("a system");
        node!({"resourceType": "ValueSet", "url": url, "version": "29990101000000", "status": "active",
            "compose": {"include": [{"system": system, "concept": codes}]}})
    }

    #[test]
    fn a_newer_value_set_adds_renames_and_closes() {
        let old = Terminology::of_program();
        let (system, gone) = old.value_set(J17).and_then(|set| set.concepts().next()).expect("a code");
        let newer = changed(J17, |codes| {
            codes.remove(0);
            codes[0] = node!({"code": (codes[0].str("code")), "display": "Autre libellé"});
            codes.push(node!({"code": "9999", "display": "Activité nouvelle"}));
        });
        let new = old.with(&overlay(&[newer])).expect("lists");
        let set = new.value_set(J17).expect("still there");
        assert_eq!(set.version(), Some("29990101000000"));
        assert!(!set.contains(system, gone.code) && set.contains(system, "9999"));
        assert_eq!(new.display(system, "9999"), Some("Activité nouvelle"), "its system learns it");
        assert_eq!(set.heading().id, "JDV-J17-ActiviteOperationnelle-ROR");
        let changes = old.changes(&new, [J17]);
        let [change] = changes.as_slice() else { panic!("{changes:?}") };
        assert_eq!((change.added.len(), change.renamed.len(), change.closed.len()), (1, 1, 1));
        assert_eq!(change.closed[0].code, gone.code);
        assert!(old.changes(&old.with(&Overlay::default()).expect("lists"), [J17]).is_empty());
    }

    #[test]
    fn a_newer_system_shows_in_the_value_sets_that_take_it() {
        let old = Terminology::of_program();
        let system = node!({"resourceType": "CodeSystem", "url": R227, "content": "complete", "concept": [
            {"code": "01", "display": "MCO renommé"},
            {"code": "02", "display": "SMR", "property": [{"code": "dateFin", "valueDateTime": "2026-09-28T00:00:00Z"}]}
        ]});
        let new = old.with(&overlay(&[system])).expect("lists");
        let set = new.value_set("JDV_J20-ChampActivite-ROR").expect("held");
        assert_eq!(set.concept(R227, "01").and_then(|one| one.display), Some("MCO renommé"));
        assert_eq!(set.concept(R227, "02").and_then(|one| one.end), Some("2026-09-28"));
        let [change] = &old.changes(&new, [R227])[..] else { panic!("one list changes") };
        assert!(change.closed.iter().any(|one| one.code == "02"), "withdrawn is closed");
    }

    #[test]
    fn what_is_not_understood_is_refused_whole() {
        let cases = [
            node!({"resourceType": "CodeSystem", "content": "complete"}),
            node!({"resourceType": "CodeSystem", "url": "http://a", "content": "supplement"}),
            node!({"resourceType": "CodeSystem", "url": "http://a", "content": "complete", "concept": [{"code": "1"}, {"code": "1"}]}),
            node!({"resourceType": "ValueSet", "url": "http://a"}),
            node!({"resourceType": "ValueSet", "url": "http://a", "compose": {"include": [{"system": "http://b", "filter": [{}]}]}}),
            node!({"resourceType": "ValueSet", "url": "http://a", "compose": {"include": [{"system": "http://b"}], "exclude": [{}]}}),
        ];
        for case in cases {
            let mut overlay = Overlay::default();
            assert!(overlay.add(&case).is_err(), "{case:?}");
            assert!(overlay.is_empty());
        }
        let union = node!({"resourceType": "ValueSet", "url": "http://a", "compose": {"include": [{"valueSet": ["http://nulle.part"]}]}});
        assert!(Terminology::of_program().with(&overlay(&[union])).is_err());
    }
}
