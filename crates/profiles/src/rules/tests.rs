//! One test per rule, named after it.

use ror_fhir::{DateTime, Instant, Node, node};
use ror_terminology::Terminology;

use super::around::{Around, related};
use super::closing::{Closing, cascade};
use super::transition::{self, Origin, transition};
use super::{Check, RULES, activity, closing, contact, dates, exposure, found, guide, identity, levels, price};
use super::{schedule, sensitive, template, text};
use crate::{Context, Finding, Handling, Severity, validate};

const NOS: &str = "https://mos.esante.gouv.fr/NOS";

fn coding(list: &str, code: &str) -> Node {
    let last = list.replacen('_', "-", 1);
    node!({"system": format!("{NOS}/{list}/FHIR/{last}"), "code": code, "display": "libellé"})
}

fn concept(list: &str, code: &str) -> Node {
    let coding = coding(list, code);
    node!({"coding": [coding]})
}

fn coded(url: &str, list: &str, code: &str) -> Node {
    let value = concept(list, code);
    node!({"url": url, "valueCodeableConcept": value})
}

fn level(url: &str, code: &str) -> Node {
    coded(url, "TRE_R283-NiveauConfidentialite", code)
}

fn at(text: &str) -> Instant {
    DateTime::parse(text).expect("a date").start
}

/// The places where a rule is broken.
fn places(rule: Check, resource: &Node) -> Vec<String> {
    found(rule, resource).into_iter().map(|finding| finding.expression).collect()
}

fn offer(members: &Node) -> Node {
    let mut offer = node!({"resourceType": "HealthcareService"});
    for (key, value) in members.as_object().expect("an object").iter() {
        offer.as_object_mut().expect("an object").insert(key, value.clone());
    }
    offer
}

fn field(code: &str) -> Node {
    node!([concept("TRE_R227-ChampActivite", code)])
}

/// An offer that is exposed.
fn exposed() -> Node {
    let (activity, mode) =
        (concept("TRE_R211-ActiviteOperationnelle", "083"), concept("TRE_R213-ModePriseEnCharge", "28"));
    let field = field("01");
    offer(&node!({"identifier": [{"value": "84/1"}], "providedBy": {"reference": "Organization/1"}, "type": field,
        "specialty": [activity], "characteristic": [mode], "name": "Médecine"}))
}

fn with(mut resource: Node, key: &str, value: impl Into<Node>) -> Node {
    resource.as_object_mut().expect("an object").insert(key, value);
    resource
}

fn rules_of(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.rule.as_str()).collect()
}

#[test]
fn rg_exp_002_names_what_is_mandatory_and_missing() {
    let context = Context { terminology: Terminology::embedded(), now: at("2026-09-21") };
    let findings = validate(&exposed(), Handling::Lenient, &context);
    let told = exposure::not_exposable(&exposed(), &findings).expect("no patient type");
    assert_eq!((told.rule.as_str(), told.severity), ("RG_EXP_002", Severity::Information));
    assert!(told.message.contains("HealthcareService.extension"), "{}", told.message);
    assert_eq!(exposure::not_exposable(&exposed(), &[]), None);
}

#[test]
fn d34_an_offer_is_exposed_with_four_things() {
    assert!(exposure::is_exposed(&exposed(), true));
    assert_eq!(exposure::missing_for_exposure(&exposed(), false), ["structure porteuse"]);
    let bare = offer(&node!({}));
    assert_eq!(exposure::missing_for_exposure(&bare, true).len(), 4);
    let blank = with(exposed(), "identifier", node!([{"value": " "}]));
    assert_eq!(exposure::missing_for_exposure(&blank, true), ["identifiant"]);
    assert_eq!(exposure::not_exposed(&exposed(), true), None);
    let told = exposure::not_exposed(&exposed(), false).expect("a finding");
    assert_eq!((&*told.rule, told.severity), ("RG_EXP_002, D34", Severity::Warning));
    assert_eq!(told.message, "Offre non exposée : manque structure porteuse. Seul son propriétaire la voit.");
}

#[test]
fn rg_exp_003_a_closing_is_for_good_unless_it_says_otherwise() {
    for (kind, is_definitive) in [("DEF", true), ("ERR", true), ("CHP", true), ("PRO", false), ("PRE", false)] {
        let closing = Closing { kind: Some(kind.to_owned()), from: Some("2026-01-15".to_owned()), until: None };
        assert_eq!(closing.is_definitive(), is_definitive, "{kind}");
    }
    assert!(!Closing::default().is_definitive());
}

