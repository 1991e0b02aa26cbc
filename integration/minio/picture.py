"""Panels of points over one time axis, as an SVG file: every point's column with its least, median and largest value."""

from collections import namedtuple
import statistics

WIDTH, HEIGHT, LEFT, TOP, COLUMNS = 900, 160, 70, 30, 300

# What is drawn: a title with its unit, and (seconds, value) pairs.
Panel = namedtuple("Panel", "title points")


def columns(points, seconds):
    """(column, least, median, largest) of each column that has points."""
    parts = {}
    for at, value in points:
        parts.setdefault(min(COLUMNS - 1, max(0, int(at / seconds * COLUMNS))), []).append(value)
    return [(column, min(values), statistics.median(values), max(values)) for column, values in sorted(parts.items())]


def panel(shown, seconds, top):
    drawn = columns(shown.points, seconds)
    largest = max((column[3] for column in drawn), default=1) or 1
    step = (WIDTH - LEFT - 10) / COLUMNS

    def x(column): return LEFT + (column + 0.5) * step
    def y(value): return top + TOP + (HEIGHT - TOP - 20) * (1 - value / largest)

    yield f'<text x="{LEFT}" y="{top + 18}" font-weight="bold">{shown.title}</text>'
    for value in (0, largest / 2, largest):
        yield f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.4g}</text>'
        yield f'<path d="M{LEFT} {y(value):.1f}H{WIDTH - 10}" stroke="#ddd"/>'
    for column, least, _, most in drawn:
        yield f'<path d="M{x(column):.1f} {y(least):.1f}V{y(most):.1f}" stroke="#9bc" stroke-width="{step:.2f}"/>'
    line = " ".join(f"{x(column):.1f},{y(median):.1f}" for column, _, median, _ in drawn)
    yield f'<polyline points="{line}" fill="none" stroke="#036" stroke-width="1.5"/>'


def draw(path, seconds, panels):
    """Writes `panels`, one below the other, each with its own scale; the axis ends with the last point."""
    seconds = max([seconds, *(at for shown in panels for at, _ in shown.points)])
    height = HEIGHT * len(panels) + 30
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="12">',
             '<rect width="100%" height="100%" fill="white"/>']
    for number, shown in enumerate(panels):
        lines += panel(shown, seconds, number * HEIGHT)
    for tenth in range(0, 11, 2):
        x = LEFT + (WIDTH - LEFT - 10) * tenth / 10
        lines.append(f'<text x="{x:.0f}" y="{height - 10}" text-anchor="middle">{seconds * tenth / 10:.0f} s</text>')
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join([*lines, "</svg>", ""]))
