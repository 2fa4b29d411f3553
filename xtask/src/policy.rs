//! `policy`: writes the tables of `crates/confidentiality` from the machine-readable model.
//!
//! The rules come from `effectiveAccessRules`; the elements from the profiles, each with the
//! rule the model gives it, or the one a decision sets in its place ([`RULE_OVERRIDES`]), or
//! one of the grants that D18 states by name ([`GRANTS`]). Anything else gets no row, and what
//! has no row is withheld.

mod decisions;
mod model;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use decisions::{
    AGENTS, GRANTS, HOME, LAUNCH_CONTEXT, LEVELS, NAMES, OWN_RULES, QUOTED, RESOURCES, RULE_OVERRIDES, SLICES,
    TEMPLATE_EXTENSIONS, TITLES,
};
use model::{business, column, kind, list, lookup, slice_rules, text, type_code};

/// The profiles whose rules are in force, each with the policy version since which what it sees
/// is decided as it is now. A profile left out has no rule at all and so sees nothing.
///
/// Versions told to a profile are counted again from the ledger under today's rules: raise the
/// number of one that was open already only as `docs/adr/0050-policy-versions.md` says.
const OPEN_PROFILES: &[(u8, u32)] = &[(0, 2), (1, 2), (2, 3), (3, 3), (4, 3), (5, 3)];

/// Raised by hand whenever who sees what changes: versions of resources record it. The table of 4
/// is that of 3; what is told of a resource by those around it is read otherwise. That of 5 adds
/// types that no row was of before (ADR 0050).
const POLICY_VERSION: u32 = 5;

const CRATE: &str = "crates/confidentiality";
const ROR: &str = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/";
/// The elements whose parts have rows; those of the others come from their data type.
const PARTS_LISTED: &[&str] = &["contact", "availableTime", "position"];
const GEOLOCATION: &str = "http://hl7.org/fhir/StructureDefinition/geolocation";

/// Reads `--from <model.json>` and writes the tables; the value sets are read beside the model.
pub(crate) fn run(words: &[String]) -> Result<String> {
    let [flag, model_path] = words else { bail!("expected: policy --from <model.json>") };
    ensure!(flag == "--from", "expected: policy --from <model.json>");
    let model_path = Path::new(model_path);
    let text = fs::read_to_string(model_path).with_context(|| format!("reading {}", model_path.display()))?;
    let model: Value = serde_json::from_str(&text).context("reading the model")?;
    let lists = model_path.with_file_name("nomenclatures");
    let table = Table::build(&model, &lists)?;
    let root = root();
    fs::write(root.join("data/rules.toml"), rules(&model)?)?;
    fs::write(root.join("data/elements.toml"), table.write(&lists)?)?;
    Ok(format!("{CRATE}: {} elements, {} extensions", table.rows.len(), table.extensions.len()))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(CRATE)
}

/// The rules of the open profiles, as the crate reads them.
fn rules(model: &Value) -> Result<String> {
    let mut out = header(model);
    writeln!(out, "version = {POLICY_VERSION}")?;
    let since: Vec<String> = OPEN_PROFILES.iter().map(|(profile, version)| format!("{profile} = {version}")).collect();
    writeln!(out, "# The version since which what each profile sees is decided by these rules.")?;
    writeln!(out, "since = {{ {} }}", since.join(", "))?;
    for rule in list(&model["effectiveAccessRules"]["rules"]) {
        let id = rule["id"].as_str().context("a rule without id")?;
        rule_head(&mut out, id)?;
        let decisions: Vec<&str> = list(&rule["decisions"]).iter().filter_map(Value::as_str).collect();
        if !decisions.is_empty() {
            writeln!(out, "decisions = {decisions:?}")?;
        }
        for (profile, _) in OPEN_PROFILES {
            let alternatives = rule["profiles"].get(profile.to_string()).with_context(|| format!("{id}: {profile}"))?;
            writeln!(out, "profiles.{profile} = {alternatives}")?;
        }
    }
    for (id, decisions, alternatives) in OWN_RULES {
        rule_head(&mut out, id)?;
        writeln!(out, "decisions = {decisions:?}")?;
        for (profile, _) in OPEN_PROFILES {
            writeln!(out, "profiles.{profile} = {}", alternatives[usize::from(*profile)])?;
        }
    }
    Ok(out)
}

fn rule_head(out: &mut String, id: &str) -> Result<()> {
    let (_, title, level) =
        TITLES.iter().find(|(known, ..)| *known == id).with_context(|| format!("no French title for the rule {id}"))?;
    writeln!(out, "\n[[rules]]\nid = {id:?}\ntitle = {title:?}\nlevel = {level:?}")?;
    Ok(())
}

