"""Uploads from a real browser straight to a real S3 server."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from mpr.assets import preparing
from mpr.assets.intake import sending
from mpr.assets.intake.models import Intake, IntakeState
from mpr.assets.models import MediaAsset
from mpr.storage.buckets import media_in
from mpr.storage.environment import storage_from_env
from mpr.storage.tests.conftest import S3Server, s3_server  # noqa: F401  a fixture
from tests.padded import padded_clip

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Two parts and a bit."""
    path = tmp_path_factory.mktemp("clips") / "large.mp4"
    padded_clip(path, at_least=2 * sending.PART_BYTES + 1)
    return path


@pytest.fixture
def open_library(browser: Any, serve: Callable[..., str], client: Any, settings: Any, monkeypatch, tmp_path):
    """Opens the library of a server that has its footage on S3, as these environment variables say; this process sees
    the same storage."""
    pages = []

    def open_it(**environment: str) -> Any:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        settings.STORAGES = {
            **settings.STORAGES,
            **{alias: storage_from_env(alias, tmp_path) for alias in ("media_in", "media_out")},
        }
        address = serve(**environment)
        browser.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": address}])
        page = browser.new_page()
        pages.append(page)
        page.trouble = []
        page.on("console", lambda told: "Content Security Policy" in told.text and page.trouble.append(told.text))
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(address)
        return page

    yield open_it
    for page in pages:
        assert page.trouble == []
        page.close()


@pytest.fixture
def library(open_library, s3_server: S3Server):  # noqa: F811
    page = open_library(**s3_server.environment)
    page.endpoint = s3_server.endpoint
    yield page
    media_in.delete_below("assets")
    media_in.delete_below("uploads")


def choose(page, *paths):
    page.locator("#files").set_input_files([str(path) for path in paths])


def hold(page, *, but):
    """Parts are sent, but the line is dead for all whose address does not hold this."""
    page.evaluate(
        """but => {
          const { open, send } = XMLHttpRequest.prototype;
          XMLHttpRequest.prototype.open = function (method, address) {
            this.held = method === "PUT" && !address.includes(but);
            return open.call(this, method, address);
          };
          XMLHttpRequest.prototype.send = function (body) {
            if (!this.held) send.call(this, body);
          };
        }""",
        but,
    )


def take_in():
    preparing.prepare("intake", str(Intake.objects.get(state=IntakeState.PENDING).pk))


def test_parts_go_straight_to_the_bucket_and_become_an_asset(library, clip):
    sent = []
    library.on("request", lambda request: request.method in ("PUT", "PATCH") and sent.append(request.url))
    choose(library, clip)
    expect(library.locator("#incoming")).to_contain_text("Waits for a worker.")
    assert len(sent) == -(-clip.stat().st_size // sending.PART_BYTES)
    assert all(address.startswith(f"{library.endpoint}/footage/uploads/") for address in sent)
    take_in()
    expect(library.get_by_role("heading", name="large.mp4")).to_be_visible()
    asset = MediaAsset.objects.get()
    assert asset.sha256 == hashlib.sha256(clip.read_bytes()).hexdigest()
    assert media_in.size(asset.file_path) == clip.stat().st_size
    assert list(media_in.keys("uploads")) == []


def test_after_a_reload_only_what_is_missing_is_sent(library, clip):
    hold(library, but="partNumber=1&")
    choose(library, clip)
    while not (Intake.objects.exists() and len(sending.missing_parts(Intake.objects.get())) == _parts(clip) - 1):
        library.wait_for_timeout(200)
    library.reload()
    expect(library.locator("#incoming")).to_contain_text("Choose the file again to go on.")
    sent = []
    library.on("request", lambda request: request.method == "PUT" and sent.append(request.url))
    choose(library, clip)
    expect(library.locator("#incoming")).to_contain_text("Waits for a worker.")
    numbers = [re.search(r"partNumber=(\d+)", address).group(1) for address in sent]
    assert sorted(numbers) == [str(number) for number in range(2, _parts(clip) + 1)]
    take_in()
    assert MediaAsset.objects.get().sha256 == hashlib.sha256(clip.read_bytes()).hexdigest()


def test_what_is_given_up_leaves_nothing_in_the_bucket(library, clip):
    hold(library, but="nothing")
    choose(library, clip)
    while not Intake.objects.exists():
        library.wait_for_timeout(100)
    intake = Intake.objects.get()
    library.get_by_role("button", name="Cancel large.mp4").click()
    expect(library.locator("#said")).to_have_text("large.mp4 is given up; nothing of it is kept.")
    assert not Intake.objects.exists()
    with pytest.raises(Exception, match="is not in media_in"):
        media_in.parts(intake.key, intake.multipart_id)


def test_a_wrong_key_is_told_at_once_and_in_words(open_library, s3_server: S3Server, clip):  # noqa: F811
    page = open_library(**{**s3_server.environment, "MPR_S3_SECRET_KEY": "something else"})
    choose(page, clip)
    expect(page.locator("#uploads")).to_contain_text("The storage refused media_in (SignatureDoesNotMatch)")
    assert not Intake.objects.exists()


def _parts(clip) -> int:
    return -(-clip.stat().st_size // sending.PART_BYTES)
