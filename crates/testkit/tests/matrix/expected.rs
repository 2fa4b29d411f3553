//! What the published rules say, read as plain words: no code is shared with the policy table.

use ror_fhir::Node;

/// The rules: `effectiveAccessRules` of the model, copied as data.
pub(crate) struct Rules(Node);

/// What a rule is asked about one element.
#[derive(Clone, Debug)]
pub(crate) struct Ruled {
    pub(crate) rule: &'static str,
    /// The levels in play; `None`: one is missing.
    pub(crate) levels: Vec<Option<&'static str>>,
    /// Words that hold of the element itself.
    pub(crate) words: &'static [&'static str],
}

/// One way in which a rule may hold: the words that hold, and whether a sensitive offer is in play.
pub(crate) struct Case {
    pub(crate) words: Vec<&'static str>,
    pub(crate) is_sensitive: bool,
}

impl Rules {
    pub(crate) fn read() -> Self {
        Self(Node::parse(include_bytes!("../../data/access-rules.json")).expect("JSON"))
    }

    /// The ids of all rules.
    pub(crate) fn ids(&self) -> Vec<String> {
        let rules = self.0.get("rules").and_then(Node::as_object).expect("rules");
        rules.iter().map(|(id, _)| id.to_owned()).collect()
    }

    /// Whether access profile `profile` passes `ruled` in one of the cases.
    pub(crate) fn pass(&self, profile: usize, ruled: &Ruled, cases: &[Case]) -> bool {
        let rule = self.0.get("rules").and_then(|rules| rules.get(ruled.rule)).expect("a rule of the model");
        let alternatives: Vec<&Node> = rule.items(&profile.to_string()).collect();
        cases.iter().any(|case| {
            let holds = |word: &str| match word {
                "level<=1" => strictest(ruled, case) <= 1,
                "level<=2" => strictest(ruled, case) <= 2,
                word => case.words.contains(&word) || ruled.words.contains(&word),
            };
            alternatives.iter().any(|needed| {
                needed.as_array().expect("a list").iter().all(|word| holds(word.as_str().expect("a word")))
            })
        })
    }
}

/// D24: the strictest of all in play; missing or unknown is 2; a sensitive offer makes it 3.
fn strictest(ruled: &Ruled, case: &Case) -> u8 {
    let written = ruled.levels.iter().map(|level| match level {
        Some("1") => 1,
        Some("3") => 3,
        _ => 2,
    });
    let written = written.max().expect("a rule that asks for a level is given one");
    if case.is_sensitive { 3 } else { written }
}
