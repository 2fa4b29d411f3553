//! Facts: all that a projection may read outside its resource.

use ror_fhir::Node;

use crate::AudienceMask;

/// What a projection may read from related resources.
///
/// The directory keeps facts up to date through the graph of references and projects
/// again whatever depends on a fact that changed.
pub struct Facts<'a> {
    /// What the other resources say of this one.
    pub own: OwnFacts,
    /// Who may see the resource `"Type/id"`; for one that is not known: profile 1 and owner.
    pub targets: &'a dyn Fn(&str) -> AudienceMask,
}

/// What the other resources say of the one projected, by resource type.
///
/// A variant that does not fit the resource's type is a fact missing: only profile 1
/// and the owner then see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnFacts {
    /// An establishment or one of its parts.
    Organization {
        /// Which level of the tree it is.
        kind: OrganizationKind,
        /// There are sensitive offers under it, descendants included, and no ordinary one that
        /// is exposed (D23).
        all_offers_sensitive: bool,
        /// EG of category 462, whose address may be a private home (D26).
        lieu_de_vie: bool,
        /// Médico-social in the sense of D26.
        medico_social: bool,
    },
    /// An offer: its sensitive flag and field of activity are read from the resource itself.
    HealthcareService {
        /// It has all that exposing an offer takes (RG_EXP_002, D34), its provider included; else
        /// it is the owner's alone.
        exposed: bool,
    },
    /// A place.
    Location {
        /// Every offer that uses it, by `location` or `coverageArea` (D21); one that is not
        /// exposed: [`OfferFacts::UNRESOLVED`].
        offers: Vec<OfferFacts>,
        /// It belongs to an EG of category 462 (D26).
        lieu_de_vie: bool,
    },
    /// A situation opérationnelle.
    PractitionerRole {
        /// Its offer; `None` when it does not resolve, which counts as sensitive.
        offer: Option<OfferFacts>,
        /// Its offer is exposed; what hangs below one that is not, is not either (RG_EXP_002, D22).
        exposed: bool,
    },
    /// A professional.
    Practitioner {
        /// The offer of each of their roles (D22); a role whose offer does not resolve, or is not
        /// exposed: [`OfferFacts::UNRESOLVED`].
        roles: Vec<OfferFacts>,
    },
    /// An entry template: nothing else decides who sees it (D31).
    Questionnaire,
    /// An anomaly.
    Task {
        /// Who sees what it reports (D30): its object, under each name that it gives it, and the
        /// element that it points at ([`Projection::readers`](crate::Projection::readers)). For an
        /// object that is not known: profile 1 and owner.
        readers: AudienceMask,
    },
    /// An indicator: nothing else decides who sees it (D31).
    Measure,
    /// A value of an indicator: what it was computed on is read from the resource itself.
    MeasureReport,
    /// Any other type: profile 1 and owner only.
    Other,
}

/// The three levels of structures that FHIR's Organization merges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrganizationKind {
    /// Entité juridique.
    EntiteJuridique,
    /// Entité géographique.
    EntiteGeographique,
    /// Organisation interne: pôle, service, unité fonctionnelle.
    OrganisationInterne,
}

/// What an offer tells of the places, professionals and structures tied to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OfferFacts {
    /// Unité sensible.
    pub sensitive: bool,
    /// Champ d'activité.
    pub field: Field,
}

/// Champ d'activité of an offer (JDV_J20); it never changes (RG_EXP_010).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// `01`: médecine, chirurgie, obstétrique.
    Mco,
    /// `02`: soins médicaux et de réadaptation.
    Smr,
    /// `03`: psychiatrie.
    Psy,
    /// `04`: médico-social.
    MedicoSocial,
    /// `05`: ville.
    Ville,
    /// `06`: social, which is neither médico-social nor ville for access (D27).
    Social,
    /// Absent, withdrawn, contradictory or from another nomenclature.
    Unknown,
}

/// The categories of establishment of the domain *Médico-social* (`indicators.md` §3, perimeters
/// of 2023 and 2024 included), in order.
const MEDICO_SOCIAL_CATEGORIES: [&str; 48] = [
    "165", "178", "180", "182", "183", "186", "188", "189", "190", "192", "194", "195", "196", "197", "198", "202",
    "207", "209", "213", "221", "228", "231", "238", "246", "249", "252", "253", "255", "354", "370", "377", "379",
    "381", "382", "390", "395", "396", "402", "437", "445", "446", "448", "449", "460", "500", "501", "502", "608",
];

/// Whether a category of establishment (TRE_R66) belongs to the domain *Médico-social*, which
/// decides for an EG as the field of activity does for an offer (D26).
pub fn is_medico_social_category(code: &str) -> bool {
    MEDICO_SOCIAL_CATEGORIES.binary_search(&code).is_ok()
}

