"""Every endpoint to every kind of person: nobody, strangers, members in each role, and staff."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver

from brands.exemplars import add_exemplar
from brands.models import Brand
from detection.audits import start_audit
from detection.contracts import save_contract
from detection.presets import save_preset
from detection.review.deciding import Choice, decide
from mpr.assets.intake.models import Intake, IntakeState, IntakeWay
from mpr.assets.intake.sending import growing
from mpr.assets.prepared import MediaChunk, WorkState
from mpr.jobs.models import Job
from mpr.workspaces.models import Role
from tests.recorded import record_job
from tests.rows import make_job, make_report, make_timeline

pytestmark = pytest.mark.django_db

SIGN_IN = "Sign in first, or send an API token in the header “Authorization: Token …”."
NOT_THERE = "There is nothing at this address, or it belongs to a workspace you are not a member of."
NO_PROFILE = "There is no profile “sums”."
SIGN = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="9"/></svg>'
NO_FINDING = "There is no finding"
NOTHING_TO_UNDO = "There is nothing left to undo"
NO_PRESET = "There is no preset “ours”."
NO_ROLE = "This takes the role {} in {}; ask an owner of the workspace for it."
NO_WORKSPACE = "This takes the role {} in a workspace; ask an owner for it."


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request with everything right, the role it takes, and what a stranger is told. `{job}` and the like in address
    and body stand for rows of the workspace; the job is put into `state` first."""

    method: str
    address: str
    role: Role = Role.VIEWER
    body: dict[str, Any] = field(default_factory=dict)
    stranger: str | None = NOT_THERE
    state: str = "running"
    answers: int = 200
    file: bytes = b""
    part: bytes = b""

    def __str__(self) -> str:
        return f"{self.method} {self.address}"


