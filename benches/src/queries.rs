//! The questions that consumers ask, drawn from what the directory holds: those of the national
//! mix that the first set of parameters can express.

use std::collections::HashMap;

use anyhow::{anyhow, ensure};
use ror_fhir::Node;
use ror_index::{Hit, View};
use ror_search::{Handling, NoGeography, Query, Registry, ResourceType, parse};
use ror_terminology::Terminology;

use crate::draw::Draw;

/// One question: the type searched and its parameters, decoded.
pub type Question = (ResourceType, Vec<(String, String)>);

/// A kind of question and how often it is asked.
pub struct Kind {
    /// What is asked.
    pub name: &'static str,
    /// Out of a hundred questions of the mix; 0 for one that is only shown.
    pub share: usize,
    ask: fn(&Corpus, &Draw) -> Question,
}

/// What questions are made of, as one audience sees it.
#[derive(Debug, Default)]
pub struct Corpus {
    /// `system|code`, the most frequent first.
    specialties: Vec<String>,
    types: Vec<String>,
    tags: Vec<String>,
    /// Names of cities, the one with most places first, with a point in each.
    cities: Vec<(String, f64, f64)>,
    postal_codes: Vec<String>,
    places: Vec<String>,
    /// First identifier of each structure.
    identifiers: Vec<String>,
    /// Words of names of structures.
    words: Vec<String>,
}

const INCLUDES: [(&str, &str); 4] = [
    ("_include", "HealthcareService:location"),
    ("_include", "HealthcareService:organization"),
    ("_revinclude", "PractitionerRole:service"),
    ("_include:iterate", "PractitionerRole:practitioner"),
];

/// The kinds of questions.
pub const KINDS: [Kind; 9] = [
    Kind { name: "offers near a point, one speciality", share: 30, ask: near_and_speciality },
    Kind { name: "offers by several criteria", share: 20, ask: criteria },
    Kind { name: "structures by a word of their name", share: 8, ask: name },
    Kind { name: "places by city, an accent or a start", share: 4, ask: city },
    Kind { name: "structure by identifier, its whole graph", share: 15, ask: identifier },
    Kind { name: "capacity of 1 to 50 known places", share: 10, ask: known_places },
    Kind { name: "offers of a postal code", share: 5, ask: postal_code },
    Kind { name: "200 offers changed since a date", share: 3, ask: since },
    Kind { name: "(shown) 200 offers within 50 km", share: 0, ask: wide },
];

impl Kind {
    /// Draws a question.
    pub fn draw(&self, corpus: &Corpus, draw: &Draw) -> Question {
        (self.ask)(corpus, draw)
    }
}

/// Reads a question as the API does.
///
/// # Errors
/// When a parameter is refused: the benchmark asks for something that is not served.
pub fn read(question: &Question) -> anyhow::Result<Query> {
    let (registry, terminology) = (Registry::embedded(), Terminology::embedded());
    parse(question.0, &question.1, Handling::Lenient, registry, terminology, &NoGeography)
        .map_err(|errors| anyhow!("{:?}: {errors:?}", question.1))
}

impl Corpus {
    /// Gathers from everything `view` shows.
    ///
    /// # Errors
    /// When there is nothing to ask about.
    pub fn gather(view: &View<'_>) -> anyhow::Result<Self> {
        let (mut specialties, mut types, mut tags, mut cities) = Default::default();
        let mut out = Self::default();
        for offer in all(view, ResourceType::HealthcareService)? {
            let offer = offer.to_node();
            tally(&offer, "specialty", &mut specialties);
            tally(&offer, "type", &mut types);
        }
        for place in all(view, ResourceType::Location)? {
            out.places.push(place.id().to_owned());
            out.take_place(&place.to_node(), &mut cities);
        }
        for structure in all(view, ResourceType::Organization)? {
            out.take_structure(&structure.to_node(), &mut tags);
        }
        (out.specialties, out.types, out.tags) = (frequent(specialties), frequent(types), frequent(tags));
        let mut cities: Vec<_> = cities.into_iter().collect();
        cities.sort_unstable_by(|(a, (m, ..)), (b, (n, ..))| n.cmp(m).then_with(|| a.cmp(b)));
        out.cities = cities.into_iter().map(|(city, (_, latitude, longitude))| (city, latitude, longitude)).collect();
        let is_empty = [&out.specialties, &out.types, &out.tags, &out.postal_codes, &out.identifiers, &out.words]
            .iter()
            .any(|list| list.is_empty());
        ensure!(!is_empty && !out.cities.is_empty() && !out.places.is_empty(), "too little to ask about");
        Ok(out)
    }

    fn take_place(&mut self, place: &Node, cities: &mut HashMap<String, (usize, f64, f64)>) {
        let Some(address) = place.get("address") else { return };
        self.postal_codes.extend(address.str("postalCode").map(str::to_owned));
        let degrees = |key| place.get("position").and_then(|position| position.get(key)).and_then(Node::as_f64);
        if let (Some(city), Some(latitude), Some(longitude)) =
            (address.str("city"), degrees("latitude"), degrees("longitude"))
        {
            cities.entry(city.to_owned()).or_insert((0, latitude, longitude)).0 += 1;
        }
    }

    fn take_structure(&mut self, structure: &Node, tags: &mut HashMap<String, usize>) {
        if let Some(meta) = structure.get("meta") {
            meta.items("tag").filter_map(code).for_each(|tag| *tags.entry(tag).or_default() += 1);
        }
        self.identifiers.extend(structure.items("identifier").find_map(|one| one.str("value")).map(str::to_owned));
        let words = structure.str("name").unwrap_or_default().split(|sign: char| !sign.is_alphanumeric());
        self.words.extend(words.filter(|word| word.chars().count() > 3).map(str::to_owned));
    }

