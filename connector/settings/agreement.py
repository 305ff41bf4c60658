"""Do the parts of a school's file agree? People named exist, somebody can be told, records can be opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from connector.model.profile import PolicyProfile
from connector.model.source import SOURCE, TAKEN_IN
from connector.settings.faults import Fault, fault_at
from connector.settings.google_agreement import google_disagreements
from connector.settings.microsoft import ActivityChannel, GraphMailChannel, SharePointStore
from connector.settings.places import places_of
from connector.settings.school import MAIL, FolderStore, School, SmtpChannel, TeamsChannel, members_of
from connector.settings.service import is_loopback, safe_address

Said = tuple[tuple[str | int, ...], str]


def disagreements(path: Path, school: School, profiles: Mapping[str, PolicyProfile]) -> Iterator[Fault]:
    """Every place where this school's file contradicts itself or its profiles."""
    for check in (_people, _ladders, _stores, _names, _channels, _tenant, google_disagreements):
        for where, text in check(school):
            yield fault_at(path, where, text)
    for where, text in _forms(school, profiles):
        yield fault_at(path, where, text)


def _unknown(school: School, slugs: tuple[str, ...]) -> str:
    strays = [slug for slug in slugs if slug not in school.people]
    return f"names people that are not under [people]: {', '.join(strays)}" if strays else ""


def _people(school: School) -> Iterator[Said]:
    for name, slug in (("technician", school.technician), ("office", school.office or school.technician)):
        if said := _unknown(school, (slug,)):
            yield (name,), said
    for slug, person in school.people.items():
        for number, away in enumerate(person.away):
            if away.cover not in school.people or away.cover == slug:
                yield (
                    ("people", slug, "away", number, "cover"),
                    "must name another person: nobody may be away uncovered",
                )


def _ladders(school: School) -> Iterator[Said]:
    for name, ladder in (("ladder", school.ladder), ("staff_ladder", school.staff_ladder)):
        on_it = {slug for rung in ladder.rungs for slug in rung.people}
        for number, rung in enumerate(ladder.rungs):
            if said := _unknown(school, rung.people):
                yield (name, "rungs", number), said
        if len(on_it) < 2:
            yield (name,), "needs two different people: a concern about one of them must have somewhere to go"


def _stores(school: School) -> Iterator[Said]:
    for name, store in (("store", school.store), ("staff_store", school.staff_store)):
        if said := _unknown(school, store.readers):
            yield (name, "readers"), said
        for slug in store.readers if isinstance(store, FolderStore) else ():
            if slug in school.people and not school.people[slug].reader:
                yield (name, "readers"), f"includes {slug}, who has no `reader` key: run `connector keys new`"
    if places_of(school.store) & places_of(school.staff_store):
        yield ("staff_store",), "must be another place than [store]: other eyes read it"


def _names(school: School) -> Iterator[Said]:
    """An intake library is no store, and no form has a name that means something else there."""
    if school.intake_library is not None:
        for name, store in (("store", school.store), ("staff_store", school.staff_store)):
            if places_of(store) & places_of(school.intake_library):
                yield ("intake_library",), f"must be another library than [{name}]: records would be taken in again"
        if TAKEN_IN in school.forms:
            yield ("forms", TAKEN_IN), "must have another name: the intake library keeps a folder of this one"
    if SOURCE in school.forms:
        yield ("forms", SOURCE), "must have another name: the intake library itself is called so"


def shared_libraries(schools: Mapping[Path, School]) -> Iterator[Fault]:
    """Two schools never fetch from one library or form: each would take the other's children in."""
    seen: dict[str, Path] = {}
    for path, school in schools.items():
        found: list[tuple[str, tuple[str | int, ...]]] = [(at, ("intake_library",)) for at in _fetched_from(school)]
        found += [(form.form, ("forms", slug, "google", "form")) for slug, form in school.google_forms.items()]
        for place, where in found:
            if seen.setdefault(place, path) != path:
                yield fault_at(path, where, f"is that of {seen[place].name} too: give each its own")


def _fetched_from(school: School) -> frozenset[str]:
    return places_of(school.intake_library) if school.intake_library else frozenset()