JOB = {"job": "{job}"}
OF_PROFILE = {"profile": "sums"}
STEER = {"role": Role.ANALYST, "body": JOB}
CURATE = {"role": Role.CURATOR, "stranger": NO_PROFILE}
CALLS = [
    Call(method="post", address="run", role=Role.ANALYST, body={"timeline": "{timeline}", **OF_PROFILE}, answers=201),
    Call(method="post", address="stop", **STEER),
    Call(method="post", address="pause", **STEER),
    Call(method="post", address="resume", **STEER, state="paused"),
    Call(method="post", address="step", **STEER, state="paused"),
    Call(method="post", address="retry", **STEER, state="failed"),
    Call(method="post", address="pause-after-stage", role=Role.ANALYST, body={**JOB, "stage": "total"}),
    Call(method="post", address="clear", role=Role.OWNER, body=JOB, state="completed"),
    Call(method="post", address="replay", role=Role.ANALYST, body={**JOB, "from_stage": "numbers"}, answers=201),
    Call(method="post", address="replay", role=Role.ANALYST, answers=201,
         body={"checkpoint": "{checkpoint}", "from_stage": "numbers", "overrides": {"numbers": {"step_s": 2}}}),
    Call(method="post", address="replay-stage", role=Role.ANALYST, body={**JOB, "stage": "numbers"}, state="paused"),
    Call(method="post", address="jobs/{recorded}/rematch", role=Role.ANALYST, body={"label": "x"}, answers=201),
    Call(method="get", address="brands", stranger=None),
    Call(method="post", address="brands", role=Role.CURATOR, stranger="There is no workspace",
         body={"canonical_name": "Vantor", "workspace": "{workspace}"}, answers=201),
    Call(method="get", address="brands/{brand}"),
    Call(method="delete", address="brands/{brand}", role=Role.CURATOR, answers=204),
    Call(method="post", address="brands/{brand}/exemplars", role=Role.CURATOR, file=SIGN, answers=201),
    Call(method="delete", address="brands/{brand}/exemplars/{exemplar}", role=Role.CURATOR, answers=204),
    Call(method="post", address="brands/{brand}/exemplars/crop", role=Role.CURATOR, answers=201,
         body={"job": "{recorded}", "t_s": 2.5, "polygon": [[0.2, 0.3], [0.7, 0.3], [0.7, 0.6], [0.2, 0.6]]}),
    Call(method="get", address="scenarios", stranger=None),
    Call(method="get", address="scenarios?timeline={timeline}"),
    Call(method="post", address="scenarios", role=Role.ANALYST, body={"checkpoint": "{checkpoint}", "label": "x"}),
    Call(method="get", address="jobs/{recorded}/diff/{recorded}"),
    Call(method="post", address="overlays", body={"job": "{recorded}", "stage": "run_ocr"}),
    Call(method="get", address="overlays/{recorded_timeline}/{recorded}/run_ocr/2"),
    Call(method="get", address="jobs/{recorded}/report"),
    Call(method="post", address="jobs/{recorded}/report", body={"settings": {"bridge_s": 2}}),
    Call(method="get", address="jobs/{recorded}/exports"),
    Call(method="get", address="jobs/{recorded}/exports/coco"),
    Call(method="get", address="presets", stranger=None),
    Call(method="put", address="presets", role=Role.CURATOR, stranger=None, body={"name": "mine", "settings": {}}),
    Call(method="get", address="presets/ours", stranger=NO_PRESET),
    Call(method="delete", address="presets/ours", role=Role.CURATOR, stranger=NO_PRESET, answers=204),
    Call(method="get", address="timeline/{recorded_timeline}/contract"),
    Call(method="put", address="timeline/{recorded_timeline}/contract", role=Role.ANALYST,
         body={"csv": "brand,promised_s\nA,3\n"}),
    Call(method="delete", address="timeline/{recorded_timeline}/contract", role=Role.ANALYST, answers=204),
    Call(method="get", address="jobs/{recorded}/contract"),
    Call(method="post", address="jobs/{recorded}/contract", body={"csv": "brand,promised_s\nA,3\n"}),
    Call(method="get", address="jobs/{recorded}/audits"),
    Call(method="post", address="jobs/{recorded}/audits", role=Role.ANALYST, body={"size": 20}, answers=201),
    Call(method="get", address="audits/{audit}"),
    Call(method="delete", address="audits/{audit}", role=Role.ANALYST, answers=204),
    Call(method="get", address="audits/{audit}/items"),
    Call(method="post", address="audits/{audit}/items/1", role=Role.ANALYST, body={"verdict": "unclear"}),
    Call(method="get", address="audits/{audit}/items/1/picture"),
    Call(method="get", address="review/queue", stranger=None),
    Call(method="get", address="review/queue?job={reported}"),
    Call(method="get", address="review/items/{finding}", stranger=NO_FINDING),
    Call(method="get", address="review/decisions", stranger=None),
    Call(method="get", address="review/decisions?job={reported}"),
    Call(method="post", address="review/decisions", role=Role.ANALYST, stranger=NO_FINDING,
         body={"findings": ["{finding}"], "verdict": "accept"}),
    Call(method="post", address="review/undo", stranger=NOTHING_TO_UNDO, answers=404),
    Call(method="post", address="review/undo", body={"job": "{reported}"}, answers=404),
    Call(method="post", address="review/teach", role=Role.CURATOR, stranger=NO_FINDING,
         body={"findings": ["{finding}"], "alias": True}),
    Call(method="get", address="jobs/{reported}/review/brands"),
    Call(method="get", address="jobs/{reported}/review/clips"),
    Call(method="get", address="status", stranger=None),
    Call(method="get", address="status?job={job}"),
    Call(method="get", address="stream/{job}?after=99", state="completed", answers=204),
    Call(method="get", address="jobs", stranger=None),
    Call(method="get", address="jobs/{job}"),
    Call(method="get", address="checkpoints/{timeline}"),
    Call(method="get", address="checkpoints/{timeline}/numbers"),
    Call(method="get", address="sources", stranger=None),
    Call(method="get", address="sources/{job}/chunks"),
    Call(method="get", address="sources/{asset}"),
    Call(method="patch", address="sources/{asset}", role=Role.ANALYST, body={"comments": "x"}),
    Call(method="delete", address="sources/{asset}", role=Role.OWNER, state="completed", answers=204),
    Call(method="post", address="sources/{asset}/restore", role=Role.OWNER),
    Call(method="post", address="sources/{asset}/retry", role=Role.ANALYST, answers=409),
    Call(method="get", address="uploads", stranger=None),
    Call(method="post", address="uploads", role=Role.ANALYST, stranger="There is no workspace", answers=201,
         body={"filename": "a.mp4", "size": 4, "workspace": "{workspace}"}),
    Call(method="get", address="uploads/{upload}", role=Role.ANALYST),
    Call(method="patch", address="uploads/{upload}", role=Role.ANALYST, part=b"film"),
    Call(method="delete", address="uploads/{upload}", role=Role.ANALYST, answers=204),
    Call(method="post", address="uploads/{upload}/parts", role=Role.ANALYST, body={"numbers": [1]}, answers=409),
    Call(method="post", address="uploads/{upload}/finish", role=Role.ANALYST),
    Call(method="post", address="uploads/{upload}/retry", role=Role.ANALYST),
    Call(method="get", address="scan", role=Role.ANALYST, stranger=None),
    Call(method="get", address="scan?workspace={workspace}", role=Role.ANALYST, stranger="There is no workspace"),
    Call(method="post", address="scan", role=Role.ANALYST, stranger="There is no workspace",
         body={"workspace": "{workspace}"}),
    Call(method="get", address="sources/{asset}/cuts?every_s=60"),
    Call(method="post", address="sources/{asset}/split", role=Role.ANALYST, body={"every_s": 60}, answers=201),
    Call(method="get", address="sources/{asset}/filmstrip"),
    Call(method="post", address="sources/{asset}/filmstrip"),
    Call(method="get", address="chunks", stranger=None),
    Call(method="get", address="chunks/{chunk}"),
    Call(method="delete", address="chunks/{chunk}", role=Role.ANALYST, answers=204),
    Call(method="post", address="chunks/{chunk}/cancel", role=Role.ANALYST),
    Call(method="post", address="chunks/{chunk}/retry", role=Role.ANALYST),
    Call(method="post", address="chunks/{chunk}/restore", role=Role.ANALYST),
    Call(method="get", address="timeline", stranger=None),
    Call(method="post", address="timeline", role=Role.ANALYST, body={"asset": "{asset}"}),
    Call(method="get", address="timeline/{timeline}"),
    Call(method="delete", address="timeline/{timeline}/cache", role=Role.OWNER, state="completed"),
    Call(method="get", address="config", stranger=NO_PROFILE),
    Call(method="put", address="config", **CURATE, body={**OF_PROFILE, "configs": {}}),
    Call(method="get", address="config/profiles", stranger=None),
    Call(method="put", address="config/profiles", role=Role.CURATOR, stranger=None,
         body={"name": "mine", "pipeline": {"stages": ["numbers"]}}),
    Call(method="get", address="config/profiles/sums/pipeline", stranger=NO_PROFILE),
    Call(method="put", address="config/profiles/sums/pipeline", **CURATE,
         body={"pipeline": {"stages": ["numbers", "total"]}}),
    Call(method="get", address="config/edge-transform", stranger=NO_PROFILE),
    Call(method="put", address="config/edge-transform", **CURATE,
         body={**OF_PROFILE, "from": "numbers", "to": "doubled", "transform": {"limit": 3}}),
    Call(method="get", address="config/stages", stranger=NO_PROFILE),
    Call(method="put", address="config/stages", **CURATE, body={**OF_PROFILE, "configs": {"total": {"add": 2}}}),
    Call(method="get", address="config/stages/total", stranger=NO_PROFILE),
    Call(method="put", address="config/stages/total", **CURATE, body={**OF_PROFILE, "config": {"add": 2}}),
]  # fmt: skip
every_call = pytest.mark.parametrize("call", CALLS, ids=str)


