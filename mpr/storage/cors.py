"""Whether browsers may send footage to a bucket: its CORS rules, asked for as a browser asks (Fetch standard, 3.2)."""

from __future__ import annotations

import urllib3
from urllib3.exceptions import HTTPError

from mpr.errors import Unavailable
from mpr.storage.buckets import Bucket

_TIMEOUT_S = 10.0


def lets_in(bucket: Bucket, origin: str) -> bool:
    """Whether pages of this origin may PUT to the bucket, which lies on S3. Raises Unavailable when nobody answers
    where browsers are sent."""
    address = bucket.part_address("uploads/doctor", "doctor", 1, valid_s=60)
    asked = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
    try:
        answer = urllib3.request("OPTIONS", address, headers=asked, timeout=_TIMEOUT_S, retries=False)
    except HTTPError as error:
        raise Unavailable(f"Nobody answers at {address.split('?')[0]}, where browsers are sent.") from error
    methods = answer.headers.get("Access-Control-Allow-Methods", "")
    return (
        answer.status < 300
        and answer.headers.get("Access-Control-Allow-Origin") in ("*", origin)
        and ("*" in methods or "PUT" in methods.replace(" ", "").split(","))
    )
