"""The floor of extracting frames: decoding all of a video and doing nothing with it."""

from __future__ import annotations

import time
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean

import av

from mpr.errors import BadVideo


def bare_decoding(video: Path, *, at_once: int) -> tuple[float, float]:
    """How long a video is, and the CPU seconds that decoding all of it takes on one thread: the mean of so many
    processes that do it at the same time, as workers do, since cores share caches, memory and often more.

    Raises BadVideo for a file that holds no pictures."""
    with get_context("spawn").Pool(at_once) as processes:
        found = processes.map(_decode, [video] * at_once, chunksize=1)
    duration_s = found[0][0]
    if not duration_s:
        raise BadVideo(f"{video} holds no pictures; take it out of the folder.")
    return duration_s, fmean(cpu_s for _, cpu_s in found)


def _decode(video: Path) -> tuple[float, float]:
    begun_s = time.process_time()
    with av.open(str(video)) as file:
        stream = file.streams.video[0]
        stream.codec_context.thread_count = 1
        frames = sum(1 for _ in file.decode(stream))
        rate = stream.average_rate
    return (float(frames / rate) if rate else 0.0), time.process_time() - begun_s
