"""The picture that stands for footage."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mpr.assets import posters
from mpr.assets.ingest import ingest
from mpr.assets.intake import tidying
from mpr.assets.models import MediaAsset
from mpr.assets.tasks import draw_poster
from mpr.errors import StorageFull
from mpr.pipeline.footage import numbered, write_clip
from mpr.storage.buckets import media_in, media_out

pytestmark = pytest.mark.django_db


@pytest.fixture
def asset(tmp_path, workspace):
    """Black, but for a bright stripe in the middle third."""
    black = np.zeros((720, 1280, 3), np.uint8)
    bright = black.copy()
    bright[:, 400:800] = 255
    pictures = [black] * 10 + [bright] * 10 + [black] * 10
    return ingest(write_clip(tmp_path / "clip.mp4", pictures, keyframe_every=2), workspace=workspace)


def picture_of(asset):
    asset.refresh_from_db()
    return cv2.imdecode(np.frombuffer(media_out.read(asset.poster_path), np.uint8), cv2.IMREAD_COLOR)


def test_it_is_the_keyframe_that_tells_most(asset):
    draw_poster(str(asset.pk))
    picture = picture_of(asset)
    assert picture.shape == (270, 480, 3)
    assert picture[:, 200:250].mean() > 200 > 50 > picture[:, :100].mean()


@pytest.mark.parametrize(("turn", "shape"), [(0, (64, 96, 3)), (90, (96, 64, 3))])
def test_small_footage_is_not_blown_up_and_turned_footage_is_upright(turn, shape, tmp_path, workspace):
    asset = ingest(write_clip(tmp_path / "clip.mp4", numbered(5), rotation_deg=turn), workspace=workspace)
    draw_poster(str(asset.pk))
    assert picture_of(asset).shape == shape


def test_it_is_drawn_once(asset, monkeypatch):
    draw_poster(str(asset.pk))
    asset.refresh_from_db()
    path = asset.poster_path
    monkeypatch.setattr(posters, "draw", lambda *given: pytest.fail("drawn again"))
    draw_poster(str(asset.pk))
    asset.refresh_from_db()
    assert path
    assert asset.poster_path == path


def test_what_cannot_be_drawn_is_tried_three_times(asset, monkeypatch):
    def full(key, data):
        raise StorageFull

    monkeypatch.setattr(media_out, "write", full)
    for tries in (1, 2, 3, 3):
        draw_poster(str(asset.pk))
        asset.refresh_from_db()
        assert (asset.poster_path, asset.poster_tries) == ("", tries)
    media_in.delete(asset.file_path)
    MediaAsset.objects.update(poster_tries=0)
    draw_poster(str(asset.pk))
    asset.refresh_from_db()
    assert asset.poster_tries == 1


def test_footage_that_came_without_a_worker_is_sent_for(asset, monkeypatch):
    told = []
    monkeypatch.setattr(tidying.messages, "waiting", lambda queue: 0)
    monkeypatch.setattr(tidying.messages, "send", lambda *arguments, **given: told.append(arguments))
    assert tidying.send_for_pictures() == 1
    assert told == [("mpr.assets.tasks.draw_poster", str(asset.pk))]
    draw_poster(str(asset.pk))
    assert tidying.send_for_pictures() == 0


def test_it_is_for_those_who_see_the_footage(asset, client, stranger_client, anonymous_client):
    address = f"/assets/{asset.pk}/poster.jpg"
    assert client.get(address).status_code == 404
    draw_poster(str(asset.pk))
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert "private" in answer["Cache-Control"]
    assert stranger_client.get(address).status_code == 404
    assert anonymous_client.get(address).status_code == 302
