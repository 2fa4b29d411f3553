//! Defects planted on purpose, so that the indicators of quality have something to find and can be
//! judged against the truth (shares: `volumes.md` §9).
//!
//! A resource is first built whole, then spoiled here and told: what is not told has no defect.

use ror_fhir::Node;

use super::contacts::first_telecom_of_offer;
use super::draw::{Carry, Draw};
use super::elements::system;
use super::territory::World;
use crate::shapes::ROR_EXTENSION;

/// One planted defect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defect {
    /// What is wrong.
    pub kind: DefectKind,
    /// Key of the object, as in the harvest; the FINESS number of a structure that is not in it.
    pub key: String,
    /// What was done, in French.
    pub what: String,
}

/// The kinds of defect, with the indicator that should see each (`indicators.md` §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DefectKind {
    /// The register knows an establishment that the directory does not (EX1.2).
    AbsentFromDirectory,
    /// Closed in the register, open here (EX2).
    ClosedInRegister,
    /// Another category than the register's (CO4).
    OtherCategory,
    /// Another legal entity than the register's (ST2).
    OtherOwner,
    /// Two sites with one national identifier (ST3).
    DuplicateIdentifier,
    /// An offer not touched for a year (RE1.2).
    NotUpdatedForAYear,
    /// An offer without operational activity.
    MissingActivity,
    /// An offer without ages.
    MissingAges,
    /// An offer without contact.
    MissingContact,
    /// A place whose address lacks the postal code or the street.
    IncompleteAddress,
    /// A medico-social offer without installed places (CP6).
    MissingInstalledPlaces,
    /// An emergency offer whose name does not say so (CO1).
    MisnamedEmergency,
    /// A sensitive unit without its flag (CO3).
    UnflaggedSensitiveUnit,
    /// A practitioner whose number the register does not know.
    UnknownRpps,
    /// A telephone or e-mail address that cannot work.
    MalformedTelecom,
}

impl DefectKind {
    /// Every kind.
    pub const ALL: [Self; 15] = [
        Self::AbsentFromDirectory,
        Self::ClosedInRegister,
        Self::OtherCategory,
        Self::OtherOwner,
        Self::DuplicateIdentifier,
        Self::NotUpdatedForAYear,
        Self::MissingActivity,
        Self::MissingAges,
        Self::MissingContact,
        Self::IncompleteAddress,
        Self::MissingInstalledPlaces,
        Self::MisnamedEmergency,
        Self::UnflaggedSensitiveUnit,
        Self::UnknownRpps,
        Self::MalformedTelecom,
    ];

    /// Its code in the truth file.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AbsentFromDirectory => "absent-du-ror",
            Self::ClosedInRegister => "ferme-dans-finess",
            Self::OtherCategory => "categorie-differente",
            Self::OtherOwner => "ej-different",
            Self::DuplicateIdentifier => "identifiant-en-double",
            Self::NotUpdatedForAYear => "sans-mise-a-jour-depuis-un-an",
            Self::MissingActivity => "activite-absente",
            Self::MissingAges => "ages-absents",
            Self::MissingContact => "contact-absent",
            Self::IncompleteAddress => "adresse-incomplete",
            Self::MissingInstalledPlaces => "places-installees-absentes",
            Self::MisnamedEmergency => "urgences-mal-nommees",
            Self::UnflaggedSensitiveUnit => "unite-sensible-non-signalee",
            Self::UnknownRpps => "rpps-inconnu",
            Self::MalformedTelecom => "telecom-malforme",
        }
    }

    /// Share of the objects concerned that have it. The age of offers is drawn, not spoiled.
    pub(super) const fn share(self) -> f64 {
        match self {
            Self::AbsentFromDirectory => 0.06,
            Self::ClosedInRegister | Self::OtherOwner => 0.02,
            Self::OtherCategory => 0.03,
            Self::DuplicateIdentifier => 0.003,
            Self::NotUpdatedForAYear => 0.30,
            Self::MissingActivity => 0.04,
            Self::MissingAges => 0.12,
            Self::MissingContact => 0.15,
            Self::IncompleteAddress => 0.05,
            Self::MissingInstalledPlaces => 0.20,
            Self::MisnamedEmergency => 0.08,
            Self::UnflaggedSensitiveUnit => 0.25,
            Self::UnknownRpps | Self::MalformedTelecom => 0.01,
        }
    }
}

