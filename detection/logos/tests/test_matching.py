from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from detection.logos import matching
from detection.logos.crops import check_crop
from detection.logos.embedding import DIMENSIONS, Embedder, load_embedder
from detection.logos.gallery import Candidate, Exemplar, ExemplarPicture, Gallery, build_gallery
from detection.logos.matching import Closeup, Networks, Verified, decide, look_closer, shipped_rule
from detection.logos.pairing import Comparer, load_comparer
from detection.quads import rectangle
from detection.sample.icons import ICONS, draw_icon
from detection.sample.typefaces import DISPLAY_FACES, ink
from mpr.errors import BadInput, MprError
from mpr.pipeline.frames import Image

SILENT = Verified(inliers=0, score=0.0, quad=None)
"""A closer look that adds nothing."""


def icon(name: str, colour: tuple[int, int, int] = (30, 40, 210)) -> Image:
    """A sign on transparent ground, BGRA."""
    cover = draw_icon(name, 200)
    return np.dstack([np.full((200, 200, 3), colour, np.uint8), cover])


def lettering(text: str) -> Image:
    """A wordmark on transparent ground, BGRA: rich in features, as crests are."""
    cover = ink(text, DISPLAY_FACES[0], 120, 0.0)
    cover = np.pad(cover, 6)
    return np.dstack([np.full((*cover.shape, 3), 20, np.uint8), cover])


def on_board(picture: Image, *, size_px: int, at: tuple[int, int], turn_deg: float = 0.0) -> Image:
    """A light board of 320 × 240 with the picture on it."""
    frame = np.full((240, 320, 3), 225, np.uint8)
    scale = size_px / max(picture.shape[:2])
    map_ = cv2.getRotationMatrix2D((picture.shape[1] / 2, picture.shape[0] / 2), turn_deg, scale)
    map_[:, 2] += np.array(at) - np.array(picture.shape[1::-1]) / 2
    laid = cv2.warpAffine(picture, map_, (320, 240), flags=cv2.INTER_AREA)
    cover = laid[..., 3:].astype(np.float32) / 255
    return np.asarray(laid[..., :3] * cover + frame * (1 - cover), np.uint8)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder(1, "cpu")


@pytest.fixture(scope="module")
def gallery(embedder: Embedder) -> Gallery:
    return build_gallery([ExemplarPicture(brand=name, picture=icon(name)) for name in ICONS], embedder)


@pytest.fixture(scope="module")
def networks(embedder: Embedder) -> Networks:
    return Networks(embedder=embedder, comparer=load_comparer(1, "cpu"))


def looked(crop: Image, exemplar: Exemplar, networks: Networks, *, score: float = 0.7) -> Verified:
    """What a closer look says of one crop and one exemplar."""
    return look_closer([(Closeup(crop), Candidate(region=0, exemplar=exemplar, score=score, lead=0.1))], networks)[0]


def test_vectors_have_unit_length_and_do_not_depend_on_company(embedder: Embedder) -> None:
    crops = [on_board(icon(name), size_px=200, at=(160, 120)) for name in ICONS]
    together = embedder.embed(crops)
    assert together.vectors.shape == (len(ICONS), DIMENSIONS)
    assert np.allclose(np.linalg.norm(together.vectors, axis=1), 1, atol=1e-5)
    assert ((together.marks >= 0) & (together.marks <= 1)).all()
    alone = embedder.embed(crops[3:4])
    assert np.allclose(alone.vectors[0], together.vectors[3], atol=1e-3)


def test_no_crops_give_no_vectors(embedder: Embedder) -> None:
    assert embedder.embed([]).vectors.shape == (0, DIMENSIONS)


@pytest.mark.parametrize("name", ICONS)
def test_a_sign_in_another_colour_is_nearest_to_itself(name: str, embedder: Embedder, gallery: Gallery) -> None:
    frame = on_board(icon(name, (160, 70, 20)), size_px=90, at=(160, 120))
    best = gallery.nearest(embedder.embed([frame[72:168, 112:208]]).vectors, top=2)
    assert best[0].brand == name
    assert best[0].score > best[1].score
    assert best[0].lead == pytest.approx(best[0].score - best[1].score, abs=1e-6)


def test_several_pictures_of_a_brand_are_one_candidate(embedder: Embedder) -> None:
    pictures = [ExemplarPicture(brand=brand, picture=icon(name)) for brand, name in zip("aab", ICONS, strict=False)]
    found = build_gallery(pictures, embedder)
    best = found.nearest(embedder.embed([on_board(icon(ICONS[1]), size_px=200, at=(160, 120))]).vectors, top=5)
    assert [one.brand for one in best].count("a") == 1


