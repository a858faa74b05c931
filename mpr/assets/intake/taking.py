"""What a worker does with a file that is all here: it becomes an asset of the library."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from mpr.assets.ingest import ingest
from mpr.assets.intake.models import Intake, IntakeStep, IntakeWay
from mpr.assets.intake.sending import growing
from mpr.assets.models import AssetStatus, MediaAsset
from mpr.assets.posters import draw_once
from mpr.assets.working import Progress
from mpr.errors import BadVideo, MprError, NotFound
from mpr.storage.buckets import media_in

logger = logging.getLogger(__name__)


def take_in(intake: Intake, progress: Progress) -> dict[str, Any]:
    """Read the file, put it away and draw its picture; then what came of it is removed where it lay. Raises BadVideo
    with the asset's sentence, and whatever the storage refuses: then all of it stays, to be tried again."""
    _let_go(intake)
    with _bytes_of(intake, progress) as path:
        asset = ingest(
            path,
            workspace=intake.workspace,
            filename=intake.filename,
            progress=lambda done, total: progress(done / total if total else 1.0),
            on_step=partial(_tell, intake, progress),
            on_opened=partial(_belongs_to, intake),
            put=partial(_put, intake, path),
            created_by=intake.created_by,
        )
        _belongs_to(intake, asset)
        if asset.status == AssetStatus.ERROR:
            raise BadVideo(asset.error_message)
        _tell(intake, progress, IntakeStep.DRAWING)
        draw_once(asset, path)
    _remove_source(intake, asset)
    return {"asset": asset, "step": ""}


@contextmanager
def _bytes_of(intake: Intake, progress: Progress) -> Iterator[Path]:
    """The file, for as long as the block runs. Raises NotFound with a sentence when it is gone."""
    try:
        if intake.way == IntakeWay.SERVER:
            path = growing().path(str(intake.pk))
            if not path.is_file():
                raise NotFound(intake.key)
            yield path
            return
        if media_in.folder is None:
            _tell(intake, progress, IntakeStep.FETCHING)
        with media_in.local(intake.key) as path:
            yield path
    except NotFound as error:
        lies = "lies no longer in media_in" if intake.way == IntakeWay.FOUND else "is here no longer; send it again"
        raise NotFound(f"{intake.filename} {lies}.") from error


def _put(intake: Intake, path: Path, key: str) -> None:
    if intake.way == IntakeWay.SERVER:
        media_in.link_file(key, path)
    else:
        media_in.copy(intake.key, key)


def _tell(intake: Intake, progress: Progress, step: IntakeStep) -> None:
    Intake.objects.filter(pk=intake.pk).update(step=step)
    progress(0.0)


def _belongs_to(intake: Intake, asset: MediaAsset) -> None:
    if intake.asset_id != asset.pk:
        intake.asset = asset
        Intake.objects.filter(pk=intake.pk).update(asset=asset)


def _let_go(intake: Intake) -> None:
    """What a worker that died has left half read is taken up again instead of standing there for good."""
    asset = intake.asset
    if asset is not None and asset.status == AssetStatus.PENDING:
        MediaAsset.objects.filter(pk=asset.pk, status=AssetStatus.PENDING).update(status=AssetStatus.ERROR)


def _remove_source(intake: Intake, asset: MediaAsset) -> None:
    """The asset has its own file now. Where an operator's file may not be removed it stays, and is known."""
    if intake.key == asset.file_path:
        return
    try:
        if intake.way == IntakeWay.SERVER:
            growing().remove(str(intake.pk))
        else:
            media_in.delete(intake.key)
    except MprError as error:
        logger.warning("%s stays where it lay: %s", intake.filename, error)
