"""The contract with Google: what a whole journey asks, with which scopes, of which host; and a slip is noticed.

Every request is held to Google's own documents by the fake; a misspelling planted at the edge must come out, or the
first test proves nothing. The scopes of every token are those that docs/google-workspace.md has a school give.
"""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import parse_qs

import jwt
import pytest
from urllib3.util import parse_url

from connector.cli.google_scopes import needed
from connector.cli.main import main
from connector.forms.proof import sign
from connector.jobs import answer_pokes, pull
from connector.outbound import google as google_of
from tests import workspaced as sister
from tests.workspace import Response, Workspace
from tests.workspaced import DSL, FORM, IDENTITIES, MAILBOX, SCHOOL, Laid, Workspaced, let_in, workspaced

AUTH = "https://www.googleapis.com/auth/"
TOPIC, SUBSCRIPTION = "forms", "forms-pull"
PUSHER = "pusher@concern-connector-417.iam.gserviceaccount.com"
PHOTO = "A photograph"
# Everything that the service asks of Google while it runs, and nothing else.
METHODS = {
    # The keys' address tells Google's time as well: asked once, before old responses are told from new ones.
    "oauth2.token", "oauth2.certs",
    "forms.forms.get", "forms.forms.responses.list", "forms.forms.responses.get",
    "forms.forms.watches.create", "forms.forms.watches.list", "forms.forms.watches.renew",
    "drive.drives.get", "drive.permissions.list", "drive.files.list", "drive.files.generateIds",
    "drive.files.create", "drive.files.get", "drive.files.update",
    "gmail.users.messages.send", "chat.spaces.messages.create",
    "pubsub.projects.subscriptions.pull", "pubsub.projects.subscriptions.acknowledge",
}  # fmt: skip
OF_CHECK_ALONE = {"pubsub.projects.subscriptions.get"}
# Each API by the one set of scopes that its requests carry.
SCOPES = {
    "forms": {f"{AUTH}forms.body.readonly", f"{AUTH}forms.responses.readonly"},
    "drive": {f"{AUTH}drive"},
    "gmail": {f"{AUTH}gmail.send"},
    "chat": {f"{AUTH}chat.bot"},
    "pubsub": {f"{AUTH}pubsub"},
}


@contextlib.contextmanager
def everything(
    folder: Path,
    identity: str = "delegate",
    change: Callable[[str], str] | None = None,
    *,
    push: bool = False,
    **parts: Any,
) -> Iterator[Workspaced]:
    """A school with every feature on: uploads, a folder, sealed records, hints, its own Chat app."""
    extra: dict[str, str] = {}

    def prepared(fake: Workspace, laid: Laid, who: str, config: Path) -> dict[str, str]:
        said = let_in(fake, laid, who, config)
        _give_hints(fake, laid, who)
        _give_chat_app(fake, laid, config)
        laid.ids[PHOTO] = laid.form.ask_upload(PHOTO, max_files=3)
        assert laid.form.uploads is not None
        laid.form.uploads.share(laid.service, "writer")
        extra["folder"] = laid.records.folder("Concerns").id
        extra["space"], extra["photo"] = laid.space.name, laid.ids[PHOTO]
        extra["key"] = '\nkey = "file:keys/chat.json"' if who == "account" else ""
        return said

    def changed(text: str) -> str:
        found = switched_on(text, extra, push=push)
        return change(found) if change else found

    with (
        mock.patch.object(sister, "let_in", prepared),
        mock.patch("connector.furnishing_google._CHAT_SECONDS", 0.0),
        workspaced(folder, changed, identity, **parts) as school,
    ):
        yield school


def _give_hints(fake: Workspace, laid: Laid, identity: str) -> None:
    fake.subscription(fake.topic(TOPIC), SUBSCRIPTION, subscribers={laid.service})
    if identity == "delegate":
        fake.delegated[laid.account.client_id].add(f"{AUTH}pubsub")
    for grant in fake.grants.values():
        grant.scopes |= {f"{AUTH}pubsub"}


def _give_chat_app(fake: Workspace, laid: Laid, config: Path) -> None:
    fake.chat_app = laid.account
    laid.space.members.add(laid.account.email)
    (config / "keys" / "chat.json").write_text(json.dumps(laid.account.info), "utf-8")


