#!/usr/bin/env python3
"""Our cron against croniter, which we did not write: seeded random expressions, several ticks each.

    cron_croniter.py TICKS_BINARY [SEED]        (the built examples/ticks.rs)

Prints how many expressions and ticks agreed; exits 1 at the first hundred that do not.

Everything is compared, except what is known to differ; how often that was is printed:
- Where an hour comes twice, croniter ticks in both passes, whatever the schedule. Ours ticks once
  when the schedule picks hours (docs/decisions/clock-changes.md).
- Where half an hour comes twice (Lord Howe), croniter misses ticks of the second pass although it
  ticks in both passes of a whole hour.
- What a gap skips is due at its end; with a field for seconds croniter says :10 of that minute where
  the skipped time had :10, ours says :00.
Both read a leading `*` in a day field as every cron does (croniter's `implement_cron_bug`).
"""

import random
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from croniter import CroniterBadDateError, croniter

MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
DAYS = "SUN MON TUE WED THU FRI SAT".split()
TICKS = 6
# Asked of ours, since some of them may be left out.
ASKED = 10 * TICKS
STAMP = "%Y-%m-%dT%H:%M:%SZ"
# Per zone: how many expressions, and hours near which a third of the questions start.
ZONES = {
    "UTC": (4000, ["2028-02-28T22:00", "2026-12-31T22:00"]),
    "Europe/Zurich": (1500, ["2026-03-29T00:00", "2026-10-24T23:00", "2027-03-27T22:00"]),
    "America/New_York": (1500, ["2026-03-08T05:00", "2026-11-01T04:00"]),
    "Australia/Lord_Howe": (1000, ["2026-04-04T13:00", "2026-10-03T14:00"]),
    "Africa/Cairo": (1000, ["2026-04-23T20:00", "2026-10-29T19:00"]),
}


def part(rng, first, last, words=None):
    """One part of a list, in every form that both sides read in the same way."""
    value = rng.randint(first, last)
    form = rng.random()
    if words and form < 0.15:
        return rng.choice(words)
    if form < 0.55:
        return str(value)
    other = rng.randint(first, last)
    low, high = min(value, other), max(value, other)
    if low == high:
        return str(low)
    step = f"/{rng.randint(1, high - low)}" if form < 0.75 else ""
    return f"{low}-{high}{step}"


def field(rng, first, last, star, words=None):
    roll = rng.random()
    if roll < star:
        return "*"
    if roll < star + 0.15:
        return f"*/{rng.randint(1, last)}"
    return ",".join(part(rng, first, last, words) for _ in range(rng.choice([1, 1, 1, 2, 3])))


def five(rng):
    return " ".join(
        [
            field(rng, 0, 59, 0.2),
            field(rng, 0, 23, 0.3),
            field(rng, 1, 31, 0.4),
            field(rng, 1, 12, 0.5, MONTHS),
            field(rng, 0, 7, 0.4, DAYS),
        ]
    )


def expression(rng):
    """Mostly five fields; sometimes six or seven."""
    kind = rng.random()
    text = five(rng)
    if kind < 0.15:
        text = f"{field(rng, 0, 59, 0.2)} {text}"
        if kind < 0.06:
            year = rng.randint(2026, 2032)
            text += rng.choice([" *", f" {year}", f" {year}-{year + 5}/2", f" {year},{year + 3}"])
    return text


def questions(rng):
    for zone, (count, near) in ZONES.items():
        for _ in range(count):
            if rng.random() < 1 / 3:
                start = datetime.fromisoformat(rng.choice(near)).replace(tzinfo=timezone.utc)
                start += timedelta(seconds=rng.randint(0, 4 * 3600))
            else:
                start = datetime(2025, 1, 1, tzinfo=timezone.utc)
                start += timedelta(seconds=rng.randint(0, 4 * 365 * 86400))
            yield expression(rng), zone, start


def ours(binary, asked):
    lines = [f"{cron}\t{zone}\t{start.strftime(STAMP)}\t{ASKED}\n" for cron, zone, start in asked]
    ran = subprocess.run([binary], input="".join(lines), capture_output=True, text=True, check=True)
    answers = ran.stdout.splitlines()
    assert len(answers) == len(lines), ran.stderr
    return answers


