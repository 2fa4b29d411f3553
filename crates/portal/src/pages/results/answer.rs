//! From results to what the page shows of them.

use std::collections::BTreeMap;

use ror_terminology::Terminology;

use super::links::{self, Address};
use super::{Shown, Tab};
use crate::components::filters::{Choice, FilterGroup, Filters as FilterView};
use crate::components::pages::PageLinks;
use crate::components::result::Card;
use crate::find::{Ask, Filters, Found, Match, PAGE_SIZE, RADII_KM};
use crate::french;
use crate::map;
use crate::needs::Kind;
use crate::pages::Context;
use crate::place::Area;
use crate::question::What;
use crate::sheet::{offer, structure};

const FIELD: &str = "https://mos.esante.gouv.fr/NOS/TRE_R227-ChampActivite/FHIR/TRE-R227-ChampActivite";
const MODE: &str = "https://mos.esante.gouv.fr/NOS/TRE_R213-ModePriseEnCharge/FHIR/TRE-R213-ModePriseEnCharge";
const CATEGORIES: [&str; 2] = [
    "https://mos.esante.gouv.fr/NOS/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement",
    "https://mos.esante.gouv.fr/NOS/TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite",
];
/// Most choices in a filter, the most frequent ones.
const CHOICES_MAX: usize = 10;

/// Results of both kinds; one of them is shown.
pub(super) struct Answer<'a> {
    kind: Kind,
    shown: Found<'a>,
    other_total: u64,
    filters: Filters,
    page: usize,
}

impl<'a> Answer<'a> {
    /// Looks for both kinds; `is_far`: at any distance, for a kind that is nowhere near.
    pub(super) fn find(
        context: &Context<'a>,
        what: &What<'_>,
        area: Option<&Area>,
        filters: &Filters,
        (page, is_far): (usize, bool),
    ) -> Self {
        let asked = links::kind(context);
        let first = asked.or(what.need.map(|need| need.first)).unwrap_or(Kind::Structures);
        let other = links::opposite(first);
        let finder = context.finder();
        let near = Ask { what, area, filters, page, is_far: false };
        let far = Ask { is_far: true, ..near };
        let find = |kind| {
            let found = finder.find(kind, near);
            if found.total == 0 && is_far { finder.find(kind, far) } else { found }
        };
        let (shown, other_total) = (find(first), finder.total(other, near));
        let other_total = if other_total == 0 && is_far { finder.total(other, far) } else { other_total };
        let (kind, shown, other_total) = if asked.is_none() && shown.total == 0 && other_total > 0 {
            (other, find(other), 0)
        } else {
            (first, shown, other_total)
        };
        Self { kind, shown, other_total, filters: filters.clone(), page }
    }

    /// Whether nothing of the kind that is shown is found.
    pub(super) const fn shows_nothing(&self) -> bool {
        self.shown.total == 0
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.shown.total == 0 && self.other_total == 0
    }

    pub(super) fn show(&self, context: &Context<'_>, what: &What<'_>, area: Option<&Area>, address: &Address) -> Shown {
        let from = area.and_then(Area::position);
        let reader = context.reader();
        let first = (self.page - 1) * PAGE_SIZE + 1;
        let card = |(at, found): (usize, &Match)| {
            let card = match self.kind {
                Kind::Offers => offer::card(reader, &found.hit, from),
                Kind::Structures => structure::card(reader, &found.hit, from),
            };
            let distance = found.distance_km.map(french::distance);
            Card { number: first + at, distance, ..card }
        };
        let mut placed: Vec<Card> = self.shown.matches.iter().enumerate().map(card).collect();
        let shown = placed.iter().filter(|card| card.position.is_some()).count() as u64;
        let title = format!(
            "{} de cette page sur la carte ; chaque numéro renvoie à la liste, qui dit tout",
            french::count(shown, "résultat", "résultats")
        );
        let map = map::draw(context.portal, &placed, from, departement(area), &title);
        let unplaced = if from.is_some() {
            let at = placed.iter().position(|card| card.distance.is_none()).unwrap_or(placed.len());
            placed.split_off(at)
        } else {
            Vec::new()
        };
        Shown {
            summary: self.summary(what, area),
            is_beyond: self.shown.total > 0 && self.shown.matches.is_empty(),
            tabs: self.tabs(address),
            filters: self.filter_view(address),
            placed,
            unplaced_title: "Sans position connue, de la commune la plus proche à la plus éloignée".to_owned(),
            unplaced,
            map,
            pages: self.pages(address),
        }
    }

    fn summary(&self, what: &What<'_>, area: Option<&Area>) -> String {
        let count = french::count(self.shown.total, "résultat", "résultats");
        let order = match (area, self.shown.radius_km) {
            // Nothing has neither order nor position.
            (Some(area), Some(radius)) if self.shown.total == 0 => {
                format!(" à moins de {radius}\u{a0}km {}", french::of(area.label()))
            }
            (Some(area), None) if self.shown.total == 0 => format!(" : {}", area.label()),
            (None, _) if self.shown.total == 0 => " dans toute la France".to_owned(),
            (Some(area), Some(_)) if self.shown.unplaced == self.shown.total => {
                format!(" {} et alentour, sans position connue", french::at(area.label()))
            }
            (Some(area), None) if area.position().is_some() => format!(
                " : aucun à moins de {}\u{a0}km {}, voici du plus proche au plus éloigné",
                RADII_KM[RADII_KM.len() - 1],
                french::of(area.label())
            ),
            (Some(area), Some(radius)) => {
                let place = french::of(area.label());
                let unplaced = match self.shown.unplaced {
                    0 => String::new(),
                    count => format!(", dont {} sans position", french::number(count)),
                };
                format!(" à moins de {radius}\u{a0}km {place}, du plus proche au plus éloigné{unplaced}")
            }
            (Some(area), _) => format!(" : {}, dans un ordre tiré au sort chaque jour", area.label()),
            (None, _) => " dans toute la France, dans un ordre tiré au sort chaque jour".to_owned(),
        };
        // The title says it unless other words were typed beside.
        let understood = what
            .need
            .filter(|_| !what.words.is_empty())
            .map(|need| format!(" – compris comme «\u{a0}{}\u{a0}»", need.label))
            .unwrap_or_default();
        format!("{count}{order}{understood}")
    }

    fn tabs(&self, address: &Address) -> Vec<Tab> {
        let total = |kind| if kind == self.kind { self.shown.total } else { self.other_total };
        let tab = |(kind, label): (Kind, &str)| {
            let filters = Filters { radius_km: self.filters.radius_km, ..Filters::default() };
            let filters = if kind == self.kind { self.filters.clone() } else { filters };
            Tab {
                label: format!("{label} ({})", french::number(total(kind))),
                href: Address { kind: Some(kind), filters, page: 1, ..address.clone() }.href(),
                is_current: kind == self.kind,
            }
        };
        let kinds = [(Kind::Offers, "Soins et services"), (Kind::Structures, "Établissements et cabinets")];
        kinds.into_iter().filter(|(kind, _)| *kind == self.kind || total(*kind) > 0).map(tab).collect()
    }

    fn filter_view(&self, address: &Address) -> FilterView {
        let with = |filters: Filters| Address { kind: Some(self.kind), filters, page: 1, ..address.clone() }.href();
        let counts = &self.shown.counts;
        let mut groups = Vec::new();
        if let Some(widest) = self.shown.radius_km {
            let choices = RADII_KM.iter().map(|radius| Choice {
                label: format!("moins de {radius}\u{a0}km"),
                count: counts.radii_km.get(radius).map(|count| french::number(*count)),
                href: with(Filters { radius_km: Some(*radius), ..self.filters.clone() }),
                is_taken: *radius == widest,
            });
            groups.push(FilterGroup { id: "rayon", title: "Distance", choices: choices.collect() });
        }
        let group = |id,
                     title,
                     counts: &BTreeMap<String, u64>,
                     systems: &[&str],
                     taken: Option<&str>,
                     set: &dyn Fn(Option<String>) -> Filters| {
            let choices = choices(counts, systems, taken, &|code| with(set(code)));
            (choices.len() > 1 || taken.is_some()).then_some(FilterGroup { id, title, choices })
        };
        let now = &self.filters;
        groups.extend(group("champ", "Domaine", &counts.fields, &[FIELD], now.field.as_deref(), &|field| Filters {
            field,
            ..now.clone()
        }));
        groups.extend(group("mode", "Mode de prise en charge", &counts.modes, &[MODE], now.mode.as_deref(), &|mode| {
            Filters { mode, ..now.clone() }
        }));
        groups.extend(group(
            "categorie",
            "Catégorie",
            &counts.categories,
            &CATEGORIES,
            now.category.as_deref(),
            &|category| Filters { category, ..now.clone() },
        ));
        FilterView { groups, clear: (*now != Filters::default()).then(|| with(Filters::default())) }
    }

