//! Doors whose page comes later: they say so, and what can be done meanwhile.

use askama::Template;
use axum::body::Body;
use axum::http::{Response, StatusCode};

use super::{Context, Frame, not_found};
use crate::respond;

#[derive(Template)]
#[template(path = "pages/later/page.html")]
struct Page {
    frame: Frame,
    title: &'static str,
    lines: &'static [&'static str],
}

pub(crate) fn page(context: &Context<'_>, door: &str) -> Response<Body> {
    let (title, lines): (&'static str, &'static [&'static str]) = match door {
        "decrire" => (
            "Décrire son offre arrive plus tard",
            &[
                "Cette page sera la vôtre pour dire ce que vous faites, où et quand.",
                "Les logiciels peuvent déjà écrire par l’interface FHIR.",
            ],
        ),
        "lits" => (
            "Mettre à jour ses lits arrive plus tard",
            &[
                "Cette page servira aux établissements, une fois connectés.",
                "Les lits ne sont jamais montrés au public.",
            ],
        ),
        "signaler" => (
            "Signaler une erreur arrive plus tard",
            &[
                "Vous pourrez dire quelle information est fausse, avec ou sans compte.",
                "D’ici là, prévenez la structure : son numéro est sur sa fiche.",
            ],
        ),
        _ => return not_found::page(context),
    };
    let page = Page { frame: context.frame(format!("{title} – ROR")).not_indexed(), title, lines };
    respond::page(StatusCode::OK, context.headers, &page)
}
