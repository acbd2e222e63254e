//! Counts in sentences: one thing is said as one.

/// How often something happened: `once`, `3 times`.
pub fn counted_times(count: u32) -> String {
    match count {
        1 => "once".to_owned(),
        many => format!("{many} times"),
    }
}

/// So many of what is called so when there is one: `1 instance`, `3 instances`.
pub fn counted_things(count: usize, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        many => format!("{many} {one}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_said_as_one() {
        let times = [1, 2].map(counted_times);
        assert_eq!(times, ["once", "2 times"]);
        let things = [0, 1, 2].map(|count| counted_things(count, "instance"));
        assert_eq!(things, ["0 instances", "1 instance", "2 instances"]);
    }
}
