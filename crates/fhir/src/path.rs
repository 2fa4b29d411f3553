//! The FHIRPath subset in which search parameters and the paths of patches are written.
//!
//! Members, `[0]`, `.where(…)`, `.as(Type)` and `(… as Type)`. A condition is one or several of
//! `path = 'text'`, `path = 3` and `path.where(…)` (there is one), joined by `and`; blanks do not
//! count. Anything outside the subset is an error when it is compiled, never a silent non-match
//! later.

use crate::{Decimal, Node};

/// Deepest nesting of conditions: paths of patches come from outside. The documented ones need 3.
const CONDITIONS_DEPTH_MAX: usize = 8;

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
    /// Any other condition: all of these hold.
    Holds(Box<[Clause]>),
    /// `[0]`
    At(usize),
    /// `.as(Type)` on a choice element: `value` then `as(Range)` reads `valueRange`.
    Typed { member: Box<str>, typed: Box<str> },
}

/// One part of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Clause {
    steps: Box<[Step]>,
    /// None: there is such an element.
    equals: Option<Literal>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Literal {
    Text(Box<str>),
    Number(Decimal),
}

impl Clause {
    fn holds(&self, node: &Node) -> bool {
        let selected = select(&self.steps, node);
        match &self.equals {
            None => !selected.is_empty(),
            Some(Literal::Text(text)) => selected.iter().any(|node| node.as_str() == Some(text)),
            Some(Literal::Number(number)) => {
                let read = |node: &&&Node| node.as_number().and_then(|text| Decimal::parse(text).ok());
                selected.iter().filter_map(|node| read(&node)).any(|read| read == *number)
            }
        }
    }
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
        let mut reader = Reader { expression, rest: text, depth: 0 };
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
            Step::Where { .. } | Step::Holds(_) | Step::At(_) => None,
        }
    }

    /// What remains of the expression after `start`: from an element that `start` selects to the
    /// elements that the whole selects. `None` when it does not begin so.
    ///
    /// ```
    /// use ror_fhir::{node, Path};
    /// let address = Path::compile("Location.address").unwrap();
    /// let city = Path::compile("Location.address.city").unwrap().after(&address).unwrap();
    /// assert_eq!(city.select(&node!({"city": "Bourg-en-Bresse"}))[0].as_str(), Some("Bourg-en-Bresse"));
    /// assert!(address.after(&Path::compile("Location.name").unwrap()).is_none());
    /// ```
    #[must_use]
    pub fn after(&self, start: &Self) -> Option<Self> {
        let rest = self.steps.strip_prefix(start.steps.as_slice()).filter(|_| self.rtype == start.rtype)?;
        Some(Self { rtype: self.rtype.clone(), steps: rest.to_vec() })
    }

    /// Every element of `resource` that the expression selects, in document order.
    pub fn select<'a>(&self, resource: &'a Node) -> Vec<&'a Node> {
        select(&self.steps, resource)
    }
}

fn select<'a>(steps: &[Step], start: &'a Node) -> Vec<&'a Node> {
    let mut selected = vec![start];
    for step in steps {
        if let Step::At(at) = step {
            selected = selected.into_iter().skip(*at).take(1).collect();
            continue;
        }
        let mut next = Vec::with_capacity(selected.len());
        for node in selected {
            match step {
                Step::Member(name) => members(node, name, &mut next),
                Step::Typed { member, typed } => next.extend(node.items(&format!("{member}{typed}"))),
                Step::Where { field, literal } if node.str(field) == Some(literal) => next.push(node),
                Step::Holds(clauses) if clauses.iter().all(|clause| clause.holds(node)) => next.push(node),
                Step::Where { .. } | Step::Holds(_) | Step::At(_) => {}
            }
        }
        selected = next;
    }
    selected
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
    /// Conditions that the reader is in.
    depth: usize,
}

impl<'a> Reader<'a> {
    fn step(&mut self, steps: &mut Vec<Step>) -> Result<(), PathError> {
        if self.rest.starts_with('[') {
            return self.index(steps);
        }
        self.take(".")?;
        let name = self.name()?;
        if !self.rest.starts_with('(') {
            steps.push(Step::Member(name.into()));
            return Ok(());
        }
        self.take("(")?;
        match name {
            "where" => {
                let condition = self.condition()?;
                steps.push(condition);
            }
            "as" => {
                let typed = self.name()?;
                make_typed(steps, typed).ok_or_else(|| self.error("a member before `as`"))?;
            }
            _ => return Err(self.error("`where` or `as`")),
        }
        self.take(")")
    }

