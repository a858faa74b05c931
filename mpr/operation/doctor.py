"""What `mpr doctor` looks at. Each check is a function that yields findings; what is wrong is a finding too."""

from __future__ import annotations

import enum
import platform
import re
import shutil
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import redis
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage
from django.db import DatabaseError, connection
from kombu.exceptions import OperationalError as BrokerError
from packaging.version import Version

from detection.remote.connection import Server
from detection.remote.environment import remote
from detection.remote.facts import compared
from detection.remote.served import SERVED
from detection.vlm.environment import INFERENCE
from mpr.env import env_bool, env_str, env_url
from mpr.errors import MprError
from mpr.failures import public_url, sentence
from mpr.operation.schema import is_embedded, pending_migrations
from mpr.processes import workers_online
from mpr.storage.buckets import Bucket
from mpr.storage.cors import lets_in

GIB = 1024**3
LOW_SPACE_BYTES = 10 * GIB
NO_SPACE_BYTES = GIB // 2
OLDEST_POSTGRES = 14
OLDEST_REDIS = 6
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class State(enum.Enum):
    """`HINT` is for what MPR can do without."""

    WELL = "well"
    HINT = "hint"
    BROKEN = "broken"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line: what was looked at, how it is, and what to do about it."""

    name: str
    state: State
    said: str
    fix: str = ""


def examine() -> Iterator[Finding]:
    """Everything, required things first."""
    yield from _found(
        *(python, packages, secret_key, disk, database, broker, buckets, workers),
        *(ocr_weights, torch, inference_servers, local_vlm, cloud_models, browser),
    )


def for_page() -> Iterator[Finding]:
    """What can change while MPR runs; the page counts workers by their signs of life."""
    yield from _found(
        *(database, broker, buckets, disk, inference_servers, ocr_weights, local_vlm, cloud_models, python, packages)
    )


def _found(*checks: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    for check in checks:
        try:
            yield from check()
        except (ImproperlyConfigured, MprError) as error:
            yield Finding(name=check.__name__.replace("_", " ").capitalize(), state=State.BROKEN, said=str(error))


def python() -> Iterator[Finding]:
    said = f"Python {platform.python_version()}, MPR {version('mpr')}"
    well = sys.version_info[:2] == (3, 11)
    yield Finding(name="Python", state=State.WELL if well else State.BROKEN, said=said, fix="" if well else "Use 3.11.")


def packages() -> Iterator[Finding]:
    """Whether what is installed is what the lock file says."""
    lock = settings.BASE_DIR / "requirements" / "base.lock"
    if not lock.exists():
        yield Finding(name="Packages", state=State.HINT, said="no requirements/base.lock here to compare with")
        return
    wanted = re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)( ;[^\\\n]*)?", lock.read_text(), re.MULTILINE)
    unlike = [name for name, number, marker in wanted if not marker.strip() and not _is_installed(name, number)]
    if unlike:
        said = f"{len(unlike)} of {len(wanted)} are not as the lock file says ({', '.join(unlike[:5])})"
        yield Finding(name="Packages", state=State.HINT, said=said, fix="Run `make setup`.")
        return
    yield Finding(name="Packages", state=State.WELL, said=f"{len(wanted)}, all as the lock file says")


def _is_installed(name: str, number: str) -> bool:
    found = _installed(name)
    return found is not None and Version(found) == Version(number)


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def secret_key() -> Iterator[Finding]:
    if (settings.HOME_DIR / "secret_key").exists():
        said = f"generated, kept in {settings.HOME_DIR / 'secret_key'}"
        fix = "Set MPR_SECRET_KEY when MPR runs on several machines."
        yield Finding(name="Secret key", state=State.WELL, said=said, fix=fix)
    else:
        yield Finding(name="Secret key", state=State.WELL, said="from MPR_SECRET_KEY")


def disk() -> Iterator[Finding]:
    free_bytes = shutil.disk_usage(settings.HOME_DIR).free
    said = f"{settings.HOME_DIR} has {_gib(free_bytes)} free"
    yield Finding(name="Home", state=_space_state(free_bytes), said=said, fix=_space_fix(free_bytes))


def database() -> Iterator[Finding]:
    where = "embedded" if is_embedded() else public_url("DATABASE_URL")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            number = str(cursor.fetchone()[0]).split()[0]
            cursor.execute("SELECT pg_database_size(current_database())")
            size_bytes = int(cursor.fetchone()[0])
        pending = pending_migrations()
        people = 0 if pending else get_user_model().objects.count()
    except DatabaseError as error:
        yield Finding(name="PostgreSQL", state=State.BROKEN, said="does not answer", fix=sentence(error) or str(error))
        return
    said = f"{number}, {where}, {size_bytes / 2**20:.0f} MB"
    if int(number.split(".")[0]) < OLDEST_POSTGRES:
        fix = f"Use PostgreSQL {OLDEST_POSTGRES} or newer."
        yield Finding(name="PostgreSQL", state=State.BROKEN, said=said, fix=fix)
    else:
        yield Finding(name="PostgreSQL", state=State.WELL, said=said)
    if pending and is_embedded():
        said = f"{len(pending)} to come; `mpr up`, `mpr analyze` and `mpr demo` apply them"
        yield Finding(name="Migrations", state=State.HINT, said=said)
    elif pending:
        fix = "Run `mpr migrate`."
        yield Finding(name="Migrations", state=State.BROKEN, said=f"{len(pending)} are missing", fix=fix)
    else:
        yield Finding(name="Migrations", state=State.WELL, said="all applied")
    if not pending and not people:
        fix = "`mpr up` makes the first; or run `mpr createsuperuser`."
        yield Finding(name="People", state=State.HINT, said="nobody can sign in yet", fix=fix)
    elif people:
        yield Finding(name="People", state=State.WELL, said=f"{people} can sign in")


def broker() -> Iterator[Finding]:
    where = "embedded" if settings.REDIS_URL.endswith("/valkey.sock") else public_url("REDIS_URL")
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5) as client:
            facts = client.info("server")
    except redis.RedisError as error:
        yield Finding(name="Broker", state=State.BROKEN, said="does not answer", fix=sentence(error) or str(error))
        return
    kind = "Valkey" if "valkey_version" in facts else "Redis"
    number = str(facts.get("valkey_version") or facts["redis_version"])
    old = int(number.split(".")[0]) < OLDEST_REDIS
    fix = f"Use Redis {OLDEST_REDIS} or newer, or Valkey." if old else ""
    yield Finding(name="Broker", state=State.BROKEN if old else State.WELL, said=f"{kind} {number}, {where}", fix=fix)


def buckets() -> Iterator[Finding]:
    """Write, read and remove a small object in each."""
    for alias in ("media_in", "media_out"):
        bucket, key = Bucket(alias), f".doctor-{uuid.uuid4()}"
        local = isinstance(bucket.storage, FileSystemStorage)
        where = str(bucket.storage.location) if local else f"S3 bucket {bucket.storage.bucket_name}"
        try:
            bucket.write(key, b"well")
            bucket.read(key)
            bucket.delete(key)
        except MprError as error:
            yield Finding(name=alias, state=State.BROKEN, said=where, fix=error.message)
            continue
        if not local:
            yield Finding(name=alias, state=State.WELL, said=f"{where}, writable")
            if alias == "media_in":
                yield from _uploads(bucket)
            continue
        free_bytes = shutil.disk_usage(where).free
        said = f"{where}, writable, {_gib(free_bytes)} free"
        yield Finding(name=alias, state=_space_state(free_bytes), said=said, fix=_space_fix(free_bytes))


def _uploads(bucket: Bucket) -> Iterator[Finding]:
    """Whether the bucket lets the pages' browsers send footage to it."""
    for origin in settings.CSRF_TRUSTED_ORIGINS or ["http://localhost:8000"]:
        try:
            well = lets_in(bucket, origin)
        except MprError as error:
            fix = f"{error.message} Set MPR_S3_PUBLIC_ENDPOINT to the server's address as browsers reach it."
            yield Finding(name="Uploads", state=State.BROKEN, said=f"to {bucket.alias}", fix=fix)
            return
        if well:
            yield Finding(name="Uploads", state=State.WELL, said=f"the bucket takes them from pages of {origin}")
        else:
            fix = "Allow PUT from there in the bucket's CORS rules (docs/settings.md shows how)."
            yield Finding(name="Uploads", state=State.HINT, said=f"the bucket refuses pages of {origin}", fix=fix)


