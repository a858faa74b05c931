"""Opening video files, and nothing but video files.

A container format is opened only if it is on a list, only through a file object of ours, and whatever the file points
at (a playlist's segments, an external track) is refused: a file that somebody uploads never makes this machine fetch
an address or read another file.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import av
from av.container import InputContainer
from av.error import FFmpegError

from mpr.errors import BadVideo, from_os_error

# Self-contained containers with timestamps. Playlists, image sequences, devices and network formats are left out, and
# so are raw elementary streams, which carry no times.
_VIDEO_FORMATS = (
    "mov", "mp4", "matroska", "webm", "avi", "mpegts", "mpeg", "mxf", "flv", "asf", "ogg", "nut", "gxf", "ivf", "dv",
    "wtv", "rm", "nuv", "gif", "apng", "yuv4mpegpipe",
)  # fmt: skip
# Opened only to say that there is no picture in them.
_SOUND_FORMATS = ("wav", "w64", "mp3", "aac", "flac", "aiff", "caf", "ac3", "eac3", "dts", "amr", "ape", "wv", "tta")
_RAW_FORMATS = ("h264", "hevc", "vvc", "m4v", "mpegvideo", "obu", "av1", "vc1", "mjpeg", "h263", "rawvideo")
_FORMATS = ",".join(_VIDEO_FORMATS + _SOUND_FORMATS + _RAW_FORMATS)

_PLAYLIST_STARTS = (b"#extm3u", b"ffconcat", b"file ", b"[playlist]", b"[reference]", b"v=0", b"<asx", b"<smil",
                    b"<mpd", b"<?xml", b"rtsptext")  # fmt: skip
_HEAD_BYTES = 4096


def open_container(file: BinaryIO, *, name: str) -> InputContainer:
    """The container in an open file. `name` is what messages call it; closing stays with the caller.

    Raises BadVideo with a sentence for an empty file, text, a playlist, a cut-off MP4 and anything that is no video.
    """
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    _check_head(head, name)

    def refuse(url: str, flags: int, options: dict[str, str]) -> NoReturn:
        raise _points_elsewhere(name)

    try:
        container: Any = av.open(
            file,
            "r",
            options={"format_whitelist": _FORMATS, "protocol_whitelist": "none"},
            metadata_errors="replace",
            io_open=refuse,
        )
    except FFmpegError as error:
        if head[4:8] == b"ftyp" and not _has_index(file):
            raise BadVideo(
                f"{name} was cut off before its index (moov), so nothing in it can be found; copy or record it again."
            ) from error
        raise BadVideo(f"{name} is not a video file that can be read; export it again as MP4.") from error
    opened: InputContainer = container
    if opened.format.name in _RAW_FORMATS:
        opened.close()
        raise BadVideo(f"{name} is a raw {opened.format.name} stream without times; put it into an MP4 or MKV file.")
    return opened


def open_file(path: Path, *, name: str) -> BinaryIO:
    """The file for reading. Raises BadVideo when it is missing or not a file, AccessDenied and Unavailable."""
    try:
        if not path.is_file():
            raise BadVideo(f"{name} is not there or is not a file; give a video file.")
        return path.open("rb")
    except OSError as error:
        raise from_os_error(error, f"read {name}") from error


def _check_head(head: bytes, name: str) -> None:
    if not head:
        raise BadVideo(f"{name} is empty (0 bytes); copy or record it again.")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(_PLAYLIST_STARTS):
        raise _points_elsewhere(name)
    if _is_text(head):
        raise BadVideo(f"{name} is a text file, not a video; choose the video file itself.")


def _points_elsewhere(name: str) -> BadVideo:
    return BadVideo(
        f"{name} is a playlist or points at other files or addresses, which are never opened; give the video file."
    )


def _is_text(head: bytes) -> bool:
    try:
        # A cut through a character at the end is no sign of binary data.
        text = head.decode("utf-8", "strict" if len(head) < _HEAD_BYTES else "ignore")
    except UnicodeDecodeError:
        return False
    whole = len(text.encode()) >= len(head) - 3
    return whole and not any(ord(letter) < 32 and letter not in "\t\n\r\f" for letter in text)


def _has_index(file: BinaryIO) -> bool:
    """Whether an MP4's top-level boxes include "moov" (ISO/IEC 14496-12, 4.2)."""
    size_bytes = file.seek(0, os.SEEK_END)
    offset = 0
    while offset + 8 <= size_bytes:
        file.seek(offset)
        header = file.read(16)
        length, kind = int.from_bytes(header[:4], "big"), header[4:8]
        if kind == b"moov":
            return offset + length <= size_bytes
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        if length < 8:
            return False
        offset += length
    return False
