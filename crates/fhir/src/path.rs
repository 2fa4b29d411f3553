//! The FHIRPath subset in which search parameters are written.
//!
//! Members, `.where(url='…')`, `.where(id='…')`, `.as(Type)` and `(… as Type)`. Compiled
//! once at start-up; anything outside the subset is an error then, never a silent
//! non-match later.

use crate::Node;

/// A compiled expression, such as `Location.address.postalCode`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    rtype: Box<str>,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// `.name`; `value` also stands for `valueCodeableConcept`, `valueQuantity`…
    Member(Box<str>),
    /// `.where(field='literal')`
    Where { field: Box<str>, literal: Box<str> },
    /// `.as(Type)` on a choice element: `value` then `as(Range)` reads `valueRange`.
    Typed { member: Box<str>, typed: Box<str> },
}

/// An expression outside the subset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expression {expression:?}, character {at}: expected {expected}")]
pub struct PathError {
    expression: String,
    at: usize,
    expected: &'static str,
}

impl Path {
    /// Compiles an expression.
    ///
    /// # Errors
    /// [`PathError`] for anything outside the subset.
    ///
    /// ```
    /// use ror_fhir::{node, Path};
    /// let path = Path::compile("Location.address.city").unwrap();
    /// let place = node!({"address": {"city": "Bourg-en-Bresse"}});
    /// assert_eq!(path.select(&place)[0].as_str(), Some("Bourg-en-Bresse"));
    /// assert!(Path::compile("Location.name.lower()").is_err());
    /// ```
    pub fn compile(expression: &str) -> Result<Self, PathError> {
        let mut text = expression.trim();
        let mut cast = None;
        // `(A.b as Type)` is the older writing of `A.b.as(Type)`.
        if let Some(inside) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'))
            && let Some((path, typed)) = inside.rsplit_once(" as ")
        {
            text = path.trim();
            cast = Some(typed.trim());
        }
        let mut reader = Reader { expression, rest: text };
        let rtype = reader.name()?;
        let mut steps = Vec::new();
        while !reader.rest.is_empty() {
            reader.step(&mut steps)?;
        }
        if let Some(typed) = cast {
            make_typed(&mut steps, typed).ok_or_else(|| reader.error("a member before `as`"))?;
        }
        Ok(Self { rtype: rtype.into(), steps })
    }

    /// The resource type the expression starts from.
    pub fn rtype(&self) -> &str {
        &self.rtype
    }

    /// The name of the top-level element the expression reads, if any.
    pub fn element(&self) -> Option<&str> {
        match self.steps.first()? {
            Step::Member(name) => Some(name),
            Step::Typed { member, .. } => Some(member),
            Step::Where { .. } => None,
        }
    }

    /// Every element of `resource` that the expression selects, in document order.
    pub fn select<'a>(&self, resource: &'a Node) -> Vec<&'a Node> {
        let mut selected = vec![resource];
        for step in &self.steps {
            let mut next = Vec::with_capacity(selected.len());
            for node in selected {
                match step {
                    Step::Member(name) => members(node, name, &mut next),
                    Step::Typed { member, typed } => next.extend(node.items(&format!("{member}{typed}"))),
                    Step::Where { field, literal } => {
                        if node.str(field) == Some(literal) {
                            next.push(node);
                        }
                    }
                }
            }
            selected = next;
        }
        selected
    }
}

/// Member `name` of `node`; when it is absent, any choice element `name[x]`.
fn members<'a>(node: &'a Node, name: &str, into: &mut Vec<&'a Node>) {
    if node.get(name).is_some() {
        into.extend(node.items(name));
    } else if name == "value" {
        let Some(object) = node.as_object() else { return };
        let choice = object.iter().find(|(key, _)| {
            key.strip_prefix(name).is_some_and(|typed| typed.starts_with(|c: char| c.is_ascii_uppercase()))
        });
        into.extend(choice.map(|(_, value)| value));
    }
}

fn make_typed(steps: &mut Vec<Step>, typed: &str) -> Option<()> {
    let Some(Step::Member(member)) = steps.pop() else { return None };
    let mut suffix = typed.to_owned();
    suffix[..1].make_ascii_uppercase();
    steps.push(Step::Typed { member, typed: suffix.into() });
    Some(())
}

struct Reader<'a> {
    expression: &'a str,
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn step(&mut self, steps: &mut Vec<Step>) -> Result<(), PathError> {
        self.take(".")?;
        let name = self.name()?;
        if !self.rest.starts_with('(') {
            steps.push(Step::Member(name.into()));
            return Ok(());
        }
        self.take("(")?;
        match name {
            "where" => {
                let field = self.name()?;
                self.take("=")?;
                let literal = self.literal()?;
                steps.push(Step::Where { field: field.into(), literal: literal.into() });
            }
            "as" => {
                let typed = self.name()?;
                make_typed(steps, typed).ok_or_else(|| self.error("a member before `as`"))?;
            }
            _ => return Err(self.error("`where` or `as`")),
        }
        self.take(")")
    }

    fn name(&mut self) -> Result<&'a str, PathError> {
        let rest = self.rest.trim_start();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        if end == 0 {
            return Err(self.error("a name"));
        }
        let (name, rest) = rest.split_at(end);
        self.rest = rest.trim_start();
        Ok(name)
    }

    fn literal(&mut self) -> Result<&'a str, PathError> {
        let inside = self.rest.strip_prefix('\'').ok_or_else(|| self.error("a quoted text"))?;
        let (literal, rest) = inside.split_once('\'').ok_or_else(|| self.error("a closing quote"))?;
        self.rest = rest.trim_start();
        Ok(literal)
    }

    fn take(&mut self, sign: &'static str) -> Result<(), PathError> {
        self.rest = self.rest.strip_prefix(sign).ok_or_else(|| self.error(sign))?.trim_start();
        Ok(())
    }

    fn error(&self, expected: &'static str) -> PathError {
        let at = self.expression.len() - self.rest.len() + 1;
        PathError { expression: self.expression.to_owned(), at, expected }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node;

    #[test]
    fn extensions_are_reached_by_url_and_type() {
        let expression = "Location.extension.where(url='https://x/cap').extension.where(url = 'nb').value.as(integer)";
        let path = Path::compile(expression).expect("in the subset");
        let place = node!({"extension": [
            {"url": "https://x/cap", "extension": [{"url": "nb", "valueInteger": 4}, {"url": "other", "valueInteger": 5}]},
            {"url": "https://x/none", "extension": [{"url": "nb", "valueInteger": 6}]}]});
        let values: Vec<_> = path.select(&place).iter().filter_map(|n| n.as_i64()).collect();
        assert_eq!(values, [4]);
    }

    #[test]
    fn both_writings_of_a_cast_are_one() {
        let old = Path::compile("(Questionnaire.useContext.value as CodeableConcept)").expect("in the subset");
        let new = Path::compile("Questionnaire.useContext.value.as(CodeableConcept)").expect("in the subset");
        assert_eq!(old, new);
    }

    #[test]
    fn anything_else_is_refused() {
        for expression in [
            "",
            "Location.",
            "Location.name.lower()",
            "Location.a | Location.b",
            "Location.where(a=1)",
            "Location.where(a='b'",
            "Location.as(string)",
        ] {
            assert!(Path::compile(expression).is_err(), "{expression}");
        }
    }
}
