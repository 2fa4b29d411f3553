//! Results: a list that is complete without the map, filters with counts, and never a dead end.

mod answer;
mod links;

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
use crate::find::{Ask, Filters, Named, PAGES_MAX, mend, named};
use crate::needs::Kind;
use crate::place::{Area, Candidate, Reading};
use crate::question::{self, Question, What};
use crate::respond;
use crate::sheet::{offer, structure};
use answer::Answer;
pub(crate) use links::Address;

/// A page of results.
#[derive(Template)]
#[template(path = "pages/results/page.html")]
struct Page {
    frame: Frame,
    form: SearchForm,
    title: String,
    notices: Vec<Notice>,
    answer: Option<Shown>,
    needs: Option<NeedLinks>,
}

/// What was found, ready to show.
struct Shown {
    summary: String,
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
        let ask = Ask { what: &what, area: None, filters: &filters, page: 1 };
        context.finder().find(Kind::Structures, ask).total > 0
    };
    let asked = question::read(context.parameter("quoi"), context.parameter("ou"), needs, places, &is_name);
    if let Some(number) = &asked.what.number {
        return by_number(context, &asked, number);
    }
    match &asked.place {
        Reading::One(area, others) => listed(context, &asked, Some(area), others),
        Reading::Anywhere if asked.what.is_empty() => nothing_asked(context),
        Reading::Anywhere => listed(context, &asked, None, &[]),
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
        needs: Some(common_needs(context, &asked.place_typed)),
    };
    respond::page(StatusCode::OK, context.headers, &page)
}

fn listed(context: &Context<'_>, asked: &Question<'_>, area: Option<&Area>, others: &[Candidate]) -> Response<Body> {
    let mut notices = Vec::new();
    if !others.is_empty() {
        notices.push(Notice {
            id: "meme-nom",
            title: "D’autres lieux portent ce nom".to_owned(),
            links: links::to_places(&asked.what, others),
            ..Notice::default()
        });
    }
    let filters = links::filters(context);
    let page_number = context.parameter("page").parse().unwrap_or(1).clamp(1, PAGES_MAX);
    let mut what = asked.what.clone();
    let mut answer = Answer::find(context, &what, area, &filters, page_number);
    if answer.is_empty()
        && filters == Filters::default()
        && let Some((mended, notice)) = mended(context, asked, area)
    {
        answer = Answer::find(context, &mended, area, &filters, page_number);
        what = mended;
        notices.insert(0, notice);
    }
    if answer.is_empty() {
        notices.push(nothing_found(asked, area, &filters));
    }
    let title = answer::title(&what, area);
    let is_empty = answer.is_empty();
    let address = Address::of(context, asked);
    let answer = (!is_empty).then(|| answer.show(context, &what, area, &address));
    let map = answer.as_ref().and_then(|shown| shown.map.as_ref());
    let page = Page {
        frame: context.frame(format!("{title} – ROR")).with_map(map).not_indexed(),
        form: form(asked),
        notices,
        answer,
        title,
        needs: is_empty.then(|| common_needs(context, &asked.place_typed)),
    };
    respond::page(StatusCode::OK, context.headers, &page)
}

/// The question with its typing mistakes mended, or without the words that nothing holds.
fn mended<'a>(context: &'a Context<'_>, asked: &Question<'_>, area: Option<&Area>) -> Option<(What<'a>, Notice)> {
    let needs = context.portal.needs;
    let finds = |what: &What<'_>| {
        let filters = Filters::default();
        let ask = Ask { what, area, filters: &filters, page: 1 };
        [Kind::Offers, Kind::Structures].into_iter().any(|kind| context.finder().find(kind, ask).total > 0)
    };
    if let Some(words) = mend(context.finder(), needs, &asked.what.words) {
        let mut text = words.join(" ");
        if let Some(need) = asked.what.need {
            text = format!("{} {text}", need.spelling);
        }
        let what = question::understand(&text, needs);
        if finds(&what) {
            let title = format!("Résultats pour «\u{a0}{text}\u{a0}»");
            let lines = vec![format!("Rien ne correspond à «\u{a0}{}\u{a0}».", asked.what.typed)];
            return Some((what, Notice { id: "orthographe", title, lines, ..Notice::default() }));
        }
    }
    let need = asked.what.need.filter(|_| !asked.what.words.is_empty())?;
    let what = question::understand(&need.spelling, needs);
    finds(&what).then(|| {
        let title = format!("Résultats pour «\u{a0}{}\u{a0}»", need.label);
        let lines = vec![format!("Rien ne correspond à tous les mots de «\u{a0}{}\u{a0}».", asked.what.typed)];
        (what, Notice { id: "mots-en-trop", title, lines, ..Notice::default() })
    })
}

/// Zero results: what to try.
fn nothing_found(asked: &Question<'_>, area: Option<&Area>, filters: &Filters) -> Notice {
    let link = |text: &str, address: Address| crate::components::notice::NoticeLink {
        text: text.to_owned(),
        hint: String::new(),
        href: address.href(),
    };
    let (what, place) = (asked.what.typed.clone(), asked.place_typed.clone());
    let mut links = Vec::new();
    if *filters != Filters::default() {
        links.push(link(
            "Retirer les filtres",
            Address { what: what.clone(), place: place.clone(), ..Address::default() },
        ));
    }
    if area.is_some() && !asked.what.is_empty() {
        links.push(link("Chercher partout", Address { what, ..Address::default() }));
    }
    Notice {
        id: "aucun-resultat",
        title: "Aucun résultat".to_owned(),
        lines: vec![
            "Personne n’a encore décrit cette offre ici : cela ne veut pas dire qu’elle n’existe pas.".to_owned(),
            "Essayez un mot plus simple, ou un autre lieu.".to_owned(),
        ],
        links,
        is_warning: false,
    }
}

fn form(asked: &Question<'_>) -> SearchForm {
    SearchForm { what: asked.what.typed.clone(), place: asked.place_typed.clone(), is_large: false }
}

fn common_needs(context: &Context<'_>, place: &str) -> NeedLinks {
    let place: String = form_urlencoded::Serializer::new(String::new()).append_pair("ou", place).finish();
    let link = |need: NeedLink| match place.as_str() {
        "ou=" => need,
        // The counts are those of the whole country.
        _ => NeedLink { href: format!("{}&{place}", need.href), count: String::new(), ..need },
    };
    NeedLinks { items: super::home::common_needs(context).into_iter().map(link).collect() }
}
