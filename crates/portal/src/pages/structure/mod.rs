//! The sheet of a structure.

use askama::Template;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use ror_search::ResourceType;

use super::{Context, Frame, not_found, site_map};
use crate::components::map::MapView;
use crate::components::notice::Notice;
use crate::components::result::Phone;
use crate::components::search_form::SearchForm;
use crate::french;
use crate::respond;
use crate::sheet::address::Address;
use crate::sheet::structure::{self, Sheet};

#[derive(Template)]
#[template(path = "pages/structure/page.html")]
struct Page {
    frame: Frame,
    form: SearchForm,
    sheet: Sheet,
    closing: Option<Notice>,
    map: Option<MapView>,
    calls: Vec<Phone>,
    itinerary: Option<String>,
    offers_count: String,
}

/// `/structure/{number}`; a technical id leads to the number (D44).
pub(crate) fn page(context: &Context<'_>, id: &str) -> Response<Body> {
    let by_number = context.finder().identified(ResourceType::Organization, id);
    let Some(hit) = by_number.or_else(|| context.view.read(ResourceType::Organization, id)) else {
        return not_found::page(context);
    };
    let href = structure::href(&hit, &hit.to_node());
    if href != format!("/structure/{}", structure::segment(id)) {
        return respond::redirect(&href);
    }
    let mut card = structure::card(context.reader(), &hit, None);
    card.number = 1;
    let sheet = structure::sheet(context.reader(), &hit);
    let address = sheet.address.as_ref();
    let closing =
        sheet.closing.clone().map(|title| Notice { id: "fermeture", title, is_warning: true, ..Notice::default() });
    let departement = address.and_then(|address| address.departement.as_deref());
    let map = site_map(context, &[card], departement);
    let page = Page {
        frame: context.frame(format!("{} – ROR", sheet.title)).with_map(map.as_ref()),
        form: SearchForm::default(),
        map,
        calls: sheet.calls(),
        itinerary: address.and_then(Address::itinerary),
        offers_count: french::count(sheet.offers_total, "offre", "offres"),
        sheet,
        closing,
    };
    respond::page(StatusCode::OK, context.headers, &page)
}