def workers() -> Iterator[Finding]:
    try:
        count = workers_online()
    except (BrokerError, redis.RedisError):
        return  # said of the broker already
    if count:
        yield Finding(name="Workers", state=State.WELL, said=f"{count} online")
    else:
        said = "none online; `mpr up` runs them, `mpr analyze` and `mpr demo` bring their own"
        yield Finding(name="Workers", state=State.HINT, said=said)


def ocr_weights() -> Iterator[Finding]:
    spec = find_spec("rapidocr")
    folder = Path(spec.origin).parent / "models" if spec and spec.origin else None
    found = sorted(path.name for path in folder.glob("*.onnx")) if folder else []
    if any("det" in name for name in found) and any("rec" in name for name in found):
        yield Finding(name="Text reading", state=State.WELL, said=f"PP-OCR, {len(found)} weight files from rapidocr")
    else:
        fix = "Run `make setup`; the package rapidocr brings them."
        yield Finding(name="Text reading", state=State.BROKEN, said="the PP-OCR weights are missing", fix=fix)


def torch() -> Iterator[Finding]:
    names = ("torch", "ultralytics", "easyocr")
    found = [f"{name} {version(name)}" for name in names if find_spec(name) and _installed(name)]
    said = ", ".join(found) or "not installed, and needed only for the ultralytics and EasyOCR backends"
    yield Finding(name="Torch extra", state=State.WELL, said=said)


