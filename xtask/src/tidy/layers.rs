//! Who may depend on whom, and what each crate must not know. ARCHITECTURE.md explains both.

use std::collections::{BTreeMap, BTreeSet};

use super::repository::{Repository, list, string};

/// Each crate with those of ours it may depend on. A new crate gets a line here and in ARCHITECTURE.md.
const MAY_DEPEND_ON: &[(&str, &[&str])] = &[
    ("ror-fhir", &[]),
    ("ror-terminology", &["ror-fhir"]),
    ("ror-profiles", &["ror-terminology", "ror-fhir"]),
    ("ror-confidentiality", &["ror-fhir"]),
    ("ror-search", &["ror-confidentiality", "ror-terminology", "ror-fhir"]),
    ("ror-index", &["ror-search", "ror-confidentiality", "ror-fhir"]),
    ("ror-ledger", &[]),
    (
        "ror-directory",
        &[
            "ror-index",
            "ror-ledger",
            "ror-profiles",
            "ror-search",
            "ror-confidentiality",
            "ror-terminology",
            "ror-fhir",
        ],
    ),
    ("ror-identity", &["ror-ledger", "ror-confidentiality", "ror-fhir"]),
    ("ror-registers", &["ror-profiles", "ror-terminology", "ror-fhir"]),
    (
        "ror-api",
        &[
            "ror-directory",
            "ror-identity",
            "ror-index",
            "ror-profiles",
            "ror-search",
            "ror-confidentiality",
            "ror-terminology",
            "ror-fhir",
        ],
    ),
    (
        "ror",
        &[
            "ror-api",
            "ror-directory",
            "ror-identity",
            "ror-index",
            "ror-ledger",
            "ror-portal",
            "ror-registers",
            "ror-profiles",
            "ror-search",
            "ror-confidentiality",
            "ror-terminology",
            "ror-fhir",
        ],
    ),
    (
        "ror-portal",
        &[
            "ror-directory",
            "ror-identity",
            "ror-index",
            "ror-search",
            "ror-registers",
            "ror-confidentiality",
            "ror-terminology",
            "ror-fhir",
        ],
    ),
    (
        "ror-testkit",
        &[
            "ror-api",
            "ror-directory",
            "ror-identity",
            "ror-index",
            "ror-ledger",
            "ror-profiles",
            "ror-search",
            "ror-confidentiality",
            "ror-terminology",
            "ror-fhir",
        ],
    ),
    (
        "ror-benches",
        &[
            "ror-api",
            "ror-directory",
            "ror-identity",
            "ror-index",
            "ror-ledger",
            "ror-portal",
            "ror-profiles",
            "ror-registers",
            "ror-search",
            "ror-confidentiality",
            "ror-terminology",
            "ror-fhir",
        ],
    ),
];

/// What must be nowhere in the tree below a crate, and why.
const MUST_NOT_KNOW: &[(&[&str], &[&str], &str)] = &[
    (
        &["ror-fhir", "ror-terminology", "ror-profiles", "ror-confidentiality", "ror-search"],
        &["tokio", "axum", "hyper", "rusqlite", "reqwest"],
        "pure: no input, no output",
    ),
    (
        &["ror-index"],
        &["tokio", "axum", "hyper", "rusqlite", "uuid", "ror-ledger", "ror-identity"],
        "knows neither storage nor callers, and never waits",
    ),
    (&["ror-ledger"], &["serde_json", "ror-fhir", "axum", "hyper"], "holds bytes and keys, not FHIR"),
    (&["ror-registers"], &["tokio", "axum", "hyper", "rusqlite"], "proposes; does not store nor serve"),
    (&["ror-directory", "ror-identity"], &["axum", "hyper"], "does not know HTTP"),
];

/// Direct dependencies between our crates, tests and build scripts included.
pub(crate) fn downwards(repository: &Repository) -> Vec<String> {
    let mut faults = Vec::new();
    for package in ours(repository).filter(|package| string(&package["name"]) != "xtask") {
        let name = string(&package["name"]);
        let Some((_, allowed)) = MAY_DEPEND_ON.iter().find(|(crate_name, _)| *crate_name == name) else {
            faults.push(format!("{name} has no line in xtask/src/tidy/layers.rs: say what it may depend on"));
            continue;
        };
        for dependency in list(&package["dependencies"]).iter().filter(|dependency| dependency["path"].is_string()) {
            let target = string(&dependency["name"]);
            // A test may build what lies further down, to stand on something real.
            let for_tests = dependency["kind"] == "dev" && (target == "ror-testkit" || below(name).contains(target));
            if !for_tests && !allowed.contains(&target) {
                faults.push(format!("{name} depends on {target}, which is not below it"));
            }
        }
    }
    faults
}

