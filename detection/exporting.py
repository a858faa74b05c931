"""A job's report on its way out: the material of its exports, and each export as a stream with its name and type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath
from tempfile import TemporaryFile

from detection.audits import audited
from detection.contracts import promises_of
from detection.recompute import Reported
from detection.report.contract import check_contract
from detection.report.exports import pack
from detection.report.exports.catalogue import EXPORTS, Material, find_export
from mpr.errors import BadInput
from mpr.jobs.models import Job

PACK = "evidence"
_PIECE_BYTES = 1 << 18


@dataclass(frozen=True, kw_only=True)
class Stream:
    """An export in pieces. Whoever opens it reads it to its end or closes it."""

    pieces: Iterator[bytes]
    file_name: str
    media_type: str


def offered(job: Job) -> list[tuple[str, str, str, str]]:
    """Name, file name, type and a sentence on every export, the pack last."""
    rows = [(one.name, saved_as(job, one.file_name), one.media_type, one.says) for one in EXPORTS]
    return [*rows, (PACK, saved_as(job, pack.FILE_NAME), pack.MEDIA_TYPE, pack.SAYS)]


def material_of(reported: Reported) -> Material:
    """What exports are made of, with the contract's check and the audit's result where there are any."""
    report = reported.report
    promises = promises_of(reported.job.timeline)
    return replace(
        reported.material(),
        check=None if promises is None else check_contract(report, promises),
        audited=audited(reported.job, report),
    )


def open_export(reported: Reported, name: str, *, brand: str | None = None) -> Stream:
    """Raises NotFound for an export or a report that is not there, BadInput for a brand where none is taken."""
    if name == PACK:
        _refuse(brand, name)
        return Stream(
            pieces=_packed(reported), file_name=saved_as(reported.job, pack.FILE_NAME), media_type=pack.MEDIA_TYPE
        )
    export = find_export(name)
    if not export.takes_brand:
        _refuse(brand, name)
    elif brand is not None and brand not in (known := [one.brand for one in reported.report.brands]):
        raise BadInput(f"The report has no brand “{brand}”; it has {', '.join(known) or 'none'}.")
    pieces = export.make(material_of(reported), brand)
    suffix = f"{brand}-{export.file_name}" if brand else export.file_name
    return Stream(pieces=pieces, file_name=saved_as(reported.job, suffix), media_type=export.media_type)


def saved_as(job: Job, file_name: str) -> str:
    """cup_final-report.json"""
    return f"{PurePath(job.timeline.source_asset.filename).stem}-{file_name}"


def _packed(reported: Reported) -> Iterator[bytes]:
    material = material_of(reported)
    with TemporaryFile() as file:
        pack.write_pack(material, file)
        file.seek(0)
        while piece := file.read(_PIECE_BYTES):
            yield piece


def _refuse(brand: str | None, name: str) -> None:
    if brand is not None:
        takers = ", ".join(export.name for export in EXPORTS if export.takes_brand)
        raise BadInput(f"The export {name} is of all brands; one brand can be had of {takers}.")
