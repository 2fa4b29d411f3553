//! The elements of each resource type, as a tree: what is not in the tree is not granted.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::PolicyError;
use super::rules::{self, Rule, RuleId};

/// `elements.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ElementsFile {
    pub(super) capacity: CapacityStatuses,
    pub(super) resources: Vec<ResourceRow>,
    pub(super) extensions: Vec<ExtensionRow>,
}

/// How a capacity record tells its status (D25).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CapacityStatuses {
    /// The code systems of the statuses.
    pub(crate) systems: Vec<String>,
    /// The statuses known (JDV_J188); a record with another one is for nobody but profile 1 and owner.
    pub(crate) statuses: Vec<String>,
    /// The status of installed capacity.
    pub(crate) installed: String,
    /// The status of additional capacity.
    pub(crate) additional: String,
}

/// The rows of one resource type.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResourceRow {
    #[serde(rename = "type")]
    pub(super) rtype: String,
    pub(super) name: String,
    pub(super) rule: String,
    pub(super) rule_organisation_interne: Option<String>,
    pub(super) elements: Vec<ElementRow>,
}

/// One element, one extension of an element, or the items of an element told by a code or a system.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "yes-or-no marks of a row, read one by one")]
pub(super) struct ElementRow {
    pub(super) path: String,
    pub(super) extension: Option<String>,
    #[serde(rename = "type", default)]
    pub(super) rtype: String,
    pub(super) rule: Option<String>,
    pub(super) level: Option<String>,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) codes: Vec<String>,
    #[serde(default)]
    pub(super) systems: Vec<String>,
    #[serde(default)]
    pub(super) home: bool,
    #[serde(default)]
    pub(super) capacity: bool,
    #[serde(default)]
    pub(super) tells: bool,
    #[serde(default)]
    pub(super) agent: bool,
}

/// The parts of an extension made of extensions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExtensionRow {
    pub(super) url: String,
    pub(super) parts: Vec<PartRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartRow {
    pub(super) url: String,
    pub(super) rule: Option<String>,
    pub(super) level: Option<String>,
}

/// `datatypes.toml`: the members of each type, with their type.
pub(super) type Datatypes = BTreeMap<String, BTreeMap<String, String>>;

/// Place of an element in the schema.
pub(crate) type ElementId = usize;

/// The elements of all resource types.
#[derive(Debug)]
pub(crate) struct Schema {
    elements: Vec<Element>,
    resources: Vec<ResourceType>,
    /// The data types by name, for the value of an extension.
    datatypes: Vec<(Box<str>, ElementId)>,
    primitive: ElementId,
    pub(crate) capacity: CapacityStatuses,
}

/// A resource type that has a policy.
#[derive(Debug)]
pub(crate) struct ResourceType {
    name: Box<str>,
    /// Its elements.
    pub(crate) root: ElementId,
    /// Who sees the resource.
    pub(crate) rule: RuleId,
    /// Who sees it when it is an organisation interne (D23).
    pub(crate) rule_organisation_interne: Option<RuleId>,
}

/// What an element is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A value, with its companion (`_name`).
    Primitive,
    /// Members.
    Complex,
    /// Members, and a target that must be visible too.
    Reference,
    /// An address (`url`), and a value or parts.
    Extension,
}

/// One element: its rule, what decides besides, and what it holds.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "yes-or-no marks of a row, read one by one")]
pub(crate) struct Element {
    pub(crate) kind: Kind,
    /// Its own rule, on top of that of the element that holds it.
    pub(crate) rule: Option<RuleId>,
    /// The extension that carries its confidentiality level (D24).
    pub(crate) level: Option<Box<str>>,
    /// Withheld with the address of a *lieu de vie* (D26).
    pub(crate) home: bool,
    /// A capacity record (D25).
    pub(crate) capacity: bool,
    /// An extension whose rule is also that of the item that carries it.
    pub(crate) tells: bool,
    /// A reference to whoever acts, which may be a person (D30).
    pub(crate) agent: bool,
    /// When not empty, an item is granted only as one of these.
    pub(crate) slices: Vec<Slice>,
    /// Where an item says which slice it is.
    pub(crate) told_by: ToldBy,
    members: Vec<(Box<str>, ElementId)>,
    extensions: Vec<(Box<str>, ElementId)>,
}

