//! Numbers of registers: one thing, or nothing.

use ror_index::Hit;
use ror_search::{Handling, NoGeography, ResourceType, parse};
use ror_terminology::Terminology;

use super::Finder;
use crate::question::Number;

/// What a number names.
#[derive(Debug)]
pub(crate) enum Named<'a> {
    /// A structure: its sheet.
    Structure(Hit<'a>),
    /// An offer: its sheet.
    Offer(Hit<'a>),
    /// A professional: the offers in which the public sees them.
    Practitioner(Vec<Hit<'a>>),
}

/// Several resources bear one number.
#[derive(Debug)]
pub(crate) struct Several;

/// What the public sees under that number.
pub(crate) fn named<'a>(finder: Finder<'a>, number: &Number) -> Option<Named<'a>> {
    match number {
        Number::Structure(value) => finder.identified(ResourceType::Organization, value).map(Named::Structure),
        Number::Offer(region, number) => {
            finder.identified(ResourceType::HealthcareService, &format!("{region}/{number}")).map(Named::Offer)
        }
        Number::Practitioner(value) => {
            let practitioner = finder
                .identified(ResourceType::Practitioner, value)
                .or_else(|| finder.identified(ResourceType::Practitioner, &format!("8{value}")))?;
            let offers = finder.offers_of(&practitioner);
            (!offers.is_empty()).then_some(Named::Practitioner(offers))
        }
    }
}

impl<'a> Finder<'a> {
    /// The resource that bears this identifier; the first of those that do, for whoever looks one up.
    pub(crate) fn identified(&self, rtype: ResourceType, value: &str) -> Option<Hit<'a>> {
        self.bearing(rtype, value, "1")?.into_iter().next()
    }

    /// The one resource that bears this identifier, where more than showing it hangs on which one it is.
    pub(crate) fn alone(&self, rtype: ResourceType, value: &str) -> Result<Option<Hit<'a>>, Several> {
        let mut bearing = self.bearing(rtype, value, "2").unwrap_or_default().into_iter();
        match (bearing.next(), bearing.next()) {
            (_, Some(_)) => Err(Several),
            (one, None) => Ok(one),
        }
    }

    /// So many of the resources that bear this identifier, at most.
    fn bearing(&self, rtype: ResourceType, value: &str, count: &str) -> Option<Vec<Hit<'a>>> {
        let escaped: String = value
            .chars()
            .flat_map(|c| if matches!(c, '\\' | ',' | '|' | '$') { vec!['\\', c] } else { vec![c] })
            .collect();
        let pairs = [("identifier".to_owned(), escaped), ("_count".to_owned(), count.to_owned())];
        let query =
            parse(rtype, &pairs, Handling::Lenient, self.registry, Terminology::embedded(), &NoGeography).ok()?;
        Some(self.view.search(&query, None, None).ok()?.matches)
    }

    fn offers_of(&self, practitioner: &Hit<'_>) -> Vec<Hit<'a>> {
        let parameter = self.registry.known(ResourceType::PractitionerRole, "practitioner");
        let roles = self.view.referring(parameter, ResourceType::Practitioner, practitioner.id());
        let mut ids: Vec<String> = roles
            .iter()
            .flat_map(Hit::references)
            .filter(|reference| reference.rtype == ResourceType::HealthcareService)
            .map(|reference| reference.id.to_string())
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids.iter().filter_map(|id| self.view.read(ResourceType::HealthcareService, id)).collect()
    }
}
