"""What the page of a profile shows: its graph, every setting against its default, and the jobs that ran it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from mpr.errors import MprError
from mpr.jobs.diagram import Diagram, Node, draw, edges_of
from mpr.jobs.models import Job
from mpr.pipeline import graph as graphs
from mpr.web.display import short
from mpr.web.format import stage_title
from profiles.edit import check_profile
from profiles.families import registry
from profiles.models import Profile
from profiles.reference import StageReference, stage_reference

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

_LONGEST_LINE = 10


@dataclass(frozen=True, kw_only=True)
class SettingLine:
    """A setting: what the profile lets it be, the default, and which values it takes."""

    name: str
    value: str
    default: str
    differs: bool
    allowed: str
    help: str


@dataclass(frozen=True, kw_only=True)
class StageLines:
    """A stage of the pipeline and its settings, those that differ from the default first."""

    name: str
    about: str
    resource: str
    lines: Sequence[SettingLine]

    @property
    def differing(self) -> int:
        return sum(line.differs for line in self.lines)


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A stage in the diagram and the lines of its name; `tuned` when it has settings of its own."""

    node: Node
    words: tuple[str, ...]
    tuned: bool


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A profile's pipeline; `trouble` says why it cannot be drawn."""

    diagram: Diagram | None
    stops: Sequence[Stop]
    stages: Sequence[StageLines]
    rules: Sequence[str]
    trouble: str = ""


def drawn(pipeline: Mapping[str, Any], configs: Mapping[str, Any]) -> Drawn:
    """A profile that names what this version of MPR does not know is told of, not drawn."""
    try:
        plan = check_profile(dict(pipeline), dict(configs)).plain()
    except MprError as error:
        return Drawn(diagram=None, stops=(), stages=(), rules=(), trouble=error.message)
    told = {stage.name: stage for stage in stage_reference(registry())}
    names = plan["pipeline"]["stages"]
    stages = [_stage(told[name], plan["configs"].get(name, {})) for name in names]
    tuned = {stage.name for stage in stages if stage.differing}
    diagram = draw(names, edges_of(plan["pipeline"]))
    return Drawn(
        diagram=diagram,
        stops=[Stop(node=node, words=_words(node.name), tuned=node.name in tuned) for node in diagram.nodes],
        stages=stages,
        rules=[*_transforms(plan["pipeline"]), *_routing(plan["pipeline"])],
    )


def jobs_of(user: User | AnonymousUser, profile: Profile) -> QuerySet[Job]:
    """The jobs that ran a profile, as far as the person sees them, newest first. A workspace's own profile hides a
    shipped one of the same name."""
    jobs = Job.objects.visible_to(user).filter(profile_name=profile.name)
    if profile.workspace_id is not None:
        jobs = jobs.filter(timeline__source_asset__workspace=profile.workspace_id)
    else:
        own = Profile.objects.filter(workspace=OuterRef("timeline__source_asset__workspace"), name=profile.name)
        jobs = jobs.filter(~Exists(own))
    return jobs.order_by("-created_at", "pk")


def versions_of(user: User | AnonymousUser, profile: Profile) -> list[tuple[Any, int]]:
    """The versions that are kept, newest first, each with how many jobs ran it."""
    rows = jobs_of(user, profile).order_by().values("profile_version").annotate(times=Count("pk"))
    times = {row["profile_version"]: row["times"] for row in rows}
    kept = profile.versions.select_related("by").order_by("-version")
    return [(version, times.get(version.version, 0)) for version in kept]


def used(user: User | AnonymousUser, profiles: Sequence[Profile]) -> dict[int, int]:
    """How many jobs ran each of these profiles, by their keys."""
    rows = Job.objects.visible_to(user).filter(profile_name__in={profile.name for profile in profiles}).order_by()
    grouped = rows.values("profile_name", "timeline__source_asset__workspace").annotate(times=Count("pk"))
    own = {(profile.name, profile.workspace_id): profile.pk for profile in profiles if profile.workspace_id}
    shipped = {profile.name: profile.pk for profile in profiles if not profile.workspace_id}
    counts: dict[int, int] = {}
    for row in grouped:
        name = row["profile_name"]
        key = own.get((name, row["timeline__source_asset__workspace"]), shipped.get(name))
        if key is not None:
            counts[key] = counts.get(key, 0) + row["times"]
    return counts


def others(user: User | AnonymousUser, profile: Profile) -> QuerySet[Profile]:
    """The profiles that it can be compared with."""
    return Profile.objects.visible_to(user).filter(~Q(pk=profile.pk)).select_related("workspace").order_by("name", "pk")


def _stage(told: StageReference, values: Mapping[str, Any]) -> StageLines:
    lines = [
        SettingLine(
            name=setting.name,
            value=_plain(values.get(setting.name, setting.default)),
            default=_plain(setting.default),
            differs=setting.name in values and values[setting.name] != setting.default,
            allowed=setting.allowed,
            help=setting.help,
        )
        for setting in told.settings
    ]
    lines.sort(key=lambda line: not line.differs)
    return StageLines(name=told.name, about=told.about, resource=str(registry().stage(told.name).resource), lines=lines)


def _plain(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return short(value) if value != "" else "“”"


def _words(name: str) -> tuple[str, ...]:
    title = stage_title(name)
    return tuple(title.split(" ", 1)) if len(title) > _LONGEST_LINE else (title,)


def _transforms(pipeline: Mapping[str, Any]) -> list[str]:
    return [
        f"{stage_title(edge['from'])} → {stage_title(edge['to'])} lets pass: "
        + ", ".join(f"{name.replace('_', ' ')} {short(value)}" for name, value in edge["transform"].items())
        for edge in pipeline["edges"]
        if edge.get("transform")
    ]


def _routing(pipeline: Mapping[str, Any]) -> list[str]:
    return [
        f"{stage_title(rule['to'])} runs after {stage_title(rule['from'])} only if "
        f"{graphs.Rule(**rule['when'])}".replace("_", " ")
        for rule in pipeline.get("routing", ())
    ]
