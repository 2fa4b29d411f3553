//! Search criteria: one parameter, its modifier, its alternatives.

use ror_terminology::fold;

use super::{Filter, QueryError, QueryWarning, Reader, Relation, Test, error::shorten};
use crate::{
    Circle, Comparison, Near, ParamType, Parameter, ResourceType, Term, reference, string, token::normal_identifier,
};

/// Deeper chains are refused: each step multiplies the work.
const CHAIN_DEPTH_MAX: usize = 8;
/// Most alternatives in one value, so that a request stays bounded.
const ALTERNATIVES_MAX: usize = 1_000;

impl Reader<'_> {
    /// Reads one criterion on `rtype`; `written` is the whole name, for messages.
    pub(super) fn criterion(
        &mut self,
        rtype: ResourceType,
        name: &str,
        written: &str,
        value: &str,
    ) -> Result<Filter, QueryError> {
        if let Some((reference, rest)) = name.split_once('.') {
            return self.chain(rtype, reference, rest, written, value);
        }
        let (name, modifier) = name.split_once(':').map_or((name, None), |(name, modifier)| (name, Some(modifier)));
        let registry = self.registry;
        let parameter = registry.find(rtype, name).ok_or_else(|| self.unknown_parameter(rtype, name, written))?;
        let values = alternatives(written, value)?;
        if modifier == Some("missing") {
            let present = Filter::Test(Test::Terms(vec![Term::present(parameter.id)]));
            return Ok(if boolean(written, value)? { Filter::negated(present) } else { present });
        }
        match parameter.kind {
            ParamType::Token => self.token(parameter, modifier, written, &values),
            ParamType::String => text(parameter, modifier, written, &values),
            ParamType::Date => date(parameter, modifier, written, &values),
            ParamType::Reference => referenced(parameter, modifier, written, &values),
            ParamType::Number | ParamType::Quantity => Err(QueryError::new(written, "Non pris en charge.")),
            ParamType::Special => near(parameter, modifier, written, &values),
        }
    }

    fn chain(
        &mut self,
        rtype: ResourceType,
        reference: &str,
        rest: &str,
        written: &str,
        value: &str,
    ) -> Result<Filter, QueryError> {
        if written.matches('.').count() > CHAIN_DEPTH_MAX {
            return Err(QueryError::new(written, format!("Au plus {CHAIN_DEPTH_MAX} références enchaînées.")));
        }
        let (reference, typed) =
            reference.split_once(':').map_or((reference, None), |(reference, typed)| (reference, Some(typed)));
        let registry = self.registry;
        let parameter = registry
            .find(rtype, reference)
            .filter(|parameter| !parameter.targets.is_empty())
            .ok_or_else(|| self.unknown_reference(rtype, reference, written))?;
        let target = chain_target(parameter, typed, written)?;
        let inner = self.criterion(target, rest, written, value)?;
        let relation = Relation::Target { reference: parameter.id, rtype: target };
        Ok(Filter::related(relation, Filter::All(vec![inner])))
    }

    fn unknown_parameter(&self, rtype: ResourceType, name: &str, written: &str) -> QueryError {
        let known = self.registry.of(rtype).map(|parameter| &*parameter.name);
        let result = ["_count", "_sort", "_include", "_revinclude", "_summary", "_elements", "_total", "_format"];
        let names: Vec<_> = known.chain(result).collect();
        QueryError::unknown(written, &format!("Paramètre inconnu pour {rtype}"), name, names)
    }

    fn unknown_reference(&self, rtype: ResourceType, name: &str, written: &str) -> QueryError {
        let known = self.registry.of(rtype).filter(|p| !p.targets.is_empty()).map(|p| &*p.name);
        QueryError::unknown(written, &format!("{rtype} n'a pas de référence de ce nom"), name, known)
    }

    fn token(
        &mut self,
        parameter: &Parameter,
        modifier: Option<&str>,
        written: &str,
        values: &[String],
    ) -> Result<Filter, QueryError> {
        let not = match modifier {
            None => false,
            Some("not") => true,
            Some("of-type") if &*parameter.name == "identifier" => return of_type(parameter, written, values),
            Some(other) => return Err(unknown_modifier(written, other, &["not", "missing", "of-type"])),
        };
        let mut any = Vec::new();
        for value in values {
            self.token_value(parameter, written, value, &mut any)?;
        }
        let held = Filter::Test(Test::Terms(any));
        Ok(if not { Filter::negated(held) } else { held })
    }

    fn token_value(
        &mut self,
        parameter: &Parameter,
        written: &str,
        value: &str,
        any: &mut Vec<Term>,
    ) -> Result<(), QueryError> {
        let (system, code) = split_token(value);
        let is_identifier = &*parameter.name == "identifier";
        let code = if is_identifier { normal_identifier(&code) } else { code };
        if code.is_empty() && system.as_deref().is_none_or(str::is_empty) {
            return Err(QueryError::new(written, "Code attendu, ou système|code ; lu : rien."));
        }
        let mut codes = vec![code];
        if &*parameter.name == "commune-cog" {
            codes.extend(self.geography.also(&codes[0]));
        }
        let systems = match &system {
            None => None,
            Some(system) if is_identifier => Some(vec![self.identifier_system(written, system)?]),
            Some(system) => {
                let systems = self.systems(written, system, &codes[0])?;
                codes[0] = self.intended_code(written, &systems, &codes[0])?;
                Some(systems)
            }
        };
        for code in &codes {
            match &systems {
                None => any.push(Term::code(parameter.id, code)),
                Some(systems) => any.extend(systems.iter().map(|system| {
                    if code.is_empty() {
                        Term::system(parameter.id, system)
                    } else {
                        Term::system_code(parameter.id, system, code)
                    }
                })),
            }
        }
        Ok(())
    }

    /// The code systems that a written address stands for (D4).
    fn systems(&mut self, written: &str, system: &str, code: &str) -> Result<Vec<String>, QueryError> {
        if system.is_empty() {
            return Ok(vec![String::new()]);
        }
        let terminology = self.terminology;
        let resolved = terminology.resolve_coding(system, code);
        if resolved.warning_due() {
            self.forgive(written, system, &resolved.systems.join(", "))?;
        }
        let known = resolved.systems.iter().filter(|system| terminology.code_system(system).is_some());
        let holds = |system: &&str| {
            let list = terminology.code_system(system);
            list.is_some_and(|list| terminology.display(system, list.read_code(code).code).is_some())
        };
        let is_missing = known.clone().count() > 0 && !code.is_empty() && !known.clone().any(holds);
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

    /// `http://sirene.fr` stands in old samples for `https://sirene.fr` (D4).
    fn identifier_system(&mut self, written: &str, system: &str) -> Result<String, QueryError> {
        if system == "http://sirene.fr" {
            self.forgive(written, system, "https://sirene.fr")?;
            return Ok("https://sirene.fr".to_owned());
        }
        Ok(system.to_owned())
    }
}

