//! Lists as FHIR resources (R4 CodeSystem and ValueSet).

use ror_fhir::{Node, Object, node};

use crate::{CodeSystem, Concept, Content, Heading, Include, Status, ValueSet};

const PUBLISHER: &str = "Agence du Numérique en Santé (ANS)";
const COPYRIGHT: &str = "Nomenclatures des objets de santé (NOS), Agence du Numérique en Santé.";

impl CodeSystem {
    /// The resource. `count` is given for a complete system only: FHIR counts the codes
    /// that exist, and a fragment does not know.
    pub fn to_resource(&self) -> Node {
        let status = if self.content == Content::NotPresent { Status::Unknown } else { Status::Active };
        let mut resource = head("CodeSystem", &self.heading, status, false);
        if let Some(description) = self.description() {
            resource.insert("description", description);
        }
        resource.insert("copyright", COPYRIGHT);
        resource.insert("caseSensitive", true);
        resource.insert("content", self.content.code());
        if self.content == Content::Complete {
            resource.insert("count", self.concepts().len());
        }
        if self.concepts().iter().any(|concept| concept.start.is_some() || concept.end.is_some()) {
            resource.insert(
                "property",
                node!([
                    {"code": "dateValid", "description": "Date de début de validité", "type": "dateTime"},
                    {"code": "dateFin", "description": "Date de fin de validité ou de dépréciation", "type": "dateTime"}
                ]),
            );
        }
        if !self.concepts().is_empty() {
            resource.insert("concept", self.concepts().iter().map(defined).collect::<Vec<_>>());
        }
        resource.into()
    }

    fn description(&self) -> Option<&'static str> {
        match self.content {
            Content::Complete => None,
            Content::Fragment => Some(
                "Partie de la terminologie : les codes des jeux de valeurs et des tables d'association détenus par ce serveur.",
            ),
            Content::NotPresent => {
                Some("Contenu non détenu par ce serveur ; voir le code officiel géographique (INSEE).")
            }
        }
    }
}

impl ValueSet {
    /// The resource, with every code in `compose`.
    pub fn to_resource(&self) -> Node {
        let mut resource = head("ValueSet", &self.heading, self.status, !self.is_held());
        if !self.is_held() {
            resource.insert(
                "description",
                "Contenu non détenu par ce serveur, ou en partie seulement : l'opération $expand est refusée.",
            );
        }
        resource.insert("copyright", COPYRIGHT);
        let include: Vec<Node> = if self.uses.is_empty() {
            self.includes.iter().map(drawn).collect()
        } else {
            self.uses.iter().map(|url| node!({"valueSet": [url]})).collect()
        };
        resource.insert("compose", node!({"include": include}));
        resource.into()
    }
}

/// The elements that both resources begin with.
pub(crate) fn head(rtype: &str, heading: &Heading, status: Status, experimental: bool) -> Object {
    let mut resource = Object::new();
    resource.insert("resourceType", rtype);
    resource.insert("id", heading.id);
    resource.insert("language", "fr");
    resource.insert("url", heading.url);
    if let Some(oid) = heading.oid {
        let value = format!("urn:oid:{oid}");
        resource.insert("identifier", node!([{"system": "urn:ietf:rfc:3986", "value": value}]));
    }
    if let Some(version) = heading.version {
        resource.insert("version", version);
    }
    resource.insert("name", heading.name);
    resource.insert("title", heading.title);
    resource.insert("status", status.code());
    resource.insert("experimental", experimental);
    if let Some(date) = heading.version.and_then(date_of) {
        resource.insert("date", date);
    }
    resource.insert("publisher", PUBLISHER);
    resource
}

/// The day of a version written `AAAAMMJJhhmmss`.
fn date_of(version: &str) -> Option<String> {
    let (year, month, day) = (version.get(..4)?, version.get(4..6)?, version.get(6..8)?);
    Some(format!("{year}-{month}-{day}"))
}

fn defined(concept: &Concept) -> Node {
    let mut out = named(concept);
    let dates = [("dateValid", concept.start), ("dateFin", concept.end)];
    let property: Vec<Node> = dates
        .into_iter()
        .filter_map(|(code, day)| day.map(|day| node!({"code": code, "valueDateTime": day})))
        .collect();
    if !property.is_empty() {
        out.insert("property", property);
    }
    out.into()
}

fn drawn(include: &Include) -> Node {
    let mut out = Object::new();
    out.insert("system", include.system);
    if !include.whole {
        let concepts = include.concepts().iter().map(|concept| Node::from(named(concept)));
        out.insert("concept", concepts.collect::<Vec<_>>());
    }
    out.into()
}

/// Code and label; a concept without label has no `display`.
fn named(concept: &Concept) -> Object {
    let mut out = Object::new();
    out.insert("code", concept.code);
    if let Some(display) = concept.display {
        out.insert("display", display);
    }
    out
}
