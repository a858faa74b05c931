"""Times, shares and names as a person reads them."""

from __future__ import annotations

from mpr.pipeline.frames import Frame

PLACEMENTS = {
    "board": "Board",
    "jersey": "Jersey",
    "backdrop": "Backdrop",
    "graphic": "Graphic",
    "ad": "Advertisement",
    "other": "Other",
}
METHODS = {
    "ocr": "Text read",
    "logo": "Logo recognised",
    "local_vlm": "Local vision model",
    "cloud_llm": "Cloud vision model",
}


def clock(time_s: float) -> str:
    """A moment of the video: h:mm:ss.mmm."""
    thousandths = round(time_s * 1000)
    return f"{_h_mm_ss(thousandths // 1000)}.{thousandths % 1000:03d}"


def duration(length_s: float) -> str:
    """A length of time: h:mm:ss.t."""
    tenths = round(length_s * 10)
    return f"{_h_mm_ss(tenths // 10)}.{tenths % 10}"


def margin(error_s: float) -> str:
    """By how much a moment may be wrong, either way."""
    return f"± {error_s:.3f} s"


def percent(share: float, decimals: int = 1) -> str:
    return f"{100 * share:.{decimals}f} %"


def evidence_name(frame: Frame) -> str:
    """The relative file name of a frame's picture, made of its time: evidence/00h12m04s320.jpg."""
    thousandths = round(frame.pts_s * 1000)
    seconds = thousandths // 1000
    return f"evidence/{seconds // 3600:02d}h{seconds // 60 % 60:02d}m{seconds % 60:02d}s{thousandths % 1000:03d}.jpg"


def _h_mm_ss(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
