"""Plots as SVG that stands in the page itself: no scripts, nothing fetched, and readable in grey, for every stretch says its number.

In: columns of counts by series.  Out: markup.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

WIDTH, HEIGHT = 680, 200
LEFT, BOTTOM, TOP = 36, 24, 10
COLOURS = {"red": "#c62828", "orange": "#ef7d00", "yellow": "#f2c200", "blue": "#2f6fb3"}
DARK = ("red", "blue")
"""Colours on which numbers are white."""
NUMBER_HEIGHT_MIN, NUMBER_WIDTH_MIN = 11, 12
"""A smaller stretch has no number of its own."""
TICKS = 4
LABELS_MAX = 31


def stacked(columns: Sequence[tuple[str, Mapping[str, int]]], levels: Sequence[str], names: Mapping[str, str], title: str) -> Markup:
    """Columns of counts by level, the lightest below. `names`: of the levels, as they are shown."""
    most = max((sum(counts.values()) for _, counts in columns), default=0)
    top = _round_up(most)
    plot_width, plot_height = WIDTH - LEFT, HEIGHT - TOP - BOTTOM
    step = plot_width / max(len(columns), 1)
    width = min(step * 0.72, 56)
    parts = [
        Markup('<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}"><title>{}</title>').format(WIDTH, HEIGHT, title, title)
    ]
    for tick in sorted({round(top * n / TICKS) for n in range(TICKS + 1)}):
        y = TOP + plot_height * (1 - tick / top)
        parts.append(Markup('<line x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}" class="grid"/>').format(LEFT, WIDTH, y, y))
        parts.append(Markup('<text x="{}" y="{:.1f}" class="tick" text-anchor="end">{}</text>').format(LEFT - 6, y + 3.5, tick))
    for place, (label, counts) in enumerate(columns):
        x = LEFT + step * place + (step - width) / 2
        y = float(TOP + plot_height)
        for level in reversed(levels):
            count = counts.get(level, 0)
            if not count:
                continue
            height = plot_height * count / top
            y -= height
            parts.append(
                Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}"><title>{}</title></rect>').format(
                    x, y, width, height, COLOURS[level], f"{label} {names[level]}: {count}"
                )
            )
            if height >= NUMBER_HEIGHT_MIN and width >= NUMBER_WIDTH_MIN:
                parts.append(
                    Markup('<text x="{:.1f}" y="{:.1f}" class="number" fill="{}" text-anchor="middle">{}</text>').format(
                        x + width / 2, y + height / 2 + 3.5, "#fff" if level in DARK else "#222", count
                    )
                )
        if len(columns) <= LABELS_MAX:
            parts.append(
                Markup('<text x="{:.1f}" y="{}" class="tick" text-anchor="middle">{}</text>').format(
                    x + width / 2, HEIGHT - 8, escape(label)
                )
            )
    parts.append(Markup("</svg>"))
    return Markup("").join(parts)


def bar(part: float, colour: str = "#2f6fb3") -> Markup:
    """A bar of a table's row: `part` of the whole width."""
    return Markup(
        '<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect width="{:.1f}" height="10" fill="{}"/></svg>'
    ).format(100 * min(max(part, 0), 1), colour)


def _round_up(most: int) -> int:
    """A round number that the axis divides into whole steps: 4, 8, 20, 40, 80, …"""
    size, factors = TICKS, (2.0, 2.5, 2.0)
    turn = 0
    while size < most:
        size = int(size * factors[turn % len(factors)])
        turn += 1
    return size
