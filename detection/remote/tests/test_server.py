"""What the inference server answers to whoever asks."""

from __future__ import annotations

import base64
import json
import socket
import time
from typing import Any
from urllib.parse import urlencode

import cv2
import numpy as np
import pytest
import urllib3

from detection.remote import requests
from detection.remote.served import ENDPOINTS
from detection.remote.tests.conftest import KEY, Footage, Running, Serve

JPEG = {"Content-Type": "image/jpeg"}


def call(running: Running, method: str, path: str, *, key: str = KEY, **given: Any) -> urllib3.BaseHTTPResponse:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    pool = urllib3.PoolManager(retries=False)
    return pool.request(method, running.url + path, headers={**headers, **given.pop("headers", {})}, **given)


def post(running: Running, path: str, picture: bytes, **fields: str) -> Any:
    address = f"{path}?{urlencode(fields)}" if fields else path
    answer = call(running, "POST", address, body=picture, headers=JPEG)
    return answer.status, answer.json()


def frame(footage: Footage, seq: int = 0) -> bytes:
    kept = footage.scenes.frames[seq].frame
    return footage.blobs.read_range(kept.pack, kept.offset, kept.size)


def line(footage: Footage) -> bytes:
    """One board of the first frame."""
    picture: Any = cv2.imdecode(np.frombuffer(frame(footage), np.uint8), cv2.IMREAD_COLOR)
    return cv2.imencode(".png", picture[190:240, 40:320])[1].tobytes()


PATHS = [*ENDPOINTS, *(f"{path}/debug" for path in ENDPOINTS), "/vlm", "/vlm/debug"]


@pytest.mark.parametrize("path", [*PATHS, "/models"])
@pytest.mark.parametrize("key", ["", "wrong", KEY[:-1], KEY + "x"], ids=["none", "wrong", "shorter", "longer"])
def test_without_the_key_nothing_is_computed(path: str, key: str, serve: Serve) -> None:
    answer = call(serve(), "GET" if path == "/models" else "POST", path, key=key, body=b"x" * 100_000)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["error"] == {
        "code": "bad_key",
        "message": "The key is missing or wrong; send “Authorization: Bearer …” with the server's INFERENCE_KEY.",
    }


def test_health_is_told_without_a_key(serve: Serve) -> None:
    running = serve(at_once=3)
    answer = call(running, "GET", "/health", key="")
    said = answer.json()
    assert (answer.status, said["status"], said["running"], said["waiting"], said["at_once"]) == (200, "well", 0, 0, 3)
    running.app.end()
    answer = call(running, "GET", "/health", key="")
    assert (answer.status, answer.json()["status"]) == (503, "ending")


def test_a_server_that_ends_takes_nothing_more_on(serve: Serve, footage: Footage) -> None:
    running = serve()
    running.app.end()
    answer = call(running, "POST", "/segment_field", body=frame(footage), headers=JPEG)
    assert (answer.status, answer.headers["Retry-After"], answer.json()["error"]["code"]) == (503, "2", "busy")


def test_models_says_what_runs_with_which_weights(serve: Serve) -> None:
    said = call(serve(), "GET", "/models").json()
    assert {name: stage["version"] for name, stage in said["stages"].items()} == {
        stage.name: stage.version for stage in ENDPOINTS.values()
    }
    weights = {one["name"]: one for one in said["weights"]}
    assert weights["PP-OCRv6_rec_small.onnx"]["licence"] == "Apache-2.0"
    assert len(weights["PP-OCRv6_det_small.onnx"]["sha256"]) == 64
    assert "CPUExecutionProvider" in said["device"]["onnxruntime"]["providers"]


@pytest.mark.parametrize("path", ["/", "/detect/", "/detect/debug/debug", "/nothing"])
def test_an_unknown_address_names_the_known_ones(path: str, serve: Serve) -> None:
    answer = call(serve(), "POST", path)
    assert answer.status == 404
    assert (
        "/segment_field, /detect_edges, /detect, /preprocess, /ocr, /embed_regions, /vlm"
        in answer.json()["error"]["message"]
    )


def test_calls_are_posted(serve: Serve) -> None:
    answer = call(serve(), "GET", "/detect")
    assert (answer.status, answer.json()["error"]["message"]) == (409, "/detect takes POST alone.")


def test_a_posted_frame_is_searched_for_text(serve: Serve, footage: Footage) -> None:
    status, said = post(serve(), "/detect", frame(footage))
    boxes = said["output"]["frames"][0]["boxes"]
    assert status == 200
    assert len(boxes) == 3
    assert {box["label"] for box in boxes} == {"text"}
    assert "pictures" not in said


def test_a_posted_line_is_read(serve: Serve, footage: Footage) -> None:
    status, said = post(serve(), "/ocr", line(footage))
    assert (status, [one["text"] for one in said["output"]["candidates"]]) == (200, ["NORTHWIND"])


def test_settings_and_boxes_go_into_the_address(serve: Serve, footage: Footage) -> None:
    running = serve()
    boxes = json.dumps([[[40, 190], [320, 190], [320, 240], [40, 240]]])
    status, said = post(running, "/preprocess", frame(footage), boxes=boxes, config='{"height_px":32}')
    (crop,) = said["output"]["crops"]
    assert (status, crop["height_px"]) == (200, 32)
    assert post(running, "/ocr", base64.b64decode(crop["jpeg"]))[1]["output"]["candidates"][0]["text"] == "NORTHWIND"


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        ("/detect", {"config": '{"thread":2}'}, "detect_objects has no setting “thread”. Did you mean “threads”?"),
        ("/detect", {"config": '{"threads":0}'}, "detect_objects: “threads” is not right"),
        ("/detect", {"config": "{"}, "“config” is not the JSON it should be"),
        ("/preprocess", {"boxes": "[[1,2]]"}, "“boxes” is not the JSON it should be"),
    ],
)
def test_what_cannot_be_is_a_sentence(
    path: str, fields: dict[str, str], said: str, serve: Serve, footage: Footage
) -> None:
    status, answer = post(serve(), path, frame(footage), **fields)
    assert status == 400
    assert answer["error"]["message"].startswith(said)


