//! The first page: two fields, common needs, living figures, what changed last.

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use ror_fhir::{DateTime, Instant};
use ror_search::{Comparison, Filter, Query, ResourceType, ResultParameters, Sort, SortBy, Test};

use super::{Context, Frame};
use crate::components::figures::{Figure, FigureRow};
use crate::components::needs::{NeedLink, NeedLinks};
use crate::components::result::Card;
use crate::components::search_form::SearchForm;
use crate::find::{Ask, Filters};
use crate::french;
use crate::needs::{Kind, Need};
use crate::question::What;
use crate::respond;
use crate::sheet::offer;

/// What counts as confirmed or updated this month.
const MONTH_MS: i64 = 30 * 86_400_000;
/// One offer, or several, whose update is recent.
const CONFIRMED: (&str, &str) = ("offre confirmée ou mise à jour", "offres confirmées ou mises à jour");
/// Offers shown as changed last.
const LATEST: usize = 3;
/// Figures are counted again at most this often, and at each change of the directory.
const KEPT_MS: i64 = 60_000;

/// What the first page counts, of one moment of the directory.
#[derive(Debug)]
pub(crate) struct Figures {
    offers: u64,
    structures: u64,
    fresh: u64,
    latest: Option<Instant>,
    /// The offers on the cards, each of whose readings is kept as if it was read anew (D63).
    shown: Vec<String>,
    cards: Vec<Card>,
    needs: Vec<NeedLink>,
}

#[derive(Template)]
#[template(path = "pages/home/page.html")]
struct Page {
    frame: Frame,
    form: SearchForm,
    needs: NeedLinks,
    figures: FigureRow,
    /// How old the data are.
    age: Option<String>,
    cards: Vec<Card>,
    is_empty: bool,
}

pub(crate) fn page(context: &Context<'_>) -> Response<Body> {
    let figures = counted(context);
    for id in &figures.shown {
        if let Some(hit) = context.view.read(ResourceType::HealthcareService, id) {
            hit.shown();
        }
    }
    let page = Page {
        frame: context.frame("Trouver un soin, un service, un accompagnement – ROR"),
        form: SearchForm { is_large: true, ..SearchForm::default() },
        needs: NeedLinks { items: figures.needs.clone() },
        figures: row(&figures),
        age: figures.latest.map(|latest| {
            let fresh = french::count(figures.fresh, CONFIRMED.0, CONFIRMED.1);
            format!("{fresh} depuis 30 jours – données du {}", french::moment(latest))
        }),
        cards: figures.cards.clone(),
        is_empty: figures.offers == 0 && figures.structures == 0,
    };
    respond::page(StatusCode::OK, context.headers, &page)
}

/// The common needs that something answers.
pub(super) fn common_needs(context: &Context<'_>) -> Vec<NeedLink> {
    counted(context).needs.clone()
}

/// The figures of this moment, counted once.
fn counted(context: &Context<'_>) -> Arc<Figures> {
    let mut held = context.portal.figures(context.audience).lock();
    if let Some((seq, at, figures)) = &*held
        && *seq == context.seq
        && (0..KEPT_MS).contains(&(context.now - at))
    {
        return Arc::clone(figures);
    }
    // Counted for all who see as much: what of it is shown to one is noted with their page.
    let figures = Arc::new(count(&Context { view: context.view.aside(), ..*context }));
    *held = Some((context.seq, context.now, Arc::clone(&figures)));
    figures
}

fn count(context: &Context<'_>) -> Figures {
    let view = context.view;
    let since = DateTime::format_instant(context.now - MONTH_MS);
    let fresh = Comparison::parse_date(&format!("ge{since}")).map_or(0, |since| {
        view.total(ResourceType::HealthcareService, &Filter::Test(Test::LastUpdated { any: vec![since] }))
    });
    let latest = latest(context);
    // Older ones are no news: three of many that an import wrote at the same moment.
    let recent = latest.iter().filter(|hit| context.now - hit.updated() <= MONTH_MS);
    Figures {
        offers: view.count(ResourceType::HealthcareService),
        structures: view.count(ResourceType::Organization),
        fresh,
        latest: latest.first().map(ror_index::Hit::updated),
        shown: recent.clone().map(|hit| hit.id().to_owned()).collect(),
        cards: recent
            .enumerate()
            .map(|(at, hit)| Card { number: at + 1, is_numbered: false, ..offer::card(context.reader(), hit, None) })
            .collect(),
        needs: context.portal.needs.home().filter_map(|need| link(context, need)).collect(),
    }
}

fn latest<'a>(context: &Context<'a>) -> Vec<ror_index::Hit<'a>> {
    let result = ResultParameters {
        count: LATEST,
        sort: vec![Sort { by: SortBy::LastUpdated, descending: true }],
        ..ResultParameters::default()
    };
    let query = Query::everything(ResourceType::HealthcareService, result);
    context.view.search(&query, None, None).map(|page| page.matches).unwrap_or_default()
}

/// A need that something answers.
fn link<'a>(context: &'a Context<'_>, need: &'a Need) -> Option<NeedLink> {
    let what = What { typed: need.spelling.clone(), need: Some(need), ..What::default() };
    let filters = Filters::default();
    let ask = Ask { what: &what, area: None, filters: &filters, page: 1, is_far: false };
    let other = if need.first == Kind::Offers { Kind::Structures } else { Kind::Offers };
    let count =
        [need.first, other].into_iter().map(|kind| context.finder().total(kind, ask)).find(|count| *count > 0)?;
    let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("quoi", &need.spelling).finish();
    Some(NeedLink { label: need.home.clone()?, href: format!("/recherche?{query}"), count: french::number(count) })
}

fn row(figures: &Figures) -> FigureRow {
    let share = (figures.fresh * 100).checked_div(figures.offers);
    let mut items = vec![
        Figure {
            value: french::number(figures.offers),
            label: words(figures.offers, "offre décrite", "offres décrites"),
        },
        Figure {
            value: french::number(figures.structures),
            label: words(figures.structures, "structure connue", "structures connues"),
        },
    ];
    if let Some(share) = share {
        let value = match (share, figures.fresh) {
            (0, 1..) => "moins de 1\u{a0}%".to_owned(),
            _ => format!("{share}\u{a0}%"),
        };
        items.push(Figure { value, label: "des offres confirmées ou mises à jour depuis 30 jours".to_owned() });
    }
    FigureRow { items }
}

fn words(count: u64, singular: &str, plural: &str) -> String {
    if count < 2 { singular } else { plural }.to_owned()
}
