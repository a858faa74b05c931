from __future__ import annotations

import argparse
from pathlib import Path

import msgspec

from training.confusions.costs import count, learnt
from training.confusions.reading import read_lines

_LINES = 24_000


def main() -> None:
    """Draw, read, count and write; some ten minutes on one core."""
    parser = argparse.ArgumentParser(prog="python -m training.confusions", description=main.__doc__)
    parser.add_argument("table", type=Path, help="where to write the costs")
    parser.add_argument("--lines", type=int, default=_LINES, help="how many lines to draw (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="another seed draws others (%(default)s)")
    given = parser.parse_args()
    lines = []
    for number, (drawn, read, _) in enumerate(read_lines(given.lines, given.seed), start=1):
        lines.append((drawn, read))
        if number % 1000 == 0:
            print(f"{number} lines read", flush=True)
    taken, letters = count(lines)
    table = msgspec.json.format(msgspec.json.encode(learnt(taken, letters)), indent=1)
    given.table.write_bytes(table + b"\n")
    right = sum(drawn == read for drawn, read in lines)
    print(f"{len(lines)} of {given.lines} lines could be aligned, {right / len(lines):.1%} were right: {given.table}")


if __name__ == "__main__":
    main()
