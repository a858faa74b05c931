from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from mpr.workspaces.members import join_superusers
from mpr.workspaces.models import Workspace
from profiles.shipped import sync_profiles


class Command(BaseCommand):
    help = "Make what every installation starts with: the default workspace and the shipped profiles. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        changes = [*join_superusers(Workspace.objects.default()), *sync_profiles()]
        for change in changes:
            self.stdout.write(f"seeded {change}")
        if not changes:
            self.stdout.write("nothing to seed, everything is there")
