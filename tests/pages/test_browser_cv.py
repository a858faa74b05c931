"""Stages run in the browser against the same stages of the server, on drawn frames and several settings.

What is held here is what the page and docs/pages.md promise: at most 0.1 % of the pixels of a mask or an edge picture
differ, and every line and hint of the one is one of the other with its ends within a pixel.
"""

from __future__ import annotations

import cv2
import msgspec
import numpy as np
import pytest
from playwright.sync_api import expect

from detection.records import KeptFrame, Scenes, Shot
from detection.stages import detect_edges, field_segmentation
from mpr.pipeline import codec
from mpr.pipeline.frames import Frame, decode_jpeg, encode_jpeg
from mpr.storage.buckets import timeline_folder
from tests.recorded import record_job
from tests.rows import make_timeline

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PIXEL_SHARE, LINE_PX = 0.001, 1.0
FIELD_CONFIGS = {
    "defaults": {},
    "wide hues": {"hue_low_deg": 40.0, "hue_high_deg": 200.0, "hue_spread_deg": 45.0},
    "no closing": {"gap_px": 0, "min_saturation": 0.05},
    "large": {"working_width_px": 640, "mask_width_px": 320, "gap_px": 20},
    "anything": {"min_share": 0.0, "min_fill": 0.0, "hue_low_deg": 0.0, "hue_high_deg": 360.0},
}
EDGE_CONFIGS = {
    "defaults": {},
    "faint edges": {"canny_low": 20.0, "canny_high": 60.0, "min_steadiness": 0.4},
    "many lines": {"votes": 30, "min_length_share": 0.06, "max_lines": 200, "max_hints": 20},
    "at the field": {"around_field_share": 0.0},
    "high boards": {"max_gap_px": 30, "board_max_share": 0.5, "max_angle_deg": 10.0},
}
# Starts the page's worker, gives it a picture as the page does, and asks it for every config.
ASK = """async ({worker, picture, asked}) => {
  const w = new Worker(worker);
  const said = (message, transfer = []) => new Promise((resolve, reject) => {
    w.onmessage = ({data}) => (data.kind === "error" ? reject(new Error(data.message)) : resolve(data));
    w.onerror = () => reject(new Error("the worker did not load"));
    w.postMessage(message, transfer);
  });
  await said({kind: "start"});
  const image = new Image();
  image.src = picture;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  await said({kind: "picture", pixels: context.getImageData(0, 0, canvas.width, canvas.height)});
  const answers = [];
  for (const one of asked) {
    const {found} = await said({kind: "compute", number: 1, ...one});
    const latin = new TextDecoder("latin1");
    for (const name of ["mask", "edges"]) if (found[name]) found[name].data = latin.decode(found[name].data);
    answers.push(found);
  }
  w.terminate();
  return answers;
}"""


def stadium(height: int, width: int, seed: int) -> np.ndarray:
    """A crowd, boards of several colours on a slant, grass with stripes, lines, players and grain."""
    rng = np.random.default_rng(seed)
    picture = rng.integers(40, 200, (height // 4 + 1, width // 4 + 1, 3), np.uint8).repeat(4, 0).repeat(4, 1)
    picture = np.ascontiguousarray(picture[:height, :width])
    top = int(height * 0.45)
    cv2.fillPoly(picture, [np.array([(0, top + 30), (width, top), (width, height), (0, height)])], (60, 150, 60))
    for left in range(0, width, width // 8):
        picture[top + 40 :, left : left + width // 16] = (50, 130, 52)
    for place in range(4):
        left, right = place * width // 4, place * width // 4 + width // 4 - 6
        corners = [(left, top - 4), (right, top - 10), (right, top + 20), (left, top + 26)]
        cv2.fillPoly(picture, [np.array(corners)], tuple(int(part) for part in rng.integers(0, 255, 3)))
    cv2.circle(picture, (width // 2, int(height * 0.8)), height // 6, (255, 255, 255), 3)
    for _ in range(6):
        x, y = int(rng.integers(0, width)), int(rng.integers(top, height))
        cv2.rectangle(picture, (x, y), (x + width // 50, y + height // 12), (30, 30, 200), -1)
    grain = rng.integers(-10, 11, picture.shape)
    return np.clip(picture.astype(int) + grain, 0, 255).astype(np.uint8)


def close_up() -> np.ndarray:
    """A face before a wall: no field, few lines."""
    picture = np.full((360, 640, 3), (120, 110, 140), np.uint8)
    cv2.circle(picture, (320, 180), 110, (130, 160, 210), -1)
    cv2.line(picture, (0, 60), (640, 40), (30, 30, 30), 3)
    return picture


PICTURES = {
    "small": stadium(360, 640, 1),
    "720 lines": stadium(720, 1280, 2),
    "odd sizes": stadium(481, 853, 3),
    "close-up": close_up(),
}


@pytest.fixture
def job(workspace):
    """A job whose frames are the pictures, one after the other."""
    job = record_job(make_timeline(workspace, duration_s=20.0))
    folder, pack, kept = timeline_folder(job.timeline_id), b"", []
    for seq, picture in enumerate(PICTURES.values()):
        jpeg = encode_jpeg(picture, quality=90)
        height, width = picture.shape[:2]
        frame = Frame(seq=seq, pts_s=seq + 0.5, width_px=width, height_px=height, pack="frames/drawn.pack",
                      offset=len(pack), size=len(jpeg))  # fmt: skip
        kept.append(KeptFrame(frame=frame, shot=0, start_s=float(seq), end_s=seq + 1.0))
        pack += jpeg
    folder.write("frames/drawn.pack", pack)
    scenes = Scenes(shots=[Shot(number=0, start_s=0.0, end_s=20.0)], frames=kept, dropped=0)
    row = job.outputs.get(stage_name="filter_scenes")
    folder.write(row.output["artifacts"][0], codec.encode(scenes))
    return job


def seen(picture: np.ndarray) -> np.ndarray:
    """As the server's stages get it from the frame cache."""
    return decode_jpeg(encode_jpeg(picture, quality=90))


def share_that_differs(mine: np.ndarray, theirs: dict) -> float:
    assert (theirs["height"], theirs["width"]) == mine.shape
    return float(np.mean((mine.ravel() > 0) != np.array([letter > "\0" for letter in theirs["data"]])))


def farthest(one, others) -> float:
    """How far off the nearest of the others is, by its farthest point."""
    return min((float(np.linalg.norm(np.subtract(one, other), axis=1).max()) for other in others), default=np.inf)


@pytest.mark.parametrize("name", PICTURES)
def test_the_browser_finds_what_the_server_finds(name, job, job_page):
    image = seen(PICTURES[name])
    whole = field_segmentation.find_field(image, seq=0, config=field_segmentation.Config())
    fields = [field_segmentation.Config(**changes) for changes in FIELD_CONFIGS.values()]
    edges = [(detect_edges.Config(**changes), hull) for changes in EDGE_CONFIGS.values() for hull in (whole, None)]
    asked = [{"stage": "field_segmentation", "config": msgspec.to_builtins(config)} for config in fields]
    asked += [
        {"stage": "detect_edges", "config": msgspec.to_builtins(config), "hull": hull.hull if hull else []}
        for config, hull in edges
    ]
    job_page.goto(f"{job_page.server}/jobs/{job.pk}/lab?stage=field_segmentation")
    worker = job_page.locator("#live").get_attribute("data-worker")
    picture = f"/jobs/{job.pk}/lab/frames/{list(PICTURES).index(name)}.png"
    answers = job_page.evaluate(ASK, {"worker": worker, "picture": picture, "asked": asked})
    for config, answer in zip(fields, answers, strict=False):
        check_field(field_segmentation.find_field(image, seq=0, config=config), answer)
    for (config, hull), answer in zip(edges, answers[len(fields) :], strict=True):
        found = detect_edges.find_edges(image, hull, seq=0, config=config)
        assert share_that_differs(detect_edges.edge_pixels(image, hull, config), answer["edges"]) <= PIXEL_SHARE
        check_edges(found, answer)


def check_field(found, answer) -> None:
    assert bool(found.hull) == bool(answer["hull"])
    assert answer["share"] == pytest.approx(found.share, abs=PIXEL_SHARE)
    if found.hull:
        mask = cv2.imdecode(np.frombuffer(found.mask_png, np.uint8), cv2.IMREAD_GRAYSCALE)
        assert share_that_differs(mask, answer["mask"]) <= PIXEL_SHARE
        assert max(farthest([point], [[other] for other in answer["hull"]]) for point in found.hull) <= LINE_PX


def check_edges(found, answer) -> None:
    lines = [(line.start, line.end) for line in found.lines]
    assert len(lines) == len(answer["lines"])
    for line in lines:
        assert farthest(line, answer["lines"]) <= LINE_PX
    assert len(found.hints) == len(answer["hints"])
    for hint in found.hints:
        assert farthest(hint.quad, [other["quad"] for other in answer["hints"]]) <= LINE_PX


def test_these_pictures_have_a_field_lines_and_hints_to_compare() -> None:
    stadiums = [name for name in PICTURES if name != "close-up"]
    for name in stadiums:
        field = field_segmentation.find_field(seen(PICTURES[name]), seq=0, config=field_segmentation.Config())
        edges = detect_edges.find_edges(seen(PICTURES[name]), field, seq=0, config=detect_edges.Config())
        assert field.share > 0.4
        assert len(edges.lines) >= 3
        assert edges.hints
    assert not field_segmentation.find_field(close_up(), seq=0, config=field_segmentation.Config()).hull


def test_moving_a_slider_is_seen_at_once_and_its_value_is_replayed_with(job, job_page):
    job_page.goto(f"{job_page.server}/jobs/{job.pk}/lab?stage=field_segmentation")
    assert not any("opencv" in address for address in job_page.asked)
    job_page.keyboard.press("b")
    expect(job_page.locator("#live-words")).to_contain_text("of the frame", timeout=60_000)
    expect(job_page.locator("#live-speed")).to_contain_text("ms")
    job_page.locator('[data-field="min_share"] .slider').fill("0.995")
    expect(job_page.locator("#live-words")).to_have_text("No field")
    job_page.locator('[data-field="min_share"] .exact').fill("2")
    expect(job_page.locator("#live-words")).to_contain_text("Waits for a value of “min_share”")
    job_page.get_by_role("button", name="Put back what was").click()
    expect(job_page.locator('[data-field="min_share"] .exact')).to_have_value("0.12")
    job_page.get_by_role("button", name="Try it live").click()
    expect(job_page.locator("#live-words")).to_contain_text("of the frame")
    job_page.locator('[data-field="hue_spread_deg"] .slider').fill("45")
    job_page.get_by_role("button", name="Use these values").click()
    expect(job_page.locator("#replay")).to_be_focused()
    job_page.keyboard.press("Enter")
    job_page.wait_for_url(lambda address: str(job.pk) not in address)
    child = job.children.get()
    assert child.config_overrides == {"field_segmentation": {"hue_spread_deg": 45.0}}


def test_a_stage_that_does_not_run_in_a_browser_does_not_offer_it(job, job_page):
    job_page.goto(f"{job_page.server}/jobs/{job.pk}/lab?stage=run_ocr")
    expect(job_page.locator("#live")).to_be_hidden()
    job_page.locator("#stage-choice").select_option("detect_edges")
    expect(job_page.locator("#live")).to_be_visible()


def test_without_webassembly_a_sentence_says_what_to_do_instead(job, job_page):
    job_page.add_init_script("delete globalThis.WebAssembly")
    job_page.goto(f"{job_page.server}/jobs/{job.pk}/lab?stage=detect_edges")
    job_page.get_by_role("button", name="Try it live").click()
    expect(job_page.locator("#live-trouble")).to_have_text(
        "This browser has no WebAssembly, so nothing can be computed here; replay to see what the server finds."
    )
    assert not any("opencv" in address for address in job_page.asked)


def test_only_the_worker_may_run_what_the_policy_of_pages_forbids(job, client):
    def policy(address):
        answer = client.get(address)
        answer.close()
        return answer["Content-Security-Policy"]

    assert "eval" not in policy(f"/jobs/{job.pk}/lab")
    assert "eval" not in policy("/static/js/lab.js")
    assert policy("/static/js/vision/worker.js") == (
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'unsafe-eval'"
    )


@pytest.mark.parametrize("path", ["frames", "frames/1", "frames/1.png"])
def test_frames_are_for_members_only(path, job, client, stranger_client, anonymous_client):
    address = f"/jobs/{job.pk}/lab/{path}"
    assert client.get(address).status_code == 200
    assert stranger_client.get(address).status_code == 404
    assert anonymous_client.get(address).status_code == 302


def test_the_picture_has_the_very_pixels_that_the_stages_saw(job, client):
    data = client.get(f"/jobs/{job.pk}/lab/frames/1.png").content
    assert np.array_equal(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), seen(PICTURES["720 lines"]))
    assert client.get(f"/jobs/{job.pk}/lab/frames/99.png").status_code == 404
