"""What people say of footage: tags and comments."""

from __future__ import annotations

from collections.abc import Sequence

from mpr.assets.models import MediaAsset
from mpr.errors import BadInput

_MOST_TAGS = 20
_LONGEST_TAG = 60
_LONGEST_COMMENT = 5000


def set_tags(asset: MediaAsset, tags: Sequence[str]) -> None:
    """Replace the tags: blanks tidied, each once whatever its case, in their order. Raises BadInput."""
    kept: dict[str, str] = {}
    for tag in tags:
        tidy = " ".join(tag.split())
        if not tidy:
            continue
        if len(tidy) > _LONGEST_TAG or not tidy.isprintable():
            raise BadInput(f"“{tidy[:30]}…” is no tag; a tag has at most {_LONGEST_TAG} letters that can be printed.")
        if "," in tidy:
            raise BadInput(f"“{tidy}” holds a comma, which separates tags; leave it out.")
        kept.setdefault(tidy.casefold(), tidy)
    if len(kept) > _MOST_TAGS:
        raise BadInput(f"{len(kept)} tags are too many; keep {_MOST_TAGS} at most.")
    asset.tags = list(kept.values())
    asset.save(update_fields=["tags"])


def set_comments(asset: MediaAsset, text: str) -> None:
    """Replace the comments. Raises BadInput when they are too long."""
    if len(text) > _LONGEST_COMMENT:
        raise BadInput(f"The comment has {len(text)} letters; keep to {_LONGEST_COMMENT}.")
    asset.comments = text.replace("\x00", "").strip()
    asset.save(update_fields=["comments"])
