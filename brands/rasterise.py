"""Draws one SVG from standard input as PNG to standard output: `python -m brands.rasterise --width 512`.

A process of its own, so that a drawing that takes endless time or memory takes nothing but this process with it.
"""

from __future__ import annotations

import argparse
import resource
import sys

import resvg_py

_CPU_S = 10
_MEMORY_BYTES = 1_500_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    side = parser.add_mutually_exclusive_group(required=True)
    side.add_argument("--width", type=int)
    side.add_argument("--height", type=int)
    wanted = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
    drawing = sys.stdin.buffer.read().decode("utf-8")
    png = resvg_py.svg_to_bytes(
        svg_string=drawing, width=wanted.width, height=wanted.height, skip_system_fonts=True, resources_dir="/dev/null"
    )
    sys.stdout.buffer.write(png)


if __name__ == "__main__":
    main()
