//! Zero results: what to try next, each step with how many results it gives, and whom to ask.

use super::links::{self, Address};
use super::{COMMON_NEEDS, common_needs};
use crate::components::needs::{NeedLink, NeedLinks};
use crate::components::notice::{Notice, NoticeLink};
use crate::find::{Ask, Filters, RADII_KM};
use crate::french;
use crate::needs::Kind;
use crate::pages::{Context, home};
use crate::place::Area;
use crate::question::{Question, What};

/// Around a place, common needs are counted within this distance.
const NEEDS_KM: u32 = 20;

/// What is said when nothing is found.
pub(super) fn found(context: &Context<'_>, asked: &Question<'_>, filters: &Filters) -> Notice {
    let steps = Steps { context, asked, filters };
    let links = steps.fewer_filters().into_iter().chain(steps.wider()).collect();
    Notice {
        id: "aucun-resultat",
        title: "Aucun résultat".to_owned(),
        lines: vec![
            "Personne n’a encore décrit cette offre ici : cela ne veut pas dire qu’elle n’existe pas.".to_owned(),
            "Votre médecin traitant, votre pharmacien ou votre mairie peuvent vous orienter. Si le besoin de soins ne \
             peut pas attendre, appelez le 15."
                .to_owned(),
            "Vous pouvez aussi vérifier l’orthographe, ou essayer un mot plus simple ou un autre lieu.".to_owned(),
        ],
        links,
        is_warning: false,
    }
}

/// Common needs that something answers at that place, counted there.
pub(super) fn needs(context: &Context<'_>, asked: &Question<'_>) -> (String, Option<NeedLinks>) {
    let around = asked.area().filter(|area| !matches!(area, Area::Around { position: None, .. }));
    let Some(area) = around else { return (COMMON_NEEDS.to_owned(), Some(common_needs(context, &asked.place_typed))) };
    let is_around = area.position().is_some();
    let filters = Filters { radius_km: is_around.then_some(NEEDS_KM), ..Filters::default() };
    let count = |what: &What<'_>, kind| total(context, what, Some(area), &filters, kind);
    let links = context.portal.needs.home().filter_map(|need| {
        let what = What { typed: need.spelling.clone(), need: Some(need), ..What::default() };
        let count = [need.first, links::opposite(need.first)].into_iter().map(|kind| count(&what, kind));
        let count = count.into_iter().find(|count| *count > 0)?;
        let place = asked.place_typed.clone();
        let href = Address { what: need.spelling.clone(), place, ..Address::default() }.href();
        Some(NeedLink { label: need.home.clone()?, href, count: french::number(count) })
    });
    let items: Vec<NeedLink> = links.collect();
    if items.is_empty() {
        return (COMMON_NEEDS.to_owned(), Some(NeedLinks { items: home::common_needs(context) }));
    }
    let title = match area {
        Area::Around { label, .. } => format!("Besoins courants à moins de {NEEDS_KM}\u{a0}km {}", french::of(label)),
        Area::Departement { label, .. } | Area::Region { label, .. } => format!("Besoins courants : {label}"),
    };
    (title, Some(NeedLinks { items }))
}

fn total(context: &Context<'_>, what: &What<'_>, area: Option<&Area>, filters: &Filters, kind: Kind) -> u64 {
    context.finder().total(kind, Ask { what, area, filters, page: 1, is_far: false })
}

/// Steps from a question that finds nothing.
struct Steps<'s, 'a> {
    context: &'s Context<'a>,
    asked: &'s Question<'a>,
    filters: &'s Filters,
}

impl Steps<'_, '_> {
    /// The same question with one filter less, where that is enough; else without any.
    fn fewer_filters(&self) -> Vec<NoticeLink> {
        let now = self.filters;
        let less = [
            ("Tous les domaines", now.field.is_some(), Filters { field: None, ..now.clone() }),
            ("Tous les modes de prise en charge", now.mode.is_some(), Filters { mode: None, ..now.clone() }),
            ("Toutes les catégories", now.category.is_some(), Filters { category: None, ..now.clone() }),
        ];
        let less = less.into_iter().filter(|(_, is_set, _)| *is_set);
        let links: Vec<NoticeLink> =
            less.filter_map(|(text, _, filters)| self.link(text, self.asked.area(), &filters)).collect();
        if links.is_empty() && *now != Filters::default() {
            return self.link("Sans aucun filtre", self.asked.area(), &Filters::default()).into_iter().collect();
        }
        links
    }

    /// The same question further away.
    fn wider(&self) -> Vec<NoticeLink> {
        let further = |radius: &u32| self.filters.radius_km.is_some_and(|asked| asked < *radius);
        let circle = RADII_KM.into_iter().filter(further).find_map(|radius| {
            let filters = Filters { radius_km: Some(radius), ..self.filters.clone() };
            self.link(&format!("À moins de {radius}\u{a0}km"), self.asked.area(), &filters)
        });
        let filters = Filters { radius_km: None, ..self.filters.clone() };
        let is_placed = self.asked.area().is_some() && !self.asked.what.is_empty();
        let region = self.asked.area().and_then(|area| self.region(area));
        let region = region.and_then(|area| self.link(area.label(), Some(&area), &filters));
        let everywhere = is_placed.then(|| self.link("Dans toute la France", None, &filters)).flatten();
        circle.into_iter().chain(region).chain(everywhere).collect()
    }

    /// The region around a place.
    fn region(&self, area: &Area) -> Option<Area> {
        let cog = self.context.portal.services.cog;
        let code = match area {
            Area::Around { communes, .. } => cog.commune(communes.first()?)?.region()?,
            Area::Departement { code, .. } => &*cog.departement(code)?.region,
            Area::Region { .. } => return None,
        };
        cog.region(code).map(|region| Area::Region { label: region.name.to_string(), code: region.code.to_string() })
    }

    /// A step, when it finds something, with how much.
    fn link(&self, text: &str, area: Option<&Area>, filters: &Filters) -> Option<NoticeLink> {
        let what = &self.asked.what;
        let first = what.need.map_or(Kind::Structures, |need| need.first);
        let kinds = links::kind(self.context).map_or(vec![first, links::opposite(first)], |asked| vec![asked]);
        let (kind, count) = kinds
            .into_iter()
            .map(|kind| (kind, total(self.context, what, area, filters, kind)))
            .find(|(_, count)| *count > 0)?;
        let place = match area {
            None => String::new(),
            Some(area) if Some(area) == self.asked.area() => self.asked.place_typed.clone(),
            Some(area) => area.label().to_owned(),
        };
        let address = Address { what: what.typed.clone(), place, kind: Some(kind), filters: filters.clone(), page: 1 };
        let hint = french::count(count, "résultat", "résultats");
        Some(NoticeLink { text: text.to_owned(), hint, href: address.href() })
    }
}
