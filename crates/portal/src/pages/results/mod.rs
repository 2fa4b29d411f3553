//! Results: a list that is complete without the map, filters with counts, and never a dead end.

mod answer;
mod links;
mod mended;
mod nothing;

use askama::Template;
use axum::body::Body;
use axum::http::{Response, StatusCode};

use super::{Context, Frame};
use crate::components::filters::Filters as FilterView;
use crate::components::map::MapView;
use crate::components::needs::{NeedLink, NeedLinks};
use crate::components::notice::Notice;
use crate::components::pages::PageLinks;
use crate::components::result::Card;
use crate::components::search_form::SearchForm;
use crate::find::{Ask, Filters, Named, named};
use crate::french;
use crate::needs::Kind;
use crate::place::{Area, Candidate, Reading};
use crate::question::{self, Question, What};
use crate::respond;
use crate::sheet::{offer, structure};
use answer::Answer;
pub(crate) use links::Address;

const COMMON_NEEDS: &str = "Besoins courants";

/// A page of results.
#[derive(Template)]
#[template(path = "pages/results/page.html")]
struct Page {
    frame: Frame,
    form: SearchForm,
    title: String,
    notices: Vec<Notice>,
    answer: Option<Shown>,
    needs_title: String,
    needs: Option<NeedLinks>,
}

/// What was found, ready to show.
struct Shown {
    summary: String,
    /// Whether the page is after the last one.
    is_beyond: bool,
    tabs: Vec<Tab>,
    filters: FilterView,
    /// Results with a distance, or all of them.
    placed: Vec<Card>,
    /// Said before those that have no distance.
    unplaced_title: String,
    unplaced: Vec<Card>,
    map: Option<MapView>,
    pages: PageLinks,
}

struct Tab {
    label: String,
    href: String,
    is_current: bool,
}

pub(crate) fn page(context: &Context<'_>) -> Response<Body> {
    let (places, needs) = (&context.portal.places, context.portal.needs);
    let is_name = |words: &[String]| {
        let what = What { words: words.to_vec(), ..What::default() };
        let filters = Filters::default();
        let ask = Ask { what: &what, area: None, filters: &filters, page: 1, is_far: false };
        context.finder().total(Kind::Structures, ask) > 0
    };
    let asked = question::read(context.parameter("quoi"), context.parameter("ou"), needs, places, &is_name);
    if let Some(number) = &asked.what.number {
        return by_number(context, &asked, number);
    }
    match &asked.place {
        Reading::One(area, others) => listed(context, &asked, read_so(&asked, area, others)),
        Reading::Mended(area, others) => listed(context, &asked, vec![mended::place(&asked, area, others)]),
        Reading::Anywhere if asked.what.is_empty() => nothing_asked(context),
        Reading::Anywhere => listed(context, &asked, Vec::new()),
        Reading::Several(candidates) => which_place(context, &asked, candidates),
        Reading::Unknown(near) => unknown_place(context, &asked, near),
        Reading::Here => {
            let line = "Votre navigateur n’a pas donné votre position. Tapez une commune ou un code postal.".to_owned();
            let notice =
                Notice { id: "ici", title: "Où êtes-vous ?".to_owned(), lines: vec![line], ..Notice::default() };
            told(context, &asked, vec![notice], "Où êtes-vous ?")
        }
    }
}

/// A number names one thing: its sheet, or a page that says that nothing bears it.
fn by_number(context: &Context<'_>, asked: &Question<'_>, number: &question::Number) -> Response<Body> {
    match named(context.finder(), number) {
        Some(Named::Structure(hit)) => respond::redirect(&structure::href(&hit, &hit.to_node())),
        Some(Named::Offer(hit)) => respond::redirect(&offer::href(&hit, &hit.to_node())),
        Some(Named::Practitioner(offers)) => {
            let hits: Vec<_> = offers.iter().collect();
            if let [only] = hits[..] {
                return respond::redirect(&offer::href(only, &only.to_node()));
            }
            let link = |hit: &&ror_index::Hit| {
                let node = hit.to_node();
                crate::components::notice::NoticeLink {
                    text: offer::title(&node),
                    hint: String::new(),
                    href: offer::href(hit, &node),
                }
            };
            let links = hits.iter().map(link).collect();
            let title = "Ce professionnel exerce dans plusieurs offres".to_owned();
            told(context, asked, vec![Notice { id: "rpps", title, links, ..Notice::default() }], "Résultats")
        }
        None => {
            let notice = Notice {
                id: "numero-inconnu",
                title: "Aucune fiche publique ne porte ce numéro".to_owned(),
                lines: vec![
                    "Les numéros reconnus sont ceux de FINESS (9 caractères), du RPPS (11 chiffres) et des offres (région/numéro)."
                        .to_owned(),
                ],
                ..Notice::default()
            };
            told(context, asked, vec![notice], "Numéro inconnu")
        }
    }
}

fn which_place(context: &Context<'_>, asked: &Question<'_>, candidates: &[Candidate]) -> Response<Body> {
    let notice = Notice {
        id: "homonymes",
        title: format!("Quel lieu appelé «\u{a0}{}\u{a0}» ?", asked.place_typed),
        links: links::to_places(&asked.what, candidates),
        ..Notice::default()
    };
    told(context, asked, vec![notice], &format!("Quel «\u{a0}{}\u{a0}» ?", asked.place_typed))
}

