//! Schedules as written: what POSIX says, and what is refused with the field that is wrong.

use super::parse_cron;

#[test]
fn cron_text_names_what_posix_says() {
    let set = |text: &str| parse_cron(text).unwrap_or_else(|p| panic!("{text}: {p:?}"));
    let weekdays = |text: &str| {
        set(text)
            .days_of_week
            .values
            .into_iter()
            .collect::<Vec<_>>()
    };
    assert_eq!(weekdays("0 0 * * 0"), [0]);
    assert_eq!(weekdays("0 0 * * 7"), [0]);
    assert_eq!(weekdays("0 0 * * sun"), [0]);
    assert_eq!(weekdays("0 0 * * 5-7"), [0, 5, 6]);
    assert_eq!(weekdays("0 0 * * SAT-SUN"), [0, 6]);
    assert_eq!(weekdays("0 0 0 * * MON-FRI"), [1, 2, 3, 4, 5]);
    assert_eq!(weekdays("0 0 * * *"), [0, 1, 2, 3, 4, 5, 6]);
    let minutes = |text: &str| set(text).minutes.values.into_iter().collect::<Vec<_>>();
    assert_eq!(minutes("*/20 * * * *"), [0, 20, 40]);
    assert_eq!(minutes("5/20 * * * *"), [5, 25, 45]);
    assert_eq!(minutes("1-9/4,3 * * * *"), [1, 3, 5, 9]);
    let seven = set("30 0 12 1 JAN * 2030");
    assert_eq!(seven.seconds.values, [30].into());
    assert_eq!(seven.years.values, [2030].into());
    assert_eq!(
        set("0 0 0 29 2 * 2025-2028").days_of_month.values,
        [29].into()
    );
    let five = set("0 12 1 * *");
    assert_eq!(five.seconds.values, [0].into());
    assert!(five.days_of_week.unrestricted && !five.days_of_month.unrestricted);
    // The day of the week can stand in for a day that never comes.
    assert_eq!(set("0 0 30 2 1").days_of_month.values, [30].into());
}

#[test]
fn cron_text_that_is_wrong_says_which_field() {
    for (text, says) in [
        ("", "has 0 fields"),
        ("* * * *", "has 4 fields"),
        ("* * * * * * * *", "has 8 fields"),
        (
            "60 * * * *",
            "`60` in the minute field is out of place; use 0 to 59",
        ),
        ("60 0 0 * * *", "`60` in the second field"),
        ("* 24 * * *", "hour field"),
        ("* * 0 * *", "day of month field"),
        ("* * * 13 *", "use 1 to 12 or JAN to DEC"),
        ("* * * * 8", "day of week field"),
        ("* * * * FRI-MON", "runs backwards"),
        ("*/0 * * * *", "is not a step"),
        ("*/60 * * * *", "is not a step"),
        ("+5 * * * *", "out of place"),
        ("1,,2 * * * *", "out of place"),
        ("0 0 30 2 *", "names a day that no such month has"),
        ("0 0 31 4,6 *", "names a day that no such month has"),
        (
            "0 0 0 29 2 * 2025-2027",
            "names a day that no such month has",
        ),
        ("@hourly", "write \"0 * * * *\""),
    ] {
        let problem = parse_cron(text).expect_err(text);
        let told = format!("{}; {}", problem.wrong, problem.right);
        assert!(told.contains(says), "{text}: {told}");
    }
}
