//! What the decisions add to the model: each table cites its own.

/// The resource types with a policy: type, rule of the whole, rule of the whole for an
/// organisation interne (D23), French name.
pub(super) const RESOURCES: &[(&str, &str, &str, &str)] = &[
    ("Organization", "ORG-ALL", "ORG-OI", "Structure : entité juridique, entité géographique, organisation interne"),
    ("HealthcareService", "HS-BASE", "", "Offre opérationnelle"),
    ("Location", "LOC-BASE", "", "Lieu de réalisation de l'offre"),
    ("PractitionerRole", "PRAC-BASE", "", "Situation opérationnelle et exercice professionnel"),
    ("Practitioner", "PRAC-BASE", "", "Professionnel"),
];

/// Rules that a decision sets in place of the published one.
pub(super) const RULE_OVERRIDES: &[(&str, &str)] = &[
    ("Organization.telecom", "ORG-MSS"),             // D24
    ("HealthcareService.telecom", "HS-MSS"),         // D24
    ("Practitioner.telecom", "PRAC-MSS"),            // D24
    ("Location.description", "LOC-TEXT"),            // D21
    ("Location.alias", "LOC-TEXT"),                  // D21
    ("Location.identifier[26]", "LOC-TEXT"),         // D21
    ("Location.extension[ror-comment]", "LOC-TEXT"), // D21
];

/// What is granted although the model gives it no rule (D18): path, type, rule (empty: that
/// of the element that holds it), French name.
pub(super) const GRANTS: &[(&str, &str, &str)] = &[
    ("*.resourceType", "code", "type de la ressource"),
    ("*.id", "id", "identifiant technique"),
    ("*.meta", "BackboneElement", "métadonnées"),
    ("*.meta.versionId", "id", "numéro de version, propre à chaque destinataire (D28)"),
    ("*.meta.lastUpdated", "instant", "date de mise à jour, propre à chaque destinataire (D28)"),
    ("Organization.active", "boolean", "enregistrement actif"),
    ("Organization.partOf", "Reference", "structure de rattachement"),
    ("HealthcareService.active", "boolean", "enregistrement actif"),
    ("HealthcareService.providedBy", "Reference", "structure porteuse"),
    ("HealthcareService.location", "Reference", "lieux de l'offre"),
    ("HealthcareService.coverageArea", "Reference", "lieux de la zone d'intervention"),
    ("HealthcareService.availableTime.daysOfWeek", "code", "jours de la semaine"),
    ("HealthcareService.availableTime.allDay", "boolean", "toute la journée"),
    ("HealthcareService.notAvailable", "BackboneElement", "fermeture et réouverture prévisionnelle"),
    ("HealthcareService.notAvailable.id", "string", "repère de la période de fermeture"),
    ("HealthcareService.notAvailable.description", "string", "libellé de la période"),
    ("HealthcareService.notAvailable.during", "Period", "période de fermeture"),
    ("Location.status", "code", "statut"),
    ("Location.managingOrganization", "Reference", "structure gestionnaire"),
    ("Location.partOf", "Reference", "lieu englobant"),
    ("PractitionerRole.active", "boolean", "enregistrement actif"),
    ("PractitionerRole.practitioner", "Reference", "professionnel"),
    ("PractitionerRole.organization", "Reference", "structure"),
    ("PractitionerRole.healthcareService", "Reference", "offre"),
    ("PractitionerRole.location", "Reference", "lieux d'exercice"),
    ("PractitionerRole.availableTime.daysOfWeek", "code", "jours de la semaine"),
    ("PractitionerRole.availableTime.allDay", "boolean", "toute la journée"),
    ("PractitionerRole.notAvailable", "BackboneElement", "absence"),
    ("PractitionerRole.notAvailable.description", "string", "libellé de l'absence"),
    ("PractitionerRole.notAvailable.during", "Period", "période d'absence"),
    ("Practitioner.active", "boolean", "enregistrement actif"),
    ("Practitioner.name", "BackboneElement", "nom"),
    ("Practitioner.name.family", "string", "nom de famille"),
    ("Practitioner.name.given", "string", "prénoms"),
    ("Practitioner.name.prefix", "string", "civilité"),
    ("Practitioner.name.suffix", "string", "titre"),
    ("Practitioner.qualification", "BackboneElement", "qualification"),
    ("Practitioner.qualification.identifier", "Identifier", "identifiant de la qualification"),
    ("Practitioner.qualification.code", "CodeableConcept", "qualification"),
    ("Practitioner.qualification.period", "Period", "validité de la qualification"),
    ("Practitioner.qualification.issuer", "Reference", "organisme"),
];

