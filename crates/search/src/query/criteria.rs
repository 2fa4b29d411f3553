//! Search criteria: where one bears, by its name, and what it asks, by its value.

use super::raw::{Criterion, Raw};
use super::{Filter, QueryError, Reader, Relation, correlate, quoted, reading, too_coupled};
use crate::param::ask::{Asked, How, Leaf, boolean, split_raw};
use crate::param::{composite, date, number, quantity, reference, special, string, token, uri};
use crate::{Content, ParamType, Parameter, ResourceType, Term};

/// Deeper chains are refused: each step multiplies the work.
const CHAIN_DEPTH_MAX: usize = 8;
/// Most alternatives in one value, so that a request stays bounded.
const ALTERNATIVES_MAX: usize = 1_000;
/// How many chains are proposed at most.
const CHAINS_TOLD_MAX: usize = 3;
/// The form of D9, shown where another is written.
const ABOVE: &str = "« :above » s'écrit après un paramètre de la structure : organization.<paramètre>:above.";

/// The form of `_has`.
const HAS: &str = "écriture attendue : _has:Type:référence:paramètre";

/// The thing that a criterion bears on.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// From the resource searched, or from where a `_has` starts, to it.
    pub(super) path: Vec<Relation>,
    /// Its type.
    pub(super) rtype: ResourceType,
    /// How many references lead to it from the resource searched.
    depth: usize,
}

impl Place {
    /// The resource searched.
    pub(super) const fn of(rtype: ResourceType) -> Self {
        Self { path: Vec::new(), rtype, depth: 0 }
    }
}

/// How the values of a criterion are given.
#[derive(Clone, Copy)]
pub(super) enum Asking<'a> {
    /// The value of a request parameter, whose name may hold a modifier.
    Value(&'a str),
    /// A filter: how, the other way round or not, of which values.
    Filter { how: How<'a>, negate: bool, values: &'a [String] },
    /// A filter: that there is a value, or none.
    Present(bool),
}

