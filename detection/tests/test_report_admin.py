"""Presets, contracts and audits in the admin: looked at by members, not there for strangers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from detection.audits import answer, start_audit
from detection.contracts import save_contract
from detection.models import Audit, AuditItem, Contract, ReportPreset
from detection.presets import save_preset
from tests.recorded import record_job
from tests.rows import make_timeline

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(workspace: Any, owner: Any) -> dict[str, Any]:
    job = record_job(make_timeline(workspace, duration_s=20.0))
    save_preset(workspace, "ours", {"bridge_s": 2.0}, user=owner)
    save_preset(workspace, "ours", {"bridge_s": 3.0}, user=owner)
    audit = start_audit(job, size=20, seed=1, user=owner)
    answer(audit, 1, "unclear", user=owner)
    save_contract(job.timeline, "brand,promised_s\nQuillon,30\n", name="deal.csv", user=owner)
    return {
        "reportpreset": ReportPreset.objects.get(), "contract": Contract.objects.get(), "audit": Audit.objects.get(),
        "audititem": AuditItem.objects.get(number=1),
    }  # fmt: skip


def staff(user: Any) -> Client:
    user.is_staff = True
    user.save()
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("kind", "words"),
    [("reportpreset", "ours"), ("contract", "deal.csv"), ("audit", "1 of "), ("audititem", "Cannot tell")],
)
def test_members_see_them(rows: dict[str, Any], owner: Any, kind: str, words: str) -> None:
    client = staff(owner)

    listed = client.get(reverse(f"admin:detection_{kind}_changelist"))
    one = client.get(reverse(f"admin:detection_{kind}_change", args=[rows[kind].pk]))

    assert words in listed.content.decode()
    assert one.status_code == 200
    assert 'name="_save"' not in one.content.decode()


@pytest.mark.parametrize("kind", ["reportpreset", "contract", "audit", "audititem"])
def test_strangers_do_not(rows: dict[str, Any], stranger: Any, kind: str) -> None:
    client = staff(stranger)

    listed = client.get(reverse(f"admin:detection_{kind}_changelist"))
    one = client.get(reverse(f"admin:detection_{kind}_change", args=[rows[kind].pk]))

    assert "0 " in listed.content.decode()
    assert reverse(f"admin:detection_{kind}_change", args=[rows[kind].pk]) not in listed.content.decode()
    assert one.status_code == 302