/// Which object gets which defect: exact shares over objects met one after the other, and at least
/// one of each kind even where few objects are concerned.
#[derive(Debug)]
pub(super) struct Plan([Carry; DefectKind::ALL.len()]);

impl Plan {
    pub(super) fn new(seed: u64) -> Self {
        Self(DefectKind::ALL.map(|kind| Carry::new(0.6 + 0.3 * Draw::new(seed, &["défaut", kind.code()]).unit())))
    }

    /// Whether the object at hand, to which `kind` can happen, gets it.
    pub(super) fn due(&mut self, kind: DefectKind) -> bool {
        self.0[kind as usize].take(kind.share()) > 0
    }
}

/// Spoils an offer now and then, and tells.
pub(super) fn spoil_offer(world: &mut World<'_>, key: &str, offer: &mut Node) {
    if world.plan.due(DefectKind::MissingActivity) {
        drop_activities(offer);
        world.tell(DefectKind::MissingActivity, key, "activités opérationnelles retirées");
    }
    if world.plan.due(DefectKind::MissingAges) {
        drop_ages(offer);
        world.tell(DefectKind::MissingAges, key, "âges de la patientèle retirés");
    }
    if world.plan.due(DefectKind::MissingContact) {
        drop_extensions(offer, |url| url == "ror-healthcareservice-contact");
        world.tell(DefectKind::MissingContact, key, "contacts retirés");
    } else if world.plan.due(DefectKind::MalformedTelecom) {
        spoil_telecom(world, key, offer);
    }
    if is_emergency(offer) && world.plan.due(DefectKind::MisnamedEmergency) {
        let Some(members) = offer.as_object_mut() else { return };
        let name = members.insert("name", "Service d'accueil non programmé (SAU)");
        let name = name.as_ref().and_then(Node::as_str).unwrap_or_default();
        world.tell(DefectKind::MisnamedEmergency, key, format!("renommée, auparavant « {name} »"));
    }
    if is_sensitive(offer) && world.plan.due(DefectKind::UnflaggedSensitiveUnit) {
        set_extension(offer, "ror-healthcareservice-sensitive-unit", "valueBoolean", false);
        world.tell(DefectKind::UnflaggedSensitiveUnit, key, "unité sensible déclarée non sensible");
    }
}

/// Spoils a place now and then, and tells; `owed` when installed places must be declared (CP6).
pub(super) fn spoil_place(world: &mut World<'_>, key: &str, place: &mut Node, owed: bool) {
    if world.plan.due(DefectKind::IncompleteAddress) {
        let address = place.get_mut("address").and_then(Node::as_object_mut);
        let removed: &[&str] = if world.plan_coin(key) { &["postalCode"] } else { &["line", "_line"] };
        if let Some(address) = address {
            address.retain(|member, _| !removed.contains(&member));
        }
        world.tell(DefectKind::IncompleteAddress, key, format!("adresse sans {}", removed[0]));
    }
    if owed && world.plan.due(DefectKind::MissingInstalledPlaces) {
        if let Some(Node::Array(extensions)) = place.get_mut("extension") {
            extensions.retain(|extension| !is_installed(extension));
        }
        world.tell(DefectKind::MissingInstalledPlaces, key, "places installées retirées");
    }
}

impl World<'_> {
    /// Heads or tails for a key.
    fn plan_coin(&self, key: &str) -> bool {
        Draw::new(self.seed, &["pile", key]).chance(0.5)
    }
}

