from __future__ import annotations

from pathlib import Path

import av
import numpy as np

from benchmarks.logos.programme import show_stills
from benchmarks.logos.scenes import Scene, Shown
from benchmarks.logos.stills import compared
from benchmarks.logos.through import Claim
from detection.quads import rectangle

BLANK = np.zeros((720, 1280, 3), np.uint8)


def shown(brand: str, *, size_px: float = 64.0, blur: float = 0.0) -> Shown:
    return Shown(brand=brand, quad=rectangle(0, 0, size_px, size_px), size_px=size_px, blur=blur)


def scene(kind: str, *logos: Shown) -> Scene:
    return Scene(kind=kind, image=BLANK, shown=logos, brands=frozenset(one.brand for one in logos))


def claim(brand: str, start_s: float, end_s: float) -> Claim:
    return Claim(clip="stills", brand=brand, start_s=start_s, end_s=end_s, confidence=0.95)


def test_a_brand_counts_once_a_picture_and_only_where_it_should_be_seen() -> None:
    scenes = [
        scene("laid", shown("a"), shown("a"), shown("b"), shown("c", size_px=26), shown("d", blur=0.08)),
        scene("boards", shown("a"), shown("b")),
        scene("other logos", shown("e")),
    ]
    claims = [claim("a", 0.0, 4.0), claim("b", 1.0, 2.2), claim("d", 0.0, 2.0)]
    found, false = compared(scenes, claims, hold_s=2.0)
    assert (found["laid"].asked, found["laid"].found) == (2, 2)
    assert (found["boards"].asked, found["boards"].found) == (2, 1)
    assert found["on photographs"].asked == 0
    assert false == []


def test_what_a_picture_does_not_show_is_claimed_falsely() -> None:
    scenes = [scene("laid", shown("a")), scene("bare"), scene("other logos", shown("e"))]
    _, false = compared(scenes, [claim("b", 0.5, 4.5), claim("e", 4.0, 6.0)], hold_s=2.0)
    assert false == [(0, "laid", "b"), (1, "bare", "b")]


def test_each_picture_is_held_for_its_time(tmp_path: Path) -> None:
    tones = [np.full((720, 1280, 3), tone, np.uint8) for tone in (20, 120, 220)]
    with av.open(str(show_stills(tones, 0.4, tmp_path / "stills.mp4"))) as film:
        seen = [float(frame.to_ndarray(format="gray").mean()) for frame in film.decode(video=0)]
    assert len(seen) == 30
    for place, tone in enumerate((20, 120, 220)):
        assert np.allclose(seen[place * 10 : place * 10 + 10], tone, atol=6)
