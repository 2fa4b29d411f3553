//! From resources, as the public sees them, to what pages show.
//!
//! Only what is in the projection can be shown; what is absent reads « non renseigné », since
//! absent is never "no".

pub(crate) mod address;
pub(crate) mod closing;
pub(crate) mod contacts;
pub(crate) mod hours;
pub(crate) mod node;
pub(crate) mod offer;
pub(crate) mod people;
pub(crate) mod prices;
pub(crate) mod structure;

use ror_index::{Hit, View};
use ror_registers::cog::Cog;
use ror_search::{Registry, ResourceType};

/// What reading a sheet needs.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) view: View<'a>,
    pub(crate) registry: &'static Registry,
    pub(crate) cog: &'static Cog,
    pub(crate) now: ror_fhir::Instant,
}

impl<'a> Reader<'a> {
    /// What the reference of a resource leads to, when the public sees it.
    pub(crate) fn target(&self, hit: &Hit, rtype: ResourceType, parameter: &str) -> Option<Hit<'a>> {
        self.targets(hit, rtype, parameter).into_iter().next()
    }

    /// What the references of a resource lead to.
    pub(crate) fn targets(&self, hit: &Hit, rtype: ResourceType, parameter: &str) -> Vec<Hit<'a>> {
        let parameter = self.registry.known(hit.rtype(), parameter);
        let references = hit.references().filter(|reference| reference.parameter == parameter);
        references
            .filter(|reference| reference.rtype == rtype)
            .filter_map(|reference| self.view.read(rtype, &reference.id))
            .collect()
    }

    /// What refers to a resource, by id: the order of arrival would tell what came and went.
    pub(crate) fn referring(&self, hit: &Hit, from: ResourceType, parameter: &str) -> Vec<Hit<'a>> {
        let mut found = self.view.referring(self.registry.known(from, parameter), hit.rtype(), hit.id());
        found.sort_by(|a, b| a.id().cmp(b.id()));
        found
    }
}
