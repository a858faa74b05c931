from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from msgspec.structs import replace

from detection.logos.matching import Rule
from detection.quads import overlap, rectangle
from detection.records import (
    Box,
    BrandMatch,
    ExemplarFile,
    Exemplars,
    ExemplarsGiven,
    FrameObjects,
    KeptFrame,
    Matches,
    Objects,
    Scenes,
    Shot,
    TextCandidate,
    Texts,
    Track,
    Tracks,
    View,
)
from detection.stages import embed_regions, match_logos
from mpr.errors import BadInput
from mpr.pipeline.codec import encode
from mpr.pipeline.context import Context

from .conftest import Shoot
from .logo_scenes import SIGN_PX, PlainEmbedder, exemplar_png, lawn, with_sign

PLAIN = {"min_cosine": 0.6}
RULE = Rule(
    threshold=0.75, per_score=0.0, per_same=0.0, per_lead=0.0, per_plainness=0.0, first_lead=0.0, first_plainness=0.0,
    least_promise=0.0, least_mark=0.1, steepness=20.0,
)  # fmt: skip
"""Where the plain embedder tells the drawn signs apart."""


@pytest.fixture(autouse=True)
def embedder(monkeypatch: pytest.MonkeyPatch) -> PlainEmbedder:
    plain = PlainEmbedder()
    for stage in (embed_regions, match_logos):
        monkeypatch.setattr(stage, "load_embedder", lambda *given: plain)
    monkeypatch.setattr(match_logos, "shipped_rule", lambda: RULE)
    return plain


def sign_at(left_px: int) -> Any:
    return rectangle(left_px, 120, left_px + SIGN_PX, 120 + SIGN_PX)


def exemplars(ctx: Context, **signs: str) -> Exemplars:
    """Each brand with the picture of a sign, stored where people's things lie."""
    for brand, sign in signs.items():
        ctx.media.write(f"exemplars/{brand}.png", exemplar_png(sign))
    return Exemplars(
        exemplars=[ExemplarFile(brand=brand, key=f"exemplars/{brand}.png", sha256="0" * 64) for brand in signs]
    )


def matched(
    scenes: Scenes, ctx: Context, given: Exemplars, *, read: Any = (), open_questions: Any = (), tracks: Any = None,
    boxes: Any = (), texts: Any = None, **config: Any,
) -> Matches:  # fmt: skip
    objects = Objects(
        frames=[
            FrameObjects(
                seq=kept.frame.seq, boxes=[Box(quad=quad, label="text", score=0.9, source="text") for quad in boxes]
            )
            for kept in scenes.frames
        ]
    )  # fmt: skip
    followed = None if tracks is None else Tracks(tracks=tracks)
    regions = embed_regions.run(
        embed_regions.Inputs(
            filter_scenes=scenes, detect_objects=objects, exemplars_given=ExemplarsGiven(), track_objects=followed
        ),
        embed_regions.Config(),
        ctx,
    )
    inputs = match_logos.Inputs(
        embed_regions=[regions], filter_scenes=scenes, exemplars=given,
        match_brands=Matches(matches=list(read), unresolved=list(open_questions)),
        track_objects=None if followed is None else [followed],
        run_ocr=None if texts is None else [Texts(candidates=texts)],
    )  # fmt: skip
    return match_logos.run(inputs, match_logos.Config(**{**PLAIN, **config}), ctx)


def test_a_sign_is_found_in_every_frame_where_it_is(shoot: Shoot) -> None:
    scenes, ctx = shoot([with_sign(lawn(), "star", 100 + 40 * seq) for seq in range(4)] + [lawn()])
    found = matched(scenes, ctx, exemplars(ctx, Zephyra="star", Quillon="ring"))
    assert [(one.seq, one.brand, one.method) for one in found.matches] == [(seq, "Zephyra", "logo") for seq in range(4)]
    for seq, one in enumerate(found.matches):
        assert overlap(one.quad, sign_at(100 + 40 * seq)) > 0.5
        assert (one.start_s, one.end_s) == (seq / 2, seq / 2 + 0.5)
    assert found.matches[0].boundary_error_s == 0.25
    assert found.counts() == {"matches": 4, "unresolved": 0}


def test_another_sign_is_not_taken_for_it(shoot: Shoot) -> None:
    scenes, ctx = shoot([with_sign(lawn(), "ring", 100) for _ in range(3)])
    assert not matched(scenes, ctx, exemplars(ctx, Zephyra="star", Quillon="bars")).matches


def test_the_same_inputs_give_the_same_bytes(shoot: Shoot) -> None:
    scenes, ctx = shoot([with_sign(with_sign(lawn(), "star", 100 + 9 * seq), "bars", 400) for seq in range(3)])
    given = exemplars(ctx, Zephyra="star", Quillon="bars")
    assert encode(matched(scenes, ctx, given)) == encode(matched(scenes, ctx, given))


