"""SharePoint's rules for the names of files and folders.

Source: support.microsoft.com "Restrictions and limitations in OneDrive and SharePoint" (characters, reserved names,
400 characters of path).
"""

from __future__ import annotations

from typing import NoReturn

from tests.tenant.answers import refuse
from tests.tenant.store import Item, Library

_FORBIDDEN = frozenset('"*:<>?/\\|')
_RESERVED = frozenset(
    [".lock", "con", "prn", "aux", "nul", "desktop.ini"]
    + [f"{each}{number}" for each in ("com", "lpt") for number in range(10)]
)
_PATH_LIMIT = 400


def check_name(name: str) -> None:
    """400 for a name SharePoint does not take."""
    if not name or set(name) & _FORBIDDEN or any(ord(letter) < 32 for letter in name):
        refuse(400, "invalidRequest", "The provided name is empty or contains invalid characters.")
    if name != name.strip(" ") or name.startswith(".") or name.endswith("."):
        refuse(400, "invalidRequest", "The provided name begins or ends with a space or a dot.")
    if name.lower() in _RESERVED or name.startswith("~$") or "_vti_" in name.lower():
        refuse(400, "invalidRequest", "The provided name is reserved.")


def check_path(library: Library, parent: Item, folders: str, name: str) -> None:
    """400 for a path that is too long or has a step SharePoint does not take."""
    for each in [*filter(None, folders.split("/")), name]:
        check_name(each)
    if len("/".join(filter(None, (library.name, library.path(parent), folders, name)))) > _PATH_LIMIT:
        refuse(400, "invalidRequest", "The specified file or folder name is too long.")


def free_name(library: Library, parent: Item, name: str) -> str:
    """`name 1.ext`, `name 2.ext`, ...: what conflictBehavior=rename makes of a name that is taken."""
    stem, dot, ending = name.rpartition(".") if "." in name else (name, "", "")
    number = 1
    while library.child(parent.id, name):
        name = f"{stem} {number}{dot}{ending}"
        number += 1
    return name


def behaviour(asked: str, usual: str) -> str:
    """A `@microsoft.graph.conflictBehavior`, or 400."""
    if asked and asked not in {"fail", "replace", "rename"}:
        refuse(400, "invalidRequest", f"Unknown conflictBehavior '{asked}'.", contract_broken=True)
    return asked or usual


def name_taken() -> NoReturn:
    """409, as SharePoint says it."""
    refuse(409, "nameAlreadyExists", "An item with the same name already exists under the parent")