/// The addresses under which a code of JDV_J20 is written: its code system, and the value
/// set itself, which some samples give as system (D4).
const FIELD_SYSTEMS: [&str; 3] = [
    "https://mos.esante.gouv.fr/NOS/TRE_R227-ChampActivite/FHIR/TRE-R227-ChampActivite",
    "https://mos.esante.gouv.fr/NOS/TRE_R227-ChampActivite/FHIR/TRE_R227-ChampActivite",
    "https://mos.esante.gouv.fr/NOS/JDV_J20-ChampActivite-ROR/FHIR/JDV-J20-ChampActivite-ROR",
];

pub(crate) const SENSITIVE_UNIT: &str =
    "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-healthcareservice-sensitive-unit";

impl OfferFacts {
    /// An offer that cannot be read: sensitive, of no known field.
    pub const UNRESOLVED: Self = Self { sensitive: true, field: Field::Unknown };

    /// What is left of several offers where one is due: no more than each of them would show.
    /// `None` where there is none.
    pub fn strictest(offers: impl IntoIterator<Item = Self>) -> Option<Self> {
        offers.into_iter().reduce(|one, other| Self {
            sensitive: one.sensitive || other.sensitive,
            field: if one.field == other.field { one.field } else { Field::Unknown },
        })
    }

    /// Reads the flag and the field of activity of a HealthcareService.
    ///
    /// The offer is ordinary only when the flag is there and says `false`. Absent, repeated
    /// with contradiction or not a boolean, it counts as sensitive: an import settles a
    /// missing flag before storing (D34), so a stored offer without one is a fault, and a
    /// fault closes.
    pub fn read(healthcare_service: &Node) -> Self {
        Self { sensitive: is_sensitive(healthcare_service), field: Field::read(healthcare_service) }
    }
}

fn is_sensitive(healthcare_service: &Node) -> bool {
    let mut flags = healthcare_service.extensions(SENSITIVE_UNIT).peekable();
    flags.peek().is_none() || flags.any(|flag| flag.get("valueBoolean").and_then(Node::as_bool) != Some(false))
}

impl Field {
    /// The field that all codings of `HealthcareService.type` agree on, else [`Field::Unknown`].
    fn read(healthcare_service: &Node) -> Self {
        let mut fields =
            healthcare_service.items("type").flat_map(|concept| concept.items("coding")).map(Self::of_coding);
        match fields.next() {
            Some(first) if fields.all(|field| field == first) => first,
            _ => Self::Unknown,
        }
    }

    fn of_coding(coding: &Node) -> Self {
        if !coding.str("system").is_some_and(|system| FIELD_SYSTEMS.contains(&system)) {
            return Self::Unknown;
        }
        match coding.str("code") {
            Some("01") => Self::Mco,
            Some("02") => Self::Smr,
            Some("03") => Self::Psy,
            Some("04") => Self::MedicoSocial,
            Some("05") => Self::Ville,
            Some("06") => Self::Social,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use ror_fhir::node;

    use super::*;

    fn offer(flags: &Node, codings: &Node) -> OfferFacts {
        OfferFacts::read(&node!({
            "resourceType": "HealthcareService", "extension": flags, "type": [{"coding": codings}]
        }))
    }

    #[test]
    fn d26_categories_are_in_order_and_a_hospital_is_not_among_them() {
        assert!(MEDICO_SOCIAL_CATEGORIES.is_sorted());
        for (code, is_one) in [("500", true), ("165", true), ("608", true), ("355", false), ("462", false), ("", false)]
        {
            assert_eq!(is_medico_social_category(code), is_one, "{code}");
        }
    }

    #[test]
    fn an_offer_is_ordinary_only_when_it_says_so() {
        let flag = |value: Node| node!({"url": SENSITIVE_UNIT, "valueBoolean": value});
        for (flags, sensitive) in [
            (node!([flag(node!(false))]), false),
            (node!([flag(node!(true))]), true),
            (node!([flag(node!("false"))]), true),
            (node!([{"url": SENSITIVE_UNIT}]), true),
            (node!([flag(node!(false)), flag(node!(true))]), true),
            (node!([]), true),
        ] {
            assert_eq!(offer(&flags, &node!([])).sensitive, sensitive, "{flags:?}");
        }
    }

    #[test]
    fn the_field_is_read_under_the_addresses_of_its_nomenclature_only() {
        let coding = |system: &str, code: &str| node!({"system": system, "code": code});
        for (codings, field) in [
            (node!([coding(FIELD_SYSTEMS[0], "05")]), Field::Ville),
            (node!([coding(FIELD_SYSTEMS[2], "04")]), Field::MedicoSocial),
            (node!([coding(FIELD_SYSTEMS[0], "06")]), Field::Social),
            (node!([coding(FIELD_SYSTEMS[0], "07")]), Field::Unknown),
            (node!([coding("https://example.org", "05")]), Field::Unknown),
            (node!([{"code": "05"}]), Field::Unknown),
            (node!([coding(FIELD_SYSTEMS[0], "05"), coding(FIELD_SYSTEMS[0], "04")]), Field::Unknown),
            (node!([]), Field::Unknown),
        ] {
            assert_eq!(offer(&node!([]), &codings).field, field, "{codings:?}");
        }
    }
}