/// Where the confidentiality level of an element is written (D24).
pub(super) const LEVELS: &[(&str, &str)] = &[
    ("Organization.contact", "ror-contact-confidentiality-level"),
    ("Organization.contact.telecom", "ror-telecom-confidentiality-level"),
    ("Organization.telecom", "ror-telecom-confidentiality-level"),
    ("HealthcareService.extension[ror-healthcareservice-contact]", "ror-confidentiality-level"),
    ("HealthcareService.telecom", "ror-telecom-confidentiality-level"),
    ("Location.telecom", "ror-telecom-confidentiality-level"),
    ("PractitionerRole.telecom", "ror-telecom-confidentiality-level"),
    ("Practitioner.telecom", "ror-telecom-confidentiality-level"),
];

/// What ORG-HOME governs besides, for a *lieu de vie* (D26). The free-text forms of the address
/// go with its lines.
pub(super) const HOME: &[&str] = &[
    "Organization.telecom",
    "Organization.contact.telecom",
    "Organization.address.line",
    "Organization.address.text",
    "Organization.address.district",
    "Organization.address.extension[geolocation]",
    "Location.telecom",
    "Location.address.line",
    "Location.address.text",
    "Location.address.district",
    "Location.position",
];

/// Names for what the model leaves unnamed.
pub(super) const NAMES: &[(&str, &str)] = &[
    ("*.address", "adresse"),
    ("*.address.line", "lignes d'adresse"),
    ("*.address.text", "adresse en toutes lettres"),
    ("*.address.district", "quartier ou lieu-dit"),
    ("Organization.contact", "contact"),
    ("Organization.identifier", "identifiants"),
    ("Organization.type", "statut, catégorie, type"),
    ("HealthcareService.specialty", "activité opérationnelle et famille d'activités"),
    ("Location.position", "position"),
    ("Location.alias", "LieuRealisationOffre.nomExterneSynchro"),
    ("PractitionerRole.specialty", "savoir-faire"),
    ("PractitionerRole.availableTime", "horaires"),
    ("HealthcareService.availableTime", "horaires"),
];

/// French title of each rule, for the rendering a lawyer reads.
pub(super) const TITLES: &[(&str, &str)] = &[
    ("ORG-ALL", "Structure : données ordinaires"),
    ("ORG-OI", "Organisation interne : la fiche entière"),
    ("ORG-HOME", "Lieu de vie (catégorie 462) : lignes d'adresse, position, télécommunications"),
    ("ORG-P14", "Structure : niveau de recours ORSAN, zone de poser"),
    ("ORG-CONTACT", "Structure : contact"),
    ("ORG-CONTACT-TELECOM", "Structure : télécommunication d'un contact"),
    ("ORG-MSS", "Structure : boîte aux lettres MSS"),
    ("HS-BASE", "Offre : données ordinaires"),
    ("HS-ACTE", "Offre : actes, spécialisations, professions ressources, compétences spécifiques"),
    ("HS-CONTACT", "Offre : contact"),
    ("HS-CONTACT-TELECOM", "Offre : télécommunication d'un contact"),
    ("HS-MSS", "Offre : boîte aux lettres MSS"),
    ("LOC-BASE", "Lieu : données ordinaires, habitations"),
    ("LOC-TEXT", "Lieu : textes libres, identifiant et nom externes"),
    ("LOC-EQUIP", "Lieu : équipements et limites"),
    ("LOC-CAPA", "Lieu : capacités, enregistrement par enregistrement"),
    ("LOC-TELECOM", "Lieu : télécommunication"),
    ("PRAC-BASE", "Professionnel et situation opérationnelle : données ordinaires"),
    ("PRAC-MSS", "Professionnel : boîte aux lettres MSS"),
    ("PR-TELECOM", "Situation opérationnelle : télécommunication"),
    ("OTHER", "Tout ce qu'aucune règle ne nomme"),
];
