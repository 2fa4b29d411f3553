//! Offers and their places, from the lines of the forms and the mapping table.

use std::collections::{BTreeMap, HashMap, HashSet};

use ror_fhir::{Node, node};
use ror_profiles::rules::sensitive::is_presumed_by;

use super::capacity::{self, Nature, SharedBeds};
use super::entities::{Entities, Entity};
use super::form::{Form, Line, Lines};
use super::log::Log;
use super::mapping::{Mapping, OfferRule};
use super::survey_instant;
use crate::address::Address;
use crate::identifiers::FinessId;
use crate::shapes::{
    ROR_EXTENSION, commune_cog, concept, extension, key_reference, meta, ror_extension, set, set_list, set_some,
};
use crate::{Finding, Mint, Proposed, Severity};

const FIELD: &str = "https://mos.esante.gouv.fr/NOS/TRE_R227-ChampActivite/FHIR/TRE-R227-ChampActivite";
const ACTIVITY: &str =
    "https://mos.esante.gouv.fr/NOS/TRE_R211-ActiviteOperationnelle/FHIR/TRE-R211-ActiviteOperationnelle";
const CATEGORY: &str =
    "https://mos.esante.gouv.fr/NOS/TRE_R244-CategorieOrganisation/FHIR/TRE-R244-CategorieOrganisation";
const MODE: &str = "https://mos.esante.gouv.fr/NOS/TRE_R213-ModePriseEnCharge/FHIR/TRE-R213-ModePriseEnCharge";
const MODALITY: &str = "https://mos.esante.gouv.fr/NOS/TRE_R338-ModaliteAccueil/FHIR/TRE-R338-ModaliteAccueil";
const MATERNITY: &str = "https://mos.esante.gouv.fr/NOS/TRE_R253-TypeMaternite/FHIR/TRE-R253-TypeMaternite";
const EQUIPMENT: &str = "https://mos.esante.gouv.fr/NOS/TRE_R212-Equipement/FHIR/TRE-R212-Equipement";
const PLACE_FUNCTION: &str = "https://mos.esante.gouv.fr/NOS/TRE_R343-FonctionLieu/FHIR/TRE-R343-FonctionLieu";

/// Function "address" of a place (J198), shared by the offers of a site that have neither beds nor machines.
const ADDRESS_FUNCTION: &str = "005";
/// Category of the health establishments of prisons (R66).
const PRISON_HOSPITAL: &str = "433";

/// What the forms declare, as resources and as figures.
#[derive(Default)]
pub(super) struct Offers {
    /// Offers, each after its place.
    pub(super) proposed: Vec<Proposed>,
    /// Figures by form.
    pub(super) by_form: BTreeMap<Form, Figures>,
    /// Beds of psychiatry reported by legal persons for their sites.
    pub(super) beds_of_legal_persons: u32,
    /// Places, shared addresses among them.
    pub(super) place_count: usize,
}

/// Figures of one form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) offers: usize,
    pub(super) beds: u32,
    pub(super) places: u32,
    without_mode: usize,
    idle_lines: usize,
}

/// The offer that one line makes of one rule.
struct Draft<'a> {
    rule: &'static OfferRule,
    line: &'a Line<'a>,
    entity: &'a Entity,
    unit: String,
    name: &'static str,
    mode: Option<&'static str>,
    category: Option<&'static str>,
    beds: u32,
    places: u32,
    maternity_level: Option<&'static str>,
}

/// Builds the offers of all forms, in table order of the forms and line order inside.
pub(super) fn build(
    lines: &Lines<'_>,
    mapping: &'static Mapping,
    entities: &Entities,
    beds: &SharedBeds,
    year: u16,
    log: &mut Log,
) -> Offers {
    let mut builder = Builder { offers: Offers::default(), addresses: HashSet::new(), year };
    let mut files = HashMap::new();
    for (form, lines) in lines {
        let mut made = HashSet::new();
        for line in lines {
            let entity = entities.get(&line.finess).expect("lines are of known sites");
            files.insert(*form, line.file);
            let mut read = false;
            let mut declared = false;
            for rule in mapping.of(*form).filter(|rule| rule.reads(line)) {
                read = true;
                if rule.is_declared(line) {
                    declared = true;
                    if made.insert((line.finess, rule.unit.as_str())) {
                        builder.add(&draft(rule, line, entity, beds, mapping));
                    }
                }
            }
            if read && !declared {
                builder.offers.by_form.entry(*form).or_default().idle_lines += 1;
            }
        }
    }
    tell(&builder.offers, &files, log);
    tell_prison_hospitals(entities, log);
    builder.offers
}

