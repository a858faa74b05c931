from __future__ import annotations

from detection.records import Box, FrameObjects, Objects, TextCandidate, Texts
from mpr.pipeline.transforms import Transform

QUAD = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0))


def text(seq: int, score: float) -> TextCandidate:
    return TextCandidate(seq=seq, box=0, quad=QUAD, text="a", score=score, sharpness=1.0, contrast=0.1)


def box(label: str, score: float) -> Box:
    return Box(quad=QUAD, label=label, score=score, source="text")


def test_a_limit_on_texts_counts_per_frame() -> None:
    texts = Texts(candidates=[text(0, 0.5), text(0, 0.9), text(1, 0.4)])
    passed = texts.select(Transform(limit=1)).candidates
    assert [(candidate.seq, candidate.score) for candidate in passed] == [(0, 0.9), (1, 0.4)]


def test_labels_and_scores_choose_boxes_and_keep_frames() -> None:
    objects = Objects(frames=[FrameObjects(seq=0, boxes=[box("text", 0.9), box("person", 0.9), box("text", 0.1)])])
    passed = objects.select(Transform(labels=("text",), min_score=0.5))
    assert [(found.label, found.score) for found in passed.frames[0].boxes] == [("text", 0.9)]
    assert passed.counts() == {"frames": 1, "boxes": 1, "text": 1}
