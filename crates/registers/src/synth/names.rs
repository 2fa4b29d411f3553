//! Names, numbers and addresses, all invented, in ranges that cannot be taken for real.

use super::catalogue::Catalogue;
use super::draw::Draw;
use crate::address::Address;
use crate::cog::{Commune, Position};
use crate::identifiers::{FinessId, SirenId, SiretId};

/// A commune where things can be.
#[derive(Clone, Debug)]
pub(super) struct Town {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) postal_code: String,
    pub(super) population: u32,
    centre: Position,
}

/// Metres in one degree of latitude.
const METRES_PER_DEGREE: f64 = 111_195.0;

impl Town {
    /// Reads a commune; none when it has no postal code, population or position.
    pub(super) fn read(commune: &Commune) -> Option<Self> {
        let centroid = commune.centroid?;
        // A town hall far from the commune it belongs to is an error of the table.
        let town_hall = commune.town_hall.filter(|hall| {
            (hall.latitude - centroid.latitude).abs() < 0.08 && (hall.longitude - centroid.longitude).abs() < 0.12
        });
        Some(Self {
            code: commune.code.to_string(),
            name: commune.name.to_string(),
            postal_code: commune.postal_codes().next()?.to_owned(),
            population: commune.population?,
            centre: town_hall.unwrap_or(centroid),
        })
    }

    /// A point of the built-up area: nearer the centre in a small commune.
    fn point(&self, draw: &mut Draw) -> Position {
        let radius_m = 150.0 + 8.0 * f64::from(self.population).sqrt();
        let (mut x, mut y) = (2.0, 2.0);
        while x * x + y * y > 1.0 {
            (x, y) = (2.0 * draw.unit() - 1.0, 2.0 * draw.unit() - 1.0);
        }
        let degree = radius_m / METRES_PER_DEGREE;
        let latitude = self.centre.latitude + y * degree;
        Position { latitude, longitude: self.centre.longitude + x * degree / cosine(self.centre.latitude) }
    }

    /// How far apart two communes are, to rank them only.
    pub(super) fn apart(&self, other: &Self) -> i64 {
        let north = (self.centre.latitude - other.centre.latitude) * 1e5;
        let east = (self.centre.longitude - other.centre.longitude) * cosine(self.centre.latitude) * 1e5;
        (north * north + east * east) as i64
    }

    /// « de Belley », « d'Oyonnax », « du Plateau d'Hauteville ».
    pub(super) fn of(&self) -> String {
        match self.name.split_once(' ') {
            Some(("Le", rest)) => format!("du {rest}"),
            Some(("Les", rest)) => format!("des {rest}"),
            _ if self.name.starts_with(['A', 'E', 'É', 'È', 'I', 'O', 'U', 'H', 'Y']) => format!("d'{}", self.name),
            _ => format!("de {}", self.name),
        }
    }

    /// An address in the commune, with its position.
    pub(super) fn address(&self, catalogue: &Catalogue, draw: &mut Draw) -> Address {
        let (kind, street) = draw.pick(&catalogue.names.streets);
        let suffix = draw.chance(0.06).then(|| "B".to_owned());
        Address {
            house_number: Some(draw.between(1, 120).to_string()),
            house_number_suffix: suffix,
            street_type: Some(kind.clone()),
            street_name: Some(street.clone()),
            city: Some(self.name.clone()),
            postal_code: Some(self.postal_code.clone()),
            commune: Some(self.code.clone()),
            position: Some(self.point(draw)),
            position_reliable: Some(draw.chance(0.9)),
            ..Address::default()
        }
    }
}

/// Cosine of an angle in degrees between -60 and 60, to one in a thousand: written out so that every
/// machine computes the same digits.
fn cosine(degrees: f64) -> f64 {
    let square = (degrees * std::f64::consts::PI / 180.0) * (degrees * std::f64::consts::PI / 180.0);
    1.0 - square / 2.0 + square * square / 24.0 - square * square * square / 720.0
}

/// A person.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) family: String,
    pub(super) given: String,
    pub(super) woman: bool,
}

impl Person {
    /// Someone drawn from the lists.
    pub(super) fn draw(catalogue: &Catalogue, draw: &mut Draw) -> Self {
        let woman = draw.chance(0.58);
        let first_names = if woman { &catalogue.names.women } else { &catalogue.names.men };
        Self { family: draw.pick(&catalogue.names.surnames).clone(), given: draw.pick(first_names).clone(), woman }
    }

