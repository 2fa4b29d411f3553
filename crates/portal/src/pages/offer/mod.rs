//! The sheet of an offer, as the public sees it (portal.md §5.2).

use askama::Template;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use ror_search::ResourceType;

use super::{Context, Frame, not_found, site_map};
use crate::components::map::MapView;
use crate::components::notice::Notice;
use crate::components::result::{Card, Phone};
use crate::components::search_form::SearchForm;
use crate::respond;
use crate::sheet::offer::{self, Sheet};

#[derive(Template)]
#[template(path = "pages/offer/page.html")]
struct Page {
    frame: Frame,
    form: SearchForm,
    sheet: Sheet,
    closing: Option<Notice>,
    map: Option<MapView>,
    calls: Vec<Phone>,
    itinerary: Option<String>,
    report: String,
}

/// `/offre/{region}/{number}`
pub(crate) fn page(context: &Context<'_>, region: &str, number: &str) -> Response<Body> {
    let found = context.finder().identified(ResourceType::HealthcareService, &format!("{region}/{number}"));
    let Some(hit) = found else { return not_found::page(context) };
    let card = offer::card(context.reader(), &hit, None);
    let sheet = offer::sheet(context.reader(), &hit);
    let first = sheet.places.first();
    let closing =
        sheet.closing.clone().map(|title| Notice { id: "fermeture", title, is_warning: true, ..Notice::default() });
    let departement = first.and_then(|place| place.address.departement.as_deref());
    let map = site_map(context, &places(&card, &sheet), departement);
    let page = Page {
        frame: context.frame(format!("{} – ROR", sheet.title)).with_map(map.as_ref()),
        form: SearchForm::default(),
        map,
        calls: sheet.calls(),
        itinerary: first.and_then(|place| place.address.itinerary()),
        sheet,
        closing,
        report: "/bientot/signaler".to_owned(),
    };
    respond::page(StatusCode::OK, context.headers, &page)
}

/// `/offre/{id}`: a technical id leads to the number (D44).
pub(crate) fn by_id(context: &Context<'_>, id: &str) -> Response<Body> {
    let hit = context.view.read(ResourceType::HealthcareService, id);
    let hit = hit.or_else(|| context.finder().identified(ResourceType::HealthcareService, id));
    match hit {
        Some(hit) => {
            let href = offer::href(&hit, &hit.to_node());
            if href.matches('/').count() == 2 { not_found::page(context) } else { respond::redirect(&href) }
        }
        None => not_found::page(context),
    }
}

/// Each place of the offer as a point.
fn places(card: &Card, sheet: &Sheet) -> Vec<Card> {
    let point = |(at, place): (usize, &offer::Place)| Card {
        number: at + 1,
        title: place.name.clone(),
        position: place.address.position,
        ..card.clone()
    };
    sheet.places.iter().enumerate().map(point).collect()
}
