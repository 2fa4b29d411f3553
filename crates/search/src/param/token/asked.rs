//! Questions on codes and identifiers: systems, misspellings, value sets, families (D4, D8, D12).

use ror_terminology::{Content, Terminology, ValueSet, fold, words};

use super::EXTERNAL;
use super::identifier::{FINESS, ID_NAT_STRUCT, normal_identifier};
use crate::param::ask::{Asked, How, Leaf, folded, plain_only, split_raw, unescape};
use crate::query::{Filter, QueryError, QueryWarning, Reader, shorten};
use crate::{Below, Communes, Holds, Parameter, Relation, ResourceType, Term, Test};

/// System of the codes of départements.
pub(crate) const DEPARTEMENTS: &str = "https://mos.esante.gouv.fr/NOS/TRE_G09-DepartementOM/FHIR/TRE-G09-DepartementOM";
/// System of the codes of regions.
pub(crate) const REGIONS: &str = "https://mos.esante.gouv.fr/NOS/TRE_R30-RegionOM/FHIR/TRE-R30-RegionOM";
/// System of the SIREN numbers of groups of communes.
pub(crate) const SIRENE: &str = "https://sirene.fr";
/// Lists of the types of structures: categories and sectors of establishments, and the kinds of
/// what is inside one.
const ESTABLISHMENTS: [&str; 2] = [
    "https://mos.esante.gouv.fr/NOS/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement",
    "https://mos.esante.gouv.fr/NOS/TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite",
];
const INSIDE: &str =
    "https://mos.esante.gouv.fr/NOS/TRE_R207-TypeOrganisationInterne/FHIR/TRE-R207-TypeOrganisationInterne";
/// Most values of the questions on labels of one request: each is compared with every label.
const LABELS_MAX: usize = 20;

/// Codes, and what the modifiers ask of them.
pub(crate) fn ask(
    reader: &mut Reader<'_>,
    parameter: &Parameter,
    how: How<'_>,
    asked: &Asked<'_>,
) -> Result<Leaf, QueryError> {
    match how {
        How::Modifier(modifier) if !parameter.modifiers().contains(&modifier) => {
            Err(asked.unknown_modifier(parameter, modifier))
        }
        How::Plain | How::Modifier("not") => {
            let held = reader.codes(parameter, asked, false)?;
            Ok(if how == How::Plain { Leaf::new(held) } else { Leaf::not(held) })
        }
        How::Modifier("in") => value_sets(reader.terminology, parameter, asked).map(Leaf::new),
        How::Modifier("not-in") => value_sets(reader.terminology, parameter, asked).map(Leaf::not),
        How::Modifier("below") => reader.codes(parameter, asked, true).map(Leaf::new),
        How::Modifier("text") => labelled(reader, parameter, asked).map(Leaf::new),
        How::Modifier("of-type") => of_type(parameter, asked).map(Leaf::new),
        other => plain_only(parameter, other, asked).map(|()| Leaf::new(Filter::All(Vec::new()))),
    }
}

/// `system|code` (system may be empty: "no system") or `code` alone (any system).
pub(crate) fn split_token(value: &str) -> (Option<String>, String) {
    let parts = split_raw(value, '|');
    match &parts[..] {
        [code] => (None, unescape(code).trim().to_owned()),
        [system, rest @ ..] => (Some(unescape(system).trim().to_owned()), unescape(&rest.join("|")).trim().to_owned()),
        [] => (None, String::new()),
    }
}

