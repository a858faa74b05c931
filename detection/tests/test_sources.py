from __future__ import annotations

from typing import Any

import pytest

from brands.models import Brand
from detection.records import BrandList, BrandName
from detection.sources import load_brands
from mpr.assets.models import MediaAsset, Timeline
from mpr.errors import BadInput
from mpr.jobs.models import Job
from mpr.workspaces.models import Workspace


@pytest.fixture
def job(workspace: Workspace) -> Job:
    Brand.objects.create(workspace=workspace, canonical_name="Sony", aliases=["Sony Corp"])
    Brand.objects.create(canonical_name="Nike")
    asset = MediaAsset.objects.create(
        workspace=workspace, filename="a.mp4", file_path="a.mp4", file_size=1, sha256="0" * 64
    )
    timeline = Timeline.objects.create(source_asset=asset, chunk_paths=["a.mp4"], profile_name="p", fps=2)
    return Job.objects.create(timeline=timeline, profile_name="p", plan={"configs": {}})


def plan(**match_brands: Any) -> dict[str, Any]:
    return {"configs": {"match_brands": match_brands}}


def test_brands_named_by_the_plan(job: Job) -> None:
    job.plan = plan(brands=["sony"])
    assert load_brands(job, None) == BrandList(brands=[BrandName(name="Sony", aliases=["Sony Corp"])])


@pytest.mark.parametrize(
    "chosen", [{"configs": {}}, plan(brands=[]), plan()], ids=["no-matcher", "none-named", "unset"]
)
def test_all_brands_when_none_are_named(job: Job, chosen: dict[str, Any]) -> None:
    job.plan = chosen
    assert [brand.name for brand in load_brands(job, None).brands] == ["Nike", "Sony"]


def test_unknown_name_is_told(job: Job) -> None:
    job.plan = plan(brands=["Sonny"])
    with pytest.raises(BadInput, match="There is no brand “Sonny”"):
        load_brands(job, None)
