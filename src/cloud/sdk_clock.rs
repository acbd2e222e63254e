//! Our clock as the SDK wants it: for signing, time-outs, retries and credential expiry.

use std::time::{Duration, SystemTime};

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_async::time::TimeSource;

use crate::clock::Clock;

/// The house's clock behind both of the SDK's traits, so that signatures, waits and deadlines agree
/// in scaled and in virtual time too.
#[derive(Debug, Clone)]
pub(super) struct SdkClock(pub(super) Clock);

impl TimeSource for SdkClock {
    fn now(&self) -> SystemTime {
        self.0.now().into()
    }
}

impl AsyncSleep for SdkClock {
    fn sleep(&self, duration: Duration) -> Sleep {
        let clock = self.0.clone();
        Sleep::new(async move { clock.sleep(duration).await })
    }
}
