//! The access matrix over pages: every attribute that the policy hides from the public gets a
//! mark of its own, and no page, suggestion or header shows one.
//!
//! The attributes are those of the policy's own tables. One that no rule ever opens to the
//! public, or that is level 2, is planted in resources the public reads; all of them are planted
//! in resources that do not exist for the public: sensitive offers and what hangs on them alone.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use ror_confidentiality::Grant;
use ror_directory::ImportItem;
use ror_fhir::Node;
use ror_identity::people::Persona;
use ror_search::{Query, ResourceType, ResultParameters};
use serde_json::{Value, json};

use crate::common::{NOW, Reply, World, territory};
use crate::people::sign_in;

const ELEMENTS: &str = include_str!("../../../confidentiality/data/elements.toml");
const RULES: &str = include_str!("../../../confidentiality/data/rules.toml");
const LEVELS: &str =
    "https://mos.esante.gouv.fr/NOS/TRE_R283-NiveauConfidentialite/FHIR/TRE-R283-NiveauConfidentialite";
const SENSITIVE: &str = "ror-healthcareservice-sensitive-unit";
/// Visible resources of each type that are planted.
const PLANTED_EACH: usize = 25;
/// How the marks of what is hidden begin, and those of what is public; six digits follow.
const HIDDEN: &str = "zqzmarque";
const PUBLIC: &str = "zqzpublic";
/// Elements that are not lists, of those that the tables name.
const SINGLE: [&str; 9] = [
    "Organization.name",
    "HealthcareService.name",
    "HealthcareService.comment",
    "Location.name",
    "Location.description",
    "Location.address",
    "Location.position",
    "HealthcareService.providedBy",
    "Location.operationalStatus",
];

/// One line of the table.
struct Row {
    rtype: String,
    path: String,
    extension: Option<String>,
    kind: String,
    system: Option<String>,
    /// Address of the extension that tells its level.
    level: Option<String>,
    /// No condition opens it to the public.
    is_never: bool,
}

impl Row {
    fn name(&self) -> String {
        format!("{} {}", self.path, self.extension.as_deref().unwrap_or_default())
    }
}

/// The lines of the policy in which a text can be planted.
fn rows() -> Vec<Row> {
    let rules: toml::Table = RULES.parse().expect("the rules");
    let never: HashSet<&str> = rules["rules"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|rule| rule["profiles"]["0"].as_array().is_some_and(Vec::is_empty))
        .filter_map(|rule| rule["id"].as_str())
        .collect();
    let elements: toml::Table = ELEMENTS.parse().expect("the elements");
    let mut rows = Vec::new();
    for resource in elements["resources"].as_array().expect("a list") {
        let text = |value: &toml::Value, key: &str| value.get(key).and_then(toml::Value::as_str).map(str::to_owned);
        let mut ruled: BTreeMap<String, String> = BTreeMap::new();
        for element in resource["elements"].as_array().expect("a list") {
            let path = text(element, "path").expect("a path");
            let extension = text(element, "extension");
            // Without a rule of its own, that of what holds it: lines are in order of paths.
            let above =
                ruled.iter().rev().find(|(held, _)| path.starts_with(held.as_str())).map(|(_, rule)| rule.clone());
            let rule = text(element, "rule").or(above).or_else(|| text(resource, "rule")).unwrap_or_default();
            if extension.is_none() && element.get("rule").is_some() && element.get("systems").is_none() {
                ruled.insert(path.clone(), rule.clone());
            }
            let systems = element.get("systems").and_then(toml::Value::as_array);
            rows.push(Row {
                rtype: text(resource, "type").expect("a type"),
                kind: text(element, "type").unwrap_or_else(|| "extension".to_owned()),
                system: systems.and_then(|list| list.first()?.as_str().map(str::to_owned)),
                level: text(element, "level"),
                is_never: never.contains(rule.as_str()),
                path,
                extension,
            });
        }
    }
    rows
}

/// Plants marks, and remembers where.
struct Planter {
    start: &'static str,
    planted: Vec<String>,
    /// Sub-extensions by address.
    parts: HashMap<String, Vec<String>>,
}

