"""`mpr report, export, contract, audit, presets` on a job with the records of all its stages."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from detection.exporting import PACK
from detection.models import AuditItem, Contract
from detection.presets import find_preset
from detection.report.exports.catalogue import EXPORTS
from mpr.errors import BadInput, MprError, NotFound
from mpr.workspaces.models import Workspace
from tests.recorded import record_job
from tests.rows import make_timeline

pytestmark = pytest.mark.django_db
BRAND = "Nördlich Öl"


@pytest.fixture
def job() -> Any:
    """Of the default workspace, which the command line works in."""
    return record_job(make_timeline(Workspace.objects.default(), duration_s=20.0))


def mpr(command: str, *given: object) -> int:
    """The exit code."""
    try:
        call_command(command, *map(str, given))
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_a_report_with_other_settings_is_shown_and_written(
    job: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audience = tmp_path / "audience.csv"
    audience.write_text("t_s,viewers\n0,3000\n")

    assert mpr("report", job.pk, "--set", "min_area_share=0.02", "--set", "cpm30_price=10", "--set", "currency=EUR",
               "--audience", audience, "--out", tmp_path / "out") == 0  # fmt: skip

    told = capsys.readouterr().out
    assert "modelled estimate" in told
    assert "Preset standard, version 2, but" in told
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert [(brand["brand"], brand["gross_value"]) for brand in report["brands"]] == [(BRAND, pytest.approx(4.0))]
    assert "Value (modelled estimate)" in (tmp_path / "out" / "report.html").read_text()


def test_every_export_is_written_under_the_footages_name(job: Any, tmp_path: Path) -> None:
    assert mpr("export", job.pk, "--format", "all", "--out", tmp_path) == 0

    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"cup_final-{one.file_name}" for one in EXPORTS if one.name != "contract"} | {
        "cup_final-evidence.zip"
    }
    assert all(path.stat().st_size for path in tmp_path.iterdir())


def test_one_export_of_one_brand(job: Any, tmp_path: Path) -> None:
    assert mpr("export", job.pk, "--format", "edl", "--brand", BRAND, "--out", tmp_path) == 0

    assert [path.name for path in tmp_path.iterdir()] == [f"cup_final-{BRAND}-airings.edl"]
    with pytest.raises(BadInput, match="of all brands"):
        mpr("export", job.pk, "--format", PACK, "--brand", BRAND, "--out", tmp_path)


def test_a_missed_promise_ends_with_three_and_is_kept_when_asked(
    job: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    met, missed = tmp_path / "met.csv", tmp_path / "missed.csv"
    met.write_text(f"brand,promised_s\n{BRAND},3\n")
    missed.write_text(f"brand,placement,promised_s\n{BRAND},jersey,3\n")

    assert mpr("contract", job.pk, met) == 0
    assert not Contract.objects.exists()
    assert mpr("contract", job.pk, missed, "--keep") == 3
    capsys.readouterr()
    assert mpr("contract", job.pk, "--least-gap", 15) == 3
    assert f"{BRAND}, jersey: not seen 0:00:00.000 to 0:00:20.000 (20.0 s)" in capsys.readouterr().out


def test_a_sheet_of_an_audit_is_filled_in_and_read_back(
    job: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mpr("audit", job.pk, "--size", 20, "--seed", 2, "--out", tmp_path) == 0
    sheet = tmp_path / "audit.csv"
    rows = list(csv.DictReader(sheet.read_text().splitlines()))
    assert all((tmp_path / row["picture"]).is_file() for row in rows)
    assert {f"Is {BRAND} there?", "Is any brand there?"} <= {row["question"] for row in rows}

    for row in rows[:-1]:
        claimed = not row["question"].startswith(("Is any", "Is a brand"))
        row["verdict"] = "Yes" if claimed else "no"
    rows[0]["verdict"] = "unclear"
    with sheet.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    capsys.readouterr()
    assert mpr("audit", job.pk, "--answers", sheet) == 0

    assert f"{len(rows) - 1} of {len(rows)} seconds answered" in capsys.readouterr().out
    assert AuditItem.objects.filter(verdict="").count() == 1


@pytest.mark.parametrize(
    ("given", "error", "sentence"),
    [
        (["audit", "{job}"], NotFound, "no audit yet"),
        (["contract", "{job}"], BadInput, "no contract for this footage"),
        (["export", "{job}", "--format", "pdff"], NotFound, "Did you mean “pdf”?"),
        (["report", "{job}", "--preset", "standard@x"], BadInput, "standard@1"),
        (["report", "{job}", "--set", "bridge_s"], BadInput, "SETTING=VALUE"),
        (["report", "{job}", "--audience", "nowhere.csv"], NotFound, "no such file"),
        (["presets", "show"], BadInput, "Say which preset"),
        (["presets", "save", "two words"], BadInput, "no name for a preset"),
    ],
    ids=lambda value: " ".join(value[:1] + value[2:]) if isinstance(value, list) else None,
)
def test_what_cannot_be_done_is_said(job: Any, given: list[str], error: type[MprError], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        mpr(*(word.format(job=job.pk) for word in given))


def test_presets_are_saved_shown_and_removed(job: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert mpr("presets", "save", "final", "--copy-of", "strict", "--set", "bridge_s=3") == 0
    assert mpr("presets", "save", "final", "--set", "min_event_s=4") == 0
    preset = find_preset("final", Workspace.objects.default())
    assert (preset.version, preset.settings["bridge_s"], preset.settings["min_event_s"]) == (2, 3.0, 4.0)
    assert preset.settings["min_area_share"] == find_preset("strict", preset_workspace()).settings["min_area_share"]
    capsys.readouterr()
    assert mpr("presets", "show", "final@1") == 0
    assert "bridge_s = 3.0" in capsys.readouterr().out
    assert mpr("report", job.pk, "--preset", "final@1") == 0
    assert "Preset final, version 1." in capsys.readouterr().out
    assert mpr("presets") == 0
    assert "yours" in capsys.readouterr().out
    assert mpr("presets", "delete", "final") == 0
    with pytest.raises(NotFound):
        find_preset("final", preset_workspace())


def preset_workspace() -> Workspace:
    return Workspace.objects.default()
