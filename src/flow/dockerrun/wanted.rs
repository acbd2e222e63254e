//! Reads a Dockerrun.aws.json: which containers ask for which log drivers. Plain functions of values.

use serde_json::{Map, Value};

/// The file is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DockerrunError {
    #[error("it begins with a byte order mark: save it as UTF-8 without one")]
    ByteOrderMark,
    #[error("it is not JSON: {0}; correct it")]
    Json(String),
    #[error(
        "its AWSEBDockerrunVersion is {0}: only version 2, of several containers on ECS, asks for log drivers"
    )]
    Version(String),
    #[error("it has the key `{found}`, which nothing reads: write `{meant}`")]
    Case { found: String, meant: &'static str },
    #[error("{place} is no {wanted}; correct it")]
    Shape { place: String, wanted: &'static str },
    #[error(
        "the container {container} has a logConfiguration without a logDriver: name one, or remove it"
    )]
    NoDriver { container: String },
}

/// A container and the driver it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedDriver {
    pub container: String,
    pub driver: String,
}

/// The containers that ask for a driver, in the file's order.
///
/// # Errors
/// When it is not a Dockerrun file of version 2.
pub fn wanted_drivers(bytes: &[u8]) -> Result<Vec<WantedDriver>, DockerrunError> {
    let marks: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];
    if marks.iter().any(|mark| bytes.starts_with(mark)) {
        return Err(DockerrunError::ByteOrderMark);
    }
    let file: Value =
        serde_json::from_slice(bytes).map_err(|error| DockerrunError::Json(error.to_string()))?;
    let file = object(&file, "the file")?;
    version(get(file, "AWSEBDockerrunVersion")?)?;
    let Some(containers) = get(file, "containerDefinitions")? else {
        return Ok(Vec::new());
    };
    let wrong = || shape("containerDefinitions", "list");
    let containers = containers.as_array().ok_or_else(wrong)?;
    let mut asks = Vec::new();
    for (at, container) in containers.iter().enumerate() {
        asks.extend(of_container(at, container)?);
    }
    Ok(asks)
}

fn version(version: Option<&Value>) -> Result<(), DockerrunError> {
    let said = version.filter(|version| !version.is_null());
    let said = said.map_or("missing".to_owned(), Value::to_string);
    match said.trim_matches('"') {
        "2" => Ok(()),
        _ => Err(DockerrunError::Version(said)),
    }
}

fn of_container(at: usize, container: &Value) -> Result<Option<WantedDriver>, DockerrunError> {
    let container = object(container, &format!("container {}", at + 1))?;
    let name = get(container, "name")?.and_then(Value::as_str);
    let name = name.map_or_else(|| format!("number {}", at + 1), str::to_owned);
    let Some(log) = get(container, "logConfiguration")?.filter(|log| !log.is_null()) else {
        return Ok(None);
    };
    let log = object(log, &format!("the logConfiguration of {name}"))?;
    let no_driver = || DockerrunError::NoDriver {
        container: name.clone(),
    };
    let driver = get(log, "logDriver")?.ok_or_else(no_driver)?;
    let wrong = || shape(&format!("the logDriver of {name}"), "text");
    let driver = driver.as_str().ok_or_else(wrong)?.to_owned();
    Ok(Some(WantedDriver {
        container: name,
        driver,
    }))
}

fn shape(place: &str, wanted: &'static str) -> DockerrunError {
    DockerrunError::Shape {
        place: place.to_owned(),
        wanted,
    }
}

fn object<'v>(value: &'v Value, place: &str) -> Result<&'v Map<String, Value>, DockerrunError> {
    value.as_object().ok_or_else(|| shape(place, "object"))
}

/// What stands under a key; an error when it stands under the key in another case.
fn get<'v>(
    object: &'v Map<String, Value>,
    key: &'static str,
) -> Result<Option<&'v Value>, DockerrunError> {
    if let Some(value) = object.get(key) {
        return Ok(Some(value));
    }
    let found = object.keys().find(|found| found.eq_ignore_ascii_case(key));
    match found {
        None => Ok(None),
        Some(found) => Err(DockerrunError::Case {
            found: found.clone(),
            meant: key,
        }),
    }
}
