//! Reading the tables: one record a line, columns separated by tabs, `#` for comments.

use std::collections::HashMap;
use std::str::SplitWhitespace;

use ror_fhir::Node;

use super::{BaseElement, Element, Extension, Guide, How, Part, Profile, Set, Strength, Tables};

/// A line of a table that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of a table of profiles: {reason}")]
pub struct TableError {
    /// Line, from 1.
    pub line: usize,
    /// What was expected.
    pub reason: &'static str,
}

type Columns = std::str::Split<'static, char>;

impl Tables {
    /// Reads the tables: base, profiles, extensions.
    ///
    /// # Errors
    /// [`TableError`] with the first line that cannot be read.
    pub(crate) fn read(texts: [&'static str; 3]) -> Result<Self, TableError> {
        let mut tables = Self {
            guide: Guide::default(),
            profiles: Vec::new(),
            extensions: Vec::new(),
            extension_by_url: HashMap::new(),
            sets: Vec::new(),
            base: HashMap::new(),
            codes: HashMap::new(),
        };
        let mut owner = "";
        for text in texts {
            for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
                let (kind, rest) = line.split_once('\t').unwrap_or((line, ""));
                let mut columns = rest.split('\t');
                let done = tables.line(kind, &mut columns, &mut owner);
                done.map_err(|reason| TableError { line: at + 1, reason })?;
            }
        }
        let by_url = tables.extensions.iter().enumerate().map(|(at, extension)| (extension.instance_url, at));
        tables.extension_by_url = by_url.collect();
        Ok(tables)
    }

    fn line(&mut self, kind: &str, columns: &mut Columns, owner: &mut &'static str) -> Result<(), &'static str> {
        match kind {
            "codes" => {
                let name = text(columns)?;
                self.codes.insert(name, words(columns)?.collect());
            }
            "type" => {
                *owner = text(columns)?;
                self.base.insert(owner, Vec::new());
            }
            "guide" => {
                self.guide = Guide {
                    package: text(columns)?,
                    version: text(columns)?,
                    date: text(columns)?,
                    status: text(columns)?,
                    address: text(columns)?,
                };
            }
            "profile" => {
                self.profiles.push(profile(columns)?);
                *owner = "";
            }
            "e" if self.profiles.is_empty() => {
                let elements = self.base.get_mut(owner).ok_or("an element after its type")?;
                elements.push(base_element(columns)?);
            }
            "e" => {
                let profile = self.profiles.last_mut().ok_or("an element after its profile")?;
                profile.elements.push(element(columns)?);
            }
            "set" => self.sets.push(Set { url: text(columns)?, name: text(columns)?, includes: Vec::new() }),
            "i" => {
                let set = self.sets.last_mut().ok_or("an include after its set")?;
                set.includes.push((text(columns)?, words(columns)?.collect()));
            }
            "extension" => self.extensions.push(extension(columns)?),
            "s" => {
                let extension = self.extensions.last_mut().ok_or("a part after its extension")?;
                extension.parts.push(part(columns)?);
            }
            _ => return Err("codes, type, guide, profile, set, extension, or one of their parts"),
        }
        Ok(())
    }
}

fn profile(columns: &mut Columns) -> Result<Profile, &'static str> {
    Ok(Profile {
        id: text(columns)?,
        name: text(columns)?,
        url: text(columns)?,
        resource_type: text(columns)?,
        parent: text(columns)?,
        version: text(columns)?,
        elements: Vec::new(),
    })
}

fn element(columns: &mut Columns) -> Result<Element, &'static str> {
    Ok(Element {
        path: text(columns)?,
        min: count(columns)?,
        max: bound(columns)?,
        inherited: words(columns)?.collect(),
        types: words(columns)?.collect(),
        targets: words(columns)?.collect(),
        extension: optional(columns)?,
        value_set: optional(columns)?,
        strength: strength(columns)?,
        pattern: pattern(columns)?,
        how: how(columns)?,
        must_support: must_support(columns)?,
    })
}

fn base_element(columns: &mut Columns) -> Result<BaseElement, &'static str> {
    Ok(BaseElement {
        name: text(columns)?,
        min: count(columns)?,
        max: bound(columns)?,
        types: words(columns)?.collect(),
        codes: optional(columns)?,
        targets: words(columns)?.collect(),
    })
}

fn extension(columns: &mut Columns) -> Result<Extension, &'static str> {
    Ok(Extension {
        id: text(columns)?,
        name: text(columns)?,
        url: text(columns)?,
        instance_url: text(columns)?,
        is_complex: text(columns)? == "complex",
        types: words(columns)?.collect(),
        targets: words(columns)?.collect(),
        value_set: optional(columns)?,
        strength: strength(columns)?,
        contexts: words(columns)?.collect(),
        parts: Vec::new(),
    })
}

fn part(columns: &mut Columns) -> Result<Part, &'static str> {
    Ok(Part {
        url: text(columns)?,
        min: count(columns)?,
        max: bound(columns)?,
        types: words(columns)?.collect(),
        value_set: optional(columns)?,
        strength: strength(columns)?,
    })
}

fn column(columns: &mut Columns) -> Result<&'static str, &'static str> {
    columns.next().ok_or("more columns")
}

fn text(columns: &mut Columns) -> Result<&'static str, &'static str> {
    column(columns).and_then(|text| if text.is_empty() { Err("a column that is not empty") } else { Ok(text) })
}

fn optional(columns: &mut Columns) -> Result<Option<&'static str>, &'static str> {
    Ok(Some(column(columns)?).filter(|text| !text.is_empty()))
}

fn words(columns: &mut Columns) -> Result<SplitWhitespace<'static>, &'static str> {
    Ok(column(columns)?.split_whitespace())
}

fn count(columns: &mut Columns) -> Result<u32, &'static str> {
    column(columns)?.parse().map_err(|_| "a number")
}

fn bound(columns: &mut Columns) -> Result<Option<u32>, &'static str> {
    match column(columns)? {
        "*" => Ok(None),
        number => number.parse().map(Some).map_err(|_| "a number or *"),
    }
}

fn strength(columns: &mut Columns) -> Result<Option<Strength>, &'static str> {
    match column(columns)? {
        "" => Ok(None),
        "required" => Ok(Some(Strength::Required)),
        "extensible" => Ok(Some(Strength::Extensible)),
        _ => Err("required or extensible"),
    }
}

fn must_support(columns: &mut Columns) -> Result<bool, &'static str> {
    match column(columns)? {
        "" => Ok(false),
        "S" => Ok(true),
        _ => Err("S or nothing"),
    }
}

fn pattern(columns: &mut Columns) -> Result<Option<Node>, &'static str> {
    optional(columns)?.map(|json| Node::parse(json.as_bytes()).map_err(|_| "a pattern in JSON")).transpose()
}

fn how(columns: &mut Columns) -> Result<How, &'static str> {
    let written = column(columns)?;
    let (kind, value) = written.split_once(' ').unwrap_or((written, ""));
    Ok(match kind {
        "" => How::Whole,
        "url" => How::Url(value),
        "code" => How::TypeCode(value),
        "system" => How::System,
        "act" => How::Act(value),
        "id" => How::Id(value),
        "pattern" => How::Pattern(value),
        "type" => How::Type(value),
        "never" => How::Never,
        _ => return Err("how the items of a slice are told"),
    })
}
