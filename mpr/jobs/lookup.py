"""Finding a job by what a person types: its id, or as much of it as no other job's begins with."""

from __future__ import annotations

import re

from mpr.errors import BadInput, NotFound
from mpr.jobs.models import Job

_ID = re.compile(r"[0-9a-f-]{1,36}")
_NAMED_AT_MOST = 4


def find_job(text: str) -> Job:
    """Raises NotFound when no id begins like this, BadInput when several do or it is no id at all."""
    start = text.strip().lower()
    if not _ID.fullmatch(start):
        raise BadInput(f"“{text}” is not a job's id; `mpr jobs` lists them.")
    jobs = Job.objects.select_related("timeline__source_asset__workspace").filter(id__startswith=start)
    found = list(jobs[: _NAMED_AT_MOST + 1])
    if not found:
        raise NotFound(f"There is no job whose id begins with “{start}”; `mpr jobs` lists them.")
    if len(found) > 1:
        names = ", ".join(str(job.pk) for job in found[:_NAMED_AT_MOST])
        more = " and more" if len(found) > _NAMED_AT_MOST else ""
        raise BadInput(f"Several jobs' ids begin with “{start}”: {names}{more}; type more of it.")
    return found[0]


def short_id(job_id: object) -> str:
    """The part of an id that is shown."""
    return str(job_id)[:8]