fn draft<'a>(
    rule: &'static OfferRule,
    line: &'a Line<'a>,
    entity: &'a Entity,
    beds: &SharedBeds,
    mapping: &'static Mapping,
) -> Draft<'a> {
    let (declared, places) = rule.capacity(line);
    let left =
        rule.beds.as_deref().filter(|_| rule.form == Form::Mco).and_then(|column| beds.left(&line.finess, column));
    let maternity = beds.maternity(&line.finess).filter(|_| rule.maternity);
    let whole = Draft {
        rule,
        line,
        entity,
        unit: rule.unit.clone(),
        name: &rule.name,
        mode: Some(&rule.mode),
        category: rule.category.as_deref(),
        beds: left.unwrap_or(declared),
        places,
        maternity_level: maternity.and_then(|site| mapping.maternity_level(&site.authorisation, site.special_care)),
    };
    match rule.mode_places.as_deref() {
        Some(mode) if declared == 0 && places > 0 => Draft {
            unit: format!("{}-HJ", rule.unit),
            name: rule.name_places.as_deref().unwrap_or(&rule.name),
            mode: Some(mode),
            category: rule.category_places.as_deref().or(whole.category),
            ..whole
        },
        _ if rule.authorised && declared == 0 && places == 0 => {
            Draft { unit: format!("{}-AUT", rule.unit), mode: None, ..whole }
        }
        _ => whole,
    }
}

struct Builder {
    offers: Offers,
    /// Sites whose shared address is already proposed.
    addresses: HashSet<FinessId>,
    year: u16,
}

impl Builder {
    fn add(&mut self, draft: &Draft<'_>) {
        let sensitive = is_presumed_by(draft.name, std::iter::once(draft.rule.activity.as_str()));
        let equipment = draft.equipment();
        let has_place = draft.beds > 0 || draft.places > 0 || !equipment.is_empty();
        // A sensitive offer shares no place: the site's address stays public without it.
        let place = if has_place || sensitive { self.add_place(draft, equipment) } else { self.shared_address(draft) };
        let key = draft.key("offre");
        let resource = draft.to_offer(&place, sensitive);
        let mint = Mint::Offre { region: draft.entity.region.clone() };
        self.push(draft, key, resource, mint);
        self.count(draft);
    }

    fn add_place(&mut self, draft: &Draft<'_>, equipment: Vec<Node>) -> String {
        let record = |nature, number| (number > 0).then(|| capacity::record(nature, number, self.year));
        let records = [record(Nature::Bed, draft.beds), record(Nature::Place, draft.places)];
        let mut extensions = equipment;
        extensions.extend(records.into_iter().flatten());
        let function = draft.rule.place.as_deref();
        let resource = location(draft.entity, draft.name, function, extensions);
        let key = draft.key("lieu");
        self.push(draft, key.clone(), resource, Mint::Lieu { region: draft.entity.region.clone() });
        self.offers.place_count += 1;
        key
    }

    fn shared_address(&mut self, draft: &Draft<'_>) -> String {
        let finess = draft.line.finess;
        let key = format!("lieu/{finess}/{}/ADRESSE", Form::Id.name());
        if self.addresses.insert(finess) {
            let name = draft.entity.name.as_deref().unwrap_or("Adresse du site");
            let resource = location(draft.entity, name, Some(ADDRESS_FUNCTION), Vec::new());
            self.push(draft, key.clone(), resource, Mint::Lieu { region: draft.entity.region.clone() });
            self.offers.place_count += 1;
        }
        key
    }

    fn push(&mut self, draft: &Draft<'_>, key: String, resource: Node, mint: Mint) {
        self.offers.proposed.push(Proposed {
            key,
            resource,
            updated: survey_instant(self.year),
            mint: Some(mint),
            file: draft.line.file.to_owned(),
            line: draft.line.row.line(),
        });
    }

    fn count(&mut self, draft: &Draft<'_>) {
        let figures = self.offers.by_form.entry(draft.rule.form).or_default();
        figures.offers += 1;
        figures.beds += draft.beds;
        figures.places += draft.places;
        figures.without_mode += usize::from(draft.mode.is_none());
        if draft.entity.key.starts_with("ej/") {
            self.offers.beds_of_legal_persons += draft.beds;
        }
    }
}

