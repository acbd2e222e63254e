//! What a pass costs when nothing has changed since the last one.

use std::time::Duration;

use amiwatch::store::Store as _;
use sim::{Branch, EnvironmentSpec, FaultKind, FaultRule};

use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::{self, REGION};

const BRANCHES: [&str; 5] = ["ECS", "Docker", "Python 3.13", "Node.js 22", "Corretto 21"];
const VERSIONS: [&str; 4] = ["4.3.0", "4.4.0", "4.4.1", "4.5.0"];

fn branch(at: usize) -> String {
    format!("{} running on 64bit Amazon Linux 2023", BRANCHES[at])
}

/// A watch of each branch that only tells, with a fifth of the environments as its targets.
fn config() -> String {
    let watches = (0..BRANCHES.len()).map(|at| {
        format!(
            "[watch.w{at}]\nbase = {{ beanstalk = \"{}\" }}\nrecipe = \"logging\"\n\
             [[watch.w{at}.target]]\nbeanstalk = {{ application = \"app{at}\", environment = \"*\" }}\n",
            branch(at)
        )
    });
    let recipe = "[recipe.logging]\nuser_data = \"logging.yaml\"\nunchecked = true\n";
    format!(
        "installation = \"acme\"\n{}{recipe}",
        watches.collect::<String>()
    )
}

fn fleet(life: &Life) {
    let here = life.account.at(REGION);
    for at in 0..BRANCHES.len() {
        here.branch(Branch::new(&branch(at))).unwrap();
        for version in VERSIONS {
            here.release(sim::Release::new(&branch(at), version))
                .unwrap();
        }
        for n in 0..200 {
            let name = format!("app{at}-{n}");
            let spec = EnvironmentSpec::new(&format!("app{at}"), &name, &branch(at));
            here.environment(spec.version(VERSIONS[n % VERSIONS.len()]))
                .unwrap();
        }
    }
}

async fn calls_of_a_pass(life: &Life) -> u64 {
    life.account.clear_ledger();
    life.pass().await;
    life.account.counters().calls
}

/// Everything that is recalled, as it lies in the store.
async fn recalled(life: &Life) -> Vec<(String, u64)> {
    let records = life.store().query("seen/", None, 200).await.unwrap();
    let versions = records
        .into_iter()
        .map(|record| (record.key, record.version));
    versions.collect()
}

#[test]
fn an_unchanged_fleet_of_a_thousand_costs_thirty_calls_and_no_write() {
    paused(async || {
        let life = Life::empty(&config());
        fleet(&life);
        life.wait(Duration::from_secs(3600)).await;
        assert!(calls_of_a_pass(&life).await > 1000);
        let before = recalled(&life).await;
        assert!((50..=72).contains(&before.len()), "{}", before.len());
        let calls = calls_of_a_pass(&life).await;
        assert!(calls <= 30, "{calls} calls");
        assert_eq!(recalled(&life).await, before);

        // By hand everything is read, and nothing is kept of it.
        life.account.clear_ledger();
        life.check().await;
        assert!(life.account.counters().calls > 1000);
        assert_eq!(recalled(&life).await, before);
    });
}

#[test]
fn a_change_is_seen_by_the_next_pass() {
    paused(async || {
        let life = Life::begin();
        life.until_settled().await;
        life.wait(Duration::from_secs(3600)).await;
        life.pass().await;
        let told = life.heard_events().len();
        let baked = life.verified()[0].id.clone();
        let moved = sim::EnvironmentChange::Image(baked);
        life.account
            .at(REGION)
            .change_environment("shop-blue", moved)
            .unwrap();
        let passed = life.pass().await;
        let targets = &passed.items[0].drift.targets;
        assert!(
            targets.iter().all(|target| target.reasons.is_empty()),
            "{targets:?}"
        );
        assert!(life.heard_events().len() >= told);
        life.release("4.6.0");
        life.until_settled().await;
        assert_eq!(life.verified().len(), 2, "a new release is never hidden");
        life.promises_hold();
    });
}

#[test]
fn settings_that_cannot_be_read_are_a_doubt_as_soon_as_they_must_be_read() {
    paused(async || {
        let life = Life::begin();
        life.until_settled().await;
        life.wait(Duration::from_secs(3600)).await;
        life.pass().await;
        let denied = "elasticbeanstalk:DescribeConfigurationSettings";
        life.account
            .fault(FaultRule::new(FaultKind::Denied).on(denied));
        life.wait(Duration::from_secs(24 * 3600)).await;
        let passed = life.pass().await;
        assert_eq!(passed.exit(), amiwatch::flow::exit_code::Exit::CannotTell);
    });
}

#[test]
fn memory_that_makes_no_sense_costs_questions_and_nothing_else() {
    paused(async || {
        let life = Life::empty(&world::CONFIG.replace("\"bake\"", "\"notify\""));
        world::fill(&life.account);
        life.wait(Duration::from_secs(3600)).await;
        assert_eq!(questions_of_a_pass(&life).await, 2);
        assert_eq!(questions_of_a_pass(&life).await, 0);
        for record in life.store().query("seen/", None, 200).await.unwrap() {
            let broken = amiwatch::store::Op::CompareAndSet {
                key: record.key,
                expected: record.version,
                value: serde_json::json!([{ "application": true }]),
            };
            let batch = amiwatch::store::Batch::of_ops(vec![broken]);
            life.store().commit(batch).await.unwrap();
        }
        assert_eq!(questions_of_a_pass(&life).await, 2);
        assert_eq!(questions_of_a_pass(&life).await, 0);
    });
}

/// How many settings and platform versions a pass asked for.
async fn questions_of_a_pass(life: &Life) -> u64 {
    life.account.clear_ledger();
    life.pass().await;
    let asked = life.account.counters().by_operation;
    let of = |operation: &str| {
        let action = format!("elasticbeanstalk:{operation}");
        asked.get(&action).copied().unwrap_or_default()
    };
    of("DescribeConfigurationSettings") + of("DescribePlatformVersion")
}
