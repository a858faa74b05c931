"""Decisions on stored jobs: mirrored, undone, carried over, applied to the report, fed back."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

from brands.models import Brand
from detection.airings import write_airings
from detection.models import Decision, OpenQuestion
from detection.recompute import Reported
from detection.records import OpenCandidate
from detection.report.load import load_report
from detection.review.applying import reviewed
from detection.review.deciding import Choice, decide, undo
from detection.review.findings import ensure_questions
from detection.review.queue import Scope, counts, waiting, window
from detection.review.teaching import teach
from mpr.errors import BadInput, NotAllowed, NotFound, Refused
from mpr.jobs.models import Job, StageOutput
from mpr.pipeline import codec
from mpr.storage.buckets import timeline_folder
from tests.recorded import record_job
from tests.rows import make_timeline

pytestmark = pytest.mark.django_db
BRAND = "Nördlich Öl"
ACCEPT, REJECT = Choice(verdict="accept"), Choice(verdict="reject")


@pytest.fixture
def timeline(workspace: Any) -> Any:
    return make_timeline(workspace, duration_s=20.0)


@pytest.fixture
def job(timeline: Any) -> Job:
    """The brand at seconds 2 to 5 and at 9; what is open is asked at second 2."""
    return reported(timeline)


def reported(timeline: Any, seen: tuple[int, ...] = (2, 3, 4, 9), **given: Any) -> Job:
    job = record_job(timeline, seen, **given)
    ask(job)
    write_airings(job, load_report(job))
    return job


def ask(job: Job) -> None:
    """The open question of match_brands, which compile_report would have told of, with a nearest brand."""
    report = load_report(job)
    frame = report.brands[0].events[0].evidence.frame
    polygon = [(0.28, 0.3), (0.66, 0.3), (0.66, 0.6), (0.28, 0.6)]
    asked = OpenCandidate(
        t_s=2.5, polygon=polygon, text="SPR1NG", reason="Two brands are near.", nearest_brand="Spring", seconds=1.0,
        frame=frame, start_s=2.0, end_s=3.0,
    )  # fmt: skip
    row = StageOutput.objects.get(job=job, stage_name="compile_report")
    told = type(report)(**{**{name: getattr(report, name) for name in report.__struct_fields__}, "unresolved": [asked]})
    timeline_folder(job.timeline_id).write(row.output["artifacts"][0] + "q", codec.encode(told))
    row.output = {"counts": told.counts(), "artifacts": [row.output["artifacts"][0] + "q"]}
    row.save()


@pytest.fixture
def person(workspace: Any) -> Any:
    def make(name: str, role: str = "analyst") -> Any:
        user = get_user_model().objects.create_user(name, password="correct horse")
        workspace.memberships.create(user=user, role=role)
        return user

    return make


def key(job: Job, place: int = 0) -> str:
    return f"a{job.airings.order_by('start_s')[place].pk}"


def question(job: Job) -> str:
    return f"q{job.open_questions.get().pk}"


def states(job: Job) -> list[str]:
    return [
        *job.airings.values_list("review_state", flat=True),
        *job.open_questions.values_list("review_state", flat=True),
    ]


def seconds(job: Job, **given: Any) -> dict[str, float]:
    return {brand.brand: brand.exposure_s for brand in Reported(job, **given).report.brands}


def test_a_decision_is_kept_apart_and_mirrored(job: Job, owner: Any) -> None:
    made = decide(owner, [key(job)], REJECT)

    row = Decision.objects.get()
    assert (row.verdict, row.brand_name, row.start_s, row.end_s, row.made_by) == ("reject", BRAND, 2.0, 5.0, owner)
    assert (row.job, row.timeline, row.undone_at, row.text) == (job, job.timeline, None, BRAND.upper())
    assert row.box == pytest.approx([0.3125, 0.4, 0.625, 0.5556], abs=1e-3)
    assert made.states == {key(job): "rejected"}
    assert states(job) == ["rejected", "unreviewed", "unreviewed"]


def test_the_report_is_as_people_see_it_and_as_it_was_found(job: Job, owner: Any) -> None:
    decide(owner, [key(job)], REJECT)
    decide(owner, [key(job, 1)], Choice(verdict="rename", brand="Northwind"))

    assert seconds(job) == {"Northwind": 1.0, "Tiny": 1.0}
    assert seconds(job, as_reviewed=False)[BRAND] == 4.0
    assert {brand.brand for brand in reviewed(job).brands} == {"Northwind", "Tiny"}


def test_confirmed_seconds_are_verified(job: Job, owner: Any) -> None:
    decide(owner, [key(job)], ACCEPT)

    brand = next(brand for brand in reviewed(job).brands if brand.brand == BRAND)
    assert (brand.confirmed_s, brand.verified_share) == (3.0, 0.75)


def test_ends_are_moved_and_what_was_said_before_stays(job: Job, owner: Any) -> None:
    decide(owner, [key(job)], ACCEPT)
    decide(owner, [key(job)], Choice(verdict="ends", start_s=2.5, end_s=4.0))

    assert states(job)[0] == "accepted"
    brand = next(brand for brand in reviewed(job).brands if brand.brand == BRAND)
    assert (brand.intervals[0], brand.confirmed_s) == ((2.5, 4.0), 1.5)
    assert len(set(Decision.objects.values_list("subject", flat=True))) == 1


def test_events_are_merged_and_split(job: Job, owner: Any) -> None:
    decide(owner, [key(job, 1)], Choice(verdict="merge"))
    decide(owner, [key(job, 0)], Choice(verdict="split", at_s=3.5))

    (brand,) = (brand for brand in reviewed(job).brands if brand.brand == BRAND)
    assert [(event.start_s, event.end_s) for event in brand.events] == [(2.0, 3.5), (3.5, 10.0)]
    assert (states(job)[:2], brand.exposure_s) == (["unreviewed", "unreviewed"], 4.0)


def test_all_that_look_alike_are_decided_and_undone_at_once(job: Job, owner: Any) -> None:
    made = decide(owner, [key(job)], ACCEPT, all_alike=True)

    assert set(made.keys) == {key(job), key(job, 1)}
    assert states(job) == ["accepted", "accepted", "unreviewed"]
    undone = undo(owner)
    assert (set(undone.keys), undone.more) == (set(made.keys), False)
    assert undone.words.startswith("Accepted: ")
    assert undone.words.endswith("and 1 more")
    assert states(job) == ["unreviewed"] * 3


def test_undo_goes_back_step_by_step_and_keeps_what_was_undone(job: Job, owner: Any) -> None:
    for choice in (ACCEPT, REJECT, Choice(verdict="rename", brand="Northwind")):
        decide(owner, [key(job)], choice)

    found = [states(job)[0]]
    for _ in range(3):
        undo(owner)
        found.append(states(job)[0])

    assert found == ["renamed", "rejected", "accepted", "unreviewed"]
    assert [one.undone_by for one in Decision.objects.all()] == [owner] * 3
    with pytest.raises(NotFound, match="nothing left to undo"):
        undo(owner)


def test_of_two_reviewers_the_last_holds_both_are_kept_and_told(job: Job, owner: Any, person: Any) -> None:
    other = person("maria")
    decide(other, [key(job)], ACCEPT)
    told = decide(owner, [key(job)], REJECT)

    assert states(job)[0] == "rejected"
    assert told.notes == (f"maria had said: Accepted: {BRAND} at 0:00:02. Yours holds now; both are kept.",)
    undo(owner)
    assert states(job)[0] == "accepted"
    assert Decision.objects.count() == 2
    with pytest.raises(NotFound):
        undo(owner)


def test_what_is_sent_twice_counts_once(job: Job, owner: Any, person: Any) -> None:
    batch = uuid4()
    first = decide(owner, [key(job)], REJECT, batch=batch)
    again = decide(owner, [key(job)], REJECT, batch=batch)

    assert (again.states, Decision.objects.count()) == (first.states, 1)
    with pytest.raises(Refused):
        decide(person("maria"), [key(job)], REJECT, batch=batch)


def test_decisions_hold_for_a_replay_in_place_and_a_child(job: Job, owner: Any) -> None:
    decide(owner, [key(job)], REJECT)
    decide(owner, [question(job)], Choice(verdict="rename", brand="Spring"))
    before = key(job)

    StageOutput.objects.filter(job=job, stage_name="compile_report").update(cache_key="b" * 64)
    write_airings(job, load_report(job))
    child = reported(job.timeline, (2, 3, 9), parent=job)

    assert key(job) != before
    assert states(job) == ["rejected", "unreviewed", "renamed"]
    assert states(child) == ["rejected", "unreviewed", "renamed"]
    assert seconds(child) == {BRAND: 1.0, "Tiny": 1.0}
    assert [(one.text, one.brand) for one in Reported(child).reviews.named] == [("SPR1NG", "Spring")]


def test_what_is_decided_and_undone_on_a_child_holds_for_its_parent(job: Job, owner: Any) -> None:
    child = reported(job.timeline, (2, 3, 4, 9), parent=job)
    StageOutput.objects.filter(job=child, stage_name="compile_report").update(cache_key="c" * 64)
    decide(owner, [key(child)], ACCEPT)

    assert states(job)[0] == states(child)[0] == "accepted"
    undo(owner)
    assert states(job)[0] == states(child)[0] == "unreviewed"


def test_a_decision_stays_when_its_job_goes(job: Job, owner: Any) -> None:
    decide(owner, [key(job)], REJECT)
    timeline = job.timeline
    job.delete()

    assert states(reported(timeline))[0] == "rejected"


def test_another_timeline_is_not_touched(job: Job, owner: Any, workspace: Any) -> None:
    other = reported(make_timeline(workspace, filename="other.mp4", duration_s=20.0))
    decide(owner, [key(job)], REJECT)

    assert states(other)[0] == "unreviewed"


@pytest.mark.parametrize(
    ("which", "choice", "sentence"),
    [
        ("airing", Choice(verdict="rename"), "Say which brand it is."),
        ("airing", Choice(verdict="rename", brand="x" * 121), "at most 120 letters"),
        ("airing", Choice(verdict="maybe"), "“maybe” is no decision"),
        ("airing", Choice(verdict="ends", start_s=4.0, end_s=3.0), "the start first"),
        ("airing", Choice(verdict="ends", start_s=3.0, end_s=99.0), "seconds of the timeline"),
        ("airing", Choice(verdict="ends", start_s=6.0, end_s=7.0), "reject it instead"),
        ("airing", Choice(verdict="split", at_s=5.0), "Split it between 0:00:02.000 and 0:00:05.000."),
        ("airing", Choice(verdict="merge"), "no airing of Nördlich Öl before this one"),
        ("question", Choice(verdict="merge"), "cannot be merged"),
    ],
)
def test_what_cannot_be_decided_is_said(job: Job, owner: Any, which: str, choice: Choice, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        decide(owner, [key(job) if which == "airing" else question(job)], choice)
    assert not Decision.objects.exists()


def test_a_question_without_a_near_brand_needs_one(job: Job, owner: Any) -> None:
    OpenQuestion.objects.update(brand_name="")

    with pytest.raises(BadInput, match="choose one"):
        decide(owner, [question(job)], ACCEPT)
    decide(owner, [question(job)], Choice(verdict="accept", brand="Spring"))
    assert states(job)[2] == "accepted"


def test_roles_hold(job: Job, stranger: Any, person: Any) -> None:
    with pytest.raises(NotFound):
        decide(stranger, [key(job)], ACCEPT)
    with pytest.raises(NotAllowed):
        decide(person("viewer", "viewer"), [key(job)], ACCEPT)
    for wrong in ("x1", "a", "a0", "a1; drop"):
        with pytest.raises(BadInput):
            decide(person(f"one {wrong}"), [wrong], ACCEPT)


def test_the_queue_has_what_is_doubtful_first_and_counts(job: Job, owner: Any) -> None:
    job.airings.filter(start_s=2.0).update(confidence=0.6)
    scope = Scope(user=owner, job=job)

    found = window(scope, limit=10)

    assert [entry.key for entry in found.entries] == [key(job), question(job), key(job, 1)]
    assert [entry.sure for entry in found.entries] == [False, False, True]
    assert found.entries[0].score == pytest.approx(0.4 * 3.0)
    assert [entry.alike for entry in found.entries] == [2, 1, 2]
    assert (counts(scope).waiting, counts(scope).sure, counts(scope).done) == (2, 1, 0)
    by_time = window(Scope(user=owner, job=job, order="time"), limit=10)
    assert [entry.row.start_s for entry in by_time.entries] == [2.0, 2.0, 9.0]
    only = window(Scope(user=owner, job=job, show="questions"), limit=10)
    assert [entry.key for entry in only.entries] == [question(job)]
    decide(owner, [key(job)], ACCEPT)
    assert [entry.key for entry in window(Scope(user=owner, job=job, show="done"), limit=10).entries] == [key(job)]
    assert counts(scope).done == 1


@pytest.mark.parametrize("order", ["value", "doubt", "time"])
def test_windows_follow_each_other_without_gaps(job: Job, owner: Any, order: Any) -> None:
    airing = job.airings.first()
    for number in range(25):
        airing.pk, airing.start_s, airing.end_s = None, number / 10, number / 10 + 2
        airing.confidence = 0.5 + (number % 5) / 10
        airing.save()
    scope = Scope(user=owner, job=job, order=order)
    whole = [entry.key for entry in window(scope, limit=100).entries]

    found, after = [], ""
    for _ in range(20):
        some = window(scope, limit=4, after=after)
        found += [entry.key for entry in some.entries]
        after = some.after
        if not after:
            break

    assert found == whole
    assert len(whole) == 28
    with pytest.raises(BadInput):
        window(scope, limit=4, after="nowhere")


def test_what_waits_is_counted_over_the_newest_job_of_each_timeline(
    job: Job, owner: Any, stranger: Any, django_assert_num_queries: Any
) -> None:
    job.airings.update(confidence=0.5)
    child = reported(job.timeline, (2, 3, 4), parent=job)
    child.airings.update(confidence=0.5)

    with django_assert_num_queries(1):
        assert waiting(owner) == 2
    assert waiting(stranger) == 0
    assert [entry.row.job_id for entry in window(Scope(user=owner), limit=9).entries] == [child.pk] * 2
    decide(owner, [question(child)], REJECT)
    assert waiting(owner) == 1


def test_jobs_from_before_get_their_questions(job: Job, owner: Any) -> None:
    decide(owner, [question(job)], REJECT)
    OpenQuestion.objects.all().delete()

    ensure_questions(job)
    ensure_questions(job)

    assert job.open_questions.get().review_state == "rejected"


def test_decisions_are_fed_back_when_asked(job: Job, owner: Any, person: Any) -> None:
    with pytest.raises(BadInput, match="decide first"):
        teach(owner, [question(job)], alias=True)
    decide(owner, [question(job)], Choice(verdict="rename", brand="Spring Water"))
    with pytest.raises(NotAllowed):
        teach(person("analyst"), [question(job)], alias=True)

    taught = teach(owner, [question(job)], alias=True, exemplar=True)

    brand = Brand.objects.get(canonical_name="Spring Water")
    assert (brand.aliases, brand.exemplars.count(), brand.workspace) == (["SPR1NG"], 1, job.workspace)
    assert len(taught.sentences) == 3
    assert teach(owner, [question(job)], alias=True, exemplar=True).sentences == ("All of that was known.",)


def test_a_brand_that_ships_is_copied_with_its_aliases(job: Job, owner: Any) -> None:
    Brand.objects.create(workspace=None, canonical_name="Springwell", aliases=["SPW"])
    decide(owner, [question(job)], Choice(verdict="rename", brand="springwell"))

    teach(owner, [question(job)], alias=True)

    own = Brand.objects.get(workspace=job.workspace, canonical_name__iexact="springwell")
    assert own.aliases == ["SPW", "SPR1NG"]


def test_the_database_refuses_half_a_decision(job: Job) -> None:
    given = {"timeline": job.timeline, "kind": "airing", "start_s": 1.0, "end_s": 2.0, "t_s": 1.0}
    for wrong in (
        {"verdict": "rename"},
        {"verdict": "ends"},
        {"verdict": "maybe"},
        {"verdict": "accept", "end_s": 1.0},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Decision.objects.create(**{**given, **wrong})
