//! `DefaultAmiList`, read from the raw response.
