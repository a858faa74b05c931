from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from detection.records import BrandMatch, Escalation, Replay, Report, Scenes


def test_rungs_say_what_they_resolved_and_cost(
    film: Callable[..., Scenes], sighting: Callable[..., BrandMatch], question: Any, compiled: Callable[..., Report]
) -> None:
    two, one = [question([4]), question([5])], [question([5])]
    cloud = Escalation(
        matches=[sighting(4, method="cloud_llm")], unresolved=one, asked=2, cost_usd_micros=1500
    )  # fmt: skip

    report = compiled(film(6), [sighting(0), sighting(1)], unresolved=two, escalate_cloud=cloud)

    ocr, llm = report.rungs
    assert (ocr.method, ocr.resolved_s, ocr.share_resolved, ocr.settled, ocr.spend_usd) == ("ocr", 1.0, 0.5, 0, 0.0)
    assert (llm.method, llm.resolved_s, llm.share_resolved) == ("cloud_llm", 0.5, 0.25)
    assert (llm.settled, llm.asked, llm.spend_usd) == (1, 2, 0.0015)
    assert report.spend_usd_per_video_hour == pytest.approx(0.0015 * 3600 / 3.0)


@pytest.mark.parametrize(
    ("replays", "seconds"),
    [
        pytest.param(None, {"unknown": 2.0}, id="nothing tells"),
        pytest.param([], {"unknown": 2.0}, id="no replay was marked"),
        pytest.param([(0.5, 1.25)], {"live": 1.25, "replay": 0.75}, id="one replay"),
        pytest.param([(5.0, 6.0)], {"live": 2.0}, id="a replay elsewhere"),
    ],
)
def test_exposure_in_replays_is_told_apart_where_the_picture_tells(
    film: Callable[..., Scenes], sighting: Callable[..., BrandMatch], compiled: Callable[..., Report],
    replays: Any, seconds: dict[str, float],
) -> None:  # fmt: skip
    scenes = film(8)
    spans = None if replays is None else [Replay(start_s=start, end_s=end) for start, end in replays]
    scenes = Scenes(shots=scenes.shots, frames=scenes.frames, dropped=0, replays=spans)

    (brand,) = compiled(scenes, [sighting(seq) for seq in range(4)]).brands

    assert brand.play_seconds == seconds
