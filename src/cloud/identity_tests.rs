//! Identities on the simulated account, in virtual time: one pace for an account and region, whoever
//! asks, and what a role that cannot be assumed is called.

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use sim::{Account, AccountSpec, Entry, FaultKind, FaultRule, Rate, Throttling};

use super::canned::connection_to;
use super::{AssumedRole, Cloud, Connection, ErrorKind, Identity, Pace};
use crate::clock::Clock;

const REGION: &str = "eu-west-1";
const STEADY: Pace = Pace::Steady {
    calls_per_second: 5,
};

struct World {
    account: Account,
    clock: Clock,
    connection: Connection,
}

fn world() -> World {
    let clock = Clock::virtual_from(DateTime::from_timestamp(1_790_000_000, 0).unwrap());
    let told = clock.clone();
    let account = Account::new(sim::SimClock::new(move || told.now()));
    let connection = connection_to(&account, REGION, &clock).at_pace(STEADY);
    World {
        account,
        clock,
        connection,
    }
}

impl World {
    fn own(&self) -> Cloud {
        self.connection.cloud(&Identity::Own, None).unwrap()
    }

    fn role(&self, name: &str) -> Cloud {
        let arn = self.account.role(name, None);
        let identity = Identity::Role(AssumedRole::by_arn(&arn));
        self.connection.cloud(&identity, None).unwrap()
    }

    /// How often a role was assumed.
    fn assumed(&self) -> usize {
        let calls = self.account.ledger();
        calls.iter().filter(|c| c.operation == "AssumeRole").count()
    }

    /// Seconds on the clock, and the calls that came to EC2 or Elastic Beanstalk meanwhile.
    async fn timed<T>(&self, work: impl Future<Output = T>) -> (f64, Vec<Entry>) {
        self.account.clear_ledger();
        let began = self.clock.now();
        work.await;
        let took = (self.clock.now() - began).as_seconds_f64();
        let mut calls = self.account.ledger();
        calls.retain(|call| call.service == "elasticbeanstalk");
        (took, calls)
    }
}

async fn ask(cloud: &Cloud, times: usize) {
    for answer in join_all((0..times).map(|_| cloud.environments())).await {
        answer.unwrap();
    }
}

