//! Levels of confidentiality of contacts.

use ror_fhir::Node;

use super::{broken, code_of, guide, items};
use crate::finding::Finding;

const TELECOM_LEVEL: &str = guide!("ror-telecom-confidentiality-level");

/// RG_EXP_034: a telecom of a contact of an offer is at least as strict as the contact.
pub(super) fn telecom_of_an_offer_is_as_strict_as_its_contact(offer: &Node) -> Vec<Finding> {
    let mut all = Vec::new();
    let is = |url: &'static str| move |(_, node): &(String, &Node)| node.str("url") == Some(url);
    for (path, contact) in
        items(offer, "HealthcareService", "extension").filter(is(guide!("ror-healthcareservice-contact")))
    {
        let level = level(contact, guide!("ror-confidentiality-level"));
        let telecoms = items(contact, &path, "extension").filter(is(guide!("ror-healthcareservice-contact-telecom")));
        all.extend(telecoms.filter_map(|(path, telecom)| compare(path, telecom, level)));
    }
    all
}

/// RG_EXP_034: a telecom of a contact of a structure is at least as strict as the contact.
pub(super) fn telecom_of_a_structure_is_as_strict_as_its_contact(structure: &Node) -> Vec<Finding> {
    let mut all = Vec::new();
    for (path, contact) in items(structure, "Organization", "contact") {
        let level = level(contact, guide!("ror-contact-confidentiality-level"));
        all.extend(items(contact, &path, "telecom").filter_map(|(path, telecom)| compare(path, telecom, level)));
    }
    all
}

/// The level a node carries; missing or unknown is 2 (D24).
fn level(node: &Node, url: &str) -> u8 {
    match code_of(node, url) {
        Some("1") => 1,
        Some("3") => 3,
        _ => 2,
    }
}

fn compare(path: String, telecom: &Node, contact: u8) -> Option<Finding> {
    let own = level(telecom, TELECOM_LEVEL);
    let message = format!(
        "Cette télécommunication est de niveau {own}, son contact de niveau {contact} : elle doit être au moins aussi restreinte."
    );
    (own < contact).then(|| broken(path, "RG_EXP_034", "un niveau au moins égal à celui du contact", message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ror_fhir::node;

    fn leveled(url: &str, code: &str) -> Node {
        node!({"url": url, "valueCodeableConcept": {"coding": [{"code": code}]}})
    }

    #[test]
    fn rg_exp_034_compares_each_telecom_with_its_contact() {
        for (contact, telecom, is_broken) in
            [("2", "1", true), ("2", "2", false), ("2", "3", false), ("9", "1", true), ("1", "1", false)]
        {
            let of_structure =
                (leveled(guide!("ror-contact-confidentiality-level"), contact), leveled(TELECOM_LEVEL, telecom));
            let structure =
                node!({"contact": [{"extension": [of_structure.0], "telecom": [{"extension": [of_structure.1]}]}]});
            let found = telecom_of_a_structure_is_as_strict_as_its_contact(&structure);
            assert_eq!(
                found.first().map(|one| one.expression.as_str()),
                is_broken.then_some("Organization.contact[0].telecom[0]")
            );
            let (level, inner) =
                (leveled(guide!("ror-confidentiality-level"), contact), leveled(TELECOM_LEVEL, telecom));
            let offer = node!({"extension": [{"url": guide!("ror-healthcareservice-contact"), "extension": [level,
                {"url": guide!("ror-healthcareservice-contact-telecom"), "extension": [inner]}]}]});
            let found = telecom_of_an_offer_is_as_strict_as_its_contact(&offer);
            assert_eq!(
                found.first().map(|one| one.expression.as_str()),
                is_broken.then_some("HealthcareService.extension[0].extension[1]")
            );
        }
    }
}
