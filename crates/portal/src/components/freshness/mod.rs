//! How fresh something is, in words.

use askama::Template;
use ror_fhir::Instant;

use super::{Example, examples_of};
use crate::french;

/// Older than this, a sheet is due for its yearly confirmation (domain §4.3).
const OLD_MS: i64 = 365 * 86_400_000;

/// Age and date of the last change.
#[derive(Clone, Debug, Template)]
#[template(path = "components/freshness/template.html")]
pub(crate) struct Freshness {
    pub(crate) ago: String,
    pub(crate) date: String,
    /// Over a year: to be confirmed.
    pub(crate) is_old: bool,
}

impl Freshness {
    /// The freshness of what changed at `then`.
    pub(crate) fn new(now: Instant, then: Instant) -> Self {
        Self { ago: french::ago(now, then), date: french::day(then), is_old: now.saturating_sub(then) > OLD_MS }
    }
}

impl askama::filters::HtmlSafe for Freshness {}

pub(super) fn examples() -> Vec<Example> {
    const NOW: Instant = 1_795_262_700_000;
    let (new, old) = (Freshness::new(NOW, NOW - 7_200_000), Freshness::new(NOW, NOW - 3 * OLD_MS));
    examples_of("Fraîcheur", [("récente", new), ("ancienne", old)])
}
