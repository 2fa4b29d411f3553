//! The entry templates of the program (D31), as resources to take in.

use ror_fhir::{DateTime, Instant, Node};
use ror_terminology::Terminology;

/// How an import of templates is called.
pub(crate) const SOURCE: &str = "modeles";
/// Address under which the templates of fictitious territories are named; nobody's (RFC 2606).
pub(crate) const FICTITIOUS_BASE: &str = "https://ror.example/fhir";

/// The templates, each under its identifier as id: where `base` is the address of this server,
/// the canonical address of a template is also where it is read.
pub(crate) fn resources(base: &str, updated: Instant) -> Vec<Node> {
    let terminology = Terminology::embedded();
    let made = ror_profiles::template::templates().iter().map(|template| {
        let mut resource = template.to_questionnaire(base, terminology);
        if let Some(object) = resource.as_object_mut() {
            object.insert("id", template.identifier.as_str());
            object.insert("meta", ror_fhir::node!({"lastUpdated": (DateTime::format_instant(updated))}));
        }
        resource
    });
    made.collect()
}

/// Refuses an address that nobody could follow.
///
/// # Errors
/// When it is not the `http` or `https` address of a FHIR base.
pub(crate) fn check_base(base: &str) -> anyhow::Result<()> {
    let host = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://"));
    let is_plain = |host: &str| !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || "?#|".contains(c));
    if host.is_some_and(is_plain) {
        return Ok(());
    }
    anyhow::bail!("--base : l'adresse FHIR de ce serveur est attendue, comme https://ror.exemple.fr/fhir ; lu : {base}")
}
