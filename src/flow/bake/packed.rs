//! A report as journals and the store keep it: compressed. Knows nothing of what a report means.

use serde::{Deserialize, Serialize};

use crate::model::report::Report;

/// A report, compressed: package lists are long and a journal's entry is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Packed(String);

impl Packed {
    /// Packs a report.
    ///
    /// # Errors
    /// When it cannot be compressed, which in memory does not happen.
    pub fn pack(report: &Report) -> std::io::Result<Self> {
        use base64::Engine as _;
        use std::io::Write as _;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(&serde_json::to_vec(report)?)?;
        Ok(Self(
            base64::engine::general_purpose::STANDARD.encode(gzip.finish()?),
        ))
    }

    /// As it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What was stored.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The report.
    ///
    /// # Errors
    /// When the text was not made by [`Packed::pack`].
    pub fn unpack(&self) -> std::io::Result<Report> {
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(&self.0)
            .map_err(std::io::Error::other)?;
        let json = flate2::read::GzDecoder::new(bytes.as_slice());
        serde_json::from_reader(json).map_err(std::io::Error::other)
    }
}