impl Reader<'_> {
    /// Resources that hold one of the codes, or with `below` one under them.
    fn codes(&mut self, parameter: &Parameter, asked: &Asked<'_>, below: bool) -> Result<Filter, QueryError> {
        let mut any = Vec::new();
        let mut others = Vec::new();
        // The system of a value also counts for those after it that write none (S27, S29).
        let mut inherited: Option<String> = None;
        for value in asked.values {
            let (system, code) = split_token(value);
            if code.is_empty() && system.as_deref().is_none_or(str::is_empty) {
                return Err(asked.error("code attendu, ou système|code", value));
            }
            let system = match system {
                Some(system) => {
                    inherited = Some(system.clone()).filter(|system| !system.is_empty());
                    Some(system)
                }
                None => inherited.clone(),
            };
            let of_place = parameter.rtype == ResourceType::Location && parameter.holds == Holds::Identifiers;
            match self.known_elsewhere(&code).filter(|_| of_place && system.is_none()) {
                Some(elsewhere) => {
                    let mut stored = Vec::new();
                    self.code(parameter, asked, system, code, below, &mut stored)?;
                    others.push(Filter::FirstOf(vec![Filter::terms(stored), elsewhere]));
                }
                None => self.code(parameter, asked, system, code, below, &mut any)?,
            }
        }
        if !any.is_empty() {
            others.insert(0, Filter::terms(any));
        }
        Ok(Filter::any(others))
    }

    fn code(
        &mut self,
        parameter: &Parameter,
        asked: &Asked<'_>,
        system: Option<String>,
        code: String,
        below: bool,
        any: &mut Vec<Term>,
    ) -> Result<(), QueryError> {
        // What has no system is of no system.
        let has_systems = matches!(parameter.holds, Holds::Codes | Holds::Identifiers);
        let system = system.filter(|system| has_systems || !system.is_empty());
        let (system, code) = match parameter.holds {
            Holds::Identifiers => (self.identifier_system(parameter, asked, system)?, normal_identifier(&code)),
            Holds::Booleans if !["true", "false"].contains(&&*code) || system.is_some() => {
                return Err(asked.error("valeur true ou false attendue", &code));
            }
            _ => (system, code),
        };
        let Some(system) = system else {
            any.push(Term::code(parameter.id, &code));
            self.like_it(parameter, None, &code, below, any);
            return Ok(());
        };
        let (systems, code) = if parameter.holds == Holds::Codes {
            let systems = self.systems(asked.written, &system, &code, below)?;
            let code = self.intended_code(asked.written, &systems, &code)?;
            (systems, code)
        } else {
            (vec![system], code)
        };
        for system in &systems {
            any.push(match &*code {
                "" => Term::system(parameter.id, system),
                code => Term::system_code(parameter.id, system, code),
            });
            self.like_it(parameter, Some(system), &code, below, any);
        }
        Ok(())
    }

    /// Codes that a code also stands for: communes, what contains them, what is below (D12).
    fn like_it(&self, parameter: &Parameter, system: Option<&str>, code: &str, below: bool, any: &mut Vec<Term>) {
        let mut add = |system: Option<&str>, code: &str| {
            any.push(match system {
                None => Term::code(parameter.id, code),
                Some(system) => Term::system_code(parameter.id, system, code),
            });
        };
        let is_commune = system.is_none_or(|system| system.contains("/TRE_R13-"));
        if let Some(communes) = parameter.communes.filter(|_| is_commune && !code.is_empty()) {
            self.geography.also(code).iter().for_each(|also| add(system, also));
            let territory = self.geography.territory(code).filter(|_| communes == Communes::Zone);
            if let Some(territory) = territory {
                add(Some(DEPARTEMENTS), &territory.departement);
                add(Some(REGIONS), &territory.region);
            }
        }
        match parameter.below.filter(|_| below) {
            Some(Below::Families) => {
                let activities = self.terminology.activities_of_family(code);
                let is_family = system.is_none_or(|system| system.contains("/TRE_R265-"));
                activities.iter().filter(|_| is_family).for_each(|code| add(Some(ACTIVITIES), code));
            }
            Some(Below::Categories) => self.terminology.categories_below(code).for_each(|code| add(system, code)),
            None => {}
        }
    }

    /// D8.3: a place named by the structure it belongs to and what another system calls it.
    fn known_elsewhere(&self, value: &str) -> Option<Filter> {
        use ResourceType::{HealthcareService, Location, Organization};
        // A number of FINESS has nine characters, a national identifier more.
        let (structure, number) = value.split_once('/').filter(|(structure, _)| structure.trim().len() >= 9)?;
        let known = |rtype, name| self.registry.known(rtype, name);
        let (structure, identifier) = (normal_identifier(structure), known(Organization, "identifier"));
        let kind = known(Organization, "type");
        let is_it = || {
            let of = |system| Term::system_code(identifier, system, &structure);
            let establishment = ESTABLISHMENTS.iter().map(|list| Term::system(kind, list)).collect();
            Filter::All(vec![
                Filter::terms(vec![of(ID_NAT_STRUCT), of(FINESS)]),
                Filter::terms(establishment),
                Filter::negated(Filter::terms(vec![Term::system(kind, INSIDE)])),
            ])
        };
        let parent = known(Organization, "partof");
        let line = |reference| Relation::Line { reference, rtype: Organization, parent };
        let offers = Relation::Source { reference: known(HealthcareService, "location"), rtype: HealthcareService };
        let provided = Filter::related(line(known(HealthcareService, "organization")), is_it());
        let number = normal_identifier(number);
        let number = Term::identifier_of_code(known(Location, "identifier"), EXTERNAL, &number);
        Some(Filter::All(vec![
            Filter::terms(vec![number]),
            Filter::Any(vec![
                Filter::related(line(known(Location, "organization")), is_it()),
                Filter::related(offers, provided),
            ]),
        ]))
    }

    /// The code systems that a written address stands for (D4). With `below`, the code may be one
    /// of a level that its list does not hold.
    fn systems(&mut self, written: &str, system: &str, code: &str, below: bool) -> Result<Vec<String>, QueryError> {
        if system.is_empty() {
            return Ok(vec![String::new()]);
        }
        let terminology = self.terminology;
        let resolved = terminology.resolve_coding(system, code);
        if resolved.warning_due() {
            self.forgive(written, system, &resolved.systems.join(", "))?;
        }
        let held = resolved.systems.iter().filter_map(|system| terminology.code_system(system));
        let mut lists = held.filter(|list| list.content() != Content::NotPresent).peekable();
        let is_of_a_level = below && terminology.categories_below(code).next().is_some();
        let is_told = lists.peek().is_some() && !code.is_empty() && !is_of_a_level;
        let is_missing = is_told && !lists.any(|list| list.concept(list.read_code(code).code).is_some());
        if is_missing {
            let message = format!("Le code « {} » n'est pas dans la terminologie {system}.", shorten(code));
            self.query.warnings.push(QueryWarning { parameter: written.to_owned(), message });
        }
        Ok(resolved.systems.into_iter().map(str::to_owned).collect())
    }

    /// A code whose leading zeros are missing or in excess, when it can only be one (D4).
    fn intended_code(&mut self, written: &str, systems: &[String], code: &str) -> Result<String, QueryError> {
        let [system] = systems else { return Ok(code.to_owned()) };
        if code.is_empty() {
            return Ok(String::new());
        }
        let terminology = self.terminology;
        let Some(list) = terminology.code_system(system) else { return Ok(code.to_owned()) };
        let read = list.read_code(code);
        if read.corrected {
            self.forgive(written, code, read.code)?;
        }
        Ok(read.code.to_owned())
    }

    /// Two faults of old samples (D4): `http://sirene.fr` for `https://sirene.fr`, and the list of
    /// the types of identifiers as system of the identifier of a place.
    fn identifier_system(
        &mut self,
        parameter: &Parameter,
        asked: &Asked<'_>,
        system: Option<String>,
    ) -> Result<Option<String>, QueryError> {
        match system.as_deref() {
            Some(written @ "http://sirene.fr") => {
                self.forgive(asked.written, written, SIRENE)?;
                Ok(Some(SIRENE.to_owned()))
            }
            Some(list) if parameter.rtype == ResourceType::Location && list.contains("/JDV_J236-") => {
                self.forgive(asked.written, list, "tout système")?;
                Ok(None)
            }
            _ => Ok(system),
        }
    }
}

