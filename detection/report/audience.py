"""An audience as a CSV tells it: how many watched when."""

from __future__ import annotations

import csv
import io

from mpr.errors import BadInput

COLUMNS = ("t_s", "viewers")


def read_audience(text: str) -> list[tuple[float, float]]:
    """Points of the curve in time order, for the setting `audience_curve`. The header is `t_s,viewers`; times are
    seconds or h:mm:ss of the footage. Raises BadInput naming the line and what is wrong with it."""
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")), skipinitialspace=True, strict=True)
    try:
        header, *lines = [[cell.strip() for cell in row] for row in rows if any(map(str.strip, row))] or [[]]
    except csv.Error as error:
        raise BadInput(f"The audience is no CSV: {error}. Save it as CSV with commas and try again.") from error
    if tuple(header) != COLUMNS:
        raise BadInput(f"The audience's header is {','.join(COLUMNS)}; this one begins with “{','.join(header)}”.")
    points = sorted(_point(line, number) for number, line in enumerate(lines, 2))
    if not points:
        raise BadInput("The audience has no line; give one for each time at which the number of viewers is known.")
    return points


def _point(cells: list[str], number: int) -> tuple[float, float]:
    if len(cells) != len(COLUMNS):
        raise BadInput(f"Line {number} of the audience has {len(cells)} cells; it takes a time and a number.")
    time_s, viewers = read_seconds(cells[0]), _number(cells[1])
    if time_s is None:
        raise BadInput(f"Line {number} of the audience: “{cells[0]}” is no time; write seconds or h:mm:ss.")
    if viewers is None:
        raise BadInput(f"Line {number} of the audience: “{cells[1]}” is no number of viewers.")
    return time_s, viewers


def read_seconds(text: str) -> float | None:
    """Seconds from seconds, m:ss or h:mm:ss; None for what is no time."""
    parts = text.split(":")
    numbers = [_number(part) for part in parts]
    known = [number for number in numbers if number is not None]
    if len(known) < len(parts) or len(parts) > 3 or any(part >= 60 for part in known[1:]):
        return None
    if any(part != int(part) for part in known[:-1]):
        return None
    return float(sum(part * 60.0**power for power, part in enumerate(reversed(known))))


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None
