"""What the pages are measured on: a workspace with the long match, its replay, a job that runs and lists of some
length; and, for the search, another with rows by the hundred thousand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone

from benchmarks.engine.rows import make_timeline
from benchmarks.pages.match import Match, make_job, make_match
from brands.models import Brand
from detection.models import Airing
from mpr.assets.models import MediaAsset
from mpr.jobs.models import Job, JobStatus, Shard, ShardState, StageRun, StageState, WorkerSign
from mpr.workspaces.models import Workspace
from profiles.models import Profile
from profiles.shipped import sync_profiles

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_ASSETS, _JOBS_EACH, _BRANDS = 60, 5, 300


@dataclass(frozen=True, kw_only=True)
class World:
    """`things` are what addresses take; `analyst` sees the match, `keeper` the many rows besides."""

    things: dict[str, Any]
    analyst: User
    keeper: User
    airings: int
    frames: int


def make_world(*, rows: int) -> World:
    """`rows` of each kind are there for the keeper to search."""
    sync_profiles()
    workspace = Workspace.objects.default()
    users = get_user_model().objects
    analyst = users.create_user("analyst", is_staff=True)
    workspace.memberships.create(user=analyst, role="owner")
    timeline = make_match(workspace, label="cup final.mp4")
    match = Match(timeline)
    job = make_job(match)
    replay = make_job(match, parent=job, left_out=0.05)
    running = _run_on(job)
    _lists(workspace)
    keeper = users.create_user("keeper")
    workspace.memberships.create(user=keeper, role="owner")
    _many(keeper, rows)
    busiest = Airing.objects.filter(job=job).order_by("brand_name").first()
    assert busiest is not None
    shipped = {profile.name: profile.pk for profile in Profile.objects.filter(workspace=None)}
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return World(
        things={
            "asset": timeline.source_asset_id, "job": job.pk, "replay": replay.pk, "running": running.pk,
            "brand": busiest.brand_id, "brand_name": busiest.brand_name, "profile": shipped["soccer_broadcast"],
            "other_profile": shipped["generic_video"],
        },
        analyst=analyst,
        keeper=keeper,
        airings=Airing.objects.filter(job=job).count(),
        frames=len(match.frames),
    )  # fmt: skip


def _run_on(job: Job) -> Job:
    """The same match once more, in the midst of reading text on eight workers."""
    now = timezone.now()
    running = Job.objects.create(
        timeline=job.timeline, profile_name=job.profile_name, profile_version=job.profile_version, plan=job.plan,
        status=JobStatus.RUNNING, started_at=now - timedelta(minutes=10), current_stage="run_ocr",
    )  # fmt: skip
    for run in StageRun.objects.filter(job=job).order_by("place"):
        at_it = run.stage_name == "run_ocr"
        shards = list(run.shards.order_by("number"))
        run.pk, run.job, run.state = None, running, StageState.RUNNING if at_it else run.state
        run.shards_done = len(shards) // 2 if at_it else run.shards_done
        run.finished_at = None if at_it else run.finished_at
        run.save(force_insert=True)
        for shard in shards:
            shard.pk, shard.stage_run = None, run
            if at_it and shard.number >= len(shards) // 2:
                shard.state, shard.result_key = ShardState.PENDING, ""
            if at_it and 0 <= shard.number - len(shards) // 2 < 8:
                shard.state, shard.lease_owner = ShardState.RUNNING, f"box:{shard.number % 8}"
                shard.lease_expires_at = now + timedelta(hours=1)
        Shard.objects.bulk_create(shards)
        if at_it:
            break
    WorkerSign.objects.create(
        name="mpr@box", host="box", version="0.1.0", queues=["control", "cpu", "gpu", "cloud"], slots=8,
        owners=[f"box:{number}" for number in range(8)], started_at=now, seen_at=now + timedelta(hours=2),
    )  # fmt: skip
    return running


def _lists(workspace: Workspace) -> None:
    """Footage with jobs, as many as fill the first pages of lists, and brands."""
    plan = {"pipeline": {"stages": ["extract_frames", "filter_scenes"], "edges": [], "routing": []}, "configs": {}}
    for number in range(_ASSETS):
        timeline = make_timeline(300.0, profile_name="generic_video")
        MediaAsset.objects.filter(pk=timeline.source_asset_id).update(
            workspace=workspace, filename=f"match day {number:02d}.mp4", tags=["league", f"day {number}"]
        )
        jobs = Job.objects.bulk_create(
            Job(timeline=timeline, profile_name="generic_video", plan=plan, status=JobStatus.FAILED,
                error_message="filter_scenes: The disk is full; free some space.", label=f"try {n}")
            for n in range(_JOBS_EACH)
        )  # fmt: skip
        StageRun.objects.bulk_create(
            StageRun(job=job, stage_name=name, place=place, state=state, shards_total=30, shards_done=30)
            for job in jobs
            for place, (name, state) in enumerate(
                (("extract_frames", StageState.DONE), ("filter_scenes", StageState.FAILED))
            )
        )
    Brand.objects.bulk_create(Brand(workspace=workspace, canonical_name=f"Sponsor {n:03d}") for n in range(_BRANDS))


_SYLLABLES = "ARRAY['ba','ne','ro','ti','lon','mar','ves','ku','dor','pin','sa','gel','ri','tan','os','el','hal','vor']"
_NAME = " || ".join(f"({_SYLLABLES})[1 + (hashint8(n::bigint * 7919 + {at}) & 2147483647) %% 18]" for at in range(4))
_MANY = f"""
INSERT INTO assets_mediaasset (id, workspace_id, filename, file_path, file_size, sha256, status, error_message,
    video_codec, audio_codec, properties, comments, tags, created_at, poster_path, poster_tries)