/// System of the activities that families hold.
const ACTIVITIES: &str =
    "https://mos.esante.gouv.fr/NOS/TRE_R211-ActiviteOperationnelle/FHIR/TRE-R211-ActiviteOperationnelle";

/// Resources that hold a code of the value sets named.
fn value_sets(terminology: &Terminology, parameter: &Parameter, asked: &Asked<'_>) -> Result<Filter, QueryError> {
    let mut any = Vec::new();
    for value in asked.values {
        let address = unescape(value);
        let address = address.trim().trim_end_matches('/');
        let set = terminology.value_set(address).ok_or_else(|| {
            let names = terminology.value_sets().map(ValueSet::url);
            QueryError::unknown(asked.written, "Jeu de valeurs inconnu", address, names)
        })?;
        for part in set.includes() {
            if part.is_whole_system() {
                any.push(Term::system(parameter.id, part.system()));
            }
            any.extend(part.concepts().iter().map(|of| Term::system_code(parameter.id, part.system(), of.code)));
        }
    }
    any.sort_unstable();
    any.dedup();
    Ok(Filter::terms(any))
}

/// Resources that hold a code whose label has, for one value, a word that starts with each of its
/// words: the labels of the lists are known, the others are asked for.
fn labelled(reader: &mut Reader<'_>, parameter: &Parameter, asked: &Asked<'_>) -> Result<Filter, QueryError> {
    let any: Vec<Vec<String>> = folded(asked)?.iter().map(|text| words(text).map(str::to_owned).collect()).collect();
    if let Some(at) = any.iter().position(Vec::is_empty) {
        return Err(asked.error("mots attendus", &asked.values[at]));
    }
    reader.labels_asked += any.len();
    if reader.labels_asked > LABELS_MAX {
        let message = format!("Au plus {LABELS_MAX} valeurs avec :text dans une requête.");
        return Err(QueryError::too_costly(asked.written, message));
    }
    let mut codes = Vec::new();
    for list in reader.terminology.code_systems() {
        for concept in list.concepts() {
            let label = concept.display.map(fold).unwrap_or_default();
            if any.iter().any(|asked| is_label_of(&label, asked)) {
                codes.push(Term::system_code(parameter.id, list.url(), concept.code));
            }
        }
    }
    let own = Filter::Test(Test::Label { parameter: parameter.id, any });
    Ok(if codes.is_empty() { own } else { Filter::Any(vec![Filter::terms(codes), own]) })
}

/// Whether each word asked for starts a word of a folded label.
fn is_label_of(label: &str, asked: &[String]) -> bool {
    asked.iter().all(|asked| words(label).any(|word| word.starts_with(&**asked)))
}

fn of_type(parameter: &Parameter, asked: &Asked<'_>) -> Result<Filter, QueryError> {
    let term = |value: &String| {
        let parts: Vec<_> = split_raw(value, '|').iter().map(|part| unescape(part)).collect();
        let [system, code, number] = &parts[..] else {
            return Err(asked.error("système|code|valeur attendus avec :of-type", value));
        };
        Ok(Term::identifier_of_type(parameter.id, system, code, &normal_identifier(number)))
    };
    Ok(Filter::terms(asked.values.iter().map(term).collect::<Result<_, _>>()?))
}
