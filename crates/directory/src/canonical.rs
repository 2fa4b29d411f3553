//! The one form in which a resource is kept: what is written, less what the server gives.

use ror_fhir::{DateTime, Instant, Node, Object, node};
use ror_search::ResourceType;

/// Extension that dates the creation of a record.
const CREATION_DATE: &str = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-meta-creation-date";

/// A resource that cannot be kept at all: it has no shape of a resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RefusedShape {
    /// Why, in French.
    pub message: String,
}

/// Reads the type of a resource.
///
/// # Errors
/// [`RefusedShape`] when it is no JSON object, or of no type that the directory keeps.
pub(crate) fn resource_type(resource: &Node) -> Result<ResourceType, RefusedShape> {
    if resource.as_object().is_none() {
        let message = format!("Une ressource FHIR est attendue (objet JSON) ; lu : {}.", resource.kind());
        return Err(RefusedShape { message });
    }
    let name = resource
        .str("resourceType")
        .ok_or_else(|| RefusedShape { message: "L'élément resourceType est attendu.".to_owned() })?;
    ResourceType::parse(name)
        .ok_or_else(|| RefusedShape { message: "Ce type de ressource n'est pas tenu par le répertoire.".to_owned() })
}

/// Puts `resourceType` then `meta` first, and leaves out what the server gives itself (id,
/// version, update date) and the narrative, which is never kept (D18).
pub(crate) fn canonical(resource: Node) -> Node {
    let Node::Object(mut object) = resource else { return resource };
    let mut out = Object::new();
    let resource_type = object.remove("resourceType").unwrap_or(Node::Null);
    out.insert("resourceType", resource_type);
    if let Some(Node::Object(mut meta)) = object.remove("meta") {
        meta.remove("versionId");
        meta.remove("lastUpdated");
        if !meta.is_empty() {
            out.insert("meta", meta);
        }
    }
    for dropped in ["id", "text", "contained"] {
        object.remove(dropped);
    }
    for (key, value) in object.iter_mut() {
        out.insert(key, std::mem::replace(value, Node::Null));
    }
    Node::Object(out)
}

/// Gives the record its creation date: the one it has, else the one sent, else `updated` (D38,
/// RG_EXP_023). The guide defines it for its five types of exposition only.
pub(crate) fn date_creation(resource: &mut Node, former: Option<&Node>, updated: Instant) {
    let rtype = resource.str("resourceType").and_then(ResourceType::parse);
    if !rtype.is_some_and(is_dated) {
        return;
    }
    let held = former.and_then(|former| former.extensions(CREATION_DATE).next());
    let sent = resource.extensions(CREATION_DATE).next();
    let is_past = |extension: &&Node| {
        let date = extension.str("valueDateTime").and_then(|text| DateTime::parse(text).ok());
        date.is_some_and(|date| date.start <= updated)
    };
    let kept = held.or(sent.filter(is_past)).cloned();
    let kept =
        kept.unwrap_or_else(|| node!({"url": CREATION_DATE, "valueDateTime": DateTime::format_instant(updated)}));
    let Some(object) = resource.as_object_mut() else { return };
    match object.get_mut("extension") {
        Some(Node::Array(extensions)) => {
            match extensions.iter_mut().find(|extension| extension.str("url") == Some(CREATION_DATE)) {
                Some(extension) => *extension = kept,
                None => extensions.push(kept),
            }
        }
        _ => {
            object.insert("extension", vec![kept]);
        }
    }
}

/// Whether resources of that type carry their creation date.
const fn is_dated(rtype: ResourceType) -> bool {
    match rtype {
        ResourceType::HealthcareService
        | ResourceType::Location
        | ResourceType::Organization
        | ResourceType::Practitioner
        | ResourceType::PractitionerRole => true,
        ResourceType::Questionnaire | ResourceType::Task | ResourceType::Measure | ResourceType::MeasureReport => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_gives_is_left_out_and_the_type_comes_first() {
        let sent = node!({"id": "1", "name": "x", "meta": {"versionId": "3", "lastUpdated": "2026", "tag": [{"code": "84"}]},
            "text": {"div": "secret"}, "resourceType": "Location"});
        assert_eq!(
            canonical(sent).to_text(),
            r#"{"resourceType":"Location","meta":{"tag":[{"code":"84"}]},"name":"x"}"#
        );
        let bare = node!({"resourceType": "Location", "meta": {"versionId": "3"}});
        assert_eq!(canonical(bare).to_text(), r#"{"resourceType":"Location"}"#);
    }

    #[test]
    fn a_creation_date_is_given_once_and_kept() {
        let updated = DateTime::parse("2026-01-15T08:00").expect("valid").start;
        let mut first = node!({"resourceType": "Location"});
        date_creation(&mut first, None, updated);
        let given = first.extensions(CREATION_DATE).next().cloned().expect("given");
        assert_eq!(given.str("valueDateTime"), Some("2026-01-15T08:00:00+01:00"));
        let mut second = node!({"resourceType": "Location",
            "extension": [{"url": CREATION_DATE, "valueDateTime": "2020"}]});
        date_creation(&mut second, Some(&first), updated + 1);
        assert_eq!(second.extensions(CREATION_DATE).next(), Some(&given));
        let mut template = node!({"resourceType": "Questionnaire"});
        date_creation(&mut template, None, updated);
        assert_eq!(template.extensions(CREATION_DATE).count(), 0);
        let mut future = node!({"resourceType": "Location",
            "extension": [{"url": CREATION_DATE, "valueDateTime": "2030"}]});
        date_creation(&mut future, None, updated);
        assert_eq!(future.extensions(CREATION_DATE).next(), Some(&given));
    }

    #[test]
    fn only_resources_of_the_directory_have_a_type() {
        for sent in [node!([]), node!({}), node!({"resourceType": "Patient"}), node!({"resourceType": 3})] {
            assert!(resource_type(&sent).is_err());
        }
        assert_eq!(resource_type(&node!({"resourceType": "Location"})), Ok(ResourceType::Location));
    }
}
