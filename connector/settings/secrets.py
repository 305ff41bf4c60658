"""Secrets by reference only: `env:NAME` or `file:PATH`, so that no secret ever stands in a TOML file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, SecretBytes, SecretStr, ValidationInfo
from pydantic_core import PydanticCustomError


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where references lead: the environment, and the folder from which relative paths count."""

    env: Mapping[str, str]
    folder: Path


# Files that our keys' command does not make.
_MADE = {
    "google.json": "download the service account's key as JSON and put it there",
    "google-client.json": "download the OAuth client's JSON and put it there",
}


def _follow(value: Any, info: ValidationInfo[Surroundings]) -> Any:
    if isinstance(value, SecretStr):
        return value
    surroundings = info.context
    if isinstance(value, str) and value.startswith("env:"):
        return _from_environment(value.removeprefix("env:"), surroundings)
    if isinstance(value, str) and value.startswith("file:"):
        return _from_file(value.removeprefix("file:"), surroundings)
    raise PydanticCustomError(
        "secret_by_reference", "a secret must not stand here: write env:NAME or file:PATH instead"
    )


def _from_environment(name: str, surroundings: Surroundings) -> str:
    found = surroundings.env.get(name, "").strip()
    if not found:
        raise PydanticCustomError(
            "secret_missing", "the environment has no {name}: set it, or point this at a file", {"name": name}
        )
    return found


def _from_file(path: str, surroundings: Surroundings) -> str:
    place = surroundings.folder / path
    try:
        found = place.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError):
        raise PydanticCustomError(
            "secret_missing",
            "the file {path} cannot be read: {made}, or mend its rights",
            {"path": path, "made": _MADE.get(Path(path).name, "make it (`connector keys new` makes keys)")},
        ) from None
    if not found:
        raise PydanticCustomError("secret_missing", "the file {path} is empty", {"path": path})
    return found


def _follow_later(value: Any, info: ValidationInfo[Surroundings]) -> Any:
    """A file that one of our own commands has still to make counts as empty; the settings' agreement names it."""
    if isinstance(value, str) and value.startswith("file:"):
        place = info.context.folder / value.removeprefix("file:")
        if not place.exists() or not place.stat().st_size:
            return SecretStr("")
    return _follow(value, info)


def _follow_to_bytes(value: Any, info: ValidationInfo[Surroundings]) -> Any:
    """A key file of any kind (PEM is text, PFX is not) as its bytes."""
    if isinstance(value, SecretBytes):
        return value
    if not isinstance(value, str) or not value.startswith("file:"):
        raise PydanticCustomError("secret_by_reference", "a key file must not stand here: write file:PATH instead")
    path = value.removeprefix("file:")
    try:
        return (info.context.folder / path).read_bytes()
    except OSError:
        raise PydanticCustomError(
            "secret_missing",
            "the file {path} cannot be read: make it with `connector keys certificate`, or mend its rights",
            {"path": path},
        ) from None


def _public_or_follow(value: Any, info: ValidationInfo[Surroundings]) -> Any:
    is_reference = isinstance(value, str) and value.startswith(("env:", "file:"))
    return _follow(value, info) if is_reference else value


Secret = Annotated[SecretStr, BeforeValidator(_follow)]
SecretLater = Annotated[SecretStr, BeforeValidator(_follow_later)]
SecretFile = Annotated[SecretBytes, BeforeValidator(_follow_to_bytes)]
PublicKey = Annotated[str, BeforeValidator(_public_or_follow)]
