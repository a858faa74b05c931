"""Numbers as people read them."""

from __future__ import annotations


def clock(seconds: float | None, *, with_ms: bool = False) -> str:
    """A time of the video: 0:04:20, or 0:04:20.320; a dash for nothing."""
    if seconds is None:
        return "–"
    whole_ms = round(seconds * 1000) if with_ms else round(seconds) * 1000
    hours, rest = divmod(max(0, whole_ms), 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    text = f"{hours}:{minutes:02}:{rest // 1000:02}"
    return f"{text}.{rest % 1000:03}" if with_ms else text


def took(seconds: float | None) -> str:
    """How long something took: 0.4 s, 12 s, 3 min 20 s, 2 h 5 min."""
    if seconds is None:
        return "–"
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def size(count: int | None) -> str:
    """Bytes in powers of a thousand: 820 B, 4.2 MB."""
    if count is None:
        return "–"
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 999.5:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 99.5 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def bit_rate(bits_per_s: int | None) -> str:
    """Bits per second: 640 kbit/s, 6.1 Mbit/s."""
    if bits_per_s is None:
        return "–"
    return f"{bits_per_s / 1e3:.0f} kbit/s" if bits_per_s < 999_500 else f"{bits_per_s / 1e6:.1f} Mbit/s"


def percent(share: float | None, digits: int = 0) -> str:
    """A share of one, in percent with a thin space."""
    return "–" if share is None else f"{share * 100:.{digits}f}\u2009%"


def stage_title(name: str) -> str:
    """run_ocr → Run OCR."""
    words = [word.upper() if word in ("ocr", "vlm") else word for word in name.split("_")]
    title = " ".join(words)
    return title[:1].upper() + title[1:]
