//! The cookbook's recipes: their config is right, and the template becomes what the how-to says.

use std::path::Path;

use amiwatch::flow::bake::render::render_recipe;
use amiwatch::flow::bake::user_data::{BuilderGuest, compose_builder};
use amiwatch::model::bake::Proof;
use amiwatch::model::base::{BranchLifecycle, Release};
use amiwatch::model::ids::{Architecture, ImageId};
use amiwatch::model::watch::Recipe;
use amiwatch::settings::{self, Settings, user_data_problems};

fn cookbook() -> Settings {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/cookbook.toml");
    settings::load_config(&config).expect("the cookbook is right")
}

fn base(name: Option<&str>) -> Release {
    Release {
        image: ImageId::from("ami-1"),
        image_name: name.map(str::to_owned),
        version: "2.8.4".to_owned(),
        architecture: Architecture::X86_64,
        created: None,
        deprecated_from: None,
        platform: None,
        branch_lifecycle: BranchLifecycle::NotSaid,
    }
}

fn rendered(recipe: &Recipe, name: Option<&str>) -> Result<String, String> {
    render_recipe(recipe, &base(name)).map_err(|error| error.to_string())
}

#[test]
fn the_old_form_takes_its_release_from_the_base_s_name() {
    let recipe = &cookbook().recipes["amazon-linux-1"];
    for (name, release) in [
        (
            "aws-elasticbeanstalk-amzn-2017.09.1.x86_64-ecs-hvm-201802120000",
            "2017.09",
        ),
        (
            "aws-elasticbeanstalk-amzn-2018.03.0.x86_64-ecs-hvm-202204220000",
            "2018.03",
        ),
    ] {
        let text = rendered(recipe, Some(name)).unwrap();
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(lines[0], format!("repo_releasever: \"{release}\""));
        assert_eq!(lines[1], "repo_upgrade: none");
        assert!(user_data_problems(&text, false).is_empty());
    }
    for name in [None, Some("my-own-image-2017.09")] {
        let error = rendered(recipe, name).unwrap_err();
        assert!(error.contains("cannot be rendered"), "{name:?}: {error}");
    }
}

#[test]
fn every_recipe_fits_into_user_data_with_its_checks() {
    let settings = cookbook();
    assert!(settings.warnings.is_empty(), "{:?}", settings.warnings);
    for recipe in settings.recipes.values() {
        let name = "aws-elasticbeanstalk-amzn-2017.09.1.x86_64-ecs-hvm-201802120000";
        let user_data = rendered(recipe, Some(name)).unwrap();
        let composed = compose_builder(&BuilderGuest {
            user_data: &user_data,
            checks: &recipe.checks,
            nonce: &"0".repeat(32),
            deadline_s: 1800,
            proof: Proof::Console,
            kept: false,
        });
        assert!(composed.unwrap().len() < 16_384, "{}", recipe.name);
    }
}