fn drop_activities(offer: &mut Node) {
    let activities = system("R211-ActiviteOperationnelle");
    let Some(members) = offer.as_object_mut() else { return };
    if let Some(Node::Array(specialties)) = members.get_mut("specialty") {
        specialties
            .retain(|specialty| !specialty.items("coding").any(|coding| coding.str("system") == Some(&activities)));
    }
    members.retain(|member, value| member != "specialty" || value.as_array().is_some_and(|list| !list.is_empty()));
}

fn drop_ages(offer: &mut Node) {
    let Some(Node::Array(extensions)) = offer.get_mut("extension") else { return };
    let patients = extensions.iter_mut().find(|extension| is_ror(extension, "ror-healthcareservice-patient-type"));
    let Some(Node::Array(parts)) = patients.and_then(|patients| patients.get_mut("extension")) else { return };
    parts.retain(|part| part.str("url") != Some("ageRange"));
    if parts.is_empty() {
        drop_extensions(offer, |url| url == "ror-healthcareservice-patient-type");
    }
}

fn spoil_telecom(world: &mut World<'_>, key: &str, offer: &mut Node) {
    let Some(address) = first_telecom_of_offer(offer) else { return };
    let before = address.as_str().unwrap_or_default().to_owned();
    let after = if before.contains('@') {
        before.replace('@', " chez ")
    } else {
        before.chars().take(before.chars().count().saturating_sub(3)).collect()
    };
    let what = format!("« {before} » remplacé par « {after} »");
    *address = after.into();
    world.tell(DefectKind::MalformedTelecom, key, what);
}

/// Emergencies in the sense of CO1: mode 33 with activity 157 or 249.
fn is_emergency(offer: &Node) -> bool {
    let has = |list: &str, tre: &str, codes: &[&str]| {
        let system = system(tre);
        let mut codings = offer.items(list).flat_map(|concept| concept.items("coding"));
        codings.any(|coding| {
            coding.str("system") == Some(&system) && coding.str("code").is_some_and(|c| codes.contains(&c))
        })
    };
    has("characteristic", "R213-ModePriseEnCharge", &["33"])
        && has("specialty", "R211-ActiviteOperationnelle", &["157", "249"])
}

fn is_sensitive(offer: &Node) -> bool {
    let mut extensions = offer.items("extension");
    extensions.any(|extension| {
        is_ror(extension, "ror-healthcareservice-sensitive-unit")
            && extension.get("valueBoolean").and_then(Node::as_bool) == Some(true)
    })
}

/// A capacity record of status « installé ».
fn is_installed(extension: &Node) -> bool {
    let status = |part: &Node| {
        let mut codings = part.items("valueCodeableConcept").flat_map(|concept| concept.items("coding"));
        part.str("url") == Some("capacityStatus") && codings.any(|coding| coding.str("code") == Some("01"))
    };
    is_ror(extension, "ror-location-supported-capacity") && extension.items("extension").any(status)
}

fn is_ror(extension: &Node, id: &str) -> bool {
    extension.str("url").and_then(|url| url.strip_prefix(ROR_EXTENSION)) == Some(id)
}

fn drop_extensions(resource: &mut Node, is_dropped: impl Fn(&str) -> bool) {
    if let Some(Node::Array(extensions)) = resource.get_mut("extension") {
        extensions.retain(|extension| {
            let id = extension.str("url").and_then(|url| url.strip_prefix(ROR_EXTENSION));
            !id.is_some_and(&is_dropped)
        });
    }
}

fn set_extension(resource: &mut Node, id: &str, value_key: &str, value: bool) {
    let Some(Node::Array(extensions)) = resource.get_mut("extension") else { return };
    if let Some(extension) = extensions.iter_mut().find(|extension| is_ror(extension, id)) {
        crate::shapes::set(extension, value_key, value);
    }
}
