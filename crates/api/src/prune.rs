//! Less than the whole resource, because the caller asked for less: `_elements`, `_summary`.

use axum::http::StatusCode;
use ror_fhir::{Node, Object, node};
use ror_search::{ResourceType, ResultParameters, Summary};

use crate::elements::Elements;
use crate::outcome::{Fault, Issue};

/// What to leave out of each resource of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape<'a> {
    /// Nothing: bodies are copied as they are.
    Whole,
    /// All but these elements and the mandatory ones.
    Elements(&'a [String]),
    /// All but FHIR's summary elements.
    Summary,
    /// All but the mandatory elements.
    Text,
}

impl<'a> Shape<'a> {
    pub(crate) fn of(result: &'a ResultParameters) -> Self {
        match result.summary {
            Summary::True => Self::Summary,
            Summary::Text => Self::Text,
            _ if result.elements.is_empty() => Self::Whole,
            _ => Self::Elements(&result.elements),
        }
    }

    /// The resource with less in it, and the tag that says so.
    pub(crate) fn prune(self, resource: &mut Node, elements: &Elements) {
        let Some(resource) = resource.as_object_mut() else { return };
        resource.retain(|name, _| {
            // `_birthDate` goes with `birthDate`.
            let name = name.strip_prefix('_').unwrap_or(name);
            match self {
                Self::Whole => true,
                Self::Elements(asked) => elements.is_kept(name) || asked.iter().any(|asked| asked == name),
                Self::Summary => elements.is_summary(name),
                Self::Text => elements.is_kept(name),
            }
        });
        if !matches!(self, Self::Whole) {
            tag_subsetted(resource);
        }
    }
}

/// Refuses `_elements` names that no type served has, and `_elements` with a `_summary` that contradicts it.
pub(crate) fn check(result: &ResultParameters) -> Result<(), Fault> {
    let known = |name: &String| ResourceType::ALL.iter().any(|rtype| Elements::of(*rtype).has(name));
    let unknown: Vec<Issue> = result
        .elements
        .iter()
        .filter(|name| !known(name))
        .map(|name| {
            let name: String = name.chars().take(80).collect();
            let text = format!("Aucun type servi n'a d'élément « {name} ».");
            Issue::error("invalid", "invalid-parameter", text).at("_elements")
        })
        .collect();
    if !unknown.is_empty() {
        return Err(Fault::all(StatusCode::BAD_REQUEST, unknown));
    }
    if !result.elements.is_empty() && !matches!(result.summary, Summary::False) {
        let text = "_elements et _summary ne vont pas ensemble : choisissez l'un des deux.";
        return Err(Fault::invalid_at("invalid-parameter", "_elements", text));
    }
    Ok(())
}

/// FHIR R4 §3.1.1.5.9: a resource with parts left out says so.
fn tag_subsetted(resource: &mut Object) {
    let tag = node!({
        "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
        "code": "SUBSETTED"
    });
    let Some(meta) = resource.get_mut("meta").and_then(Node::as_object_mut) else {
        resource.insert("meta", node!({"tag": [tag]}));
        return;
    };
    let mut tags: Vec<Node> = meta.get("tag").and_then(Node::as_array).unwrap_or_default().to_vec();
    tags.push(tag);
    meta.insert("tag", tags);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pruned(shape: Shape<'_>) -> String {
        let mut place = node!({
            "resourceType": "Location", "id": "1", "meta": {"versionId": "2"}, "name": "Bloc",
            "address": {"city": "Bourg"}, "identifier": [{"value": "a"}]
        });
        shape.prune(&mut place, Elements::of(ResourceType::Location));
        let object = place.as_object().expect("an object");
        object.iter().map(|(name, _)| name).filter(|name| *name != "resourceType").collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_was_not_asked_is_left_out() {
        assert_eq!(pruned(Shape::Whole), "id meta name address identifier");
        assert_eq!(pruned(Shape::Elements(&["identifier".to_owned()])), "id meta identifier");
        assert_eq!(pruned(Shape::Summary), "id meta name identifier");
        assert_eq!(pruned(Shape::Text), "id meta");
    }

    #[test]
    fn the_tag_joins_those_of_the_resource() {
        let mut place = node!({"resourceType": "Location", "meta": {"tag": [{"code": "84"}]}});
        Shape::Text.prune(&mut place, Elements::of(ResourceType::Location));
        let codes: Vec<_> = place.get("meta").expect("meta").items("tag").filter_map(|tag| tag.str("code")).collect();
        assert_eq!(codes, ["84", "SUBSETTED"]);
    }
}
