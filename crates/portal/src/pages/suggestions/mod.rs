//! Suggestions while typing, by kind: needs, activities, structures, places. JSON for the script;
//! the search itself needs none of it.

use axum::body::Body;
use axum::http::Response;
use ror_terminology::{Terminology, fold, words};
use serde_json::{Value, json};

use super::Context;
use crate::find::{Ask, Filters, mend};
use crate::needs::Kind;
use crate::question::{self, What};
use crate::respond;
use crate::sheet::address::Address;
use crate::sheet::structure;

const NEEDS_MAX: usize = 4;
const ACTIVITIES_MAX: usize = 4;
const STRUCTURES_MAX: usize = 5;
const PLACES_MAX: usize = 8;
/// Shorter beginnings suggest too much.
const CHARS_MIN: usize = 2;

/// `/api/suggestions?q=…&champ=quoi|ou`
pub(crate) fn answer(context: &Context<'_>) -> Response<Body> {
    let typed = question::harmless(context.parameter("q"));
    let mut found: Vec<Value> = Vec::new();
    if typed.chars().count() >= CHARS_MIN {
        if context.parameter("champ") == "ou" {
            found.extend(places(context, &typed));
        } else {
            found.extend(what(context, &typed));
            // Nothing starts so: perhaps a typing mistake.
            if found.is_empty()
                && let Some(mended) = mended(context, &typed)
            {
                found.extend(what(context, &mended));
            }
        }
    }
    respond::json(context.headers, &json!({ "suggestions": found }))
}

fn what(context: &Context<'_>, typed: &str) -> impl Iterator<Item = Value> {
    needs(context, typed).into_iter().chain(activities(typed)).chain(structures(context, typed))
}

/// The line with its typing mistakes mended, when nearer words are known.
fn mended(context: &Context<'_>, typed: &str) -> Option<String> {
    let folded = fold(typed);
    let typed: Vec<String> = words(&folded).map(str::to_owned).collect();
    Some(mend(context.finder(), context.portal.needs, &typed)?.join(" "))
}

fn places(context: &Context<'_>, typed: &str) -> Vec<Value> {
    let found = context.portal.places.starting(typed, PLACES_MAX);
    found.into_iter().map(|place| json!({ "texte": place.typed, "genre": place.hint })).collect()
}

fn needs(context: &Context<'_>, typed: &str) -> Vec<Value> {
    let folded = fold(typed);
    let needs = context.portal.needs.starting(&folded).take(NEEDS_MAX);
    needs.map(|need| json!({ "texte": need.spelling, "genre": need.label })).collect()
}

/// Official activities of which every typed word starts a word.
fn activities(typed: &str) -> Vec<Value> {
    let folded = fold(typed);
    let asked: Vec<&str> = words(&folded).collect();
    let Some(set) = Terminology::embedded().value_set("JDV_J17-ActiviteOperationnelle-ROR") else { return Vec::new() };
    let matches = |label: &str| {
        let label = fold(label);
        asked.iter().all(|asked| words(&label).any(|word| word.starts_with(asked)))
    };
    let labels = set.concepts().filter_map(|(_, concept)| concept.display);
    let mut found: Vec<&str> = labels.filter(|label| matches(label)).collect();
    found.sort_by_key(|label| label.len());
    found.into_iter().take(ACTIVITIES_MAX).map(|label| json!({ "texte": label, "genre": "activité" })).collect()
}

fn structures(context: &Context<'_>, typed: &str) -> Vec<Value> {
    let what = What { words: ror_search::question_words(typed), ..What::default() };
    let filters = Filters::default();
    let ask = Ask { what: &what, area: None, filters: &filters, page: 1, is_far: false };
    let found = context.finder().find(Kind::Structures, ask).matches;
    let suggestion = |hit: &ror_index::Hit| {
        let card = structure::card(context.reader(), hit, None);
        let address = Address::of_structure(&hit.to_node(), context.portal.services.cog).unwrap_or_default();
        json!({ "texte": card.title, "genre": address.locality, "lien": card.href })
    };
    found.iter().take(STRUCTURES_MAX).map(|found| suggestion(&found.hit)).collect()
}
