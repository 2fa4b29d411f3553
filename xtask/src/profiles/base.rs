//! The facts of the FHIR R4 base definitions that validation needs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{list, string};

/// Longer code lists (languages, currencies, media types) are left out: their form is checked, not their codes.
const CODES_MAX: usize = 200;

/// The definitions of the package, by id or address.
pub(super) struct Definitions {
    structures: BTreeMap<String, Value>,
    extensions: BTreeMap<String, Value>,
    /// Code systems and value sets, by address.
    lists: BTreeMap<String, Value>,
}

impl Definitions {
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let entries = |file: &str| -> Result<Vec<Value>> {
            let path = folder.join(file);
            let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            let bundle: Value = serde_json::from_str(&text).with_context(|| format!("reading {file}"))?;
            Ok(list(&bundle["entry"]).iter().map(|entry| entry["resource"].clone()).collect())
        };
        let mut structures = entries("profiles-types.json")?;
        structures.extend(entries("profiles-resources.json")?);
        let by = |key: &str, resources: Vec<Value>| -> BTreeMap<String, Value> {
            resources.into_iter().map(|resource| (string(&resource[key]).to_owned(), resource)).collect()
        };
        Ok(Self {
            structures: by("id", structures),
            extensions: by("url", entries("extension-definitions.json")?),
            // A value set and a code system never share an address.
            lists: by("url", entries("valuesets.json")?),
        })
    }

    /// The resource type that a profile address describes.
    pub(super) fn resource_of<'a>(&self, target: &'a str) -> &'a str {
        let last = target.rsplit('/').next().unwrap_or(target);
        match last {
            "FrOrganization" | "ror-organization" => "Organization",
            "ror-healthcareservice" => "HealthcareService",
            "ror-location" => "Location",
            "ror-practitioner" => "Practitioner",
            "ror-practitionerrole" => "PractitionerRole",
            "ror-task" => "Task",
            "ror-questionnaire-healthcareservice" => "Questionnaire",
            known if self.structures.contains_key(known) => known,
            _ => "Resource",
        }
    }

    /// Elements of `roots` and of every data type they use.
    pub(super) fn table(&self, roots: &BTreeSet<&str>) -> Result<String> {
        let mut waiting: Vec<String> = roots.iter().map(|root| (*root).to_owned()).collect();
        // What a primitive may carry beside its value.
        waiting.push("Element".to_owned());
        let mut seen: BTreeSet<String> = waiting.iter().cloned().collect();
        let (mut types, mut codes) = (BTreeMap::new(), BTreeMap::new());
        while let Some(name) = waiting.pop() {
            for (owner, line, used) in self.elements(&name, &mut codes)? {
                types.entry(owner).or_insert_with(Vec::new).push(line);
                waiting.extend(used.into_iter().filter(|kind| seen.insert(kind.clone())));
            }
        }
        let mut out = String::from(
            "# Facts of FHIR R4 (4.0.1), from the base definitions. Written by `cargo xtask profiles`; do not edit.\n\
             # codes: name of a required value set, its codes\n\
             # type: name; e: element, min, max, types, codes, reference targets\n",
        );
        for (name, list) in &codes {
            writeln!(out, "codes\t{name}\t{}", list.join(" "))?;
        }
        for (name, lines) in &types {
            writeln!(out, "type\t{name}\n{}", lines.join("\n"))?;
        }
        Ok(out)
    }

    /// For each element of a structure: the type or backbone that owns it, its line, the data types it uses.
    fn elements(
        &self,
        name: &str,
        codes: &mut BTreeMap<String, Vec<String>>,
    ) -> Result<Vec<(String, String, Vec<String>)>> {
        let structure = self.structures.get(name).with_context(|| format!("no definition of {name}"))?;
        let is_resource = structure["kind"] == "resource";
        let mut all = Vec::new();
        for element in list(&structure["snapshot"]["element"]) {
            let path = string(&element["path"]);
            let Some((owner, key)) = path.rsplit_once('.') else { continue };
            let mut types = element_types(element, path);
            if is_resource && owner == name && key == "id" {
                types = vec!["id".to_owned()];
            }
            let binding = &element["binding"];
            let mut named = "";
            if binding["strength"] == "required" {
                let url = string(&binding["valueSet"]).split('|').next().unwrap_or_default();
                if let Some(list) = self.codes(url, 0).filter(|list| list.len() <= CODES_MAX) {
                    named = url.rsplit('/').next().unwrap_or_default();
                    codes.insert(named.to_owned(), list.into_iter().collect());
                }
            }
            let targets: BTreeSet<&str> = list(&element["type"])
                .iter()
                .flat_map(|kind| list(&kind["targetProfile"]))
                .map(|target| self.resource_of(string(target)))
                .collect();
            let targets = targets.into_iter().collect::<Vec<_>>().join(" ");
            let (min, max) = (&element["min"], string(&element["max"]));
            let line = format!("e\t{key}\t{min}\t{max}\t{}\t{named}\t{targets}", types.join(" "));
            // Backbones (with a dot) come with their structure; primitives have no parts that JSON shows.
            let is_data_type = |kind: &String| {
                !kind.contains('.') && kind != "Resource" && kind.starts_with(|first: char| first.is_ascii_uppercase())
            };
            let used = types.into_iter().filter(is_data_type).collect();
            all.push((owner.to_owned(), line, used));
        }
        Ok(all)
    }

    /// The codes of a value set, when the package holds them all.
    fn codes(&self, url: &str, depth: usize) -> Option<BTreeSet<String>> {
        let set = self.lists.get(url).filter(|set| set["resourceType"] == "ValueSet" && depth < 5)?;
        let mut all = BTreeSet::new();
        for include in list(&set["compose"]["include"]) {
            if !include["filter"].is_null() {
                return None;
            }
            for imported in list(&include["valueSet"]) {
                all.extend(self.codes(string(imported).split('|').next()?, depth + 1)?);
            }
            let chosen = list(&include["concept"]);
            if !chosen.is_empty() {
                all.extend(chosen.iter().map(|concept| string(&concept["code"]).to_owned()));
            } else if let Some(system) = include["system"].as_str() {
                let system = self.lists.get(system).filter(|system| system["content"] == "complete")?;
                nested(&system["concept"], &mut all);
            }
        }
        (!all.is_empty()).then_some(all)
    }

    /// The lines of an extension of FHIR itself.
    pub(super) fn extension(&self, url: &str) -> Result<String> {
        let extension = self.extensions.get(url).with_context(|| format!("no definition of {url}"))?;
        let elements = list(&extension["snapshot"]["element"]);
        let types = |id: &str| -> String {
            let found = elements.iter().find(|element| string(&element["id"]) == id);
            let kinds = found.map(|element| list(&element["type"])).unwrap_or_default();
            kinds.iter().map(|kind| string(&kind["code"])).collect::<Vec<_>>().join(" ")
        };
        let parts: Vec<&Value> = elements
            .iter()
            .filter(|element| element["path"] == "Extension.extension" && element["sliceName"].is_string())
            .collect();
        let (id, name) = (string(&extension["id"]), string(&extension["name"]));
        let (kind, value) =
            if parts.is_empty() { ("simple", types("Extension.value[x]")) } else { ("complex", String::new()) };
        ensure!(kind == "complex" || !value.is_empty(), "{url} has neither value nor parts");
        let mut out = format!("extension\t{id}\t{name}\t{url}\t{url}\t{kind}\t{value}\t\t\t\t\n");
        for part in parts {
            let slice = string(&part["sliceName"]);
            let value = types(&format!("Extension.extension:{slice}.value[x]"));
            writeln!(out, "s\t{slice}\t{}\t{}\t{value}\t\t\t", part["min"], string(&part["max"]))?;
        }
        Ok(out)
    }
}

/// Names of the types of an element; a backbone is named by its path.
fn element_types(element: &Value, path: &str) -> Vec<String> {
    if let Some(reference) = element["contentReference"].as_str() {
        return vec![reference.trim_start_matches('#').to_owned()];
    }
    let kinds = list(&element["type"]).iter().map(|kind| {
        let code = string(&kind["code"]);
        let told = list(&kind["extension"]).iter().find_map(|extension| extension["valueUrl"].as_str());
        match (code, told) {
            ("BackboneElement" | "Element", _) => path.to_owned(),
            (_, Some(told)) if code.starts_with("http://hl7.org/fhirpath/") => told.to_owned(),
            _ => code.rsplit('.').next().unwrap_or(code).to_owned(),
        }
    });
    let mut unique = Vec::new();
    for kind in kinds {
        if !unique.contains(&kind) {
            unique.push(kind);
        }
    }
    unique
}

fn nested(concepts: &Value, all: &mut BTreeSet<String>) {
    for concept in list(concepts) {
        all.insert(string(&concept["code"]).to_owned());
        nested(&concept["concept"], all);
    }
}