    /// Half of all questions are about ten activities.
    fn speciality(&self, draw: &Draw) -> String {
        let among = if draw.happens(50) { 10.min(self.specialties.len()) } else { self.specialties.len() };
        draw.one(&self.specialties[..among]).clone()
    }

    /// A third of all questions are about twenty cities.
    fn city(&self, draw: &Draw) -> &(String, f64, f64) {
        let among = if draw.happens(35) { 20.min(self.cities.len()) } else { self.cities.len() };
        draw.one(&self.cities[..among])
    }
}

/// Everything of one type that `view` shows, in the order of ids.
///
/// # Errors
/// When a page is refused.
pub fn all<'a>(view: &View<'a>, rtype: ResourceType) -> anyhow::Result<Vec<Hit<'a>>> {
    let query = read(&(rtype, pairs([("_count", "1000".to_owned())])))?;
    let mut hits = Vec::new();
    let mut anchor = None;
    loop {
        let page = view.search(&query, anchor.as_ref(), None).map_err(|error| anyhow!("{error:?}"))?;
        hits.extend(page.matches);
        anchor = page.next;
        if anchor.is_none() {
            return Ok(hits);
        }
    }
}

fn tally(resource: &Node, element: &str, counts: &mut HashMap<String, usize>) {
    for coding in resource.items(element).flat_map(|concept| concept.items("coding")) {
        if let Some(code) = code(coding) {
            *counts.entry(code).or_default() += 1;
        }
    }
}

fn code(coding: &Node) -> Option<String> {
    Some(format!("{}|{}", coding.str("system")?, coding.str("code")?))
}

fn frequent(counts: HashMap<String, usize>) -> Vec<String> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_unstable_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
    counts.into_iter().map(|(code, _)| code).collect()
}

fn pairs<const N: usize>(pairs: [(&str, String); N]) -> Vec<(String, String)> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn offers<const N: usize>(criteria: [(&str, String); N], count: &str) -> Question {
    let mut pairs = pairs(criteria);
    pairs.extend(INCLUDES.map(|(name, value)| (name.to_owned(), value.to_owned())));
    pairs.push(("_count".to_owned(), count.to_owned()));
    (ResourceType::HealthcareService, pairs)
}

fn around(corpus: &Corpus, draw: &Draw, km: usize) -> String {
    let (_, latitude, longitude) = corpus.city(draw);
    format!("{latitude}|{longitude}|{km}|km")
}

fn near_and_speciality(corpus: &Corpus, draw: &Draw) -> Question {
    let km = 5 + draw.below(46);
    offers([("location.near", around(corpus, draw, km)), ("specialty", corpus.speciality(draw))], "20")
}

fn criteria(corpus: &Corpus, draw: &Draw) -> Question {
    let specialities = format!("{},{}", corpus.speciality(draw), corpus.speciality(draw));
    let (kind, tag) = (draw.one(&corpus.types).clone(), draw.one(&corpus.tags).clone());
    let department = draw.one(&corpus.postal_codes).chars().take(2).collect();
    let (specialty, location) = (("specialty", specialities), ("location.address-postalcode", department));
    if draw.happens(50) {
        offers([specialty, ("service-type", kind), location], "20")
    } else {
        offers([specialty, ("_tag", tag), location, ("organization.identifier:missing", "false".to_owned())], "20")
    }
}

fn name(corpus: &Corpus, draw: &Draw) -> Question {
    let word = draw.one(&corpus.words).to_lowercase();
    let name = if draw.happens(50) { "name" } else { "name:contains" };
    (ResourceType::Organization, pairs([(name, word), ("_count", "20".to_owned())]))
}

fn city(corpus: &Corpus, draw: &Draw) -> Question {
    let (city, ..) = corpus.city(draw);
    let start: String = if draw.happens(50) { city.to_lowercase() } else { city.chars().take(4).collect() };
    (ResourceType::Location, pairs([("address-city", start), ("_count", "20".to_owned())]))
}

fn identifier(corpus: &Corpus, draw: &Draw) -> Question {
    let graph = pairs([
        ("identifier", draw.one(&corpus.identifiers).clone()),
        ("_revinclude", "HealthcareService:organization".to_owned()),
        ("_include:iterate", "HealthcareService:location".to_owned()),
        ("_include", "Organization:partof".to_owned()),
    ]);
    (ResourceType::Organization, graph)
}

fn known_places(corpus: &Corpus, draw: &Draw) -> Question {
    let ids: Vec<&str> = (0..=draw.below(50)).map(|_| draw.one(&corpus.places).as_str()).collect();
    let graph = pairs([("_id", ids.join(",")), ("_revinclude", "HealthcareService:location".to_owned())]);
    (ResourceType::Location, graph)
}

fn postal_code(corpus: &Corpus, draw: &Draw) -> Question {
    offers([("location.address-postalcode", draw.one(&corpus.postal_codes).clone())], "20")
}

fn since(_: &Corpus, draw: &Draw) -> Question {
    offers([("_lastUpdated", format!("ge20{:02}-01-01", 20 + draw.below(8)))], "200")
}

fn wide(corpus: &Corpus, draw: &Draw) -> Question {
    offers([("location.near", around(corpus, draw, 50))], "200")
}