/// The most calls within any second.
fn most_in_a_second(calls: &[Entry]) -> usize {
    let within = |from: DateTime<Utc>| {
        let later = calls.iter().filter(move |call| call.at >= from);
        later.filter(move |call| (call.at - from).num_milliseconds() < 1000)
    };
    let counts = calls.iter().map(|call| within(call.at).count());
    counts.max().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn two_identities_of_an_account_and_region_share_one_pace() {
    let world = world();
    let (own, role) = (world.own(), world.role("rollout"));
    // Both have said whose they are; their lines are idle and full.
    own.caller().await.unwrap();
    ask(&role, 1).await;
    world.clock.sleep(std::time::Duration::from_secs(60)).await;
    let both = async { tokio::join!(ask(&own, 20), ask(&role, 20)) };
    let (took, calls) = world.timed(both).await;
    assert_eq!(calls.len(), 40);
    let callers = |end: &str| calls.iter().filter(|c| c.caller.ends_with(end)).count();
    assert_eq!(callers(":user/simulated"), 20, "each asks as itself");
    assert_eq!(callers(":assumed-role/rollout/amiwatch"), 20);
    // Five at once, then five a second: as one identity would.
    assert!((7.0..7.5).contains(&took), "{took} s");
    assert!(most_in_a_second(&calls) <= 10, "{calls:#?}");
}

#[tokio::test(start_paused = true)]
async fn lines_of_an_unknown_account_become_the_accounts_when_it_is_known() {
    let world = world();
    let (own, role) = (world.own(), world.role("rollout"));
    // Nobody has told whose our own credentials are: both identities ask at their own pace so far,
    // and the answer to GetCallerIdentity comes between.
    let both = async {
        tokio::join!(ask(&own, 20), ask(&role, 20), async {
            world.clock.sleep(std::time::Duration::from_secs(1)).await;
            own.caller().await.unwrap();
        })
    };
    let (took, calls) = world.timed(both).await;
    assert_eq!(calls.len(), 40);
    // Both bursts and both first seconds, and from then on five a second together.
    let from = calls[0].at + chrono::TimeDelta::milliseconds(1500);
    let later: Vec<Entry> = calls.iter().filter(|c| c.at >= from).cloned().collect();
    assert!(later.len() >= 15, "{} of 40 came later", later.len());
    assert!(most_in_a_second(&later) <= 6, "{later:#?}");
    assert!(took >= 4.5, "{took} s");
}

#[tokio::test(start_paused = true)]
async fn what_one_identity_learns_of_throttling_slows_the_other() {
    let world = world();
    let eager = world.connection.at_pace(Pace::Eager);
    let own = eager.cloud(&Identity::Own, None).unwrap();
    own.caller().await.unwrap();
    let arn = world.account.role("rollout", None);
    let identity = Identity::Role(AssumedRole::by_arn(&arn));
    let role = eager.cloud(&identity, None).unwrap();
    ask(&role, 1).await;
    world.account.set_throttling(throttling(10.0, 4.0));
    ask(&own, 40).await;
    let before = eager_throttles(&role);
    let (_, calls) = world.timed(ask(&role, 20)).await;
    assert!(calls.len() >= 20);
    let more = eager_throttles(&role) - before;
    assert!(
        more <= 3,
        "the role had to learn it again: {more} throttles"
    );
}

fn eager_throttles(cloud: &Cloud) -> u64 {
    cloud.calls().throttled()
}

fn throttling(burst: f64, per_second: f64) -> Throttling {
    Throttling {
        beanstalk_all: Some(Rate::new(burst, per_second)),
        ..Throttling::default()
    }
}

#[tokio::test(start_paused = true)]
async fn another_region_has_a_pace_of_its_own() {
    let world = world();
    let own = world.own();
    own.caller().await.unwrap();
    let there = own.in_region(&"us-east-1".into());
    let (took, calls) = world
        .timed(async { tokio::join!(ask(&own, 20), ask(&there, 20)) })
        .await;
    assert_eq!(calls.len(), 40);
    assert!((2.9..3.5).contains(&took), "{took} s");
}

#[tokio::test(start_paused = true)]
async fn a_connection_in_the_lines_of_an_earlier_one_does_not_double_the_rate() {
    let world = world();
    let old = world.own();
    old.caller().await.unwrap();
    let next = connection_to(&world.account, REGION, &world.clock)
        .at_pace(Pace::Steady {
            calls_per_second: 4,
        })
        .in_lines_of(&world.connection);
    let new = next.cloud(&Identity::Own, None).unwrap();
    new.caller().await.unwrap();
    ask(&old, 5).await;
    let (took, calls) = world
        .timed(async { tokio::join!(ask(&old, 20), ask(&new, 20)) })
        .await;
    assert_eq!(calls.len(), 40);
    assert!(
        (9.0..10.5).contains(&took),
        "forty at four a second: {took} s"
    );
    assert_eq!(new.calls().by_operation["sts:GetCallerIdentity"].sent, 1);
}

#[tokio::test(start_paused = true)]
async fn a_role_is_assumed_once_for_all_its_clients_and_again_when_its_session_has_ended() {
    let world = world();
    let role = world.role("rollout");
    ask(&role, 1).await;
    role.regions().await.unwrap();
    let there = role.in_region(&"us-east-1".into());
    there.environments().await.unwrap();
    assert_eq!(
        role.caller().await.unwrap().account.as_str(),
        sim::ACCOUNT_ID
    );
    assert_eq!(world.assumed(), 1);
    world
        .clock
        .sleep(std::time::Duration::from_secs(3601))
        .await;
    ask(&role, 1).await;
    assert_eq!(world.assumed(), 2);
}

/// A request waits for its turn after it was signed, for minutes at most.
#[tokio::test(start_paused = true)]
async fn a_session_is_renewed_while_what_it_has_signed_may_still_wait() {
    let world = world();
    let role = world.role("rollout");
    ask(&role, 1).await;
    world
        .clock
        .sleep(std::time::Duration::from_secs(2900))
        .await;
    ask(&role, 1).await;
    assert_eq!(world.assumed(), 1);
    world.clock.sleep(std::time::Duration::from_secs(450)).await;
    ask(&role, 1).await;
    assert_eq!(world.assumed(), 2, "five minutes before its end");
}

#[tokio::test(start_paused = true)]
async fn a_role_leads_into_its_own_account_and_a_place_that_hangs_fills_no_room_but_its_own() {
    let world = world();
    let member = AccountSpec::new("000000000011");
    let member = world.account.open(member).unwrap();
    let arn = member.role("amiwatch", None);
    let connection = world.connection.at_pace(Pace::Eager);
    let identity = Identity::Role(AssumedRole::by_arn(&arn));
    let there = connection.cloud(&identity, None).unwrap();
    assert_eq!(
        there.caller().await.unwrap().account.as_str(),
        "000000000011"
    );
    let own = connection.cloud(&Identity::Own, None).unwrap();
    let silence = FaultRule::new(FaultKind::TimeoutBeforeEffect);
    world.account.fault(silence.on("elasticbeanstalk:*"));
    let began = world.clock.now();
    let hangs = join_all((0..64).map(|_| own.environments()));
    let (hung, answered) = tokio::join!(hangs, async {
        world.clock.sleep(std::time::Duration::from_secs(1)).await;
        ask(&there, 64).await;
        world.clock.now()
    });
    assert!(hung.iter().all(Result::is_err));
    let took = (answered - began).as_seconds_f64();
    assert!(took < 2.0, "{took} s beside one that hangs");
}

#[tokio::test(start_paused = true)]
async fn a_role_that_cannot_be_assumed_is_named_with_what_to_do() {
    let world = world();
    let arn = world.account.role("rollout", Some("of-us"));
    let mut role = AssumedRole::by_arn(&arn);
    let door = |role: &AssumedRole| {
        let identity = Identity::Role(role.clone());
        world.connection.cloud(&identity, None).unwrap()
    };
    let error = door(&role).environments().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NoCredentials);
    assert_eq!(error.code.as_deref(), Some("AccessDenied"));
    let said = error.to_string();
    assert!(
        said.starts_with(&format!("sts:AssumeRole ({arn})")),
        "{said}"
    );
    assert!(
        said.contains("add to the trust policy of the role rollout in account"),
        "{said}"
    );
    let user = format!(
        "\"AWS\":\"arn:aws:iam::{}:user/simulated\"",
        sim::ACCOUNT_ID
    );
    assert!(said.contains(&user), "{said}");

    role.external_id = Some("of-us".to_owned());
    door(&role).environments().await.unwrap();
}
