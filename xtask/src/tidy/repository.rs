//! The tracked files and the dependency tree, read once.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use serde_json::Value;

/// The working copy of what git tracks, with `cargo metadata`.
pub(crate) struct Repository {
    pub(crate) files: Vec<File>,
    pub(crate) metadata: Value,
}

/// One tracked file.
pub(crate) struct File {
    /// From the root, with `/`.
    pub(crate) path: String,
    pub(crate) bytes: u64,
    /// `None` when it is not UTF-8.
    pub(crate) text: Option<String>,
}

impl Repository {
    pub(crate) fn open() -> anyhow::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask is inside the workspace")?.to_owned();
        let listing = output(Command::new("git").args(["ls-files", "-z"]).current_dir(&root))?;
        let mut files = Vec::new();
        for path in listing.split('\0').filter(|path| !path.is_empty()) {
            // A file deleted but not yet committed is not there any more.
            let Ok(content) = std::fs::read(root.join(path)) else { continue };
            files.push(File {
                path: path.to_owned(),
                bytes: content.len() as u64,
                text: String::from_utf8(content).ok(),
            });
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let metadata =
            output(Command::new(cargo).args(["metadata", "--format-version=1", "--locked"]).current_dir(&root))?;
        Ok(Self { files, metadata: serde_json::from_str(&metadata)? })
    }

    /// The text of a tracked file; empty, which no check takes for good, when there is none.
    pub(crate) fn text(&self, path: &str) -> &str {
        let file = self.files.iter().find(|file| file.path == path);
        file.and_then(|file| file.text.as_deref()).unwrap_or_default()
    }

    /// Rust sources outside tests, benches and examples: path, and text without its test module.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .filter(|file| is_rust(&file.path) && !is_test(&file.path))
            .filter_map(|file| Some((file.path.as_str(), without_tests(file.text.as_deref()?))))
    }

    /// Packages of the dependency tree, ours included.
    pub(crate) fn packages(&self) -> &[Value] {
        list(&self.metadata["packages"])
    }
}

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "rs")
}

/// Whether the whole file is test code.
fn is_test(path: &str) -> bool {
    let folder = |name: &str| path.split('/').any(|part| part == name);
    folder("tests") || folder("benches") || folder("testkit") || path.ends_with("/tests.rs")
}

/// The text up to its test module, which by custom comes last.
fn without_tests(text: &str) -> &str {
    text.find("\n#[cfg(test)]\nmod ").map_or(text, |at| &text[..at])
}

/// The items of a JSON array, none for anything else.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The text of a JSON string, empty for anything else.
pub(crate) fn string(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    anyhow::ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_code_is_told_from_the_rest() {
        for path in ["crates/fhir/tests/round_trip.rs", "crates/identity/src/tests.rs", "crates/index/benches/near.rs"]
        {
            assert!(is_test(path), "{path}");
        }
        assert!(!is_test("crates/fhir/src/node.rs"));
        assert_eq!(without_tests("fn a() {}\n\n#[cfg(test)]\nmod tests {\n}\n"), "fn a() {}\n");
        assert_eq!(without_tests("fn a() {}\n"), "fn a() {}\n");
    }
}