fn header(model: &Value) -> String {
    let guide = &model["ig"];
    let name = text(&guide["package"]);
    let version = text(&guide["version"]);
    format!(
        "# Written by `cargo xtask policy` from the model of {name} {version}, decisions applied.\n\
         # Do not edit: change the model or the generator, then look at the golden rendering.\n"
    )
}

/// One element, or one extension of an element, or some of its items.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "yes-or-no marks of a row, written one by one")]
struct Row {
    path: String,
    extension: String,
    rtype: String,
    rule: String,
    level: String,
    home: bool,
    capacity: bool,
    tells: bool,
    agent: bool,
    systems: Vec<String>,
    codes: Vec<String>,
    name: String,
}

#[derive(Debug, Default)]
struct Table {
    rows: Vec<Row>,
    extensions: BTreeMap<String, BTreeSet<String>>,
}

impl Table {
    fn build(model: &Value, lists: &Path) -> Result<Self> {
        let mut table = Self::default();
        for (rtype, rule, ..) in RESOURCES {
            if OWN_RULES.iter().any(|(own, ..)| own == rule) {
                table.granted(rtype, lists)?;
                continue;
            }
            let profile = list(&model["profiles"])
                .iter()
                .find(|profile| profile["type"] == *rtype)
                .with_context(|| format!("no profile of {rtype}"))?;
            table.resource(rtype, list(&profile["elements"]), lists)?;
        }
        for extension in list(&model["extensions"]) {
            table.definition(extension);
        }
        table.extensions.entry(GEOLOCATION.into()).or_default().extend(["latitude".into(), "longitude".into()]);
        table.keep_used_extensions();
        Ok(table)
    }

    /// Templates, anomalies, indicators: the explicit grants alone, for the model gives their
    /// elements no rule.
    fn granted(&mut self, rtype: &str, lists: &Path) -> Result<()> {
        let first = self.rows.len();
        let is_here = |path: &str| path.split('.').next() == Some(rtype);
        for (path, codes, rule, name) in SLICES.iter().filter(|(path, ..)| is_here(path)) {
            let codes = codes.iter().map(|code| (*code).into()).collect();
            let (path, rule, name) = ((*path).into(), (*rule).into(), (*name).into());
            self.rows.push(Row { path, rtype: "BackboneElement".into(), rule, codes, name, ..Row::default() });
        }
        for list in ["Task.input", "Task.output"].into_iter().filter(|path| is_here(path)) {
            self.rows.extend(QUOTED.iter().map(|kind| Row {
                path: format!("{list}.value{}{}", kind[..1].to_uppercase(), &kind[1..]),
                rtype: (*kind).into(),
                name: "valeur".into(),
                ..Row::default()
            }));
        }
        self.resource(rtype, &[], lists)?;
        let extensions = TEMPLATE_EXTENSIONS.iter().filter(|(path, _)| is_here(path));
        self.rows.extend(extensions.map(|(path, url)| Row {
            path: (*path).into(),
            extension: (*url).into(),
            rtype: "Extension".into(),
            ..Row::default()
        }));
        let parts = ["name", "type", "description"].map(String::from);
        self.extensions.entry(LAUNCH_CONTEXT.into()).or_default().extend(parts);
        self.sort_from(first);
        Ok(())
    }

    /// The rows of one resource: the explicit grants, then the model's, each under its parent.
    fn resource(&mut self, rtype: &str, elements: &[Value], lists: &Path) -> Result<()> {
        let first = self.rows.len();
        for (path, kind, name) in GRANTS {
            let path = path.replace('*', rtype);
            if path.starts_with(&format!("{rtype}.")) {
                self.rows.push(Row { path, rtype: (*kind).into(), name: (*name).into(), ..Row::default() });
            }
        }
        for element in elements {
            self.element(rtype, element, elements, lists)?;
        }
        for home in HOME.iter().filter(|home| home.starts_with(&format!("{rtype}."))) {
            if !self.rows.iter().any(|row| row.key() == *home) {
                self.rows.push(Row { path: (*home).into(), rtype: "string".into(), ..Row::default() });
            }
        }
        for row in &mut self.rows[first..] {
            row.complete();
        }
        self.sort_from(first);
        Ok(())
    }

    /// Stable: rows of one path stay in the model's order, and a parent comes before its parts.
    fn sort_from(&mut self, first: usize) {
        self.rows[first..].sort_by(|a, b| (&a.path, !a.extension.is_empty()).cmp(&(&b.path, !b.extension.is_empty())));
    }

