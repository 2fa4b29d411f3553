//! People: what their sandbox stands on, and the providers they sign in at.

use std::collections::BTreeMap;
use std::sync::Arc;

use ror_directory::Directory;
use ror_fhir::Node;
use ror_identity::Identity;
use ror_identity::people::{DemoScopes, People, PeopleSettings};
use ror_ledger::Ledger;
use ror_registers::cog::{Cog, Commune};
use ror_search::{Filter, ResourceType};

use crate::config::Config;
use crate::environment::{now, random};
use crate::providers::{self, SignIn};
use crate::{data, report};

/// Categories (TRE_R66) in which the sandbox looks for its establishments, best first.
const HOSPITALS: [&str; 3] = ["355", "101", "365"];
const HOMES: [&str; 1] = ["500"];
const PRACTICES: [&str; 1] = ["603"];
/// Offers that one right of the sandbox holds on, at most.
const OFFERS_MAX: usize = 4;

/// The register of people of a server.
pub(crate) fn open(
    ledger: &Arc<dyn Ledger>,
    directory: &Directory,
    identity: &Identity,
    config: &Config,
) -> anyhow::Result<Arc<People>> {
    // No flag opens data that may be real to a button (D56).
    let has_persons = config.sandbox && data::is_synthetic(&**ledger)?;
    if config.sandbox && !has_persons {
        report::complain(
            "bac à sable sans personnes fictives : ces données ne viennent pas toutes de ror demo ou ror synth",
        );
    }
    let sandbox = has_persons.then(|| scopes(directory, identity));
    let providers = config.sign_in.iter().map(SignIn::settings).collect::<anyhow::Result<_>>()?;
    let settings = PeopleSettings { providers, sandbox };
    let fetch = providers::fetch(&config.sign_in)?;
    Ok(Arc::new(People::open(Arc::clone(ledger), settings, Box::new(random), &fetch, Arc::new(now))?))
}

/// An establishment that the public sees.
struct Site {
    finess: String,
    category: String,
    commune: Option<String>,
    /// Numbers of its offers.
    offers: Vec<String>,
}

/// What the persons of the sandbox hold their rights on: found in the data, as the public sees them.
fn scopes(directory: &Directory, identity: &Identity) -> DemoScopes {
    let Ok(grant) = identity.authenticate(None, now()) else { return DemoScopes::default() };
    let snapshot = directory.snapshot();
    let view = snapshot.view(&grant);
    let mut sites: BTreeMap<String, Site> = BTreeMap::new();
    let mut parents: BTreeMap<String, String> = BTreeMap::new();
    for hit in view.matching(ResourceType::Organization, &Filter::All(Vec::new())) {
        let parent = hit.references().find(|reference| reference.rtype == ResourceType::Organization);
        if let Some(parent) = parent {
            parents.insert(hit.id().to_owned(), parent.id.to_string());
            sites.extend(site(&hit.to_node()).map(|site| (hit.id().to_owned(), site)));
        }
    }
    for hit in view.matching(ResourceType::HealthcareService, &Filter::All(Vec::new())) {
        let mut holder = hit.references().find(|it| it.rtype == ResourceType::Organization).map(|it| it.id.to_string());
        let number = identifiers(&hit.to_node()).find(|value| value.contains('/'));
        while let Some(id) = holder {
            if let Some(site) = sites.get_mut(&id) {
                site.offers.extend(number);
                break;
            }
            holder = parents.get(&id).cloned();
        }
    }
    of(sites.into_values().collect())
}

fn of(mut sites: Vec<Site>) -> DemoScopes {
    sites.sort_by(|one, other| one.finess.cmp(&other.finess));
    let best = |categories: &[&str]| {
        let of = |category: &&str| {
            let of_category = sites.iter().filter(|site| site.category == **category);
            // Of those that have as many offers, the first.
            of_category.rev().max_by_key(|site| site.offers.len())
        };
        categories.iter().find_map(of)
    };
    let (hospital, home, practice) = (best(&HOSPITALS), best(&HOMES), best(&PRACTICES));
    let commune = hospital.or(home).and_then(|site| site.commune.clone());
    let known = commune.as_deref().and_then(|code| Cog::embedded().commune(code));
    let number = |site: Option<&Site>| site.map(|site| site.finess.clone());
    let offers =
        |site: Option<&Site>| site.map_or_else(Vec::new, |it| it.offers.iter().take(OFFERS_MAX).cloned().collect());
    DemoScopes {
        region: known.and_then(Commune::region).unwrap_or_default().to_owned(),
        departement: known.map(Commune::departement).unwrap_or_default().to_owned(),
        communes: commune.into_iter().collect(),
        hospital: number(hospital),
        hospital_offers: offers(hospital),
        home: number(home),
        home_offers: offers(home),
        practice: number(practice),
    }
}

fn site(organization: &Node) -> Option<Site> {
    let finess = identifiers(organization).find(|value| value.len() == 9)?;
    let codings = organization.items("type").flat_map(|concept| concept.items("coding"));
    let category = codings
        .filter(|coding| coding.str("system").is_some_and(|system| system.contains("TRE_R66")))
        .find_map(|coding| coding.str("code"))?
        .to_owned();
    let extensions = organization.items("address").flat_map(|address| address.items("extension"));
    let commune = extensions
        .filter(|extension| extension.str("url").is_some_and(|url| url.ends_with("FrAddressInseeCode")))
        .find_map(|extension| Some(extension.get("valueCoding")?.str("code")?.to_owned()));
    Some(Site { finess, category, commune, offers: Vec::new() })
}

fn identifiers(resource: &Node) -> impl Iterator<Item = String> {
    resource.items("identifier").filter_map(|identifier| identifier.str("value").map(str::to_owned))
}
