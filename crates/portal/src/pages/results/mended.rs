//! Questions that find nothing as they are: typing mistakes in words and places, words too many.

use ror_search::ResourceType;

use super::links;
use crate::components::notice::Notice;
use crate::find::{Ask, Filters, is_near_everyday, mend};
use crate::needs::Kind;
use crate::pages::Context;
use crate::place::{Area, Candidate};
use crate::question::{self, Question, What};

/// What is said of a place that was mistyped.
pub(super) fn place(asked: &Question<'_>, area: &Area, others: &[Candidate]) -> Notice {
    taken_for(&asked.place_typed, area, links::to_places(&asked.what, others))
}

/// The question mended, when it then finds something: the place at the end of the line, else its words,
/// else without the words that nothing holds; and all that is to be said of it.
pub(super) fn line<'a>(context: &Context<'a>, asked: &Question<'_>) -> Option<(Question<'a>, Vec<Notice>)> {
    let alone = |(mended, notice)| (mended, vec![notice]);
    let of_words = || with_words(context, asked).or_else(|| without_words(context, asked)).map(alone);
    with_place(context, asked).or_else(of_words)
}

fn with_place<'a>(context: &Context<'a>, asked: &Question<'_>) -> Option<(Question<'a>, Vec<Notice>)> {
    if !asked.place_typed.is_empty() {
        return None;
    }
    let (needs, view) = (context.portal.needs, context.view);
    let is_held = |rtype, word: &str| view.vocabulary(rtype, word, 1).first().is_some_and(|(held, _)| held == word);
    let is_word = |word: &str| {
        is_near_everyday(needs, word)
            || [ResourceType::HealthcareService, ResourceType::Organization].iter().any(|rtype| is_held(*rtype, word))
    };
    let (read, typed) = question::mistyped(&asked.what.typed, needs, &context.portal.places, &is_word)?;
    let notice = taken_for(&typed, read.area()?, Vec::new());
    if finds(context, &read) {
        return Some((read, vec![notice]));
    }
    let (read, of_words) = with_words(context, &read)?;
    Some((read, vec![notice, of_words]))
}

fn with_words<'a>(context: &Context<'a>, asked: &Question<'_>) -> Option<(Question<'a>, Notice)> {
    let needs = context.portal.needs;
    let mut text = mend(context.finder(), needs, &asked.what.words)?.join(" ");
    if let Some(need) = asked.what.need {
        text = format!("{} {text}", need.spelling);
    }
    let mended = instead(asked, question::understand(&text, needs));
    finds(context, &mended).then(|| {
        let title = format!("Résultats pour «\u{a0}{text}\u{a0}»");
        let lines = vec![format!("Rien ne correspond à «\u{a0}{}\u{a0}».", asked.what.typed)];
        (mended, Notice { id: "orthographe", title, lines, ..Notice::default() })
    })
}

fn without_words<'a>(context: &Context<'a>, asked: &Question<'_>) -> Option<(Question<'a>, Notice)> {
    let need = asked.what.need.filter(|_| !asked.what.words.is_empty())?;
    let mended = instead(asked, question::understand(&need.spelling, context.portal.needs));
    finds(context, &mended).then(|| {
        let title = format!("Résultats pour «\u{a0}{}\u{a0}»", need.label);
        let lines = vec![format!("Rien ne correspond à tous les mots de «\u{a0}{}\u{a0}».", asked.what.typed)];
        (mended, Notice { id: "mots-en-trop", title, lines, ..Notice::default() })
    })
}

/// Something else looked for at the same place.
fn instead<'a>(asked: &Question<'_>, what: What<'a>) -> Question<'a> {
    Question { what, place_typed: asked.place_typed.clone(), place: asked.place.clone() }
}

fn finds(context: &Context<'_>, asked: &Question<'_>) -> bool {
    let filters = Filters::default();
    let ask = Ask { what: &asked.what, area: asked.area(), filters: &filters, page: 1, is_far: false };
    [Kind::Offers, Kind::Structures].into_iter().any(|kind| context.finder().total(kind, ask) > 0)
}

fn taken_for(typed: &str, area: &Area, links: Vec<crate::components::notice::NoticeLink>) -> Notice {
    let title = format!("«\u{a0}{typed}\u{a0}» compris comme {}", area.label());
    let lines = if links.is_empty() { Vec::new() } else { vec!["Ou bien :".to_owned()] };
    Notice { id: "lieu-compris", title, lines, links, ..Notice::default() }
}
