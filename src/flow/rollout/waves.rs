//! Which environments go in turn: every target belongs to the first pattern that names it. What stands in
//! the way of a later wave is told from which targets are through. Plain.

use std::collections::BTreeMap;

use crate::model::ids::TargetId;
use crate::model::watch::wave_names;

/// The pattern of a watch that says no order: it has one environment.
const EVERYTHING: &str = "*";

/// The waves of a watch, and who is in which.
#[derive(Debug, Clone)]
pub struct WaveOrder<'a> {
    waves: Vec<OneWave<'a>>,
    of_target: BTreeMap<&'a TargetId, usize>,
}

/// One wave.
#[derive(Debug, Clone)]
pub struct OneWave<'a> {
    pub pattern: &'a str,
    /// Those that belong to it.
    pub targets: Vec<&'a TargetId>,
    /// The pattern names somebody, if only such as belong to an earlier wave.
    names_somebody: bool,
}

/// The wave whose turn it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaveTurn<'a> {
    /// Counted from 0.
    pub wave: usize,
    /// Those of it that are not through. Empty: its pattern names no environment that is there.
    pub missing: Vec<&'a TargetId>,
}

impl<'a> WaveOrder<'a> {
    /// Sorts these targets; with each what waves call it. A pattern names an environment of any account, and one
    /// with an account before it (`prod:shop-*`) those of that account alone.
    pub fn of(
        patterns: &'a [String],
        targets: impl IntoIterator<Item = (&'a TargetId, String)>,
    ) -> Self {
        let patterns = patterns.iter().map(String::as_str);
        let mut patterns: Vec<&str> = patterns.collect();
        if patterns.is_empty() {
            patterns.push(EVERYTHING);
        }
        let one = |pattern| OneWave {
            pattern,
            targets: Vec::new(),
            names_somebody: false,
        };
        let mut waves: Vec<_> = patterns.into_iter().map(one).collect();
        let mut of_target = BTreeMap::new();
        for (target, name) in targets {
            for (nth, wave) in waves.iter_mut().enumerate() {
                if wave_names(wave.pattern, &target.environment, &name) {
                    wave.names_somebody = true;
                    if *of_target.entry(target).or_insert(nth) == nth {
                        wave.targets.push(target);
                    }
                }
            }
        }
        Self { waves, of_target }
    }

    /// The wave that a target belongs to, counted from 0.
    pub fn wave_of(&self, target: &TargetId) -> Option<usize> {
        self.of_target.get(target).copied()
    }

    /// Every wave, in turn.
    pub fn iter(&self) -> impl Iterator<Item = &OneWave<'a>> {
        self.waves.iter()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.waves.len()
    }

    /// The first wave that is not through: every later one waits for it. One whose pattern names no
    /// environment that is there is not through: nobody was there to prove the image.
    pub fn turn(&self, through: impl Fn(&TargetId) -> bool) -> Option<WaveTurn<'a>> {
        let mut waves = self.waves.iter().enumerate();
        waves.find_map(|(wave, one)| {
            let missing = one.missing(&through);
            let is_through = one.names_somebody && missing.is_empty();
            (!is_through).then_some(WaveTurn { wave, missing })
        })
    }

    /// No later wave has somebody in it.
    pub fn is_last(&self, wave: usize) -> bool {
        let mut later = self.waves.iter().skip(wave + 1);
        later.all(|one| one.targets.is_empty())
    }

    /// The wave's pattern.
    pub fn pattern(&self, wave: usize) -> &'a str {
        self.waves.get(wave).map_or(EVERYTHING, |one| one.pattern)
    }
}

impl<'a> OneWave<'a> {
    /// Every environment of it is through.
    pub fn through(&self, through: impl Fn(&TargetId) -> bool) -> bool {
        self.names_somebody && self.missing(through).is_empty()
    }

    fn missing(&self, through: impl Fn(&TargetId) -> bool) -> Vec<&'a TargetId> {
        let targets = self.targets.iter().copied();
        targets.filter(|target| !through(target)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::rollout::test_orders::target;

    fn targets(names: &[&str]) -> Vec<TargetId> {
        let named = |name: &&str| TargetId {
            environment: (*name).to_owned(),
            ..target()
        };
        names.iter().map(named).collect()
    }

    fn at_home(targets: &[TargetId]) -> impl Iterator<Item = (&TargetId, String)> {
        let name = |one: &TargetId| one.environment.clone();
        targets.iter().map(move |one| (one, name(one)))
    }

    #[test]
    fn a_pattern_with_an_account_is_for_that_account_alone() {
        let all = targets(&["shop-1", "shop-2"]);
        let names = ["prod:shop-1", "shop-2"].map(str::to_owned);
        let order = patterns(&["stage:*", "prod:shop-*", "shop-*"]);
        let waves = WaveOrder::of(&order, all.iter().zip(names));
        let found: Vec<_> = all.iter().map(|one| waves.wave_of(one)).collect();
        assert_eq!(found, [Some(1), Some(2)]);
    }

    fn patterns(patterns: &[&str]) -> Vec<String> {
        patterns.iter().map(|one| (*one).to_owned()).collect()
    }

    #[test]
    fn each_belongs_to_the_first_pattern_that_names_it() {
        let (all, order) = (
            targets(&["shop-canary", "shop-1", "till-1"]),
            patterns(&["shop-canary", "shop-*"]),
        );
        let waves = WaveOrder::of(&order, at_home(&all));
        let found: Vec<_> = all.iter().map(|one| waves.wave_of(one)).collect();
        assert_eq!(found, [Some(0), Some(1), None]);
        let single = WaveOrder::of(&[], at_home(&all));
        assert!(all.iter().all(|one| single.wave_of(one) == Some(0)));
    }

    #[test]
    fn the_turn_is_the_first_wave_s_that_is_not_through() {
        let (all, order) = (
            targets(&["a-1", "a-2", "b-1", "c-1"]),
            patterns(&["a-*", "b-*", "c-*"]),
        );
        let waves = WaveOrder::of(&order, at_home(&all));
        let turn = |done: &[&str]| {
            let through = |one: &TargetId| done.contains(&one.environment.as_str());
            let turn = waves.turn(through)?;
            Some((turn.wave, turn.missing.len()))
        };
        assert_eq!(turn(&[]), Some((0, 2)));
        assert_eq!(turn(&["a-1", "b-1"]), Some((0, 1)));
        assert_eq!(turn(&["a-1", "a-2"]), Some((1, 1)));
        assert_eq!(turn(&["a-1", "a-2", "b-1"]), Some((2, 1)));
        assert_eq!(turn(&["a-1", "a-2", "b-1", "c-1"]), None);
    }

    #[test]
    fn a_wave_that_names_nobody_is_not_through_and_one_that_is_taken_before_is() {
        let all = targets(&["shop-1", "till-1"]);
        let turn = |patterns: &[String]| {
            let turn = WaveOrder::of(patterns, at_home(&all)).turn(|_| true);
            turn.map(|turn| (turn.wave, turn.missing.len()))
        };
        assert_eq!(turn(&patterns(&["shop-canary", "*"])), Some((0, 0)));
        let taken = patterns(&["shop-*", "shop-1", "till-*"]);
        assert_eq!(turn(&taken), None);
        let waves = WaveOrder::of(&taken, at_home(&all));
        assert!(waves.is_last(2) && !waves.is_last(0));
    }
}
