//! Entry templates (*modèles de saisie*): twelve of our own, as readable tables, and the FHIR
//! Questionnaire each one makes.
//!
//! `data/templates/questions.toml` holds the questions; each other file is a template: for which
//! categories and field it is, and what it asks, with the codes that make sense there. An answer
//! that the template knows already is written in it and not asked: what is left for a liberal
//! profession is at most [`LIBERAL_QUESTIONS_MAX`] questions.
//!
//! These are proposals: none has been agreed with the profession it is for, and each says so.

mod questionnaire;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

/// Questions that a template of a liberal profession may ask, at most.
pub const LIBERAL_QUESTIONS_MAX: usize = 12;

const QUESTIONS: &str = include_str!("../data/templates/questions.toml");

const TEMPLATES: &[&str] = &[
    include_str!("../data/templates/urgences.toml"),
    include_str!("../data/templates/soins-critiques.toml"),
    include_str!("../data/templates/medecine.toml"),
    include_str!("../data/templates/maternite.toml"),
    include_str!("../data/templates/centre-psychiatrie.toml"),
    include_str!("../data/templates/smr.toml"),
    include_str!("../data/templates/ehpad.toml"),
    include_str!("../data/templates/ssiad.toml"),
    include_str!("../data/templates/ime.toml"),
    include_str!("../data/templates/maison-de-sante.toml"),
    include_str!("../data/templates/medecine-generale.toml"),
    include_str!("../data/templates/kinesitherapie.toml"),
];

/// An entry template.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// `RORM-11`: ours, so that it cannot be taken for a national one (`MS-141`).
    pub identifier: String,
    /// What it is for, in French.
    pub title: String,
    /// Fields of activity (J20).
    pub fields: Vec<String>,
    /// Categories of structure (J55).
    pub categories: Vec<String>,
    /// Professions (J229); none for structures.
    #[serde(default)]
    pub professions: Vec<String>,
    /// Ordinal specialities (J210).
    #[serde(default)]
    pub specialities: Vec<String>,
    ask: Vec<Ask>,
}

/// A question as a template asks it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    question: String,
    /// The text of this template in the place of the usual one.
    text: Option<String>,
    /// The answer, already known: not asked.
    fixed: Option<String>,
    /// The codes that make sense here; none: the whole list.
    #[serde(default)]
    codes: Vec<String>,
    required: Option<bool>,
    /// The same for the questions of a group.
    #[serde(default)]
    narrow: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    fix: BTreeMap<String, String>,
}

/// A question, whatever the template.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    /// Profile or extension of the guide, `#`, the element.
    definition: String,
    #[serde(rename = "type")]
    kind: String,
    text: String,
    /// Name of the value set of its answers.
    list: Option<String>,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    repeats: bool,
    #[serde(default)]
    children: Vec<String>,
}

/// The version of all of them: a template changed is a new version, since offers name the one
/// they were typed with.
const VERSION: &str = "1";

/// The templates, in the order of their identifiers.
pub fn templates() -> &'static [Template] {
    static READ: OnceLock<Vec<Template>> = OnceLock::new();
    READ.get_or_init(|| {
        let read = |text: &&str| toml::from_str(text).expect("a test reads the templates");
        TEMPLATES.iter().map(read).collect()
    })
}

fn questions() -> &'static BTreeMap<String, Question> {
    static READ: OnceLock<BTreeMap<String, Question>> = OnceLock::new();
    READ.get_or_init(|| toml::from_str(QUESTIONS).expect("a test reads the questions"))
}

impl Template {
    /// How many questions a person is asked: groups and known answers aside.
    pub fn questions(&self) -> usize {
        let count = |ask: &Ask| {
            let Some(question) = questions().get(&ask.question) else { return 0 };
            if question.children.is_empty() {
                usize::from(ask.fixed.is_none())
            } else {
                question.children.iter().filter(|child| !ask.fix.contains_key(*child)).count()
            }
        };
        self.ask.iter().map(count).sum()
    }
}
