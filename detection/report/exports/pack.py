"""The evidence pack: every export, the frames that prove the events, and a list of all files with their digests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import msgspec

from detection.records import Report
from detection.report.exports.catalogue import EXPORTS, Material
from detection.report.pictures import crop_jpeg
from detection.report.words import evidence_name
from mpr.errors import NotFound
from mpr.pipeline.frames import Frame

FILE_NAME, MEDIA_TYPE = "evidence.zip", "application/zip"
SAYS = "A zip of all of them, with the frame and the crop that prove every event, and a digest of every file."

_CROP_PX, _QUALITY = 640, 88
# What a zip can date nothing before.
_EPOCH = datetime(1980, 1, 1, tzinfo=UTC)
_READ_ME = """\
Evidence of the sponsorship report on {filename}

report.html, report.pdf   the report to read
report.json, *.csv        its numbers
detections.json, coco.json  every detection with its polygon
airings.edl, chapters.*   for editors and players
evidence/                 the frame that proves each event, as it was analysed
crops/                    what lies in its outline; the number is that of the event in report.csv
MANIFEST.json             size and SHA-256 of every file

Job {job}, configuration {config}
Footage {sha256}
"""


def write_pack(material: Material, out: IO[bytes]) -> None:
    """Write the zip. Equal reports give equal bytes. Frames that are no longer kept are left out, and so is an export
    that this report has nothing for."""
    finished = material.facts.finished_at
    stamp = max(finished, _EPOCH) if finished else _EPOCH
    with ZipFile(out, "w") as pack:
        writer = _Writer(pack, stamp)
        facts = material.facts
        read_me = _READ_ME.format(
            filename=facts.video.filename, job=facts.job_id, config=facts.config_hash, sha256=facts.video.sha256
        )
        writer.add("README.txt", iter([read_me.encode()]))
        for export in EXPORTS:
            if export.name == "contract" and material.check is None:
                continue
            writer.add(export.file_name, export.make(material, None))
        for frame in _frames(material.report):
            _add_frame(writer, material, frame)
        _add_crops(writer, material)
        manifest = msgspec.json.format(msgspec.json.encode(writer.manifest(material)), indent=1)
        writer.add("MANIFEST.json", iter([manifest]))


class _Writer:
    """Adds files and remembers their digests."""

    def __init__(self, pack: ZipFile, stamp: datetime) -> None:
        self._pack = pack
        self._stamp = stamp.timetuple()[:6]
        self._files: list[dict[str, object]] = []

    def add(self, name: str, parts: Iterator[bytes]) -> None:
        info = ZipInfo(name, self._stamp)
        # JPEG and PDF are compressed already.
        info.compress_type = ZIP_STORED if name.endswith((".jpg", ".pdf")) else ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        digest, size = hashlib.sha256(), 0
        with self._pack.open(info, "w", force_zip64=True) as file:
            for part in parts:
                digest.update(part)
                size += len(part)
                file.write(part)
        self._files.append({"name": name, "bytes": size, "sha256": digest.hexdigest()})

    def manifest(self, material: Material) -> dict[str, object]:
        facts = material.facts
        return {
            "schema": "mpr.evidence/1",
            "video": {"filename": facts.video.filename, "sha256": facts.video.sha256},
            "job": {"id": facts.job_id, "config_hash": facts.config_hash},
            "preset": msgspec.to_builtins(material.report.preset),
            "files": self._files,
        }


def _frames(report: Report) -> list[Frame]:
    """The events' frames, each once, as they lie in the frame cache."""
    frames = {event.evidence.frame.seq: event.evidence.frame for brand in report.brands for event in brand.events}
    return sorted(frames.values(), key=lambda frame: (frame.pack, frame.offset))


def _add_frame(writer: _Writer, material: Material, frame: Frame) -> None:
    try:
        jpeg = material.jpeg(frame)
    except NotFound:
        return
    writer.add(evidence_name(frame), iter([jpeg]))


def _add_crops(writer: _Writer, material: Material) -> None:
    """Numbered as the rows of report.csv are, from 1."""
    rows = [(event.start_s, brand.brand, event) for brand in material.report.brands for event in brand.events]
    for number, (_, _, event) in enumerate(sorted(rows, key=lambda row: row[:2]), 1):
        try:
            image = material.picture(event.evidence.frame)
        except NotFound:
            continue
        jpeg = crop_jpeg(image, event.evidence.polygon, width_px=_CROP_PX, quality=_QUALITY)
        writer.add(f"crops/{number:05d}.jpg", iter([jpeg]))
