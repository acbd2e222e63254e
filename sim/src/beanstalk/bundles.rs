//! Application versions, as far as updates and people need them: made, listed, named by an update.

use super::Room;
use crate::clock::iso;
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;

pub(crate) fn create(room: &mut Room<'_>) -> Result<String, Fail> {
    let application = room.p.need("ApplicationName")?;
    let label = room.p.need("VersionLabel")?;
    if !room.beanstalk.applications.contains_key(application) {
        return Err(Fail::invalid(format!(
            "No Application named '{application}' found."
        )));
    }
    let key = (application.to_owned(), label.to_owned());
    if room.beanstalk.bundles.contains_key(&key) {
        return Err(Fail::invalid(format!(
            "Application Version {label} already exists."
        )));
    }
    room.beanstalk
        .make_version(application, label, room.core.now);
    let mut x = Xml::new();
    x.node("ApplicationVersion", |x| write(x, room, application, label));
    Ok(x.into_string())
}

pub(crate) fn describe(room: &mut Room<'_>) -> Result<String, Fail> {
    let (application, labels) = (
        room.p.get("ApplicationName"),
        room.p.members("VersionLabels"),
    );
    let shown = room.beanstalk.bundles.keys().filter(|(of, label)| {
        application.is_none_or(|name| name == of) && (labels.is_empty() || labels.contains(label))
    });
    let mut x = Xml::new();
    x.members("ApplicationVersions", shown, |x, (application, label)| {
        write(x, room, application, label);
    });
    Ok(x.into_string())
}

/// Refuses a label that the application does not have.
pub(crate) fn need(room: &Room<'_>, application: &str, label: &str) -> Result<(), Fail> {
    let key = (application.to_owned(), label.to_owned());
    match room.beanstalk.bundles.contains_key(&key) {
        true => Ok(()),
        false => Err(Fail::invalid(format!(
            "No Application Version named '{label}' found."
        ))),
    }
}

fn write(x: &mut Xml, room: &Room<'_>, application: &str, label: &str) {
    let made = room
        .beanstalk
        .bundles
        .get(&(application.to_owned(), label.to_owned()));
    x.text(
        "ApplicationVersionArn",
        format!(
            "arn:aws:elasticbeanstalk:{}:{}:applicationversion/{application}/{label}",
            room.region, room.core.account
        ),
    );
    x.text("ApplicationName", application);
    x.text("VersionLabel", label);
    x.opt("DateCreated", made.map(|at| iso(*at)));
    x.opt("DateUpdated", made.map(|at| iso(*at)));
    x.text("Status", "UNPROCESSED");
}
