from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.db import OperationalError

from detection.inference import catalogue, library
from detection.inference.catalogue import Catalogue, Entry
from mpr.errors import BadInput, NotFound, Refused
from profiles.models import Profile

pytestmark = pytest.mark.django_db
Say = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path, network: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The models folder, which `network` makes."""
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "models"


@pytest.fixture
def say(folder: Path, capfd: pytest.CaptureFixture[str]) -> Say:
    """`say("list")` runs `mpr models list` and gives what it prints."""

    def run(*arguments: str) -> str:
        call_command("models", *arguments)
        return capfd.readouterr().out

    return run


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[str]:
    """The address of a server that gives out the folder `shelf`."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

    (tmp_path / "shelf").mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "shelf")))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def known(shelf: str, tmp_path: Path, network: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Entry:
    """A network on the shelf that the catalogue lists under the AGPL."""
    made = network("made.onnx", output=np.zeros((1, 300, 6)))
    data = made.read_bytes()
    made.unlink()
    (tmp_path / "shelf" / "made.onnx").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    entry = Entry(
        name="made.onnx", what="Made by a test", licence="AGPL-3.0", url=f"{shelf}/made.onnx", size=len(data),
        sha256=digest,
    )  # fmt: skip
    whole = catalogue.catalogue()
    wider = Catalogue(licences=whole.licences, models=[*whole.models, entry])
    for module in (catalogue, library):
        monkeypatch.setattr(module, "catalogue", lambda: wider)
    return entry


def profile_with(weights: str) -> Profile:
    return Profile.objects.create(
        name="with_persons",
        pipeline={
            "stages": ["extract_frames", "filter_scenes", "detect_objects"],
            "edges": [
                {"from": "extract_frames", "to": "filter_scenes"},
                {"from": "filter_scenes", "to": "detect_objects"},
            ],
        },
        configs={"detect_objects": {"detectors": ["text", "yolo"], "yolo_weights": weights}},
    )


def test_it_lists_what_packages_bring_and_what_licences_ask(say: Say) -> None:
    said = say()
    assert "PP-OCRv6_det_small.onnx" in said
    assert "soccer_broadcast" in said
    assert "Apache-2.0: Free to use and to pass on" in said
    assert "AGPL-3.0: Whoever uses a product built on it, also over a network, must be offered" in said
    assert "yolox_s.onnx  YOLOX-s (Megvii)" in said


def test_a_model_that_a_profile_names_and_nobody_has_is_missing(say: Say) -> None:
    profile_with("persons.onnx")
    line = next(line for line in say("list").splitlines() if line.startswith("persons.onnx"))
    assert line.split() == ["persons.onnx", "missing", "models", "folder", "with_persons"]
    assert json.loads(say("list", "--json"))["missing"] == [{"name": "persons.onnx", "named_by": ["with_persons"]}]


def test_a_model_of_the_catalogue_is_fetched_checked_and_removed(say: Say, folder: Path, known: Entry) -> None:
    said = say("fetch", "made.onnx")
    assert said.startswith("made.onnx is under AGPL-3.0: Whoever uses")
    assert said.rstrip().endswith("made.onnx")
    assert say("fetch", "made.onnx").rstrip().endswith("made.onnx was there already")

    profile_with("made.onnx")
    (listed,) = (one for one in json.loads(say("list", "--json"))["models"] if one["name"] == "made.onnx")
    assert (listed["licence"], listed["sha256"], listed["named_by"]) == ("AGPL-3.0", known.sha256, ["with_persons"])
    assert "well  made.onnx: bytes as they should be; loads" in say("check", "made.onnx")

    with pytest.raises(Refused, match=r"made\.onnx is named by with_persons; change that first, or remove it with --f"):
        say("remove", "made.onnx")
    say("remove", "made.onnx", "--force")
    assert list(folder.iterdir()) == []


def test_any_other_model_is_fetched_by_address_and_checksum(say: Say, folder: Path, known: Entry) -> None:
    say("fetch", "sub/own.onnx", "--url", known.url, "--sha256", known.sha256.upper(), "--licence", "ours")
    listed = next(one for one in json.loads(say("list", "--json"))["models"] if one["name"] == "sub/own.onnx")
    assert listed["licence"] == "AGPL-3.0", "its bytes are known"
    assert (folder / "sub" / "own.onnx").is_file()


def test_the_name_comes_from_the_address(say: Say, folder: Path, tmp_path: Path, shelf: str) -> None:
    (tmp_path / "shelf" / "mine.onnx").write_bytes(b"weights")
    say("fetch", "--url", f"{shelf}/mine.onnx?token=1", "--sha256", hashlib.sha256(b"weights").hexdigest())
    assert (folder / "mine.onnx").read_bytes() == b"weights"


@pytest.mark.parametrize(
    ("arguments", "kind", "said"),
    [
        (["nothing.onnx"], NotFound, "The catalogue has no model “nothing.onnx”."),
        ([], BadInput, "Say which model of the catalogue to fetch"),
        (["--url", "http://host/a.onnx"], BadInput, "--url needs --sha256"),
        (["a.onnx", "--sha256", "0" * 64], BadInput, "or give --url and --sha256"),
        (["../a.onnx", "--url", "http://host/a", "--sha256", "0" * 64], BadInput, "is no name of a file in"),
        (["--url", "http://host/", "--sha256", "0" * 64], BadInput, "is no name of a file in"),
        (["--url", "http://host/a.onnx", "--sha256", "0"], BadInput, "give its 64 hexadecimal digits"),
    ],
)
def test_what_cannot_be_fetched_is_a_sentence(arguments: list[str], kind: Any, said: str, say: Say) -> None:
    with pytest.raises(kind, match=said):
        say("fetch", *arguments)


def test_changed_bytes_and_files_that_do_not_load_are_broken(
    say: Say, folder: Path, known: Entry, capfd: pytest.CaptureFixture[str]
) -> None:
    say("fetch", "made.onnx")
    (folder / "made.onnx").write_bytes((folder / "made.onnx").read_bytes() + b"x")
    (folder / "none.onnx").write_bytes(b"no network")
    with pytest.raises(SystemExit) as ended:
        say("check")
    said = capfd.readouterr().out
    assert ended.value.code == 1
    assert "broken  made.onnx: its bytes are not those that it should have; fetch it again" in said
    assert "broken  none.onnx: none.onnx is not a model that ONNX Runtime can run" in said
    assert "well  PP-OCRv6_rec_small.onnx: bytes as they should be; loads" in said


def test_what_takes_torch_is_not_loaded_without_it(say: Say, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "find_spec", lambda name: None)
    (folder / "easyocr").mkdir()
    for name, sure in (
        ("yolo.pt", "nobody said what its bytes should be"),
        ("easyocr/english_g2.pth", "not the file that the catalogue has under this name"),
    ):
        (folder / name).write_bytes(b"weights")
        assert f"well  {name}: {sure}; not loaded, which takes the torch extra" in say("check", name)


def test_only_what_is_in_the_models_folder_is_removed(say: Say, folder: Path) -> None:
    (folder.parent / "outside.onnx").touch()
    with pytest.raises(BadInput, match="is outside the models folder"):
        say("remove", "../outside.onnx")
    with pytest.raises(NotFound, match=r"There is no gone\.onnx in"):
        say("remove", "gone.onnx")
    with pytest.raises(NotFound, match=r"There is no model gone\.onnx here"):
        say("check", "gone.onnx")
    assert (folder.parent / "outside.onnx").exists()


def test_without_a_database_the_profiles_that_ship_are_known(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*given: Any) -> Any:
        raise OperationalError("connection refused")

    monkeypatch.setattr(Profile.objects, "all", away)
    said = say("list")
    assert "The database does not answer, so only the profiles that ship were looked at." in said
    assert "soccer_broadcast" in said