/// Where an item says which slice it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ToldBy {
    /// It is a Coding: its system.
    Coding,
    /// It is a CodeableConcept: the system of its codings.
    Concept,
    /// It has a type, as an Identifier has: the code of that type.
    Type,
}

/// Items told by a code or by a system.
#[derive(Clone, Debug)]
pub(crate) struct Slice {
    pub(crate) values: Vec<Box<str>>,
    pub(crate) rule: Option<RuleId>,
}

impl Element {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            rule: None,
            level: None,
            home: false,
            capacity: false,
            tells: false,
            agent: false,
            slices: Vec::new(),
            told_by: ToldBy::Concept,
            members: Vec::new(),
            extensions: Vec::new(),
        }
    }

    /// The member `name`, when it is granted at all.
    pub(crate) fn member(&self, name: &str) -> Option<ElementId> {
        self.members.iter().find(|(known, _)| **known == *name).map(|(_, id)| *id)
    }

    /// The extension `url`, when it is granted at all here.
    pub(crate) fn extension(&self, url: &str) -> Option<ElementId> {
        self.extensions.iter().find(|(known, _)| **known == *url).map(|(_, id)| *id)
    }

    /// The extensions granted here.
    pub(crate) fn extensions(&self) -> impl Iterator<Item = (&str, ElementId)> {
        self.extensions.iter().map(|(url, id)| (&**url, *id))
    }
}

impl Schema {
    pub(super) fn build(file: &ElementsFile, types: &Datatypes, rules: &[Rule]) -> Result<Self, PolicyError> {
        let mut builder = Builder { elements: Vec::new(), types, definitions: &file.extensions, rules };
        let primitive = builder.add(Element::new(Kind::Primitive));
        let datatypes = types.keys().map(|name| (name.as_str().into(), builder.datatype(name))).collect();
        let resources = file.resources.iter().map(|row| builder.resource(row)).collect::<Result<_, _>>()?;
        Ok(Self { elements: builder.elements, resources, datatypes, primitive, capacity: file.capacity.clone() })
    }

    /// The policy of a resource type; `None`: nothing of it is granted.
    pub(crate) fn resource(&self, rtype: &str) -> Option<&ResourceType> {
        self.resources.iter().find(|resource| *resource.name == *rtype)
    }

    pub(crate) fn element(&self, id: ElementId) -> &Element {
        &self.elements[id]
    }

    /// The type of `value<Type>`; a type that is not described is a primitive.
    pub(crate) fn value_type(&self, name: &str) -> ElementId {
        self.datatypes.iter().find(|(known, _)| **known == *name).map_or(self.primitive, |(_, id)| *id)
    }
}

struct Builder<'a> {
    elements: Vec<Element>,
    types: &'a Datatypes,
    definitions: &'a [ExtensionRow],
    rules: &'a [Rule],
}

