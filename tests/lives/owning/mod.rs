//! Lives in which the watch publishes its image, retires older ones, and people use those: they launch them, and name them in
//! saved configurations and parameters, at any moment. [`hands`] is what they do, [`judge`] what must hold of
//! published and retired images, hour by hour and at the end.

pub(crate) mod hands;
pub(crate) mod judge;

#[cfg(test)]
mod tests;

/// The watch's parameter.
const NAME: &str = "/amis/shop/x86_64";
/// Where its image is copied to.
const AWAY: &str = "eu-central-1";

/// What the config says beside the usual.
pub(crate) const PUBLISHES: &str = "
[watch.shop.publish]
ssm = \"/amis/shop/{architecture}\"
share = { accounts = [\"222233334444\"] }
copy_to = [\"eu-central-1\"]
";

/// What it says where older images come down the ladder by themselves, within days.
pub(crate) const RETIRES: &str = "
[watch.shop.retire]
keep_newest = 1
younger_than = \"1d\"
disable_after = \"1d\"
deregister_after = \"3d\"
rollback_horizon = \"1d\"
mode = \"apply\"
";
