//! The one form in which a resource is kept: what is written, less what the server gives.

use ror_fhir::{DateTime, Instant, Node, Object, Reference, node};
use ror_search::ResourceType;

use crate::issue::Issue;

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

/// Gives the record its creation date: the one it has, else the one sent, else `updated` (D38, RG_EXP_023).
pub(crate) fn date_creation(resource: &mut Node, former: Option<&Node>, updated: Instant) {
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

/// What is wrong with the shape of a resource, whatever its profile.
pub(crate) fn shape(resource: &Node, rtype: ResourceType) -> Vec<Issue> {
    let mut issues = Vec::new();
    if resource.get("contained").is_some() {
        let message = "Une ressource contenue échapperait aux règles de confidentialité : la créer à part.";
        issues.push(Issue::error("business-rule", Some(format!("{rtype}.contained")), message));
    }
    if resource.get("meta").is_some_and(|meta| meta.as_object().is_none()) {
        issues.push(Issue::error("structure", Some(format!("{rtype}.meta")), "Un objet est attendu."));
    }
    if resource.get("identifier").is_some_and(|identifiers| !is_list_of_objects(identifiers)) {
        issues.push(Issue::error("structure", Some(format!("{rtype}.identifier")), LIST_EXPECTED));
    }
    walk(resource, rtype.name(), &mut issues);
    issues
}

const LIST_EXPECTED: &str = "Une liste d'objets est attendue.";

/// Whether the directory can read and add to this element without losing what was written.
fn is_list_of_objects(value: &Node) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(|item| item.as_object().is_some()))
}

/// Control characters that FHIR allows in a text (FHIR R4 §2.24.0.1): tab, line feed, carriage return.
fn is_forbidden(character: char) -> bool {
    character < ' ' && !matches!(character, '\t' | '\n' | '\r')
}

fn walk(node: &Node, path: &str, issues: &mut Vec<Issue>) {
    match node {
        Node::Object(object) if object.is_empty() => {
            issues.push(Issue::error("structure", Some(path.to_owned()), "Un objet vide n'est pas admis par FHIR."));
        }
        Node::Object(object) => {
            for (key, value) in object.iter() {
                let path = format!("{path}.{key}");
                if key == "reference" {
                    check_reference(value, &path, issues);
                }
                if matches!(key, "extension" | "modifierExtension") && !is_list_of_objects(value) {
                    issues.push(Issue::error("structure", Some(path.clone()), LIST_EXPECTED));
                }
                walk(value, &path, issues);
            }
        }
        Node::Array(items) if items.is_empty() => {
            issues.push(Issue::error("structure", Some(path.to_owned()), "Une liste vide n'est pas admise par FHIR."));
        }
        Node::Array(items) => {
            // A null lines a value up with its extensions; that is all it may do.
            for (at, item) in items.iter().enumerate().filter(|(_, item)| **item != Node::Null) {
                walk(item, &format!("{path}[{at}]"), issues);
            }
        }
        Node::String(text) if text.trim().is_empty() => {
            issues.push(Issue::error("structure", Some(path.to_owned()), "Un texte vide n'est pas admis par FHIR."));
        }
        Node::String(text) if text.contains(is_forbidden) => {
            let message = "Un texte ne contient pas de caractère de commande.";
            issues.push(Issue::error("structure", Some(path.to_owned()), message));
        }
        Node::Number(_) if !node.as_f64().is_some_and(f64::is_finite) => {
            issues.push(Issue::error("structure", Some(path.to_owned()), "Nombre trop grand."));
        }
        Node::Null => {
            issues.push(Issue::error("structure", Some(path.to_owned()), "La valeur null n'est pas admise ici."));
        }
        _ => {}
    }
}

fn check_reference(value: &Node, path: &str, issues: &mut Vec<Issue>) {
    let is_well_formed = value
        .as_str()
        .is_some_and(|text| matches!(Reference::parse(text), Reference::Local { .. } | Reference::Absolute(_)));
    if !is_well_formed {
        let message = "Référence attendue : Type/id, ou une adresse complète.";
        issues.push(Issue::error("structure", Some(path.to_owned()), message));
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
        let mut future = node!({"resourceType": "Location",
            "extension": [{"url": CREATION_DATE, "valueDateTime": "2030"}]});
        date_creation(&mut future, None, updated);
        assert_eq!(future.extensions(CREATION_DATE).next(), Some(&given));
    }

    #[test]
    fn shapes_that_fhir_forbids_are_told_with_their_path() {
        let sent = node!({"resourceType": "Location", "contained": [{}], "alias": [], "name": " ",
            "address": {"line": [null, "x"]}, "partOf": {"reference": "#p1"}, "status": null});
        let paths: Vec<_> = shape(&sent, ResourceType::Location).into_iter().filter_map(|i| i.expression).collect();
        assert_eq!(
            paths,
            [
                "Location.contained",
                "Location.contained[0]",
                "Location.alias",
                "Location.name",
                "Location.partOf.reference",
                "Location.status"
            ]
        );
    }

    #[test]
    fn what_could_be_lost_or_misread_is_refused() {
        let huge = Node::parse(b"1e400").expect("JSON");
        let cases = [
            (node!({"meta": "x"}), "Location.meta"),
            (node!({"identifier": {"value": "84/1"}}), "Location.identifier"),
            (node!({"extension": {"url": "x"}}), "Location.extension"),
            (node!({"address": {"extension": ["x"]}}), "Location.address.extension"),
            (node!({"name": "a\u{0}b"}), "Location.name"),
            (node!({"position": {"latitude": huge}}), "Location.position.latitude"),
        ];
        for (sent, path) in cases {
            let paths: Vec<_> = shape(&sent, ResourceType::Location).into_iter().filter_map(|i| i.expression).collect();
            assert_eq!(paths, [path], "{}", sent.to_text());
        }
        let fine = node!({"name": "a\tb\n", "partOf": {"identifier": {"value": "1"}}, "position": {"latitude": 46.2}});
        assert_eq!(shape(&fine, ResourceType::Location), []);
    }

    #[test]
    fn only_resources_of_the_directory_have_a_type() {
        for sent in [node!([]), node!({}), node!({"resourceType": "Patient"}), node!({"resourceType": 3})] {
            assert!(resource_type(&sent).is_err());
        }
        assert_eq!(resource_type(&node!({"resourceType": "Location"})), Ok(ResourceType::Location));
    }
}
