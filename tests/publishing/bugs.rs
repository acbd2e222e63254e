//! Deliberate bugs of publishing, made at the seams of a process: what it takes for its config, what it sends.
//! Each must be caught by what the account shows, and nothing is caught without one.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::copies::{CENTRAL, COPY};
use super::share::{OTHER, sharing};
use super::world::{brisk_life, config};
use crate::common::mutant::Mutant;
use crate::common::paused;
use crate::common::world;

/// Whatever a parameter names is an image that SSM has looked at, ours, and launched by whom it is promised
/// to.
fn the_parameter(mutant: Option<Mutant>) {
    paused(async || {
        let mut life = sharing();
        life.mutant = mutant;
        life.until_settled().await;
        let parameter = life.parameter().expect("it is written");
        assert_eq!(
            parameter.data_type, "aws:ec2:image",
            "SSM looked at no image"
        );
        let whose = parameter.tags.get("amiwatch:installation");
        assert_eq!(
            whose.map(String::as_str),
            Some("acme"),
            "nobody's parameter"
        );
        for image in life.values() {
            assert_eq!(
                life.may_launch(&image),
                [OTHER],
                "it names what they cannot launch"
            );
        }
    });
}

/// A parameter of another region is written when the copy is whole, and names that.
fn the_copy_s_parameter(mutant: Option<Mutant>) {
    paused(async || {
        let mut life = brisk_life(&format!("{}{COPY}", config()));
        life.mutant = mutant;
        life.until_settled().await;
        let copies = life.copies();
        let whole = copies[0].created + world::brisk().image;
        let written = life.calls_there("PutParameter");
        assert!(
            written.iter().all(|at| *at >= whole),
            "it was written before its copy was whole: {written:?}"
        );
        assert_eq!(life.values_in(CENTRAL), [copies[0].id.as_str()]);
    });
}

/// Both of them; whichever the bug is in says so.
fn every_parameter(mutant: Option<Mutant>) {
    the_parameter(mutant);
    the_copy_s_parameter(mutant);
}

#[test]
fn each_deliberate_bug_of_publishing_is_caught_and_nothing_without_it() {
    every_parameter(None);
    println!("| deliberate bug | which said |");
    println!("|---|---|");
    for mutant in Mutant::OF_PUBLISHING {
        let caught = catch_unwind(AssertUnwindSafe(|| every_parameter(Some(mutant)))).err();
        let caught = caught.unwrap_or_else(|| panic!("{mutant:?} was not caught"));
        let said = caught.downcast_ref::<String>().cloned().unwrap_or_default();
        let first: Vec<&str> = said.lines().take(1).collect();
        println!("| {mutant:?} | {} |", first.join(" "));
    }
}
