"""Every export, opened by what its readers use."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import av
import msgspec
import numpy as np
import opentimelineio
import pypdf
import pypdfium2
import pytest
import webvtt
from pycocotools.coco import COCO

from detection.records import BrandMatch, Fields, Matches, Scenes, StoredMatches
from detection.report.audit import Answer, estimate
from detection.report.compiling import compile_report
from detection.report.contract import Promise, check_contract
from detection.report.exports import pack
from detection.report.exports.catalogue import EXPORTS, Material, find_export
from detection.report.facts import JobFacts
from detection.report.measured import Rung, measure
from detection.report.sampling import draw
from detection.report.settings import Config
from detection.report.words import evidence_name
from mpr.errors import NotFound
from mpr.pipeline.codec import decode, encode
from mpr.pipeline.footage import write_clip
from mpr.pipeline.frames import Frame, encode_jpeg

NAMES = ("Aldermoor", "Öl & Söhne <b>", "=HYPERLINK(1)")


@pytest.fixture
def material(
    film: Callable[..., Scenes],
    sighting: Callable[..., BrandMatch],
    field: Callable[..., list[Fields]],
    facts: JobFacts,
) -> Material:
    """Twenty seconds in four shots. Aldermoor is on a board twice over, the second beside it in shots 1 and 2, the
    third, whose name a spreadsheet would run, for a moment; the frame of seq 30 is no longer kept."""
    picture = np.full((1000, 1000, 3), 90, np.uint8)
    matches = [sighting(seq, box=box) for seq in (*range(0, 10), *range(24, 31))
               for box in ((0.3, 0.55, 0.6, 0.65), (0.7, 0.55, 0.95, 0.65))]  # fmt: skip
    matches += [sighting(seq, NAMES[1], box=(0.1, 0.1, 0.3, 0.2), confidence=0.8) for seq in range(6, 20)]
    matches += [sighting(12, NAMES[2], box=(0.5, 0.8, 0.7, 0.9), confidence=0.6)]
    matches.sort(key=lambda match: (match.seq, match.brand))
    rung = Rung(method="ocr", found=decode(encode(Matches(matches=matches, unresolved=[])), StoredMatches))
    fields = field(dict.fromkeys(range(40), (0.0, 0.5, 1.0, 1.0)))
    config = Config(audience_viewers=600_000, cpm30_price=8.0, currency="EUR")
    compiled = compile_report(measure(film(10, 10, 10, 10), [rung], fields=fields), config)

    def read(frame: Frame) -> Any:
        if frame.seq == 30:
            raise NotFound("It is gone.")
        return picture

    return Material(
        report=compiled.report,
        seen=lambda: compiled.seen,
        facts=replace(facts, video=replace(facts.video, duration_s=20.0)),
        frame_name=evidence_name,
        picture=read,
        jpeg=lambda frame: encode_jpeg(read(frame), quality=80),
        page=lambda report, facts, picture, **more: f"<p>{len(report.brands)}</p>",
        check=check_contract(
            compiled.report,
            [
                Promise(brand="Aldermoor", placement="any", promised_s=5.0),
                Promise(brand="Quillon", placement="jersey", promised_s=9.0),
            ],
        ),
    )


def made(material: Material, name: str, brand: str | None = None) -> bytes:
    return b"".join(find_export(name).make(material, brand))


def rows(material: Material, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(made(material, name).decode())))


def test_json_has_the_contract_and_says_what_is_an_estimate(material: Material) -> None:
    tree = json.loads(made(material, "json"))

    assert tree["schema"] == "mpr.report/1"
    assert tree["estimates"] == {
        "label": "modelled estimate", "fields": ["impressions", "gross_value", "net_value"], "currency": "EUR",
    }  # fmt: skip
    assert (tree["contract"]["met"], tree["contract"]["missed"]) == (1, 1)
    assert tree["preset"]["changes"]["currency"] == "EUR"


def test_placements_are_those_of_the_report(material: Material) -> None:
    found = rows(material, "placements")

    assert [(row["brand"], row["placement"], row["exposure_s"], row["asset_s"]) for row in found] == [
        ("Aldermoor", "all", "8.5", "17.0"),
        ("Aldermoor", "board", "8.5", "17.0"),
        (NAMES[1], "all", "7.0", "7.0"),
        (NAMES[1], "other", "7.0", "7.0"),
        ("'" + NAMES[2], "all", "0.5", "0.5"),
        ("'" + NAMES[2], "board", "0.5", "0.5"),
    ]
    assert float(found[0]["gross_value_estimate"]) == pytest.approx(8.5 / 30 * 600 * 8)


def test_seconds_add_up_to_the_exposure(material: Material) -> None:
    found = rows(material, "seconds")

    for brand in material.report.brands:
        mine = [row for row in found if row["brand"].lstrip("'") == brand.brand]
        assert sum(float(row["exposure_s"]) for row in mine) == pytest.approx(brand.exposure_s)
        assert len({row["second"] for row in mine}) == len(mine)
    fourth = [row for row in found if row["second"] == "3"]
    assert [(row["timecode"], row["brand"], row["placements"], row["brands_visible"]) for row in fourth] == [
        ("0:00:03", "Aldermoor", "board", "2.0"),
        ("0:00:03", NAMES[1], "other", "2.0"),
    ]


# pycocotools 2.0.11 was written before numpy 2 in this point.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_coco_is_read_by_pycocotools(material: Material, tmp_path: Path) -> None:
    path = tmp_path / "coco.json"
    path.write_bytes(made(material, "coco"))

    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(path))

    names = [category["name"] for category in coco.loadCats(coco.getCatIds())]
    assert sorted(names) == sorted(NAMES)
    (alder,) = coco.getCatIds(catNms=["Aldermoor"])
    assert len(coco.getAnnIds(catIds=[alder])) == 2 * 17
    annotation = coco.loadAnns(coco.getAnnIds(catIds=[alder]))[0]
    assert annotation["bbox"] == pytest.approx([300, 550, 300, 100])
    # What pycocotools makes of the polygon covers what we say it does.
    assert coco.annToMask(annotation).sum() == pytest.approx(annotation["area"], rel=0.02)
    image = coco.loadImgs([annotation["image_id"]])[0]
    assert (image["width"], image["height"]) == (1000, 1000)


def test_detections_hang_under_their_events(material: Material) -> None:
    tree = json.loads(made(material, "detections"))

    assert [len(shot["brands"]) for shot in tree["shots"]] == [2, 2, 1, 1]
    events = tree["shots"][0]["brands"][0]["events"]
    assert (events[0]["start_s"], events[0]["end_s"], len(events[0]["detections"])) == (0.0, 5.0, 20)
    unlisted = tree["shots"][1]["brands"][0]["events"]
    assert tree["shots"][1]["brands"][0]["brand"] == NAMES[2]
    assert "start_s" not in unlisted[0]
    count = sum(len(event["detections"]) for shot in tree["shots"] for brand in shot["brands"]
                for event in brand["events"])  # fmt: skip
    assert count == 2 * 17 + 14 + 1
    first = events[0]["detections"][0]
    assert first["polygon"] == [[0.3, 0.55], [0.6, 0.55], [0.6, 0.65], [0.3, 0.65]]
    assert (first["clarity"], first["visible_share"], first["placement"]) == (1.0, 1.0, "board")


@pytest.mark.parametrize("fps", [25.0, 29.97, 50.0])
def test_edl_is_read_by_opentimelineio(material: Material, fps: float) -> None:
    material = replace(material, facts=replace(material.facts, video=replace(material.facts.video, fps=fps)))
    text = made(material, "edl").decode()

    timeline = opentimelineio.adapters.read_from_string(text, "cmx_3600", rate=round(fps))

    clips = list(timeline.find_clips())
    events = sorted(
        (event.start_s, brand.brand, event) for brand in material.report.brands for event in brand.events
    )  # fmt: skip
    assert len(clips) == len(events) == 5
    for clip, (start_s, _, event) in zip(clips, events, strict=True):
        assert clip.source_range.start_time.value == pytest.approx(start_s * fps, abs=0.51)
        assert clip.source_range.duration.value == pytest.approx((event.end_s - start_s) * fps, abs=1.01)
        assert clip.name == "match.mp4"
    assert any("Aldermoor, Board" in note for note in clips[0].metadata["cmx_3600"]["comments"])


def test_edl_of_one_brand_has_only_its_events(material: Material) -> None:
    timeline = opentimelineio.adapters.read_from_string(
        made(material, "edl", "Aldermoor").decode(), "cmx_3600", rate=25
    )

    assert len(list(timeline.find_clips())) == 3


def test_chapters_are_read_by_a_webvtt_parser(material: Material) -> None:
    found = webvtt.from_buffer(io.BytesIO(made(material, "webvtt")))

    assert [(cue.start, cue.end, cue.text) for cue in found] == [
        ("00:00:00.000", "00:00:05.000", "Aldermoor, Öl &amp; Söhne &lt;b&gt;"),
        ("00:00:05.000", "00:00:10.000", "=HYPERLINK(1), Öl &amp; Söhne &lt;b&gt;"),
        ("00:00:10.000", "00:00:20.000", "Aldermoor"),
    ]
    one = webvtt.from_buffer(io.BytesIO(made(material, "webvtt", "Aldermoor")))
    assert [cue.start for cue in one] == ["00:00:00.000", "00:00:12.000", "00:00:15.000"]


def test_chapters_are_read_by_ffmpeg_and_go_into_a_file(material: Material, tmp_path: Path) -> None:
    path = tmp_path / "chapters.ffmetadata"
    path.write_bytes(made(material, "ffmetadata"))
    clip = write_clip(tmp_path / "clip.mp4", [np.full((64, 64, 3), 90, np.uint8)] * 500)

    with av.open(str(path), format="ffmetadata") as read:
        chapters = read.chapters()
        assert read.metadata["title"] == "match.mp4"
    with av.open(str(clip)) as source, av.open(str(tmp_path / "out.mp4"), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        out.set_chapters(chapters)
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    with av.open(str(tmp_path / "out.mp4")) as played:
        kept = [(float(one["start"] * one["time_base"]), one["metadata"]["title"]) for one in played.chapters()]

    assert kept == [
        (0.0, "Aldermoor, Öl & Söhne <b>"), (5.0, "=HYPERLINK(1), Öl & Söhne <b>"), (10.0, "Aldermoor"),
    ]  # fmt: skip


def test_pdf_holds_every_brand_the_contract_and_the_pictures(material: Material) -> None:
    seen = material.seen()
    sample = draw(seen, size=20, seed=1)
    answers = [Answer(stratum=item.stratum, brand=item.brand, verdict="yes" if item.brand else "no")
               for item in sample.items]  # fmt: skip
    audited = estimate(sample.claimed_s, sample.strata, answers, asked=len(answers))

    data = made(replace(material, audited=audited), "pdf")

    reader = pypdf.PdfReader(io.BytesIO(data))
    text = "\n".join(page.extract_text() for page in reader.pages)
    for words in ("match.mp4", *NAMES, "modelled estimate", "Contract", "missed", "1 of 2 promises were met",
                  "How far this can be trusted", "Preset standard, version 2", "min_area_share"):  # fmt: skip
        assert words in text, words
    assert sum(len(page.images) for page in reader.pages) >= 2
    with contextlib.closing(pypdfium2.PdfDocument(data)) as drawn:
        assert len(drawn) == len(reader.pages)
        page = drawn[0].render(scale=1).to_numpy()
    assert page.std() > 10


def test_equal_reports_give_equal_pdfs_but_for_their_date(material: Material) -> None:
    dated = replace(material, facts=replace(material.facts, finished_at=material.facts.started_at))

    assert made(dated, "pdf") == made(dated, "pdf")


def test_signs_that_the_typeface_lacks_are_told(material: Material) -> None:
    renamed = [msgspec.structs.replace(brand, brand="中 Brand") for brand in material.report.brands[:1]]
    report = msgspec.structs.replace(material.report, brands=renamed)

    text = pypdf.PdfReader(io.BytesIO(made(replace(material, report=report), "pdf"))).pages[0].extract_text()

    assert "? Brand" in text


def test_the_evidence_pack_is_whole_and_its_digests_are_right(material: Material) -> None:
    out = io.BytesIO()
    pack.write_pack(material, out)

    with ZipFile(out) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        manifest = json.loads(archive.read("MANIFEST.json"))
        for file in manifest["files"]:
            data = archive.read(file["name"])
            assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"])
        assert {file["name"] for file in manifest["files"]} == set(names) - {"MANIFEST.json"}
        table = list(csv.DictReader(io.StringIO(archive.read("report.csv").decode())))
    assert {export.file_name for export in EXPORTS} <= set(names)
    frames = {row["evidence_frame"] for row in table} - {"evidence/00h00m15s250.jpg"}
    assert {name for name in names if name.startswith("evidence/")} == frames
    crops = [name for name in names if name.startswith("crops/")]
    assert crops == [f"crops/{number:05d}.jpg" for number in range(1, len(table))]


def test_equal_reports_give_equal_packs(material: Material) -> None:
    one, other = io.BytesIO(), io.BytesIO()
    dated = replace(material, facts=replace(material.facts, finished_at=material.facts.started_at))
    pack.write_pack(dated, one)
    pack.write_pack(dated, other)

    assert one.getvalue() == other.getvalue()


def test_without_a_contract_there_is_none_to_export(material: Material) -> None:
    with pytest.raises(NotFound, match="no contract"):
        made(replace(material, check=None), "contract")
    out = io.BytesIO()
    pack.write_pack(replace(material, check=None), out)
    assert "contract.csv" not in ZipFile(out).namelist()


def test_contract_rows_tell_gaps_in_timecode(material: Material) -> None:
    met, missed = rows(material, "contract")

    assert (met["result"], missed["result"], missed["missing_s"]) == ("met", "missed", "9.0")
    assert missed["gaps"] == "0:00:00.000 to 0:00:20.000"


@pytest.mark.parametrize("name", ["xml", "jsn"])
def test_an_export_that_is_not_there(name: str) -> None:
    with pytest.raises(NotFound, match="There is no export"):
        find_export(name)


def test_nothing_seen_can_be_exported(film: Callable[..., Scenes], material: Material) -> None:
    given = decode(encode(Matches(matches=[], unresolved=[])), StoredMatches)
    compiled = compile_report(measure(film(4), [Rung(method="ocr", found=given)]), Config())
    empty = replace(material, report=compiled.report, seen=lambda: compiled.seen, check=None)

    for export in EXPORTS:
        if export.name != "contract":
            assert made(empty, export.name)
    assert json.loads(made(empty, "coco"))["annotations"] == []