#[test]
fn rg_exp_004_005_037_038_choose_the_national_identifier() {
    let number = |system: &str, value: &str, kind: &str| node!({"system": system, "value": value, "type": {"coding": [{"code": kind}]}});
    let finess = || number("https://finess.esante.gouv.fr", "2a0000014", "1");
    let rang = || number("https://rppsrang.esante.gouv.fr", "10003456789015", "4");
    let siren = || number("https://sirene.fr", "732829320", "2");
    let siret = || number("https://sirene.fr", "73282932000074", "3");
    for (numbers, wanted) in [
        (vec![siren(), finess()], "12A0000014"),
        (vec![siret(), siren()], "373282932000074"),
        (vec![siren()], "2732829320"),
        (vec![finess(), rang()], "410003456789015"),
        (vec![number("https://adelirang.esante.gouv.fr", "0012345678", "0")], "00012345678"),
    ] {
        let mut structure = node!({"resourceType": "Organization", "identifier": numbers});
        assert_eq!(identity::national_structure_identifier(&structure).as_deref(), Some(wanted));
        for (written, broken) in [(wanted, 0), ("1999999999", 1)] {
            let Some(Node::Array(list)) = structure.get_mut("identifier") else { panic!("a list") };
            list.push(number("urn:oid:1.2.250.1.71.4.2.2", written, "40"));
            let told = found(identity::national_identifier_is_the_derived_one, &structure);
            assert_eq!(told.len(), broken, "{written}");
            assert!(told.iter().all(|one| one.severity == Severity::Warning && one.expected == wanted));
        }
    }
}

#[test]
fn rg_exp_007_008_ask_family_and_public_in_medico_social_only() {
    let patients = |parts: Node| node!([{"url": guide!("ror-healthcareservice-patient-type"), "extension": parts}]);
    for (code, is_asked) in [("01", false), ("04", true), ("4", true), ("06", false)] {
        let (field, extension) = (field(code), patients(node!([{"url": "ageRange"}])));
        let bare = offer(&node!({"type": field, "extension": extension}));
        let family = places(activity::family_is_given_in_medico_social, &bare);
        let public = places(activity::public_is_given_in_medico_social, &bare);
        assert_eq!((family.len(), public.len()), (usize::from(is_asked), usize::from(is_asked)), "{code}");
        let family = concept("TRE_R266-FamilleActiviteOperationnelleHorsSerafin", "01");
        let full = with(
            with(bare, "specialty", node!([family])),
            "extension",
            patients(node!([{"url": "supportedPatientInfo"}])),
        );
        assert!(places(activity::family_is_given_in_medico_social, &full).is_empty());
        assert!(places(activity::public_is_given_in_medico_social, &full).is_empty());
    }
}

#[test]
fn rg_exp_009_a_zone_is_made_of_communes() {
    let zone = |list: &str| {
        let code = coded("codeTerritorialDivision", list, "38185");
        offer(&node!({"extension": [{"url": guide!("ror-territorial-division"), "extension": [code]}]}))
    };
    assert!(places(activity::zone_is_made_of_communes, &zone("TRE_R13-CommuneOM")).is_empty());
    let told = places(activity::zone_is_made_of_communes, &zone("TRE_G09-DepartementOM"));
    assert_eq!(told, ["HealthcareService.extension[0].extension[0].value"]);
}

#[test]
fn rg_exp_010_011_an_offer_has_one_field_and_one_mode_for_good() {
    let (mco, psy) = (coding("TRE_R227-ChampActivite", "01"), coding("TRE_R227-ChampActivite", "03"));
    let two = offer(&node!({"type": [{"coding": [mco, psy]}]}));
    assert_eq!(places(activity::field_is_one, &two), ["HealthcareService.type"]);
    let (full, day) = (coding("TRE_R213-ModePriseEnCharge", "28"), coding("TRE_R213-ModePriseEnCharge", "29"));
    let two = offer(&node!({"characteristic": [{"coding": [full, day]}]}));
    assert_eq!(places(activity::care_mode_is_one, &two), ["HealthcareService.characteristic[0]"]);
    for rule in [activity::field_is_one, activity::care_mode_is_one] {
        assert!(places(rule, &exposed()).is_empty());
    }
    assert!(transition(&exposed(), &with(exposed(), "type", field("1")), Origin::Other).is_empty());
    let told = transition(&exposed(), &with(exposed(), "type", field("03")), Origin::Other);
    assert_eq!(rules_of(&told), ["RG_EXP_010"]);
    let other = with(exposed(), "characteristic", node!([concept("TRE_R213-ModePriseEnCharge", "29")]));
    assert_eq!(rules_of(&transition(&exposed(), &other, Origin::Register)), ["RG_EXP_011"]);
    let without = with(exposed(), "characteristic", node!([concept("TRE_R338-ModaliteAccueil", "03")]));
    assert!(transition(&without, &exposed(), Origin::Other).is_empty(), "an absent mode is filled in");
    assert_eq!(rules_of(&transition(&exposed(), &without, Origin::Other)), ["RG_EXP_011"], "and not taken away");
}

#[test]
fn rg_exp_010_011_a_new_offer_is_proposed_without_what_names_the_first() {
    let mut first = closed("HealthcareService", Some("PRO"), Some("2026-01-15"), None);
    for (key, value) in exposed().as_object().expect("an object").iter().filter(|(key, _)| *key != "characteristic") {
        first.as_object_mut().expect("an object").insert(key, value.clone());
    }
    let creation = node!({"url": guide!("ror-meta-creation-date"), "valueDateTime": "2026-01-15"});
    let first = with(
        with(with(first, "id", "1"), "extension", node!([creation])),
        "meta",
        node!({"versionId": "3", "tag": [{"code": "84"}]}),
    );
    let copy = transition::as_new_offer(&first);
    for gone in ["id", "identifier", "extension", "notAvailable", "characteristic"] {
        assert_eq!(copy.get(gone), None, "{gone}");
    }
    assert_eq!(copy.get("meta"), Some(&node!({"tag": [{"code": "84"}]})));
    for kept in ["name", "type", "specialty", "providedBy"] {
        assert_eq!(copy.get(kept), first.get(kept), "{kept}");
    }
}

#[test]
fn rg_exp_014_a_slot_has_a_day_or_a_period() {
    let slot = |parts: Node| offer(&node!({"availableTime": [parts]}));
    let number = |day: i64| node!({"extension": [{"url": guide!("ror-available-time-number-days-of-week"), "valueInteger": day}]});
    for good in [node!({"daysOfWeek": ["mon"]}), number(7), period("2026-01-01", "2026-02-01")] {
        assert!(places(schedule::slot_has_a_day_or_a_period, &slot(good)).is_empty());
    }
    for bad in [node!({"availableStartTime": "08:00:00"}), number(0), number(8)] {
        assert_eq!(places(schedule::slot_has_a_day_or_a_period, &slot(bad)), ["HealthcareService.availableTime[0]"]);
    }
}

fn period(start: &str, end: &str) -> Node {
    node!({"extension": [{"url": guide!("ror-available-time-effective-opening-closing-date"),
        "valuePeriod": {"start": start, "end": end}}]})
}

#[test]
fn rg_exp_015_016_a_weekly_slot_is_never_over() {
    for weekly in [
        node!({"daysOfWeek": ["tue"]}),
        node!({"extension": [{"url": guide!("ror-available-time-number-days-of-week"), "valueInteger": 2}]}),
        node!({"extension": [{"url": guide!("ror-available-time-effective-opening-closing-date"),
            "valuePeriod": {"start": "2020-01-01"}}]}),
    ] {
        assert!(!schedule::is_expired(&weekly, schedule::Zone::Paris, at("2100-01-01")), "{weekly:?}");
        assert_eq!(schedule::ends(&offer(&node!({"availableTime": [weekly]})), schedule::Zone::Paris).count(), 0);
    }
}

#[test]
fn rg_exp_017_018_a_dated_slot_is_over_once_its_last_day_is() {
    let dated = period("2026-01-01", "2026-01-31");
    for (now, is_over) in [("2025-12-31", false), ("2026-01-31T23:59", false), ("2026-02-01", true)] {
        assert_eq!(schedule::is_expired(&dated, schedule::Zone::Paris, at(now)), is_over, "{now}");
    }
    let tag = node!({"system": "https://mos.esante.gouv.fr/NOS/TRE_R30-RegionOM/FHIR/TRE-R30-RegionOM", "code": "84"});
    let open = offer(&node!({"meta": {"tag": [tag]}, "availableTime": [dated, {"daysOfWeek": ["mon"]}],
        "notAvailable": [{"during": {"end": "2026-01-02"}}]}));
    assert_eq!(
        schedule::ends(&open, schedule::Zone::of(&open)).collect::<Vec<_>>(),
        [at("2026-02-01")],
        "a closing is no slot"
    );
}

#[test]
fn d14_hours_end_by_the_clock_of_their_place() {
    let of = |region: &str, end: &str| {
        let tag =
            node!({"system": "https://mos.esante.gouv.fr/NOS/TRE_R30-RegionOM/FHIR/TRE-R30-RegionOM", "code": region});
        let resource = node!({"resourceType": "HealthcareService", "meta": {"tag": [tag]},
            "availableTime": [(period("2026-07-01", end))]});
        schedule::ends(&resource, schedule::Zone::of(&resource)).collect::<Vec<_>>()
    };
    for (region, end, instant) in [
        ("84", "2026-07-14", "2026-07-15T00:00:00+02:00"),
        ("94", "2026-12-14", "2026-12-15T00:00:00+01:00"),
        ("01", "2026-07-14", "2026-07-15T00:00:00-04:00"),
        ("01", "2026-07-14T18:00", "2026-07-14T18:01:00-04:00"),
        ("01", "2026-07", "2026-08-01T00:00:00-04:00"),
        ("03", "2026-07-14", "2026-07-15T00:00:00-03:00"),
        ("04", "2026-07-14", "2026-07-15T00:00:00+04:00"),
        ("06", "2026-07-14", "2026-07-15T00:00:00+03:00"),
        // The offset that is written counts, and an unknown region ends nothing early.
        ("01", "2026-07-14T18:00:00Z", "2026-07-14T18:00:01Z"),
        ("987", "2026-07-14", "2026-07-15T00:00:00-10:00"),
        ("", "2026-07-14", "2026-07-15T00:00:00-10:00"),
    ] {
        assert_eq!(of(region, end), [at(instant)], "{region} {end}");
    }
    let slot = period("2026-07-01", "2026-07-14");
    let is_over = |zone, now| schedule::is_expired(&slot, zone, at(now));
    let guadeloupe = schedule::Zone::Overseas("-04:00");
    assert!(is_over(schedule::Zone::Paris, "2026-07-15T00:05") && !is_over(guadeloupe, "2026-07-15T00:05"));
    assert!(is_over(guadeloupe, "2026-07-16T00:05"));
}

#[test]
fn rg_exp_020_dates_are_to_the_second() {
    assert_eq!(dates::to_the_second(at("2026-01-15T08:00:12.345Z")), at("2026-01-15T08:00:12Z"));
    assert_eq!(dates::to_the_second(-1), -1000);
}

#[test]
fn rg_exp_025_attaching_or_removing_a_child_moves_its_parents_only() {
    let role = |offer: &str| node!({"resourceType": "PractitionerRole", "healthcareService": [{"reference": offer}]});
    let (one, two) = (role("HealthcareService/1"), role("HealthcareService/2"));
    let moved =
        |former: Option<&Node>, next: Option<&Node>| dates::parents_moved(former, next).into_iter().collect::<Vec<_>>();
    assert_eq!(moved(None, Some(&one)), ["HealthcareService/1"]);
    assert_eq!(moved(Some(&one), None), ["HealthcareService/1"]);
    assert_eq!(moved(Some(&one), Some(&two)), ["HealthcareService/1", "HealthcareService/2"]);
    assert!(moved(Some(&one), Some(&with(one.clone(), "telecom", node!([])))).is_empty());
    let unit = node!({"resourceType": "Organization", "identifier": [{"system": "https://oi.esante.gouv.fr", "value": "1"}],
        "partOf": {"reference": "Organization/eg"}});
    assert_eq!(moved(None, Some(&unit)), ["Organization/eg"]);
    let site = node!({"resourceType": "Organization", "partOf": {"reference": "Organization/ej"}});
    assert!(moved(None, Some(&site)).is_empty());
}

fn price(kind: &str, parts: &[Node]) -> Node {
    let mut all = vec![coded("priceType", "TRE_R246-TypeTarif", kind)];
    all.push(node!({"url": "amount", "valueMoney": {"value": 1.5, "currency": "EUR"}}));
    all.extend_from_slice(parts);
    node!({"url": guide!("ror-organization-price"), "extension": all})
}

fn site(prices: Vec<Node>) -> Node {
    with(node!({"resourceType": "Organization"}), "extension", prices)
}

fn room(code: &str) -> Node {
    coded("residentialType", "TRE_R242-TypeHabitation", code)
}

#[test]
fn rg_exp_026_one_base_price_for_each_combination() {
    let young = |value: bool| node!({"url": "under60", "valueBoolean": value});
    let later = node!({"url": "startDate", "valueDateTime": "2027-01-01"});
    let rule = price::one_base_price_each;
    assert!(places(rule, &site(vec![price("02", &[room("01")]), price("02", &[room("02")])])).is_empty());
    assert!(places(rule, &site(vec![price("02", &[young(true)]), price("02", &[young(false)])])).is_empty());
    let twice = site(vec![price("02", &[room("01"), young(false)]), price("02", &[later, room("01")])]);
    assert_eq!(places(rule, &twice), ["Organization.extension[1]"]);
}

#[test]
fn rg_exp_027_one_amount_for_each_other_combination() {
    let group = |code: &str| coded("dependencyLevel", "TRE_R237-GroupeTarifaireDependance", code);
    let rule = price::one_amount_each;
    assert!(places(rule, &site(vec![price("03", &[group("01")]), price("03", &[group("02")])])).is_empty());
    let twice = site(vec![price("03", &[group("01"), room("01")]), price("03", &[room("01"), group("01")])]);
    assert_eq!(places(rule, &twice), ["Organization.extension[1]"]);
}

#[test]
fn rg_exp_028_an_offer_has_one_type_of_offer() {
    let (one, two) = (concept("TRE_R244-CategorieOrganisation", "01"), concept("TRE_R244-CategorieOrganisation", "28"));
    let context = Context { terminology: Terminology::embedded(), now: at("2026-09-21") };
    let told = validate(&with(exposed(), "category", node!([one, two])), Handling::Lenient, &context);
    assert!(told.iter().any(|finding| finding.rule.contains("HealthcareService.category 0..1")), "{told:?}");
}

#[test]
fn rg_exp_029_the_supplement_is_that_of_a_single_room() {
    let rule = price::supplement_is_for_a_single_room;
    assert!(places(rule, &site(vec![price("01", &[room("02")]), price("02", &[room("01")])])).is_empty());
    assert_eq!(places(rule, &site(vec![price("01", &[room("01")])])), ["Organization.extension[0]"]);
    assert_eq!(places(rule, &site(vec![price("1", &[])])), ["Organization.extension[0]"]);
}

#[test]
fn rg_exp_031_register_data_is_corrected_at_its_source() {
    let person = node!({"resourceType": "Practitioner", "identifier": [{"system": "s", "value": "1"}],
        "name": [{"family": "Exemple", "given": ["Anne"]}]});
    let reordered = node!({"resourceType": "Practitioner", "name": [{"given": ["Anne"], "family": "Exemple"}],
        "identifier": [{"value": "1", "system": "s"}], "telecom": [{"value": "x"}]});
    assert!(transition(&person, &reordered, Origin::Other).is_empty());
    let renamed = with(person.clone(), "name", node!([{"family": "Autre"}]));
    let told = transition(&person, &renamed, Origin::Other);
    assert_eq!(told.iter().map(|it| it.expression.as_str()).collect::<Vec<_>>(), ["Practitioner.name"]);
    assert!(transition(&person, &renamed, Origin::Register).is_empty());
    let role = |skill: &str, own: &str| {
        let (skill, own) =
            (concept("TRE_R38-SpecialiteOrdinale", skill), concept("TRE_R245-CompetenceSpecifique", own));
        node!({"resourceType": "PractitionerRole", "specialty": [skill, own]})
    };
    assert!(transition(&role("SM53", "01"), &role("SM53", "06"), Origin::Other).is_empty(), "own abilities are theirs");
    let told = transition(&role("SM53", "01"), &role("SM54", "01"), Origin::Other);
    assert_eq!(told.iter().map(|it| it.expression.as_str()).collect::<Vec<_>>(), ["PractitionerRole.specialty"]);
}

#[test]
fn rg_exp_032_033_what_says_no_level_is_read_at_level_2() {
    let structure = node!({"resourceType": "Organization", "contact": [
        {"telecom": [{"value": "x"}, {"value": "y", "extension": [(level(levels::TELECOM, "1"))]}]}]});
    let contact = structure.items("contact").next().expect("a contact");
    assert_eq!(levels::level(contact, levels::CONTACT_OF_STRUCTURE), 2);
    assert_eq!(levels::level(contact.items("telecom").next().expect("a telecom"), levels::TELECOM), 2);
    // So a public number cannot hang under a contact that says nothing (RG_EXP_034).
    let told = places(contact::telecom_of_a_structure_is_as_strict_as_its_contact, &structure);
    assert_eq!(told, ["Organization.contact[0].telecom[1]"]);
}

fn contact_of_offer(parts: &[Node], of_telecom: &[Node]) -> Node {
    let mut all = parts.to_vec();
    all.push(node!({"url": guide!("ror-healthcareservice-contact-telecom"), "extension": of_telecom}));
    offer(&node!({"extension": [{"url": guide!("ror-healthcareservice-contact"), "extension": all}]}))
}

#[test]
fn rg_exp_034_compares_each_telecom_with_its_contact() {
    for (of_contact, telecom, is_broken) in
        [("2", "1", true), ("2", "2", false), ("2", "3", false), ("9", "1", true), ("1", "1", false)]
    {
        let (outer, inner) = (level(levels::CONTACT_OF_STRUCTURE, of_contact), level(levels::TELECOM, telecom));
        let structure = node!({"contact": [{"extension": [outer], "telecom": [{"extension": [inner]}]}]});
        let told = places(contact::telecom_of_a_structure_is_as_strict_as_its_contact, &structure);
        assert_eq!(told, if is_broken { vec!["Organization.contact[0].telecom[0]"] } else { vec![] });
        let open = contact_of_offer(&[level(levels::CONTACT_OF_OFFER, of_contact)], &[level(levels::TELECOM, telecom)]);
        let told = places(contact::telecom_of_an_offer_is_as_strict_as_its_contact, &open);
        assert_eq!(told, if is_broken { vec!["HealthcareService.extension[0].extension[1]"] } else { vec![] });
    }
}

#[test]
fn rg_exp_035_the_flag_is_no_unless_presumed() {
    for (name, activity, flag) in [
        ("Médecine polyvalente", "083", false),
        ("UHSA de Lyon", "083", true),
        ("Psychiatrie en milieu pénitentiaire", "229", true),
        ("Consultations", "089", true),
        ("SMPR", "229", true),
        ("SMPR, réadaptation", "229", false),
    ] {
        let activity = concept("TRE_R211-ActiviteOperationnelle", activity);
        let mut open = offer(&node!({"name": name, "specialty": [activity]}));
        assert_eq!(sensitive::give_default_flag(&mut open), Some(flag), "{name}");
        assert_eq!(sensitive::is_flagged(&open), Some(flag));
        assert_eq!(sensitive::give_default_flag(&mut open), None);
        let denied = sensitive::is_presumed(&open);
        let no = node!({"url": guide!("ror-healthcareservice-sensitive-unit"), "valueBoolean": false});
        let told = found(sensitive::presumed_unit_is_flagged, &with(open, "extension", node!([no])));
        assert_eq!(told.len(), usize::from(denied), "{name}");
    }
}

