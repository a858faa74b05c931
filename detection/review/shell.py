"""Review in the rail, with the number that waits."""

from __future__ import annotations

from detection.review.queue import waiting
from mpr.web.shell import Place

REVIEW = Place(label="Review", url_name="review", icon="review", covers=("job-review", "job-audit"), waiting=waiting)
