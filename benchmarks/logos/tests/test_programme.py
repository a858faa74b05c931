from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av

from benchmarks.logos.programme import join
from mpr.pipeline.footage import number_of, numbered, write_clip


def test_clips_of_other_sizes_and_rates_follow_one_another(tmp_path: Path) -> None:
    first = write_clip(tmp_path / "first.mp4", numbered(25, width_px=160, height_px=90), fps=25)
    second = write_clip(tmp_path / "second.mp4", numbered(60, width_px=1280, height_px=720), fps=50)
    with av.open(str(join([first, second], tmp_path / "programme.mp4"))) as film:
        seen = [(frame.time, number_of(frame.to_ndarray(format="bgr24"))) for frame in film.decode(video=0)]
        stream = film.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate) == (1280, 720, 25)
    assert [number for _, number in seen[:25]] == list(range(25))
    later = [number for _, number in seen[25:]]
    assert len(later) in (29, 30, 31)
    assert all(1 <= after - before <= 3 for before, after in pairwise(later))
    assert [time for time, _ in seen] == [place / 25 for place in range(len(seen))]
