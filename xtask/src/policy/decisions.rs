//! What the decisions add to the model: each table cites its own.

/// The resource types with a policy: type, rule of the whole, rule of the whole for an
/// organisation interne (D23), French name.
pub(super) const RESOURCES: &[(&str, &str, &str, &str)] = &[
    ("Organization", "ORG-ALL", "ORG-OI", "Structure : entité juridique, entité géographique, organisation interne"),
    ("HealthcareService", "HS-BASE", "", "Offre opérationnelle"),
    ("Location", "LOC-BASE", "", "Lieu de réalisation de l'offre"),
    ("PractitionerRole", "PRAC-BASE", "", "Situation opérationnelle et exercice professionnel"),
    ("Practitioner", "PRAC-BASE", "", "Professionnel"),
    ("Questionnaire", TEMPLATES, "", "Modèle de saisie"),
];

/// Rules that a decision states and the model does not hold: id, decision; open to everyone.
pub(super) const OPEN_RULES: &[(&str, &str)] = &[(TEMPLATES, "D31")];

/// The rule of entry templates. The model gives their elements no rule: what is granted of them
/// is what FHIR and SDC describe, in [`GRANTS`] and [`TEMPLATE_EXTENSIONS`].
pub(super) const TEMPLATES: &str = "TPL-ALL";

/// The context in which a template is opened, made of three parts.
pub(super) const LAUNCH_CONTEXT: &str =
    "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-launchContext";

