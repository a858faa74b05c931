"""Every setting of a report: what counts, how quality is weighed, what a second is worth.

They are compile_report's config. A report can be computed anew with any of them from what a job stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from mpr.pipeline.config import limits

# The settings that say which sightings count; reports that agree in them claim the same seconds.
CLAIMS = ("min_area_share", "min_visible_share", "min_clarity", "full_sharpness", "full_contrast")


@dataclass(frozen=True, kw_only=True)
class Config:
    # A sighting's outline is that of its letters, a sixth of the board's area or so; at 0.1 % of the frame, which suits
    # whole logos, lines that a viewer reads without effort would not count.
    min_area_share: Annotated[float, limits("A logo counts from this share of the frame on.", ge=0, le=1)] = 0.00015
    min_visible_share: Annotated[
        float, limits("A logo counts when at least this share of it lies within the frame.", ge=0, le=1)
    ] = 0.5
    min_clarity: Annotated[
        float,
        limits(
            "A logo counts from this clarity on: the geometric mean of sharpness, contrast and legibility.", ge=0, le=1
        ),
    ] = 0.1
    full_sharpness: Annotated[
        float, limits("Variance of the Laplacian, at 48 px height, from which a crop is fully sharp.", gt=0)
    ] = 1000.0
    full_contrast: Annotated[
        float, limits("Grey standard deviation, 0 to 1, from which a crop has full contrast.", gt=0, le=1)
    ] = 0.25
    bridge_s: Annotated[float, limits("Misses up to this many seconds do not end an airing.", ge=0)] = 1.0
    min_event_s: Annotated[
        float, limits("Shorter airings count as exposure but are not listed, unless they fill their shot.", ge=0)
    ] = 1.0
    short_event_confidence: Annotated[
        float,
        limits("A shorter airing is listed all the same from this confidence on; above 1 none is.", ge=0, le=2),
    ] = 0.85
    high_confidence: Annotated[
        float, limits("Frames below this confidence do not count for the lower bound of exposure.", ge=0, le=1)
    ] = 0.9
    quality_size_exponent: Annotated[float, limits("Weight of size in quality; 0 leaves it out.", ge=0)] = 0.5
    quality_position_exponent: Annotated[float, limits("Weight of position in quality; 0 leaves it out.", ge=0)] = 0.5
    quality_clarity_exponent: Annotated[float, limits("Weight of clarity in quality; 0 leaves it out.", ge=0)] = 0.5
    quality_visible_exponent: Annotated[
        float, limits("Weight of the visible share in quality; 0 leaves it out.", ge=0)
    ] = 0.5
    quality_clutter_exponent: Annotated[
        float, limits("Weight of the number of brands at once in quality; 0 leaves it out.", ge=0)
    ] = 0.5
    track_step_diagonals: Annotated[
        float, limits("A track goes on when the mark moved at most this many of its own diagonals.", gt=0)
    ] = 1.0
    still_share: Annotated[
        float, limits("A mark stays where it is when no side moves by more than this share of the frame.", gt=0, le=1)
    ] = 0.012
    min_still_s: Annotated[float, limits("Only what stays for this many seconds can be a graphic.", ge=0)] = 1.5
    border_share: Annotated[
        float, limits("Only what comes this near to the frame's edge can be a graphic, as a share.", ge=0, le=1)
    ] = 0.15
    field_margin_share: Annotated[
        float, limits("What is this near to the playing field is a board, as a share of the frame.", ge=0, le=1)
    ] = 0.3
    backdrop_marks: Annotated[
        int, limits("So many marks at once, in a picture without a field, are a backdrop's.", ge=2)
    ] = 6
    backdrop_height_share: Annotated[
        float, limits("A backdrop's marks are spread over at least this share of the frame's height.", ge=0, le=1)
    ] = 0.25
    ad_area_share: Annotated[
        float,
        limits(
            "The only brand of a shot without a field is in an ad when it covers this share on average.", gt=0, le=1
        ),
    ] = 0.015
    large_area_share: Annotated[
        float, limits("In quality a logo of this share of the frame is large; a larger one is no better.", gt=0, le=1)
    ] = 0.05
    audience_viewers: Annotated[
        float, limits("How many watch, throughout; 0 when it is not known, and then nothing is valued.", ge=0)
    ] = 0.0
    audience_curve: Annotated[
        tuple[tuple[float, float], ...],
        limits("How many watch when: pairs of second and viewers, straight lines between them; empty: throughout."),
    ] = ()
    cpm30_price: Annotated[
        float, limits("Price of a thousand viewers for thirty seconds, in the currency; 0 when it is not known.", ge=0)
    ] = 0.0
    currency: Annotated[str, limits("Currency of prices, by its three letters.", pattern="^([A-Z]{3})?$")] = ""
