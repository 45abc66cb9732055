"""What `make run` reads beside the settings of the functions, validated: a wrong one is a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from chalicelib import settings
from chalicelib.settings import SettingsError
from localrun import ROOT

EMULATORS = ("moto", "ministack")
KEPT = ROOT / ".kept"


@dataclass(frozen=True)
class Options:
    """How one platform on this machine is run."""

    port: int = 8000
    host: str = "127.0.0.1"
    emulator: str = "moto"
    keep: Path | None = None
    json_log: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)


def read(environ: Mapping[str, str]) -> Options:
    """The options in this environment. Raises SettingsError, which names the wrong one."""
    settings.check_names(environ)
    port = _port(environ.get("PORT") or "8000")
    emulator = _emulator(environ)
    given = {name: value for name, value in environ.items() if name.startswith("OCPI_") and value}
    _one_of("OCPI_SEED", given.get("OCPI_SEED", "1"), ("0", "1"))
    _seconds("OCPI_LOCAL_SWEEP", given.get("OCPI_LOCAL_SWEEP", "1"))
    kept = _one_of("KEEP", environ.get("KEEP") or "0", ("0", "1")) == "1"
    if kept and emulator == "ministack":
        raise SettingsError(
            "KEEP: ministack keeps nothing; leave EMULATOR out, or start an endpoint by itself"
        )
    log = _one_of("OCPI_LOG", given.get("OCPI_LOG", "text"), ("text", "json"))
    return Options(
        port,
        environ.get("HOST") or "127.0.0.1",
        emulator,
        KEPT / f"{port}.data" if kept and emulator == "moto" else None,
        log == "json",
        {"OCPI_SEED": "1", **given},
    )


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise SettingsError(f"PORT: a number from 0 (any that is free) to 65535 is required, not {text!r}")
    return int(text)


def _emulator(environ: Mapping[str, str]) -> str:
    """The endpoint that is there, or which one to start."""
    endpoint = environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsError(f"AWS_ENDPOINT_URL: an http(s) URL is required, not {endpoint!r}")
        return endpoint
    return _one_of("EMULATOR", environ.get("EMULATOR") or "moto", EMULATORS)


def _one_of(name: str, text: str, words: tuple[str, ...]) -> str:
    if text not in words:
        raise SettingsError(f"{name}: {' or '.join(words)} is required, not {text!r}")
    return text


def _seconds(name: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 86400:
        raise SettingsError(f"{name}: seconds are required, not {text!r}")
    return seconds