    fn element(&mut self, rtype: &str, element: &Value, all: &[Value], lists: &Path) -> Result<()> {
        let path = text(&element["path"]);
        if let Some(holder) = path.strip_suffix(".extension") {
            return self.extension(holder, text(&element["slice"]), element);
        }
        let is_tag = path == format!("{rtype}.meta.tag");
        match path.matches('.').count() {
            // Granted by name, as the model only anchors its rules there.
            _ if path == format!("{rtype}.id") || path == format!("{rtype}.meta") => Ok(()),
            1 => self.top(path, element, all, lists),
            2 if is_tag && !text(&element["slice"]).is_empty() => self.slice(path, "", element, all, lists),
            2 if PARTS_LISTED.iter().any(|holder| path.starts_with(&format!("{rtype}.{holder}."))) => {
                self.part(path, element);
                Ok(())
            }
            // Deeper, the data types say what there is.
            _ => Ok(()),
        }
    }

    /// An element of the resource: one row when all of it follows one rule, else one per slice.
    fn top(&mut self, path: &str, element: &Value, all: &[Value], lists: &Path) -> Result<()> {
        let rules = slice_rules(path, all);
        let rule = text(&element["accessRule"]);
        match (text(&element["slice"]).is_empty(), rules.len()) {
            (false, 2..) if !rule.is_empty() => self.slice(path, rule, element, all, lists),
            (true, 1) => self.plain(path, rules.first().map_or("", String::as_str), element),
            (true, 0) if !rule.is_empty() => self.plain(path, rule, element),
            _ => Ok(()),
        }
    }

    fn plain(&mut self, path: &str, rule: &str, element: &Value) -> Result<()> {
        ensure!(!self.has(path), "{path}: granted twice");
        self.rows.push(Row::of(path, rule, element));
        Ok(())
    }

    /// A part follows the element that holds it, save a contact's telecom, which has its own rule.
    fn part(&mut self, path: &str, element: &Value) {
        let rule = text(&element["accessRule"]);
        let rule = if rule.ends_with("-CONTACT-TELECOM") { rule } else { "" };
        if !self.has(path) && text(&element["slice"]).is_empty() {
            self.rows.push(Row::of(path, rule, element));
        }
    }

    /// One slice of an element whose slices do not share a rule, told by code or by system.
    fn slice(&mut self, path: &str, rule: &str, element: &Value, all: &[Value], lists: &Path) -> Result<()> {
        let mut row = Row::of(path, rule, element);
        if path.ends_with(".identifier") {
            let slice = text(&element["slice"]);
            row.codes.push(type_code(path, slice, all).with_context(|| format!("{path} {slice}: no type code"))?);
        } else {
            row.systems = column(text(&element["binding"]["name"]), lists, "system")?;
        }
        self.rows.push(row);
        Ok(())
    }

    fn extension(&mut self, holder: &str, slice: &str, element: &Value) -> Result<()> {
        let Some(url) = element["types"][0]["profile"][0].as_str() else { return Ok(()) };
        if let Some(above) = holder.strip_suffix(".extension") {
            // Nested in another extension of the same element: the definitions hold it, but for
            // the standard one, which the guide only adds to.
            if slice.starts_with("ror-organization-geolocation/") {
                self.extensions.entry(GEOLOCATION.into()).or_default().insert(url.into());
            }
            ensure!(!above.is_empty(), "an extension without element");
            return Ok(());
        }
        if self.rows.iter().any(|row| row.path == holder && row.extension == url) {
            return Ok(());
        }
        let top = holder.matches('.').count() == 0;
        // An item that says which kind of act it is follows the rule of acts, whatever its system.
        let tells = url == format!("{ROR}ror-act-type");
        let rule = match (top, tells) {
            (true, _) => text(&element["accessRule"]),
            (_, true) => "HS-ACTE",
            _ => "",
        };
        ensure!(!(top && rule.is_empty()), "{holder}: {url} has no rule");
        self.rows.push(Row {
            path: holder.into(),
            extension: url.into(),
            rtype: "Extension".into(),
            rule: rule.into(),
            capacity: url.ends_with("/ror-location-supported-capacity"),
            tells,
            name: business(element),
            ..Row::default()
        });
        Ok(())
    }

    fn definition(&mut self, extension: &Value) {
        let parts: Vec<String> =
            list(&extension["subExtensions"]).iter().map(|part| text(&part["url"]).into()).collect();
        if !parts.is_empty() {
            self.extensions.entry(text(&extension["url"]).into()).or_default().extend(parts);
        }
    }

