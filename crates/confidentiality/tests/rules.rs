//! Every rule, on hand-made resources: who receives the marker planted in the element.

mod common;

use common::*;
use ror_confidentiality::{AudienceMask, Facts, Field, OfferFacts, OwnFacts, Policy, project};
use ror_fhir::{Node, node};

const MARK: &str = "7311";

#[track_caller]
fn check(resource: &Node, own: OwnFacts, audiences: &[u8], why: &str) {
    assert_eq!(seers(&projected(resource, own), MARK), mask(audiences), "{why}: {resource:?}");
}

const ALL: &[u8] = &[0, 1, 2, 3, 4, 5, 6];

#[test]
fn org_all_and_org_p14() {
    check(&resource("Organization", &node!({"name": MARK})), eg(), ALL, "ORG-ALL");
    for name in ["ror-organization-drop-zone", "ror-organization-level-recours-orsan"] {
        let secret = extension(name, "valueString", MARK);
        check(&resource("Organization", &node!({"extension": [secret]})), eg(), &[1, 4, 6], "ORG-P14");
    }
}

#[test]
fn org_oi_is_hidden_when_all_its_offers_are_sensitive() {
    let unit = resource("Organization", &node!({"name": MARK}));
    check(&unit, oi(false), ALL, "ORG-OI, D23");
    check(&unit, oi(true), &[1, 4, 6], "ORG-OI, D23");
    // The same facts on an EG hide nothing: it is in the public register.
    let facts = OwnFacts::Organization {
        kind: ror_confidentiality::OrganizationKind::EntiteGeographique,
        all_offers_sensitive: true,
        lieu_de_vie: false,
        medico_social: false,
    };
    check(&unit, facts, ALL, "ORG-ALL, D23");
}

#[test]
fn org_contact_follows_its_level_and_its_telecom_the_strictest() {
    let contact = |contact_level: &str, telecom_level: &str, in_name: bool| {
        let (name, number) = if in_name { (MARK, "0") } else { ("Accueil", MARK) };
        resource(
            "Organization",
            &node!({"contact": [{
                "extension": [level("ror-contact-confidentiality-level", contact_level)],
                "name": {"text": name},
                "telecom": [telecom(number, telecom_level)],
            }]}),
        )
    };
    let (public, professional, strict) = (ALL, &[1, 2, 5, 6][..], &[1, 6][..]);
    for (level, audiences) in [("1", public), ("2", professional), ("3", strict), ("?", professional)] {
        check(&contact(level, "1", true), eg_with(false, false), audiences, "ORG-CONTACT, D24");
        check(&contact(level, "1", false), eg_with(false, false), audiences, "ORG-CONTACT-TELECOM, contact level");
        check(&contact("1", level, false), eg_with(false, false), audiences, "ORG-CONTACT-TELECOM, telecom level");
        // A contact whose telecoms are hidden is still shown.
        check(&contact("1", level, true), eg_with(false, false), public, "D24");
    }
    check(&contact("2", "1", true), eg_with(false, true), &[1, 2, 3, 5, 6], "ORG-CONTACT, D19, D26");
    check(&contact("1", "2", false), eg_with(false, true), &[1, 2, 3, 5, 6], "ORG-CONTACT-TELECOM, D19, D26");
    check(&contact("3", "1", true), eg_with(false, true), strict, "ORG-CONTACT, D19");
    check(&contact("1", "1", true), oi(true), &[1, 6], "D20: profile 4 sees no more contacts than profile 0");
}

#[test]
fn a_missing_level_is_2_and_a_level_at_the_wrong_address_counts() {
    let with = |extensions: Vec<Node>| {
        resource("Organization", &node!({"contact": [{"extension": extensions, "name": {"text": MARK}}]}))
    };
    let contact = "ror-contact-confidentiality-level";
    check(&with(vec![]), eg(), &[1, 2, 5, 6], "D24, missing");
    check(&with(vec![level("ror-telecom-confidentiality-level", "1")]), eg(), &[1, 2, 5, 6], "D24, elsewhere");
    check(&with(vec![level(contact, "1"), level("ror-confidentiality-level", "3")]), eg(), &[1, 6], "D24, strictest");
    check(&with(vec![level(contact, "1"), level(contact, "3")]), eg(), &[1, 6], "D24, repeated");
    let foreign = extension(contact, "valueCodeableConcept", concept("https://example.org", "1"));
    check(&with(vec![foreign]), eg(), &[1, 2, 5, 6], "D24, unknown system");
    let foreign = extension(contact, "valueCodeableConcept", concept("https://example.org", "3"));
    check(&with(vec![foreign]), eg(), &[1, 6], "3 closes under any system");
    check(&with(vec![extension(contact, "valueCode", "1")]), eg(), &[1, 2, 5, 6], "D24, unreadable");
}