/// Extensions of FHIR and SDC that a form needs to work: the element that holds them, address.
pub(super) const TEMPLATE_EXTENSIONS: &[(&str, &str)] = &[
    ("Questionnaire", LAUNCH_CONTEXT),
    ("Questionnaire", "http://hl7.org/fhir/StructureDefinition/variable"),
    ("Questionnaire", "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-itemExtractionContext"),
    ("Questionnaire", "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-itemPopulationContext"),
    ("Questionnaire.item", "http://hl7.org/fhir/StructureDefinition/maxValue"),
    ("Questionnaire.item", "http://hl7.org/fhir/StructureDefinition/minLength"),
    ("Questionnaire.item", "http://hl7.org/fhir/StructureDefinition/minValue"),
    ("Questionnaire.item", "http://hl7.org/fhir/StructureDefinition/questionnaire-hidden"),
    ("Questionnaire.item", "http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl"),
    ("Questionnaire.item", "http://hl7.org/fhir/StructureDefinition/questionnaire-maxOccurs"),
    ("Questionnaire.item", "http://hl7.org/fhir/StructureDefinition/questionnaire-minOccurs"),
    ("Questionnaire.item", "http://hl7.org/fhir/StructureDefinition/questionnaire-unit"),
    ("Questionnaire.item", "http://hl7.org/fhir/StructureDefinition/questionnaire-unitOption"),
    ("Questionnaire.item", "http://hl7.org/fhir/StructureDefinition/regex"),
    ("Questionnaire.item", "http://hl7.org/fhir/StructureDefinition/variable"),
    ("Questionnaire.item", "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-answerExpression"),
    ("Questionnaire.item", "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression"),
    ("Questionnaire.item", "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-candidateExpression"),
    ("Questionnaire.item", "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-enableWhenExpression"),
    ("Questionnaire.item", "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-initialExpression"),
    ("Questionnaire.item", "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-itemExtractionContext"),
    ("Questionnaire.item", "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-itemPopulationContext"),
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
    // D31: everyone.
    ("Questionnaire.approvalDate", "date", "date d'approbation"),
    ("Questionnaire.contact", "ContactDetail", "contact du responsable du modèle"),
    ("Questionnaire.copyright", "markdown", "droits"),
    ("Questionnaire.date", "dateTime", "date de la dernière modification"),
    ("Questionnaire.derivedFrom", "canonical", "modèle d'origine"),
    ("Questionnaire.description", "markdown", "description"),
    ("Questionnaire.effectivePeriod", "Period", "période d'emploi"),
    ("Questionnaire.experimental", "boolean", "modèle d'essai"),
    ("Questionnaire.identifier", "Identifier", "identifiant du modèle"),
    ("Questionnaire.item", "BackboneElement", "question ou groupe de questions"),
    ("Questionnaire.item.answerOption", "BackboneElement", "réponse proposée"),
    ("Questionnaire.item.answerOption.initialSelected", "boolean", "choisie d'avance"),
    ("Questionnaire.item.answerOption.valueCoding", "Coding", "réponse, un code"),
    ("Questionnaire.item.answerOption.valueDate", "date", "réponse, une date"),
    ("Questionnaire.item.answerOption.valueInteger", "integer", "réponse, un entier"),
    ("Questionnaire.item.answerOption.valueReference", "Reference", "réponse, une ressource"),
    ("Questionnaire.item.answerOption.valueString", "string", "réponse, un texte"),
    ("Questionnaire.item.answerOption.valueTime", "time", "réponse, une heure"),
    ("Questionnaire.item.answerValueSet", "canonical", "liste des réponses"),
    ("Questionnaire.item.definition", "uri", "élément du ROR renseigné"),
    ("Questionnaire.item.enableBehavior", "code", "toutes les conditions, ou l'une d'elles"),
    ("Questionnaire.item.enableWhen", "BackboneElement", "condition d'affichage"),
    ("Questionnaire.item.enableWhen.answerBoolean", "boolean", "réponse attendue, oui ou non"),
    ("Questionnaire.item.enableWhen.answerCoding", "Coding", "réponse attendue, un code"),
    ("Questionnaire.item.enableWhen.answerDate", "date", "réponse attendue, une date"),
    ("Questionnaire.item.enableWhen.answerDateTime", "dateTime", "réponse attendue, une date et une heure"),
    ("Questionnaire.item.enableWhen.answerDecimal", "decimal", "réponse attendue, un nombre"),
    ("Questionnaire.item.enableWhen.answerInteger", "integer", "réponse attendue, un entier"),
    ("Questionnaire.item.enableWhen.answerQuantity", "Quantity", "réponse attendue, une quantité"),
    ("Questionnaire.item.enableWhen.answerReference", "Reference", "réponse attendue, une ressource"),
    ("Questionnaire.item.enableWhen.answerString", "string", "réponse attendue, un texte"),
    ("Questionnaire.item.enableWhen.answerTime", "time", "réponse attendue, une heure"),
    ("Questionnaire.item.enableWhen.operator", "code", "comparaison"),
    ("Questionnaire.item.enableWhen.question", "string", "question dont elle dépend"),
    ("Questionnaire.item.initial", "BackboneElement", "réponse de départ"),
    ("Questionnaire.item.initial.valueBoolean", "boolean", "réponse de départ, oui ou non"),
    ("Questionnaire.item.initial.valueCoding", "Coding", "réponse de départ, un code"),
    ("Questionnaire.item.initial.valueDate", "date", "réponse de départ, une date"),
    ("Questionnaire.item.initial.valueDateTime", "dateTime", "réponse de départ, une date et une heure"),
    ("Questionnaire.item.initial.valueDecimal", "decimal", "réponse de départ, un nombre"),
    ("Questionnaire.item.initial.valueInteger", "integer", "réponse de départ, un entier"),
    ("Questionnaire.item.initial.valueQuantity", "Quantity", "réponse de départ, une quantité"),
    ("Questionnaire.item.initial.valueReference", "Reference", "réponse de départ, une ressource"),
    ("Questionnaire.item.initial.valueString", "string", "réponse de départ, un texte"),
    ("Questionnaire.item.initial.valueTime", "time", "réponse de départ, une heure"),
    ("Questionnaire.item.initial.valueUri", "uri", "réponse de départ, une adresse"),
    ("Questionnaire.item.item", "#Questionnaire.item", "questions du groupe"),
    ("Questionnaire.item.linkId", "string", "repère de la question"),
    ("Questionnaire.item.maxLength", "integer", "longueur de la réponse"),
    ("Questionnaire.item.prefix", "string", "numéro de la question"),
    ("Questionnaire.item.readOnly", "boolean", "réponse fixée"),
    ("Questionnaire.item.repeats", "boolean", "plusieurs réponses"),
    ("Questionnaire.item.required", "boolean", "réponse obligatoire"),
    ("Questionnaire.item.text", "string", "texte de la question"),
    ("Questionnaire.item.type", "code", "genre de réponse"),
    ("Questionnaire.jurisdiction", "CodeableConcept", "territoire d'emploi"),
    ("Questionnaire.lastReviewDate", "date", "date de la dernière revue"),
    ("Questionnaire.name", "string", "nom du modèle"),
    ("Questionnaire.publisher", "string", "responsable du modèle"),
    ("Questionnaire.purpose", "markdown", "raison d'être"),
    ("Questionnaire.status", "code", "statut"),
    ("Questionnaire.subjectType", "code", "ce que le modèle décrit"),
    ("Questionnaire.title", "string", "titre"),
    ("Questionnaire.url", "uri", "adresse canonique"),
    ("Questionnaire.useContext", "UsageContext", "catégories, champs et professions concernés"),
    ("Questionnaire.version", "string", "version du modèle"),
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

/// French title of each rule and level of what it governs, for the rendering a lawyer reads.
pub(super) const TITLES: &[(&str, &str, &str)] = &[
    ("ORG-ALL", "Structure : données ordinaires", "1"),
    ("ORG-OI", "Organisation interne : la fiche entière", "1 ; 3 quand toutes ses offres sont sensibles"),
    ("ORG-HOME", "Lieu de vie (catégorie 462) : lignes d'adresse, position, télécommunications", "2"),
    ("ORG-P14", "Structure : niveau de recours ORSAN, zone de poser", "3"),
    ("ORG-CONTACT", "Structure : contact", "celui du contact"),
    (
        "ORG-CONTACT-TELECOM",
        "Structure : télécommunication d'un contact",
        "le plus strict, contact et télécommunication",
    ),
    ("ORG-MSS", "Structure : boîte aux lettres MSS", "celui de la boîte"),
    ("HS-BASE", "Offre : données ordinaires", "1 ; 3 en unité sensible"),
    (
        "HS-ACTE",
        "Offre : actes, spécialisations, professions ressources, compétences spécifiques",
        "2 ; 3 en unité sensible",
    ),
    ("HS-CONTACT", "Offre : contact", "celui du contact ; 3 en unité sensible"),
    (
        "HS-CONTACT-TELECOM",
        "Offre : télécommunication d'un contact",
        "le plus strict, contact et télécommunication ; 3 en unité sensible",
    ),
    ("HS-MSS", "Offre : boîte aux lettres MSS", "celui de la boîte ; 3 en unité sensible"),
    ("LOC-BASE", "Lieu : données ordinaires, habitations", "1 ; 3 sans offre ordinaire"),
    ("LOC-TEXT", "Lieu : textes libres, identifiant et nom externes", "1 ; 3 avec une offre sensible"),
    ("LOC-EQUIP", "Lieu : équipements et limites", "2 ; 3 avec une offre sensible"),
    (
        "LOC-CAPA",
        "Lieu : capacités, enregistrement par enregistrement",
        "2 ; 3 si supplémentaire ou avec une offre sensible",
    ),
    ("LOC-TELECOM", "Lieu : télécommunication", "celui de la télécommunication ; 3 avec une offre sensible"),
    (
        "PRAC-BASE",
        "Professionnel et situation opérationnelle : données ordinaires",
        "1 en ville, 2 ailleurs ; 3 en unité sensible",
    ),
    ("PRAC-MSS", "Professionnel : boîte aux lettres MSS", "celui de la boîte ; 3 en unité sensible"),
    (
        "PR-TELECOM",
        "Situation opérationnelle : télécommunication",
        "celui de la télécommunication ; 3 en unité sensible",
    ),
    (TEMPLATES, "Modèle de saisie", "1"),
    ("OTHER", "Tout ce qu'aucune règle ne nomme", "non décidé, donc fermé"),
];