impl Reader<'_> {
    /// Reads a request parameter that is a criterion; `written` is its whole name, for messages.
    pub(super) fn criterion(
        &mut self,
        place: &Place,
        name: &str,
        written: &str,
        value: &str,
    ) -> Result<Raw, QueryError> {
        self.term(place, name, written, Asking::Value(value))
    }

    /// Reads a criterion on the thing at `place`.
    pub(super) fn term(
        &mut self,
        place: &Place,
        name: &str,
        written: &str,
        asking: Asking<'_>,
    ) -> Result<Raw, QueryError> {
        if let Some(has) = name.strip_prefix("_has:") {
            return self.has(place, has, written, asking);
        }
        let bare = name.split(':').next().unwrap_or(name);
        if let Some(instead) = self.registry.replacement(place.rtype, bare) {
            let message = format!("Paramètre « {bare} » qui n'est plus servi ; écrire « {instead} ».");
            return Err(QueryError::new(written, message));
        }
        if let Some((first, rest)) = name.split_once('.') {
            let next = self.follow(place, first, written)?;
            return self.term(&next, rest, written, asking);
        }
        if let Some((first, typed)) = self.misspelt_chain(place, name) {
            let (target, rest) = typed.split_once(':').unwrap_or((typed, ""));
            self.forgive(written, name, &format!("{first}:{target}.{rest}"))?;
            let next = self.follow(place, &format!("{first}:{target}"), written)?;
            return self.term(&next, rest, written, asking);
        }
        self.leaf(place, name, written, asking)
    }

    /// The thing that a reference of the one at `place` leads to.
    pub(super) fn follow(&mut self, place: &Place, name: &str, written: &str) -> Result<Place, QueryError> {
        deep_enough(place, written)?;
        let (name, typed) = name.split_once(':').map_or((name, None), |(name, typed)| (name, Some(typed)));
        let registry = self.registry;
        let parameter = registry.find(place.rtype, name).filter(|parameter| !parameter.targets.is_empty());
        let parameter = parameter.ok_or_else(|| self.unknown_reference(place.rtype, name, written))?;
        let rtype = self.chain_target(parameter, typed, written)?;
        self.reads(written, parameter.id);
        let mut path = place.path.clone();
        path.push(Relation::Target { reference: parameter.id, rtype });
        Ok(Place { path, rtype, depth: place.depth + 1 })
    }

    fn chain_target(
        &mut self,
        parameter: &Parameter,
        typed: Option<&str>,
        written: &str,
    ) -> Result<ResourceType, QueryError> {
        let known = || parameter.targets.iter().map(|target| target.name());
        let Some(typed) = typed else {
            return match parameter.targets[..] {
                [target] => Ok(target),
                _ => {
                    let list = known().collect::<Vec<_>>().join(", ");
                    let message =
                        format!("Plusieurs types possibles ({list}) : écrire {}:Type.paramètre.", parameter.name);
                    Err(QueryError::new(written, message))
                }
            };
        };
        let found = parameter.targets.iter().find(|target| target.name().eq_ignore_ascii_case(typed));
        match found {
            Some(target) if target.name() != typed => {
                self.forgive(written, typed, target.name())?;
                Ok(*target)
            }
            Some(target) => Ok(*target),
            None => Err(QueryError::unknown(written, "Cette référence ne mène pas à ce type", typed, known())),
        }
    }

    /// D4: `focus:Type:parameter` for `focus:Type.parameter`.
    fn misspelt_chain<'n>(&self, place: &Place, name: &'n str) -> Option<(&'n str, &'n str)> {
        let (first, typed) = name.split_once(':').filter(|(first, typed)| *first == "focus" && typed.contains(':'))?;
        let reference = self.registry.find(place.rtype, first).filter(|reference| !reference.targets.is_empty())?;
        let target = ResourceType::parse(typed.split(':').next()?)?;
        reference.targets.contains(&target).then_some((first, typed))
    }

    /// `_has:Type:reference:…`: a thing of its own that refers to the one at `place`.
    fn has(&mut self, place: &Place, has: &str, written: &str, asking: Asking<'_>) -> Result<Raw, QueryError> {
        deep_enough(place, written)?;
        let mut parts = has.splitn(3, ':');
        let (Some(rtype), Some(name), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(QueryError::expected(written, HAS, &format!("_has:{has}")));
        };
        let rtype = self.resource_type(written, rtype)?;
        let registry = self.registry;
        let leads_here = |parameter: &&Parameter| parameter.targets.contains(&place.rtype);
        let parameter = registry.find(rtype, name).filter(leads_here).ok_or_else(|| {
            let known = registry.of(rtype).filter(leads_here).map(|parameter| &*parameter.name);
            let what = format!("{rtype} n'a pas de référence de ce nom vers {}", place.rtype);
            QueryError::unknown(written, &what, name, known)
        })?;
        self.reads(written, parameter.id);
        let relation = Relation::Source { reference: parameter.id, rtype };
        let inside = Place { path: Vec::new(), rtype, depth: place.depth + 1 };
        let inner = self.term(&inside, rest, written, asking)?;
        let found = correlate::correlate(&inner).map_err(|_| too_coupled(written))?;
        let content = inner.content().into_iter().map(|content| content_through(relation, content));
        Ok(Raw::Is(Box::new(Criterion {
            path: place.path.clone(),
            family: None,
            parameter: parameter.id,
            held: Filter::related(relation, found),
            unmet: None,
            negated: false,
            near: None,
            content: content.collect(),
            reading: format!("{} désigné par {} ({})", place.rtype, rtype, inner.reading()),
        })))
    }

    /// A parameter of the thing at `place`.
    fn leaf(&mut self, place: &Place, name: &str, written: &str, asking: Asking<'_>) -> Result<Raw, QueryError> {
        let (name, modifier) = name.split_once(':').map_or((name, None), |(name, modifier)| (name, Some(modifier)));
        let registry = self.registry;
        let found = registry.find(place.rtype, name);
        let parameter = found.ok_or_else(|| self.unknown_parameter(place.rtype, name, written))?;
        let above = modifier == Some("above");
        let place = &if above { self.above(place, written)? } else { place.clone() };
        let modifier = modifier.filter(|_| !above);
        let (values, how, negate) = match asking {
            Asking::Value(value) => {
                let how = modifier.map_or(How::Plain, How::Modifier);
                (alternatives(written, value)?, how, false)
            }
            Asking::Filter { how, negate, values } => (values.to_vec(), how, negate),
            Asking::Present(is) => (vec![is.to_string()], How::Modifier("missing"), true),
        };
        let asked = Asked { written, values: &values };
        if let (Some(modifier), false) = (modifier, matches!(asking, Asking::Value(_))) {
            return Err(filter_modifier(written, modifier));
        }
        if above && negate && !matches!(asking, Asking::Present(_)) {
            return Err(QueryError::new(written, "« :above » ne se nie pas terme à terme : écrire not (… eq …)."));
        }
        self.is_reading_value = true;
        let mut leaf = self.read(parameter, how, &asked)?;
        self.is_reading_value = false;
        leaf.negated ^= negate;
        self.reads(written, parameter.id);
        let phrase = reading::of_criterion(self, place, parameter, &leaf, how, &asked);
        Ok(Raw::Is(Box::new(criterion(place, parameter, leaf, phrase))))
    }

    /// What the values of a parameter ask.
    fn read(&mut self, parameter: &Parameter, how: How<'_>, asked: &Asked<'_>) -> Result<Leaf, QueryError> {
        let is_missing = how == How::Modifier("missing") && parameter.modifiers().contains(&"missing");
        if is_missing {
            // A distance from a commune is known when the place is.
            let id = match &*parameter.name {
                "near-insee-code" => self.registry.known(parameter.rtype, "near"),
                _ => parameter.id,
            };
            let present = Filter::terms(vec![Term::present(id)]);
            return Ok(if boolean(asked)? { Leaf::not(present) } else { Leaf::new(present) });
        }
        match parameter.kind {
            ParamType::Token => token::ask(self, parameter, how, asked),
            ParamType::String => string::ask(parameter, how, asked),
            ParamType::Uri => uri::ask(parameter, how, asked),
            ParamType::Date => date::ask(parameter, how, asked),
            ParamType::Number => number::ask(parameter, how, asked),
            ParamType::Quantity => quantity::ask(parameter, how, asked),
            ParamType::Reference => reference::ask(self, parameter, how, asked),
            ParamType::Composite => composite::ask(self, parameter, how, asked),
            ParamType::Special => match &*parameter.name {
                "_content" => special::ask_words(parameter, how, asked),
                "_has" => Err(QueryError::expected(asked.written, HAS, "_has")),
                "_filter" => {
                    Err(QueryError::new(asked.written, "« _filter » porte sur le type cherché : il ne s'enchaîne pas."))
                }
                _ => special::ask(self, parameter, how, asked),
            },
        }
    }

    /// D9: the provider and all above it, in place of the provider.
    fn above(&self, place: &Place, written: &str) -> Result<Place, QueryError> {
        let parent = self.registry.known(ResourceType::Organization, "partof");
        let is_provider = |reference| &*self.registry.get(reference).name == "organization";
        match place.path.split_last() {
            Some((Relation::Target { reference, rtype: rtype @ ResourceType::Organization }, before))
                if is_provider(*reference) =>
            {
                let mut path = before.to_vec();
                path.push(Relation::Line { reference: *reference, rtype: *rtype, parent });
                Ok(Place { path, ..*place })
            }
            _ => Err(QueryError::new(written, ABOVE)),
        }
    }

    fn unknown_parameter(&self, rtype: ResourceType, name: &str, written: &str) -> QueryError {
        let known = self.registry.of(rtype).map(|parameter| &*parameter.name);
        let result =
            ["_count", "_sort", "_include", "_revinclude", "_summary", "_elements", "_total", "_format", "_explain"];
        let elsewhere = self.chains_to(rtype, name);
        if !elsewhere.is_empty() {
            let list = elsewhere.iter().map(|chain| quoted(chain)).collect::<Vec<_>>().join(" ou ");
            let message = format!("Paramètre inconnu pour {rtype} : {} ; voir {list}.", quoted(name));
            return QueryError::new(written, message);
        }
        // What shapes the answer is written by itself.
        let names: Vec<_> = known.chain(result.into_iter().filter(|_| name == written)).collect();
        QueryError::unknown(written, &format!("Paramètre inconnu pour {rtype}"), name, names)
    }

    /// Where a parameter of that very name is, one reference further.
    fn chains_to(&self, rtype: ResourceType, name: &str) -> Vec<String> {
        let references = self.registry.of(rtype).filter(|parameter| parameter.targets.len() == 1);
        let leading = references.filter(|reference| self.registry.find(reference.targets[0], name).is_some());
        leading.map(|reference| format!("{}.{name}", reference.name)).take(CHAINS_TOLD_MAX).collect()
    }

    fn unknown_reference(&self, rtype: ResourceType, name: &str, written: &str) -> QueryError {
        let known = self.registry.of(rtype).filter(|p| !p.targets.is_empty()).map(|p| &*p.name);
        QueryError::unknown(written, &format!("{rtype} n'a pas de référence de ce nom"), name, known)
    }

    /// A type of resource, in whatever case (D4).
    pub(super) fn resource_type(&mut self, parameter: &str, written: &str) -> Result<ResourceType, QueryError> {
        if let Some(rtype) = ResourceType::parse(written) {
            return Ok(rtype);
        }
        match ResourceType::parse_any_case(written) {
            Some(rtype) => {
                self.forgive(parameter, written, rtype.name())?;
                Ok(rtype)
            }
            None => {
                let known = ResourceType::ALL.iter().map(|rtype| rtype.name());
                Err(QueryError::unknown(parameter, "Type de ressource inconnu", written, known))
            }
        }
    }
}

