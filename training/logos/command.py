"""What the programs that train a network have in common on the command line."""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import torch


def training_parser(name: str, about: str | None, *, hours: float) -> argparse.ArgumentParser:
    """The parser of `python -m name`: the cache, hours, weights, seed and threads."""
    parser = argparse.ArgumentParser(prog=f"python -m {name}", description=about)
    parser.add_argument("cache", type=Path, help="the folder that keeps what is fetched and drawn, and the run")
    parser.add_argument("--hours", type=float, default=hours, help="how long to learn in all (%(default)s)")
    parser.add_argument("--weights", type=Path, help="where to write the weights at the end")
    parser.add_argument("--seed", type=int, default=1, help="another seed draws others (%(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="threads to learn with (%(default)s)")
    return parser


def begin(given: argparse.Namespace) -> None:
    """Set seed and threads. What is learnt from is drawn in a forked process, and a fork does not survive OpenCV's
    threads."""
    cv2.setNumThreads(0)
    torch.manual_seed(given.seed)
    torch.set_num_threads(given.threads)