def test_no_sighting_crosses_a_cut(shoot: Shoot) -> None:
    scenes, ctx = shoot([with_sign(lawn(), "star", 100) for _ in range(4)])
    times_s = [(0.0, 0.5), (0.5, 0.9), (0.9, 1.5), (1.5, 2.0)]
    cut = Scenes(
        shots=[Shot(number=0, start_s=0.0, end_s=0.9), Shot(number=1, start_s=0.9, end_s=2.0)],
        frames=[
            KeptFrame(frame=kept.frame, shot=number // 2, start_s=times_s[number][0], end_s=times_s[number][1])
            for number, kept in enumerate(scenes.frames)
        ],
        dropped=0,
    )
    found = matched(cut, ctx, exemplars(ctx, Zephyra="star")).matches
    assert [(one.start_s, one.end_s) for one in found] == times_s


def test_one_doubtful_frame_is_not_enough_but_agreeing_ones_are(shoot: Shoot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(match_logos, "shipped_rule", lambda: dataclasses.replace(RULE, steepness=8.0))
    scenes, ctx = shoot([with_sign(lawn(), "star", 100), lawn(), lawn()])
    given = exemplars(ctx, Zephyra="star")
    alone = matched(scenes, ctx, given, sure_confidence=0.5).matches[0].confidence
    doubtful = {"sure_confidence": alone + 0.01}
    assert not matched(scenes, ctx, given, **doubtful).matches
    scenes, ctx = shoot([with_sign(lawn(), "star", 100), with_sign(lawn(), "star", 100), lawn()])
    assert len(matched(scenes, ctx, given, **doubtful).matches) == 2
    assert not matched(scenes, ctx, given, **doubtful, agreeing_frames=3).matches
    assert not matched(scenes, ctx, given, **doubtful, agreeing_frames=3).matches


def test_a_letter_of_a_word_that_is_read_is_no_logo(shoot: Shoot) -> None:
    scenes, ctx = shoot([with_sign(lawn(), "star", 100) for _ in range(2)])
    given = exemplars(ctx, Zephyra="star")
    word = rectangle(90, 115, 90 + 4 * SIGN_PX, 125 + SIGN_PX)
    texts = [
        TextCandidate(seq=seq, box=0, quad=word, text="AZUREA", score=0.9, sharpness=500.0, contrast=0.2)
        for seq in range(2)
    ]
    assert matched(scenes, ctx, given).matches
    assert not matched(scenes, ctx, given, texts=texts).matches
    texts = [replace(text, quad=rectangle(240, 115, 400, 160)) for text in texts]
    assert matched(scenes, ctx, given, texts=texts).matches


def test_a_sign_on_a_track_is_seen_for_exactly_as_long_as_the_track(shoot: Shoot) -> None:
    scenes, ctx = shoot([with_sign(lawn(), "star", 100 + 20 * seq) for seq in range(6)])
    views = [
        View(seq=seq, box=-1 if seq == 2 else 0, quad=sign_at(100 + 20 * seq), start_s=0.12 + seq / 2,
             end_s=0.62 + seq / 2, sharpness=500.0, contrast=0.3)
        for seq in range(6)
    ]  # fmt: skip
    track = Track(
        number=0, shot=0, label="text", start_s=0.12, end_s=3.12, start_cause="vanished", end_cause="vanished",
        start_error_s=0.04, end_error_s=0.04, motion="camera", views=views,
    )  # fmt: skip
    found = matched(scenes, ctx, exemplars(ctx, Zephyra="star"), tracks=[track]).matches
    assert [(one.start_s, one.end_s) for one in found] == [(view.start_s, view.end_s) for view in views]
    assert all(overlap(one.quad, view.quad) > 0.7 for one, view in zip(found, views, strict=True))
    assert {one.motion for one in found} == {"camera"}


def test_text_of_its_brand_on_it_makes_it_surer(shoot: Shoot) -> None:
    scenes, ctx = shoot([with_sign(lawn(), "star", 100) for _ in range(2)])
    read = [
        BrandMatch(
            seq=seq, boxes=[0], quad=rectangle(110, 215, 180, 235), brand="Zephyra", text="ZEPHYRA", confidence=0.8,
            sharpness=500.0, contrast=0.2, method="ocr", start_s=seq / 2, end_s=seq / 2 + 0.5, boundary_error_s=0.25,
        )
        for seq in range(2)
    ]  # fmt: skip
    given = exemplars(ctx, Zephyra="star")
    alone, both = matched(scenes, ctx, given).matches[0], matched(scenes, ctx, given, read=read).matches[0]
    assert both.confidence > alone.confidence
    assert (alone.text, both.text) == ("", "ZEPHYRA")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (None, "An exemplar of Zephyra was deleted after this was planned; replay the job from match_logos."),
        (b"no picture", "An exemplar of Zephyra is damaged; add it again, then replay the job from match_logos."),
    ],
    ids=["deleted", "damaged"],
)
def test_a_picture_that_cannot_be_had_is_one_sentence(shoot: Shoot, data: bytes | None, sentence: str) -> None:
    scenes, ctx = shoot([lawn()])
    given = Exemplars(exemplars=[ExemplarFile(brand="Zephyra", key="gone.png", sha256="0" * 64)])
    if data is not None:
        ctx.media.write("gone.png", data)
    with pytest.raises(BadInput) as raised:
        matched(scenes, ctx, given)
    assert raised.value.message == sentence


def test_regions_that_are_too_small_are_not_compared(shoot: Shoot) -> None:
    scenes, ctx = shoot([with_sign(lawn(), "star", 100) for _ in range(2)])
    given = exemplars(ctx, Zephyra="star")
    assert matched(scenes, ctx, given, least_side_px=SIGN_PX / 2).matches
    assert not matched(scenes, ctx, given, least_side_px=SIGN_PX * 2).matches