@pytest.fixture
def send(job, request):
    def send(client, call: Call):
        rows = {"job": job.pk, "timeline": job.timeline_id, "asset": job.timeline.source_asset_id}
        rows |= {"checkpoint": job.checkpoints.first().pk, "workspace": job.workspace.pk}
        if "{brand}" in call.address:
            brand, _ = Brand.objects.get_or_create(workspace=job.workspace, canonical_name="Zephyra")
            exemplar, _ = add_exemplar(brand, SIGN.replace(b"9", b"8"), called="logo.svg")
            rows |= {"brand": brand.pk, "exemplar": exemplar.pk}
        if "recorded" in f"{call.address}{call.body}":
            recorded = request.getfixturevalue("recorded")
            rows |= {"recorded": recorded.pk, "recorded_timeline": recorded.timeline_id}
        if "{reported}" in f"{call.address}{call.body}" or "{finding}" in f"{call.address}{call.body}":
            reported = request.getfixturevalue("reported")
            rows |= {"reported": reported.pk, "finding": f"a{reported.airings.earliest('start_s').pk}"}
        if "{audit}" in call.address:
            rows["audit"] = request.getfixturevalue("audit").pk
        if "presets/ours" in call.address:
            save_preset(job.workspace, "ours", {"bridge_s": 2.0})
        if "{chunk}" in call.address:
            rows["chunk"] = make_chunk(job.timeline.source_asset, call).pk
        if "{upload}" in call.address:
            rows["upload"] = make_upload(job.workspace, call).pk
        Job.objects.filter(pk=job.pk).update(status=call.state, plan={"pipeline": job_pipeline(), "configs": {}})
        given = {name: _filled(value, rows) for name, value in call.body.items()}
        address = "/api/detect/" + call.address.format(**rows)
        if call.file:
            return client.post(address, {"file": SimpleUploadedFile("logo.svg", call.file)}, format="multipart")
        if call.part:
            kind = "application/offset+octet-stream"
            return client.patch(address, call.part, content_type=kind, headers={"Upload-Offset": "0"})
        return getattr(client, call.method)(address, given or None, format="json" if given else None)

    return send


