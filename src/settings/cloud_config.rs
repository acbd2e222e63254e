//! What can be said of a cloud-config without running it: that it is YAML, that its keys are known,
//! and which shell code is in it. cloud-init itself says none of it: it ends in `done` all the same.

use yaml_rust2::{Yaml, YamlLoader};

use super::fault::{Problem, quoted};
use super::nearest::nearest;

/// The keys of cloud-init's own modules, and of Amazon Linux's.
const KEYS: [&str; 96] = [
    "allow_public_ssh_keys",
    "ansible",
    "apk_repos",
    "apt",
    "apt_pipelining",
    "apt_preserve_sources_list",
    "apt_proxy",
    "apt_reboot_if_required",
    "apt_sources",
    "apt_update",
    "apt_upgrade",
    "authkey_hash",
    "autoinstall",
    "bootcmd",
    "byobu_by_default",
    "ca-certs",
    "ca_certs",
    "chef",
    "chpasswd",
    "cloud_config_modules",
    "cloud_final_modules",
    "cloud_init_modules",
    "create_hostname_file",
    "datasource",
    "datasource_list",
    "debug",
    "device_aliases",
    "disable_ec2_metadata",
    "disable_root",
    "disable_root_opts",
    "disk_setup",
    "drivers",
    "fan",
    "final_message",
    "fqdn",
    "fs_setup",
    "groups",
    "growpart",
    "grub-dpkg",
    "grub_dpkg",
    "hostname",
    "keyboard",
    "landscape",
    "launch-index",
    "locale",
    "locale_configfile",
    "lxd",
    "manage_etc_hosts",
    "manage_resolv_conf",
    "manual_cache_clean",
    "mcollective",
    "merge_how",
    "merge_type",
    "migrate",
    "mount_default_fields",
    "mounts",
    "network",
    "no_ssh_fingerprints",
    "ntp",
    "output",
    "package_reboot_if_required",
    "package_update",
    "package_upgrade",
    "packages",
    "password",
    "phone_home",
    "power_state",
    "prefer_fqdn_over_hostname",
    "preserve_hostname",
    "puppet",
    "random_seed",
    "repo_releasever",
    "repo_upgrade",
    "repo_upgrade_exclude",
    "reporting",
    "resize_rootfs",
    "resolv_conf",
    "rh_subscription",
    "rsyslog",
    "runcmd",
    "salt_minion",
    "snap",
    "spacewalk",
    "ssh",
    "ssh_authorized_keys",
    "ssh_deletekeys",
    "ssh_genkeytypes",
    "ssh_import_id",
    "ssh_keys",
    "ssh_pwauth",
    "swap",
    "system_info",
    "timezone",
    "users",
    "vendor_data",
    "write_files",
];

/// More keys of modules, which nobody would take for a slip of the ones above.
const OTHERS: [&str; 8] = [
    "ubuntu_advantage",
    "ubuntu_pro",
    "unverified_modules",
    "updates",
    "user",
    "wireguard",
    "yum_repo_dir",
    "yum_repos",
];

/// Everything that is wrong with a cloud-config.
pub(super) fn problems(text: &str) -> Vec<Problem> {
    match top(text) {
        Ok(keys) => keys.iter().filter_map(|key| misspelt(key)).collect(),
        Err(problem) => vec![problem],
    }
}

/// Keys that no module of cloud-init has, and that are no slip either: a module of the base's own, or
/// nothing at all.
pub(super) fn strangers(text: &str) -> Vec<String> {
    let keys = top(text).unwrap_or_default();
    let stranger = |key: &String| !known(key) && misspelt(key).is_none();
    keys.into_iter().filter(stranger).collect()
}

/// The shell code of `bootcmd` and `runcmd`: the commands that are texts.
pub(super) fn commands(text: &str) -> Vec<String> {
    let Ok(documents) = YamlLoader::load_from_str(text) else {
        return Vec::new();
    };
    let Some(config) = documents.first() else {
        return Vec::new();
    };
    let lists = ["bootcmd", "runcmd"].map(|key| &config[key]);
    let items = lists.into_iter().filter_map(Yaml::as_vec).flatten();
    items.filter_map(Yaml::as_str).map(str::to_owned).collect()
}

/// The keys at the top.
fn top(text: &str) -> Result<Vec<String>, Problem> {
    let documents = YamlLoader::load_from_str(text).map_err(|error| {
        let wrong = format!(
            "line {} is not YAML ({}), so that cloud-init would ignore the whole file",
            error.marker().line(),
            error.info()
        );
        Problem::new(wrong, "correct it; a list's items must be indented alike")
    })?;
    match documents.first() {
        None | Some(Yaml::Null) => Ok(Vec::new()),
        Some(Yaml::Hash(map)) => Ok(map
            .keys()
            .filter_map(Yaml::as_str)
            .map(str::to_owned)
            .collect()),
        Some(_) => Err(Problem::new(
            "it holds no keys, so that cloud-init would ignore it",
            "write `key: value` lines, such as `runcmd:` and a list of commands",
        )),
    }
}

fn known(key: &str) -> bool {
    KEYS.contains(&key) || OTHERS.contains(&key)
}

fn misspelt(key: &str) -> Option<Problem> {
    if known(key) {
        return None;
    }
    let near = nearest(key, KEYS)?;
    let wrong = format!("cloud-init has no key {} and would ignore it", quoted(key));
    Some(Problem::new(wrong, format!("did you mean `{near}`?")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let tell = |problem: &Problem| format!("{}; {}", problem.wrong, problem.right);
        problems(text).iter().map(tell).collect()
    }

    #[test]
    fn slips_are_named_with_what_was_meant() {
        for (slip, meant) in [
            ("run_cmd", "runcmd"),
            ("runcmds", "runcmd"),
            ("write_file", "write_files"),
            ("package_updates", "package_update"),
            ("repo_release", "repo_releasever"),
        ] {
            let all = told(&format!("#cloud-config\n{slip}: []\n"));
            assert!(
                matches!(all.as_slice(), [one] if one.contains(&format!("did you mean `{meant}`?"))),
                "{slip}: {all:?}"
            );
        }
    }

    #[test]
    fn what_is_right_or_a_base_s_own_is_let_through() {
        let text = "#cloud-config\nruncmd: [true]\nrepo_upgrade: none\nca-certs: {}\nyum_repos: {}\n\
                    acme_fleet_agent: {}\n";
        assert_eq!(told(text), [""; 0]);
        assert_eq!(strangers(text), ["acme_fleet_agent"]);
        assert_eq!(told("#cloud-config\n"), [""; 0]);
    }

    #[test]
    fn what_is_no_yaml_or_no_map_is_named_with_its_line() {
        let broken = told("#cloud-config\nruncmd:\n  - one\n - two\n");
        assert!(broken[0].starts_with("line 4 is not YAML"), "{broken:?}");
        assert!(told("#cloud-config\n- one\n")[0].contains("holds no keys"));
    }

    #[test]
    fn shell_code_is_found_where_it_is_text() {
        let text = "#cloud-config\nbootcmd:\n  - echo a\nruncmd:\n  - [echo, b]\n  - |\n    echo c\n    echo d\n";
        assert_eq!(commands(text), ["echo a", "echo c\necho d\n"]);
    }
}
