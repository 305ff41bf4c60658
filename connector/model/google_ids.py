"""Ids of a Google form, shared drive or folder, out of whatever a person copied from the browser."""

from __future__ import annotations

import re

_ID = re.compile(r"[A-Za-z0-9_-]{10,200}")
_ADDRESS = re.compile(
    r"(?:https?://)?docs\.google\.com/(?:(?:a/[^/?#]+|u/\d+)/)*forms/(?:u/\d+/)?d/([A-Za-z0-9_-]{10,200})(?:[/?#].*)?",
    re.IGNORECASE | re.ASCII,
)
# The link for those who answer holds another id, which the Forms API does not know (google.md 1.1).
_TO_ANSWER = re.compile(r"/forms/(?:u/\d+/)?d/e/|\bforms\.gle\b|\bgoo\.gl/forms\b", re.IGNORECASE)
_ID_TO_ANSWER = "1FAIpQL"
_COPY = "open the form for editing and copy that address (docs.google.com/forms/d/.../edit)"
_FOR_ANSWERING = f"the link for those who answer the form cannot be used here: {_COPY}"
_NO_FORM = f"not the id or the address of a Google form: {_COPY}"

_FOLDER = re.compile(r"(?:https?://)?drive\.google\.com/drive/(?:u/\d+/)?folders/([A-Za-z0-9_-]{10,200})(?:[/?#].*)?")
_NO_FOLDER = (
    "not the address of a shared drive or folder in the browser (drive.google.com/drive/folders/...), or its id"
)


def form_id_of(said: str) -> str:
    """The form's id, of the id itself or of the address at which the form is edited (google.md 1.1).

    Raises ValueError, which says what to copy instead and never repeats what was given.
    """
    bare = said.strip().strip("<>\"'").strip()
    address = _ADDRESS.fullmatch(bare)
    found = address[1] if address else bare
    if _TO_ANSWER.search(bare) or found.startswith(_ID_TO_ANSWER):
        raise ValueError(_FOR_ANSWERING)
    if not _ID.fullmatch(found):
        raise ValueError(_NO_FORM)
    return found


def folder_id_of(said: str) -> str:
    """The id of a shared drive or folder, of the id itself or of its address. Raises ValueError with what to copy."""
    bare = said.strip()
    address = _FOLDER.fullmatch(bare)
    found = address[1] if address else bare
    if not _ID.fullmatch(found):
        raise ValueError(_NO_FOLDER)
    return found
