"""Steering a job from its page: what its state and the person's role allow, and doing it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mpr.errors import BadInput, Unavailable
from mpr.jobs import control
from mpr.jobs.models import Job, JobStatus
from mpr.messages import NO_BROKER
from mpr.web.health import broker_answers
from mpr.workspaces.models import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

_UNFINISHED = (JobStatus.PENDING, JobStatus.RUNNING, JobStatus.PAUSED)


@dataclass(frozen=True, kw_only=True)
class Action:
    """Something to do to a job. `said` is told when it was done; `sends` says that workers must hear of it."""

    name: str
    label: str
    icon: str
    key: str
    states: tuple[JobStatus, ...]
    act: Callable[..., Job]
    said: str
    sends: bool = False


ACTIONS = (
    Action(
        name="pause", label="Pause", icon="paused", key="P", states=(JobStatus.PENDING, JobStatus.RUNNING),
        act=control.pause, said="Paused. What is being worked on is handed back within a second or so.",
    ),
    Action(
        name="resume", label="Resume", icon="running", key="P", states=(JobStatus.PAUSED,),
        act=control.resume, said="The job goes on.", sends=True,
    ),
    Action(
        name="step", label="Step", icon="step", key="S", states=(JobStatus.PAUSED,),
        act=control.step, said="The next stage runs; then the job pauses again.", sends=True,
    ),
    Action(
        name="pause_after", label="Pause after", icon="paused", key="A", states=_UNFINISHED,
        act=control.pause_after, said="The job will pause after {stage}.",
    ),
    Action(
        name="retry", label="Retry", icon="reused", key="R", states=(JobStatus.FAILED,),
        act=control.retry, said="The job goes on from where it failed; what was done is kept.", sends=True,
    ),
    Action(
        name="stop", label="Stop", icon="cancelled", key="X", states=_UNFINISHED,
        act=control.stop, said="Stopped. What was computed stays, and a new job can reuse it.",
    ),
)  # fmt: skip


def may_steer(user: User | AnonymousUser, job: Job) -> bool:
    return job.workspace.allows(user, Role.ANALYST)


def allowed(job: Job) -> dict[str, Action]:
    """What the job's state allows, by name."""
    return {action.name: action for action in ACTIONS if job.status in action.states and not _useless(action, job)}


def steer(job: Job, name: str, stage: str) -> str:
    """Do it and say so in a sentence.

    Raises BadInput for an unknown action, Refused when the job's state does not allow it, and Unavailable when it is
    kept but no worker can hear of it.
    """
    action = next((action for action in ACTIONS if action.name == name), None)
    if action is None:
        raise BadInput(f"“{name[:40]}” is nothing that can be done to a job; reload the page and try again.")
    if action.name == "pause_after":
        action.act(job.pk, stage)
    else:
        action.act(job.pk)
    if action.sends and not broker_answers():
        raise Unavailable(NO_BROKER)
    return action.said


def _useless(action: Action, job: Job) -> bool:
    return action.name == "retry" and job.cleared_at is not None
