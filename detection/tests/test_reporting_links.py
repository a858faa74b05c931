from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from detection.presets import save_preset
from detection.reporting.models import ReportLink
from tests.recorded import record_job
from tests.rows import make_timeline

pytestmark = pytest.mark.django_db

PARTS = (
    "", "/numbers", "/airings", "/open", "/lanes?from_s=0&to_s=20", "/next?t_s=0", "/boxes?from_s=0&to_s=10",
    "/frame.jpg?t_s=2", "/picture.jpg?brand=Nördlich Öl&start_s=2", "/heat.png?brand=Nördlich Öl",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _no_rates_of_earlier_tests():
    cache.clear()


@pytest.fixture
def job(workspace):
    return record_job(make_timeline(workspace, duration_s=20.0))


@pytest.fixture
def viewer_client(workspace, django_user_model):
    user = django_user_model.objects.create_user("viewer", password="correct horse")
    workspace.memberships.create(user=user, role="viewer")
    client = Client()
    client.force_login(user)
    return client


def make(client, job, **given):
    answer = client.post(
        f"/jobs/{job.pk}/report/links/new", {"label": "Aldermoor", **given}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 201, answer.content
    return re.sub("^https?://[^/]+", "", answer.json()["address"])


def test_whoever_has_the_link_reads_the_report_and_its_parts(job, client, anonymous_client):
    address = make(client, job)
    for part in PARTS:
        answer = anonymous_client.get(f"{address}{part}")
        assert answer.status_code == 200, part
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer["X-Robots-Tag"]
        assert "private" in answer["Cache-Control"]
    page = anonymous_client.get(address).content.decode()
    assert "Nördlich Öl" in page
    assert "Aldermoor" in page


def test_a_link_opens_no_other_address_and_leads_to_none(job, client, anonymous_client):
    address = make(client, job)
    page = anonymous_client.get(address).content.decode()
    assert f"/jobs/{job.pk}" not in page
    assert str(job.timeline.source_asset_id) not in page
    for other in (
        f"/jobs/{job.pk}/report", f"/jobs/{job.pk}/report.json", f"/jobs/{job.pk}/boxes?from_s=0&to_s=1",
        f"/jobs/{job.pk}/report/links", f"/assets/{job.timeline.source_asset_id}/video",
    ):  # fmt: skip
        assert anonymous_client.get(other).status_code == 302
    for other in (f"{address}/links", f"{address}/presets", f"{address}.json", f"{address}/report.json"):
        assert anonymous_client.get(other).status_code == 404


def test_the_token_is_told_once_and_not_kept(job, client):
    address = make(client, job)
    token = address.rpartition("/")[2]
    link = ReportLink.objects.get()
    assert token not in {str(value) for value in vars(link).values()}
    assert len(token) >= 43
    assert token not in client.get(f"/jobs/{job.pk}/report").content.decode()


def test_settings_are_pinned(job, workspace, client, anonymous_client):
    save_preset(workspace, "final", {"min_area_share": 0.02})
    address = make(client, job, preset="final@1")
    assert "Tiny" not in anonymous_client.get(address).content.decode()
    workspace.report_presets.all().delete()
    page = anonymous_client.get(address).content.decode()
    assert "Tiny" not in page
    assert "preset final, version 1" in page
    # Nobody who only reads changes what is counted.
    assert "Tiny" not in anonymous_client.get(f"{address}?min_area_share=0.0003").content.decode()
    assert "Tiny" not in anonymous_client.get(f"{address}/numbers?preset=standard").content.decode()


def test_a_revoked_link_says_so_and_opens_nothing(job, client, anonymous_client):
    address = make(client, job)
    link = ReportLink.objects.get()
    answer = client.post(f"/jobs/{job.pk}/report/links/{link.pk}/revoke", headers={"HX-Request": "true"})
    assert "revoked" in answer.content.decode()
    for part in PARTS:
        answer = anonymous_client.get(f"{address}{part}")
        assert answer.status_code == 410, part
        assert "This link was revoked or has run out" in answer.content.decode()
    link.refresh_from_db()
    assert link.revoked_by.username == "owner"


def test_a_link_runs_out(job, client, anonymous_client):
    address = make(client, job, days="30")
    assert anonymous_client.get(address).status_code == 200
    ReportLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert anonymous_client.get(address).status_code == 410


@pytest.mark.parametrize(
    "change", [lambda token: token[:-1], lambda token: token + "A", lambda token: token.swapcase()]
)
def test_a_tampered_link_opens_nothing(change, job, client, anonymous_client):
    place, _, token = make(client, job).rpartition("/")
    answer = anonymous_client.get(f"{place}/{change(token)}")
    assert answer.status_code == 404
    assert "check that the link is whole" in answer.content.decode()


def test_the_digest_of_a_token_is_no_token(job, client, anonymous_client):
    make(client, job)
    assert anonymous_client.get(f"/shared/{ReportLink.objects.get().token_hash}").status_code == 404


def test_links_are_made_and_revoked_by_analysts_of_the_workspace(
    job, client, viewer_client, stranger_client, anonymous_client
):
    address = f"/jobs/{job.pk}/report/links/new"
    assert viewer_client.post(address, {"label": "x"}).status_code == 403
    assert stranger_client.post(address, {"label": "x"}).status_code == 404
    assert anonymous_client.post(address, {"label": "x"}).status_code == 302
    assert not ReportLink.objects.exists()
    make(client, job)
    revoke = f"/jobs/{job.pk}/report/links/{ReportLink.objects.get().pk}/revoke"
    assert viewer_client.post(revoke).status_code == 403
    assert stranger_client.post(revoke).status_code == 404
    assert stranger_client.get(f"/jobs/{job.pk}/report/links").status_code == 404
    assert "Aldermoor" in viewer_client.get(f"/jobs/{job.pk}/report/links").content.decode()
    assert ReportLink.objects.get().revoked_at is None


def test_a_link_of_another_job_is_not_revoked_here(job, client, workspace):
    make(client, job)
    other = record_job(make_timeline(workspace, filename="other.mp4", duration_s=20.0))
    assert client.post(f"/jobs/{other.pk}/report/links/{ReportLink.objects.get().pk}/revoke").status_code == 404


@pytest.mark.parametrize(
    "given", [{"label": "  "}, {"label": "x" * 121}, {"days": "0"}, {"days": "9999"}, {"days": "soon"}]
)
def test_what_cannot_be_shared_is_refused_with_a_sentence(given, job, client):
    address = f"/jobs/{job.pk}/report/links/new"
    answer = client.post(address, {"label": "x", **given}, headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].endswith(".")
    assert not ReportLink.objects.exists()


def test_without_a_script_the_link_is_told_on_a_page(job, client):
    answer = client.post(f"/jobs/{job.pk}/report/links/new", {"label": "Aldermoor"})
    assert answer.status_code == 201
    assert re.search(r"http://testserver/shared/[\w-]{43}", answer.content.decode())


def test_the_video_comes_only_with_its_maker_s_consent(job, client, anonymous_client):
    closed = make(client, job)
    assert anonymous_client.get(f"{closed}/video/file").status_code == 404
    assert "<video" not in anonymous_client.get(closed).content.decode()
    opened = make(client, job, with_video="on")
    page = anonymous_client.get(opened).content.decode()
    assert f"{opened}/video/file" in page
    assert "hx-post" not in page


def test_the_video_of_a_part_of_footage_is_not_shared(job, client, anonymous_client):
    opened = make(client, job, with_video="on")
    asset = job.timeline.source_asset
    asset.duration_s = 5400.0
    asset.save()
    assert anonymous_client.get(f"{opened}/video/file").status_code == 404
    answer = client.post(
        f"/jobs/{job.pk}/report/links/new", {"label": "x", "with_video": "on"}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 400


def test_when_a_link_was_last_looked_at_is_kept(job, client, anonymous_client):
    address = make(client, job)
    assert ReportLink.objects.get().last_seen_at is None
    anonymous_client.get(address)
    assert timezone.now() - ReportLink.objects.get().last_seen_at < timedelta(minutes=1)


def test_who_asks_too_often_waits(job, client, anonymous_client, settings):
    address = make(client, job)
    settings.MPR_API_PER_MINUTE = 10
    answers = [anonymous_client.get(f"{address}/next?t_s=0") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert answers[-1]["Retry-After"] == "60"
    assert "wait a minute" in answers[-1].content.decode()


def test_the_job_s_end_is_the_link_s(job, client, anonymous_client):
    address = make(client, job)
    job.delete()
    assert anonymous_client.get(address).status_code == 404
