//! The keys that a cloud-config may have and the types of their values, as cloud-init publishes them with
//! each version; and the few that it reads without publishing them. The table is generated: schema/generate.py.

mod table;

/// A key of cloud-init's published schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaKey {
    pub name: &'static str,
    /// Of [`schema_versions`], the first and the last whose schema has it.
    pub first: &'static str,
    pub last: &'static str,
    /// JSON's names for the types that its value may have in any of them, or `any`.
    types: &'static str,
    /// The same for a list's items.
    items: &'static str,
}

/// Keys that cloud-init reads and that no schema of [`schema_versions`] has: its core's, older spellings of
/// `apt`, and those of Amazon Linux's own cloud-init.
const UNPUBLISHED: [&str; 11] = [
    "apt_preserve_sources_list",
    "apt_proxy",
    "apt_sources",
    "datasource",
    "datasource_list",
    "manual_cache_clean",
    "network",
    "repo_releasever",
    "repo_upgrade",
    "repo_upgrade_exclude",
    "unverified_modules",
];

/// Keys of the core, which reads them whether or not the version's schema says so.
const CORE: [&str; 9] = [
    "cloud_config_modules",
    "cloud_final_modules",
    "cloud_init_modules",
    "launch-index",
    "merge_how",
    "merge_type",
    "output",
    "reporting",
    "system_info",
];

/// The versions whose schemas are in the table, oldest first. Amazon Linux 2023 has the oldest; Debian 12
/// the second.
pub fn schema_versions() -> &'static [&'static str] {
    &table::VERSIONS
}

/// A key as the schemas have it.
pub fn find_key(name: &str) -> Option<&'static SchemaKey> {
    table::KEYS.iter().find(|key| key.name == name)
}

/// Whether some cloud-init reads the key.
pub fn is_read(name: &str) -> bool {
    UNPUBLISHED.contains(&name) || find_key(name).is_some()
}

/// Every key, for whoever looks for the nearest.
pub fn key_names() -> impl Iterator<Item = &'static str> {
    let published = table::KEYS.iter().map(|key| key.name);
    published.chain(UNPUBLISHED)
}

impl SchemaKey {
    /// Not every version has it.
    pub fn is_partial(&self) -> bool {
        let all = (schema_versions().first(), schema_versions().last());
        !CORE.contains(&self.name) && all != (Some(&self.first), Some(&self.last))
    }

    /// Whether a value of this type, as YAML's tags call it, may stand here; `None` where it may not, with
    /// what may.
    pub fn refuses(&self, kind: &str) -> Option<&'static str> {
        refuses(self.types, kind)
    }

    /// The same for an item of its list.
    pub fn refuses_item(&self, kind: &str) -> Option<&'static str> {
        refuses(self.items, kind)
    }
}

/// The types that are wanted, where a value of this type is not.
fn refuses(types: &'static str, kind: &str) -> Option<&'static str> {
    let json = match kind {
        "null" => "null",
        "bool" => "boolean",
        "int" => "integer",
        "float" => "number",
        "str" => "string",
        "seq" => "array",
        "map" => "object",
        // JSON has none of the others, which cloud-init's schema says nothing of.
        _ => return None,
    };
    let fits =
        |name: &str| name == "any" || name == json || (name == "number" && json == "integer");
    (!types.split(' ').any(fits)).then_some(types)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_versions_and_types() {
        let runcmd = find_key("runcmd").unwrap();
        assert_eq!((runcmd.first, runcmd.last), ("22.2.2", "26.2"));
        assert!(!runcmd.is_partial());
        assert_eq!(runcmd.refuses("str"), Some("array"));
        assert_eq!(runcmd.refuses("seq"), None);
        assert!(runcmd.refuses_item("map").is_some() && runcmd.refuses_item("null").is_none());
        assert!(
            find_key("ansible").unwrap().is_partial() && find_key("debug").unwrap().is_partial()
        );
        assert!(!find_key("output").unwrap().is_partial());
        assert!(find_key("repo_upgrade").is_none() && is_read("repo_upgrade"));
        assert!(!is_read("run_cmd"));
    }

    #[test]
    fn the_table_is_in_order_and_says_each_key_once() {
        let names: Vec<&str> = table::KEYS.iter().map(|key| key.name).collect();
        assert!(names.is_sorted_by(|a, b| a < b));
        let versions = schema_versions();
        assert!(
            table::KEYS
                .iter()
                .all(|key| versions.contains(&key.first) && versions.contains(&key.last))
        );
        assert!(UNPUBLISHED.iter().all(|name| find_key(name).is_none()));
        assert!(CORE.iter().all(|name| find_key(name).is_some()));
    }
}
