from __future__ import annotations

import pytest

from mpr.web.ranges import NotSatisfiable, Part, names, requested_part, still_holds


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=90-", 90, 100),
        ("bytes=-10", 90, 100),
        ("bytes=-1000", 0, 100),
        ("bytes=90-2000", 90, 100),
        ("Bytes= 5-5 ", 5, 6),
    ],
)
def test_one_range_is_that_part(header: str, start: int, end: int) -> None:
    assert requested_part(header, 100) == Part(start=start, end=end)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes=0-4,8-9",
        "items=0-4",
        "bytes=-",
        "bytes=9-3",
        "bytes=a-b",
        "bytes=" + "9" * 40 + "-",
        "bytes=٣-٤",
    ],
)
def test_what_is_no_single_range_asks_for_everything(header: str | None) -> None:
    assert requested_part(header, 100) is None


@pytest.mark.parametrize(("header", "size"), [("bytes=100-", 100), ("bytes=-0", 100), ("bytes=0-", 0), ("bytes=-5", 0)])
def test_behind_the_end_there_is_nothing(header: str, size: int) -> None:
    with pytest.raises(NotSatisfiable):
        requested_part(header, size)


def test_tags() -> None:
    assert names('"a", W/"b"', '"b"')
    assert names("*", '"b"')
    assert not names('"a"', '"b"')
    assert not names(None, '"b"')
    assert still_holds(None, '"b"')
    assert still_holds('"b"', '"b"')
    assert not still_holds('W/"b"', '"b"')
    assert not still_holds("Wed, 21 Oct 2015 07:28:00 GMT", '"b"')
