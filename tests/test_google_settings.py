"""The Google parts of a school's file: each disagreement is told with its file, its line and its mend."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from connector.errors import ConfigError
from connector.furnishing import make_site
from connector.furnishing_google import shared_channel
from connector.notify.words import Words
from connector.settings.load import Settings, load
from tests.service import ROOT, SIGNING, copy_config, environment
from tests.workspaced import FORM, MAILBOX, SCHOOL

WEBHOOK = "https://chat.googleapis.com/v1/spaces/AAQA1234567/messages?key=K3Y&token=t0kenS3CRET"
KEY = {"type": "service_account", "client_email": "filer@p.iam.gserviceaccount.com", "private_key": "pr1vateS3CRET"}
APP = '[channels.dsl-app]\nkind = "google_chat_app"\nspace = "spaces/AAQA1234567"\nmembers = ["dsl"]\n\n[people.dsl]'
SMTP = 'kind = "smtp"\nhost = "127.0.0.1"\nsecurity = "none"\nsender = "safeguarding-alerts@willowbank.example"'
Read = Callable[..., Settings]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads the example of docs/ after `old` was replaced by `new` in it."""
    config = copy_config(tmp_path)
    for other in (config / "schools").glob("*.toml"):
        other.unlink()
    (config / "keys" / "google.json").write_text(json.dumps(KEY), "utf-8")
    text = (ROOT / "docs" / "examples" / f"{SCHOOL}.toml").read_text("utf-8")

    def reading(*changes: tuple[str, str], webhook: str = WEBHOOK) -> Settings:
        changed = text
        for old, new in changes:
            assert old in changed, old
            changed = changed.replace(old, new)
        (config / "schools" / f"{SCHOOL}.toml").write_text(changed, "utf-8")
        return load(
            config,
            environment("unused")
            | {
                "WILLOW_BANK_CHAT_WEBHOOK": webhook,
                "WILLOW_BANK_SIGNING_KEY": SIGNING,
                "WILLOW_BANK_POKE_KEY": SIGNING,
            },
        )

    return reading


def faults_of(read: Read, *changes: tuple[str, str], webhook: str = WEBHOOK) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(*changes, webhook=webhook)
    said = " ".join([*caught.value.faults, str(caught.value)])
    assert not [secret for secret in ("S3CRET", "K3Y") if secret in said]
    return list(caught.value.faults)


def test_the_example_of_the_docs_is_without_fault(read: Read) -> None:
    assert read().schools[SCHOOL].google is not None


def _line(read_text: str, words: str) -> int:
    return next(number for number, line in enumerate(read_text.splitlines(), 1) if words in line)


IDENTITY = 'identity = "delegate"\n'
ACTS_AS = f'acts_as = "{MAILBOX}"\n'
KEYED = 'key = "file:keys/google.json"\n'
GOOGLE = f"[google]\n{IDENTITY}{KEYED}{ACTS_AS}"
HINTS = '\n[google.hints]\ntopic = "projects/p-1/topics/forms"\n'
TWIN = '\n[forms.second]\ntitle = "T"\nsource = "google"\nprofile = "default-record"\nquestions = [{ title = "x", fields = [] }]\n'
FORM_LINE = 'form = "https://docs.google.com/forms/d/1EXAMPLEformEXAMPLEformEXAMPLEform/edit"'
LAST = "poll_seconds = 30\n"


