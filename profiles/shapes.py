"""What the endpoints of profiles take and answer."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import serializers

from mpr.api.input import ObjectField, OverridesField, StrictSerializer
from mpr.pipeline.config import defaults, plain, schema
from mpr.pipeline.stage import Stage
from profiles.edit import check_profile
from profiles.models import Profile
from profiles.plan import Plan

_VERSION = "The version the change was made on; a newer one in the meantime refuses it."


class WorkspaceFilter(StrictSerializer):
    workspace = serializers.UUIDField(required=False, help_text="Needed by members of several.")


class ProfileFilter(WorkspaceFilter):
    profile = serializers.CharField(required=False, help_text="The default profile when left out.")


class _Change(StrictSerializer):
    workspace = serializers.UUIDField(required=False, help_text="Needed by members of several.")
    version = serializers.IntegerField(required=False, min_value=1, help_text=_VERSION)


class ConfigInput(_Change):
    profile = serializers.CharField()
    pipeline = ObjectField(required=False)
    configs = OverridesField(required=False)


class ProfileInput(_Change):
    name = serializers.SlugField(max_length=80)
    description = serializers.CharField(required=False, allow_blank=True)
    copy_of = serializers.CharField(required=False, help_text="Begin with a copy of this profile.")
    pipeline = ObjectField(required=False)
    configs = OverridesField(required=False)


class PipelineInput(_Change):
    pipeline = ObjectField()


class StagesInput(_Change):
    profile = serializers.CharField()
    configs = OverridesField()


class StageInput(_Change):
    profile = serializers.CharField()
    config = ObjectField(help_text="All that differs from the defaults.")


class TransformInput(_Change):
    profile = serializers.CharField()
    to = serializers.CharField(help_text="The stage the edge leads to.")
    transform = ObjectField(help_text="Empty to let everything pass.")

    def get_fields(self) -> dict[str, Any]:
        # “from” is a word of the language and cannot be an attribute.
        return {**super().get_fields(), "from": serializers.CharField(help_text="The stage the edge comes from.")}


class ProfileShape(serializers.ModelSerializer):
    shipped = serializers.SerializerMethodField()

    class Meta:
        model = Profile
        fields = [
            "name", "workspace", "shipped", "description", "pipeline", "configs", "version", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_shipped(self, profile: Profile) -> bool:
        return profile.workspace_id is None


class ProfilesShape(serializers.Serializer):
    default = serializers.CharField()
    profiles = ProfileShape(many=True)


class ConfigShape(ProfileShape):
    """A profile, and every setting of its stages, the defaults included."""

    effective = serializers.SerializerMethodField()

    class Meta(ProfileShape.Meta):
        fields = [*ProfileShape.Meta.fields, "effective"]
        read_only_fields = fields

    def get_effective(self, profile: Profile) -> dict[str, dict[str, Any]]:
        plan = check_profile(profile.pipeline, profile.configs)
        return {name: plain(config) for name, config in plan.configs.items()}


class PipelineShape(serializers.Serializer):
    profile = serializers.CharField()
    version = serializers.IntegerField()
    pipeline = ObjectField(help_text="Stages in running order, edges with their transforms, routing, shard_s.")


class EdgesShape(serializers.Serializer):
    profile = serializers.CharField()
    version = serializers.IntegerField()
    edges = serializers.ListField(child=ObjectField(), help_text="Each with from, to and, when it has one, transform.")
    transform_schema = ObjectField(help_text="JSON Schema of a transform.")


class StageShape(serializers.Serializer):
    """A stage; `config` is what the profile sets, null when its pipeline does not run the stage."""

    name = serializers.CharField()
    about = serializers.CharField()
    scope = serializers.CharField()
    resource = serializers.CharField()
    version = serializers.IntegerField()
    reads = serializers.ListField(child=serializers.CharField())
    config_schema = ObjectField()
    defaults = ObjectField()
    config = ObjectField(allow_null=True)


class StagesShape(serializers.Serializer):
    profile = serializers.CharField()
    version = serializers.IntegerField()
    stages = StageShape(many=True)


def default_profile() -> str:
    name: str = settings.MPR_DEFAULT_PROFILE
    return name


def stage_values(stage: Stage, plan: Plan) -> dict[str, Any]:
    """A StageShape's values; `config` holds every setting as the plan has it."""
    config = plan.configs.get(stage.name)
    return {
        "name": stage.name,
        "about": stage.doc.split("\n\n")[0].replace("\n", " "),
        "scope": str(stage.scope),
        "resource": str(stage.resource),
        "version": stage.version,
        "reads": [read.name for read in stage.reads],
        "config_schema": schema(stage.config),
        "defaults": defaults(stage.config),
        "config": None if config is None else plain(config),
    }
