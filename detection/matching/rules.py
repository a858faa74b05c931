"""The thresholds of matching, as a person sets them in the config of match_brands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from mpr.pipeline.config import limits


@dataclass(frozen=True, kw_only=True)
class Rules:
    """How sure a reading must be to count as a brand, and what becomes a question when it is not."""

    min_confidence: Annotated[float, limits("Readings below this OCR confidence name no brand.", ge=0, le=1)] = 0.6
    short_letters: Annotated[int, limits("Names of up to this many letters must be read exactly.", ge=1, le=12)] = 4
    min_short_confidence: Annotated[float, limits("OCR confidence that a short name needs.", ge=0, le=1)] = 0.8
    min_short_share: Annotated[
        float, limits("A short name must make up at least this share of its reading's letters.", ge=0, le=1)
    ] = 0.5
    tiny_letters: Annotated[
        int, limits("Names of up to this many letters count when read twice in a shot, or once large and sure.", ge=0)
    ] = 3
    min_tiny_confidence: Annotated[
        float, limits("OCR confidence from which so short a name is sure in one reading.", ge=0, le=1)
    ] = 0.95
    min_tiny_height: Annotated[
        float, limits("Height from which it is large; share of the frame's height.", ge=0, le=1)
    ] = 0.03
    min_share: Annotated[
        float, limits("A longer name must make up at least this share of its reading's letters.", ge=0, le=1)
    ] = 0.2
    sure_letters: Annotated[
        int, limits("Letters of a word that must be right before any error is allowed.", ge=1, le=12)
    ] = 3
    letters_per_error: Annotated[
        float, limits("One misread letter is allowed per this many letters beyond the sure ones.", gt=0)
    ] = 4.5
    glued_letters: Annotated[
        int, limits("Names from this length on are found at the end of a longer word, as in FLYEMIRATES.", ge=2)
    ] = 6
    glued_ahead_letters: Annotated[
        int, limits("Names from this length on are found with letters directly behind, as in SANTANDERBANK.", ge=2)
    ] = 9
    min_glued_share: Annotated[float, limits("Share of such a longer word that the name must make up.", ge=0, le=1)] = (
        0.6
    )
    max_gap_heights: Annotated[
        float, limits("Boxes of one name stand at most this many text heights apart.", ge=0, le=10)
    ] = 1.5
    support_s: Annotated[
        float,
        limits("A damaged reading counts this close in time to a good one of the brand in its shot; 0 is never.", ge=0),
    ] = 3.0
    support_error: Annotated[
        float, limits("Share of the letters that may be wrong in a damaged reading.", ge=0, le=0.5)
    ] = 0.3
    support_part: Annotated[
        float, limits("Share of a name that must be left of it in a damaged reading.", gt=0, le=1)
    ] = 0.6
    min_unresolved_confidence: Annotated[
        float, limits("Readings below this OCR confidence raise no question.", ge=0, le=1)
    ] = 0.75
    min_unresolved_letters: Annotated[int, limits("Shorter readings raise no question.", ge=1)] = 4
    max_unresolved_words: Annotated[int, limits("Longer readings are sentences and raise no question.", ge=1)] = 4
    min_unresolved_height: Annotated[
        float, limits("Lower text raises no question; share of the frame's height.", ge=0, le=1)
    ] = 0.02
    near_score: Annotated[
        float, limits("A reading at least this like a brand is asked about, however brief.", ge=0, le=1)
    ] = 0.6
    prominent_frames: Annotated[
        int, limits("A reading that is like no brand is asked about when seen in this many frames of a shot.", ge=1)
    ] = 3
    prominent_height: Annotated[float, limits("Or when it is this tall; share of the frame's height.", ge=0, le=1)] = (
        0.06
    )
    max_questions: Annotated[int, limits("At most this many questions are kept, the weightiest first.", ge=0)] = 200