fn chain_target(parameter: &Parameter, typed: Option<&str>, written: &str) -> Result<ResourceType, QueryError> {
    let Some(typed) = typed else {
        return match parameter.targets[..] {
            [target] => Ok(target),
            _ => Err(QueryError::new(written, "Plusieurs types possibles : écrire référence:Type.paramètre.")),
        };
    };
    let known = parameter.targets.iter().map(|target| target.name());
    ResourceType::parse(typed)
        .filter(|target| parameter.targets.contains(target))
        .ok_or_else(|| QueryError::unknown(written, "Cette référence ne mène pas à ce type", typed, known))
}

fn of_type(parameter: &Parameter, written: &str, values: &[String]) -> Result<Filter, QueryError> {
    let term = |value: &String| {
        let parts: Vec<_> = split_escaped(value, '|');
        let [system, code, number] = &parts[..] else {
            return Err(QueryError::new(written, "Système|code|valeur attendus avec :of-type."));
        };
        Ok(Term::identifier_of_type(parameter.id, system, code, &normal_identifier(number)))
    };
    Ok(Filter::Test(Test::Terms(values.iter().map(term).collect::<Result<_, _>>()?)))
}

fn text(parameter: &Parameter, modifier: Option<&str>, written: &str, values: &[String]) -> Result<Filter, QueryError> {
    if values.iter().any(|value| fold(value).is_empty()) {
        return Err(QueryError::new(written, "Texte attendu ; lu : rien."));
    }
    let values: Vec<String> = match &*parameter.name {
        "address-postalcode" if modifier.is_none() => {
            values.iter().flat_map(|value| string::postal_prefixes(&unescape(value))).collect()
        }
        _ => values.iter().map(|value| unescape(value)).collect(),
    };
    let parameter = parameter.id;
    let folded = || values.iter().map(|value| fold(value)).collect();
    match modifier {
        None => Ok(Filter::Test(Test::StartsWith { parameter, any: folded() })),
        Some("contains") => Ok(Filter::Test(Test::Contains { parameter, any: folded() })),
        Some("exact") => {
            Ok(Filter::Test(Test::Terms(values.iter().map(|value| Term::exact(parameter, value)).collect())))
        }
        Some(other) => Err(unknown_modifier(written, other, &["contains", "exact", "missing"])),
    }
}

