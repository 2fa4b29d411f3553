//! Operators of the filter language, and what each means for a type of parameter.

use crate::param::ask::How;
use crate::query::Reader;
use crate::query::criteria::Place;
use crate::{Holds, ParamType, Parameter, Prefix, ResourceType};

/// An operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    /// Equals: what the parameter does by itself.
    Eq,
    /// The contrary.
    Ne,
    /// Compares in an order.
    Gt,
    Lt,
    Ge,
    Le,
    Sa,
    Eb,
    Ap,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Present.
    Pr,
    /// Overlaps.
    Po,
    /// In a value set.
    In,
    /// Not in a value set.
    Ni,
    /// Under that code.
    Sb,
    /// Above that code.
    Ss,
    /// Refers to.
    Re,
}

/// All of them, as written.
const ALL: [(&str, Operator); 19] = [
    ("eq", Operator::Eq),
    ("ne", Operator::Ne),
    ("co", Operator::Co),
    ("sw", Operator::Sw),
    ("ew", Operator::Ew),
    ("gt", Operator::Gt),
    ("lt", Operator::Lt),
    ("ge", Operator::Ge),
    ("le", Operator::Le),
    ("sa", Operator::Sa),
    ("eb", Operator::Eb),
    ("ap", Operator::Ap),
    ("pr", Operator::Pr),
    ("po", Operator::Po),
    ("in", Operator::In),
    ("ni", Operator::Ni),
    ("sb", Operator::Sb),
    ("ss", Operator::Ss),
    ("re", Operator::Re),
];

/// The same, for messages.
pub(super) const OPERATORS: &str = "eq, ne, co, sw, ew, gt, lt, ge, le, sa, eb, ap, pr, po, in, ni, sb ou re";

impl Operator {
    pub(super) fn parse(word: &str) -> Option<Self> {
        ALL.iter().find(|(code, _)| code.eq_ignore_ascii_case(word)).map(|(_, operator)| *operator)
    }

    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        ALL.iter().map(|(code, _)| *code)
    }

    pub(super) fn code(self) -> &'static str {
        ALL.iter().find(|(_, operator)| *operator == self).map_or("", |(code, _)| code)
    }

    pub(super) const fn is_negative(self) -> bool {
        matches!(self, Self::Ne | Self::Ni)
    }

    const fn prefix(self) -> Option<Prefix> {
        Some(match self {
            Self::Eq => Prefix::Eq,
            Self::Ne => Prefix::Ne,
            Self::Gt => Prefix::Gt,
            Self::Lt => Prefix::Lt,
            Self::Ge => Prefix::Ge,
            Self::Le => Prefix::Le,
            Self::Sa => Prefix::Sa,
            Self::Eb => Prefix::Eb,
            Self::Ap => Prefix::Ap,
            _ => return None,
        })
    }

    /// How values are compared, and whether the other way round. The error lists what is admitted.
    pub(super) fn meaning(self, parameter: &Parameter, name: &str) -> Result<(How<'static>, bool), &'static str> {
        let plain = Ok((How::Plain, false));
        match parameter.kind {
            ParamType::Date | ParamType::Number | ParamType::Quantity => match (self.prefix(), self) {
                (Some(prefix), _) => Ok((How::Compared(prefix), false)),
                (None, Self::Po) if parameter.kind == ParamType::Date => Ok((How::Compared(Prefix::Ap), false)),
                _ if parameter.kind == ParamType::Date => Err("eq, ne, gt, lt, ge, le, sa, eb, ap, po, pr"),
                _ => Err("eq, ne, gt, lt, ge, le, sa, eb, ap, pr"),
            },
            ParamType::String => match self {
                Self::Eq | Self::Sw => plain,
                Self::Ne => Ok((How::Plain, true)),
                Self::Co => Ok((How::Modifier("contains"), false)),
                Self::Ew => Ok((How::Ends, false)),
                _ => Err("eq, ne, co, sw, ew, pr"),
            },
            ParamType::Token => self.of_codes(parameter),
            ParamType::Reference => match self {
                Self::Eq | Self::Re => plain,
                Self::Ne => Ok((How::Plain, true)),
                _ => Err("eq, re, ne, pr"),
            },
            ParamType::Uri => match self {
                Self::Eq => plain,
                Self::Ne => Ok((How::Plain, true)),
                _ => Err("eq, ne, pr"),
            },
            ParamType::Special if name == "_content" => match self {
                Self::Eq | Self::Co => plain,
                _ => Err("eq, co, ="),
            },
            ParamType::Special | ParamType::Composite => match self {
                Self::Eq => plain,
                _ => Err("eq, pr"),
            },
        }
    }

    fn of_codes(self, parameter: &Parameter) -> Result<(How<'static>, bool), &'static str> {
        let is_coded = parameter.holds == Holds::Codes;
        match self {
            Self::Eq => Ok((How::Plain, false)),
            Self::Ne => Ok((How::Plain, true)),
            Self::In if is_coded => Ok((How::Modifier("in"), false)),
            Self::Ni if is_coded => Ok((How::Modifier("in"), true)),
            Self::Sb if parameter.below.is_some() => Ok((How::Modifier("below"), false)),
            _ if parameter.below.is_some() => Err("eq, ne, in, ni, sb, pr"),
            _ if is_coded => Err("eq, ne, in, ni, pr"),
            _ => Err("eq, ne, pr"),
        }
    }
}

/// The parameter that a path ends with, and its name, where the path leads somewhere.
pub(super) fn kind_of<'p, 'n>(reader: &Reader<'p>, place: &Place, path: &'n str) -> Option<(&'p Parameter, &'n str)> {
    let mut rtype = place.rtype;
    let mut left = path;
    loop {
        if let Some(has) = left.strip_prefix("_has:") {
            let mut parts = has.splitn(3, ':');
            rtype = ResourceType::parse_any_case(parts.next()?)?;
            left = parts.nth(1)?;
            continue;
        }
        let Some((first, rest)) = left.split_once('.') else { break };
        let (name, typed) = first.split_once(':').map_or((first, None), |(name, typed)| (name, Some(typed)));
        let reference = reader.registry.find(rtype, name)?;
        rtype = match typed {
            Some(typed) => ResourceType::parse_any_case(typed)?,
            None => *reference.targets.first()?,
        };
        left = rest;
    }
    let name = left.split(':').next()?;
    Some((reader.registry.find(rtype, name)?, name))
}