/// All that lies below a crate of ours, by the table.
fn below(name: &str) -> BTreeSet<&'static str> {
    let direct = MAY_DEPEND_ON.iter().find(|(other, _)| *other == name).map_or(&[][..], |(_, direct)| direct);
    direct.iter().copied().chain(direct.iter().flat_map(|next| below(next))).collect()
}

/// The whole tree below each crate, without what only tests use.
pub(crate) fn ignorance(repository: &Repository) -> Vec<String> {
    let tree = Tree::of(repository);
    let mut faults = Vec::new();
    for (crates, unknown, why) in MUST_NOT_KNOW {
        for name in *crates {
            let below = tree.below(name);
            for found in unknown.iter().filter(|unknown| below.contains(*unknown)) {
                faults.push(format!("{name} has {found} below it; it must not: {why}"));
            }
        }
    }
    faults
}

/// Every crate is named in ARCHITECTURE.md.
pub(crate) fn on_the_map(repository: &Repository) -> Vec<String> {
    let map = repository.text("ARCHITECTURE.md");
    ours(repository)
        .map(|package| string(&package["name"]))
        .map(|name| name.strip_prefix("ror-").unwrap_or(name))
        .filter(|folder| !map.contains(&format!("`{folder}`")))
        .map(|folder| format!("{folder} is not in ARCHITECTURE.md"))
        .collect()
}

fn ours(repository: &Repository) -> impl Iterator<Item = &serde_json::Value> {
    repository.packages().iter().filter(|package| package["source"].is_null())
}

/// Names of packages, each with those it needs outside tests.
struct Tree(BTreeMap<String, BTreeSet<String>>);

impl Tree {
    fn of(repository: &Repository) -> Self {
        let names: BTreeMap<&str, &str> =
            repository.packages().iter().map(|package| (string(&package["id"]), string(&package["name"]))).collect();
        let mut tree: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for node in list(&repository.metadata["resolve"]["nodes"]) {
            let below = list(&node["deps"])
                .iter()
                .filter(|dep| list(&dep["dep_kinds"]).iter().any(|kind| kind["kind"].is_null()))
                .filter_map(|dep| names.get(string(&dep["pkg"])));
            let name = names.get(string(&node["id"])).copied().unwrap_or_default();
            tree.entry(name.to_owned()).or_default().extend(below.map(|name| (*name).to_owned()));
        }
        Self(tree)
    }

    fn below(&self, name: &str) -> BTreeSet<&str> {
        let (mut found, mut waiting) = (BTreeSet::new(), vec![name]);
        while let Some(name) = waiting.pop() {
            for next in self.0.get(name).into_iter().flatten() {
                if found.insert(next.as_str()) {
                    waiting.push(next);
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_walked_to_its_end() {
        let pairs = [("a", vec!["b"]), ("b", vec!["c", "a"]), ("c", vec![])];
        let tree = Tree(
            pairs.into_iter().map(|(name, below)| (name.into(), below.into_iter().map(Into::into).collect())).collect(),
        );
        assert_eq!(tree.below("a"), BTreeSet::from(["a", "b", "c"]));
        assert_eq!(tree.below("c"), BTreeSet::new());
    }

    #[test]
    fn the_table_has_no_circle() {
        let mut known = BTreeSet::new();
        for _ in MAY_DEPEND_ON {
            let ready = MAY_DEPEND_ON.iter().filter(|(_, direct)| direct.iter().all(|name| known.contains(name)));
            let ready: Vec<&str> = ready.map(|(name, _)| *name).collect();
            known.extend(ready);
        }
        assert_eq!(known.len(), MAY_DEPEND_ON.len(), "each crate stands on crates that stand without it");
    }

    #[test]
    fn a_test_of_the_api_may_open_a_ledger_but_not_the_api() {
        assert!(below("ror-api").contains("ror-ledger"));
        assert!(MAY_DEPEND_ON.iter().any(|(name, direct)| *name == "ror-api" && !direct.contains(&"ror-ledger")));
        assert!(!below("ror-index").contains("ror-ledger"));
    }
}
