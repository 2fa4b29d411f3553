//! Full text (D15): which words a resource holds, and how well they answer a question.

use ror_fhir::Node;
use ror_search::ResourceType;
use ror_terminology::Terminology;

use super::values::{fold, read};

/// Words of questions that say nothing (D15), of those that corpora ask with.
const STOP_WORDS: [&str; 4] = ["de", "la", "d", "l"];

/// The words of a text.
pub(super) fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(ToOwned::to_owned).collect()
}

/// How well a resource answers, in ten thousandths: the mean over the words of the question of
/// 10 for a whole word of its name, 8 for the start of one, 6 and 4 elsewhere. Nothing when a
/// word starts none of its own.
pub(super) fn score(rtype: ResourceType, resource: &Node, question: &str) -> Option<u32> {
    let all = words(question);
    let telling: Vec<_> = all.iter().filter(|word| !STOP_WORDS.contains(&word.as_str())).collect();
    let asked = if telling.is_empty() { all.iter().collect() } else { telling };
    let name: Vec<String> = name(rtype, resource).into_iter().flat_map(words).collect();
    let mut elsewhere = Vec::new();
    gather("", resource, &mut elsewhere);
    let mut tenths = 0;
    for word in &asked {
        let has = |words: &[String]| words.contains(word);
        let starts = |words: &[String]| words.iter().any(|held| held.starts_with(word.as_str()));
        tenths += match () {
            () if has(&name) => 10,
            () if starts(&name) => 8,
            () if has(&elsewhere) => 6,
            () if starts(&elsewhere) => 4,
            () => return None,
        };
    }
    let count = u32::try_from(asked.len()).expect("few words");
    // Rounded half up to four decimals.
    Some((tenths * 2_000 + count) / (count * 2))
}

fn name(rtype: ResourceType, resource: &Node) -> Vec<&str> {
    let at = if rtype == ResourceType::Practitioner { "name/family|name/given|name/text" } else { "name|alias|title" };
    read(resource, at).into_iter().filter_map(Node::as_str).collect()
}

/// Names, comments, descriptions, towns, and labels of codes, at any depth; nothing of how to reach someone, nor
/// of what the resource is numbered by.
fn gather(member: &str, node: &Node, out: &mut Vec<String>) {
    const TEXTS: [&str; 8] = ["name", "title", "alias", "comment", "description", "city", "family", "given"];
    match node {
        Node::Array(items) => items.iter().for_each(|item| gather(member, item, out)),
        Node::String(text) if TEXTS.contains(&member) => out.extend(words(text)),
        Node::Object(object) => {
            if let (Some(system), Some(code)) = (node.str("system"), node.str("code")) {
                out.extend(Terminology::embedded().display(system, code).into_iter().flat_map(words));
            }
            let address = node.str("url").unwrap_or_default();
            if address.ends_with("-telecom") {
                return;
            }
            let is_text = address.ends_with("comment");
            for (key, value) in object.iter().filter(|(key, _)| !["meta", "identifier", "telecom"].contains(key)) {
                gather(if is_text && key == "valueString" { "comment" } else { key }, value, out);
            }
        }
        _ => {}
    }
}
