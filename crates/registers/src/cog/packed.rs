//! The table as compact bytes: column by column, so that what looks alike lies together, then zstd.
//!
//! Numbers are differences from the row before, positions in hundred-thousandths of a degree (about 1 m,
//! the precision of the source). A town hall is written as its distance from the centroid.

use super::table::{Cog, Commune, CommuneKind, Departement, Former, FormerKind, Position, Region};

const MAGIC: &str = "ror-cog-1";
/// Upper bound of the unpacked table: ten times the present one.
const UNPACKED_BYTES_MAX: usize = 16 << 20;
const UNITS_PER_DEGREE: f64 = 1e5;

/// Bytes that are no packed table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a table of communes: {0}")]
pub struct PackedError(&'static str);

impl Cog {
    /// The table as bytes, the same for equal tables; read back by [`from_bytes`](Self::from_bytes).
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.texts([MAGIC]);
        write_communes(&mut out, &self.communes);
        out.texts(self.former.iter().map(|former| &*former.code));
        out.texts(self.former.iter().map(|former| &*former.name));
        out.texts(self.former.iter().map(|former| &*former.current));
        out.numbers(self.former.iter().map(|former| match former.kind {
            FormerKind::Deleguee => 0,
            FormerKind::Associee => 1,
            FormerKind::Collectivite => 2,
        }));
        for part in DEPARTEMENT_TEXTS {
            out.texts(self.departements.iter().map(|departement| &**part(departement)));
        }
        out.numbers(self.departements.iter().map(|departement| optional(departement.population)));
        for part in REGION_TEXTS {
            out.texts(self.regions.iter().map(|region| &**part(region)));
        }
        out.numbers(self.regions.iter().map(|region| optional(region.population)));
        zstd::encode_all(&*out.0, 19).expect("writing to memory")
    }

    /// Reads the bytes of [`to_bytes`](Self::to_bytes).
    ///
    /// # Errors
    /// [`PackedError`] when the bytes were cut, altered, or written by another version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PackedError> {
        let plain = zstd::bulk::decompress(bytes, UNPACKED_BYTES_MAX).map_err(|_| PackedError("compression"))?;
        let mut read = Reader(&plain);
        if read.texts()? != [MAGIC] {
            return Err(PackedError("version"));
        }
        let communes = read_communes(&mut read)?;
        let former = read_former(&mut read)?;
        let [code, name, region, chef_lieu, finess_prefix, finess_code] = read.columns()?;
        let populations = read.numbers(code.len())?;
        let departements = (0..code.len()).map(|row| Departement {
            code: code[row].into(),
            name: name[row].into(),
            region: region[row].into(),
            chef_lieu: chef_lieu[row].into(),
            finess_prefix: finess_prefix[row].into(),
            finess_code: finess_code[row].into(),
            population: population(populations[row]),
        });
        let departements = departements.collect();
        let [code, name, chef_lieu] = read.columns()?;
        let populations = read.numbers(code.len())?;
        let regions = (0..code.len()).map(|row| Region {
            code: code[row].into(),
            name: name[row].into(),
            chef_lieu: chef_lieu[row].into(),
            population: population(populations[row]),
        });
        Ok(Self::build(communes, former, departements, regions.collect()))
    }
}

const DEPARTEMENT_TEXTS: [fn(&Departement) -> &Box<str>; 6] =
    [|d| &d.code, |d| &d.name, |d| &d.region, |d| &d.chef_lieu, |d| &d.finess_prefix, |d| &d.finess_code];
const REGION_TEXTS: [fn(&Region) -> &Box<str>; 3] = [|r| &r.code, |r| &r.name, |r| &r.chef_lieu];

fn write_communes(out: &mut Writer, communes: &[Commune]) {
    out.texts(communes.iter().map(|commune| &*commune.code));
    out.texts(communes.iter().map(|commune| &*commune.name));
    out.texts(communes.iter().map(|commune| &*commune.postal_codes));
    out.texts(communes.iter().map(|commune| match &commune.kind {
        CommuneKind::Commune => "",
        CommuneKind::Collectivite => "C",
        CommuneKind::Arrondissement { commune } => commune,
    }));
    out.numbers(communes.iter().map(|commune| optional(commune.population)));
    out.numbers(
        communes
            .iter()
            .map(|commune| i64::from(commune.centroid.is_some()) + 2 * i64::from(commune.town_hall.is_some())),
    );
    let centroids: Vec<_> = communes.iter().map(|commune| commune.centroid.map_or([0; 2], units)).collect();
    let halls: Vec<_> = communes.iter().map(|commune| commune.town_hall.map(units)).collect();
    for axis in [0, 1] {
        out.numbers(differences(centroids.iter().map(|centroid| centroid[axis])));
        let from_centroid =
            |(hall, centroid): (&Option<[i64; 2]>, &[i64; 2])| hall.map_or(0, |hall| hall[axis] - centroid[axis]);
        out.numbers(halls.iter().zip(&centroids).map(from_centroid));
    }
}