impl Planter {
    fn new(start: &'static str) -> Self {
        let elements: toml::Table = ELEMENTS.parse().expect("the elements");
        let url = |value: &toml::Value| value["url"].as_str().expect("an address").to_owned();
        let parts = |extension: &toml::Value| extension["parts"].as_array().expect("parts").iter().map(url).collect();
        let list = elements["extensions"].as_array().expect("a list");
        Self { start, planted: Vec::new(), parts: list.iter().map(|one| (url(one), parts(one))).collect() }
    }

    fn mark(&mut self, row: &str) -> String {
        self.planted.push(row.to_owned());
        format!("{}{:06}", self.start, self.planted.len() - 1)
    }

    /// What a mark stands for.
    fn row(&self, mark: &str) -> &str {
        mark.parse::<usize>().ok().and_then(|at| self.planted.get(at)).map_or("?", String::as_str)
    }

    /// Puts a mark where the line says; nothing for what holds no text.
    fn plant(&mut self, resource: &mut Value, row: &Row, level: Option<&str>) {
        let Some(value) = self.value(row, level) else { return };
        let steps: Vec<&str> = row.path.split('.').skip(1).collect();
        if let Some(url) = &row.extension {
            debug_assert_eq!(value["url"], url.as_str());
            if let Some(holder) = holder(resource, &row.rtype, &steps, true) {
                push(holder, "extension", value);
            }
            return;
        }
        let Some((last, above)) = steps.split_last() else { return };
        if let Some(holder) = holder(resource, &row.rtype, above, false) {
            if SINGLE.contains(&row.path.as_str())
                || (value.is_string() && !matches!(*last, "line" | "alias" | "given" | "prefix" | "suffix"))
            {
                holder.insert((*last).to_owned(), value);
            } else {
                push(holder, last, value);
            }
        }
    }

    fn value(&mut self, row: &Row, level: Option<&str>) -> Option<Value> {
        let name = row.name();
        let mut value = match row.kind.as_str() {
            "extension" => {
                let url = row.extension.clone()?;
                self.extension(&url, &name)
            }
            "string" => return Some(json!(self.mark(&name))),
            "CodeableConcept" => {
                let system = row.system.as_deref().unwrap_or("urn:essai");
                json!({"coding": [{"system": system, "code": self.mark(&name), "display": self.mark(&name)}], "text": self.mark(&name)})
            }
            "Coding" => json!({"system": "urn:essai", "code": self.mark(&name), "display": self.mark(&name)}),
            "Identifier" => json!({"system": "urn:essai", "value": self.mark(&name)}),
            "ContactPoint" => json!({"system": "email", "value": format!("{}@exemple.fr", self.mark(&name))}),
            "HumanName" => json!({"family": self.mark(&name), "text": self.mark(&name)}),
            "Address" => json!({"line": [self.mark(&name)], "district": self.mark(&name), "city": self.mark(&name)}),
            // A contact is made with its members, so that its level counts.
            "BackboneElement" if row.level.is_some() => json!({
                "name": {"text": self.mark(&name)},
                "purpose": {"text": self.mark(&name)},
                "telecom": [{"system": "email", "value": format!("{}@exemple.fr", self.mark(&name))}]
            }),
            _ => return None,
        };
        if let (Some(level), Some(url)) = (level, &row.level) {
            let told = json!({"url": url, "valueCodeableConcept": {"coding": [{"system": LEVELS, "code": level}]}});
            let object = value.as_object_mut()?;
            push(object, "extension", told);
        }
        Some(value)
    }

    fn extension(&mut self, url: &str, name: &str) -> Value {
        match self.parts.get(url).cloned() {
            Some(parts) => {
                // A level planted as a text would be no level.
                let parts = parts.iter().filter(|part| !part.contains("confidentiality-level"));
                let list: Vec<Value> = parts.map(|part| self.extension(part, name)).collect();
                json!({"url": url, "extension": list})
            }
            None if url == "name" => {
                json!({"url": url, "valueHumanName": {"text": self.mark(name), "family": self.mark(name)}})
            }
            None if url == "telecomAddress" => {
                json!({"url": url, "valueString": format!("{}@exemple.fr", self.mark(name))})
            }
            None if url.ends_with("comment") || url.ends_with("escription") || url.ends_with("usage") => {
                json!({"url": url, "valueString": self.mark(name)})
            }
            None => {
                let coding = json!({"system": "urn:essai", "code": self.mark(name), "display": self.mark(name)});
                json!({"url": url, "valueCodeableConcept": {"coding": [coding], "text": self.mark(name)}})
            }
        }
    }
}

