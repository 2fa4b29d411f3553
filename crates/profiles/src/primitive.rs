//! The formats of FHIR R4 primitive types (§2.24.0.1).

use ror_fhir::{DateTime, Decimal, Node, Precision, is_logical_id};

/// Why a value is none of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Another JSON type.
    Kind(&'static str),
    /// The right JSON type, another form.
    Form(&'static str),
}

/// Checks a JSON value against a primitive type.
///
/// Dates may lack seconds and offset (D14).
pub(crate) fn check(value: &Node, type_name: &str) -> Result<(), Fault> {
    match type_name {
        "boolean" => value.as_bool().map(|_| ()).ok_or(Fault::Kind("true ou false, sans guillemets")),
        "integer" | "positiveInt" | "unsignedInt" => integer(value, type_name),
        "decimal" => {
            let text = value.as_number().ok_or(Fault::Kind("un nombre sans guillemets, par exemple 12.5"))?;
            Decimal::parse(text).map(|_| ()).map_err(|_| Fault::Form("un nombre décimal d'au plus 28 chiffres"))
        }
        _ => {
            let text = value.as_str().ok_or(Fault::Kind("un texte entre guillemets"))?;
            text_form(text, type_name).map_or(Ok(()), |expected| Err(Fault::Form(expected)))
        }
    }
}

fn integer(value: &Node, type_name: &str) -> Result<(), Fault> {
    value.as_number().ok_or(Fault::Kind("un nombre entier sans guillemets, par exemple 12"))?;
    let (lowest, expected) = match type_name {
        "positiveInt" => (1, "un nombre entier d'au moins 1"),
        "unsignedInt" => (0, "un nombre entier positif ou nul"),
        _ => (i64::from(i32::MIN), "un nombre entier de 32 bits"),
    };
    let is_good = value.as_i64().is_some_and(|number| (lowest..=i64::from(i32::MAX)).contains(&number));
    is_good.then_some(()).ok_or(Fault::Form(expected))
}

/// What was expected, when the text has not the form of its type.
fn text_form(text: &str, type_name: &str) -> Option<&'static str> {
    // Nearly all addresses are ASCII: bytes tell enough.
    let has_blank = || {
        if text.is_ascii() {
            text.bytes().any(|it| it.is_ascii_whitespace() || it == 0x0b)
        } else {
            text.contains(char::is_whitespace)
        }
    };
    let no_blank = || !text.is_empty() && !has_blank();
    let precision = || DateTime::parse(text).ok().map(|date| date.precision);
    let (is_good, expected) = match type_name {
        "code" => (is_code(text), "un code : ni vide, ni espace au début ou à la fin, ni double espace"),
        "id" => (is_logical_id(text), "un identifiant : 1 à 64 lettres sans accent, chiffres, tirets ou points"),
        "uri" | "url" | "canonical" => (no_blank(), "une adresse sans espace, par exemple https://exemple.fr/page"),
        "oid" => {
            (is_oid(text), "un OID : urn:oid: puis des nombres séparés par des points, par exemple urn:oid:1.2.250")
        }
        "uuid" => (text.len() == 45 && text.starts_with("urn:uuid:"), "un UUID : urn:uuid: puis 36 caractères"),
        "date" => (
            precision().is_some_and(|read| read <= Precision::Day),
            "une date, par exemple 2026-01-31 (ou 2026-01, ou 2026)",
        ),
        "dateTime" => {
            (precision().is_some(), "une date, avec ou sans heure, par exemple 2026-01-31 ou 2026-01-31T08:30:00+01:00")
        }
        "instant" => (
            precision().is_some_and(|read| read >= Precision::Second),
            "une date et une heure à la seconde, par exemple 2026-01-31T08:30:00+01:00",
        ),
        "time" => (is_time(text), "une heure, par exemple 08:30:00"),
        "base64Binary" => (is_base64(text), "un contenu en base 64"),
        _ => (!text.trim().is_empty() && !text.contains(is_command), "un texte non vide, sans caractère de commande"),
    };
    (!is_good).then_some(expected)
}

/// Control characters that FHIR keeps out of a text (§2.24.0.1): all but tab, line feed, carriage return.
fn is_command(character: char) -> bool {
    character < ' ' && !matches!(character, '\t' | '\n' | '\r')
}

fn is_code(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.contains("  ") && !text.contains(['\t', '\n', '\r'])
}

fn is_oid(text: &str) -> bool {
    let numbers = text.strip_prefix("urn:oid:");
    numbers.is_some_and(|numbers| {
        numbers.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

/// `hh:mm:ss` with or without a fraction; `hh:mm` as hours are often written (D14).
fn is_time(text: &str) -> bool {
    text.len() >= 5 && !text.contains(['Z', '+', '-', 'T']) && DateTime::parse(&format!("2000-01-01T{text}Z")).is_ok()
}

fn is_base64(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/= \r\n".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ror_fhir::node;

    #[test]
    fn each_type_takes_its_own_form_and_refuses_the_others() {
        let cases = [
            ("boolean", node!(true), node!("true")),
            ("integer", node!(-3), node!(1.5)),
            ("integer", node!(0), node!(2_147_483_648_u64)),
            ("positiveInt", node!(1), node!(0)),
            ("unsignedInt", node!(0), node!(-1)),
            ("decimal", node!(1.50), node!("1.50")),
            ("string", node!("x"), node!(" ")),
            ("markdown", node!("x"), node!("")),
            ("code", node!("a b"), node!(" a")),
            ("id", node!("a-1.b"), node!("a_1")),
            ("uri", node!("urn:oid:1.2"), node!("a b")),
            ("canonical", node!("http://a|1"), node!("")),
            ("oid", node!("urn:oid:1.2.3"), node!("1.2.3")),
            ("uuid", node!("urn:uuid:c757873d-ec9a-4326-a141-556f43239520"), node!("c757873d")),
            ("date", node!("2026-02"), node!("2026-02-30")),
            ("date", node!("2026"), node!("2026-01-01T08:00:00Z")),
            ("dateTime", node!("2026-01-15T08:00"), node!("15/01/2026")),
            ("instant", node!("2026-01-15T08:00:00+01:00"), node!("2026-01-15")),
            ("time", node!("08:30:00"), node!("24:30:00")),
            ("time", node!("08:30"), node!("8h30")),
            ("base64Binary", node!("aGk="), node!("é")),
        ];
        for (type_name, good, bad) in cases {
            assert_eq!(check(&good, type_name), Ok(()), "{type_name} {good:?}");
            assert!(check(&bad, type_name).is_err(), "{type_name} {bad:?}");
        }
        assert_eq!(check(&node!([]), "string"), Err(Fault::Kind("un texte entre guillemets")));
    }
}