def test_an_empty_gallery_has_no_candidates(embedder: Embedder) -> None:
    crop = np.zeros((20, 20, 3), np.uint8)
    assert build_gallery([], embedder).nearest(embedder.embed([crop]).vectors) == []


def test_pictures_on_plain_ground_are_cut_out(embedder: Embedder) -> None:
    flat = on_board(icon("star"), size_px=100, at=(160, 120))
    opaque = np.dstack([flat, np.full(flat.shape[:2], 255, np.uint8)])
    exemplar = build_gallery([ExemplarPicture(brand="star", picture=opaque)], embedder).exemplars[0]
    assert exemplar.aspect == pytest.approx(1.05, abs=0.08)
    assert exemplar.views[0].shape[1] < 115


def test_a_picture_that_shows_nothing_is_refused(embedder: Embedder) -> None:
    with pytest.raises(BadInput, match="brand X"):
        build_gallery([ExemplarPicture(brand="brand X", picture=np.zeros((40, 40, 4), np.uint8))], embedder)


def test_missing_weights_are_named(tmp_path) -> None:
    with pytest.raises(MprError, match=r"gone\.onnx"):
        Embedder(tmp_path / "gone.onnx", threads=1, device="cpu")
    with pytest.raises(MprError, match=r"gone\.onnx"):
        Comparer(tmp_path / "gone.onnx", threads=1, device="cpu")


def test_geometry_finds_where_the_logo_lies(embedder: Embedder, networks: Networks) -> None:
    exemplar = build_gallery([ExemplarPicture(brand="w", picture=lettering("Brakewell"))], embedder).exemplars[0]
    frame = on_board(lettering("Brakewell"), size_px=200, at=(160, 120), turn_deg=8)
    crop, scale = check_crop(frame, rectangle(60, 90, 260, 150))
    checked = looked(crop, exemplar, networks)
    assert checked.inliers >= 8
    assert checked.quad is not None
    middle = np.mean(checked.quad, axis=0) / scale
    assert middle == pytest.approx((100 + 0.15 * 200, 30 + 0.15 * 60), abs=8)


def test_local_features_are_left_out_where_they_could_change_nothing(embedder: Embedder, networks: Networks) -> None:
    exemplar = build_gallery([ExemplarPicture(brand="w", picture=lettering("Brakewell"))], embedder).exemplars[0]
    frame = on_board(lettering("Brakewell"), size_px=200, at=(160, 120), turn_deg=8)
    closeup = Closeup(check_crop(frame, rectangle(60, 90, 260, 150))[0])
    candidate = Candidate(region=0, exemplar=exemplar, score=0.9, lead=0.2)
    asked = [(closeup, candidate)] * 2
    first, second = look_closer(asked, networks, lambda place, verified: place == 1)
    assert (first.inliers, first.score, first.quad) == (0, 0.0, None)
    assert second.inliers >= 8
    assert (first.second, first.same) == (second.second, second.same)


def test_geometry_knows_the_negative(embedder: Embedder, networks: Networks) -> None:
    exemplar = build_gallery([ExemplarPicture(brand="w", picture=lettering("Brakewell"))], embedder).exemplars[0]
    frame = 255 - on_board(lettering("Brakewell"), size_px=200, at=(160, 120))
    assert looked(check_crop(frame, rectangle(60, 90, 260, 150))[0], exemplar, networks).inliers >= 8


def test_geometry_finds_nothing_in_other_letters(embedder: Embedder, networks: Networks) -> None:
    exemplar = build_gallery([ExemplarPicture(brand="w", picture=lettering("Brakewell"))], embedder).exemplars[0]
    frame = on_board(lettering("Honditum"), size_px=200, at=(160, 120))
    checked = looked(check_crop(frame, rectangle(60, 90, 260, 150))[0], exemplar, networks)
    assert checked.score < 0.3
    assert checked.same < 0


def test_a_plain_shape_is_laid_upon_a_loose_and_turned_view(gallery: Gallery, networks: Networks) -> None:
    frame = on_board(icon("drop", (150, 60, 20)), size_px=70, at=(160, 120), turn_deg=14)
    crop, _ = check_crop(frame, rectangle(110, 70, 210, 170))
    by_name = {exemplar.brand: looked(crop, exemplar, networks) for exemplar in gallery.exemplars}
    assert by_name["drop"].light > 0.85
    assert by_name["drop"].second == max(one.second for one in by_name.values())
    assert by_name["drop"].same == max(one.same for one in by_name.values()) > 0