    fn pages(&self, address: &Address) -> PageLinks {
        let last = (self.shown.total as usize).div_ceil(PAGE_SIZE).max(1);
        let to =
            |page| Address { kind: Some(self.kind), filters: self.filters.clone(), page, ..address.clone() }.href();
        PageLinks {
            current: self.page,
            last,
            previous: (self.page > 1).then(|| to((self.page - 1).min(last))),
            next: (self.page < last).then(|| to(self.page + 1)),
            first: (self.page > 2).then(|| to(1)),
            end: (self.page + 1 < last).then(|| to(last)),
        }
    }
}

/// The title of a page of results.
pub(super) fn title(what: &What<'_>, area: Option<&Area>) -> String {
    let what = match what.need {
        Some(need) if what.words.is_empty() => need.label.clone(),
        _ if what.typed.is_empty() => "Soins et services".to_owned(),
        _ => what.typed.clone(),
    };
    match area {
        Some(area) => format!("{what} : {}", area.label()),
        None => what,
    }
}

fn departement(area: Option<&Area>) -> Option<&str> {
    match area {
        Some(Area::Departement { code, .. }) => Some(code),
        _ => None,
    }
}

/// The most frequent codes, and the one taken.
fn choices(
    counts: &BTreeMap<String, u64>,
    systems: &[&str],
    taken: Option<&str>,
    href: &dyn Fn(Option<String>) -> String,
) -> Vec<Choice> {
    let mut frequent: Vec<(&String, &u64)> = counts.iter().collect();
    frequent.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let at = frequent.iter().position(|(code, _)| Some(code.as_str()) == taken).filter(|at| *at >= CHOICES_MAX);
    let kept: Vec<(&String, &u64)> =
        frequent.iter().take(CHOICES_MAX).copied().chain(at.map(|at| frequent[at])).collect();
    let label = |code: &str| systems.iter().find_map(|system| Terminology::embedded().display(system, code));
    let choice = |(code, count): (&String, &u64)| {
        let is_taken = Some(code.as_str()) == taken;
        Some(Choice {
            label: label(code)?.to_owned(),
            count: Some(french::number(*count)),
            href: href((!is_taken).then(|| code.clone())),
            is_taken,
        })
    };
    kept.into_iter().filter_map(choice).collect()
}

#[cfg(test)]
mod tests {
    use ror_registers::cog::Cog;

    use super::*;
    use crate::place::{Places, Reading};

    #[test]
    fn the_summary_says_how_many_where_and_in_what_order() {
        let Reading::One(oyonnax, _) = Places::new(Cog::embedded()).read("Oyonnax") else { panic!("one Oyonnax") };
        let told = |area, total, unplaced, radius_km| {
            let shown = Found { total, unplaced, radius_km, ..Found::default() };
            let answer = Answer { kind: Kind::Structures, shown, other_total: 3, filters: Filters::default(), page: 1 };
            answer.summary(&What::default(), area).replace('\u{a0}', " ")
        };
        let near = Some(&oyonnax);
        for (area, total, unplaced, radius_km, expected) in [
            (near, 0, 0, Some(5), "0 résultat à moins de 5 km d’Oyonnax (01)"),
            (near, 0, 0, None, "0 résultat : Oyonnax (01)"),
            (None, 0, 0, None, "0 résultat dans toute la France"),
            (near, 2, 2, Some(5), "2 résultats à Oyonnax (01) et alentour, sans position connue"),
            (near, 2, 0, Some(5), "2 résultats à moins de 5 km d’Oyonnax (01), du plus proche au plus éloigné"),
            (
                near,
                3,
                1,
                Some(5),
                "3 résultats à moins de 5 km d’Oyonnax (01), du plus proche au plus éloigné, dont 1 sans position",
            ),
        ] {
            assert_eq!(told(area, total, unplaced, radius_km), expected);
        }
    }
}
