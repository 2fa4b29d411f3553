//! The one walk: writes the canonical text and marks who sees each part.

use ror_fhir::{Node, Object};

use super::Sight;
use super::levels;
use super::marks::Marks;
use super::scope::{Play, Scope};
use crate::policy::{Element, Kind, RuleId, Schema, Slice};
use crate::{Audience, AudienceMask, Facts, Policy};

/// Writes `resource` and marks its parts.
pub(super) fn walk(
    resource: &Node,
    facts: &Facts<'_>,
    is_over: &dyn Fn(&Node) -> bool,
    policy: &Policy,
) -> (Vec<u8>, Marks, Sight) {
    let scope = Scope::new(resource, facts, policy);
    let (out, marks) = (Vec::with_capacity(2048), Marks::default());
    let mut walk = Walk { schema: policy.schema(), scope, is_over, out, marks, sight: Sight::default() };
    walk.resource(resource);
    (walk.out, walk.marks, walk.sight)
}

struct Walk<'a> {
    schema: &'a Schema,
    scope: Scope<'a>,
    is_over: &'a dyn Fn(&Node) -> bool,
    out: Vec<u8>,
    marks: Marks,
    sight: Sight,
}

/// The element whose items end.
const HOURS: &str = "availableTime";

/// Whether what these audiences see is of level 3: profile 2 sees everything but that.
fn is_level_3(readers: AudienceMask) -> bool {
    !readers.is_empty() && !readers.contains(Audience::ALL_BUT_LEVEL_3)
}

/// What a part of an object is to the one that holds it.
#[derive(Clone, Copy)]
enum Part {
    /// The holder is hidden when all such parts are.
    Counts(AudienceMask),
    /// Says nothing alone: the address of an extension.
    Bare,
}

/// Where the walk is: the audiences left, and what is in play.
#[derive(Clone, Copy)]
struct Here {
    mask: AudienceMask,
    play: Play,
    /// A person is named by what holds this.
    named: bool,
    /// The element's own rule withholds it from profile 2: it is of level 3.
    strict: bool,
}

impl<'a> Walk<'a> {
    fn resource(&mut self, resource: &Node) {
        let Some(object) = resource.as_object() else {
            // Not a resource: nobody's.
            self.leaf(resource, 0, AudienceMask::NONE);
            return;
        };
        let rtype = resource.str("resourceType").and_then(|rtype| self.schema.resource(rtype));
        let elements = rtype.map(|rtype| self.schema.element(rtype.root));
        let named = matches!(resource.str("resourceType"), Some("Practitioner" | "PractitionerRole"));
        let mask = self.scope.base & self.scope.exposed;
        let here = Here { mask, play: Play::default(), named, strict: false };
        // What is not exposed is incomplete, not secret.
        if is_level_3(self.scope.base) {
            self.sight.level_3 |= mask;
        }
        let root = self.marks.open(0);
        self.members(object, |walk, start, key, value| match (key, elements) {
            // A narrative may repeat what is hidden, a contained resource escapes its own policy (D18).
            ("text" | "contained", _) => Part::Counts(walk.leaf(value, start, AudienceMask::NONE)),
            (HOURS, Some(elements)) => walk.hours(start, value, elements, here),
            (_, Some(elements)) => walk.member(start, key, value, elements, here),
            _ => Part::Counts(walk.leaf(value, start, here.mask & walk.scope.other)),
        });
        self.marks.close(root, self.out.len(), here.mask);
    }

