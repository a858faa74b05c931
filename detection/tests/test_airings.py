from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from brands.models import Brand
from detection.airings import write_airings
from detection.models import Airing, ReviewState
from detection.records import BrandReport, Event, Evidence, Report
from mpr.assets.models import MediaAsset, Timeline
from mpr.jobs.models import Job
from mpr.pipeline.frames import Frame
from mpr.workspaces.models import Workspace

pytestmark = pytest.mark.django_db

FRAME = Frame(seq=3, pts_s=1.75, width_px=100, height_px=50, pack="frames/0.pack", offset=7, size=9)
POLYGON = [(0.1, 0.2), (0.3, 0.2), (0.3, 0.4), (0.1, 0.4)]


def event(start_s: float = 1.5, end_s: float = 3.0, **changes: Any) -> Event:
    values: dict[str, Any] = {
        "placement": "board",
        "method": "local_vlm",
        "confidence": 0.93,
        "mean_area_share": 0.02,
        "max_area_share": 0.03,
        "position": 0.5,
        "clarity": 0.6,
        "sightings": 3,
        "start_error_s": 0.04,
        "end_error_s": 0.25,
        "evidence": Evidence(t_s=1.75, polygon=POLYGON, text="ALDERMOOR", frame=FRAME),
        "path": [(1.75, 0.2, 0.3)],
        "methods": ["ocr", "local_vlm"],
    }
    return Event(start_s=start_s, end_s=end_s, **(values | changes))


def report(**events: list[Event]) -> Report:
    def brand(name: str, its: list[Event]) -> BrandReport:
        shares = dict.fromkeys(
            ("share_of_voice", "concurrent_share_of_voice", "area_share_of_voice", "area_seconds", "mean_area_share",
             "max_area_share", "position", "clarity", "solus_s", "mean_brands_visible", "quality_s", "quality_index",
             "exposure_s", "exposure_low_s", "exposure_high_s"), 1.0,
        )  # fmt: skip
        return BrandReport(
            brand=name, event_count=len(its), zone_seconds=[0.0] * 9, placement_seconds={}, asset_seconds={},
            method_seconds={}, events=its, intervals=[], **shares,
        )  # fmt: skip

    return Report(analysed_s=10.0, brands=[brand(name, its) for name, its in events.items()], unresolved=[], shots=[])


@pytest.fixture
def job(workspace: Workspace) -> Job:
    asset = MediaAsset.objects.create(workspace=workspace, filename="match.mp4")
    timeline = Timeline.objects.create(source_asset=asset, chunk_paths=["a"], profile_name="p", fps=25.0)
    return Job.objects.create(timeline=timeline, profile_name="p", plan={})


def test_event_becomes_a_row(job: Job) -> None:
    write_airings(job, report(Aldermoor=[event()]))

    airing = Airing.objects.get()
    assert (airing.job, airing.brand, airing.brand_name) == (job, None, "Aldermoor")
    assert (airing.start_s, airing.end_s, airing.confidence) == (1.5, 3.0, 0.93)
    assert (airing.placement, airing.method, airing.review_state) == ("board", "local_vlm", ReviewState.UNREVIEWED)
    assert airing.geometry == {
        "mean_area_share": 0.02,
        "max_area_share": 0.03,
        "position": 0.5,
        "clarity": 0.6,
        "sightings": 3,
        "start_error_s": 0.04,
        "end_error_s": 0.25,
        "path": [[1.75, 0.2, 0.3]],
        "methods": ["ocr", "local_vlm"],
    }
    assert airing.evidence == {
        "t_s": 1.75,
        "polygon": [list(point) for point in POLYGON],
        "text": "ALDERMOOR",
        "frame": {
            "seq": 3,
            "pts_s": 1.75,
            "width_px": 100,
            "height_px": 50,
            "pack": "frames/0.pack",
            "offset": 7,
            "size": 9,
        },
    }


def test_writing_again_replaces_this_jobs_rows_alone(job: Job) -> None:
    other = Job.objects.create(timeline=job.timeline, profile_name="p", plan={})
    write_airings(other, report(Aldermoor=[event()]))
    write_airings(job, report(Aldermoor=[event(), event(4.0, 5.0)]))

    write_airings(job, report(Quillon=[event(7.0, 8.0)]))

    assert list(job.airings.values_list("brand_name", "start_s")) == [("Quillon", 7.0)]
    assert other.airings.count() == 1


def test_brand_is_found_by_name_whatever_the_case(job: Job, workspace: Workspace) -> None:
    brand = Brand.objects.create(canonical_name="ALDERMOOR", workspace=workspace)

    write_airings(job, report(Aldermoor=[event()]))

    assert job.airings.get().brand == brand


def test_own_brand_goes_before_the_shipped_one(job: Job, workspace: Workspace) -> None:
    own = Brand.objects.create(canonical_name="Aldermoor", workspace=workspace)
    Brand.objects.create(canonical_name="Aldermoor", workspace=None)
    shipped = Brand.objects.create(canonical_name="Quillon", workspace=None)

    write_airings(job, report(Aldermoor=[event()], Quillon=[event()]))

    assert {airing.brand_name: airing.brand for airing in job.airings.all()} == {"Aldermoor": own, "Quillon": shipped}


def test_somebody_elses_brand_is_not_taken(job: Job) -> None:
    Brand.objects.create(canonical_name="Aldermoor", workspace=Workspace.objects.create(name="Theirs"))

    write_airings(job, report(Aldermoor=[event()]))

    assert job.airings.get().brand is None


def test_long_new_name_is_cut_to_the_column(job: Job) -> None:
    write_airings(job, report(**{"A" * 200: [event()]}))

    assert job.airings.get().brand_name == "A" * 120


@pytest.mark.parametrize("text", ["A\tB", "A\nB\r", "\\N", "\\.", "quote \" and '", "ÄÖ 漢字 🏟", "NULL", ""])
def test_text_is_kept_as_it_was_read(job: Job, text: str) -> None:
    name = text or "Aldermoor"
    write_airings(job, report(**{name: [event(evidence=Evidence(t_s=1.75, polygon=POLYGON, text=text, frame=FRAME))]}))

    airing = Airing.objects.get()
    assert (airing.brand_name, airing.evidence["text"]) == (name, text)


def test_a_row_that_the_database_refuses_is_an_error_of_its_own(job: Job) -> None:
    with pytest.raises(IntegrityError, match="airing_has_length"), transaction.atomic():
        write_airings(job, report(Aldermoor=[event(3.0, 3.0)]))

    assert not Airing.objects.exists()


def test_empty_report_leaves_no_rows(job: Job) -> None:
    write_airings(job, report(Aldermoor=[event()]))

    write_airings(job, report())

    assert not job.airings.exists()