impl Draft<'_> {
    fn key(&self, kind: &str) -> String {
        format!("{kind}/{}/{}/{}", self.line.finess, self.rule.form.name(), self.unit)
    }

    fn equipment(&self) -> Vec<Node> {
        let columns = self.rule.equipment.iter().map(|column| (column, self.line.count(&column.column)));
        let present = columns.filter(|(_, number)| *number > 0);
        present
            .map(|(column, number)| {
                let parts = vec![
                    extension("equipmentType", "valueCodeableConcept", concept(EQUIPMENT, &column.kind)),
                    extension("nbInService", "valueInteger", number),
                ];
                node!({"extension": parts, "url": format!("{}ror-location-equipment", ROR_EXTENSION)})
            })
            .collect()
    }

    /// The HealthcareService, in the element order of FHIR R4.
    fn to_offer(&self, place: &str, sensitive: bool) -> Node {
        let mut offer = node!({"resourceType": "HealthcareService"});
        set_some(&mut offer, "meta", meta(Some(&self.entity.region)));
        let flag = ror_extension("ror-healthcareservice-sensitive-unit", "valueBoolean", sensitive);
        set(&mut offer, "extension", vec![flag]);
        set(&mut offer, "providedBy", key_reference(&self.entity.key));
        set_list(&mut offer, "category", self.category.map(|code| concept(CATEGORY, code)).into_iter().collect());
        set(&mut offer, "type", vec![concept(FIELD, &self.rule.field)]);
        set(&mut offer, "specialty", vec![concept(ACTIVITY, &self.rule.activity)]);
        set(&mut offer, "location", vec![key_reference(place)]);
        set(&mut offer, "name", self.name);
        set_list(&mut offer, "characteristic", self.characteristics());
        offer
    }

    fn characteristics(&self) -> Vec<Node> {
        let parts = [
            self.mode.map(|code| concept(MODE, code)),
            self.rule.modality.as_deref().map(|code| concept(MODALITY, code)),
            self.maternity_level.map(|code| concept(MATERNITY, code)),
        ];
        parts.into_iter().flatten().collect()
    }
}

/// A Location at the address of the site, in the element order of FHIR R4.
fn location(entity: &Entity, name: &str, function: Option<&str>, extensions: Vec<Node>) -> Node {
    let address: &Address = &entity.address;
    let mut place = node!({"resourceType": "Location"});
    set_some(&mut place, "meta", meta(Some(&entity.region)));
    let commune = address.commune.as_deref().map(commune_cog);
    set_list(&mut place, "extension", commune.into_iter().chain(extensions).collect());
    set(&mut place, "name", name);
    set_list(&mut place, "type", function.map(|code| concept(PLACE_FUNCTION, code)).into_iter().collect());
    set_some(&mut place, "address", address.for_location());
    set_some(&mut place, "position", address.location_position());
    place
}

/// One finding per form for what no line of it can say, instead of one per offer.
fn tell(offers: &Offers, files: &HashMap<Form, &str>, log: &mut Log) {
    for (form, figures) in &offers.by_form {
        let file = files.get(form).copied().unwrap_or_default();
        let mut say = |severity, rule, message: String| log.push(Finding::new(severity, file, rule, message));
        let Figures { offers, without_mode, idle_lines, .. } = figures;
        let message = format!("{offers} offre(s) sans âges, horaires ni contacts : le formulaire ne les dit pas.");
        say(Severity::Information, "non-dit-par-la-source", message);
        if *without_mode > 0 {
            let message = format!(
                "{without_mode} offre(s) autorisée(s) sans lit ni place : mode de prise en charge absent, à compléter."
            );
            say(Severity::Warning, "non-dit-par-la-source", message);
        }
        if *idle_lines > 0 {
            let message = format!("{idle_lines} ligne(s) sans activité déclarée : aucune offre n'en est proposée.");
            say(Severity::Information, "ligne-sans-activite", message);
        }
    }
}

/// Offers of a prison hospital are not presumed sensitive by their names (CO3): someone has to look.
fn tell_prison_hospitals(entities: &Entities, log: &mut Log) {
    for entity in entities.iter().filter(|entity| entity.reporting) {
        if entity.category.as_deref() == Some(PRISON_HOSPITAL) {
            let message =
                "Établissement sanitaire des prisons : ses offres ne sont pas présumées sensibles, à vérifier.";
            log.push(entity.finding(Severity::Warning, "unite-sensible-a-verifier", message));
        }
    }
}
