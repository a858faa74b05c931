"""The two buckets as the environment names them: local folders, or S3 when a bucket is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