SELECT gen_random_uuid(), %(workspace)s, {_NAME} || ' ' || n || '.mp4', '', 0, '', 'pending', '', '', '', '{{}}', '',
    ARRAY['season'], now() - n * interval '1 hour', '', 0
FROM generate_series(1, %(rows)s) n;
INSERT INTO brands_brand (id, workspace_id, canonical_name, aliases, source, notes, created_at)
SELECT gen_random_uuid(), %(workspace)s, initcap({_NAME}) || ' ' || n, ARRAY[upper({_NAME})], 'manual', '', now()
FROM generate_series(1, %(rows)s) n;
INSERT INTO jobs_job (id, timeline_id, profile_name, profile_version, config_overrides, plan, run_type, status,
    current_stage, error_message, pause_after, only_stage, label, priority, event_seq, created_at)
SELECT gen_random_uuid(), %(timeline)s, 'generic_video', 1, '{{}}', '{{}}', 'initial', 'failed', '', '', '', '',
    {_NAME} || ' try ' || n, 6, 0, now() - n * interval '1 hour'
FROM generate_series(1, %(rows)s) n;
INSERT INTO detection_airing (job_id, brand_id, brand_name, start_s, end_s, placement, geometry, evidence, confidence,
    method, review_state, look)
SELECT %(job)s, NULL, initcap({_NAME}) || ' ' || n %% 5000, n, n + 2, 'board', '{{}}', '{{}}', 0.9, 'ocr',
    'accepted', ''
FROM generate_series(1, %(rows)s) n;
"""


def _many(keeper: User, rows: int) -> None:
    workspace = Workspace.objects.create(name="Archive")
    workspace.memberships.create(user=keeper, role="owner")
    timeline = make_timeline(3600.0, profile_name="generic_video")
    MediaAsset.objects.filter(pk=timeline.source_asset_id).update(workspace=workspace)
    job = Job.objects.create(timeline=timeline, profile_name="generic_video", plan={}, status=JobStatus.COMPLETED)
    given = {"workspace": workspace.pk, "timeline": timeline.pk, "job": job.pk, "rows": rows}
    with connection.cursor() as cursor:
        for statement in filter(str.strip, _MANY.split(";")):
            cursor.execute(statement, given)
