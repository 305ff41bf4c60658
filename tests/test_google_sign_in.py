"""`connector google sign-in`: one consent by a browser, kept whole or not at all, and a check that passes after it."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connector.cli.main import main
from tests.service import ROOT
from tests.workspaced import DSL, MAILBOX, SCHOOL, SCOPES, Workspaced, workspaced

# Only a command that hangs takes so long, however busy the machine is.
_WAIT = 120.0


@pytest.fixture
def school(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspaced]:
    """A school that signs in as an account, on the day before anybody has."""
    with workspaced(tmp_path, identity="account") as found:
        for name, value in found.given.items():
            monkeypatch.setenv(name, value)
        # Google's token endpoint is https; that of the fake is not.
        monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
        found.fake.consenting_as = MAILBOX
        token_file(found).unlink()
        yield found


def token_file(school: Workspaced) -> Path:
    return school.config / "keys" / "google-token.json"


def got(url: str) -> tuple[int, str]:
    """A browser's GET: the status, and where it is sent."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=_WAIT)
    try:
        connection.request("GET", f"{parts.path or '/'}?{parts.query}")
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers.get("Location", "")
    finally:
        connection.close()


@dataclass
class Heard(io.StringIO):
    """What a command prints, and its address as soon as it is there."""

    ready: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__()

    def write(self, text: str) -> int:
        found = super().write(text)
        if "state=" in self.getvalue() and self.getvalue().endswith("\n"):
            self.ready.set()
        return found

    @property
    def address(self) -> str:
        assert self.ready.wait(_WAIT), self.getvalue()
        return re.findall(r"http://\S+/o/oauth2/auth\?\S+", self.getvalue())[-1]


@dataclass
class SigningIn:
    """The command in a thread of its own, while the test is the browser."""

    heard: Heard
    thread: threading.Thread
    code: list[int]

    def over(self) -> bool:
        """Whether it ended without asking anybody."""
        while not self.heard.ready.wait(0.05):
            if not self.thread.is_alive():
                return True
        return False

    def end(self) -> tuple[int, str]:
        self.thread.join(_WAIT)
        assert not self.thread.is_alive(), "the command waits for ever"
        return self.code[0], self.heard.getvalue()


@contextlib.contextmanager
def signing_in(school: Workspaced, *words: str) -> Iterator[SigningIn]:
    heard, code = Heard(), []
    command = ["google", "sign-in", "--no-browser", *words, "--config", str(school.config)]

    def go() -> None:
        code.append(main(command))

    with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
        thread = threading.Thread(target=go, daemon=True)
        thread.start()
        yield SigningIn(heard, thread, code)
        thread.join(_WAIT)


def consent(found: SigningIn) -> str:
    """The person clicks; gives where Google sends the browser back to."""
    status, back = got(found.heard.address)
    assert status == 302
    return back


def checked(school: Workspaced) -> tuple[int, str]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = main(["check", "--no-send", "--config", str(school.config)])
    return code, out.getvalue()


def nothing_left(school: Workspaced) -> None:
    assert [each.name for each in (school.config / "keys").glob("google-token*")] == []


def test_a_consent_is_kept_for_the_service_alone_and_the_check_passes(school: Workspaced) -> None:
    with signing_in(school) as found:
        asked = parse_qs(urlsplit(found.heard.address).query)
        assert got(consent(found))[0] == 200
        code, said = found.end()
    assert code == 0, said
    assert set(asked["scope"][0].split()) == SCOPES
    assert asked["redirect_uri"][0].startswith("http://127.0.0.1:")
    kept = json.loads(token_file(school).read_text("utf-8"))
    assert set(kept) == {"refresh_token", "account"}
    assert kept["account"] == MAILBOX
    assert school.fake.grants[kept["refresh_token"]].scopes == SCOPES
    assert token_file(school).stat().st_mode & 0o777 == 0o600
    assert [each.name for each in (school.config / "keys").glob("google-token*")] == ["google-token.json"]
    assert f"Signed in as {MAILBOX}" in said
    for secret in (
        kept["refresh_token"],
        *school.fake.tokens,
        *(c.client_secret for c in school.fake.oauth_clients.values()),
    ):
        assert secret not in said
    code, said = checked(school)
    assert code == 0, said


def test_a_consent_by_a_person_who_reads_everything_is_told_and_never_taken_for_the_mailbox(school: Workspaced) -> None:
    # The DSL is a member of the drive and owns the form: everything works, with the whole of her own Drive.
    school.fake.consenting_as = DSL
    with signing_in(school) as found:
        got(consent(found))
        code, said = found.end()
    if code == 0:
        assert f"Signed in as {DSL}" in said
        code, said = checked(school)
    assert code == 1
    told = [line for line in said.splitlines() if DSL in line and MAILBOX in line]
    assert told, "mail goes from another mailbox than that of whoever consented"