impl Builder<'_> {
    fn add(&mut self, element: Element) -> ElementId {
        self.elements.push(element);
        self.elements.len() - 1
    }

    fn resource(&mut self, row: &ResourceRow) -> Result<ResourceType, PolicyError> {
        let root = self.add(Element::new(Kind::Complex));
        for element in &row.elements {
            self.row(&row.rtype, root, element)?;
        }
        Ok(ResourceType {
            name: row.rtype.as_str().into(),
            root,
            rule: rules::find(self.rules, &row.rule)?,
            rule_organisation_interne: self.optional_rule(row.rule_organisation_interne.as_deref())?,
        })
    }

    fn row(&mut self, rtype: &str, root: ElementId, row: &ElementRow) -> Result<(), PolicyError> {
        let orphan = || PolicyError::Orphan(row.path.clone());
        let mut steps = row.path.split('.');
        if steps.next() != Some(rtype) {
            return Err(orphan());
        }
        let mut steps: Vec<&str> = steps.collect();
        let last = if row.extension.is_none() { Some(steps.pop().ok_or_else(orphan)?) } else { None };
        let holder = steps.iter().try_fold(root, |at, step| self.elements[at].member(step)).ok_or_else(orphan)?;
        let rule = self.optional_rule(row.rule.as_deref())?;
        if let Some(url) = &row.extension {
            let id = self.extension(url)?;
            self.decide(id, rule, row);
            self.elements[holder].extensions.push((url.as_str().into(), id));
            return Ok(());
        }
        let name = last.ok_or_else(orphan)?;
        let id = match (self.elements[holder].member(name), row.rtype.strip_prefix('#')) {
            (Some(id), _) => id,
            (None, Some(same)) => {
                // FHIR's contentReference: the same element again, at any depth, under its rules.
                let mut steps = same.split('.').skip(1);
                let again = steps.try_fold(root, |at, step| self.elements[at].member(step)).ok_or_else(orphan)?;
                self.elements[holder].members.push((name.into(), again));
                return Ok(());
            }
            (None, None) => {
                let id = self.datatype(&row.rtype);
                self.elements[holder].members.push((name.into(), id));
                id
            }
        };
        if row.codes.is_empty() && row.systems.is_empty() {
            self.decide(id, rule, row);
        } else {
            self.slice(id, rule, row);
        }
        Ok(())
    }

    fn decide(&mut self, id: ElementId, rule: Option<RuleId>, row: &ElementRow) {
        let element = &mut self.elements[id];
        element.rule = rule;
        element.level = row.level.as_deref().map(Into::into);
        element.home = row.home;
        element.capacity = row.capacity;
        element.tells = row.tells;
        element.agent = row.agent;
    }

    fn slice(&mut self, id: ElementId, rule: Option<RuleId>, row: &ElementRow) {
        let element = &mut self.elements[id];
        element.told_by = match row.rtype.as_str() {
            "Coding" => ToldBy::Coding,
            "Identifier" | "BackboneElement" => ToldBy::Type,
            _ => ToldBy::Concept,
        };
        let values = row.codes.iter().chain(&row.systems).map(|value| value.as_str().into()).collect();
        element.slices.push(Slice { values, rule });
    }

    /// A new element of data type `name`, its members with it: each use has its own, so that a
    /// row can govern a member of one use only.
    fn datatype(&mut self, name: &str) -> ElementId {
        let Some(members) = self.types.get(name) else {
            return self.add(Element::new(if name == "BackboneElement" { Kind::Complex } else { Kind::Primitive }));
        };
        let is_reference = name == "Reference";
        let id = self.add(Element::new(if is_reference { Kind::Reference } else { Kind::Complex }));
        for (member, kind) in members {
            let part = self.datatype(kind);
            self.elements[id].members.push((member.as_str().into(), part));
        }
        id
    }

    fn extension(&mut self, url: &str) -> Result<ElementId, PolicyError> {
        let id = self.add(Element::new(Kind::Extension));
        let definitions = self.definitions;
        let Some(definition) = definitions.iter().find(|definition| definition.url == url) else { return Ok(id) };
        for part in &definition.parts {
            let rule = self.optional_rule(part.rule.as_deref())?;
            let below = self.extension(&part.url)?;
            self.elements[below].rule = rule;
            self.elements[below].level = part.level.as_deref().map(Into::into);
            self.elements[id].extensions.push((part.url.as_str().into(), below));
        }
        Ok(id)
    }

    fn optional_rule(&self, id: Option<&str>) -> Result<Option<RuleId>, PolicyError> {
        id.map(|id| rules::find(self.rules, id)).transpose()
    }
}
