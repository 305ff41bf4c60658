"""An encrypted folder: `<year>/<reference>/<reference>-<version>.<part>.age`.

Each part is sealed to the readers' public keys in the age format (age-encryption.org/v1), so the
machine that files a record cannot read it back. Files are written whole, synced, mode 0600, and
never overwritten.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from connector.errors import DeliveryError, UnknownReference
from connector.model.moments import local
from connector.model.notice import Filed, Record
from connector.model.reference import Reference
from connector.model.standing import State, Verdict
from connector.store.age import check_recipients, encrypt


@dataclass(frozen=True, slots=True)
class FolderStore:
    """`root` is absolute; `readers` are slugs of people with their age public keys (`age1...`)."""

    root: Path
    readers: tuple[tuple[str, str], ...]
    seals: ClassVar[bool] = True

    def file(self, record: Record) -> Filed:
        """File the record; a part that stands there already is the same one and stays.

        Raises DeliveryError: permanent where nobody is left who may read it, else the folder cannot be written.
        """
        recipients = [key for slug, key in self.readers if slug not in record.not_for]
        if not recipients:
            raise DeliveryError("No reader of this folder is left who may open the record.", permanent=True)
        place = f"{local(record.received_at).year}/{record.reference}"
        try:
            folder = self.root / place
            for made in (self.root, folder.parent, folder):
                made.mkdir(parents=True, exist_ok=True, mode=0o700)
            written = [_write(folder / name(record, part), content, recipients) for part, content in record.parts]
            _sync_folder(folder)
            _sync_folder(folder.parent)
            _sync_folder(self.root)
        except OSError:
            raise DeliveryError("The record folder cannot be written.") from None
        return Filed(place=place, repeat=not any(written))

    def check(self) -> None:
        """Prove that a file can be written and taken away. Raises DeliveryError or ConfigError with the mend."""
        check_recipients([key for _, key in self.readers])
        probe = self.root / f".check-{secrets.token_hex(4)}"
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            probe.write_bytes(b"")
            probe.unlink()
        except OSError:
            raise DeliveryError("The record folder cannot be written.") from None

    def restricted(self) -> Verdict:
        """Always: what lies there is sealed to its readers, whoever can see the folder."""
        return Verdict(State.GOOD)

    def link(self, record: str, not_for: frozenset[str]) -> str:
        """None: a reader opens it with their key."""
        return ""

    def versions(self, reference: Reference) -> list[Path]:
        """The filed parts of this reference, sorted. Raises UnknownReference where there are none."""
        found = sorted(self.root.glob(f"[0-9][0-9][0-9][0-9]/{reference}/{reference}-*.age"))
        if not found:
            raise UnknownReference
        return found


def _write(path: Path, content: bytes, recipients: list[str]) -> bool:
    """True where it was written now. The name appears only when the whole file is on disk."""
    if path.is_file() and not path.is_symlink() and path.stat().st_size:
        return False
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(encrypt(content, recipients))
            file.flush()
            os.fsync(file.fileno())
        return _claim(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def name(record: Record, part: str) -> str:
    """A part's file name: reference and version only."""
    return f"{record.reference}-{record.version}.{part}.age"


def _claim(draft: Path, path: Path) -> bool:
    """Give the draft its name unless somebody else was first. Never replaces a file."""
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    except (OSError, NotImplementedError):
        # No hard links there (FAT, some shares). On Windows rename refuses to replace; elsewhere
        # only one worker files at all (ledger's sole use), so nobody can come between.
        if path.exists():
            return False
        os.rename(draft, path)
    return True


def _sync_folder(folder: Path) -> None:
    """A new name is durable only when its folder is synced; Windows has no such call and does not need it."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
