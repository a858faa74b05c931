"""What passes between the stages of the detection family.

Pixels are those of the cached frame, floats, origin at the top left. A quad has four corners, clockwise from the top
left as the text reads. Times are seconds on the timeline.
"""

from detection.records.brands import (
    BrandList,
    BrandMatch,
    BrandName,
    Candidate,
    Escalation,
    Matches,
    Method,
    Question,
    Verdict,
)
from detection.records.footage import Frames, KeptFrame, Replay, Scenes, Shot, by_seq
from detection.records.geometry import Point, Quad
from detection.records.logos import ExemplarFile, Exemplars, ExemplarsGiven, Regions
from detection.records.report import (
    BoundaryError,
    BrandReport,
    Event,
    Evidence,
    OpenCandidate,
    PlacementReport,
    PresetUse,
    Report,
    RungReport,
)
from detection.records.stored import StoredMatches
from detection.records.text import TextCandidate, Texts
from detection.records.tracks import Cause, Motion, Track, Tracks, View
from detection.records.vision import (
    Box,
    Crop,
    Crops,
    Edges,
    Fields,
    FrameEdges,
    FrameField,
    FrameObjects,
    Hint,
    Line,
    Objects,
)

__all__ = [
    "BoundaryError",
    "Box",
    "BrandList",
    "BrandMatch",
    "BrandName",
    "BrandReport",
    "Candidate",
    "Cause",
    "Crop",
    "Crops",
    "Edges",
    "Escalation",
    "Event",
    "Evidence",
    "ExemplarFile",
    "Exemplars",
    "ExemplarsGiven",
    "Fields",
    "FrameEdges",
    "FrameField",
    "FrameObjects",
    "Frames",
    "Hint",
    "KeptFrame",
    "Line",
    "Matches",
    "Method",
    "Motion",
    "Objects",
    "OpenCandidate",
    "PlacementReport",
    "Point",
    "PresetUse",
    "Quad",
    "Question",
    "Regions",
    "Replay",
    "Report",
    "RungReport",
    "Scenes",
    "Shot",
    "StoredMatches",
    "TextCandidate",
    "Texts",
    "Track",
    "Tracks",
    "Verdict",
    "View",
    "by_seq",
]