    /// Left part of an e-mail address.
    pub(super) fn mailbox(&self) -> String {
        format!("{}.{}", slug(&self.given), slug(&self.family))
    }
}

/// Serial numbers drawn in order, each in a range that no real number has.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    finess_prefix: String,
    finess: u32,
    siren: u32,
    rpps: u32,
}

impl Numbers {
    /// Starts the FINESS numbers of a department.
    pub(super) fn enter(&mut self, finess_prefix: &str) {
        finess_prefix.clone_into(&mut self.finess_prefix);
        self.finess = 0;
    }

    /// A FINESS number: prefix of the department, `99`, four digits, key.
    pub(super) fn finess(&mut self) -> FinessId {
        self.finess += 1;
        let prefix = &self.finess_prefix;
        let rest = 8_usize.saturating_sub(prefix.len() + 2);
        FinessId::with_key(&format!("{prefix}99{:0rest$}", self.finess)).expect("fewer than 10 000 per department")
    }

    /// A SIREN number: `999`, five digits, key.
    pub(super) fn siren(&mut self) -> SirenId {
        self.siren += 1;
        SirenId::with_key(&format!("999{:05}", self.siren)).expect("fewer than 100 000 legal entities")
    }

    /// A RPPS number: `1999`, six digits, key.
    pub(super) fn rpps(&mut self) -> String {
        self.rpps += 1;
        with_luhn_key(format!("1999{:06}", self.rpps))
    }
}

/// The first site of a legal entity.
pub(super) fn siret(siren: &SirenId, rank: u32) -> SiretId {
    SiretId::with_key(&format!("{siren}{rank:04}")).expect("nine digits and four")
}

/// RPPS-rang: number of the holder, order of the practice, key.
pub(super) fn rpps_rang(rpps: &str, order: u32) -> String {
    with_luhn_key(format!("{rpps}{order:02}"))
}

/// `digits` and the digit that makes their Luhn sum a multiple of 10.
fn with_luhn_key(mut digits: String) -> String {
    let doubled = |digit: u32| digit * 2 / 10 + digit * 2 % 10;
    let digit = |byte: u8| u32::from(byte - b'0');
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(position, byte)| if position % 2 == 0 { doubled(digit(byte)) } else { digit(byte) })
        .sum();
    digits.push(char::from(b'0' + ((10 - sum % 10) % 10) as u8));
    digits
}

/// A landline of the range kept for fiction in the South-East (04 65 71).
pub(super) fn landline(draw: &mut Draw) -> String {
    format!("04 65 71 {:02} {:02}", draw.below(100), draw.below(100))
}

/// A mobile of the range kept for fiction (06 39 98).
pub(super) fn mobile(draw: &mut Draw) -> String {
    format!("06 39 98 {:02} {:02}", draw.below(100), draw.below(100))
}

/// Lower-case letters, digits and hyphens: `centre-hospitalier-des-dombes`.
pub(super) fn slug(text: &str) -> String {
    let mut slug = String::new();
    for character in text.chars().flat_map(char::to_lowercase) {
        let plain = match character {
            'à' | 'â' | 'ä' => 'a',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'î' | 'ï' => 'i',
            'ô' | 'ö' | 'œ' => 'o',
            'ù' | 'û' | 'ü' => 'u',
            'ç' => 'c',
            character if character.is_ascii_alphanumeric() => character,
            _ => '-',
        };
        if plain != '-' || !(slug.is_empty() || slug.ends_with('-')) {
            slug.push(plain);
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// A [`slug`] short enough for the left part of an e-mail address.
pub(super) fn mailbox(text: &str) -> String {
    let slug = slug(text);
    slug.get(..40).unwrap_or(&slug).trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{cosine, mailbox, rpps_rang, slug, with_luhn_key};

    #[test]
    fn keys_are_those_of_luhn() {
        assert_eq!(with_luhn_key("7992739871".to_owned()), "79927398713");
        assert_eq!(rpps_rang("10003456789", 1).len(), 14);
    }

    #[test]
    fn a_slug_has_no_accent_and_no_double_hyphen() {
        assert_eq!(slug("Hôpital privé - L'Étang"), "hopital-prive-l-etang");
        assert_eq!(mailbox("Centre gratuit d'information et de dépistage"), "centre-gratuit-d-information-et-de-depis");
    }

    #[test]
    fn the_written_cosine_is_close_enough() {
        for degrees in [0.0_f64, 12.0, 46.0, 51.0] {
            assert!((cosine(degrees) - degrees.to_radians().cos()).abs() < 1e-3, "{degrees}");
        }
    }
}
