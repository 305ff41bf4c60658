"""What `connector forms check` and `connector check` say of a Google form: is it reachable, and does it ask what the
policy wants."""

from __future__ import annotations

from collections.abc import Iterator

from connector.cli import google_mends as mends
from connector.cli.finding import FAULT, OK, WARNING, Finding
from connector.comparing import Difference, DifferenceKind, compare
from connector.errors import ConnectorError, SignInFailed, VendorRefused
from connector.forms.google_form import GoogleForm
from connector.forms.google_source import GoogleFormReader, GoogleFormSource, asked

_SAID = {
    DifferenceKind.UNASKED: "nothing asks for {labels}, which the policy requires",
    DifferenceKind.OPTIONAL: "“{title}” may be left empty, and the policy requires {labels}",
    DifferenceKind.GONE: "the map's question “{title}” is not in the form any more ({labels})",
    DifferenceKind.NEW: "“{title}” is not in the map: its answers are filed, and checked for nothing",
    DifferenceKind.RENAMED: "the map calls a question otherwise than the form does now: “{title}”",
}
_MENDS = {
    DifferenceKind.UNASKED: "add a question to the form, then `connector forms map`",
    DifferenceKind.OPTIONAL: "in the form, switch that question to Required",
    DifferenceKind.GONE: mends.MAP,
    DifferenceKind.NEW: mends.MAP,
    DifferenceKind.RENAMED: "does it still ask for the same? If so, `connector forms map` writes the new title",
}


def form_findings(name: str, source: GoogleFormSource, reader: GoogleFormReader) -> Iterator[Finding]:
    """Every line about that form, without the school's name before it."""
    try:
        form = reader.form()
    except ConnectorError as error:
        yield Finding(FAULT, f"form {name}: the form cannot be read. {error}", reach(error, source))
        return
    yield Finding(OK, f"form {name}: it can be read, with {len(form.questions)} questions")
    try:
        source.there.can_read_responses()
    except ConnectorError as error:
        yield Finding(FAULT, f"form {name}: its responses cannot be read. {error}", reach(error, source))
    else:
        yield Finding(OK, f"form {name}: its responses can be read")
    yield from _settings(name, form)
    yield from _differences(name, form, reader)


def reach(error: ConnectorError, source: GoogleFormSource) -> str:
    """How a form that cannot be read is mended."""
    sign_in = source.there.google.sign_in
    if isinstance(error, SignInFailed):
        return mends.SIGN_IN_FIRST
    if isinstance(error, VendorRefused) and error.code in {"SERVICE_DISABLED", "accessNotConfigured"}:
        return mends.enable("forms", sign_in.project)
    return f"{mends.SHARE_FORM} ({sign_in.address}); compare `form` with the address under which it is edited"


def _settings(name: str, form: GoogleForm) -> Iterator[Finding]:
    """What the API tells of a form's settings (google.md 1.2); the rest a person must look at."""
    if form.is_accepting is False or form.is_published is False:
        yield Finding(FAULT, f"form {name}: it takes no responses", mends.ACCEPT)
    if form.email == "VERIFIED":
        yield Finding(OK, f"form {name}: collects verified addresses")
    elif form.email == "RESPONDER_INPUT":
        said = "whoever answers types any address they like: a receipt goes there"
        yield Finding(WARNING, f"form {name}: {said}", mends.VERIFIED)
    else:
        yield Finding(WARNING, f"form {name}: collects no address, so nobody gets a receipt", mends.VERIFIED)
    if form.linked_sheet:
        said = "a sheet is linked: a second copy of every concern, outside the shared drive"
        yield Finding(WARNING, f"form {name}: {said}", "in the form, Responses, Unlink form; then delete the sheet")
    if form.upload_folders:
        said = "uploaded files lie in the form owner's own Drive, whether or not they are copied to the record"
        yield Finding(
            WARNING, f"form {name}: {said}", "better ask for no files; what a child's body shows belongs to a body map"
        )


def _differences(name: str, form: GoogleForm, reader: GoogleFormReader) -> Iterator[Finding]:
    found = compare(asked(form), reader.map, reader.profile)
    if not {question.id for question in form.questions} & {question.id for question in reader.map.questions}:
        yield Finding(FAULT, f"form {name}: no question of its map is in the form", "run `connector forms map`")
        return
    for one in found:
        state = FAULT if one.kind is DifferenceKind.GONE else WARNING
        yield Finding(state, f"form {name}: {_told(one)}", _mend(one))
    if not found:
        yield Finding(OK, f"form {name}: asks for everything that {reader.profile.name} requires")


def _told(one: Difference) -> str:
    labels = ", ".join(one.labels) or "no field"
    return _SAID[one.kind].format(title=one.title, labels=labels)


def _mend(one: Difference) -> str:
    words = f" (“{one.policy_words}”)" if one.policy_words else ""
    return f"{_MENDS[one.kind]}{words}"
