"""The admin's page of jobs, with what only this family can do to one."""

from __future__ import annotations

from typing import cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from detection.rematch import rematch
from mpr.errors import MprError
from mpr.jobs.admin import JobAdmin
from mpr.jobs.models import Job
from mpr.workspaces.models import Role
from mpr.workspaces.scoping import workspaces_as

admin.site.unregister(Job)


@admin.register(Job)
class DetectionJobAdmin(JobAdmin):
    """Jobs, in which brands can be looked for anew."""

    actions = ["look_again"]

    def has_look_permission(self, request: HttpRequest) -> bool:
        return workspaces_as(cast(User, request.user), Role.ANALYST).exists()

    @admin.action(description="Look for brands and exemplars anew, as new jobs", permissions=["look"])
    def look_again(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        """Make a child of each job in which only matching and what follows is run."""
        user = cast(User, request.user)
        for job in jobs:
            if not job.workspace.allows(user, Role.ANALYST):
                sentence = f"{job}: this takes the role {Role.ANALYST} in {job.workspace}; ask an owner of it."
                self.message_user(request, sentence, messages.ERROR)
                continue
            try:
                made = rematch(job, created_by=user)
            except MprError as error:
                self.message_user(request, f"{job}: {error.message}", messages.ERROR)
                continue
            page = reverse("job", args=[made.job.pk])
            sentence = format_html(
                '{}: <a href="{}">looking anew as {}</a>. {}', job, page, str(made.job.pk)[:8], made.note
            )
            self.message_user(request, sentence, messages.SUCCESS)
