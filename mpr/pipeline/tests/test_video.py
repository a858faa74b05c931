"""Frames are decoded as they are asked for."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import PictureType

from mpr.pipeline.video import open_video

_FRAMES = 24


def _write(path: Path) -> Path:
    """Something that moves, coarsely encoded, every second frame predicted from its neighbours and from no other."""
    rng = np.random.default_rng(7)
    ground = np.kron(rng.integers(0, 255, (24, 40)), np.ones((12, 12))).astype(np.uint8)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=25, options={"bf": "1", "b-pyramid": "none", "qp": "40"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(_FRAMES):
            picture = np.ascontiguousarray(ground[number : number + 240, 2 * number : 2 * number + 320])
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="gray8").reformat(format="yuv420p")))
        file.mux(stream.encode(None))
    return path


def _frames(path: Path, *, deblocks_all: bool) -> dict[int, tuple[str, bytes]]:
    with open_video(path, name=path.name, deblocks_all=deblocks_all) as video:
        return {
            ticks: (PictureType(frame.pict_type).name, frame.to_ndarray(format="gray").tobytes())
            for ticks, frame in video.frames(video.packets())
        }


def test_without_deblocking_all_only_frames_that_no_other_rests_on_differ(tmp_path: Path) -> None:
    path = _write(tmp_path / "clip.mp4")
    smooth, quick = _frames(path, deblocks_all=True), _frames(path, deblocks_all=False)
    assert len(smooth) == _FRAMES
    assert quick.keys() == smooth.keys()
    differs = {ticks for ticks in smooth if smooth[ticks] != quick[ticks]}
    assert differs
    assert {smooth[ticks][0] for ticks in differs} == {"B"}
    assert {kind for kind, _ in smooth.values()} == {"I", "P", "B"}


@pytest.mark.parametrize("threads", [1, 2])
def test_frames_before_a_moment_come_only_if_later_ones_need_them(tmp_path: Path, threads: int) -> None:
    path = _write(tmp_path / "clip.mp4")
    whole = _frames(path, deblocks_all=True)
    begin = sorted(whole)[13]
    with open_video(path, name=path.name, threads=threads) as video:
        found = {
            ticks: frame.to_ndarray(format="gray").tobytes()
            for ticks, frame in video.frames(video.packets(), from_ticks=begin)
        }
    assert {ticks for ticks in whole if ticks >= begin} <= found.keys()
    assert all(found[ticks] == whole[ticks][1] for ticks in found)
    left_out = whole.keys() - found.keys()
    assert left_out
    assert {whole[ticks][0] for ticks in left_out} == {"B"}
