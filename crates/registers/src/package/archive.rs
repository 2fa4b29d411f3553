//! The files of a `.tgz`: gzip, then tar (POSIX ustar, with pax paths).
//!
//! Only plain files below `package/` are taken; anything that an archive may use to reach beyond
//! (absolute paths, `..`, links, devices) refuses it whole. Nothing is written to the disk.

use std::io::Read as _;

use flate2::read::MultiGzDecoder;

use super::PackageError;

/// Longest archive, in bytes.
pub const PACKED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Longest content once unpacked, in bytes: what a small archive may swell to.
pub const UNPACKED_BYTES_MAX: u64 = 256 * 1024 * 1024;
const FILES_MAX: usize = 20_000;
const BLOCK: usize = 512;

/// Path and content of each file.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, PackageError> {
    if bytes.len() > PACKED_BYTES_MAX {
        return refused(format!("le paquet dépasse {} Mo", PACKED_BYTES_MAX >> 20));
    }
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return refused("ce n'est pas un paquet FHIR : un fichier gzip (.tgz) est attendu");
    }
    let mut tar = Vec::new();
    let unpacked = MultiGzDecoder::new(bytes).take(UNPACKED_BYTES_MAX + 1).read_to_end(&mut tar);
    unpacked.map_err(|_| PackageError("le fichier gzip est abîmé ou incomplet".to_owned()))?;
    if tar.len() as u64 > UNPACKED_BYTES_MAX {
        return refused(format!("le paquet dépasse {} Mo une fois ouvert", UNPACKED_BYTES_MAX >> 20));
    }
    files(&tar)
}

fn files(tar: &[u8]) -> Result<Vec<(String, Vec<u8>)>, PackageError> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let mut long_path = None;
    let mut at = 0;
    while let Some(header) = tar.get(at..at + BLOCK).filter(|header| header.iter().any(|byte| *byte != 0)) {
        let size = size(header)?;
        let content = tar.get(at + BLOCK..).and_then(|rest| rest.get(..size));
        let content = content.ok_or_else(|| PackageError("l'archive tar est incomplète".to_owned()))?;
        at += BLOCK + size.div_ceil(BLOCK) * BLOCK;
        match header[156] {
            b'x' => long_path = pax_path(content),
            b'g' => {}
            b'0' | 0 => {
                let path = long_path.take().map_or_else(|| path(header), Ok)?;
                files.push((checked(&path)?, content.to_vec()));
            }
            b'5' => {
                let path = long_path.take().map_or_else(|| path(header), Ok)?;
                checked(&path)?;
            }
            _ => return refused("l'archive contient autre chose que des fichiers et des dossiers (un lien ?)"),
        }
        if files.len() > FILES_MAX {
            return refused(format!("le paquet contient plus de {FILES_MAX} fichiers"));
        }
    }
    if files.is_empty() { refused("l'archive tar est vide ou illisible") } else { Ok(files) }
}

/// Size of an entry: octal digits.
fn size(header: &[u8]) -> Result<usize, PackageError> {
    let digits = until_nul(&header[124..136]);
    let text = std::str::from_utf8(digits).map(str::trim).unwrap_or_default();
    let is_checked = octal(&header[148..156]) == Some(checksum(header));
    usize::from_str_radix(text, 8)
        .ok()
        .filter(|_| is_checked)
        .ok_or_else(|| PackageError("ce n'est pas une archive tar, ou elle est abîmée".to_owned()))
}

/// Sum of the header, its own field counted as spaces.
fn checksum(header: &[u8]) -> u32 {
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    sum(&header[..148]) + 8 * u32::from(b' ') + sum(&header[156..])
}

fn octal(field: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(until_nul(field)).ok()?;
    u32::from_str_radix(text.trim(), 8).ok()
}

/// Path of an entry: prefix and name.
fn path(header: &[u8]) -> Result<String, PackageError> {
    let text = |field: &[u8]| {
        let text = std::str::from_utf8(until_nul(field)).map(str::to_owned);
        text.map_err(|_| PackageError("un nom de fichier de l'archive est illisible".to_owned()))
    };
    let (name, prefix) = (text(&header[..100])?, text(&header[345..500])?);
    Ok(if prefix.is_empty() { name } else { format!("{prefix}/{name}") })
}

/// `path` of a pax header: lines of `length key=value`.
fn pax_path(content: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(content).ok()?;
    text.lines().find_map(|line| line.split_once(' ')?.1.strip_prefix("path=").map(str::to_owned))
}

/// A path below `package/`, or the refusal of the whole archive.
fn checked(path: &str) -> Result<String, PackageError> {
    let is_inside = path == "package" || path.starts_with("package/");
    let climbs = path.split('/').any(|step| step == "..") || path.contains('\\') || path.contains('\0');
    if is_inside && !climbs {
        return Ok(path.to_owned());
    }
    let shown: String = path.chars().take(80).collect();
    refused(format!("l'archive contient un fichier hors de package/ : {shown:?}"))
}

fn until_nul(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

fn refused<T>(reason: impl Into<String>) -> Result<T, PackageError> {
    Err(PackageError(reason.into()))
}
