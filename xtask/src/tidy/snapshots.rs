//! Golden files: reviewed, and still written by a test that exists.

use std::path::Path;

use super::repository::Repository;

pub(crate) fn owned(repository: &Repository) -> Vec<String> {
    let mut faults = Vec::new();
    for file in &repository.files {
        if file.path.ends_with(".snap.new") {
            faults.push(format!("{}: review it (accept or remove)", file.path));
        }
        if let Some(name) = Path::new(&file.path).file_name().and_then(|name| name.to_str()?.strip_suffix(".snap")) {
            let source = file.text.as_deref().and_then(source).unwrap_or_default();
            if !repository.text(source).contains(own_name(name)) {
                faults.push(format!("{}: no test of {source:?} writes it any more", file.path));
            }
        }
    }
    faults
}

/// The `source:` line of the header.
fn source(snapshot: &str) -> Option<&str> {
    snapshot.lines().take(10).find_map(|line| line.strip_prefix("source: ")).map(|path| path.trim_matches('"'))
}

/// What the test calls it: without module, numbering, nor suffix of its input.
fn own_name(file: &str) -> &str {
    let name = file.rsplit("__").next().unwrap_or(file);
    let name = name.split('@').next().unwrap_or(name);
    let (head, tail) = name.rsplit_once('-').unwrap_or((name, ""));
    if !tail.is_empty() && tail.bytes().all(|byte| byte.is_ascii_digit()) { head } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_sources() {
        assert_eq!(own_name("ror_api__metadata__statement"), "statement");
        assert_eq!(own_name("policy__table-2"), "table");
        assert_eq!(own_name("policy__table-lawyer"), "table-lawyer");
        assert_eq!(own_name("pages__sheet@010780054"), "sheet");
        assert_eq!(
            source("---\nsource: crates/api/src/metadata.rs\nexpression: text\n---\n"),
            Some("crates/api/src/metadata.rs")
        );
    }
}