#[test]
fn rg_exp_036_an_extra_service_is_named_once() {
    let coded = || coded("additionalServiceName", "TRE_R264-PrestationNonObligatoireIncluse", "01");
    let named = || node!({"url": "otherAdditionalServiceName", "valueString": "Coiffeur"});
    let rule = price::extra_service_is_named_once;
    for (parts, is_broken) in
        [(vec![coded()], false), (vec![named()], false), (vec![coded(), named()], true), (vec![], true)]
    {
        assert_eq!(!places(rule, &site(vec![price("04", &parts)])).is_empty(), is_broken, "{parts:?}");
    }
    assert!(places(rule, &site(vec![price("02", &[])])).is_empty());
}

#[test]
fn rg_exp_039_contacts_of_a_sensitive_unit_are_at_level_3() {
    let flag = node!({"url": guide!("ror-healthcareservice-sensitive-unit"), "valueBoolean": true});
    let mut open = contact_of_offer(&[level(levels::CONTACT_OF_OFFER, "2")], &[level(levels::TELECOM, "3")]);
    assert!(found(sensitive::contacts_of_a_sensitive_unit_are_of_level_3, &open).is_empty());
    let Some(Node::Array(list)) = open.get_mut("extension") else { panic!("a list") };
    list.push(flag);
    let told = found(sensitive::contacts_of_a_sensitive_unit_are_of_level_3, &open);
    assert!(matches!(told.as_slice(), [one] if one.severity == Severity::Warning && one.rule == "RG_EXP_039"));
}

#[test]
fn rg_exp_040_041_a_contact_is_a_service_or_a_person() {
    // Nature, name, function; the rule broken.
    let cases = [
        (true, false, false, None),
        (false, true, true, None),
        (false, true, false, None),
        (true, true, false, Some("RG_EXP_040")),
        (false, false, true, Some("RG_EXP_041")),
        (true, false, true, Some("RG_EXP_040, RG_EXP_041")),
        (true, true, true, Some("RG_EXP_040, RG_EXP_041")),
    ];
    for (nature, name, function, broken) in cases {
        let function =
            function.then(|| coded(guide!("ror-contact-function-contact"), "TRE_R251-FonctionContact", "01"));
        let mut contact = node!({"extension": (function.clone().into_iter().collect::<Vec<_>>())});
        let mut parts: Vec<Node> = function.into_iter().collect();
        if nature {
            contact = with(contact, "purpose", concept("TRE_R287-NatureContact", "01"));
            parts.push(coded("purposeContact", "TRE_R287-NatureContact", "01"));
        }
        if name {
            contact = with(contact, "name", node!({"text": "Anne Exemple"}));
            parts.push(node!({"url": "name", "valueHumanName": {"text": "Anne Exemple"}}));
        }
        let structure = node!({"contact": [contact]});
        let mut told = found(contact::service_of_a_structure_has_no_name, &structure);
        told.extend(found(contact::person_of_a_structure_has_a_name, &structure));
        assert_eq!(rules_of(&told), broken.into_iter().collect::<Vec<_>>(), "{structure:?}");
        let open = contact_of_offer(&parts, &[]);
        let mut told = found(contact::service_of_an_offer_has_no_name, &open);
        told.extend(found(contact::person_of_an_offer_has_a_name, &open));
        assert_eq!(rules_of(&told), broken.into_iter().collect::<Vec<_>>(), "{open:?}");
    }
}

#[test]
fn rg_exp_042_a_transfer_keeps_the_identifier() {
    let moved = with(exposed(), "providedBy", node!({"reference": "Organization/2"}));
    assert!(transition(&exposed(), &moved, Origin::Other).is_empty());
    let renumbered = with(moved, "identifier", node!([{"value": "84/2"}]));
    assert_eq!(rules_of(&transition(&exposed(), &renumbered, Origin::Other)), ["RG_EXP_042"]);
}

/// A structure or an offer with the closing written by hand.
fn closed(rtype: &str, kind: Option<&str>, from: Option<&str>, until: Option<&str>) -> Node {
    let mut during = node!({});
    let mut extensions = Vec::new();
    let mut resource = node!({"resourceType": rtype});
    if let Some(kind) = kind {
        extensions.push(coded(guide!("ror-organization-closing-type"), "TRE_R286-TypeFermeture", kind));
        resource = with(resource, "characteristic", node!([concept("TRE_R286-TypeFermeture", kind)]));
    }
    if let Some(from) = from {
        extensions.push(
            node!({"url": "http://hl7.org/fhir/StructureDefinition/organization-period", "valuePeriod": {"end": from}}),
        );
        during = with(during, "start", from);
    }
    if let Some(until) = until {
        extensions.push(node!({"url": guide!("ror-organization-reopening-date"), "valueDate": until}));
        during = with(during, "end", until);
    }
    if rtype == "Organization" {
        with(resource, "extension", extensions)
    } else {
        with(resource, "notAvailable", node!([{"id": "closingReopeningDate", "during": during}]))
    }
}

fn of_closing(resource: &Node) -> Vec<String> {
    let rules: [Check; 3] =
        [closing::date_goes_with_type, closing::only_a_temporary_closing_reopens, closing::reopening_is_reset];
    rules.into_iter().flat_map(|rule| found(rule, resource)).map(|finding| finding.rule).collect()
}

