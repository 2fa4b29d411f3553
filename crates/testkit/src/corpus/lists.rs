//! The words of corpora: names, codes, places.

/// Prefix of the national guide's extensions.
pub const ROR: &str = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/";
/// Code systems by their short name.
pub const SYSTEMS: [(&str, &str); 34] = [
    ("field", "https://mos.esante.gouv.fr/NOS/TRE_R227-ChampActivite/FHIR/TRE-R227-ChampActivite"),
    ("region", "https://mos.esante.gouv.fr/NOS/TRE_R30-RegionOM/FHIR/TRE-R30-RegionOM"),
    ("eg", "https://mos.esante.gouv.fr/NOS/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement"),
    ("ej", "https://mos.esante.gouv.fr/NOS/TRE_R72-FinessStatutJuridique/FHIR/TRE-R72-FinessStatutJuridique"),
    ("oi", "https://mos.esante.gouv.fr/NOS/TRE_R207-TypeOrganisationInterne/FHIR/TRE-R207-TypeOrganisationInterne"),
    ("act", "https://mos.esante.gouv.fr/NOS/TRE_R210-ActeSpecifique/FHIR/TRE-R210-ActeSpecifique"),
    ("mode", "https://mos.esante.gouv.fr/NOS/TRE_R213-ModePriseEnCharge/FHIR/TRE-R213-ModePriseEnCharge"),
    ("level", "https://mos.esante.gouv.fr/NOS/TRE_R283-NiveauConfidentialite/FHIR/TRE-R283-NiveauConfidentialite"),
    ("status", "https://mos.esante.gouv.fr/NOS/TRE_R330-TypeStatutCapacite/FHIR/TRE-R330-TypeStatutCapacite"),
    ("cog", "https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM"),
    ("finess", "https://finess.esante.gouv.fr"),
    ("nat", "urn:oid:1.2.250.1.71.4.2.2"),
    ("nature", "https://mos.esante.gouv.fr/NOS/TRE_R329-NatureCapacite/FHIR/TRE-R329-NatureCapacite"),
    ("horizon", "https://mos.esante.gouv.fr/NOS/TRE_R331-TemporaliteCapacite/FHIR/TRE-R331-TemporaliteCapacite"),
    ("gender", "https://mos.esante.gouv.fr/NOS/TRE_R332-GenreCapacite/FHIR/TRE-R332-GenreCapacite"),
    ("closing", "https://mos.esante.gouv.fr/NOS/TRE_R333-TypeFermetureCapacite/FHIR/TRE-R333-TypeFermetureCapacite"),
    ("extra-bed", "https://mos.esante.gouv.fr/NOS/TRE_R334-TypeLitSupplementaire/FHIR/TRE-R334-TypeLitSupplementaire"),
    ("crisis", "https://mos.esante.gouv.fr/NOS/TRE_R336-TypeCrise/FHIR/TRE-R336-TypeCrise"),
    ("assignment", "https://mos.esante.gouv.fr/NOS/TRE_R337-AffectationTemporaire/FHIR/TRE-R337-AffectationTemporaire"),
    ("equipment", "https://mos.esante.gouv.fr/NOS/TRE_R212-Equipement/FHIR/TRE-R212-Equipement"),
    (
        "feature",
        "https://mos.esante.gouv.fr/NOS/TRE_R340-TypeCaracteristiqueEquipement/FHIR/TRE-R340-TypeCaracteristiqueEquipement",
    ),
    ("dwelling", "https://mos.esante.gouv.fr/NOS/TRE_R242-TypeHabitation/FHIR/TRE-R242-TypeHabitation"),
    ("price-type", "https://mos.esante.gouv.fr/NOS/TRE_R246-TypeTarif/FHIR/TRE-R246-TypeTarif"),
    ("price-unit", "https://mos.esante.gouv.fr/NOS/TRE_R228-UnitePrix/FHIR/TRE-R228-UnitePrix"),
    ("special-price", "https://mos.esante.gouv.fr/NOS/TRE_R250-ConditionTarifaire/FHIR/TRE-R250-ConditionTarifaire"),
    ("welcome", "https://mos.esante.gouv.fr/NOS/TRE_R240-TemporaliteAccueil/FHIR/TRE-R240-TemporaliteAccueil"),
    (
        "gir",
        "https://mos.esante.gouv.fr/NOS/TRE_R237-GroupeTarifaireDependance/FHIR/TRE-R237-GroupeTarifaireDependance",
    ),
    ("patients", "https://mos.esante.gouv.fr/NOS/TRE_R239-PublicPrisEnCharge/FHIR/TRE-R239-PublicPrisEnCharge"),
    (
        "division",
        "https://mos.esante.gouv.fr/NOS/TRE_R201-TypeDivisionTerritoriale/FHIR/TRE-R201-TypeDivisionTerritoriale",
    ),
    ("structure-closing", "https://mos.esante.gouv.fr/NOS/TRE_R286-TypeFermeture/FHIR/TRE-R286-TypeFermeture"),
    ("place-status", "https://mos.esante.gouv.fr/NOS/TRE_R203-StatutLieu/FHIR/TRE-R203-StatutLieu"),
    ("activity", "https://mos.esante.gouv.fr/NOS/TRE_R211-ActiviteOperationnelle/FHIR/TRE-R211-ActiviteOperationnelle"),
    (
        "family",
        "https://mos.esante.gouv.fr/NOS/TRE_R265-PrestationPilotageSerafin/FHIR/TRE-R265-PrestationPilotageSerafin",
    ),
    ("hours", "https://mos.esante.gouv.fr/NOS/TRE_R252-TypeHoraire/FHIR/TRE-R252-TypeHoraire"),
];
/// Names that fold alike, hold each other, or only their accents tell apart.
pub const NAMES: [&str; 10] = [
    "Hôpital Nord",
    "HOPITAL  NORD",
    "Centre d’Été",
    "centre d'ete-nord",
    "Clinique Saint-Œuvre",
    "saint oeuvre",
    "Unité A",
    "Unité A bis",
    "UHSI",
    "Île, | $ \\ ville",
];
/// Towns.
pub const CITIES: [&str; 4] = ["Bourg-en-Bresse", "Lyon", "L'Île-Rousse", "Saint-Étienne"];
/// Postal codes, Corsica's among them, and one that holds `201` elsewhere than in front.
pub const POSTAL_CODES: [&str; 6] = ["01000", "20167", "20200", "20600", "62010", "69003"];
/// Communes: Lyon and two of its arrondissements, one that absorbed another, one overseas, one
/// that nobody knows.
pub const COMMUNES: [&str; 7] = ["69123", "69381", "69382", "01001", "01002", "97411", "99999"];
/// Positions, two of them equal.
pub const POSITIONS: [(&str, &str); 6] = [
    ("45.76", "4.84"),
    ("45.761", "4.841"),
    ("45.76", "4.84"),
    ("46.205", "5.2255"),
    ("41.92", "8.74"),
    ("-20.88", "55.45"),
];
/// Codes of activities, in a system that no nomenclature knows.
pub const SPECIALTIES: [&str; 4] = ["a", "b", "c", "d"];
/// Activities and families of activities that the nomenclature knows; the first two are of the family.
pub const ACTIVITIES: [(&str, &str); 4] =
    [("activity", "135"), ("activity", "170"), ("activity", "003"), ("family", "004")];