fn read_communes(read: &mut Reader<'_>) -> Result<Vec<Commune>, PackedError> {
    let [code, name, postal_codes, kind] = read.columns()?;
    let rows = code.len();
    let (populations, known) = (read.numbers(rows)?, read.numbers(rows)?);
    let (latitude, hall_latitude) = (sums(&read.numbers(rows)?), read.numbers(rows)?);
    let (longitude, hall_longitude) = (sums(&read.numbers(rows)?), read.numbers(rows)?);
    let commune = |row: usize| Commune {
        code: code[row].into(),
        name: name[row].into(),
        kind: match kind[row] {
            "" => CommuneKind::Commune,
            "C" => CommuneKind::Collectivite,
            commune => CommuneKind::Arrondissement { commune: commune.into() },
        },
        population: population(populations[row]),
        centroid: (known[row] & 1 != 0).then(|| position(latitude[row], longitude[row])),
        town_hall: (known[row] & 2 != 0).then(|| {
            position(latitude[row].wrapping_add(hall_latitude[row]), longitude[row].wrapping_add(hall_longitude[row]))
        }),
        postal_codes: postal_codes[row].into(),
        region: None,
    };
    Ok((0..rows).map(commune).collect())
}

fn read_former(read: &mut Reader<'_>) -> Result<Vec<Former>, PackedError> {
    let [code, name, current] = read.columns()?;
    let kinds = read.numbers(code.len())?;
    let former = |row: usize| {
        let kind = match kinds[row] {
            0 => FormerKind::Deleguee,
            1 => FormerKind::Associee,
            2 => FormerKind::Collectivite,
            _ => return Err(PackedError("former commune")),
        };
        Ok(Former { code: code[row].into(), name: name[row].into(), kind, current: current[row].into() })
    };
    (0..code.len()).map(former).collect()
}

fn units(position: Position) -> [i64; 2] {
    [position.latitude, position.longitude].map(|degrees| (degrees * UNITS_PER_DEGREE).round() as i64)
}

fn position(latitude: i64, longitude: i64) -> Position {
    Position { latitude: latitude as f64 / UNITS_PER_DEGREE, longitude: longitude as f64 / UNITS_PER_DEGREE }
}

/// 0 for unknown, else the number plus one.
fn optional(population: Option<u32>) -> i64 {
    population.map_or(0, |population| i64::from(population) + 1)
}

fn population(stored: i64) -> Option<u32> {
    u32::try_from(stored.wrapping_sub(1)).ok()
}

fn differences(values: impl Iterator<Item = i64>) -> impl Iterator<Item = i64> {
    values.scan(0, |before, value| Some(value - std::mem::replace(before, value)))
}

fn sums(differences: &[i64]) -> Vec<i64> {
    let add = |sum: &mut i64, difference: &i64| {
        *sum = sum.wrapping_add(*difference);
        Some(*sum)
    };
    differences.iter().scan(0, add).collect()
}

#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    /// A column of texts: length in bytes, then the texts, each ended by a line break.
    fn texts<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) {
        let mut column = String::new();
        for text in texts {
            column.extend(text.chars().filter(|character| *character != '\n'));
            column.push('\n');
        }
        self.number(column.len() as u64);
        self.0.extend_from_slice(column.as_bytes());
    }

    /// A column of numbers, as many as the texts of its table: sign in the lowest bit, 7 bits a byte.
    fn numbers(&mut self, numbers: impl IntoIterator<Item = i64>) {
        for number in numbers {
            self.number(((number << 1) ^ (number >> 63)) as u64);
        }
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn texts(&mut self) -> Result<Vec<&'a str>, PackedError> {
        let length = usize::try_from(self.number()?).map_err(|_| PackedError("length"))?;
        let (column, rest) = self.0.split_at_checked(length).ok_or(PackedError("length"))?;
        self.0 = rest;
        let column = std::str::from_utf8(column).map_err(|_| PackedError("text"))?;
        Ok(column.split_terminator('\n').collect())
    }

    /// The text columns of one table, all of the same length.
    fn columns<const COUNT: usize>(&mut self) -> Result<[Vec<&'a str>; COUNT], PackedError> {
        let mut columns = [const { Vec::new() }; COUNT];
        for column in &mut columns {
            *column = self.texts()?;
        }
        let even = columns.iter().all(|column| column.len() == columns[0].len());
        even.then_some(columns).ok_or(PackedError("columns of unequal length"))
    }

    fn numbers(&mut self, count: usize) -> Result<Vec<i64>, PackedError> {
        let signed = |number: u64| (number >> 1) as i64 ^ -((number & 1) as i64);
        (0..count).map(|_| self.number().map(signed)).collect()
    }

    fn number(&mut self) -> Result<u64, PackedError> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first().ok_or(PackedError("cut"))?;
            self.0 = rest;
            number |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(PackedError("number"))
    }
}
