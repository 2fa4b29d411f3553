//! Small hand-made forms: what becomes what, and what a bad line costs.

use ror_fhir::Node;

use super::{InputFile, read};
use crate::cog::Cog;
use crate::{Harvest, Proposed, Severity};

const ID: &str = "bor;an;fi;rs;rscom;fi_ej;stj;cat;espic;nat;sir;reg;COMINSEE;ARMT;NUMVOI;TYPVOI;NOMVOI;BP;CPO;LIBCOM;COMPD\n\
    ID;2023;010000024;CH A;SITE NORD;010780054;13;355;1;0;26010004500012;84;01451;;900;RTE;DE PARIS;BP 1;01440;VIRIAT;\n\
    ID;2023;060800174;ASSO B;;060800174;60;699;6;1;775552003;93;06088;;;;;;06000;NICE;\n";
const MCO: &str = "BOR;AN;FI;RS;FI_EJ;LIT_MED;LIT_CHI;LIT_OBS;LIT_MCO;PLA_MED;PLAN_MED;PLA_CHI;PLA_OBS;PLA_MCO\n\
    MCO;2023;010000024;CH A;010780054;20;0;10;30;4;2;6;0;10\n";
const REA: &str = "BOR;AN;FI;RS;FI_EJ;UNI;LIT;SEJ;JOU\n\
    REA;2023;010000024;CH A;010780054;REAADU;8;100;400\n\
    REA;2023;010000024;CH A;010780054;SURVADU;;12;30\n\
    REA;2023;010000024;CH A;010780054;SITOT;0;0;0\n";
const PERINAT: &str = "BOR;AN;FI;RS;FI_EJ;AUTOR;LIT_OBS;LIT_NEO_HSI;LIT_SIN;LIT_REA;SEJ_NEO_HSI;SEJ_SIN;SEJ_REA;JOU_NEO_HSI;JOU_SIN;JOU_REA;PRIS;AMP\n\
    PERINAT;2023;010000024;CH A;010780054;TYPE2;8;3;1;0;9;9;0;9;9;0;1;0\n";
const PSY_HEADER: &str = "BOR;AN;FI;RS;FI_EJ;DIS;CAP_HTP;CAP_HDJ;CAP_HDN;CAP_PFT;CAP_AAT;CAP_ACP;CAP_CCU;CAP_HAD;FIL_AMB;ACT_CMP_SEUL;ACT_CONSULT_SEUL;ACT_CATTP;ACT_AD\n";

fn file(name: &str, text: &str) -> InputFile {
    InputFile { name: name.to_owned(), bytes: text.as_bytes().to_vec() }
}

fn harvest(files: &[(&str, &str)]) -> Harvest {
    let files: Vec<_> = files.iter().map(|(name, text)| file(name, text)).collect();
    read(&files, Cog::embedded())
}

fn find<'a>(harvest: &'a Harvest, key: &str) -> &'a Proposed {
    harvest.proposed.iter().find(|p| p.key == key).unwrap_or_else(|| panic!("{key} in {:?}", keys(harvest)))
}

fn keys(harvest: &Harvest) -> Vec<&str> {
    harvest.proposed.iter().map(|p| p.key.as_str()).collect()
}

fn rules(harvest: &Harvest, severity: Severity) -> Vec<&'static str> {
    harvest
        .findings
        .iter()
        .filter(|f| f.severity == severity && f.rule != "formulaire-absent")
        .map(|f| f.rule)
        .collect()
}