def test_an_account_whose_address_google_does_not_tell_is_not_kept_without_a_word(school: Workspaced) -> None:
    school.fake.fail("drive.about.get", 403, reason="accessNotConfigured")
    with signing_in(school) as found:
        got(consent(found))
        code, said = found.end()
    if code == 0:
        assert "Signed in as the account that consented" in said
        # Its own address is how the service knows itself among those who read a drive.
        _, said = checked(school)
        assert "NOT restricted" not in said, said
    else:
        nothing_left(school)


def refused(school: Workspaced) -> None:
    school.fake.consenting_as = None


def unticked(school: Workspaced) -> None:
    school.fake.consented_scopes = {scope for scope in SCOPES if not scope.endswith("drive")}


@pytest.mark.parametrize("spoil", [refused, unticked])
@pytest.mark.parametrize("before", ["", "an old token"])
def test_a_consent_that_was_refused_or_is_not_whole_leaves_everything_as_it_was(
    school: Workspaced, spoil: Any, before: str
) -> None:
    if before:
        token_file(school).write_text(json.dumps({"refresh_token": before, "account": MAILBOX}), "utf-8")
    spoil(school)
    with signing_in(school) as found:
        got(consent(found))
        code, said = found.end()
    assert code == 1
    assert "tick every box" in said
    assert "Traceback" not in said
    as_it_was(school, before)


def as_it_was(school: Workspaced, before: str) -> None:
    if not before:
        nothing_left(school)
        return
    assert json.loads(token_file(school).read_text("utf-8"))["refresh_token"] == before
    assert not token_file(school).with_suffix(".new").exists()


def test_an_answer_with_another_state_is_never_changed_for_a_token(school: Workspaced) -> None:
    with signing_in(school) as found:
        back = consent(found)
        got(re.sub(r"state=[^&]+", "state=forged", back))
        # It may be over by now, or wait for the answer that is meant.
        with contextlib.suppress(OSError):
            got(re.sub(r"code=[^&]+", "error=access_denied", back))
        code, said = found.end()
    assert code == 1
    assert parse_qs(urlsplit(back).query)["code"][0] not in said
    assert school.fake.count("oauth2.token") == 0
    nothing_left(school)


def test_nobody_who_consents_in_time_leaves_everything_as_it_was(
    school: Workspaced, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.cli.google._MINUTES", 0.01)
    with signing_in(school) as found:
        code, said = found.end()
    assert code == 1
    assert "Traceback" not in said
    nothing_left(school)


@pytest.mark.parametrize("stray", ["/favicon.ico", "/", "/?error=access_denied", "/?code=forged&state=forged"])
def test_a_stray_request_before_the_answer_does_not_end_the_sign_in(school: Workspaced, stray: str) -> None:
    with signing_in(school) as found:
        back = consent(found)
        parts = urlsplit(back)
        got(f"http://{parts.netloc}{stray}")
        with contextlib.suppress(OSError):
            got(back)
        code, said = found.end()
    assert code == 0, said
    assert token_file(school).exists()


def test_the_second_of_two_schools_does_not_keep_the_first_from_signing_in(school: Workspaced) -> None:
    text = (school.config / "schools" / f"{SCHOOL}.toml").read_text("utf-8")
    other = text.replace("google-token.json", "other-token.json").replace(school.form.id, "1TheOtherSchoolsOwnForm")
    (school.config / "schools" / "other-school.toml").write_text(other, "utf-8")
    with signing_in(school, "--school", SCHOOL) as found:
        if not found.over():
            got(consent(found))
        code, said = found.end()
    assert code == 0, said
    assert token_file(school).exists()


@pytest.mark.parametrize("words", [(), ("--school", "nowhere")])
def test_the_school_must_be_one_that_signs_in_as_an_account(
    tmp_path: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with workspaced(tmp_path, identity="delegate") as school:
        assert main(["google", "sign-in", *words, "--config", str(school.config)]) == 1
        assert "--school" in capsys.readouterr().err


def begun(school: Workspaced) -> subprocess.Popen[bytes]:
    """The command as a process of its own, waiting for the browser."""
    command = [sys.executable, "-u", "-m", "connector", "google", "sign-in", "--no-browser"]
    # A shell that runs the tests in its background has them ignore Ctrl-C, and every process of theirs with them.
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        process = subprocess.Popen(
            [*command, "--config", str(school.config)],
            cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    finally:
        signal.signal(signal.SIGINT, before)
    assert process.stdout is not None
    for line in process.stdout:
        if b"state=" in line:
            return process
    raise AssertionError("it never asked")


@pytest.mark.parametrize("before", ["", "an old token"])
@pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_sign_in_that_is_stopped_leaves_no_half_a_token_and_keeps_the_old_one(
    school: Workspaced, before: str, ended_by: signal.Signals
) -> None:
    if before:
        token_file(school).write_text(json.dumps({"refresh_token": before, "account": MAILBOX}), "utf-8")
    process = begun(school)
    process.send_signal(ended_by)
    rest, _ = process.communicate(timeout=_WAIT)
    assert process.returncode != 0
    assert b"Traceback" not in rest
    as_it_was(school, before)