def test_what_is_no_picture_is_said_so(serve: Serve) -> None:
    status, answer = post(serve(), "/detect", b"GIF is not what this is")
    assert (status, answer["error"]["message"]) == (400, "What was posted is no picture; post a JPEG or PNG file.")


def test_missing_weights_are_for_the_caller_to_mend(serve: Serve, footage: Footage) -> None:
    config = json.dumps({"detectors": ["yolo"], "yolo_weights": "gone.onnx"})
    status, answer = post(serve(), "/detect", frame(footage), config=config)
    assert (status, answer["error"]["code"]) == (400, "bad_config")
    assert answer["error"]["message"].startswith("“yolo_weights” names gone.onnx, which is not in")


@pytest.mark.parametrize("body", [b"", b"\x00\x00\x00\x01", b"\xff" * 8, b"\x00\x00\x00\x02{}"])
def test_a_worker_that_speaks_nonsense_is_refused(body: bytes, serve: Serve) -> None:
    answer = call(serve(), "POST", "/ocr", body=body, headers={"X-MPR-Protocol": "1"})
    assert (answer.status, answer.json()["error"]["code"]) == (400, "bad_input")


def test_a_worker_of_another_protocol_is_refused(serve: Serve) -> None:
    answer = call(serve(), "POST", "/ocr", body=b"x", headers={"X-MPR-Protocol": "0"})
    assert (answer.status, "same version of MPR on both sides" in answer.json()["error"]["message"]) == (400, True)


def test_too_large_a_request_is_refused_before_it_is_read(serve: Serve) -> None:
    answer = call(serve(most_mb=1), "POST", "/detect", body=bytes(2 * 2**20), headers=JPEG)
    assert (answer.status, answer.json()["error"]["code"]) == (413, "too_large")


def test_a_worker_that_vanished_does_not_keep_its_place(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "_SILENT_S", 0.2)
    running = serve(at_once=1, queue=1)
    host, port = running.url.removeprefix("http://").split(":")
    fields = {"Host": "x", "Authorization": f"Bearer {KEY}", "X-MPR-Protocol": "1", "Content-Length": "9"}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())

    def waiting() -> int:
        return call(running, "GET", "/health").json()["waiting"]

    with socket.create_connection((host, int(port))) as quiet:
        quiet.sendall(f"POST /ocr HTTP/1.1\r\n{head}\r\nhalf".encode())
        for wanted in (1, 0):
            until_s = time.monotonic() + 5
            while waiting() != wanted:
                assert time.monotonic() < until_s
                time.sleep(0.01)


MASKS = {"/segment_field": "mask.png", "/detect_edges": "edges.png", "/detect": "text.png"}


@pytest.mark.parametrize("path", [*ENDPOINTS])
def test_the_debug_twin_adds_pictures_to_the_same_output(path: str, serve: Serve, footage: Footage) -> None:
    running = serve()
    posted = line(footage) if path == "/ocr" else frame(footage)
    plainly = post(running, path, posted)[1]
    said = post(running, f"{path}/debug", posted)[1]
    assert said["output"] == plainly["output"]
    pictures = {one["name"]: decoded(one["data"]) for one in said["pictures"]}
    wanted = {"readings.jpg"} if path == "/ocr" else {"overlay.jpg"}
    assert set(pictures) == wanted | ({MASKS[path]} if path in MASKS else set())
    assert min(picture.shape[0] for picture in pictures.values()) > 40


def test_the_masks_show_what_the_stage_went_by(serve: Serve, footage: Footage) -> None:
    running = serve()
    masks = {}
    for path, name in MASKS.items():
        pictures = post(running, f"{path}/debug", frame(footage))[1]["pictures"]
        masks[path] = next(decoded(one["data"]) for one in pictures if one["name"] == name)[..., 0]
    assert masks["/segment_field"].shape == (540, 960)
    assert masks["/segment_field"][300:, 100:-100].mean() > 250
    assert masks["/segment_field"][:200].mean() < 10
    edges = masks["/detect_edges"]
    assert 0 < (edges > 0).mean() < 0.2
    text = masks["/detect"]
    board = text[190 * text.shape[0] // 540 : 240 * text.shape[0] // 540]
    assert board.mean() > 20 * max(text[text.shape[0] // 2 :].mean(), 0.1)


def test_without_text_among_the_detectors_there_is_no_map_of_text(serve: Serve, footage: Footage, network: Any) -> None:
    network("none.onnx", output=np.zeros((1, 300, 6)))
    config = json.dumps({"detectors": ["yolo"], "yolo_weights": "none.onnx"})
    status, said = post(serve(), "/detect/debug", frame(footage), config=config)
    assert (status, [one["name"] for one in said["pictures"]]) == (200, ["overlay.jpg"])
    assert list(said["weights"]) == ["none.onnx"]


def test_a_server_without_a_vision_model_says_so(serve: Serve) -> None:
    body = {"prompt": {"system": "", "text": "What is it?", "images": [], "schema": {}}}
    answer = call(serve(), "POST", "/vlm", json=body)
    assert (answer.status, answer.json()["error"]["message"]) == (400, "It has no vision model; set VLM_URL on it.")
    answer = call(serve(), "POST", "/vlm", json={"question": "What is it?"})
    assert (answer.status, answer.json()["error"]["code"]) == (400, "bad_input")


def decoded(data: str) -> Any:
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture
