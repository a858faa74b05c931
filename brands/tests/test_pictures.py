"""What people give as a logo: what becomes of it, and one sentence for what is none."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from brands.pictures import read_picture
from mpr.errors import BadInput

DISC = '<circle cx="12" cy="6" r="5" fill="#c81e3c"/>'


def svg(inner: str = DISC, *, box: str = 'viewBox="0 0 24 12"', before: str = "") -> bytes:
    return f'{before}<svg xmlns="http://www.w3.org/2000/svg" {box}>{inner}</svg>'.encode()


def file_of(pixels: np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, kind, **options)
    return data.getvalue()


def ring(height: int = 40, width: int = 60, bands: int = 3) -> np.ndarray:
    pixels = np.zeros((height, width, bands), np.uint8)
    pixels[8:-8, 8:-8] = (200, 30, 60, 255)[:bands]
    return pixels


def stored(data: bytes) -> np.ndarray:
    picture = read_picture(data, called="logo")
    pixels = np.asarray(Image.open(io.BytesIO(picture.png)))
    assert pixels.shape[:2] == (picture.height_px, picture.width_px)
    return pixels


def test_a_drawing_becomes_a_picture_on_a_clear_ground() -> None:
    pixels = stored(svg())
    assert pixels.shape == (256, 512, 4)
    assert pixels[128, 256].tolist() == [200, 30, 60, 255]
    assert pixels[0, 0, 3] == 0


def test_a_tall_drawing_and_one_with_only_a_size_are_drawn_whole() -> None:
    assert stored(svg(box='viewBox="0 0 12 24"')).shape == (512, 256, 4)
    assert stored(svg(box='width="30px" height="15px"')).shape == (256, 512, 4)


def test_a_drawing_may_refer_to_its_own_parts_and_say_its_kind() -> None:
    inner = '<defs><linearGradient id="a"><stop stop-color="#f00"/></linearGradient></defs>'
    kind = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    pixels = stored(svg(f'{inner}<g style="fill:url(#a)"><a href="http://example.org">{DISC}</a></g>', before=kind))
    assert pixels[128, 256, 3] == 255


def test_transparency_stays_and_opaque_pictures_stay_opaque() -> None:
    assert stored(file_of(ring(bands=4))).shape == (40, 60, 4)
    assert stored(file_of(ring())).shape == (40, 60, 3)
    assert stored(file_of(ring(), "JPEG", quality=95)).shape == (40, 60, 3)


def test_a_palette_with_a_clear_colour_is_transparent() -> None:
    paletted = Image.fromarray(ring()).quantize(4)
    data = io.BytesIO()
    paletted.save(data, "PNG", transparency=paletted.getpixel((0, 0)))
    pixels = stored(data.getvalue())
    assert pixels[0, 0, 3] == 0
    assert pixels[20, 30, 3] == 255


def test_sixteen_bits_of_grey_are_scaled_not_clipped() -> None:
    grey = np.full((40, 60), 10_000, np.uint16)
    grey[8:-8, 8:-8] = 40_000
    assert stored(file_of(grey))[20, 30].tolist() == [156, 156, 156]


def test_a_photograph_is_set_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter clockwise
    assert stored(file_of(ring(), "JPEG", exif=exif)).shape == (60, 40, 3)


def test_a_large_picture_is_made_smaller_without_dark_rims() -> None:
    pixels = np.zeros((1500, 3000, 4), np.uint8)
    pixels[301:-299, 301:-299] = (255, 255, 255, 255)
    small = stored(file_of(pixels))
    assert small.shape == (512, 1024, 4)
    shown = small[small[..., 3] > 0]
    assert shown[:, :3].min() >= 254


def test_the_same_file_gives_the_same_bytes() -> None:
    assert read_picture(svg(), called="a").png == read_picture(svg(), called="b").png


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "logo is empty; choose a picture of the logo."),
        (b"no picture at all", "logo is no SVG, PNG or JPEG; save the logo as one of them."),
        (file_of(ring(), "GIF"), "logo is no SVG, PNG or JPEG"),
        (file_of(ring())[:100], "logo is damaged and cannot be read; save it again."),
        (b"x" * 10_000_001, "logo is larger than 10 MB; a logo needs far less, make it smaller."),
        (file_of(np.zeros((8000, 8000), np.uint8)), "logo has 8000 × 8000 pixels; a logo needs no more than 1024"),
        (file_of(ring()[:5]), "logo has 60 × 5 pixels; give a picture of at least 8 × 8."),
        (file_of(np.zeros((8, 400, 3), np.uint8)), "logo is more than 20 times longer than wide; cut it to the logo."),
        (file_of(np.full((40, 60, 3), 90, np.uint8)), "logo shows nothing but one colour, or only a speck"),
        (file_of(np.zeros((40, 60, 4), np.uint8)), "logo shows nothing but one colour, or only a speck"),
    ],
    ids=["empty", "text", "gif", "cut off", "many bytes", "many pixels", "few pixels", "a line", "one colour", "clear"],
)
def test_what_is_no_logo_is_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(BadInput) as raised:
        read_picture(data, called="logo")
    assert sentence in raised.value.message


BOMB = "".join(
    f'<g id="a{level}">{f"<use href={chr(34)}#a{level - 1}{chr(34)}/>" * 10 if level else DISC}</g>'
    for level in range(10)
)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (svg("<script>alert(1)</script>"), "logo holds a script; save it as plain SVG."),
        (svg('<rect onload="alert(1)"/>'), "logo holds a script"),
        (svg('<image href="file:///etc/passwd"/>'), "logo refers to something outside itself; embed it"),
        (svg('<image href="http://169.254.0.1/a.png"/>'), "logo refers to something outside itself"),
        (svg('<image href="data:image/svg+xml;base64,AAAA"/>'), "logo refers to something outside itself"),
        (svg('<rect style="fill: url( http://a/b )"/>'), "logo refers to something outside itself"),
        (svg("<style>@import 'x.css';</style>"), "logo refers to something outside itself"),
        (svg("<text>Zephyr</text>"), "logo holds text in a font of its maker; convert the text to paths"),
        (svg(before='<!DOCTYPE svg [<!ENTITY a "b">]>'), "logo defines entities, which a drawing needs not"),
        (svg()[:40], "logo is no well-formed SVG"),
        (b"<html><svg></svg></html>", "logo is markup but no SVG"),
        (svg(box=""), "logo does not say how large it is; give it a viewBox"),
        (svg(box='viewBox="0 0 1 900"'), "logo is more than 20 times longer than wide"),
        (svg("<g>" * 100_000 + "</g>" * 100_000), "logo has parts within parts without end"),
        (svg(BOMB), "logo cannot be drawn: it is damaged, or too much for a logo"),
        (svg("<desc>" + "x" * 2_000_001 + "</desc>"), "logo is larger than 2 MB; simplify it"),
        (svg(""), "logo shows nothing but one colour"),
    ],
    ids=["script", "event", "file", "network", "drawing inside", "style", "import", "text", "entity", "cut off", "html",
         "no size", "a line", "deep", "bomb", "many bytes", "nothing"],
)  # fmt: skip
def test_what_is_no_plain_drawing_is_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(BadInput) as raised:
        read_picture(data, called="logo")
    assert sentence in raised.value.message