/// The object at `steps`, made on the way; for an extension of a text, what stands beside it.
fn holder<'a>(
    resource: &'a mut Value,
    rtype: &str,
    steps: &[&str],
    is_extension: bool,
) -> Option<&'a mut serde_json::Map<String, Value>> {
    let mut at = resource;
    let mut path = rtype.to_owned();
    for (depth, step) in steps.iter().enumerate() {
        path = format!("{path}.{step}");
        let is_text =
            is_extension && depth + 1 == steps.len() && matches!(*step, "line" | "name") && path != "Practitioner.name";
        let key = if is_text && !path.ends_with("contact.name") { format!("_{step}") } else { (*step).to_owned() };
        let is_list =
            if is_text { *step == "line" } else { !SINGLE.contains(&path.as_str()) && !path.ends_with("contact.name") };
        let object = at.as_object_mut()?;
        let member = object.entry(key).or_insert_with(|| if is_list { json!([]) } else { json!({}) });
        at = match member {
            Value::Array(list) => {
                if !list.last().is_some_and(Value::is_object) {
                    list.push(json!({}));
                }
                list.last_mut()?
            }
            other => other,
        };
    }
    at.as_object_mut()
}

fn push(object: &mut serde_json::Map<String, Value>, key: &str, value: Value) {
    if let Value::Array(list) = object.entry(key.to_owned()).or_insert_with(|| json!([])) {
        list.push(value);
    }
}

/// Keys of what does not exist for the public: sensitive offers, and what hangs on them alone.
fn hidden_keys(items: &[ImportItem]) -> HashSet<String> {
    let key = |item: &ImportItem| item.key.as_ref().expect("a key").key.clone();
    let of = |rtype: &'static str| items.iter().filter(move |item| item.resource.str("resourceType") == Some(rtype));
    let is_sensitive = |item: &&ImportItem| {
        let told = |extension: &Node| extension.str("url").is_some_and(|url| url.ends_with(SENSITIVE));
        let flag = item.resource.items("extension").find(|extension| told(extension));
        flag.and_then(|flag| flag.get("valueBoolean")).and_then(Node::as_bool) == Some(true)
    };
    let mut hidden: HashSet<String> = of("HealthcareService").filter(is_sensitive).map(key).collect();
    for (below, above) in [("HealthcareService", "Location"), ("PractitionerRole", "Practitioner")] {
        // Who is named by something that the public sees.
        let mut seen = HashSet::new();
        for item in of(below) {
            let named = references(&item.resource);
            if below == "PractitionerRole" && named.iter().any(|key| hidden.contains(key)) {
                hidden.insert(key(item));
            }
            if !hidden.contains(&key(item)) {
                seen.extend(named);
            }
        }
        hidden.extend(of(above).map(key).filter(|key| !seen.contains(key)));
    }
    hidden
}

/// The territory with its marks; those that the public may see are in the second planter.
fn planted() -> (Vec<ImportItem>, Planter, Planter, BTreeSet<String>) {
    let (rows, mut items) = (rows(), territory());
    let hidden = hidden_keys(&items);
    let (mut planter, mut control) = (Planter::new(HIDDEN), Planter::new(PUBLIC));
    let mut visible: HashMap<String, usize> = HashMap::new();
    for item in &mut items {
        let rtype = item.resource.str("resourceType").expect("a type").to_owned();
        let is_hidden = hidden.contains(&item.key.as_ref().expect("a key").key);
        let count = visible.entry(rtype.clone()).or_default();
        *count += usize::from(!is_hidden);
        if !is_hidden && *count > PLANTED_EACH {
            continue;
        }
        let mut resource: Value = serde_json::from_slice(&item.resource.to_bytes()).expect("JSON");
        // From the innermost out: a mark inside a contact goes in one that was there.
        for row in rows.iter().rev().filter(|row| row.rtype == rtype) {
            match (&row.level, is_hidden, row.is_never) {
                (Some(_), true, _) => planter.plant(&mut resource, row, Some("1")),
                (Some(_), false, _) => {
                    for level in ["2", "3"] {
                        planter.plant(&mut resource, row, Some(level));
                    }
                    control.plant(&mut resource, row, Some("1"));
                }
                (None, true, _) | (None, false, true) => planter.plant(&mut resource, row, None),
                (None, false, false) => {}
            }
        }
        // What no line names (D18).
        let unknown = planter.extension("https://exemple.fr/inconnue", "D18 extension");
        let object = resource.as_object_mut().expect("an object");
        push(object, "extension", unknown);
        object.insert("inconnu".to_owned(), json!(planter.mark("D18 member")));
        item.resource = Node::parse(resource.to_string().as_bytes()).expect("JSON");
    }
    // All of an anomaly is hidden, its dates and its numbers too, which hold no mark.
    let mut scratch = Planter::new(HIDDEN);
    let mut holds_text = |row: &Row| row.rtype != "Task" || scratch.value(row, None).is_some();
    let textual = |row: &&Row| row.level.is_some() || (row.is_never && holds_text(row));
    let wanted = rows.iter().filter(textual).map(Row::name).collect();
    (items, planter, control, wanted)
}

