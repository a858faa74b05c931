"""The picture that stands for footage: drawn once, kept in media_out."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from django.db import connection
from django.db.models import F

from mpr.assets.models import AssetStatus, MediaAsset
from mpr.errors import BadVideo, MprError
from mpr.pipeline.frames import Image, encode_jpeg
from mpr.pipeline.playback import Converter
from mpr.pipeline.video import open_video
from mpr.storage.buckets import media_in, media_out

WIDTH_PX = 480
_TALLEST_PX = 480
_QUALITY = 80
# Films begin in black; a frame further in tells more. The one with the most contrast is taken.
_PLACES = (0.1, 0.3, 0.5)
MOST_TRIES = 3

logger = logging.getLogger(__name__)


def draw_once(asset: MediaAsset, path: Path) -> None:
    """Draw the picture of an asset from its file and keep it, unless it is there. What goes wrong is noted and leaves
    the asset as it is; a sweep tries again, MOST_TRIES times in all."""
    if asset.poster_path:
        return
    rows = MediaAsset.objects.filter(pk=asset.pk)
    rows.update(poster_tries=F("poster_tries") + 1)
    key = poster_key(asset)
    try:
        media_out.write(key, draw(path, asset))
    except (MprError, cv2.error) as error:
        logger.warning("no picture of %s: %s", asset.pk, error)
        return
    rows.update(poster_path=key)
    asset.poster_path = key


def draw_of(asset_id: str) -> None:
    """The same for an asset whose file lies in media_in."""
    asset = MediaAsset.objects.filter(pk=asset_id, status=AssetStatus.READY, poster_path="", deleted_at=None).first()
    if asset is None or asset.poster_tries >= MOST_TRIES:
        return
    with _alone(asset) as is_alone:
        if not is_alone:
            return
        try:
            with media_in.local(asset.file_path) as path:
                draw_once(asset, path)
        except MprError as error:
            MediaAsset.objects.filter(pk=asset.pk).update(poster_tries=F("poster_tries") + 1)
            logger.warning("no picture of %s: %s", asset.pk, error)


@contextmanager
def _alone(asset: MediaAsset) -> Iterator[bool]:
    """Whether nobody else draws this picture while the block runs: sweeps send for it again and again, and on S3 the
    file is fetched first."""
    lock = [f"{asset.pk} picture"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", lock)
        is_alone = bool(cursor.fetchone()[0])
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", lock)


def poster_key(asset: MediaAsset) -> str:
    return f"posters/{asset.pk}.jpg"


def draw(path: Path, asset: MediaAsset) -> bytes:
    """A JPEG of the most telling of some keyframes, as shown, WIDTH_PX wide or less. Raises BadVideo."""
    pictures = [_near(path, asset, share) for share in _PLACES]
    found = [picture for picture in pictures if picture is not None]
    if not found:
        raise BadVideo(f"No keyframe of {asset.filename} can be decoded.")
    return encode_jpeg(max(found, key=lambda picture: float(np.std(picture))), quality=_QUALITY)


def _near(path: Path, asset: MediaAsset, share: float) -> Image | None:
    """The keyframe before a place in the film."""
    with open_video(path, name=asset.filename, keyframes_only=True) as video:
        begin = video.stream.start_time or 0
        _, packets = video.packets_from(begin + round(share * (asset.duration_s or 0.0) / video.tick_s))
        found = next(video.frames(packets), None)
        if found is None:
            return None
        _, frame = found
        width_px, height_px = asset.width or frame.width, asset.height or frame.height
        scale = min(1.0, WIDTH_PX / width_px, _TALLEST_PX / height_px)
        return Converter(max(2, round(width_px * scale)), max(2, round(height_px * scale))).picture(frame)
