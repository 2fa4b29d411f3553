//! Every component with its examples; in the sandbox only.

use askama::Template;
use axum::body::Body;
use axum::http::{Response, StatusCode};

use super::{Context, Frame};
use crate::components::{self, Example};
use crate::respond;

#[derive(Template)]
#[template(path = "pages/examples/page.html")]
struct Page {
    frame: Frame,
    examples: Vec<Example>,
}

pub(crate) fn page(context: &Context<'_>) -> Response<Body> {
    // Several forms and results on one page would share their ids: each example is set apart.
    let examples = components::examples().into_iter().enumerate().map(|(at, example)| set_apart(at, example)).collect();
    let page = Page { frame: context.frame("Composants – ROR").not_indexed(), examples };
    respond::page(StatusCode::OK, context.headers, &page)
}

fn set_apart(at: usize, example: Example) -> Example {
    let mut html = example.html;
    for attribute in ["id=\"", "for=\"", "aria-labelledby=\"", "href=\"#"] {
        html = html.replace(attribute, &format!("{attribute}e{at}-"));
    }
    // Landmarks of the same kind are told apart by their names.
    html = html.replace("aria-label=\"", &format!("aria-label=\"Exemple {at}, "));
    Example { html, ..example }
}
