from __future__ import annotations

from uuid import UUID

import pytest

from mpr.assets.models import Timeline
from mpr.errors import BadInput, MprError, NotFound
from mpr.jobs.lookup import find_job
from mpr.jobs.models import Job

IDS = ["3f2a0000-0000-4000-8000-000000000001", "3f2b0000-0000-4000-8000-000000000001",
       "91c00000-0000-4000-8000-000000000001"]  # fmt: skip


@pytest.fixture(autouse=True)
def _jobs(timeline: Timeline) -> None:
    Job.objects.bulk_create(Job(id=UUID(name), timeline=timeline, profile_name="sums", plan={}) for name in IDS)


@pytest.mark.parametrize(
    ("text", "found"), [("91", IDS[2]), ("3F2A", IDS[0]), (" 3f2b0000-0 ", IDS[1]), (IDS[0], IDS[0])]
)
def test_as_much_of_an_id_as_means_one_job(text: str, found: str) -> None:
    assert str(find_job(text).pk) == found


@pytest.mark.parametrize(
    ("text", "error", "sentence"),
    [
        ("77", NotFound, "There is no job whose id begins with “77”; `mpr jobs` lists them."),
        ("3f", BadInput, f"Several jobs' ids begin with “3f”: {IDS[1]}, {IDS[0]}; type more of it."),
        ("", BadInput, "“” is not a job's id; `mpr jobs` lists them."),
        ("match.mp4", BadInput, "“match.mp4” is not a job's id; `mpr jobs` lists them."),
        ("%", BadInput, "“%” is not a job's id; `mpr jobs` lists them."),
    ],
)
def test_what_means_no_job_or_several(text: str, error: type[MprError], sentence: str) -> None:
    with pytest.raises(error) as raised:
        find_job(text)
    assert sorted(raised.value.message) == sorted(sentence)  # the order of the ids is that of their making
    assert raised.value.message.split(":")[0] == sentence.split(":")[0]


def test_many_are_not_all_listed(timeline: Timeline) -> None:
    for number in range(5):
        Job.objects.create(id=UUID(f"aa{number}00000-0000-4000-8000-000000000001"), timeline=timeline, plan={})
    with pytest.raises(BadInput, match="and more; type more of it"):
        find_job("aa")
