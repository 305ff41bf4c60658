"""Policies in a folder of this machine or of a share: what lies in it is read, never what a link in it leads to."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from connector.errors import DeliveryError, Gone
from connector.model.policy_text import FoundDocument
from connector.policies.found import MOST_BYTES, ChangedMeanwhile, PolicyTooLarge, is_policy

# What browsers append to a download until it is whole; Safari makes it a folder.
_UNFINISHED = (".crdownload", ".download", ".part", ".partial")


class FolderOutOfReach(DeliveryError):
    """The folder of policies is not there, or something in it cannot be read: compare `path` with where it lies,
    and let the account that the service runs as read all of it."""


class UnfitName(DeliveryError):
    """Its name, or that of a folder it lies in, is no text: rename that."""


class NotOpened(DeliveryError):
    """It cannot be opened now: close it in Word, and let the account that the service runs as read it."""


@dataclass(frozen=True, slots=True)
class FolderSource:
    """`root` is absolute. A document's id is its path in the folder, so one that is moved or renamed is another."""

    root: Path

    def documents(self) -> tuple[FoundDocument, ...]:
        """Every policy in the folder and the folders in it; one that cannot be read now with its trouble.

        Raises FolderOutOfReach.
        """
        try:
            root = _real(self.root)
            return tuple(found for path in _policies(root) if (found := _found(root, path)) is not None)
        except OSError:
            raise FolderOutOfReach from None

    def read(self, found: FoundDocument) -> bytes:
        """That version's bytes. Raises Gone, ChangedMeanwhile, PolicyTooLarge, NotOpened, FolderOutOfReach."""
        try:
            root = _real(self.root)
        except OSError:
            raise FolderOutOfReach from None
        try:
            content = _content(_place(root, found.id))
        except OSError:
            raise NotOpened from None
        if hashlib.sha256(content).hexdigest() != found.version:
            raise ChangedMeanwhile
        return content


def _real(root: Path) -> Path:
    """The folder without any link on the way to it: what lies in it can be told from what is linked into it."""
    return Path(os.path.realpath(root, strict=True))


def _policies(root: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(root, onerror=_give_up):
        here, beside = Path(place), {name.casefold() for name in (*folders, *files)}
        folders[:] = sorted(name for name in folders if _is_shelf(name) and _is_own(here / name))
        for name in sorted(files):
            if is_policy(name) and not _is_unfinished(name, beside) and _is_own(here / name):
                yield here / name


def _give_up(error: OSError) -> None:
    """A folder that cannot be opened must not look like one whose policies are gone."""
    raise error


def _is_shelf(name: str) -> bool:
    return not name.startswith(".") and not name.casefold().endswith(_UNFINISHED)


def _is_unfinished(name: str, beside: set[str]) -> bool:
    """Firefox keeps the name with an empty file while the download grows beside it."""
    return any(f"{name.casefold()}{ending}" in beside for ending in _UNFINISHED)


def _is_own(path: Path) -> bool:
    """True for a file or folder that lies here itself (no link, junction or pipe) and is not hidden."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    hidden = getattr(found, "st_file_attributes", 0) & stat.FILE_ATTRIBUTE_HIDDEN
    return (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)) and not hidden and path.resolve() == path


def _found(root: Path, path: Path) -> FoundDocument | None:
    """The document, or None where it was taken away since the folder was opened."""
    place = path.relative_to(root).as_posix()
    found = FoundDocument(id=_as_text(place), name=_as_text(path.name), version="", changed_at=None)
    if found.id != place:
        return replace(found, trouble=str(UnfitName()))
    try:
        version, changed_at = _version(path)
    except FileNotFoundError:
        return None
    except ChangedMeanwhile as growing:
        return replace(found, trouble=str(growing))
    except OSError:
        return replace(found, trouble=str(NotOpened()))
    return replace(found, version=version, changed_at=changed_at)


def _version(path: Path) -> tuple[str, datetime]:
    """What the content comes to, and when it changed. Raises ChangedMeanwhile while somebody writes it."""
    with path.open("rb") as file:
        before = os.fstat(file.fileno())
        version = hashlib.file_digest(file, "sha256").hexdigest()
        after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise ChangedMeanwhile
    return version, datetime.fromtimestamp(after.st_mtime, UTC)


def _as_text(name: str) -> str:
    """The name, with bytes that are no text as they are written in code."""
    return name.encode(errors="backslashreplace").decode()


def _place(root: Path, id_: str) -> Path:
    """Where that document lies. Raises Gone for whatever is not, or not any more, a file of this folder itself."""
    path = root.joinpath(*PurePosixPath(id_).parts)
    if not path.is_relative_to(root) or not _is_own(path) or not path.is_file():
        raise Gone
    return path


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise Gone from None
    if len(content) > MOST_BYTES:
        raise PolicyTooLarge
    return content
