//! Bodies at rest: one standard zstd frame per version.
//!
//! A frame stands alone: any version can be read without another, by this program or by the
//! `zstd` command. The chain is computed on the text, not on the frame, so a newer zstd may
//! pack the same text otherwise without breaking a single link.

use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::get_frame_content_size;

/// Largest body of one version: the limit of a whole Bundle (D41), eight times that of a resource.
///
/// Also what a damaged frame may ask for in memory at most.
pub const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// zstd's own default level: packing is already a sixth of the work of an append, and a frame
/// names no level, so another one may be chosen at any time (`docs/adr/0010-ledger-rows.md`).
const LEVEL: i32 = 3;

/// Packs the bodies of one batch, reusing its working memory.
pub(crate) struct Packer(Compressor<'static>);

impl Packer {
    pub(crate) fn new() -> std::io::Result<Self> {
        Compressor::new(LEVEL).map(Self)
    }

    pub(crate) fn pack(&mut self, text: &[u8]) -> std::io::Result<Vec<u8>> {
        self.0.compress(text)
    }
}

/// Unpacks bodies, reusing its working memory.
pub(crate) struct Unpacker(Decompressor<'static>);

impl Unpacker {
    pub(crate) fn new() -> std::io::Result<Self> {
        Decompressor::new().map(Self)
    }

    /// The text of a frame, or what is wrong with the frame.
    pub(crate) fn unpack(&mut self, frame: &[u8]) -> Result<Vec<u8>, String> {
        let Ok(Some(announced)) = get_frame_content_size(frame) else {
            return Err("not a zstd frame of known size".to_owned());
        };
        if announced > BODY_BYTES_MAX as u64 {
            return Err(format!("announces {announced} bytes"));
        }
        self.0.decompress(frame, announced as usize).map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back_byte_for_byte() {
        let (mut packer, mut unpacker) = (Packer::new().expect("memory"), Unpacker::new().expect("memory"));
        for text in [&b""[..], b"{}", &[0, 255, 10], &vec![b'a'; 100_000]] {
            let frame = packer.pack(text).expect("packs");
            assert_eq!(unpacker.unpack(&frame).as_deref(), Ok(text));
        }
    }

    #[test]
    fn a_damaged_frame_is_an_error_and_never_a_huge_allocation() {
        let mut unpacker = Unpacker::new().expect("memory");
        let whole = Packer::new().expect("memory").pack(&[b'a'; 1000]).expect("packs");
        // Magic number, then a header that announces 2^40 bytes.
        let greedy = [0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 1, 0, 0];
        for frame in [&b""[..], b"{}", &whole[..whole.len() - 1], &greedy] {
            assert!(unpacker.unpack(frame).is_err(), "{frame:?}");
        }
    }
}