fn unknown_place(context: &Context<'_>, asked: &Question<'_>, near: &[Candidate]) -> Response<Body> {
    let mut lines = vec!["Essayez une commune, un code postal, un département ou une région.".to_owned()];
    if !near.is_empty() {
        lines.push("Vouliez-vous dire :".to_owned());
    }
    let mut links = links::to_places(&asked.what, near);
    if !asked.what.is_empty() {
        links.push(crate::components::notice::NoticeLink {
            text: "Chercher partout".to_owned(),
            hint: String::new(),
            href: Address { what: asked.what.typed.clone(), ..Address::default() }.href(),
        });
    }
    let title = format!("Lieu inconnu : «\u{a0}{}\u{a0}»", asked.place_typed);
    told(context, asked, vec![Notice { id: "lieu-inconnu", title, lines, links, ..Notice::default() }], "Lieu inconnu")
}

fn nothing_asked(context: &Context<'_>) -> Response<Body> {
    let asked = Question { what: What::default(), place_typed: String::new(), place: Reading::Anywhere };
    let notice = Notice {
        id: "rien",
        title: "Que cherchez-vous ?".to_owned(),
        lines: vec![
            "Un soin, un métier, un équipement, un nom, un numéro FINESS… ou l’un de ces besoins courants :".to_owned(),
        ],
        ..Notice::default()
    };
    told(context, &asked, vec![notice], "Rechercher")
}

/// A page without results: the form, what to say, and common needs.
fn told(context: &Context<'_>, asked: &Question<'_>, notices: Vec<Notice>, title: &str) -> Response<Body> {
    let page = Page {
        frame: context.frame(format!("{title} – ROR")).not_indexed(),
        form: form(asked),
        title: title.to_owned(),
        notices,
        answer: None,
        needs_title: COMMON_NEEDS.to_owned(),
        needs: Some(common_needs(context, &asked.place_typed)),
    };
    respond::page(StatusCode::OK, context.headers, &page)
}

/// What is to be said of how a place was read: it has another name now, or shares its own.
fn read_so(asked: &Question<'_>, area: &Area, others: &[Candidate]) -> Vec<Notice> {
    let mut notices = Vec::new();
    if let Area::Around { formerly: Some(former), label, .. } = area {
        let title = format!("{former} fait aujourd’hui partie de la commune {}", french::of(label));
        notices.push(Notice { id: "ancienne-commune", title, ..Notice::default() });
    }
    if !others.is_empty() {
        notices.push(Notice {
            id: "meme-nom",
            title: "D’autres lieux portent ce nom".to_owned(),
            links: links::to_places(&asked.what, others),
            ..Notice::default()
        });
    }
    notices
}

fn listed(context: &Context<'_>, asked: &Question<'_>, mut notices: Vec<Notice>) -> Response<Body> {
    let filters = links::filters(context);
    let page = context.parameter("page").parse::<u32>().unwrap_or(1).max(1) as usize;
    let mut answer = Answer::find(context, &asked.what, asked.area(), &filters, (page, false));
    let mended = (answer.is_empty() && filters == Filters::default()).then(|| mended::line(context, asked)).flatten();
    let asked = mended.as_ref().map_or(asked, |(asked, _)| asked);
    if let Some((_, told)) = &mended {
        answer = Answer::find(context, &asked.what, asked.area(), &filters, (page, false));
        notices.splice(0..0, told.iter().cloned());
    }
    if answer.shows_nothing()
        && filters.radius_km.is_none()
        && asked.area().is_some_and(|area| area.position().is_some())
    {
        answer = Answer::find(context, &asked.what, asked.area(), &filters, (page, true));
    }
    if answer.shows_nothing() {
        notices.push(nothing::found(context, asked, &filters));
    }
    let title = answer::title(&asked.what, asked.area());
    let is_empty = answer.is_empty();
    let address = Address::of(context, asked);
    let answer = (!is_empty).then(|| answer.show(context, &asked.what, asked.area(), &address));
    let map = answer.as_ref().and_then(|shown| shown.map.as_ref());
    let (needs_title, needs) = if is_empty { nothing::needs(context, asked) } else { Default::default() };
    let page = Page {
        frame: context.frame(format!("{title} – ROR")).with_map(map).not_indexed(),
        form: form(asked),
        notices,
        answer,
        title,
        needs_title,
        needs,
    };
    respond::page(StatusCode::OK, context.headers, &page)
}

fn form(asked: &Question<'_>) -> SearchForm {
    SearchForm { what: asked.what.typed.clone(), place: asked.place_typed.clone(), is_large: false }
}

/// Common needs, at a place that is not read yet: without counts, which would be those of the whole country.
fn common_needs(context: &Context<'_>, place: &str) -> NeedLinks {
    let place: String = form_urlencoded::Serializer::new(String::new()).append_pair("ou", place).finish();
    let link = |need: NeedLink| match place.as_str() {
        "ou=" => need,
        _ => NeedLink { href: format!("{}&{place}", need.href), count: String::new(), ..need },
    };
    NeedLinks { items: super::home::common_needs(context).into_iter().map(link).collect() }
}
