#!/usr/bin/env python3
"""Draws the ladder that images go down: docs/pictures/ladder.svg.

    docs/pictures/ladder.py

The days are the defaults that docs/configuration.md gives, and what keeps an image is what the tables of
docs/images.md list, so that the picture is drawn again when those change; a test compares them. Needs Python
alone; writes beside itself.
"""

import html
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
DOCS = HERE.parent
WIDTH, HEIGHT = 900, 496
# Where a rung's box begins, from left to right and downwards, and its size.
LEFT, TOP, ACROSS, DOWN, BOX = 24, 44, 222, 46, (186, 72)
BLUE, YELLOW, RED = ("#e8f0fe", "#4285f4"), ("#fef7e0", "#f9ab00"), ("#fce8e6", "#d93025")
GREY, DARK = "#5f6368", "#202124"


def main():
    days = defaults()
    rungs = [
        ("in force", "nothing has been", "done to it", BLUE),
        ("deprecated", "hidden from others' lists;", "launched as before", BLUE),
        ("disabled", "launched by nobody,", "shared with nobody", YELLOW),
        ("deregistered", "gone,", "and its snapshots", RED),
    ]
    steps = [
        ("superseded", "a newer verified image"),
        (f"{days['disable_after']} days", "disable_after"),
        (f"{days['deregister_after']} days", "deregister_after"),
    ]
    back = ["restore", "restore: enabled and shared again", "no way back"]
    parts = [*head(), *boxes(rungs), *arrows(steps, back), *keeps(days)]
    (HERE / "ladder.svg").write_text("\n".join([*parts, "</svg>", ""]))


def defaults():
    """`[watch.NAME.retire]`: the defaults, in days or images."""
    page = (DOCS / "configuration.md").read_text()
    found = {}
    for name in ("keep_newest", "younger_than", "disable_after", "deregister_after", "rollback_horizon"):
        row = re.search(rf"^\| `watch\.NAME\.retire\.{name}` \|[^|]*\| `\"?(\d+)d?\"?` \|", page, re.M)
        found[name] = int(row[1])
    return found


def first_cells(title):
    """What the first column of the table under this heading of docs/images.md names."""
    page = (DOCS / "images.md").read_text()
    section = page.split(f"### {title}\n", 1)[1].split("\n#", 1)[0]
    return re.findall(r"^\| `(\w+)` \|", section, re.M)


def head():
    title = "The ladder: rungs, dates, the way back, and what keeps an image on its rung"
    marker = '<marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="DejaVu Sans, Helvetica, Arial, sans-serif" font-size="11">',
        f"<title>{title}</title>",
        f'<defs>{marker}<path d="M0 0 L8 4 L0 8 z" fill="{GREY}"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" fill="#ffffff" stroke="#dadce0"/>',
    ]


def corner(rung):
    return LEFT + ACROSS * rung, TOP + DOWN * rung


def text(x, y, words, fill=DARK, anchor="middle", bold=False):
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x}" y="{y}" fill="{fill}" text-anchor="{anchor}"{weight}>{html.escape(words, False)}</text>'


def boxes(rungs):
    for nth, (name, first, second, (fill, stroke)) in enumerate(rungs):
        (x, y), (wide, high) = corner(nth), BOX
        yield f'<rect x="{x}" y="{y}" width="{wide}" height="{high}" rx="6" fill="{fill}" stroke="{stroke}"/>'
        yield text(x + wide // 2, y + 22, name, bold=True)
        yield text(x + wide // 2, y + 42, first)
        yield text(x + wide // 2, y + 58, second)


def arrows(steps, back):
    """Down: along the top, with the date. Back: dashed, from below."""
    wide, high = BOX
    for nth, (date, why) in enumerate(steps):
        (x, y), (beyond, below) = corner(nth), corner(nth + 1)
        turn = beyond + wide - 46
        yield f'<path d="M{x + wide} {y + 18} H{turn} V{below - 4}" fill="none" stroke="{GREY}" stroke-width="1.5" marker-end="url(#a)"/>'
        yield text(x + wide + 8, y + 12, f"{date}: {why}", anchor="start")
        last = nth + 1 == len(steps)
        floor = below + high - 12
        # Whatever comes back is in force again.
        home, roof = corner(0)[0] + wide // 2 - 40 * nth, corner(0)[1] + high + 4
        if not last:
            yield f'<path d="M{beyond} {floor} H{home} V{roof}" fill="none" stroke="#188038" stroke-width="1.5" stroke-dasharray="5 4" marker-end="url(#a)"/>'
        colour = RED[1] if last else "#188038"
        yield text(beyond - 8, floor + 16, back[nth], fill=colour, anchor="end")


def keeps(days):
    top = TOP + DOWN * 3 + BOX[1] + 42
    yield f'<path d="M24 {top - 22} H{WIDTH - 24}" stroke="#dadce0"/>'
    yield text(24, top, "Something names it", anchor="start", bold=True)
    kinds = first_cells("What names an image")
    yield from columns(kinds, 24, top + 22, 178, 7)
    yield text(530, top, "Or another doubt", anchor="start", bold=True)
    named = ("in_use", "unreachable", "superseded")
    doubts = [word for word in first_cells("Why an image stays") if word not in named]
    yield from columns(doubts, 530, top + 22, 150, 7)
    foot = top + 22 + 7 * 18 + 14
    rules = (
        f"Dates count from when it was superseded. The newest {days['keep_newest']} stay, whatever is younger than "
        f"{days['younger_than']} days, and what an environment ran within {days['rollback_horizon']} days."
    )
    yield text(WIDTH // 2, foot, rules, fill=GREY)
    rest = "One rung at a time, a day on each at least. What could not be asked counts as a yes: it stays."
    yield text(WIDTH // 2, foot + 20, rest, fill=GREY)


def columns(words, left, top, wide, high):
    for nth, word in enumerate(words):
        yield text(left + wide * (nth // high), top + 18 * (nth % high), word, anchor="start")


if __name__ == "__main__":
    main()
