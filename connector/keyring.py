"""Makes keys: the journey key, and a pair for each reader. Never overwrites one."""

from __future__ import annotations

import os
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from connector.say import complain, say
from connector.sealing import new_key
from connector.store.folder import new_identity


def new(config: Path, readers: Path | None) -> int:
    """Makes every key that the configuration points to and that is not there yet."""
    keys = config / "keys"
    private = readers or keys / "readers"
    made = [keys / "journey.key"] if _write_new(keys / "journey.key", new_key()) else []
    for name in _reader_names(config):
        public = keys / f"{name}.pub"
        if not public.exists():
            identity, recipient = new_identity()
            if _write_new(private / f"{name}.key", identity):
                _write_new(public, recipient)
                made += [private / f"{name}.key", public]
    say(*[f"made {path}" for path in made] or ["Every key is there already; none was changed."])
    if any(path.suffix == ".key" and path.parent == private for path in made):
        say(
            "Hand each reader their own .key file and take it off this machine: whoever holds it can open the records.",
            "Keep one copy of each in the school's safe. Without a reader's key nobody at all can open a record.",
        )
    return 0


def rotate(config: Path, _readers: Path | None) -> int:
    """Takes a fresh journey key; the one before becomes an old key, which still opens."""
    keys = config / "keys"
    current = keys / "journey.key"
    if not current.exists():
        complain("There is no journey key to rotate: run `connector keys new`.")
        return 1
    before = keys / f"journey-{datetime.now(UTC):%Y%m%d%H%M%S}.key"
    os.replace(current, before)
    _write_new(current, new_key())
    say(
        "The journey key was changed. Add this to `old` under [keys] in service.toml, then restart:",
        f'  "file:keys/{before.name}"',
        "Take it out again when `connector status` shows nothing unpurged and links in mails have expired.",
    )
    return 0


def _reader_names(config: Path) -> list[str]:
    """The names of public keys that the schools' files point to."""
    names: dict[str, None] = {}
    for path in sorted((config / "schools").glob("*.toml")):
        people = tomllib.loads(path.read_text(encoding="utf-8")).get("people", {})
        for person in people.values():
            pointer = str(person.get("reader", ""))
            if pointer.startswith("file:keys/") and pointer.endswith(".pub"):
                names[pointer.removeprefix("file:keys/").removesuffix(".pub")] = None
    return list(names)


def _write_new(path: Path, text: str) -> bool:
    """True where the file was made, readable to its owner only; False where there was one already."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    return True