/// The system of those: named as that of activities, for what is asked of an offer to be exposed.
pub const SPECIALTY: &str = "https://example.org/TRE_R211-ActiviteOperationnelle";
/// Acts and modes of care: the first are for profile 1 only.
pub const CHARACTERISTICS: [(&str, &str); 4] = [("act", "0001"), ("act", "0002"), ("mode", "28"), ("mode", "29")];
/// FINESS numbers and idNat_Struct, which stand for each other.
pub const STRUCTURES: [(&str, &str); 6] = [
    ("finess", "010000024"),
    ("nat", "1010000024"),
    ("finess", "2a0000154"),
    ("nat", "12A0000154"),
    ("nat", "326010004500012"),
    ("finess", " 010000032 "),
];
/// Categories of the corpus that belong to the domain *Médico-social* (D26).
pub const MEDICO_SOCIAL: [&str; 1] = ["500"];
/// Dates of templates, from a year to a second.
pub const TEMPLATE_DATES: [&str; 5] = ["2025", "2026-01", "2026-01-01", "2026-01-01T08:00:00+01:00", "2026-01-02"];
/// Statuses of templates.
pub const STATUSES: [&str; 3] = ["draft", "active", "retired"];
/// Versions of templates.
pub const VERSIONS: [&str; 2] = ["1", "2"];
