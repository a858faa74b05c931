"""Every stage that a server runs gives the same bytes there as here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from detection.records import ExemplarsGiven
from detection.remote.served import ENDPOINTS, SERVED
from detection.remote.stages import remotable
from detection.remote.tests.conftest import Footage, Running, Serve
from detection.stages import detect_edges, detect_objects, embed_regions, field_segmentation, preprocess, run_ocr
from mpr.pipeline.codec import encode

Use = Callable[..., None]


def inputs_of(footage: Footage) -> dict[str, Any]:
    """What each stage reads, computed here."""
    scenes = footage.scenes
    field = field_segmentation.Inputs(filter_scenes=scenes)
    fields = field_segmentation.run(field, field_segmentation.Config(), footage.context())
    edges_in = detect_edges.Inputs(filter_scenes=scenes, field_segmentation=fields)
    edges = detect_edges.run(edges_in, detect_edges.Config(), footage.context())
    objects_in = detect_objects.Inputs(filter_scenes=scenes, detect_edges=edges)
    objects = detect_objects.run(objects_in, detect_objects.Config(), footage.context())
    crops_in = preprocess.Inputs(filter_scenes=scenes, detect_objects=objects)
    crops = preprocess.run(crops_in, preprocess.Config(), footage.context())
    return {
        "field_segmentation": field,
        "detect_edges": edges_in,
        "detect_objects": objects_in,
        "preprocess": crops_in,
        "embed_regions": embed_regions.Inputs(
            filter_scenes=scenes, detect_objects=objects, exemplars_given=ExemplarsGiven()
        ),
        "run_ocr": run_ocr.Inputs(preprocess=crops),
    }


@pytest.mark.parametrize("stage", ENDPOINTS.values(), ids=lambda stage: stage.name)
def test_here_and_there_give_the_same_bytes(stage: Any, footage: Footage, serve: Serve, use: Use) -> None:
    inputs, config = inputs_of(footage)[stage.name], stage.config()
    here = stage.run(inputs, config, footage.context())
    assert sum(here.counts().values()) > 0

    use(serve(), serve())
    heard: list[tuple[int, int]] = []
    there = remotable(stage).run(inputs, config, footage.context(on_progress=lambda *so_far: heard.append(so_far)))

    assert encode(there) == encode(here)
    assert heard[-1][0] == heard[-1][1] > 0


def test_a_stage_that_is_not_named_stays_here(footage: Footage, use: Use, monkeypatch: pytest.MonkeyPatch) -> None:
    use("http://127.0.0.1:9")
    monkeypatch.setenv("INFERENCE_STAGES", ",".join(SERVED - {"field_segmentation"}))
    stage = remotable(field_segmentation.STAGE)
    inputs = field_segmentation.Inputs(filter_scenes=footage.scenes)
    assert len(stage.run(inputs, field_segmentation.Config(), footage.context()).frames) == 4


def test_it_remains_the_same_stage() -> None:
    stage = remotable(run_ocr.STAGE)
    assert (stage.name, stage.version, stage.config) == (run_ocr.STAGE.name, run_ocr.STAGE.version, run_ocr.Config)
    assert stage.doc == run_ocr.STAGE.doc


def test_the_server_looks_at_the_pictures_of_the_worker(footage: Footage, serve: Serve, use: Use) -> None:
    """Not at anything of its own: without a picture it can say nothing."""
    running: Running = serve()
    use(running)
    inputs = field_segmentation.Inputs(filter_scenes=footage.scenes)
    (footage.blobs.root / "frames/pack").unlink()
    with pytest.raises(Exception, match="frames/pack is not stored here"):
        remotable(field_segmentation.STAGE).run(inputs, field_segmentation.Config(), footage.context())
