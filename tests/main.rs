//! The one integration test binary: everything hermetic. One binary, since each links the AWS SDK.

mod shipped;