def inference_servers() -> Iterator[Finding]:
    """Whether each server of INFERENCE_URL answers, takes the key and runs the same stages."""
    there = remote(SERVED)
    if there is None:
        yield Finding(name="Inference", state=State.WELL, said="models run in the workers")
        return
    for url in there.urls:
        server = Server(url, key=there.key, timeout_s=there.timeout_s)
        try:
            server.load()
            said, unlike = compared(server.facts())
        except MprError as error:
            yield Finding(name="Inference", state=State.BROKEN, said=server.host, fix=error.message)
            continue
        fix = f"{unlike} Install the same version of MPR there and here." if unlike else ""
        yield Finding(
            name="Inference", state=State.BROKEN if unlike else State.WELL, said=f"{server.host}, {said}", fix=fix
        )


def local_vlm() -> Iterator[Finding]:
    if env_bool("SKIP_VLM"):
        yield Finding(name="Local VLM", state=State.WELL, said="switched off by SKIP_VLM")
    elif env_str("VLM_URL") == INFERENCE:
        yield Finding(name="Local VLM", state=State.WELL, said="that of the inference servers")
    elif env_url("VLM_URL", ("http", "https")):
        yield Finding(name="Local VLM", state=State.WELL, said=public_url("VLM_URL"))
    else:
        fix = "Set VLM_URL to an OpenAI-compatible server (Ollama, llama.cpp, vLLM) to have unclear crops looked at."
        yield Finding(name="Local VLM", state=State.HINT, said="not configured, escalate_vlm is skipped", fix=fix)


def cloud_models() -> Iterator[Finding]:
    """Which keys are there; never what they say."""
    providers = ("anthropic", "gemini", "openai", "groq")
    found = [name for name in providers if env_str(f"{name.upper()}_API_KEY")]
    if env_bool("SKIP_CLOUD"):
        yield Finding(name="Cloud models", state=State.WELL, said="switched off by SKIP_CLOUD")
    elif found:
        yield Finding(name="Cloud models", state=State.WELL, said=f"a key for {', '.join(found)}")
    else:
        fix = "Set ANTHROPIC_API_KEY to have what is still unclear looked at."
        yield Finding(name="Cloud models", state=State.HINT, said="not configured, escalate_cloud is skipped", fix=fix)


def browser() -> Iterator[Finding]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found:
        yield Finding(name="Browser", state=State.WELL, said=f"{found}, for the browser tests")
    elif find_spec("playwright"):
        fix = "Install the package chromium to run them."
        yield Finding(name="Browser", state=State.HINT, said="none, the browser tests are skipped", fix=fix)


def _gib(count_bytes: int) -> str:
    return f"{count_bytes / GIB:.1f} GB"


def _space_state(free_bytes: int) -> State:
    if free_bytes < NO_SPACE_BYTES:
        return State.BROKEN
    return State.HINT if free_bytes < LOW_SPACE_BYTES else State.WELL


def _space_fix(free_bytes: int) -> str:
    return "Free some space." if free_bytes < LOW_SPACE_BYTES else ""
