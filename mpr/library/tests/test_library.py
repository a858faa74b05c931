"""The library: what it lists, in which order, and what can be done there."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from detection.models import Airing
from mpr.assets.intake.models import Intake, IntakeState, IntakeWay
from mpr.assets.models import MediaAsset
from mpr.jobs.models import Job, JobStatus
from mpr.workspaces.models import Workspace
from tests.rows import make_failed_asset, make_job, make_report, make_timeline

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer_client(workspace, django_user_model, client_of):
    user = django_user_model.objects.create_user("viewer")
    workspace.memberships.create(user=user, role="viewer")
    return client_of(user)


@pytest.fixture
def client_of():
    from django.test import Client

    def of(user):
        client = Client()
        client.force_login(user)
        return client

    return of


def page(client, query=""):
    return client.get(f"/{query}").content.decode()


def named(client, query=""):
    """The names of the footage that is listed, in order."""
    context = client.get(f"/{query}").context
    return [card.asset.filename for card in context["cards"]]


def test_it_shows_what_is_ones_own(workspace, client, stranger_client, anonymous_client):
    job = make_job(make_timeline(workspace, filename="final.mp4"))
    mine = page(client)
    assert "final.mp4" in mine
    assert f"/jobs/{job.pk}/report" in mine
    assert "final.mp4" not in page(stranger_client)
    assert anonymous_client.get("/").status_code == 302


def test_an_empty_library_says_what_to_do(client, viewer_client):
    assert "Drop a video anywhere on this page" in page(client)
    assert "Analysts can: ask one" in page(viewer_client)


def test_a_file_that_failed_tells_its_sentence(client, workspace):
    asset = make_failed_asset(workspace)
    assert asset.error_message in page(client)


def test_footage_is_described_in_human_units(client, workspace):
    timeline = make_timeline(workspace, duration_s=5423.0)
    MediaAsset.objects.update(properties={"rotation_deg": 90, "interlaced": True, "notes": ["The file is cut off."]})
    shown = page(client)
    described = ["1:30:23", "1280 × 720", "25 fps", "h264 + aac", "6.1 Mbit/s", "184 MB", "turned by 90°", "interlaced"]
    for words in [*described, "The file is cut off."]:
        assert words in shown, words
    assert timeline.source_asset.filename in shown


def test_names_are_text_and_never_markup(client, workspace):
    make_timeline(workspace, filename="<script>alert(1)</script>.mp4")
    assert "<script>alert" not in page(client)


def test_it_asks_the_same_whatever_its_length(client, workspace, django_assert_max_num_queries):
    for number in range(12):
        make_job(make_timeline(workspace, filename=f"{number}.mp4"))
    with django_assert_max_num_queries(22):
        client.get("/")


def test_a_job_that_runs_tells_the_percent_of_its_page(client, workspace):
    job = make_job(make_timeline(workspace), JobStatus.RUNNING, done=4)
    # What came before tells how long each stage takes: most of the time goes into a stage that is still to come.
    earlier = make_job(make_timeline(workspace, filename="earlier.mp4"))
    for run in earlier.stage_runs.all():
        seconds = 1000 if run.stage_name == "run_ocr" else 1
        run.finished_at = run.started_at + timedelta(seconds=seconds)
        run.save()
    shown = client.get(f"/assets/{job.timeline.source_asset_id}/jobs").content.decode()
    told = client.get(f"/jobs/{job.pk}/progress").context["share"]
    assert told < 0.2
    assert float(re.search(r'<progress value="([\d.]+)"', shown).group(1)) == pytest.approx(told, abs=0.05)
    assert 'data-refresh="3000"' in shown
    Job.objects.update(status=JobStatus.COMPLETED)
    assert "data-refresh" not in client.get(f"/assets/{job.timeline.source_asset_id}/jobs").content.decode()


def test_what_was_seen_is_told_of_the_newest_report(client, workspace):
    job = make_job(make_timeline(workspace))
    make_report(job)
    Airing.objects.filter(brand_name="Zephyr Cola").update(review_state="rejected")
    shown = page(client)
    assert shown.index("Northwind") < shown.index("Halcyon Air")
    assert "Zephyr Cola" not in shown
    make_job(job.timeline)
    assert "No brand was seen in the newest report" in page(client)


@pytest.fixture
def many(workspace):
    """final: analysed, tagged; training: runs; broken: in error; new: nothing yet."""
    make_job(make_timeline(workspace, filename="final.mp4", duration_s=90))
    MediaAsset.objects.update(tags=["Cup", "clean feed"], comments="From the host broadcaster")
    make_job(make_timeline(workspace, filename="training.mp4", duration_s=300), JobStatus.RUNNING, done=2)
    make_failed_asset(workspace, "broken.mp4")
    make_timeline(workspace, filename="new.mp4", duration_s=10)
    for number, name in enumerate(("final.mp4", "training.mp4", "broken.mp4", "new.mp4")):
        at = timezone.now() - timedelta(days=10 - number)
        MediaAsset.objects.filter(filename=name).update(created_at=at)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["new", "broken", "training", "final"]),
        ("?sort=oldest", ["final", "training", "broken", "new"]),
        ("?sort=name", ["broken", "final", "new", "training"]),
        ("?sort=longest", ["training", "final", "new", "broken"]),
        ("?state=new", ["new"]),
        ("?state=running", ["training"]),
        ("?state=analysed", ["final"]),
        ("?state=error", ["broken"]),
        ("?state=nonsense&sort=nonsense&page=99", ["new", "broken", "training", "final"]),
        ("?q=TRAIN", ["training"]),
        ("?q=host+final", ["final"]),
        ("?q=clean", ["final"]),
        ("?q=%00", ["new", "broken", "training", "final"]),
        ("?tag=Cup", ["final"]),
        ("?tag=cup", []),
        ("?tag=Cup&state=error", []),
    ],
)
def test_it_is_narrowed_and_ordered(query, names, client, many):
    assert [name.removesuffix(".mp4") for name in named(client, query)] == names


def test_the_list_alone_follows_with_the_pages_address(client, many):
    answer = client.get("/library/list?q=final&state=&sort=name")
    assert answer["HX-Replace-Url"] == "/?q=final&sort=name"
    assert "<h1" not in answer.content.decode()
    assert client.get("/library/list?q=")["HX-Replace-Url"] == "/"


def test_pages_keep_what_was_asked_for(client, workspace):
    for number in range(25):
        make_timeline(workspace, filename=f"{number:02}.mp4")
    assert named(client, "?sort=name&page=2") == ["24.mp4"]
    assert "/?sort=name&amp;page=2" in page(client, "?sort=name")


def test_tags_are_set_by_analysts(client, viewer_client, stranger_client, workspace):
    asset = make_timeline(workspace).source_asset
    address = f"/assets/{asset.pk}/tags"
    answer = client.post(address, {"tags": " final ,clean  feed,,FINAL"}, headers={"HX-Request": "true"})
    asset.refresh_from_db()
    assert asset.tags == ["final", "clean feed"]
    assert "?tag=clean%20feed" in answer.content.decode() or "?tag=clean+feed" in answer.content.decode()
    answer = client.post(address, {"tags": "x" * 61}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["X-Part"]) == (400, "tags")
    assert "a tag has at most 60 letters" in answer.content.decode()
    assert client.post(address, {"tags": "plain"}).status_code == 302
    assert viewer_client.post(address, {"tags": "x"}).status_code == 403
    assert stranger_client.post(address, {"tags": "x"}).status_code == 404
    asset.refresh_from_db()
    assert asset.tags == ["plain"]


def test_deleting_is_undone_from_the_list_of_the_deleted(client, viewer_client, stranger_client, workspace):
    asset = make_timeline(workspace, filename="final.mp4").source_asset
    address = f"/assets/{asset.pk}"
    assert viewer_client.post(f"{address}/delete").status_code == 403
    assert stranger_client.post(f"{address}/delete").status_code == 404
    answer = client.post(f"{address}/delete", headers={"HX-Request": "true"}).content.decode()
    assert "final.mp4 is deleted. It can be restored for 7 days" in answer
    assert named(client) == []
    assert named(client, "?state=deleted") == ["final.mp4"]
    assert "Restore it" in page(client, "?state=deleted")
    assert "Restore it" not in page(viewer_client, "?state=deleted")
    assert named(stranger_client, "?state=deleted") == []
    assert stranger_client.post(f"{address}/restore").status_code == 404
    assert viewer_client.post(f"{address}/restore").status_code == 403
    assert "final.mp4 is back" in client.post(f"{address}/restore", headers={"HX-Request": "true"}).content.decode()
    assert named(client) == ["final.mp4"]


def test_deleting_with_jobs_asks_first(client, workspace):
    job = make_job(make_timeline(workspace), JobStatus.RUNNING, done=2)
    address = f"/assets/{job.timeline.source_asset_id}/delete"
    asked = client.post(address, headers={"HX-Request": "true"})
    assert asked["HX-Retarget"] == "#question"
    assert "A job runs on cup_final.mp4" in asked.content.decode()
    assert MediaAsset.objects.get().deleted_at is None
    client.post(address, {"stop_jobs": "1"}, headers={"HX-Request": "true"})
    job.refresh_from_db()
    assert job.status == JobStatus.CANCELLED
    assert MediaAsset.objects.get().deleted_at is not None


def test_what_comes_in_is_told_to_members_and_what_is_open_to_its_sender(
    client, stranger_client, viewer_client, workspace
):
    from django.contrib.auth import get_user_model

    sender = get_user_model().objects.create_user("sender")
    workspace.memberships.create(user=sender, role="analyst")
    given = {"workspace": workspace, "created_by": sender, "file_size": 100, "way": IntakeWay.SERVER}
    Intake.objects.create(filename="open.mp4", received=40, **given)
    Intake.objects.create(filename="reading.mp4", state=IntakeState.RUNNING, step="hashing", progress=0.5, **given)
    failed = Intake.objects.create(
        filename="failed.mp4", state=IntakeState.FAILED, error_message="It is lost.", **given
    )
    shown = client.get("/library/incoming").content.decode()
    assert "open.mp4" not in shown
    assert "Reading all of it" in shown
    assert "It is lost." in shown
    assert 'data-refresh="1500"' in shown
    assert "mp4" not in stranger_client.get("/library/incoming").content.decode()
    # What became an asset in error is told by its card.
    failed.asset = make_failed_asset(workspace)
    failed.save()
    assert "It is lost." not in client.get("/library/incoming").content.decode()
    assert "Try again" in page(client)
    viewed = page(viewer_client)
    assert "Try again" not in viewed
    assert "Add video" not in viewed


def test_files_in_media_in_are_for_analysts(client, viewer_client, stranger_client):
    assert "Nothing lies in media_in" in client.get("/library/found").content.decode()
    assert viewer_client.get("/library/found").status_code == 403
    mine = Workspace.objects.get(name="Ours")
    assert stranger_client.get(f"/library/found?workspace={mine.pk}").status_code == 404
    assert client.get("/library/found?workspace=nonsense").status_code == 404


def test_retrying_what_is_not_kept_is_refused_with_a_sentence(client, viewer_client, stranger_client, workspace):
    asset = make_failed_asset(workspace)
    address = f"/assets/{asset.pk}/retry"
    answer = client.post(address, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        409, "Nothing of holiday.mp4 is kept to try again with; send the file again.",
    )  # fmt: skip
    assert viewer_client.post(address).status_code == 403
    assert stranger_client.post(address).status_code == 404


def test_what_is_deleted_is_nowhere_until_it_is_restored(client, workspace, owner):
    job = make_job(make_timeline(workspace))
    make_report(job)
    airing = Airing.objects.first()
    addresses = [
        f"/jobs/{job.pk}/", f"/jobs/{job.pk}/report", f"/airings/{airing.pk}/evidence.jpg",
        f"/api/detect/jobs/{job.pk}", f"/api/detect/timeline/{job.timeline_id}",
    ]  # fmt: skip
    assert [client.get(address).status_code for address in addresses] == [200] * 5
    client.post(f"/assets/{job.timeline.source_asset_id}/delete")
    assert [client.get(address).status_code for address in addresses] == [404] * 5
    assert not Airing.objects.visible_to(owner).exists()
    assert f"/jobs/{job.pk}/" not in client.get("/jobs/").content.decode()
    client.post(f"/assets/{job.timeline.source_asset_id}/restore")
    assert [client.get(address).status_code for address in addresses] == [200] * 5
