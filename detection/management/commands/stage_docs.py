"""`mpr stage_docs`: writes docs/stages from the stages' code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from mpr.pipeline.pages import stage_page
from profiles.families import registry


class Command(BaseCommand):
    help = "Write a page per stage into docs/stages, from the stages' docstrings and configs."

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(settings.BASE_DIR) / "docs" / "stages"
        folder.mkdir(parents=True, exist_ok=True)
        for name, stage in registry().stages.items():
            (folder / f"{name}.md").write_text(stage_page(stage, registry()))
        self.stdout.write(f"{len(registry().stages)} pages written to {folder}.")