@pytest.mark.parametrize(("changes", "words", "at"), [
    ([(GOOGLE, "")], "store needs the table [google] with `identity` and its key or consent", "[store]"),
    ([(GOOGLE, "")], "channels.mail needs the table [google]", "[channels.mail]"),
    ([(GOOGLE, "")], "forms.cause-for-concern.google needs the table [google]", "[forms.cause-for-concern.google]"),
    ([(KEYED, "")], "google needs `key`, the service account’s JSON file, to be a delegate", "[google]"),
    ([(ACTS_AS, "")], "must name the one mailbox of a delegate", "[google]"),
    ([(IDENTITY, 'identity = "member"\n')], "google.acts_as must name the one mailbox of a delegate, and stands with no other", "acts_as"),
    ([(IDENTITY, 'identity = "member"\n'), (ACTS_AS, "")], "a service account has no mailbox", "[channels.mail]"),
    ([(IDENTITY, 'identity = "account"\n')], "needs `client` and `token` for an account: run `connector google sign-in`", "[google]"),
    ([(IDENTITY, 'identity = "everybody"\n')], "google.identity", "identity ="),
    ([(f'sender = "{MAILBOX}"', 'sender = "office@willowbank.example"')], "must be the mailbox of `acts_as`", 'sender = "office'),
    ([(ACTS_AS, ACTS_AS + HINTS)], "needs `subscription` (fetched from here) or `sent_by`", "[google.hints]"),
    ([(ACTS_AS, ACTS_AS + HINTS.replace("projects/p-1/topics/forms", "forms"))], "google.hints.topic", "topic = "),
    ([(LAST, LAST + TWIN + f"\n[forms.second.google]\n{FORM_LINE}\n")], "is the form of cause-for-concern too", FORM_LINE),
    ([('source = "google"', 'source = "generic"')], 'stands only with source = "google"', "[forms.cause-for-concern.google]"),
    ([("0AEXAMPLEstaffPVA", "0AEXAMPLErecordsPVA")], "must be another place than [store]", "[staff_store]"),
    ([('members = ["dsl", "deputy"]', 'members = ["dsl", "nobody"]')], "names people that are not under [people]: nobody", "members ="),
    ([('members = ["dsl", "deputy"]', "members = []")], "must not be empty", "[channels.dsl-space]"),
    ([("poll_seconds = 30", "poll_seconds = 5")], "poll_seconds", "poll_seconds ="),
    ([('webhook = "env:WILLOW_BANK_CHAT_WEBHOOK"', f'webhook = "{WEBHOOK}"')], "a secret must not stand here", "[channels.dsl-space]"),
    ([('[people.dsl]', '[channels.sms]\nkind = "apprise"\nurl = "file:keys/sms"\nmembers = ["dsl"]\n\n[people.dsl]')], "keys/sms cannot be read", "[channels.sms]"),
])  # fmt: skip
def test_each_disagreement_is_told_with_its_line(
    read: Read, tmp_path: Path, changes: list[tuple[str, str]], words: str, at: str
) -> None:
    found = faults_of(read, *changes)
    [fault, *_] = [fault for fault in found if words in fault]
    text = (tmp_path / "config" / "schools" / f"{SCHOOL}.toml").read_text("utf-8")
    numbers = [number for number, line in enumerate(text.splitlines(), 1) if at in line]
    assert fault.startswith(tuple(f"{SCHOOL}.toml:{number}: " for number in numbers)), (fault, numbers)


def test_a_chat_app_needs_a_key_where_the_service_signs_in_as_an_account(read: Read, tmp_path: Path) -> None:
    account = 'identity = "account"\nclient = "file:keys/c.json"\ntoken = "file:keys/t.json"\n'
    for name in ("c", "t"):
        (tmp_path / "config" / "keys" / f"{name}.json").write_text("{}", "utf-8")
    changes = [(f"{IDENTITY}{KEYED}{ACTS_AS}", account), ("[people.dsl]", APP)]
    [fault] = faults_of(read, *changes)
    assert "a Chat app speaks as a service account, never as a person" in fault
    keyed = APP.replace('members = ["dsl"]', 'members = ["dsl"]\nkey = "file:keys/google.json"')
    assert read(changes[0], ("[people.dsl]", keyed))
    assert read(("[people.dsl]", APP)), "a delegate has a service account of its own"


@pytest.mark.parametrize(("webhook", "words"), [
    ("https://evil.example/v1/spaces/A/messages?key=K3Y&token=S3CRET", "must begin with https://chat.googleapis.com/"),
    ("https://chat.googleapis.com.evil.example/v1/spaces/A/messages?key=K3Y&token=S3CRET", "must begin with https://chat.googleapis.com/"),
    ("https://chat.googleapis.com@evil.example/v1/spaces/A/messages?key=K3Y&token=S3CRET", "webhook"),
    ("http://chat.googleapis.com/v1/spaces/A/messages?key=K3Y&token=S3CRET", "webhook"),
    ("https://chat.googleapis.com/v1/spaces/A/messages?key=K3Y", "has no `key` and `token`"),
    ("https://chat.googleapis.com/v1/spaces/A/messages?token=S3CRET", "has no `key` and `token`"),
    ("https://chat.googleapis.com/v1/spaces/A/messages?monkey=K3Y&nottoken=S3CRET", "has no `key` and `token`"),
    ("https://chat.googleapis.com/v1/spaces/A/messages?key=&token=", "has no `key` and `token`"),
    ("https://chat.googleapis.com/?key=K3Y&token=S3CRET", "copy"),
    ("not an address S3CRET", "webhook"),
])  # fmt: skip
def test_what_is_no_webhook_of_chat_is_refused_without_repeating_it(read: Read, webhook: str, words: str) -> None:
    [fault] = faults_of(read, webhook=webhook)
    assert words in fault
    assert fault.startswith(f"{SCHOOL}.toml:")


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    "url", ["json://sms.example/S3CRET", "JSON://sms.example/S3CRET", "ntfy://ntfy.example/S3CRET"]
)
def test_a_short_message_never_goes_over_the_net_in_clear(read: Read, tmp_path: Path, url: str) -> None:
    channel = '[channels.sms]\nkind = "apprise"\nurl = "file:keys/sms"\nmembers = ["dsl"]\n\n[people.dsl]'

    def check() -> None:
        """As `connector check` and the start of the service do, before anything is sent."""
        settings = read(("[people.dsl]", channel))
        made = shared_channel(settings, settings.schools[SCHOOL].channels["sms"], None, Words.of(), {})  # type: ignore[arg-type]
        made.check()  # type: ignore[union-attr]

    (tmp_path / "config" / "keys" / "sms").write_text(url, "utf-8")
    with pytest.raises(ConfigError, match="goes over the net in clear") as caught:
        check()
    assert "S3CRET" not in str(caught.value)
    for fine in ("json://127.0.0.1:9/x", "jsons://sms.example/x"):
        (tmp_path / "config" / "keys" / "sms").write_text(fine, "utf-8")
        check()