#[test]
fn mss_mailboxes_obey_the_level_they_carry() {
    let (public, professional, strict) = (ALL, &[1, 2, 5, 6][..], &[1, 6][..]);
    for (code, audiences) in [("1", public), ("2", professional), ("3", strict)] {
        let mailbox = node!({"telecom": [telecom(MARK, code)]});
        check(&resource("Organization", &mailbox), eg(), audiences, "ORG-MSS");
        check(&offer(ORDINARY, vec![], &mailbox), OwnFacts::HealthcareService { exposed: true }, audiences, "HS-MSS");
        check(
            &offer(SENSITIVE, vec![], &mailbox),
            OwnFacts::HealthcareService { exposed: true },
            strict,
            "HS-MSS, D20",
        );
        let roles = OwnFacts::Practitioner { roles: vec![VILLE] };
        check(&resource("Practitioner", &mailbox), roles, audiences, "PRAC-MSS");
    }
    let mailbox = node!({"telecom": [telecom(MARK, "2")]});
    check(
        &offer(MEDICO_SOCIAL, vec![], &mailbox),
        OwnFacts::HealthcareService { exposed: true },
        &[1, 2, 3, 5, 6],
        "HS-MSS, D19",
    );
}

#[test]
fn a_sensitive_offer_does_not_exist_for_0_2_3_5() {
    let name = node!({"name": MARK});
    check(&offer(ORDINARY, vec![], &name), OwnFacts::HealthcareService { exposed: true }, ALL, "HS-BASE");
    let hidden = offer(SENSITIVE, vec![], &name);
    check(&hidden, OwnFacts::HealthcareService { exposed: true }, &[1, 4, 6], "HS-BASE");
    assert_eq!(projected(&hidden, OwnFacts::HealthcareService { exposed: true }).visible(), mask(&[1, 4, 6]));
    let mut unflagged = offer(ORDINARY, vec![], &name);
    unflagged.as_object_mut().expect("an offer").remove("extension");
    check(&unflagged, OwnFacts::HealthcareService { exposed: true }, &[1, 4, 6], "D34: no flag, sensitive");
}

#[test]
fn hs_acte_is_told_by_nomenclature_and_kind_of_act() {
    let nos = |name: &str| format!("https://mos.esante.gouv.fr/NOS/{name}/FHIR/{}", name.replacen('_', "-", 1));
    let acts = &[1, 2, 4, 5, 6][..];
    for (list, audiences) in [
        ("TRE_R210-ActeSpecifique", acts),
        ("TRE_R245-SpecialisationDePriseEnCharge", acts),
        ("TRE_G15-ProfessionSante", acts),
        ("TRE_R95-UsagerTitre", acts),
        ("TRE_R243-CompetenceSpecifique", acts),
        ("TRE_R213-ModePriseEnCharge", ALL),
        ("TRE_R338-ModaliteAccueil", ALL),
        ("TRE_R344-NiveauExpertise", ALL),
        ("TRE_R253-TypeMaternite", ALL),
        ("TRE_R286-TypeFermeture", ALL),
        ("TRE_R999-Inconnue", &[1, 6]),
    ] {
        let one = node!({"characteristic": [concept(&nos(list), MARK)]});
        check(&offer(ORDINARY, vec![], &one), OwnFacts::HealthcareService { exposed: true }, audiences, list);
    }
    let ms = node!({"characteristic": [concept(&nos("TRE_R210-ActeSpecifique"), MARK)]});
    check(
        &offer(MEDICO_SOCIAL, vec![], &ms),
        OwnFacts::HealthcareService { exposed: true },
        &[1, 2, 3, 4, 5, 6],
        "HS-ACTE, MS",
    );
    check(
        &offer(SENSITIVE, vec![], &ms),
        OwnFacts::HealthcareService { exposed: true },
        &[1, 4, 6],
        "HS-ACTE, sensitive",
    );

    let with_kind = node!({"characteristic": [{
        "extension": [extension("ror-act-type", "valueCode", "outsideOfficeAct")],
        "coding": [{"system": nos("TRE_R213-ModePriseEnCharge"), "code": MARK}],
    }]});
    check(
        &offer(ORDINARY, vec![], &with_kind),
        OwnFacts::HealthcareService { exposed: true },
        acts,
        "an act, whatever its list",
    );
    let two = node!({"characteristic": [{"coding": [
        {"system": nos("TRE_R213-ModePriseEnCharge"), "code": "28"},
        {"system": nos("TRE_R210-ActeSpecifique"), "code": MARK},
    ]}]});
    check(
        &offer(ORDINARY, vec![], &two),
        OwnFacts::HealthcareService { exposed: true },
        acts,
        "two claims, the stricter",
    );
    let none = node!({"characteristic": [{"text": MARK}]});
    check(
        &offer(ORDINARY, vec![], &none),
        OwnFacts::HealthcareService { exposed: true },
        &[1, 6],
        "OTHER: tells nothing",
    );
}