def hours_of(cron):
    """The hour field and the set that it names, as croniter expands it."""
    fields = cron.split()
    field = fields[1] if len(fields) == 5 else fields[2]
    expanded = croniter.expand(f"0 {field} * * *")[0][1]
    return set(range(24)) if expanded == ["*"] else set(expanded)


def known_to_differ(cron, zone, tick):
    """Why a tick is not compared; None for nearly all of them."""
    picks_hours = len(hours_of(cron)) < 24
    local = tick.astimezone(ZoneInfo(zone))
    if local.fold and picks_hours:
        return "second pass of a picked hour"
    if local.fold and zone == "Australia/Lord_Howe":
        return "second pass of half an hour"
    before = (tick - timedelta(minutes=1)).astimezone(ZoneInfo(zone))
    if len(cron.split()) > 5 and picks_hours and before.utcoffset() < local.utcoffset():
        return "seconds at the end of a gap"
    return None


def theirs(cron, zone, start):
    """croniter's ticks; fewer than asked for where it finds nothing more within fifty years."""
    ticks = croniter(
        cron,
        start.astimezone(ZoneInfo(zone)),
        ret_type=datetime,
        implement_cron_bug=True,
        second_at_beginning=len(cron.split()) > 5,
    )
    found = []
    while len(found) < TICKS:
        try:
            tick = ticks.get_next().astimezone(timezone.utc)
        except CroniterBadDateError:
            break
        if tick not in found:
            found.append(tick)
    return found


def agree(cron, zone, mine, expected, left_out):
    """How many ticks agree; None when one does not."""
    # Beyond either side's last answer there is nothing to compare with; croniter's limit is fifty years.
    until = expected[-1] if len(expected) == TICKS else datetime(2075, 1, 1, tzinfo=timezone.utc)
    if len(mine) == ASKED:
        until = min(until, mine[-1])
    kept = [[], []]
    for which, ticks in enumerate([mine, expected]):
        for tick in ticks:
            why = known_to_differ(cron, zone, tick)
            if why:
                left_out[why] += which
            elif tick <= until:
                kept[which].append(tick)
    # Ours was asked for so many ticks as well.
    if len(mine) == ASKED and len(expected) < TICKS:
        return None
    return len(kept[0]) if kept[0] == kept[1] else None


def main():
    binary = sys.argv[1]
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20260301
    rng = random.Random(seed)
    asked = list(questions(rng))
    expressions, ticks, never, left_out, wrong = Counter(), Counter(), Counter(), Counter(), []
    for (cron, zone, start), answer in zip(asked, ours(binary, asked)):
        expected = theirs(cron, zone, start)
        if answer.startswith("error:"):
            # A date that never comes is ours to refuse: croniter must not find one either.
            assert "names a day that no such month has" in answer, (cron, answer)
            never[zone] += 1
            agreed = None if expected else 0
        else:
            mine = [datetime.strptime(tick, STAMP).replace(tzinfo=timezone.utc) for tick in answer.split()]
            agreed = agree(cron, zone, mine, expected, left_out)
            expressions[zone] += agreed is not None
        if agreed is None:
            wrong.append((cron, zone, start, answer, [tick.strftime(STAMP) for tick in expected]))
        ticks[zone] += agreed or 0
    for zone in ZONES:
        print(f"{zone}: {expressions[zone]} expressions, {ticks[zone]} ticks agree; {never[zone]} never come on either side")
    print("not compared:", ", ".join(f"{count} ticks ({why})" for why, count in sorted(left_out.items())) or "nothing")
    print(f"seed {seed}: {sum(expressions.values())} of {len(asked) - sum(never.values())} expressions and {sum(ticks.values())} ticks agree")
    for cron, zone, start, mine, expected in wrong[:100]:
        print(f"DIFFERS {cron!r} in {zone} from {start.isoformat()}\n  ours   {mine}\n  theirs {' '.join(expected)}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