/// Nature and number of the capacity records of a place.
fn capacity(place: &Node) -> Vec<(String, String)> {
    let records =
        place.items("extension").filter(|e| e.str("url").is_some_and(|url| url.ends_with("supported-capacity")));
    let value = |record: &Node, url: &str| record.extensions(url).next().map(Node::to_text).unwrap_or_default();
    let nature = |text: &str| if text.contains(r#""code":"01""#) { "lits" } else { "places" }.to_owned();
    let number = |text: &str| text.chars().filter(char::is_ascii_digit).collect();
    records.map(|record| (nature(&value(record, "capacityType")), number(&value(record, "nbCapacity")))).collect()
}

#[test]
fn a_site_gives_structure_offers_and_places() {
    let harvest = harvest(&[("a.csv", ID), ("b.csv", MCO), ("c.csv", REA), ("d.csv", PERINAT)]);
    let site = find(&harvest, "eg/010000024");
    let text = site.resource.to_text();
    for part in [
        r#""value":"1010000024""#,
        r#""name":"CH A""#,
        r#""valueString":"SITE NORD""#,
        r#""line":["900 RTE DE PARIS","BP 1"]"#,
        r#""code":"01451""#,
        r#""partOf":{"reference":"key:ej/010780054"}"#,
        r#""code":"355""#,
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!((site.file.as_str(), site.line), ("a.csv", 2));
    assert_eq!(find(&harvest, "ej/010780054").resource.str("name"), None, "known by its number");

    // 20 + 10 beds; neonatal 4 (2 beyond the 8 of the maternity, 2 in medicine), critical care 8.
    let beds = |key: &str| capacity(&find(&harvest, key).resource);
    let lits = |number: &str| ("lits".to_owned(), number.to_owned());
    let places = |number: &str| ("places".to_owned(), number.to_owned());
    assert_eq!(beds("lieu/010000024/MCO/MED"), [lits("10"), places("4")]);
    assert_eq!(beds("lieu/010000024/MCO/MED-HDN"), [places("2")]);
    assert_eq!(beds("lieu/010000024/MCO/CHI-HJ"), [places("6")]);
    assert_eq!(beds("lieu/010000024/MCO/OBS"), [lits("8")]);
    assert_eq!(beds("lieu/010000024/REA/REAADU"), [lits("8")]);
    assert_eq!(beds("lieu/010000024/PERINAT/NEO"), [lits("3")]);
    assert_eq!(beds("lieu/010000024/PERINAT/SIN"), [lits("1")]);
    assert!(keys(&harvest).iter().all(|key| !key.contains("SITOT") && !key.contains("REANEO")));

    let offer = find(&harvest, "offre/010000024/MCO/OBS").resource.to_text();
    assert!(offer.contains(r#"TRE-R253-TypeMaternite","code":"03""#), "type 2 with special care is 2B: {offer}");
    assert!(offer.contains(r#""location":[{"reference":"key:lieu/010000024/MCO/OBS"}]"#));
    let idle = find(&harvest, "offre/010000024/REA/SURVADU").resource.to_text();
    assert!(idle.contains("key:lieu/010000024/ID/ADRESSE"), "no bed, so the address of the site: {idle}");
    assert_eq!(rules(&harvest, Severity::Error), [""; 0]);
}

#[test]
fn an_offer_reads_as_the_guide_writes_it() {
    let harvest = harvest(&[("a.csv", ID), ("c.csv", REA)]);
    let expected = concat!(
        r#"{"resourceType":"HealthcareService","#,
        r#""meta":{"tag":[{"system":"https://mos.esante.gouv.fr/NOS/TRE_R30-RegionOM/FHIR/TRE-R30-RegionOM","code":"84"}]},"#,
        r#""extension":[{"url":"https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-healthcareservice-sensitive-unit","valueBoolean":false}],"#,
        r#""providedBy":{"reference":"key:eg/010000024"},"#,
        r#""category":[{"coding":[{"system":"https://mos.esante.gouv.fr/NOS/TRE_R244-CategorieOrganisation/FHIR/TRE-R244-CategorieOrganisation","code":"121"}]}],"#,
        r#""type":[{"coding":[{"system":"https://mos.esante.gouv.fr/NOS/TRE_R227-ChampActivite/FHIR/TRE-R227-ChampActivite","code":"01"}]}],"#,
        r#""specialty":[{"coding":[{"system":"https://mos.esante.gouv.fr/NOS/TRE_R211-ActiviteOperationnelle/FHIR/TRE-R211-ActiviteOperationnelle","code":"127"}]}],"#,
        r#""location":[{"reference":"key:lieu/010000024/REA/REAADU"}],"name":"Réanimation adulte","#,
        r#""characteristic":[{"coding":[{"system":"https://mos.esante.gouv.fr/NOS/TRE_R213-ModePriseEnCharge/FHIR/TRE-R213-ModePriseEnCharge","code":"28"}]}]}"#,
    );
    assert_eq!(find(&harvest, "offre/010000024/REA/REAADU").resource.to_text(), expected);
}

#[test]
fn psychiatry_may_be_reported_by_a_legal_person_and_care_of_detainees_is_sensitive() {
    let lines = "PSY;2023;060800174;ASSO B;060800174;GEN;12;5;2;3;0;0;0;0;9;0;0;0;0\n\
        PSY;2023;060800174;ASSO B;060800174;PEN;0;0;0;0;0;0;0;0;7;0;0;0;0\n\
        PSY;2023;060800174;ASSO B;060800174;INF;0;0;0;0;0;0;0;0;0;0;0;0;0\n\
        PSY;2023;060800174;ASSO B;060800174;TOT;12;5;2;3;0;0;0;0;16;0;0;0;0\n";
    let harvest = harvest(&[("a.csv", ID), ("p.csv", &format!("{PSY_HEADER}{lines}"))]);
    let offers: Vec<_> =
        keys(&harvest).into_iter().filter_map(|key| key.strip_prefix("offre/060800174/PSY/")).collect();
    assert_eq!(offers, ["GEN", "GEN-HDN", "GEN-PFT", "PEN-AMB"]);
    let general = find(&harvest, "offre/060800174/PSY/GEN").resource.to_text();
    assert!(general.contains("key:ej/060800174") && general.contains(r#""valueBoolean":false"#));
    let detainees = find(&harvest, "offre/060800174/PSY/PEN-AMB").resource.to_text();
    assert!(detainees.contains(r#""valueBoolean":true"#));
    assert!(detainees.contains("key:lieu/060800174/PSY/PEN-AMB"), "a sensitive offer shares no place");
    assert!(harvest.findings.iter().any(|f| f.rule == "ligne-sans-activite" && f.message.starts_with("1 ligne(s)")));
}

#[test]
fn a_bad_line_costs_itself_and_says_why() {
    let header = "BOR;AN;FI;RS;FI_EJ;UNI;LIT;SEJ;JOU\n";
    let cases = [
        ("wrong key", "REA;2023;010000025;X;;REAADU;8;;", "finess-invalide"),
        ("unknown site", "REA;2023;010000032;X;;REAADU;8;;", "finess-inconnu"),
        ("negative", "REA;2023;010000024;X;;REAADU;-8;1;1", "nombre-invalide"),
        ("decimal", "REA;2023;010000024;X;;REAADU;8.5;1;1", "nombre-invalide"),
        ("text", "REA;2023;010000024;X;;REAADU;huit;1;1", "nombre-invalide"),
        ("absurd", "REA;2023;010000024;X;;REAADU;5001;1;1", "nombre-invalide"),
        ("other year", "REA;2019;010000024;X;;REAADU;8;1;1", "annee-differente"),
        ("other form", "MCO;2023;010000024;X;;REAADU;8;1;1", "fichier-inconnu"),
        ("twice", "REA;2023;010000024;X;;USIC;9;1;1", "ligne-en-double"),
        ("cut", "REA;2023;010000024;X;;REAADU", "nombre-de-champs"),
    ];
    for (what, line, rule) in cases {
        let text =
            format!("{header}REA;2023;010000024;CH A;;USIC;6;1;1\n{line}\nREA;2023;010000024;CH A;;SIUNV;4;1;1\n");
        let harvest = harvest(&[("a.csv", ID), ("c.csv", &text)]);
        let found: Vec<_> = harvest.findings.iter().filter(|f| f.severity == Severity::Error).collect();
        assert_eq!(found.len(), 1, "{what}: {found:?}");
        assert_eq!((found[0].rule, found[0].line, found[0].file.as_str()), (rule, Some(3), "c.csv"), "{what}");
        assert!(!found[0].message.is_empty());
        assert_eq!(capacity(&find(&harvest, "lieu/010000024/REA/USIC").resource)[0].1, "6", "{what}");
        assert_eq!(capacity(&find(&harvest, "lieu/010000024/REA/SIUNV").resource)[0].1, "4", "{what}");
    }
}

#[test]
fn eaten_zeros_are_given_back() {
    let id = ID.replace(";010000024;", ";10000024;").replace(";01440;", ";1440;").replace(";010780054;", ";10780054;");
    let mco = MCO.replace(";010000024;", ";10000024;");
    let harvest = harvest(&[("a.csv", &id), ("b.csv", &mco)]);
    assert!(find(&harvest, "eg/010000024").resource.to_text().contains(r#""postalCode":"01440""#));
    find(&harvest, "offre/010000024/MCO/MED");
    let warnings = rules(&harvest, Severity::Warning);
    assert_eq!(warnings.iter().filter(|rule| **rule == "finess-zero-perdu").count(), 3);
    assert!(warnings.contains(&"code-postal-douteux") && !warnings.contains(&"ej-absente"));
}

#[test]
fn encodings_separators_and_names_do_not_matter() {
    let expected = harvest(&[("a.csv", ID), ("b.csv", MCO)]);
    let bytes = |text: &str| text.replace("CH A", "CH ÉCOLE").chars().map(|c| c as u8).collect::<Vec<u8>>();
    let id = InputFile { name: "b.csv".to_owned(), bytes: bytes(ID) };
    let latin = read(&[file("a.csv", MCO), id], Cog::embedded());
    assert_eq!(find(&latin, "eg/010000024").resource.str("name"), Some("CH ÉCOLE"));
    assert_eq!(keys(&latin), keys(&expected), "files are told by their content");

    let tabs = harvest(&[("a.csv", ID), ("b.csv", &MCO.replace(';', "\t"))]);
    assert_eq!(keys(&tabs), keys(&expected));
    assert!(rules(&tabs, Severity::Warning).contains(&"separateur"));
}

#[test]
fn files_that_do_not_belong_are_left_out() {
    let other_year = MCO.replace("2023", "2022");
    let harvest = harvest(&[
        ("a.csv", ID),
        ("b.csv", MCO),
        ("again.csv", MCO),
        ("rea.csv", &REA.replace("2023", "2024")),
        ("notes.csv", "nom;valeur\na;1\n"),
        ("empty.csv", ""),
        ("old.csv", &other_year),
    ]);
    let mut errors: Vec<_> =
        harvest.findings.iter().filter(|f| f.severity == Severity::Error).map(|f| (f.file.as_str(), f.rule)).collect();
    errors.sort_unstable();
    assert_eq!(
        errors,
        [
            ("again.csv", "formulaire-en-double"),
            ("empty.csv", "fichier-inconnu"),
            ("empty.csv", "fichier-vide"),
            ("notes.csv", "fichier-inconnu"),
            ("old.csv", "annee-differente"),
            ("rea.csv", "annee-differente"),
        ]
    );
    find(&harvest, "offre/010000024/MCO/MED");
    assert!(keys(&harvest).iter().all(|key| !key.contains("/REA/")));
}

#[test]
fn without_form_id_nothing_is_offered() {
    let harvest = harvest(&[("b.csv", MCO)]);
    assert!(harvest.proposed.is_empty());
    assert!(harvest.findings.iter().any(|f| f.rule == "formulaire-absent" && f.severity == Severity::Error));
    assert!(harvest.findings.iter().any(|f| f.rule == "finess-inconnu"));
    assert!(read(&[], Cog::embedded()).proposed.is_empty());
}

#[test]
fn a_structure_listed_twice_is_kept_once() {
    let line = "ID;2023;010000024;CH Z;;010780054;13;355;1;0;26010004500012;84;01451;;;;;;01440;VIRIAT;\n";
    let harvest = harvest(&[("a.csv", &format!("{ID}{line}"))]);
    assert_eq!(find(&harvest, "eg/010000024").resource.str("name"), Some("CH A"));
    let found: Vec<_> = harvest.findings.iter().filter(|f| f.rule == "finess-en-double").collect();
    assert_eq!(found.iter().map(|f| f.line).collect::<Vec<_>>(), [Some(4)]);
}

#[test]
fn communes_overseas_cut_or_unknown() {
    let cases = [
        ("9A101;;;;;;97139;LES ABYMES", Some("97101"), None),
        ("29;;;;;;29200;BREST", Some("29019"), Some("commune-tronquee")),
        ("29;;;;;;29999;NULLE PART", None, Some("commune-tronquee")),
        ("75056;75114;;;;;75014;PARIS", Some("75114"), None),
        ("69123;;;;;;69003;LYON", Some("69383"), None),
        ("01999;;;;;;01440;VIRIAT", Some("01451"), Some("commune-inconnue")),
    ];
    for (address, commune, rule) in cases {
        let (code, rest) = address.split_once(';').expect("a code");
        let header = ID.lines().next().expect("a header");
        let line = format!("ID;2023;010000024;CH A;;010780054;13;355;1;0;26010004500012;84;{code};{rest};");
        let harvest = harvest(&[("a.csv", &format!("{header}\n{line}\n"))]);
        let text = find(&harvest, "eg/010000024").resource.to_text();
        let coded = text.split("TRE-R13-CommuneOM\",\"code\":\"").nth(1).map(|rest| &rest[..5]);
        assert_eq!(coded, commune, "{address}");
        let found = harvest.findings.iter().find(|f| f.rule.starts_with("commune-")).map(|f| f.rule);
        assert_eq!(found, rule, "{address}");
    }
}

#[test]
fn positions_are_matched_by_padded_number() {
    let positions = "id,hospital_name,lat,lon,geo_qual\n10000024,CH A,46.2222,5.20879,1\n60800174,ASSO,95,5,1\n";
    let harvest = harvest(&[("a.csv", ID), ("p.csv", positions), ("b.csv", MCO)]);
    let place = find(&harvest, "lieu/010000024/MCO/MED").resource.to_text();
    assert!(place.contains(r#""longitude":5.208790,"latitude":46.222200"#), "{place}");
    assert!(place.contains(r#"ror-coordinate-reliability","valueBoolean":true"#), "{place}");
    let far = positions.replace("46.2222,5.20879", "48.85,2.35");
    let harvest = self::harvest(&[("a.csv", ID), ("p.csv", &far), ("b.csv", MCO)]);
    let place = find(&harvest, "lieu/010000024/MCO/MED").resource.to_text();
    assert!(!place.contains("longitude"), "D69: a wrong distance is worse than none: {place}");
    let found: Vec<_> = rules(&harvest, Severity::Warning);
    assert!(found.contains(&"position-loin"), "{found:?}");
    assert!(rules(&harvest, Severity::Error).contains(&"position-invalide"));
}

#[test]
fn totals_and_declared_activities_only_check() {
    let mco = MCO.replace(";20;0;10;30;", ";20;0;10;31;");
    let filtre = "BOR;AN;FI;RS;FI_EJ;STATUT;HEB_MED;URG\nFILTRE;2023;010000024;CH A;;DECLA;1;1\n";
    let urgences = "BOR;AN;FI;RS;FI_EJ;AUTSU;AUTGEN;AUTPED;AUTSAIS\nURGENCES;2023;060800174;B;;1;1;0;0\n";
    let ght = "NOM_COURT_GHT;CODE_GHT;LIT_MCO;LIT_MED;LIT_CHI;LIT_OBS\nARA-01;84101;99;99;0;0\n";
    let harvest = harvest(&[("a.csv", ID), ("b.csv", &mco), ("f.csv", filtre), ("u.csv", urgences), ("g.csv", ght)]);
    let rules: Vec<_> = harvest.findings.iter().map(|finding| finding.rule).collect();
    assert!(
        ["total-different", "ght-total", "filtre-sans-formulaire"].iter().all(|rule| rules.contains(rule)),
        "{rules:?}"
    );
    assert_eq!(capacity(&find(&harvest, "lieu/010000024/MCO/MED").resource)[0].1, "20");
}
