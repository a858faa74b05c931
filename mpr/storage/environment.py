"""The two buckets as the environment names them: local folders, or S3 when a bucket is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from mpr.env import env_choice, env_str, env_url

# A storage that does not answer is given up after about 20 s of connecting; the engine then tries the shard again.
_CONNECT_TIMEOUT_S = 5
_READ_TIMEOUT_S = 30
_ATTEMPTS = 3


def storage_from_env(alias: str, home_dir: Path) -> dict[str, Any]:
    """The entry of Django's STORAGES for `media_in` or `media_out`."""
    bucket = env_str(f"MPR_{alias.upper()}_BUCKET")
    if not bucket:
        location = Path(env_str(f"MPR_{alias.upper()}_DIR", str(home_dir / alias))).resolve()
        return {
            "BACKEND": "mpr.storage.local.AtomicFileSystemStorage",
            "OPTIONS": {"location": str(location), "allow_overwrite": True},
        }
    access_key, secret_key = env_str("MPR_S3_ACCESS_KEY"), env_str("MPR_S3_SECRET_KEY")
    if bool(access_key) != bool(secret_key):
        raise ImproperlyConfigured(
            "Only one of MPR_S3_ACCESS_KEY and MPR_S3_SECRET_KEY is set; set both, or neither where the machine's own "
            "role opens the bucket."
        )
    endpoint = env_url("MPR_S3_ENDPOINT", ("http", "https"))
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "endpoint_url": endpoint or None,
            "region_name": env_str("MPR_S3_REGION") or None,
            "access_key": access_key or None,
            "secret_key": secret_key or None,
            "file_overwrite": True,
            "querystring_expire": 3600,
            "client_config": _client_config(own_server=bool(endpoint)),
        },
    }


def browser_origins(storage: dict[str, Any], public_endpoint: str = "") -> list[str]:
    """From which origins a browser is served, and to which it sends, when a signed address of this entry of STORAGES
    is given to it; none for a local folder. `public_endpoint` is the server's address as browsers reach it."""
    options = storage["OPTIONS"]
    bucket = options.get("bucket_name")
    if not bucket:
        return []
    style = options["client_config"].s3["addressing_style"]
    endpoint = public_endpoint or options["endpoint_url"]
    if endpoint:
        parts = urlsplit(endpoint)
        host = parts.netloc.rsplit("@", 1)[-1]
        return [f"{parts.scheme}://{bucket}.{host}" if style == "virtual" else f"{parts.scheme}://{host}"]
    region = options["region_name"]
    hosts = ["s3.amazonaws.com"] + ([f"s3.{region}.amazonaws.com"] if region else [])
    # Names with a dot fit no certificate, so boto3 puts them into the path.
    in_path = style == "path" or "." in bucket
    return [f"https://{host}" if in_path else f"https://{bucket}.{host}" for host in hosts]


def _client_config(*, own_server: bool) -> Any:
    """How to talk to S3. Servers other than Amazon's seldom know host names per bucket and the newer checksums."""
    from botocore.config import Config

    style = env_choice("MPR_S3_ADDRESSING", ("path", "virtual", "auto"), "path" if own_server else "auto")
    checksums = "when_required" if own_server else "when_supported"
    return Config(
        connect_timeout=_CONNECT_TIMEOUT_S,
        read_timeout=_READ_TIMEOUT_S,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        signature_version="s3v4",
        s3={"addressing_style": style},
        request_checksum_calculation=checksums,
        response_checksum_validation=checksums,
    )
