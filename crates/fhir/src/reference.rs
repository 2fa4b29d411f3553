//! References between resources.

/// A reference read from its text (FHIR R4 §2.3.0.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference<'a> {
    /// `Location/123`, with or without a version: a resource of this server.
    Local {
        /// The resource type.
        rtype: &'a str,
        /// The logical id.
        id: &'a str,
    },
    /// `https://…` or `urn:uuid:…`: a resource of somewhere else, or of the same Bundle.
    Absolute(&'a str),
    /// `#p1`: a contained resource.
    Contained(&'a str),
    /// None of these.
    Malformed(&'a str),
}

impl<'a> Reference<'a> {
    /// Reads the text of a `Reference.reference`.
    ///
    /// ```
    /// use ror_fhir::Reference;
    /// assert_eq!(Reference::parse("Location/9/_history/2"), Reference::Local { rtype: "Location", id: "9" });
    /// assert!(matches!(Reference::parse("location 9"), Reference::Malformed(_)));
    /// ```
    pub fn parse(text: &'a str) -> Self {
        if let Some(anchor) = text.strip_prefix('#') {
            return Self::Contained(anchor);
        }
        if text.contains("://") || text.starts_with("urn:") {
            return Self::Absolute(text);
        }
        let mut parts = text.split('/');
        match (parts.next(), parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(rtype), Some(id), version, number, None)
                if is_type_name(rtype)
                    && is_logical_id(id)
                    && (version.is_none() || (version == Some("_history") && number.is_some_and(is_logical_id))) =>
            {
                Self::Local { rtype, id }
            }
            _ => Self::Malformed(text),
        }
    }
}

/// Whether `text` has the shape of a logical id: 1 to 64 of `A-Z a-z 0-9 - .` (FHIR R4 §2.24.0.1).
pub fn is_logical_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
}

fn is_type_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase()) && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}