fn hs_contact(contact_level: &str, telecom_level: &str, in_name: bool) -> Node {
    let (name, number) = if in_name { (MARK, "0") } else { ("Cadre", MARK) };
    node!({"url": format!("{ROR}ror-healthcareservice-contact"), "extension": [
        {"url": "name", "valueHumanName": {"family": name}},
        level("ror-confidentiality-level", contact_level),
        {"url": format!("{ROR}ror-healthcareservice-contact-telecom"), "extension": [
            level("ror-telecom-confidentiality-level", telecom_level),
            {"url": "telecomAddress", "valueString": number},
        ]},
    ]})
}

#[test]
fn hs_contact_and_its_telecom() {
    let (public, professional, strict) = (ALL, &[1, 2, 5, 6][..], &[1, 6][..]);
    let check = |offer_facts, contact: Node, audiences: &[u8], why: &str| {
        check(
            &offer(offer_facts, vec![contact], &node!({})),
            OwnFacts::HealthcareService { exposed: true },
            audiences,
            why,
        );
    };
    for (level, audiences) in [("1", public), ("2", professional), ("3", strict), ("?", professional)] {
        check(ORDINARY, hs_contact(level, "1", true), audiences, "HS-CONTACT");
        check(ORDINARY, hs_contact(level, "1", false), audiences, "HS-CONTACT-TELECOM, contact level");
        check(ORDINARY, hs_contact("1", level, false), audiences, "HS-CONTACT-TELECOM, telecom level");
        check(ORDINARY, hs_contact("1", level, true), public, "D24: shown without telecom");
        check(SENSITIVE, hs_contact(level, "1", true), strict, "HS-CONTACT, sensitive: not even profile 4 (D20)");
        check(SENSITIVE, hs_contact("1", level, false), strict, "HS-CONTACT-TELECOM, sensitive");
    }
    check(MEDICO_SOCIAL, hs_contact("2", "1", true), &[1, 2, 3, 5, 6], "HS-CONTACT, D19");
    check(MEDICO_SOCIAL, hs_contact("1", "2", false), &[1, 2, 3, 5, 6], "HS-CONTACT-TELECOM, D19");
    let social = OfferFacts { sensitive: false, field: Field::Social };
    check(social, hs_contact("2", "1", true), professional, "D27: social is not médico-social");
}

#[test]
fn places_shared_by_ordinary_and_sensitive_offers() {
    let ror = |name| extension(name, "valueString", MARK);
    let typed = |code| node!({"identifier": [{"type": {"coding": [{"code": code}]}, "value": MARK}]});
    let base = [
        node!({"name": MARK}),
        node!({"extension": [ror("ror-commune-cog")]}),
        node!({"extension": [{"url": format!("{ROR}ror-location-residential-capacity"),
            "extension": [{"url": "residentialNumber", "valueInteger": 7_311}]}]}),
        node!({"address": {"line": [MARK]}}),
        node!({"position": {"longitude": 7311, "latitude": 45}}),
        typed("25"),
    ];
    let text = [
        node!({"description": MARK}),
        node!({"alias": [MARK]}),
        node!({"extension": [ror("ror-comment")]}),
        typed("26"),
        node!({"identifier": [{"type": {"coding": [{"code": "25"}, {"code": "26"}]}, "value": MARK}]}),
    ];
    for (offers, base_seen, text_seen) in [
        (&[ORDINARY, MEDICO_SOCIAL][..], ALL, ALL),
        (&[ORDINARY, SENSITIVE], ALL, &[1, 4, 6][..]),
        (&[SENSITIVE], &[1, 4, 6], &[1, 4, 6]),
        (&[], &[1, 4, 6], &[1, 4, 6]),
    ] {
        for members in &base {
            check(&resource("Location", members), place(offers), base_seen, "LOC-BASE, D21");
        }
        for members in &text {
            check(&resource("Location", members), place(offers), text_seen, "LOC-TEXT, D21");
        }
    }
    for untyped in [node!({"identifier": [{"value": MARK}]}), typed("99")] {
        check(&resource("Location", &untyped), place(&[ORDINARY]), &[1, 6], "OTHER: identifier of no known kind");
    }
}

#[test]
fn equipment_and_telecom_of_a_place_need_every_offer() {
    let equipment = node!({"extension": [{"url": format!("{ROR}ror-location-equipment"), "extension": [
        {"url": "nbInService", "valueInteger": 7_311}]}]});
    let phone = |code| node!({"telecom": [telecom(MARK, code)]});
    for (offers, equipment_seen, level_1, level_2) in [
        (&[ORDINARY][..], &[1, 2, 4, 5, 6][..], ALL, &[1, 2, 5, 6][..]),
        (&[MEDICO_SOCIAL], &[1, 2, 3, 4, 5, 6], ALL, &[1, 2, 3, 5, 6]),
        (&[MEDICO_SOCIAL, ORDINARY], &[1, 2, 4, 5, 6], ALL, &[1, 2, 5, 6]),
        (&[ORDINARY, SENSITIVE], &[1, 4, 6], &[1, 6], &[1, 6]),
        (&[], &[1, 4, 6], &[1, 6], &[1, 6]),
    ] {
        check(&resource("Location", &equipment), place(offers), equipment_seen, "LOC-EQUIP, D21");
        check(&resource("Location", &phone("1")), place(offers), level_1, "LOC-TELECOM 1, D20, D21");
        check(&resource("Location", &phone("2")), place(offers), level_2, "LOC-TELECOM 2, D21");
        check(&resource("Location", &phone("3")), place(offers), &[1, 6], "LOC-TELECOM 3");
    }
}

#[test]
fn capacity_is_judged_record_by_record() {
    let extra = |url: &str| node!({"url": url, "valueCodeableConcept": concept("https://example.org", "01")});
    for (status, more, audiences, ms) in [
        ("01", vec![], &[1, 2, 4, 5, 6][..], &[1, 2, 3, 4, 5, 6][..]),
        ("02", vec![], &[1, 2, 4, 6], &[1, 2, 3, 4, 6]),
        ("06", vec![], &[1, 4, 6], &[1, 4, 6]),
        ("01", vec![extra("additionalBedType")], &[1, 4, 6], &[1, 4, 6]),
        ("02", vec![extra("crisisType")], &[1, 4, 6], &[1, 4, 6]),
        ("07", vec![], &[1, 6], &[1, 6]),
        ("01", vec![node!({"url": "secret", "valueString": "x"})], &[1, 2, 4, 5, 6], &[1, 2, 3, 4, 5, 6]),
    ] {
        let record = resource("Location", &node!({"extension": [capacity(status, more)]}));
        check(&record, place(&[ORDINARY]), audiences, "LOC-CAPA, D25");
        check(&record, place(&[MEDICO_SOCIAL]), ms, "LOC-CAPA, médico-social");
    }
    let record = resource("Location", &node!({"extension": [capacity("01", vec![])]}));
    check(&record, place(&[ORDINARY, SENSITIVE]), &[1, 4, 6], "LOC-CAPA, D21");
    let no_status = node!({"extension": [{"url": format!("{ROR}ror-location-supported-capacity"),
        "extension": [{"url": "nbCapacity", "valueInteger": 7_311}]}]});
    check(&resource("Location", &no_status), place(&[ORDINARY]), &[1, 6], "D25: no status");
    let other_list = node!({"extension": [{"url": format!("{ROR}ror-location-supported-capacity"), "extension": [
        {"url": "capacityStatus", "valueCodeableConcept": concept("https://example.org", "01")},
        {"url": "nbCapacity", "valueInteger": 7_311}]}]});
    check(&resource("Location", &other_list), place(&[ORDINARY]), &[1, 6], "D25: status of another list");
}

#[test]
fn professionals_are_seen_through_their_offers() {
    let role = resource("PractitionerRole", &node!({"code": [concept("https://example.org", MARK)]}));
    let person = resource("Practitioner", &node!({"name": [{"family": MARK}]}));
    for (facts, audiences) in [
        (VILLE, ALL),
        (ORDINARY, &[1, 2, 5, 6][..]),
        (MEDICO_SOCIAL, &[1, 2, 3, 5, 6]),
        (SENSITIVE, &[1, 6]),
        (SENSITIVE_VILLE, &[1, 6]),
    ] {
        check(&role, OwnFacts::PractitionerRole { offer: Some(facts), exposed: true }, audiences, "PRAC-BASE");
        check(&person, OwnFacts::Practitioner { roles: vec![facts] }, audiences, "PRAC-BASE, one role");
        check(&person, OwnFacts::Practitioner { roles: vec![SENSITIVE, facts] }, audiences, "PRAC-BASE, D22");
    }
    check(&role, OwnFacts::PractitionerRole { offer: None, exposed: true }, &[1, 6], "PRAC-BASE, unresolved");
    check(&person, OwnFacts::Practitioner { roles: vec![] }, &[1, 6], "PRAC-BASE, D22: no role");
}

#[test]
fn pr_telecom_and_prac_mss_need_one_role_that_passes_whole() {
    let phone = |code| node!({"telecom": [telecom(MARK, code)]});
    for (code, city, ms, other) in [
        ("1", ALL, &[1, 2, 3, 5, 6][..], &[1, 2, 5, 6][..]),
        ("2", &[1, 2, 5, 6], &[1, 2, 3, 5, 6], &[1, 2, 5, 6]),
        ("3", &[1, 6], &[1, 6], &[1, 6]),
    ] {
        for (facts, audiences) in [(VILLE, city), (MEDICO_SOCIAL, ms), (ORDINARY, other), (SENSITIVE, &[1, 6])] {
            let role = resource("PractitionerRole", &phone(code));
            check(&role, OwnFacts::PractitionerRole { offer: Some(facts), exposed: true }, audiences, "PR-TELECOM");
            let person = resource("Practitioner", &phone(code));
            check(&person, OwnFacts::Practitioner { roles: vec![facts] }, audiences, "PRAC-MSS");
        }
    }
    // Ville of one role and ordinary of another do not add up to an ordinary ville.
    let person = resource("Practitioner", &phone("1"));
    let roles = OwnFacts::Practitioner { roles: vec![SENSITIVE_VILLE, ORDINARY] };
    check(&person, roles, &[1, 2, 5, 6], "PRAC-MSS, D22");
}

#[test]
fn a_lieu_de_vie_keeps_its_commune_and_hides_its_door() {
    let hidden = &[1, 2, 5, 6][..];
    let address = |members: &Node| node!({"address": [members.clone()]});
    for (members, audiences) in [
        (address(&node!({"line": [MARK], "city": "Bourg"})), hidden),
        (address(&node!({"text": MARK, "city": "Bourg"})), hidden),
        (address(&node!({"city": MARK})), ALL),
        (address(&node!({"postalCode": MARK})), ALL),
        (node!({"telecom": [telecom(MARK, "1")]}), hidden),
        (
            node!({"contact": [{"extension": [level("ror-contact-confidentiality-level", "1")], "name": {"text": "A"},
            "telecom": [telecom(MARK, "1")]}]}),
            hidden,
        ),
        (
            node!({"contact": [{"extension": [level("ror-contact-confidentiality-level", "1")], "name": {"text": MARK}}]}),
            ALL,
        ),
        (
            address(
                &node!({"city": "Bourg", "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/geolocation",
            "extension": [{"url": "latitude", "valueDecimal": 7311}]}]}),
            ),
            hidden,
        ),
    ] {
        let home = resource("Organization", &members);
        check(&home, eg_with(true, false), audiences, "ORG-HOME, D26");
        check(&home, eg_with(false, false), ALL, "not a home");
    }
    for (members, audiences) in [
        (node!({"address": {"line": [MARK], "_line": [{"extension": []}]}}), hidden),
        (node!({"address": {"city": MARK}}), ALL),
        (node!({"position": {"longitude": 7311, "latitude": 46}}), hidden),
        (node!({"telecom": [telecom(MARK, "1")]}), hidden),
        (node!({"extension": [extension("ror-commune-cog", "valueString", MARK)]}), ALL),
    ] {
        let facts = OwnFacts::Location { offers: vec![ORDINARY], lieu_de_vie: true };
        check(&resource("Location", &members), facts, audiences, "ORG-HOME, D26, place");
    }
}

