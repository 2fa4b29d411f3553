//! SARIF 2.1.0 (OASIS): findings as editors and continuous integration read them.

use std::collections::HashMap;

use ror_fhir::{Node, node};
use ror_profiles::Severity;

use super::{Located, sentence};

/// The whole log: one run, each rule once.
pub(super) fn log(located: &[Located]) -> Node {
    let mut rules: Vec<&str> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut results = Vec::new();
    for one in located {
        let rule = one.finding.rule.as_str();
        let index = *places.entry(rule).or_insert_with(|| {
            rules.push(rule);
            rules.len() - 1
        });
        results.push(result(one, index));
    }
    let rules: Vec<Node> = rules.into_iter().map(|id| node!({"id": id, "shortDescription": {"text": id}})).collect();
    node!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "ror", "version": (env!("CARGO_PKG_VERSION")), "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results
        }]
    })
}

fn result(Located { file, line, column, finding }: &Located, index: usize) -> Node {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Information => "note",
    };
    let mut location = node!({"physicalLocation": {
        "artifactLocation": {"uri": (uri(file))},
        "region": {"startLine": (*line as u64), "startColumn": (*column as u64)}
    }});
    if let (false, Some(members)) = (finding.expression.is_empty(), location.as_object_mut()) {
        members.insert("logicalLocations", node!([{"fullyQualifiedName": (finding.expression.as_str())}]));
    }
    node!({
        "ruleId": (finding.rule.as_str()),
        "ruleIndex": (index as u64),
        "level": level,
        "message": {"text": (sentence(finding))},
        "locations": [location]
    })
}

/// A path as a reference to a file (RFC 3986 §4.2).
fn uri(path: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes().fold(String::new(), |mut uri, byte| {
        use std::fmt::Write as _;
        if is_plain(byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
        uri
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_as_a_reference() {
        assert_eq!(uri("a b/é.json"), "a%20b/%C3%A9.json");
    }
}