    fn index(&mut self, steps: &mut Vec<Step>) -> Result<(), PathError> {
        self.take("[")?;
        let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let at = self.rest[..end].parse().map_err(|_| self.error("a place in a list"))?;
        self.rest = &self.rest[end..];
        self.take("]")?;
        steps.push(Step::At(at));
        Ok(())
    }

    fn condition(&mut self) -> Result<Step, PathError> {
        if self.depth == CONDITIONS_DEPTH_MAX {
            return Err(self.error("fewer conditions within conditions"));
        }
        self.depth += 1;
        let mut clauses = vec![self.clause()?];
        while let Some(rest) = self.rest.strip_prefix("and").filter(|rest| rest.starts_with(char::is_whitespace)) {
            self.rest = rest;
            clauses.push(self.clause()?);
        }
        self.depth -= 1;
        // The one that search parameters use reads no list of steps.
        if let [Clause { steps, equals: Some(Literal::Text(literal)) }] = clauses.as_slice()
            && let [Step::Member(field)] = &**steps
        {
            return Ok(Step::Where { field: field.clone(), literal: literal.clone() });
        }
        Ok(Step::Holds(clauses.into()))
    }

    fn clause(&mut self) -> Result<Clause, PathError> {
        let mut steps = vec![Step::Member(self.name()?.into())];
        while self.rest.starts_with(['.', '[']) {
            self.step(&mut steps)?;
        }
        if self.rest.starts_with('=') {
            self.take("=")?;
            let equals = if self.rest.starts_with('\'') {
                Literal::Text(self.literal()?.into())
            } else {
                Literal::Number(self.number()?)
            };
            return Ok(Clause { steps: steps.into(), equals: Some(equals) });
        }
        if !matches!(steps.last(), Some(Step::Where { .. } | Step::Holds(_))) {
            return Err(self.error("="));
        }
        Ok(Clause { steps: steps.into(), equals: None })
    }

    fn number(&mut self) -> Result<Decimal, PathError> {
        let end = self.rest.find(|c: char| !c.is_ascii_digit() && !".-".contains(c)).unwrap_or(self.rest.len());
        let number = Decimal::parse(&self.rest[..end]).map_err(|_| self.error("a quoted text or a number"))?;
        self.rest = self.rest[end..].trim_start();
        Ok(number)
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
    fn conditions_are_joined_nested_and_compared_with_numbers() {
        let place = node!({"extension": [
            {"url": "u", "extension": [
                {"url": "type", "valueCodeableConcept": {"coding": [{"code": "009"}, {"code": "1"}]}},
                {"url": "limit", "valueQuantity": {"value": 150.0, "unit": "kg"}}]},
            {"url": "u", "extension": [{"url": "type", "valueCodeableConcept": {"coding": [{"code": "010"}]}}]}]});
        let count = |condition: &str| {
            let path = Path::compile(&format!("Location.extension.where({condition})")).expect("in the subset");
            path.select(&place).len()
        };
        assert_eq!(count("url='u'"), 2);
        assert_eq!(count("url = 'u'  and extension.where(url='type' and valueCodeableConcept.coding.code='1')"), 1);
        assert_eq!(count("extension.where(url='type' and valueCodeableConcept.coding[0].code = '1')"), 0);
        assert_eq!(count("extension.where(url='limit' and valueQuantity.value=150 and valueQuantity.unit='kg')"), 1);
        assert_eq!(count("extension.where(url='limit' and valueQuantity.value = 151)"), 0);
        assert_eq!(count("extension.where(url='type') and extension.where(url='limit')"), 1);
        let path = Path::compile("Location.extension[1].extension.value.coding.code").expect("in the subset");
        assert_eq!(path.select(&place).iter().filter_map(|node| node.as_str()).collect::<Vec<_>>(), ["010"]);
        let deep =
            |depth| format!("Location.a{}b='c'{}", ".where(a".repeat(depth), ")".repeat(depth)).replace("(ab", "(b");
        assert!(Path::compile(&deep(CONDITIONS_DEPTH_MAX)).is_ok());
        assert!(Path::compile(&deep(CONDITIONS_DEPTH_MAX + 1)).is_err());
    }

    #[test]
    fn anything_else_is_refused() {
        for expression in [
            "",
            "Location.",
            "Location.name.lower()",
            "Location.a | Location.b",
            "Location.where(a=b)",
            "Location.where(a)",
            "Location.where(a='b' or c='d')",
            "Location.where(a='b' and )",
            "Location.a[x]",
            "Location.a[-1]",
            "Location.a[99999999999999999999]",
            "Location.where(a='b'",
            "Location.as(string)",
        ] {
            assert!(Path::compile(expression).is_err(), "{expression}");
        }
    }
}