#[test]
fn d31_templates_are_for_everyone_but_for_what_nothing_names() {
    let check = |members: &Node, audiences: &[u8], why: &str| {
        check(&resource("Questionnaire", members), OwnFacts::Questionnaire, audiences, why);
    };
    let sdc = |name: &str, value: Node| {
        node!({"url": format!("http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-{name}"),
            "valueExpression": value})
    };
    check(&node!({"title": MARK}), ALL, "D31");
    check(&node!({"useContext": [{"valueCodeableConcept": concept("s", MARK)}]}), ALL, "D31");
    // A group within a group within a group: the same element again.
    let deep = node!({"item": [{"item": [{"item": [{"linkId": "1", "answerOption": [{"valueString": MARK}]}]}]}]});
    check(&deep, ALL, "D31, a question at any depth");
    let expression = sdc("initialExpression", node!({"expression": MARK}));
    check(&node!({"item": [{"item": [{"extension": [expression]}]}]}), ALL, "D31, SDC");
    let launch = node!({"url": "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-launchContext",
        "extension": [{"url": "description", "valueString": MARK}]});
    check(&node!({"extension": [launch]}), ALL, "D31, launchContext");
    for hidden in [
        node!({"meta": {"profile": [MARK]}}),
        node!({"extension": [{"url": "https://example.org/x", "valueString": MARK}]}),
        node!({"item": [{"item": [{"extension": [sdc("unknown", node!({"expression": MARK}))]}]}]}),
        node!({"item": [{"item": [{"unknown": MARK}]}]}),
    ] {
        check(&hidden, &[1, 6], "D18, D29");
    }
    check(&node!({"text": {"div": MARK}}), &[], "D18");
}

#[test]
fn d31_a_template_tells_of_no_resource_that_its_reader_does_not_see() {
    let answer = node!({"valueReference": {"reference": format!("Organization/{MARK}")}});
    let template = resource("Questionnaire", &node!({"item": [{"item": [{"answerOption": [answer]}]}]}));
    let targets = |_: &str| mask(&[1, 6]);
    let facts = Facts { own: OwnFacts::Questionnaire, targets: &targets };
    let projection = project(&template, &facts, Policy::embedded());
    assert_eq!((projection.visible(), seers(&projection, MARK)), (mask(ALL), P1_AND_OWNER));
}

#[test]
fn other_types_and_facts_that_do_not_fit_are_for_profile_1_and_the_owner() {
    for rtype in ["Task", "Measure", "MeasureReport", "ValueSet", "Patient"] {
        let projection = projected(&resource(rtype, &node!({"name": MARK, "status": "draft"})), OwnFacts::Other);
        assert_eq!(projection.visible(), P1_AND_OWNER, "{rtype}");
        assert_eq!(seers(&projection, MARK), P1_AND_OWNER, "{rtype}");
    }
    check(&resource("Location", &node!({"name": MARK})), eg(), &[1, 6], "facts of another type");
    check(&resource("Questionnaire", &node!({"name": MARK})), OwnFacts::Other, &[1, 6], "facts of no type");
    check(&node!({"name": MARK}), OwnFacts::Other, &[1, 6], "no type");
    assert_eq!(projected(&node!(["not a resource"]), OwnFacts::Other).visible(), AudienceMask::NONE);
}