def test_the_second_look_counts_where_the_first_box_was_poor(gallery: Gallery) -> None:
    candidate = Candidate(region=0, exemplar=gallery.exemplars[0], score=0.6, lead=0.1)
    poor = Verified(inliers=0, score=0.0, quad=None, second=0.62)
    good = Verified(inliers=0, score=0.0, quad=None, second=0.97)
    assert decide(candidate, 0.9, poor) is None
    assert decide(candidate, 0.9, good, replace(shipped_rule(), threshold=0.8)) is not None


def test_the_pair_network_adds_confidence_and_takes_it(gallery: Gallery) -> None:
    candidate = Candidate(region=0, exemplar=gallery.exemplars[0], score=0.8, lead=0.1)
    rule = replace(shipped_rule(), threshold=0.5)
    against, silent, for_it = (
        decide(candidate, 0.9, Verified(inliers=0, score=0.0, quad=None, same=odds), rule) for odds in (-2.0, 0.0, 6.0)
    )
    assert against is not None
    assert silent is not None
    assert for_it is not None
    assert against < silent < for_it


def test_the_pair_network_tells_signs_apart_whatever_their_company(gallery: Gallery, networks: Networks) -> None:
    star, ring = (next(one for one in gallery.exemplars if one.brand == name) for name in ("star", "ring"))
    seen = on_board(icon("star", (160, 70, 20)), size_px=90, at=(160, 120))[74:166, 114:206]
    pairs = [(star.views[0], seen), (ring.views[0], seen)]
    both = networks.comparer.odds(pairs * 5)
    assert both[0] > 0 > both[1]
    assert np.allclose(both, np.tile(both[:2], 5), atol=0.2)
    assert networks.comparer.odds(pairs[:1])[0] == pytest.approx(both[0], abs=0.2)
    assert len(networks.comparer.odds([])) == 0


def test_where_both_looks_fail_the_pair_network_is_not_asked(
    gallery: Gallery, networks: Networks, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    odds = networks.comparer.odds
    monkeypatch.setattr(networks.comparer, "odds", lambda pairs: asked.append(len(pairs)) or odds(pairs))
    blank = np.full((120, 120, 3), 200, np.uint8)
    assert looked(blank, gallery.exemplars[0], networks, score=0.5).same < 0
    assert asked == [0]


def test_a_damaged_rule_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rule.json").write_text('{"rule": {"threshold": 0.9}}')
    monkeypatch.setattr(matching, "RULE", tmp_path / "rule.json")
    shipped_rule.cache_clear()
    try:
        with pytest.raises(MprError, match=r"rule\.json"):
            shipped_rule()
    finally:
        shipped_rule.cache_clear()


def test_features_add_confidence(gallery: Gallery) -> None:
    candidate = Candidate(region=0, exemplar=gallery.exemplars[0], score=0.7, lead=0.1)
    rule = replace(shipped_rule(), threshold=0.5)
    weak = decide(candidate, 0.9, Verified(inliers=0, score=0.0, quad=None), rule)
    strong = decide(candidate, 0.9, Verified(inliers=12, score=0.8, quad=None), rule)
    assert weak is not None
    assert strong is not None
    assert 0.5 <= weak < strong <= 1


def test_a_plain_exemplar_is_believed_less(gallery: Gallery) -> None:
    exemplars = [replace(gallery.exemplars[0], plainness=plainness) for plainness in (0.4, 0.9)]
    odd, plain = (Candidate(region=0, exemplar=exemplar, score=0.9, lead=0.1) for exemplar in exemplars)
    rule = replace(shipped_rule(), threshold=0.9, per_plainness=1.0)
    assert decide(odd, 0.9, SILENT, rule) is not None
    assert decide(plain, 0.9, SILENT, rule) is None


def test_a_disc_is_plainer_than_lettering(embedder: Embedder) -> None:
    disc = np.zeros((120, 120, 4), np.uint8)
    cv2.circle(disc, (60, 60), 58, (40, 40, 40, 255), -1)
    pictures = [ExemplarPicture(brand="disc", picture=disc), ExemplarPicture(brand="w", picture=lettering("Brakewell"))]
    plain, intricate = build_gallery(pictures, embedder).exemplars
    assert plain.plainness > intricate.plainness + 0.05


def test_what_is_no_mark_is_no_brand(gallery: Gallery) -> None:
    candidate = Candidate(region=0, exemplar=gallery.exemplars[0], score=0.95, lead=0.5)
    assert decide(candidate, 0.0, SILENT) is None