    /// Writes an object; gives who sees at least one of the parts that count, if there are any.
    fn members(
        &mut self,
        object: &Object,
        mut each: impl FnMut(&mut Self, usize, &str, &Node) -> Part,
    ) -> Option<AudienceMask> {
        let mut seen = None;
        self.out.push(b'{');
        for (at, (key, value)) in object.iter().enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            let start = self.out.len();
            Node::write_str(key, &mut self.out);
            self.out.push(b':');
            if let Part::Counts(mask) = each(self, start, key, value) {
                seen = Some(seen.unwrap_or(AudienceMask::NONE) | mask);
            }
        }
        self.out.push(b'}');
        seen
    }

    fn member(&mut self, start: usize, key: &str, value: &Node, holder: &Element, here: Here) -> Part {
        if holder.kind == Kind::Extension && key == "url" {
            self.leaf(value, start, here.mask);
            return Part::Bare;
        }
        let seen = match (key, value) {
            ("extension", Node::Array(items)) => self.extensions(items, start, holder, here),
            _ => match (self.known(key, holder), key.strip_prefix('_').and_then(|name| self.known(name, holder))) {
                (Some(element), _) => self.element(value, start, element, here),
                (None, Some(element)) if element.kind == Kind::Primitive => self.companion(value, start, element, here),
                _ => self.leaf(value, start, here.mask & self.scope.other),
            },
        };
        Part::Counts(seen)
    }

    /// Opening hours, slot by slot: those that are over are the owner's (RG_EXP_018, D80).
    fn hours(&mut self, start: usize, value: &Node, holder: &Element, here: Here) -> Part {
        let (Node::Array(slots), Some(element)) = (value, self.known(HOURS, holder)) else {
            return self.member(start, HOURS, value, holder, here);
        };
        let at = self.marks.open(start);
        let mut seen = None;
        self.items(slots, |walk, start, slot| {
            let mut here = here;
            if (walk.is_over)(slot) {
                here.mask &= Audience::OWNER.mask();
            }
            seen = Some(seen.unwrap_or(AudienceMask::NONE) | walk.value(slot, start, element, here));
        });
        let seen = seen.unwrap_or_else(|| self.own(&Node::Null, element, here).mask);
        self.marks.close(at, self.out.len(), seen);
        Part::Counts(seen)
    }

    /// The element `key` of `holder`, when it is granted at all.
    fn known(&self, key: &str, holder: &Element) -> Option<&'a Element> {
        let schema = self.schema;
        let id = match holder.kind {
            Kind::Extension => schema.value_type(key.strip_prefix("value").filter(|name| !name.is_empty())?),
            _ => holder.member(key)?,
        };
        Some(schema.element(id))
    }

    /// One value, or a list of them.
    fn element(&mut self, value: &Node, start: usize, element: &Element, here: Here) -> AudienceMask {
        let Node::Array(items) = value else { return self.value(value, start, element, here) };
        let own = self.own(&Node::Null, element, here).mask;
        let at = self.marks.open(start);
        let mut seen = None;
        self.items(items, |walk, start, item| {
            if matches!(item, Node::Null) {
                walk.leaf(item, start, own);
                return;
            }
            let mask = walk.value(item, start, element, here);
            seen = Some(match seen {
                None => mask,
                // Primitive items line up with those of the companion: all or none.
                Some(before) if element.kind == Kind::Primitive => before & mask,
                Some(before) => before | mask,
            });
        });
        let seen = seen.unwrap_or(own);
        self.marks.close(at, self.out.len(), seen);
        seen
    }

    /// One value of an element, under the element's own rule.
    fn value(&mut self, value: &Node, start: usize, element: &Element, here: Here) -> AudienceMask {
        let own = self.own(value, element, here);
        let seen = match (element.kind, value) {
            (Kind::Primitive, Node::Array(_) | Node::Object(_)) => self.leaf(value, start, own.mask & self.scope.other),
            (Kind::Primitive, _) => self.leaf(value, start, own.mask),
            (_, Node::Object(object)) if !own.mask.is_empty() => self.object(object, start, element, own),
            _ => self.leaf(value, start, own.mask & self.scope.other),
        };
        self.note(element, own, seen);
        seen
    }

    /// Remembers who sees an element whose reading is kept (D63).
    fn note(&mut self, element: &Element, own: Here, seen: AudienceMask) {
        if own.strict {
            self.sight.level_3 |= seen;
        } else if own.named && own.play.level >= 2 && element.level.is_some() {
            self.sight.named_contact |= seen;
        }
    }

    /// An object whose members are judged one by one.
    fn object(&mut self, object: &Object, start: usize, element: &Element, own: Here) -> AudienceMask {
        let at = self.marks.open(start);
        let parts = self.members(object, |walk, start, key, value| walk.member(start, key, value, element, own));
        let seen = own.mask & parts.unwrap_or(AudienceMask::ALL);
        self.marks.close(at, self.out.len(), seen);
        seen
    }

    fn extensions(&mut self, items: &[Node], start: usize, holder: &Element, here: Here) -> AudienceMask {
        let at = self.marks.open(start);
        let mut seen = None;
        self.items(items, |walk, start, item| {
            let known = item.str("url").and_then(|url| holder.extension(url));
            let mask = match known {
                Some(id) => walk.value(item, start, walk.schema.element(id), here),
                None => walk.leaf(item, start, here.mask & walk.scope.other),
            };
            seen = Some(seen.unwrap_or(AudienceMask::NONE) | mask);
        });
        let seen = seen.unwrap_or(here.mask);
        self.marks.close(at, self.out.len(), seen);
        seen
    }

    /// What accompanies a primitive (`_name`): extensions only. A list lines up with the values,
    /// and a null cannot be written by cutting: when one item is hidden, all are.
    fn companion(&mut self, value: &Node, start: usize, element: &Element, here: Here) -> AudienceMask {
        let own = self.own(&Node::Null, element, here);
        let seen = match value {
            Node::Object(object) => self.object(object, start, element, own),
            Node::Array(items) => {
                let at = self.marks.open(start);
                let mut seen = own.mask;
                self.items(items, |walk, start, item| {
                    seen &= match item {
                        Node::Null => walk.leaf(item, start, own.mask),
                        Node::Object(object) => walk.object(object, start, element, own),
                        _ => walk.leaf(item, start, own.mask & walk.scope.other),
                    };
                });
                self.marks.close(at, self.out.len(), seen);
                seen
            }
            _ => self.leaf(value, start, own.mask & self.scope.other),
        };
        self.note(element, own, seen);
        seen
    }

    fn items(&mut self, items: &[Node], mut each: impl FnMut(&mut Self, usize, &Node)) {
        self.out.push(b'[');
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            let start = self.out.len();
            each(self, start, item);
        }
        self.out.push(b']');
    }

    /// Writes a part that is seen whole or not at all.
    fn leaf(&mut self, value: &Node, start: usize, mask: AudienceMask) -> AudienceMask {
        value.write(&mut self.out);
        self.marks.leaf(start, self.out.len(), mask);
        mask
    }

    /// Who may see `value` as this element, before what it holds is judged.
    fn own(&self, value: &Node, element: &Element, here: Here) -> Here {
        let mut own = Here { strict: false, ..here };
        if let Some(carrier) = &element.level {
            own.play.level = own.play.level.max(levels::level(value, carrier));
            own.named |= levels::names_a_person(value);
        }
        if element.capacity {
            match levels::capacity(value, &self.schema.capacity) {
                Some(record) => own.play.record = record,
                None => own.mask &= self.scope.other,
            }
        }
        if let Some(rule) = element.rule {
            let readers = self.scope.rule(rule, own.play);
            own.mask &= readers;
            own.strict = self.scope.tells_level(rule) && is_level_3(readers);
        }
        if element.home {
            own.mask &= self.scope.home();
        }
        if !element.slices.is_empty() {
            own.mask &= self.slices(value, element);
            own.strict |= self.is_strict_slice(value, element);
        }
        if element.kind == Kind::Reference {
            let target = levels::target(value);
            let readers = target.as_deref().map_or(self.scope.other, |target| self.scope.target(target));
            own.mask &= readers;
            if element.agent && target.as_deref().is_some_and(levels::leads_to_a_person) {
                own.mask &= self.scope.person();
            }
            // What leads to something that only they see; to nothing at all, it is undecided.
            own.strict |= readers != self.scope.other && is_level_3(readers);
        }
        own
    }

    /// Who may see an item of an element made of slices: those who may see each slice it claims
    /// to be; one that claims none, or an unknown one, is named by no rule.
    fn slices(&self, item: &Node, element: &Element) -> AudienceMask {
        let tellers = levels::tellers(item, element);
        if tellers.is_empty() {
            return self.scope.other;
        }
        let mut mask = AudienceMask::ALL;
        for teller in tellers {
            let mut claimed = element
                .slices
                .iter()
                .filter(|slice| teller.is_some_and(|value| slice.values.iter().any(|known| **known == *value)))
                .peekable();
            if claimed.peek().is_none() {
                mask &= self.scope.other;
            }
            for slice in claimed {
                mask &= slice.rule.map_or(AudienceMask::ALL, |rule| self.scope.rule(rule, Play::default()));
            }
        }
        mask & self.told(item, element)
    }

    /// Whether some slice that an item claims to be is of level 3.
    fn is_strict_slice(&self, item: &Node, element: &Element) -> bool {
        let claims = |slice: &Slice| {
            let tellers = levels::tellers(item, element);
            tellers.into_iter().flatten().any(|value| slice.values.iter().any(|known| **known == *value))
        };
        let strict = |rule: RuleId| self.scope.tells_level(rule) && is_level_3(self.scope.rule(rule, Play::default()));
        element.slices.iter().any(|slice| slice.rule.is_some_and(strict) && claims(slice))
            || is_level_3(self.told(item, element))
    }

    /// The rules of the extensions that tell what an item is.
    fn told(&self, item: &Node, element: &Element) -> AudienceMask {
        let mut mask = AudienceMask::ALL;
        for (url, id) in element.extensions() {
            let told = self.schema.element(id);
            if let (true, Some(rule)) = (told.tells, told.rule)
                && item.extensions(url).next().is_some()
            {
                mask &= self.scope.rule(rule, Play::default());
            }
        }
        mask
    }
}
