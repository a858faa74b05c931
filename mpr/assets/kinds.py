"""Which files may be footage, by their names; what is in them is found out when they are read."""

from __future__ import annotations

from pathlib import PurePath

from mpr.errors import BadInput

# What FFmpeg reads and people have.
VIDEO_SUFFIXES = frozenset(
    {
        ".3g2", ".3gp", ".asf", ".avi", ".dav", ".dv", ".f4v", ".flv", ".h264", ".h265", ".hevc", ".ivf", ".m2p",
        ".m2t", ".m2ts", ".m2v", ".m4v", ".mj2", ".mjpeg", ".mjpg", ".mkv", ".mod", ".mov", ".mp4", ".mpe", ".mpeg",
        ".mpg", ".mts", ".mxf", ".nut", ".ogm", ".ogv", ".rm", ".rmvb", ".tod", ".ts", ".vob", ".webm", ".wmv",
        ".y4m",
    }
)  # fmt: skip
ADVICE = "send MP4, MOV, MKV, MXF, TS, AVI or WebM"


def check_kind(filename: str) -> None:
    """Raises BadInput with a sentence for a name that no video has."""
    suffix = PurePath(filename).suffix.lower()
    if suffix not in VIDEO_SUFFIXES:
        what = f"“{suffix}” is no kind of video" if suffix else "its name says no kind of file"
        raise BadInput(f"{filename} is not taken: {what}; {ADVICE}.")


def may_be_video(filename: str) -> bool:
    return PurePath(filename).suffix.lower() in VIDEO_SUFFIXES