#[test]
fn rg_exp_043_a_closing_has_a_type_and_a_date_or_neither() {
    for rtype in ["Organization", "HealthcareService"] {
        for (kind, from, is_broken) in [
            (None, None, false),
            (Some("DEF"), Some("2026-01-15"), false),
            (Some("PRO"), None, true),
            (None, Some("2026-01-15"), true),
        ] {
            let told = of_closing(&closed(rtype, kind, from, None));
            assert_eq!(told, if is_broken { vec!["RG_EXP_043"] } else { vec![] }, "{rtype} {kind:?} {from:?}");
        }
    }
}

#[test]
fn rg_exp_044_a_closing_goes_down_to_what_hangs_below() {
    let structure = closed("Organization", Some("ERR"), Some("2026-01-15"), None);
    let closing = Closing::read(&structure);
    let open = exposed();
    let before = closed("HealthcareService", Some("DEF"), Some("2020-01-01"), None);
    let unit = node!({"resourceType": "Organization", "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/organization-period", "valuePeriod": {"start": "2001-01-01"}}]});
    let changed = cascade(&closing, [&open, &before, &unit]);
    assert_eq!(changed.len(), 2, "what was closed for good stays");
    let told = Closing { kind: Some("DEF".to_owned()), from: Some("2026-01-15".to_owned()), until: None };
    assert_eq!(Closing::read(&changed[0]), told, "offers know no ERR");
    assert_eq!(Closing::read(&changed[1]), closing);
    assert!(changed[1].to_text().contains("2001-01-01"), "the opening date stays");
    assert!(cascade(&closing, &changed).is_empty(), "twice is once");
    assert!(changed.iter().all(|resource| of_closing(resource).is_empty()));
    let around =
        Around { above: &[&structure], offers: &[], now: at("2026-02-01"), terminology: Terminology::embedded() };
    assert_eq!(rules_of(&related(&open, &around)), ["RG_EXP_044"]);
    assert!(related(&changed[0], &around).is_empty());
    assert!(related(&open, &Around { now: at("2026-01-14"), ..around }).is_empty(), "the date is not reached");
}

#[test]
fn rg_exp_045_what_closes_for_good_does_not_reopen() {
    for rtype in ["Organization", "HealthcareService"] {
        for (kind, is_broken) in [("DEF", true), ("PRO", false), ("PRE", false)] {
            let told = of_closing(&closed(rtype, Some(kind), Some("2026-01-15"), Some("2026-03-01")));
            assert_eq!(told, if is_broken { vec!["RG_EXP_045"] } else { vec![] }, "{rtype} {kind}");
        }
    }
}

#[test]
fn rg_exp_046_the_reopening_date_goes_with_the_closing() {
    for rtype in ["Organization", "HealthcareService"] {
        assert_eq!(of_closing(&closed(rtype, None, None, Some("2026-03-01"))), ["RG_EXP_046"], "{rtype}");
        let mut resource = closed(rtype, Some("PRO"), Some("2026-01-15"), Some("2026-03-01"));
        Closing::default().write(&mut resource);
        assert_eq!(Closing::read(&resource), Closing::default());
        assert!(of_closing(&resource).is_empty());
    }
}

#[test]
fn rg_exp_048_takes_four_units() {
    let open = |low: Node| {
        offer(&node!({"extension": [{"url": guide!("ror-healthcareservice-patient-type"), "extension": [
            {"url": "ageRange", "valueRange": {"low": low, "high": {"value": 9, "code": "a"}}}]}]}))
    };
    let told = |low: Node| {
        let all = found(schedule::age_units_are_years_months_weeks_or_days, &open(low));
        all.into_iter().map(|one| (one.severity, one.rule, one.expression)).collect::<Vec<_>>()
    };
    let place = "HealthcareService.extension[0].extension[0].value.low".to_owned();
    for unit in ["a", "mo", "wk", "d"] {
        assert_eq!(told(node!({"value": 1, "code": unit})), []);
    }
    assert_eq!(told(node!({"value": 1, "code": "h"})), [(Severity::Error, "RG_EXP_048".to_owned(), place.clone())]);
    assert_eq!(told(node!({"value": 1})), [(Severity::Warning, "D13".to_owned(), place)]);
}

#[test]
fn rg_exp_049_takes_three_kinds_of_hours() {
    let role = |code: &str| {
        let kind = coded(guide!("ror-available-time-type-of-time"), "TRE_R252-TypeHoraire", code);
        node!({"availableTime": [{"extension": [kind]}]})
    };
    let rule = schedule::hours_of_a_person_are_on_call_or_consultation;
    for code in ["03", "06", "07"] {
        assert!(places(rule, &role(code)).is_empty());
    }
    assert_eq!(places(rule, &role("01")), ["PractitionerRole.availableTime[0]"]);
    assert!(places(rule, &node!({"availableTime": [{}]})).is_empty());
}