/// Keys that a resource refers to.
fn references(node: &Node) -> Vec<String> {
    let text = String::from_utf8(node.to_bytes()).expect("text");
    text.split("\"key:").skip(1).filter_map(|rest| Some(rest.split('"').next()?.to_owned())).collect()
}

/// Marks in a text, each by its number.
fn marks<'a>(text: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(start).skip(1).filter_map(|rest| rest.get(..6))
}

/// Addresses of the sheet of everything that a grant opens, and what its projections hold.
fn sheets(world: &World, grant: &Grant) -> (Vec<String>, String) {
    let snapshot = world.directory.snapshot();
    let view = snapshot.view(grant);
    let (mut paths, mut told) = (Vec::new(), String::new());
    for rtype in ResourceType::ALL {
        let result = ResultParameters { count: usize::MAX, ..ResultParameters::default() };
        let query = Query::everything(rtype, result);
        for hit in view.search(&query, None, None).expect("no includes").matches {
            told.push_str(&String::from_utf8(hit.to_node().to_bytes()).expect("text"));
            match rtype {
                ResourceType::Organization => paths.push(format!("/structure/{}", hit.id())),
                ResourceType::HealthcareService => paths.push(format!("/offre/{}", hit.id())),
                _ => {}
            }
        }
    }
    (paths, told)
}

/// A page, where it leads once, and every header: all that the public gets, or whoever sends these headers.
fn all_of(world: &World, path: &str, headers: &str) -> String {
    let whole = |reply: &Reply| format!("{:?}\n{}", reply.headers, reply.body);
    let reply = world.get_with(path, headers);
    let mut text = whole(&reply);
    if let Some(location) = reply.header("location") {
        text.push_str(&whole(&world.get_with(location, headers)));
    }
    text
}

/// Pages and answers that hang on no one resource.
const FIXED: [&str; 20] = [
    "/",
    "/etat",
    "/a-propos",
    "/recherche",
    "/composants",
    "/bientot/signaler",
    "/nulle-part",
    "/recherche?ou=01",
    "/recherche?quoi=irm&ou=Saint-Denis",
    "/recherche?quoi=psychiatrie",
    "/recherche?quoi=ehpad&ou=bourg+en+bresse",
    "/recherche?ou=bourg+en+bresse&genre=offres",
    "/recherche?ou=bourg+en+bresse&genre=structures",
    "/recherche?quoi=kine&ou=oyonnax",
    "/recherche?quoi=urgence",
    "/recherche?quoi=caisson+hyperbare&ou=oyonnax",
    "/api/suggestions?q=zqz",
    "/api/suggestions?q=hop",
    "/api/suggestions?q=ehp",
    "/api/suggestions?champ=ou&q=zqz",
];

