//! Closings announced, under way and over: what results keep, and what sheets say.

use ror_directory::closing::Closing;
use ror_directory::{ImportItem, Replaces};
use ror_fhir::Node;

use crate::common::{World, territory};

/// Kind, first day, planned reopening; whether results keep it; what its sheet says.
type Case = (&'static str, &'static str, Option<&'static str>, bool, Option<&'static str>);
/// Seen on 21 November 2026.
const CASES: [Case; 6] = [
    (
        "PRO",
        "2027-02-02",
        Some("2027-03-03"),
        true,
        Some("Fermeture prévue le 2 février 2027, réouverture prévue le 3 mars 2027"),
    ),
    (
        "PRO",
        "2026-11-02",
        Some("2027-03-03"),
        true,
        Some(" depuis le 2 novembre 2026, réouverture prévue le 3 mars 2027"),
    ),
    ("PRO", "2026-11-02", Some("2026-11-20"), true, None),
    ("PRE", "2026-11-02", None, true, Some(" depuis le 2 novembre 2026")),
    ("DEF", "2027-02-02", None, true, Some("Ferme définitivement le 2 février 2027")),
    ("DEF", "2026-11-02", None, false, Some(" définitivement depuis le 2 novembre 2026")),
];

/// The territory with as many offers and structures as cases, closed so and named by their case.
fn closed() -> Vec<ImportItem> {
    let mut items = territory();
    // Exposed (D34), neither sensitive nor tied to one person.
    let is_offer = |resource: &Node| {
        let name = resource.str("name").unwrap_or_default();
        ["EHPAD", "Kinésithérapie", "Hébergement", "Médecine", "Urgences", "Scanner", "IRM"]
            .iter()
            .any(|start| name.starts_with(start))
            && String::from_utf8_lossy(&resource.to_bytes()).contains("TRE-R211-ActiviteOperationnelle")
            && !String::from_utf8_lossy(&resource.to_bytes()).contains("sensitive-unit\",\"valueBoolean\":true")
    };
    let is_structure = |resource: &Node| resource.str("name").is_some_and(|name| name.starts_with("EHPAD"));
    let (mut offers, mut structures) = (0, 0);
    for ImportItem { resource, .. } in &mut items {
        let (count, name) = match resource.str("resourceType") {
            Some("HealthcareService") if is_offer(resource) => (&mut offers, "Zzoffre"),
            Some("Organization") if is_structure(resource) => (&mut structures, "Zzmaison"),
            _ => continue,
        };
        let Some((kind, from, until, ..)) = CASES.get(*count) else { continue };
        let letter = char::from(b'a' + u8::try_from(*count).expect("few cases"));
        *count += 1;
        let members = resource.as_object_mut().expect("an object");
        members.insert("name", format!("{name} zzcas{letter}"));
        if name == "Zzoffre" {
            // What a cascade of RG_EXP_044 leaves before its own.
            let christmas = br#"[{"description":"Noel","during":{"start":"2025-12-20","end":"2026-01-04"}}]"#;
            members.insert("notAvailable", Node::parse(christmas).expect("JSON"));
        }
        let until = until.map(str::to_owned);
        Closing { kind: Some((*kind).to_owned()), from: Some((*from).to_owned()), until }.write(resource);
    }
    assert_eq!((offers, structures), (CASES.len(), CASES.len()), "offers and structures to close");
    items.into_iter().map(|item| ImportItem { replaces: Replaces::Anyone, ..item }).collect()
}

#[test]
fn a_closing_is_told_and_leaves_results_when_it_is_for_good() {
    let world = World::of(closed());
    for (kind, name, closed) in [("offres", "zzoffre", "Fermée"), ("structures", "zzmaison", "Fermé")] {
        for (at, (code, from, until, is_kept, told)) in CASES.into_iter().enumerate() {
            let case = format!("{kind} {code} {from} {until:?}");
            let word = format!("zzcas{}", char::from(b'a' + u8::try_from(at).expect("few cases")));
            let page = world.get(&format!("/recherche?quoi={name}+{word}&genre={kind}"));
            let body = page.body.replace('\u{a0}', " ");
            let cards: Vec<&str> = body.split("data-resultat=").skip(1).collect();
            assert_eq!(cards.len(), usize::from(is_kept), "{case}: {:?}", page.titles());
            let told = told.map(|told| if told.starts_with(' ') { format!("{closed}{told}") } else { told.to_owned() });
            let Some(card) = cards.first() else { continue };
            let card = card.split("</li></ul>").next().unwrap_or(card);
            assert_eq!(card.contains("Ferm"), told.is_some(), "{case}: {card}");
            assert!(told.as_ref().is_none_or(|told| card.contains(&format!("<li>{told}"))), "{case}: {card}");
            let href = card.split("<a href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
            let sheet = world.get(href).body.replace('\u{a0}', " ");
            let notice = sheet.split("data-message=\"fermeture\"").nth(1).and_then(|rest| rest.split("</p>").next());
            let notice = notice.and_then(|rest| rest.split("message__titre\">").nth(1));
            assert_eq!(notice, told.as_deref(), "{case}");
        }
    }
}
