//! The regions that have EC2 and no Elastic Beanstalk, by AWS's endpoint data. Plain data.
//!
//! Asking there cannot succeed: the name does not resolve, and a survey of all regions would end with
//! "could not tell" for ever. A region that is younger than this list is not in it, and is asked.
//! `tests/contract/endpoints.py` holds it against the endpoint data of botocore.

use crate::model::ids::Region;

const WITHOUT_BEANSTALK: &[&str] = &[
    "ap-east-2",
    "eu-isoe-west-1",
    "eusc-de-east-1",
    "mx-central-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
];

/// False where AWS's endpoint data knows the region and no Elastic Beanstalk in it.
pub fn has_beanstalk(region: &Region) -> bool {
    !WITHOUT_BEANSTALK.contains(&region.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_left_out_only_when_it_is_known_to_have_none() {
        for (region, has) in [
            ("mx-central-1", false),
            ("eu-west-1", true),
            ("xx-unheard-of-1", true),
        ] {
            assert_eq!(has_beanstalk(&region.into()), has, "{region}");
        }
        assert!(WITHOUT_BEANSTALK.is_sorted());
    }
}