#[test]
fn no_page_shows_an_attribute_that_the_policy_hides_from_the_public() {
    let (items, hidden, public, wanted) = planted();
    let planted: BTreeSet<String> = hidden.planted.iter().cloned().collect();
    let missing: Vec<&String> = wanted.difference(&planted).collect();
    assert!(missing.is_empty(), "no mark was planted for {missing:?}");
    let world = World::of(items);
    let public_grant = world.identity.authenticate(None, NOW).expect("the public");
    let (mut paths, told) = sheets(&world, &public_grant);
    let leaks: BTreeSet<&str> = marks(&told, HIDDEN).map(|mark| hidden.row(mark)).collect();
    assert!(leaks.is_empty(), "the marks are not where the policy hides: {leaks:?}");

    paths.extend(FIXED.map(str::to_owned));
    assert!(paths.len() > 500, "{} pages", paths.len());
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for path in &paths {
        let text = all_of(&world, path, "");
        let leaks: BTreeSet<&str> = marks(&text, HIDDEN).map(|mark| hidden.row(mark)).collect();
        assert!(leaks.is_empty(), "{path} shows {leaks:?}");
        seen.extend(marks(&text, PUBLIC).map(|mark| public.row(mark).to_owned()));
    }
    // What is public is shown, so what is not would have been.
    assert!(!seen.is_empty(), "no page shows any contact of level 1");

    // Asking for a mark by its text tells nothing either.
    let mut rows = BTreeSet::new();
    for (at, row) in hidden.planted.iter().enumerate().filter(|(_, row)| rows.insert(row.as_str())) {
        let found = world.get(&format!("/recherche?quoi={HIDDEN}{at:06}"));
        assert!(found.titles().is_empty(), "a search for {row} finds {:?}", found.titles());
        let suggested = world.get(&format!("/api/suggestions?q={HIDDEN}{at:06}"));
        assert_eq!(marks(&suggested.body, HIDDEN).next(), None, "{row} is suggested");
    }
    let types: BTreeSet<&str> = rows.iter().filter_map(|row| row.split(['.', ' ']).next()).collect();
    let all = ["Organization", "HealthcareService", "Location", "PractitionerRole", "Practitioner", "Task"];
    assert!(rows.len() > 70 && all.iter().all(|rtype| types.contains(rtype)), "{} attributes of {types:?}", rows.len());
}

/// One page in this many, of each person: those of the next person are others.
const PAGES_EACH: usize = 20;

/// What a person's grant opens is proved by the matrix over the API; no page of theirs shows a mark beyond it.
#[test]
fn no_page_shows_a_person_more_than_the_right_they_act_under() {
    let (items, hidden, ..) = planted();
    let world = World::of(items);
    // Whoever sees all, so that every sheet is asked for, also those that are nobody's but some.
    let mut all_paths: BTreeSet<String> = FIXED.iter().map(|&path| path.to_owned()).collect();
    let sessions: Vec<(&str, String)> =
        Persona::all().iter().map(|persona| (persona.key, sign_in(&world, persona.key))).collect();
    let grant_of = |session: &str| world.grant(session.trim().strip_prefix("Cookie: ror-session=").expect("a cookie"));
    for (_, session) in &sessions {
        all_paths.extend(sheets(&world, &grant_of(session)).0);
    }
    let (mut audiences, mut shown_to_some) = (BTreeSet::new(), BTreeSet::new());
    for (at, (key, session)) in sessions.iter().enumerate() {
        let grant = grant_of(session);
        audiences.insert(grant.audience().index());
        let told = sheets(&world, &grant).1;
        let allowed: HashSet<&str> = marks(&told, HIDDEN).collect();
        for path in all_paths.iter().skip(at % PAGES_EACH).step_by(PAGES_EACH) {
            let text = all_of(&world, path, session);
            let shown: BTreeSet<&str> = marks(&text, HIDDEN).collect();
            let leaks: BTreeSet<&str> =
                shown.iter().filter(|mark| !allowed.contains(*mark)).map(|mark| hidden.row(mark)).collect();
            assert!(leaks.is_empty(), "{path} shows {key} {leaks:?}");
            shown_to_some.extend(shown.into_iter().map(str::to_owned));
        }
        for (number, row) in hidden.planted.iter().enumerate().skip(at).step_by(97) {
            let mark = format!("{number:06}");
            let suggested = world.get_with(&format!("/api/suggestions?q={HIDDEN}{mark}"), session);
            let is_told = marks(&suggested.body, HIDDEN).next().is_some();
            assert!(!is_told || allowed.contains(mark.as_str()), "{row} is suggested to {key}");
        }
    }
    assert!(audiences.len() > 2, "the persons read under {audiences:?} only");
    assert!(!shown_to_some.is_empty(), "nobody is shown anything that the public is not");
}