def _tenant(school: School) -> Iterator[Said]:
    """Whatever lies in the tenant needs the sign-in; the sign-in needs one proof."""
    if (found := school.microsoft) is not None:
        if (found.certificate is None) == (found.secret is None):
            yield ("microsoft",), "needs `certificate` (better) or `secret`, one of them"
        return
    parts: dict[str, object] = {
        "intake_library": school.intake_library,
        "store": isinstance(school.store, SharePointStore),
        "staff_store": isinstance(school.staff_store, SharePointStore),
    }
    parts |= {f"channels.{slug}": needs_sign_in(channel) for slug, channel in school.channels.items()}
    parts |= {f"forms.{slug}": form.entra for slug, form in school.forms.items()}
    for name in (name for name, is_there in parts.items() if is_there):
        yield tuple(name.split(".")), "needs the table [microsoft] with tenant, client_id and certificate"


def needs_sign_in(channel: object) -> bool:
    """True for a channel that works only while the service can sign in to the tenant."""
    return isinstance(channel, GraphMailChannel | ActivityChannel) or (
        isinstance(channel, TeamsChannel) and channel.sign_in == "entra"
    )


def _channels(school: School) -> Iterator[Said]:
    if not any(channel.kind in MAIL for channel in school.channels.values()):
        yield ("channels",), "needs one channel of kind smtp, graph_mail or gmail: without it nobody can be told"
    for slug, channel in school.channels.items():
        if said := _unknown(school, members_of(channel)):
            yield ("channels", slug, "members"), said
        if isinstance(channel, SmtpChannel):
            yield from _smtp(slug, channel)
        elif isinstance(channel, TeamsChannel):
            yield from _teams(slug, channel)


def _smtp(slug: str, channel: SmtpChannel) -> Iterator[Said]:
    if channel.security == "none" and not is_loopback(channel.host):
        yield ("channels", slug, "security"), "must be starttls or tls: `none` is for loopback only"
    if bool(channel.username) != bool(channel.password):
        yield ("channels", slug), "needs `username` and `password` together, or neither"
    if channel.username and channel.security == "none" and not is_loopback(channel.host):
        yield ("channels", slug), "must not send a password without TLS"


def _teams(slug: str, channel: TeamsChannel) -> Iterator[Said]:
    url = channel.webhook.get_secret_value()
    if ".webhook.office.com" in url or "outlook.office.com/webhook" in url:
        yield (
            ("channels", slug, "webhook"),
            "is an Office 365 connector; Microsoft ended those on 22 May 2026: make a Workflows webhook",
        )
    elif ".logic.azure.com" in url:
        yield (
            ("channels", slug, "webhook"),
            "is a logic.azure.com address; those ended on 30 November 2025: copy the new one from the flow",
        )
    elif channel.sign_in == "signature" and "sig=" not in url:
        yield (
            ("channels", slug, "webhook"),
            'has no `sig`: copy the whole address; for a flow that only the tenant may trigger, add sign_in = "entra"',
        )
    else:
        try:
            safe_address(url)
        except ValueError as wrong:
            yield ("channels", slug, "webhook"), str(wrong)


def _forms(school: School, profiles: Mapping[str, PolicyProfile]) -> Iterator[Said]:
    for slug, form in school.forms.items():
        is_fetched = slug in school.polled_forms or slug in school.google_forms
        if not (form.bearer_key or form.signing_key or form.entra or is_fetched):
            said = (
                "needs `signing_key`, `bearer_key` or `entra`, or to be fetched (an intake library, a `google` table): "
                "one that proves nothing is refused"
            )
            yield ("forms", slug), said
        profile = profiles.get(form.profile)
        if profile is None:
            yield ("forms", slug, "profile"), f"names no profile under policies/: there is no {form.profile}"
            continue
        for number, question in enumerate(form.questions):
            if strays := [field for field in question.fields if profile.rule(field) is None]:
                yield (
                    ("forms", slug, "questions", number),
                    f"answers fields that the profile does not have: {', '.join(strays)}",
                )
