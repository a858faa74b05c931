"""What is opened as video, and what never is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import av
import pytest

from mpr.errors import BadVideo
from mpr.pipeline.containers import open_container, open_file
from mpr.pipeline.footage import numbered, write_clip
from mpr.pipeline.video import open_video


class _Counting(BaseHTTPRequestHandler):
    requests: list[str] = []

    def do_GET(self) -> None:
        self.requests.append(self.path)
        self.send_response(404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    """A web server on this machine that notes every request in `_Counting.requests`."""
    _Counting.requests = []
    server = HTTPServer(("127.0.0.1", 0), _Counting)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def playlists(target: str) -> dict[str, str]:
    """Files of every kind that makes FFmpeg open something else."""
    hls = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{target}\n#EXT-X-ENDLIST\n"
    mpd = (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT2S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" '
        f'bandwidth="1"><BaseURL>{target}</BaseURL></Representation></AdaptationSet></Period></MPD>'
    )
    return {
        "list.m3u8": hls,
        "list.mp4": hls,
        "marked.mp4": "\ufeff" + hls,
        "list.ffconcat": f"ffconcat version 1.0\nfile '{target}'\n",
        "bare.mp4": f"file '{target}'\nduration 2\n",
        "list.mpd": mpd,
        "session.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
        "list.asx": f'<asx version="3.0"><entry><ref href="{target}"/></entry></asx>',
        "list.pls": f"[playlist]\nFile1={target}\nNumberOfEntries=1\n",
    }


@pytest.mark.parametrize("name", playlists(""))
def test_a_playlist_to_an_address_is_refused_without_a_request(name: str, address: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(playlists(f"{address}/clip.mp4")[name])
    with pytest.raises(BadVideo, match=r"playlist|text file"), open_video(tmp_path / name, name=name):
        pass
    assert _Counting.requests == []


def test_the_server_would_have_noticed(address: str, tmp_path: Path) -> None:
    """The playlist above is one that FFmpeg follows when it may."""
    path = tmp_path / "list.m3u8"
    path.write_text(playlists(f"{address}/clip.ts")["list.m3u8"])
    with pytest.raises(av.error.FFmpegError), av.open(str(path), options={"protocol_whitelist": "file,http,tcp"}):
        pass
    assert _Counting.requests == ["/clip.ts"]


@pytest.mark.parametrize("name", playlists(""))
def test_a_playlist_to_a_local_file_is_refused(name: str, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "secret.mp4", numbered(5))
    (tmp_path / name).write_text(playlists(str(clip))[name])
    with pytest.raises(BadVideo, match=r"playlist|text file"), open_video(tmp_path / name, name=name):
        pass


def test_a_playlist_hidden_behind_binary_bytes_is_refused(address: str, tmp_path: Path) -> None:
    """What the look at the first bytes lets through, the list of formats still stops."""
    path = tmp_path / "list.m3u8"
    path.write_bytes(playlists(f"{address}/clip.mp4")["list.m3u8"].encode() + b"\0\1\2")
    with path.open("rb") as file, pytest.raises(BadVideo):
        open_container(file, name="list.m3u8")
    path.write_bytes(b"\n\n" + playlists(f"{address}/clip.mp4")["list.ffconcat"].encode() + b"\0")
    with path.open("rb") as file, pytest.raises(BadVideo):
        open_container(file, name="list.m3u8")
    assert _Counting.requests == []


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.mp4", b"", "is empty"),
        ("text.mp4", "Überraschung, kein Video\n".encode() * 400, "is a text file"),
        ("noise.mp4", bytes(range(256)) * 64, "is not a video file"),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(64), "is not a video file"),
    ],
    ids=["empty", "text", "noise", "picture"],
)
def test_what_is_no_video_gets_a_sentence(name: str, content: bytes, sentence: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadVideo, match=sentence) as raised, open_video(tmp_path / name, name=name):
        pass
    assert raised.value.message.startswith(name)


def test_an_mp4_cut_off_before_its_index_says_so(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", numbered(50))
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"moov") - 100])
    with pytest.raises(BadVideo, match="cut off before its index"), open_video(path, name="clip.mp4"):
        pass


def test_a_raw_stream_is_refused_because_it_has_no_times(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.h264", numbered(20), format="h264")
    with pytest.raises(BadVideo, match="raw h264 stream"), open_video(path, name="clip.h264"):
        pass


def test_a_missing_file_is_bad_video(tmp_path: Path) -> None:
    with pytest.raises(BadVideo, match="not there"):
        open_file(tmp_path / "none.mp4", name="none.mp4")
