from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from detection.logos.embedding import Embedder, load_embedder
from detection.logos.finding import Search, describe, find, shortlist
from detection.logos.gallery import ExemplarPicture, Gallery, build_gallery
from detection.logos.matching import Networks
from detection.logos.pairing import load_comparer
from detection.logos.scout import Scout, load_scout
from detection.quads import overlap, rectangle
from detection.sample.icons import ICONS, draw_icon
from detection.sample.textures import grass
from mpr.pipeline.frames import Image


def picture(name: str) -> Image:
    cover = draw_icon(name, 160)
    return np.dstack([np.full((160, 160, 3), 30, np.uint8), cover])


def turf() -> Image:
    return cv2.resize(grass(np.random.default_rng(4), 30, 17, 14.0, 5.0), (1280, 720))


def put(frame: Image, name: str, left: int, top: int, size_px: int, board: tuple[int, int, int]) -> None:
    """A sign in the middle of a board of its own."""
    room = size_px // 2
    frame[top - room : top + size_px + room, left - 2 * room : left + size_px + 2 * room] = board
    cover = draw_icon(name, size_px)[..., None].astype(np.float32) / 255
    part = frame[top : top + size_px, left : left + size_px]
    part[:] = (cover * (245, 245, 245) + part * (1 - cover)).astype(np.uint8)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder(1, "cpu")


@pytest.fixture(scope="module")
def networks(embedder: Embedder) -> Networks:
    return Networks(embedder=embedder, comparer=load_comparer(1, "cpu"))


@pytest.fixture(scope="module")
def scout() -> Scout:
    return load_scout(1, "cpu")


@pytest.fixture(scope="module")
def gallery(embedder: Embedder) -> Gallery:
    return build_gallery([ExemplarPicture(brand=name, picture=picture(name)) for name in ICONS], embedder)


def test_signs_are_found_where_they_are(networks: Networks, scout: Scout, gallery: Gallery) -> None:
    frame = turf()
    places = {"leaf": (200, 200, 90), "chevrons": (600, 420, 60), "star": (1000, 150, 120)}
    for name, (left, top, size) in places.items():
        put(frame, name, left, top, size, (120, 40, 30))
    found = find(
        frame, describe(frame, [], networks.embedder, None, scout), gallery, networks, Search(least_confidence=0.5)
    )
    for name, (left, top, size) in places.items():
        of_it = [one for one in found if one.brand == name]
        assert of_it, f"{name} is missing"
        assert overlap(of_it[0].quad, rectangle(left, top, left + size, top + size)) > 0.4
    assert {one.brand for one in found} <= set(places)


def test_the_same_frame_gives_the_same(networks: Networks, scout: Scout, gallery: Gallery) -> None:
    frame = turf()
    put(frame, "ring", 500, 300, 80, (40, 30, 130))
    one, other = (find(frame, describe(frame, [], networks.embedder, None, scout), gallery, networks) for _ in range(2))
    assert one == other


def test_grass_shows_no_brand(networks: Networks, scout: Scout, gallery: Gallery) -> None:
    assert find(turf(), describe(turf(), [], networks.embedder, None, scout), gallery, networks) == []


def test_a_thing_has_one_brand(networks: Networks, scout: Scout) -> None:
    twins = [ExemplarPicture(brand=brand, picture=picture("leaf")) for brand in ("one", "two")]
    frame = turf()
    put(frame, "leaf", 500, 300, 100, (40, 30, 130))
    described = describe(frame, [], networks.embedder, None, scout)
    found = find(frame, described, build_gallery(twins, networks.embedder), networks, Search(least_confidence=0.5))
    assert len(found) <= 1


def test_what_promises_too_little_gets_no_closer_look(networks: Networks, scout: Scout, gallery: Gallery) -> None:
    frame = turf()
    put(frame, "star", 400, 300, 90, (40, 60, 140))
    described = describe(frame, [], networks.embedder, None, scout)
    search = Search()
    candidates = gallery.nearest(described.vectors, top=search.top, least=search.least_score)
    listed = shortlist(candidates, described, search)
    assert listed
    promises = [search.rule.promise(one) for _, rivals in listed for one in rivals]
    assert min(promises) >= search.rule.least_promise
    assert min(search.rule.promise(one) for one in candidates) < search.rule.least_promise
    first = [search.rule.promise(rivals[0]) for _, rivals in listed]
    assert first == sorted(first, reverse=True)
    strict = replace(search, rule=replace(search.rule, least_promise=2.0))
    assert not shortlist(candidates, described, strict)