    /// Leaves out the definitions no element leads to (those of templates).
    fn keep_used_extensions(&mut self) {
        let mut used: BTreeSet<String> = self.rows.iter().map(|row| row.extension.clone()).collect();
        loop {
            let below: BTreeSet<String> =
                used.iter().filter_map(|url| self.extensions.get(url)).flatten().cloned().collect();
            let before = used.len();
            used.extend(below);
            if used.len() == before {
                break;
            }
        }
        self.extensions.retain(|url, _| used.contains(url));
    }

    fn has(&self, path: &str) -> bool {
        self.rows.iter().any(|row| row.path == path && row.extension.is_empty())
    }

    fn write(&self, lists: &Path) -> Result<String> {
        let mut out = String::from(
            "# Written by `cargo xtask policy`. Which rule governs which element; no row, no reader.\n\
             # An element without rule follows the one that holds it. `codes`, `systems`: only the items so told.\n",
        );
        let status = column("JDV_J188-TypeStatutCapacite-ROR", lists, "system")?;
        let codes = column("JDV_J188-TypeStatutCapacite-ROR", lists, "code")?;
        writeln!(
            out,
            "\n# D25.\n[capacity]\nsystems = {status:?}\nstatuses = {codes:?}\ninstalled = \"01\"\nadditional = \"06\""
        )?;
        for (rtype, rule, internal, name) in RESOURCES {
            writeln!(out, "\n[[resources]]\ntype = {rtype:?}\nname = {name:?}\nrule = {rule:?}")?;
            if !internal.is_empty() {
                writeln!(out, "rule_organisation_interne = {internal:?}")?;
            }
            out.push_str("elements = [\n");
            for row in self.rows.iter().filter(|row| row.path.split('.').next() == Some(rtype)) {
                writeln!(out, "  {},", row.write())?;
            }
            out.push_str("]\n");
        }
        for (url, parts) in &self.extensions {
            writeln!(out, "\n[[extensions]]\nurl = {url:?}\nparts = [")?;
            for part in parts {
                let contact_telecom = part.ends_with("/ror-healthcareservice-contact-telecom");
                let own = if contact_telecom {
                    format!(", rule = \"HS-CONTACT-TELECOM\", level = \"{ROR}ror-telecom-confidentiality-level\"")
                } else {
                    String::new()
                };
                writeln!(out, "  {{ url = {part:?}{own} }},")?;
            }
            out.push_str("]\n");
        }
        Ok(out)
    }
}

impl Row {
    fn of(path: &str, rule: &str, element: &Value) -> Self {
        Self {
            path: path.into(),
            rtype: kind(path, element).into(),
            rule: rule.into(),
            name: business(element),
            ..Self::default()
        }
    }

    /// The path as the constants above write it.
    fn key(&self) -> String {
        match (self.extension.rsplit('/').next(), self.codes.first()) {
            (Some(last), _) if !last.is_empty() => format!("{}.extension[{last}]", self.path),
            (_, Some(code)) => format!("{}[{code}]", self.path),
            _ => self.path.clone(),
        }
    }

    /// Applies the decisions that the model does not carry.
    fn complete(&mut self) {
        let key = self.key();
        if let Some(rule) = lookup(RULE_OVERRIDES, &key) {
            self.rule = rule.into();
        }
        if let Some(level) = lookup(LEVELS, &key) {
            self.level = format!("{ROR}{level}");
        }
        self.home = HOME.contains(&key.as_str());
        self.agent = AGENTS.contains(&key.as_str());
        if self.name.is_empty() {
            let any = key.split_once('.').map(|(_, rest)| format!("*.{rest}")).unwrap_or_default();
            self.name = lookup(NAMES, &key).or_else(|| lookup(NAMES, &any)).unwrap_or_default().into();
        }
    }

    fn write(&self) -> String {
        let mut out = format!("{{ path = {:?}", self.path);
        for (key, value) in [
            ("extension", &self.extension),
            ("type", &self.rtype),
            ("rule", &self.rule),
            ("level", &self.level),
            ("name", &self.name),
        ] {
            let said_otherwise = key == "type" && value == "Extension";
            if !value.is_empty() && !said_otherwise {
                let _ = write!(out, ", {key} = {value:?}");
            }
        }
        for (key, values) in [("codes", &self.codes), ("systems", &self.systems)] {
            if !values.is_empty() {
                let _ = write!(out, ", {key} = {values:?}");
            }
        }
        for (key, value) in
            [("home", self.home), ("capacity", self.capacity), ("tells", self.tells), ("agent", self.agent)]
        {
            if value {
                let _ = write!(out, ", {key} = true");
            }
        }
        out.push_str(" }");
        out
    }
}
