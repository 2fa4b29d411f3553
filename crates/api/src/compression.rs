//! Packing an answer with gzip or zstd.
//!
//! Level 1 in both: FHIR pages repeat themselves so much that it already divides them by
//! eight or more, and higher levels cost more time than the network saves.

use std::io::{self, Write as _};

use crate::negotiation::Encoding;

/// Shorter bodies are sent as they are: a packet is a packet.
const WORTH_BYTES: usize = 1_024;
const ZSTD_LEVEL: i32 = 1;
const GZIP_LEVEL: u32 = 1;

impl Encoding {
    /// Name in `Content-Encoding`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        }
    }
}

/// The body packed, or `None` when it is not worth it.
pub(crate) fn pack(body: &[u8], encoding: Encoding) -> Option<Vec<u8>> {
    if body.len() <= WORTH_BYTES {
        return None;
    }
    match encoding {
        Encoding::Zstd => zstd::bulk::compress(body, ZSTD_LEVEL).ok(),
        Encoding::Gzip => {
            let out = Vec::with_capacity(body.len() / 4);
            let mut encoder = flate2::write::GzEncoder::new(out, flate2::Compression::new(GZIP_LEVEL));
            encoder.write_all(body).ok()?;
            encoder.finish().ok()
        }
    }
}

/// Packs what is written piece by piece; without encoding, lets it through.
pub(crate) enum Packer {
    Plain(Vec<u8>),
    Gzip(Box<flate2::write::GzEncoder<Vec<u8>>>),
    Zstd(Box<zstd::stream::write::Encoder<'static, Vec<u8>>>),
}

impl Packer {
    /// # Errors
    /// When the library has no memory.
    pub(crate) fn new(encoding: Option<Encoding>) -> io::Result<Self> {
        Ok(match encoding {
            None => Self::Plain(Vec::new()),
            Some(Encoding::Gzip) => {
                let level = flate2::Compression::new(GZIP_LEVEL);
                Self::Gzip(Box::new(flate2::write::GzEncoder::new(Vec::new(), level)))
            }
            Some(Encoding::Zstd) => Self::Zstd(Box::new(zstd::stream::write::Encoder::new(Vec::new(), ZSTD_LEVEL)?)),
        })
    }

    /// What is packed so far, less what was taken before.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(match self {
            Self::Plain(out) => out,
            Self::Gzip(encoder) => encoder.get_mut(),
            Self::Zstd(encoder) => encoder.get_mut(),
        })
    }

    /// Packs what is left; nothing may be written after.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Gzip(encoder) => encoder.try_finish(),
            Self::Zstd(encoder) => encoder.do_finish(),
        }
    }
}

impl io::Write for Packer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(out) => out.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn what_is_packed_unpacks_to_the_same_bytes() {
        let body: Vec<u8> = (0..50_000_u32).map(|n| (n % 251) as u8).collect();
        let packed = pack(&body, Encoding::Zstd).expect("worth it");
        assert!(packed.len() < body.len() / 8);
        assert_eq!(zstd::bulk::decompress(&packed, body.len()).expect("zstd"), body);
        let packed = pack(&body, Encoding::Gzip).expect("worth it");
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&*packed).read_to_end(&mut unpacked).expect("gzip");
        assert_eq!(unpacked, body);
        assert_eq!(pack(&body[..WORTH_BYTES], Encoding::Gzip), None);
    }

    #[test]
    fn what_is_packed_in_pieces_is_what_was_written() {
        let body: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
        let packed = |encoding| {
            let mut packer = Packer::new(encoding).expect("memory");
            let mut out = Vec::new();
            for piece in body.chunks(30_000) {
                packer.write_all(piece).expect("in memory");
                out.extend(packer.take());
            }
            packer.finish().expect("in memory");
            out.extend(packer.take());
            out
        };
        assert_eq!(packed(None), body);
        assert_eq!(zstd::stream::decode_all(&*packed(Some(Encoding::Zstd))).expect("zstd"), body);
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&*packed(Some(Encoding::Gzip))).read_to_end(&mut unpacked).expect("gzip");
        assert_eq!(unpacked, body);
    }
}