#[test]
fn d21_a_sensitive_unit_needs_a_place_of_its_own() {
    let flagged = |flag: bool| {
        offer(&node!({"extension": [{"url": guide!("ror-healthcareservice-sensitive-unit"), "valueBoolean": flag}]}))
    };
    let (yes, no) = (flagged(true), flagged(false));
    let around = Around { above: &[], offers: &[&no], now: 0, terminology: Terminology::embedded() };
    assert_eq!(rules_of(&related(&yes, &around)), ["D21"]);
    assert!(related(&no, &around).is_empty());
    let place = node!({"resourceType": "Location"});
    assert_eq!(rules_of(&related(&place, &Around { offers: &[&yes, &no], ..around })), ["D21"]);
    assert!(related(&place, &Around { offers: &[&yes], ..around }).is_empty());
    assert_eq!(related(&place, &Around { offers: &[], ..around }).len(), 1, "nobody holds it");
}

#[test]
fn d24_a_telephone_or_an_email_in_a_text_is_told() {
    for phone in [
        "appeler le 04 76 00 00 00",
        "0476000000",
        "Tél. 04.76.00.00.00.",
        "+33 4 76 00 00 00",
        "+33 (0)4 76 00 00 00",
        "0033476000000",
        "x@exemple.fr",
    ] {
        assert!(text::has_telecom(phone), "{phone}");
    }
    for plain in [
        "FINESS 010000024",
        "RPPS 10003456789",
        "ouvert 24h/24",
        "le 01/02/2026",
        "15, 112 ou 3919",
        "a@b",
        "@exemple.fr",
        "SIRET 73282932000074",
        "2026-01-15 08:30",
    ] {
        assert!(!text::has_telecom(plain), "{plain}");
    }
    let place = node!({"resourceType": "Location", "name": "Unité", "extension": [{"url": guide!("ror-comment"), "valueString": "0476000000"}]});
    let told = found(text::no_telecom_in_text, &place);
    assert!(
        matches!(told.as_slice(), [one] if one.severity == Severity::Warning && one.expression == "Location.extension[0].value")
    );
    assert!(!format!("{told:?}").contains("0476"), "the number is not repeated");
}

#[test]
fn d35_only_health_establishments_tell_available_beds() {
    let record = |nature: &str, assignment: &str| {
        let parts = [
            coded("capacityType", "TRE_R329-NatureCapacite", nature),
            coded("capacityStatus", "TRE_R330-TypeStatutCapacite", "02"),
            coded("temporaryAssignement", "TRE_R337-AffectationTemporaire", assignment),
        ];
        node!({"resourceType": "Location", "managingOrganization": {"reference": "Organization/1"},
            "extension": [{"url": guide!("ror-location-supported-capacity"), "extension": parts.to_vec()}]})
    };
    let structure = |category: &str| node!({"resourceType": "Organization", "type": [(concept("TRE_R66-CategorieEtablissement", category))]});
    let (home, hospital) = (structure("500"), structure("355"));
    let empty = Around { above: &[], offers: &[], now: 0, terminology: Terminology::embedded() };
    for (nature, assignment, is_doubtful) in [("01", "01", true), ("02", "02", true), ("02", "01", false)] {
        let place = record(nature, assignment);
        assert_eq!(
            related(&place, &Around { above: &[&home], ..empty }).len(),
            usize::from(is_doubtful),
            "{nature} {assignment}"
        );
        assert!(related(&place, &Around { above: &[&hospital], ..empty }).is_empty());
    }
}

#[test]
fn a_template_without_version_is_refused() {
    let url = guide!("ror-meta-questionnaire-used-as-a-template");
    let place =
        |template: &str| node!({"resourceType": "Location", "extension": [{"url": url, "valueCanonical": template}]});
    let rule = template::template_is_named_with_its_version;
    assert!(places(rule, &place("https://exemple.fr/MS-141|1")).is_empty());
    assert_eq!(places(rule, &place("https://exemple.fr/MS-141")), ["Location.extension[0].value"]);
}

#[test]
fn a_condition_names_a_question_of_its_template() {
    let questionnaire = |question: &str| {
        node!({"item": [{"linkId": "1", "type": "group", "item": [{"linkId": "1.1", "type": "boolean"}]},
            {"linkId": "2", "type": "string", "enableWhen": [{"question": question, "operator": "exists", "answerBoolean": true}]}]})
    };
    let rule = template::conditions_name_a_question;
    assert!(places(rule, &questionnaire("1.1")).is_empty());
    assert_eq!(places(rule, &questionnaire("3")), ["Questionnaire.item.enableWhen.question"]);
}

#[test]
fn no_rule_is_broken_by_what_it_does_not_expect() {
    let odd = [
        node!(null),
        node!([]),
        node!(3),
        node!({"extension": 3}),
        node!({"extension": [3, null, {"extension": {}}]}),
        node!({"contact": {}, "identifier": "x", "availableTime": [null], "type": [[]], "characteristic": {"coding": 3}}),
    ];
    for resource in odd {
        for (name, _, rule) in RULES {
            assert!(found(*rule, &resource).len() <= 1, "{name} {resource:?}");
        }
        assert!(transition(&resource, &resource, Origin::Other).is_empty());
    }
}