def switched_on(text: str, extra: dict[str, str], *, push: bool) -> str:
    project = "projects/concern-connector-417"
    way = f'sent_by = "{PUSHER}"' if push else f'subscription = "{project}/subscriptions/{SUBSCRIPTION}"'
    hints = f'[google.hints]\ntopic = "{project}/topics/{TOPIC}"\n{way}\n\n[store]'
    app = f'[channels.dsl-app]\nkind = "google_chat_app"\nspace = "{extra["space"]}"\nmembers = ["dsl"]{extra["key"]}\n'
    for old, new in (
        ("[store]", hints),
        ('readers = ["dsl", "deputy"]', f'folder = "{extra["folder"]}"\nread_only = true\nreaders = ["dsl", "deputy"]'),
        ("[people.dsl]", f"{app}\n[people.dsl]"),
        ("poll_seconds = 30", "poll_seconds = 30\nuploads = true"),
        ("questions = [\n", f'questions = [\n    {{ title = "{PHOTO}", id = "{extra["photo"]}" }},\n'),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


def quick(_: Any) -> bytes:
    """A typesetter for tests that are not about the page."""
    return b"%PDF-1.7 quick"


def with_photo(school: Workspaced, name: str = "photo.png", **changes: str) -> Response:
    response = school.respond(**changes)
    school.form.upload(response, school.laid.ids[PHOTO], name, b"\x89PNG a photograph")
    return response


def poke_headers(school: Workspaced, raw: bytes, key: str = "", at: datetime | None = None) -> dict[str, str]:
    """What the script of the docs sends with a poke."""
    known = key or school.given["WILLOW_BANK_POKE_KEY"]
    stamp = sign(b"poke." + raw, known.encode(), at or school.clock.now())
    return {"Content-Type": "application/json", "X-Connector-Signature": stamp}


def forget_the_watch(school: Workspaced) -> None:
    """As if the ledger were a new one: Google still has the watch."""
    school.house.ledger.notebook.keep_progress(SCHOOL, FORM, subscription="", subscribed_until=None)


def stages(school: Workspaced) -> Iterator[None]:
    """All that the service ever does, but nothing that goes wrong, in parts."""
    school.poll()
    school.watch()
    yield
    school.clock.pass_(minutes=1)
    response = with_photo(school)
    school.poll()
    school.work()
    yield
    school.form.edit(response, school.answers(observation="Said so again."), at=school.clock.now())
    pull(school.house, SCHOOL)
    answer_pokes(school.house)
    school.work()
    yield
    # Shown by Google too late for the overlap: only the daily sweep meets it, and reads it by itself.
    school.respond(at=school.clock.now() - timedelta(days=1))
    school.clock.pass_(days=1, minutes=1)
    school.watch()
    school.work()
    forget_the_watch(school)
    school.watch()


def journey(school: Workspaced) -> None:
    for _ in stages(school):
        pass


@pytest.fixture(scope="module", params=IDENTITIES)
def walked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspaced]:
    with everything(tmp_path_factory.mktemp("school"), request.param) as school, guarded() as hosts:
        journey(school)
        school.laid.ids["hosts"] = json.dumps(sorted(hosts))
        yield school


class Outside(AssertionError):
    """Somebody reached for another host than this machine."""


@contextlib.contextmanager
def guarded() -> Iterator[set[str]]:
    """Every host that a socket is opened to, or a name looked up for; one that is not this machine is not reached."""
    hosts: set[str] = set()
    connect, connect_ex, look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def note(host: Any) -> None:
        hosts.add(str(host))
        if host not in {"127.0.0.1", "localhost", "::1"}:
            raise OSError("no other host")

    def noted(real: Any) -> Any:
        return lambda own, address, *more: (note(address[0]), real(own, address, *more))[1]

    with (
        mock.patch.object(socket.socket, "connect", noted(connect)),
        mock.patch.object(socket.socket, "connect_ex", noted(connect_ex)),
        mock.patch.object(socket, "getaddrinfo", lambda host, *a, **k: (note(host), look_up(host, *a, **k))[1]),
    ):
        yield hosts


def test_a_whole_journey_keeps_to_googles_documents(walked: Workspaced) -> None:
    assert walked.fake.complaints == []
    filed = [name.partition("/")[2] for name in walked.store.files()]
    assert sum(name.endswith(".pdf") for name in filed) == 3, "a response, its edited version, one met by the sweep"
    assert sum(name.endswith("file1.png") for name in filed) == 2
    assert all(walked.store.find(f"Concerns/{name}").read_only for name in filed)
    assert {chat.by_webhook for chat in walked.fake.chats} == {True, False}


def test_the_methods_used_are_those_of_the_table_and_no_other(walked: Workspaced) -> None:
    identity = walked.house.sites[SCHOOL].google.sign_in.identity
    assert set(walked.fake.usage()) == METHODS - ({"gmail.users.messages.send"} if identity == "member" else set())


def test_every_request_carries_exactly_the_scopes_of_its_api(walked: Workspaced) -> None:
    met: dict[str, set[frozenset[str]]] = {}
    for each in walked.fake.requests:
        api = each.method_id.partition(".")[0]
        # A token that the hand clock let end early is refused, and asked for anew.
        if api != "oauth2" and "token" not in each.query and each.status != 401:
            met.setdefault(api, set()).add(each.scopes)
    identity = walked.house.sites[SCHOOL].google.sign_in.identity
    wanted = {api: {frozenset(of)} for api, of in SCOPES.items() if api != "gmail" or identity != "member"}
    assert met == wanted