fn date(parameter: &Parameter, modifier: Option<&str>, written: &str, values: &[String]) -> Result<Filter, QueryError> {
    if let Some(other) = modifier {
        return Err(unknown_modifier(written, other, &["missing"]));
    }
    let read = |value: &String| {
        Comparison::parse_date(value)
            .map_err(|expected| QueryError::new(written, format!("{expected} ; lu : « {} ».", shorten(value))))
    };
    let any = values.iter().map(read).collect::<Result<_, _>>()?;
    Ok(Filter::Test(match &*parameter.name {
        "_lastUpdated" => Test::LastUpdated { any },
        _ => Test::Ordered { parameter: parameter.id, any },
    }))
}

fn referenced(
    parameter: &Parameter,
    modifier: Option<&str>,
    written: &str,
    values: &[String],
) -> Result<Filter, QueryError> {
    let targets = match modifier {
        None => parameter.targets.clone(),
        Some(typed) => match ResourceType::parse(typed).filter(|rtype| parameter.targets.contains(rtype)) {
            Some(rtype) => vec![rtype],
            None => return Err(unknown_modifier(written, typed, &["missing"])),
        },
    };
    let mut any = Vec::new();
    for value in values {
        let terms = reference::asked(parameter.id, &targets, value).ok_or_else(|| {
            let names: Vec<_> = targets.iter().map(|target| target.name()).collect();
            let message =
                format!("Référence attendue : id ou {}/id ; lu : « {} ».", names.join("/id, "), shorten(value));
            QueryError::new(written, message)
        })?;
        any.extend(terms);
    }
    Ok(Filter::Test(Test::Terms(any)))
}

fn near(parameter: &Parameter, modifier: Option<&str>, written: &str, values: &[String]) -> Result<Filter, QueryError> {
    if let Some(other) = modifier {
        return Err(unknown_modifier(written, other, &["missing"]));
    }
    let read = |value: &String| {
        Circle::parse(value)
            .map_err(|expected| QueryError::new(written, format!("{expected} ; lu : « {} ».", shorten(value))))
    };
    let circles = values.iter().map(read).collect::<Result<_, _>>()?;
    Ok(Filter::Test(Test::Near { parameter: parameter.id, near: Near { circles } }))
}

fn unknown_modifier(written: &str, modifier: &str, known: &[&str]) -> QueryError {
    let list: Vec<_> = known.iter().map(|name| format!(":{name}")).collect();
    let message = format!("Modificateur « :{} » non admis ici ; admis : {}.", shorten(modifier), list.join(", "));
    QueryError::new(written, message)
}

fn boolean(written: &str, value: &str) -> Result<bool, QueryError> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(QueryError::new(written, format!("true ou false attendu ; lu : « {} ».", shorten(value)))),
    }
}

/// The alternatives of a value, still escaped otherwise.
fn alternatives(written: &str, value: &str) -> Result<Vec<String>, QueryError> {
    let values = split_raw(value, ',');
    if values.len() > ALTERNATIVES_MAX {
        let message = format!("Au plus {ALTERNATIVES_MAX} valeurs dans un paramètre ; lues : {}.", values.len());
        return Err(QueryError::new(written, message));
    }
    Ok(values)
}

/// `system|code` (system may be empty: "no system") or `code` alone (any system).
fn split_token(value: &str) -> (Option<String>, String) {
    let parts = split_raw(value, '|');
    match &parts[..] {
        [code] => (None, unescape(code).trim().to_owned()),
        [system, rest @ ..] => (Some(unescape(system).trim().to_owned()), unescape(&rest.join("|")).trim().to_owned()),
        [] => (None, String::new()),
    }
}

fn split_escaped(value: &str, separator: char) -> Vec<String> {
    split_raw(value, separator).iter().map(|part| unescape(part)).collect()
}

/// Splits at `separator` where it is not escaped by a backslash (FHIR R4 §3.1.1.4.18).
fn split_raw(value: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for c in value.chars() {
        if c == separator && !escaped {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    parts
}

fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(&next @ ('\\' | ',' | '|' | '$'))) => {
                out.push(next);
                chars.next();
            }
            _ => out.push(c),
        }
    }
    out
}