/// The criterion of a leaf. What joins no other, and what bears on a line of structures without
/// being of a price, is closed here (D1, D9).
fn criterion(place: &Place, parameter: &Parameter, leaf: Leaf, reading: String) -> Criterion {
    let family = parameter.family.filter(|_| !leaf.own);
    let content = leaf.words.into_iter().map(|words| Content { path: Vec::new(), rtype: place.rtype, words });
    let mut out = Criterion {
        path: place.path.clone(),
        family,
        parameter: parameter.id,
        held: leaf.held,
        unmet: leaf.unmet,
        negated: leaf.negated,
        near: leaf.near,
        content: content.collect(),
        reading,
    };
    if let Some((line @ Relation::Line { .. }, before)) = place.path.split_last()
        && family.is_none()
    {
        // The other way round, asked of one of the line: one that is not so.
        let asked = out.filter(false);
        out.negated = false;
        out.unmet = None;
        out.held = Filter::related(*line, asked);
        out.path = before.to_vec();
        out.content = out.content.into_iter().map(|content| content_through(*line, content)).collect();
    }
    out
}

fn content_through(relation: Relation, mut content: Content) -> Content {
    content.path.insert(0, relation);
    content
}

fn deep_enough(place: &Place, written: &str) -> Result<(), QueryError> {
    if place.depth < CHAIN_DEPTH_MAX {
        return Ok(());
    }
    Err(QueryError::too_costly(written, format!("Au plus {CHAIN_DEPTH_MAX} références enchaînées.")))
}

fn filter_modifier(written: &str, modifier: &str) -> QueryError {
    let message = format!(
        "Modificateur {} non admis dans un filtre, hors :above ; voir les opérateurs ne, co, sw, ew, in, ni, sb, pr.",
        quoted(&format!(":{modifier}"))
    );
    QueryError::new(written, message)
}

/// The alternatives of a value, still escaped otherwise.
fn alternatives(written: &str, value: &str) -> Result<Vec<String>, QueryError> {
    let values = split_raw(value, ',');
    if values.len() > ALTERNATIVES_MAX {
        let message = format!("Au plus {ALTERNATIVES_MAX} valeurs dans un paramètre ; lues : {}.", values.len());
        return Err(QueryError::too_costly(written, message));
    }
    Ok(values)
}
