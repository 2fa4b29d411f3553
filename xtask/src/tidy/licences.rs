//! Licences and origin of the dependency tree, against the list in deny.toml (D59).

use super::repository::{Repository, string};

/// The only registry.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

pub(crate) fn allowed(repository: &Repository) -> Vec<String> {
    // A list that cannot be read allows nothing.
    let deny: toml::Table = repository.text("deny.toml").parse().unwrap_or_default();
    let list = deny.get("licenses").and_then(|licenses| licenses.get("allow")).and_then(toml::Value::as_array);
    let allow: Vec<&str> = list.into_iter().flatten().filter_map(toml::Value::as_str).collect();
    let mut faults = Vec::new();
    for package in repository.packages() {
        let name = format!("{} {}", string(&package["name"]), string(&package["version"]));
        if !package["source"].is_null() && package["source"] != REGISTRY {
            faults.push(format!("{name} comes from {}, not from crates.io", package["source"]));
        }
        match package["license"].as_str() {
            None => faults.push(format!("{name} states no licence")),
            Some(licence) if !is_allowed(licence, &allow) => {
                faults.push(format!("{name}: licence {licence} is not in the list of deny.toml"));
            }
            Some(_) => {}
        }
    }
    faults
}

/// Whether some choice offered by an SPDX expression is in the list. `/` is the former `OR`.
/// What cannot be read is not allowed.
fn is_allowed(expression: &str, allow: &[&str]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, allow };
    reader.any() == Some(true) && reader.words.is_empty()
}

struct Reader<'a> {
    words: &'a [&'a str],
    allow: &'a [&'a str],
}

impl Reader<'_> {
    /// `all (OR all)*`
    fn any(&mut self) -> Option<bool> {
        let mut value = self.all()?;
        while self.take("OR") {
            value |= self.all()?;
        }
        Some(value)
    }

    /// `one (AND one)*`
    fn all(&mut self) -> Option<bool> {
        let mut value = self.one()?;
        while self.take("AND") {
            value &= self.one()?;
        }
        Some(value)
    }

    /// `( any )`, `licence`, or `licence WITH exception`
    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let value = self.any()?;
            return self.take(")").then_some(value);
        }
        // `MPL-2.0+`: this version or a later one, so this one.
        let mut licence = self.next()?.trim_end_matches('+').to_owned();
        if self.take("WITH") {
            licence = format!("{licence} WITH {}", self.next()?);
        }
        Some(self.allow.contains(&licence.as_str()))
    }

    fn next(&mut self) -> Option<&str> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.words.first() == Some(&word);
        if found {
            self.words = &self.words[1..];
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn expressions() {
        let allow = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "Unicode-3.0"];
        for good in [
            "MIT",
            "MIT/GPL-3.0",
            "GPL-3.0-only OR MIT",
            "MIT+",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception",
            "GPL-2.0 OR (MIT AND (Apache-2.0 OR ISC))",
        ] {
            assert!(is_allowed(good, &allow), "{good}");
        }
        for bad in
            ["", "GPL-3.0-only", "MIT AND GPL-3.0", "MIT WITH some-exception", "(MIT", "MIT MIT", "OR MIT", "MIT)"]
        {
            assert!(!is_allowed(bad, &allow), "{bad}");
        }
    }
}