def make_chunk(asset, call: Call) -> MediaChunk:
    """A minute of it that waits to be made; failed for a call that tries again."""
    chunk, _ = MediaChunk.objects.get_or_create(
        asset=asset, key="chunks/x", start_s=0.0, end_s=60.0, wished_start_s=0.0, wished_end_s=60.0
    )
    chunk.state = WorkState.FAILED if call.address.endswith("retry") else WorkState.PENDING
    chunk.save()
    return chunk


def make_upload(workspace, call: Call) -> Intake:
    """Four bytes that are all here, or none of them for a call that sends them; failed for one that tries again."""
    state = IntakeState.FAILED if call.address.endswith("retry") else IntakeState.OPEN
    upload = Intake(workspace=workspace, filename="a.mp4", file_size=4, way=IntakeWay.SERVER, state=state)
    if not call.part:
        upload.received = growing().append(str(upload.pk), 0, [b"film"], at_most=4)
    upload.save()
    return upload


@pytest.fixture
def recorded(workspace):
    """A job of the detection family with the records of all its stages, and a contract."""
    job = record_job(make_timeline(workspace, duration_s=20.0))
    save_contract(job.timeline, "brand,promised_s\nNobody,3\n", name="promises.csv")
    return job


@pytest.fixture
def reported(workspace):
    """A job with airings to review, of which somebody took the first for another brand."""
    job = make_job(make_timeline(workspace))
    make_report(job)
    reviewer = get_user_model().objects.create_user("reviewer")
    workspace.memberships.create(user=reviewer, role=Role.ANALYST)
    first = f"a{job.airings.earliest('start_s').pk}"
    decide(reviewer, [first], Choice(verdict="rename", brand=job.airings.latest("start_s").brand_name))
    return job


@pytest.fixture
def audit(recorded):
    return start_audit(recorded, size=20, seed=1)


def job_pipeline() -> dict[str, Any]:
    return {"stages": ["numbers", "doubled", "total"], "edges": [], "routing": [], "shard_s": 4}


def _filled(value: Any, rows: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_filled(one, rows) for one in value]
    return value.format(**rows) if isinstance(value, str) else value


@every_call
def test_nobody_is_asked_to_sign_in(call, send, api):
    answer = send(api("anonymous"), call)
    assert (answer.status_code, answer.json()) == (401, {"error": {"code": "not_signed_in", "message": SIGN_IN}})
    assert answer["WWW-Authenticate"] == "Token"


@pytest.mark.parametrize("who", ["stranger", "staff"])
@every_call
def test_for_a_stranger_there_is_nothing(call, send, api, job, who):
    answer = send(api(who), call)
    if call.stranger is None:
        assert answer.status_code == 200
        assert str(job.pk) not in answer.content.decode()
        assert str(job.timeline.source_asset.filename) not in answer.content.decode()
        return
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"
    assert answer.json()["error"]["message"].startswith(call.stranger)


@every_call
def test_a_role_that_is_too_low_is_refused(call, send, api, workspace):
    lower = list(Role)[: list(Role).index(call.role)]
    for role in lower:
        answer = send(api(role), call)
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "not_allowed"
        sentence = answer.json()["error"]["message"]
        assert sentence in (NO_ROLE.format(call.role, workspace), NO_WORKSPACE.format(call.role))


@every_call
def test_a_role_that_is_enough_is_served(call, send, api):
    answer = send(api(call.role), call)
    assert answer.status_code == call.answers, answer.content


@every_call
def test_the_owner_is_served(call, send, api):
    assert send(api(Role.OWNER), call).status_code == call.answers


@every_call
def test_staff_that_sees_everything_is_served(call, send, api):
    answer = send(api("superuser"), call)
    assert answer.status_code == call.answers, answer.content


def addresses(resolver: URLResolver, prefix: str = "") -> set[str]:
    found = set()
    for entry in resolver.url_patterns:
        place = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            found.add(re.sub(r"<(\w+:)?\w+>", "*", place))
        else:
            found |= addresses(entry, place)
    return found


def test_no_endpoint_is_left_out():
    known = {"api/detect/" + re.sub(r"\?.*", "", call.address) for call in CALLS}
    called = {
        re.sub(r"(?<=/)({\w+}|sums|total|numbers|run_ocr|ours|coco|\d+)(?=/|$)", "*", address) for address in known
    }
    there = {address for address in addresses(get_resolver()) if address.startswith("api/detect/")}
    assert called == there
