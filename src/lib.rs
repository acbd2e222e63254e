//! amiwatch keeps custom AMIs in step with the base they were made from.
