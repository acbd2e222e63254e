//! The tag names that amiwatch writes. Contract: policies and people's scripts name them.

/// Whose it is: the installation's name.
pub const INSTALLATION: &str = "amiwatch:installation";
/// The watch it was made for.
pub const WATCH: &str = "amiwatch:watch";
/// The bake's key.
pub const KEY: &str = "amiwatch:key";
/// The bake's generation.
pub const GENERATION: &str = "amiwatch:generation";
/// `builder`, `boot-test`, `image`, `network`, `copy`.
pub const ROLE: &str = "amiwatch:role";
/// On images: the base image's id.
pub const BASE_IMAGE: &str = "amiwatch:base-image";
/// On images: the base's version.
pub const BASE_VERSION: &str = "amiwatch:base-version";
/// On images: the recipe's digest.
pub const RECIPE_DIGEST: &str = "amiwatch:recipe-digest";
/// On copies: the image that it is a copy of, as `<region>/<image>`.
pub const COPY_OF: &str = "amiwatch:copy-of";
/// On images: `candidate`, `verified`, `rejected`, `quarantined`, `superseded`.
pub const STATE: &str = "amiwatch:state";

/// On builders and boot tests: for how many seconds after its launch the bake may need it. A number and
/// no time, so that whoever asks for the same launch again asks for the same.
pub const DEADLINE: &str = "amiwatch:deadline";

/// On builders that report over SSM: their nonce, once the disk is clean.
pub const CLOSED: &str = "amiwatch:closed";

/// On the builder of a failed bake that is kept for people to look inside: until when, as RFC 3339 has it.
pub const KEPT_UNTIL: &str = "amiwatch:kept-until";

/// Values of [`ROLE`].
pub mod role {
    pub const BUILDER: &str = "builder";
    pub const BOOT_TEST: &str = "boot-test";
    pub const IMAGE: &str = "image";
    pub const NETWORK: &str = "network";
    /// A copy in another region: no bake made it, and no bake looks for it.
    pub const COPY: &str = "copy";
}

/// Values of [`STATE`].
pub mod state {
    pub const CANDIDATE: &str = "candidate";
    pub const VERIFIED: &str = "verified";
    pub const REJECTED: &str = "rejected";
    pub const QUARANTINED: &str = "quarantined";
}
