//! A simulated AWS account at the wire. Knows nothing of amiwatch.