def test_the_scopes_used_are_those_that_the_school_was_told_to_give(walked: Workspaced) -> None:
    own = walked.laid.account.email
    asked = {scope for each in walked.fake.requests if each.identity != own for scope in each.scopes}
    as_app = {scope for each in walked.fake.requests if each.identity == own for scope in each.scopes}
    told = set(needed(walked.house.settings.schools[SCHOOL]))
    if walked.house.sites[SCHOOL].google.sign_in.identity == "member":
        assert (asked, as_app) == (set(), told)
    else:
        assert (asked, as_app) == (told, SCOPES["chat"]), "the Chat app alone speaks as the service account itself"


def test_no_token_is_ever_asked_for_with_another_set_of_scopes(walked: Workspaced) -> None:
    sets = [
        scopes for each in walked.fake.requests if each.method_id == "oauth2.token" for scopes in [_asked(each.body)]
    ]
    assert sets
    assert all(scopes in SCOPES.values() for scopes in sets)
    assert walked.fake.usage()["oauth2.token"] < 40, "and they are kept, not asked for with each request"


def _asked(body: bytes) -> set[str]:
    given = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    if "assertion" in given:
        claims = jwt.decode(given["assertion"], options={"verify_signature": False})
        assert claims.get("sub", MAILBOX) == MAILBOX, "nobody else is ever impersonated"
        return set(claims["scope"].split())
    return set(given["scope"].split())


def test_no_request_goes_to_another_host(walked: Workspaced) -> None:
    assert json.loads(walked.laid.ids["hosts"]) == ["127.0.0.1"]


def test_what_people_are_told_of_a_drive_that_cannot_be_reached_is_a_mail_that_gmail_takes(tmp_path: Path) -> None:
    with everything(tmp_path, typesetter=quick) as school:
        school.fake.fail("drive.drives.get", 500, times=None)
        for _ in range(8):
            school.watch()
            school.clock.pass_(minutes=10)
        assert any("cannot be reached" in text for text in school.said_to(DSL))
        school.fake.heal()
        school.watch()
        assert any("in order again" in text for text in school.said_to(DSL))


@pytest.mark.parametrize("uri", [
    "https://evil.example/", "http://www.googleapis.com/", "https://www.googleapis.com.evil.example/",
    "https://evilgoogleapis.com/", "https://evil.example\\@www.googleapis.com/", "https://evil.example/@www.googleapis.com/",
    "https://evil.example#@www.googleapis.com/", "https://www.googleapis.com@evil.example/", "//www.googleapis.com/",
])  # fmt: skip
def test_our_token_goes_nowhere_that_an_answer_could_name_beside_google(uri: str) -> None:
    """However the two parsers of addresses disagree: the one that judges and the one that connects."""
    where = parse_url(uri)
    assert not google_of.How().is_home(uri) or (where.scheme, where.host) == ("https", "www.googleapis.com")


@pytest.mark.parametrize("api", ["forms", "drive"])
def test_a_request_to_another_host_would_have_been_noticed(tmp_path: Path, api: str) -> None:
    with everything(tmp_path) as school, guarded() as hosts:
        school.poll()
        google = school.house.sites[SCHOOL].google
        object.__setattr__(google, "root", "")
        google._services.clear()
        school.poll() if api == "forms" else school.watch()
        assert {"forms": "forms.googleapis.com", "drive": "www.googleapis.com"}[api] in hosts


def test_connector_check_asks_for_no_method_beside_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with everything(tmp_path) as school:
        for name, value in school.given.items():
            monkeypatch.setenv(name, value)
        with guarded() as hosts:
            main(["check", "--config", str(school.config)])
        assert "a test file went there and back" in capsys.readouterr().out
        assert set(school.fake.usage()) - METHODS == OF_CHECK_ALONE
        assert hosts == {"127.0.0.1"}
        assert school.fake.chats, "a test message goes by each channel"


FOLDER = 'kind = "folder"\npath = "../var/records/{0}"\nreaders = ["{0}"]'