FORM_ID, DRIVE_ID = "1EXAMPLEformEXAMPLEformEXAMPLEform", "0AEXAMPLErecordsPVA"


@pytest.mark.parametrize("pasted", [
    FORM_ID, f"https://docs.google.com/forms/d/{FORM_ID}", f"https://docs.google.com/forms/d/{FORM_ID}/edit?usp=sharing#responses",
    f"https://docs.google.com/forms/u/1/d/{FORM_ID}/edit", f"https://docs.google.com/a/willowbank.example/forms/d/{FORM_ID}/edit",
    f"docs.google.com/forms/d/{FORM_ID}/viewform", f"  <https://docs.google.com/forms/d/{FORM_ID}/edit> ",
])  # fmt: skip
def test_a_form_is_read_from_whatever_its_editor_copied(read: Read, pasted: str) -> None:
    form = read((FORM_LINE, f'form = "{pasted}"')).schools[SCHOOL].forms[FORM].google
    assert form is not None
    assert form.form == FORM_ID


@pytest.mark.parametrize("pasted", [
    "https://docs.google.com/forms/d/e/1FAIpQLSdS3CRETxxxxxxxxxxxxxxxxxxxxxx/viewform", "1FAIpQLSdS3CRETxxxxxxxxxxxxxxxxxxxxxx",
    "https://forms.gle/S3CRETabcdefghi", "https://docs.google.com/forms/u/0/d/e/1FAIpQLSdS3CRETxxxxxx/viewform?usp=sf_link",
    "https://docs.google.com/spreadsheets/d/1S3CRETxxxxxxxxxxxxxxx/edit", "../../S3CRET", "",
    "https://evil.example/docs.google.com/forms/d/1S3CRETxxxxxxxxxxx/edit",
])  # fmt: skip
def test_the_link_for_answering_and_what_is_no_form_are_refused_with_what_to_copy(read: Read, pasted: str) -> None:
    [fault] = faults_of(read, (FORM_LINE, f'form = "{pasted}"'))
    assert "docs.google.com/forms/d/.../edit" in fault
    assert re.match(rf"{SCHOOL}\.toml:\d+: ", fault)


@pytest.mark.parametrize("pasted", [
    DRIVE_ID, f"https://drive.google.com/drive/folders/{DRIVE_ID}", f"https://drive.google.com/drive/u/2/folders/{DRIVE_ID}?ths=true",
    f"drive.google.com/drive/folders/{DRIVE_ID}/",
])  # fmt: skip
def test_a_shared_drive_is_read_from_the_address_in_the_browser(read: Read, pasted: str) -> None:
    store = (
        read((f'drive = "https://drive.google.com/drive/folders/{DRIVE_ID}"', f'drive = "{pasted}"'))
        .schools[SCHOOL]
        .store
    )
    assert store.drive == DRIVE_ID  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "pasted",
    ["https://drive.google.com/drive/my-drive", "https://drive.google.com/file/d/1abcdefghijkl/view", "a b", ""],
)
def test_what_is_no_drive_is_refused_with_what_to_copy(read: Read, pasted: str) -> None:
    found = faults_of(read, (f'drive = "https://drive.google.com/drive/folders/{DRIVE_ID}"', f'drive = "{pasted}"'))
    assert "drive.google.com/drive/folders/..." in found[0]


@pytest.mark.parametrize(("name", "content", "words"), [
    ("google.json", "{}", "google.key is no service account key"),
    ("google.json", '{"type": "authorized_user", "client_email": "S3CRET"}', "google.key is no service account key"),
    ("google.json", '["S3CRET"]', "google.key is no service account key"),
    ("google.json", "S3CRET {", "google.key is no service account key"),
])  # fmt: skip
def test_a_file_that_is_no_key_is_refused_without_repeating_it(
    read: Read, tmp_path: Path, name: str, content: str, words: str
) -> None:
    (tmp_path / "config" / "keys" / name).write_text(content, "utf-8")
    settings = read()
    with pytest.raises(ConfigError, match=words) as caught:
        make_site(settings, SCHOOL, settings.schools[SCHOOL])
    assert "S3CRET" not in str(caught.value)


def test_no_repr_of_the_settings_shows_a_key_or_a_webhook(read: Read) -> None:
    said = repr(read().schools[SCHOOL])
    assert not [secret for secret in ("S3CRET", SIGNING) if secret in said]