@pytest.mark.parametrize(("uploads", "drive"), [(False, "drive.metadata.readonly"), (True, "drive.readonly")])
def test_a_school_that_files_elsewhere_gives_no_right_to_write_in_drive(
    tmp_path: Path, uploads: bool, drive: str
) -> None:
    def elsewhere(text: str) -> str:
        head, _, rest = text.partition("[store]")
        rest = rest[rest.index("[channels.mail]") :]
        for slug, address in (("dsl", "m.oduya"), ("manager", "s.grant")):
            line = f'email = "{address}@willowbank.example"'
            rest = rest.replace(line, f'{line}\nreader = "file:keys/little-lanterns-{slug}.pub"')
        stores = f"[store]\n{FOLDER.format('dsl')}\n\n[staff_store]\n{FOLDER.format('head')}\n\n"
        found = head.partition("[google.hints]")[0] + stores + rest
        return found if uploads else found.replace("uploads = true", "uploads = false")

    with everything(tmp_path, change=elsewhere) as school:
        given = {f"{AUTH}{name}" for name in ("forms.body.readonly", "forms.responses.readonly", drive, "gmail.send")}
        assert set(needed(school.house.settings.schools[SCHOOL])) == given
        school.fake.delegated[school.laid.account.client_id] = set(given)
        school.watch()
        with_photo(school)
        school.poll()
        school.work()
        asked = {scope for each in school.fake.requests if not each.app_authenticated for scope in each.scopes}
        assert asked == given
        records = list((tmp_path / "var" / "records").rglob("*.age"))
        assert any(path.name.endswith("file1.png.age") for path in records) is uploads
        assert len(records) == (4 if uploads else 3), (
            "the record, the list of its files, and the file where it is wanted"
        )


# -- a slip at the edge comes out

SLIPS = {
    "a body field of an upload": ('"appProperties"', '"appProperty"'),
    "a body field of a seal": ('"contentRestrictions"', '"contentRestriction"'),
    "a body field of a mail": ('"raw"', '"row"'),
    "a body field of a card": ('"cardsV2"', '"cardsV3"'),
    "a body field of a watch": ('"target"', '"targets"'),
    "a body field of a pull": ('"maxMessages"', '"maxMessage"'),
    "an enum in a body": ('"RESPONSES"', '"RESPONSE"'),
    "an enum in a query": ("REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD", "REPLY_OR_NEW"),
    "a query parameter": ("supportsAllDrives=", "supportAllDrives="),
    "a query parameter of a list": ("pageSize=1000", "pageSize=1000&order=asc"),
    "a number past its bound": ("pageSize=100&", "pageSize=101&"),
    "a field that is none": ("hasAugmentedPermissions", "hasAugmentedRights"),
    "a path": (":renew", ":renewed"),
    "a filter": ("timestamp+%3E%3D", "submitted+%3E%3D"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_misspelling_anywhere_is_complained_of(tmp_path: Path, slip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right, wrong = SLIPS[slip]
    met: list[str] = []
    real = google_of.exchange

    def careless(method: str, url: str, *, body: bytes | None = None, **more: Any) -> Any:
        said, sent = url.replace(right, wrong), (body or b"").replace(right.encode(), wrong.encode())
        if (said, sent) != (url, body or b""):
            met.append(url)
        return real(method, said, body=sent if body else body, **more)

    monkeypatch.setattr(google_of, "exchange", careless)
    with everything(tmp_path, typesetter=quick) as school:
        school.may_complain = True
        for _ in stages(school):
            if school.fake.complaints:
                break
        assert met
        assert school.fake.complaints != []


def test_a_missing_supports_all_drives_files_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = google_of.exchange

    def careless(method: str, url: str, **more: Any) -> Any:
        return real(method, url.replace("supportsAllDrives=true&", "").replace("&supportsAllDrives=true", ""), **more)

    monkeypatch.setattr(google_of, "exchange", careless)
    with everything(tmp_path, typesetter=quick) as school:
        school.may_complain = True
        journey(school)
        assert list(school.store.files()) == []


@pytest.mark.parametrize(("place", "scopes", "used"), [
    ("connector.outbound.google_forms.FORM_SCOPES", ("forms.body.readonly",), "forms.forms.responses.list"),
    ("connector.outbound.google_forms.FORM_SCOPES", ("forms.responses.readonly",), "forms.forms.get"),
    ("connector.furnishing_google.DRIVE_SCOPES", ("drive.readonly",), "drive.files.create"),
    ("connector.furnishing_google.DRIVE_SCOPES", ("drive.file",), "drive.drives.get"),
    ("connector.notify.gmail.GMAIL_SCOPES", ("drive",), "gmail.users.messages.send"),
    ("connector.outbound.pubsub.PUBSUB_SCOPES", ("drive",), "pubsub.projects.subscriptions.pull"),
])  # fmt: skip
def test_a_scope_too_few_is_refused_and_nothing_comes_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, scopes: tuple[str, ...], used: str
) -> None:
    monkeypatch.setattr(place, tuple(AUTH + name for name in scopes))
    with everything(tmp_path, typesetter=quick) as school:
        school.fake.delegated[school.laid.account.client_id] |= {AUTH + name for name in scopes}
        school.poll()
        school.watch()
        school.respond()
        school.poll()
        school.work()
        pull(school.house, SCHOOL)
        answers = {each.status for each in school.fake.requests if each.method_id == used}
        assert answers == {403} or (used == "drive.files.create" and school.store.files() == {})
