"""`connector check` on a school's Workspace: every line in order, and each thing broken with its mend."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.google_shell import check, faults, line, mend_of, run, shell
from tests.workspace import desk, server
from tests.workspace.answers import refuse
from tests.workspaced import DSL, IDENTITIES, MAILBOX, SCOPES, STAFF, TECHNICIAN, Workspaced

AUTH = "https://www.googleapis.com/auth/"


@pytest.fixture
def ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspaced]:
    with shell(tmp_path, monkeypatch) as found:
        yield found


# -- check, all in order

WANTED = [
    "this machine's clock agrees with Google's", "sign-in for forms.body.readonly", "sign-in for forms.responses.readonly",
    "sign-in for drive:", "store: the shared drive is there", "store: a test file went there and back",
    "store: only those on the list can read it", "staff_store: the shared drive is there",
    "form cause-for-concern: it can be read, with 16 questions", "its responses can be read", "collects verified addresses",
    "asks for everything that default-record requires", "answers of cause-for-concern: only those on the list",
    "form cause-for-concern: last fetched", "channel dsl-space: a test message was taken",
]  # fmt: skip


@pytest.mark.parametrize("identity", IDENTITIES)
def test_a_workspace_set_up_as_the_docs_say_passes_every_line_in_order(
    tmp_path: Path, identity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shell(tmp_path, monkeypatch, identity) as school:
        school.taken_in()
        chats = len(school.fake.chats)
        code, said = check(school)
        assert code == 0, said
        assert faults(said) == []
        places = [said.index(words) for words in WANTED]
        assert places == sorted(places)
        assert all(line(said, words).startswith("ok") for words in WANTED)
        assert len(school.fake.chats) == chats + 1
        check(school, "--no-send")
        # A Contributor may not put it into the bin, so there is one, always the same.
        assert [name for name in school.store.files() if not name.startswith("C-")] == ["connector-check.txt"]
        assert len([each for each in school.store.everything() if each.name == "connector-check.txt"]) == 1
        assert not [address for address in (STAFF, DSL) if address in said]
        assert ("sign-in for gmail.send" in said) is (identity != "member")
        assert "may do more than it needs" not in said


@pytest.mark.parametrize("identity", IDENTITIES)
def test_every_way_of_telling_is_tried_whichever_way_the_mail_goes(
    tmp_path: Path, identity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shell(tmp_path, monkeypatch, identity) as school:
        _, said = check(school)
        assert line(said, "channel dsl-space: a test message was taken").startswith("ok")
        assert line(said, "channel mail: a test message was taken").startswith("ok"), said
        assert [text for text in school.said_to(TECHNICIAN) if "test of the safeguarding service" in text]


@pytest.mark.parametrize("identity", IDENTITIES)
def test_no_send_sends_nothing_by_any_way(tmp_path: Path, identity: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with shell(tmp_path, monkeypatch, identity) as school:
        code, said = check(school, "--no-send")
        assert code == 0
        assert line(said, "channel dsl-space: not tried").startswith("warning")
        assert line(said, "store: a test file went there and back").startswith("ok")
        assert (school.fake.mails, school.fake.chats, school.caught.mails) == ([], [], [])
        assert school.fake.count("gmail.") == school.fake.count("chat.") == 0


def test_a_program_gets_the_same_findings_as_json(ready: Workspaced) -> None:
    ready.form.is_accepting = False
    code, said = check(ready, "--json")
    found = json.loads(said)
    assert code == 1
    assert {tuple(sorted(one)) for one in found} == {("mend", "state", "what")}
    [fault] = [one for one in found if one["state"] == "FAULT"]
    assert "it takes no responses" in fault["what"]
    assert "Publish" in fault["mend"]


# -- check, each thing broken


def spoil_share(school: Workspaced) -> None:
    school.form.unshare(school.laid.service)


def spoil_editor(school: Workspaced) -> None:
    school.form.share(school.laid.service, "reader")


def spoil_member(school: Workspaced) -> None:
    del school.store.members[school.laid.service]


def spoil_contributor(school: Workspaced) -> None:
    school.store.add(school.laid.service, "reader")


def spoil_rights(school: Workspaced) -> None:
    school.store.add(STAFF, "reader")


def spoil_restrictions(school: Workspaced) -> None:
    school.store.restrictions["driveMembersOnly"] = False


def spoil_answers(school: Workspaced) -> None:
    school.form.share("anyone", "reader")


def spoil_sheet(school: Workspaced) -> None:
    sheet = school.form.link_sheet()
    sheet.share(MAILBOX, "writer")
    sheet.share("domain:willowbank.example", "reader")


def spoil_accepting(school: Workspaced) -> None:
    school.form.is_accepting = False


def spoil_published(school: Workspaced) -> None:
    school.form.is_published = school.form.is_accepting = False


def spoil_webhook(school: Workspaced) -> None:
    school.laid.space.drop_webhooks()


def spoil_licence(school: Workspaced) -> None:
    school.fake.fail("gmail.", 400, reason="failedPrecondition", times=None)


def spoil_drive_api(school: Workspaced) -> None:
    school.fake.fail("drive.", 403, reason="accessNotConfigured", times=None)


def spoil_worker(school: Workspaced) -> None:
    school.clock.pass_(hours=-3)
    school.poll()


@pytest.mark.parametrize(("spoil", "words", "mend"), [
    (spoil_share, "the form cannot be read. ", f"({MAILBOX})"),
    (spoil_editor, "its responses cannot be read. ", "as Editor"),
    (spoil_member, ": store: the shared drive cannot be reached", f"add {MAILBOX} as Contributor"),
    (spoil_contributor, ": store: a test file could not go there and back", f"add {MAILBOX} as Contributor"),
    (spoil_rights, f": store: NOT restricted, nothing is filed there: a person who is not on the list: {STAFF}", "take that away"),
    (spoil_restrictions, ": store: NOT restricted, nothing is filed there: single records can be shared", "take that away"),
    (spoil_answers, "answers of cause-for-concern: NOT restricted: anybody with the link", "Share"),
    (spoil_sheet, "answers of cause-for-concern: NOT restricted: everybody in willowbank.example", "unlink"),
    (spoil_accepting, "it takes no responses", "press Publish"),
    (spoil_published, "it takes no responses", "press Publish"),
    (spoil_webhook, "channel dsl-space: the test message was not taken", "Webhooks, Add"),
    (spoil_licence, "channel mail: the test message was not taken", "licensed"),
    (spoil_drive_api, ": store: the shared drive cannot be reached", "apis/library/drive.googleapis.com?project=concern-connector-417"),
    (spoil_worker, "last fetched", "is `connector serve` running?"),
], ids=lambda value: getattr(value, "__name__", ""))  # fmt: skip
def test_each_fault_of_a_workspace_is_found_with_its_mend(
    ready: Workspaced, spoil: Callable[[Workspaced], None], words: str, mend: str
) -> None:
    spoil(ready)
    code, said = check(ready)
    assert code == 1
    assert line(said, words).startswith("FAULT"), said
    assert mend in mend_of(said, words), said
    assert line(said, "configuration:").startswith("ok"), "a fault of one part hides no other"


def test_an_api_that_is_off_comes_with_the_page_that_switches_it_on(
    ready: Workspaced, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Forms tells so in a detail of the error, which the fake's planned faults do not have.
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED"}]
    monkeypatch.setattr(desk.Desk, "_strike", staticmethod(lambda *_: refuse(403, "It is off.", details=details)))
    ready.fake.fail("forms.", 403, times=None)
    code, said = check(ready)
    assert code == 1
    assert "apis/library/forms.googleapis.com?project=concern-connector-417" in mend_of(said, "the form cannot be read")


@pytest.mark.parametrize(("collects", "words"), [
    ("RESPONDER_INPUT", "whoever answers types any address they like"), ("DO_NOT_COLLECT", "collects no address"),
])  # fmt: skip
def test_addresses_that_nobody_verified_are_warned_of(ready: Workspaced, collects: str, words: str) -> None:
    ready.form.settings_email = collects
    code, said = check(ready)
    assert code == 0
    assert line(said, words).startswith("warning")
    assert "Collect email addresses: Verified" in mend_of(said, words)
    assert "collects verified addresses" not in said


def test_a_linked_sheet_that_cannot_be_looked_at_is_unverified_and_never_ok(ready: Workspaced) -> None:
    ready.form.link_sheet()
    code, said = check(ready)
    assert code == 0
    assert line(said, "a sheet is linked: a second copy of every concern").startswith("warning")
    assert line(said, "answers of cause-for-concern: ").startswith("UNVERIFIED")


def test_a_form_that_was_changed_is_told_question_by_question(ready: Workspaced) -> None:
    ids, items = ready.laid.ids, ready.form.items
    [child] = [each for each in items if each["title"] == "Class / year group"]
    del child["questionItem"]["question"]["required"]
    ready.form.remove(ids["Name of child(ren)"])
    ready.form.ask("Favourite colour?")
    ready.form.retitle(ids["Your name"], "Who are you?")
    for command in (("check", "--no-send"), ("forms", "check")):
        code, said = run(ready, *command)
        assert code == 1, "answers of a question that is gone find no field"
        for words, mend in (
            ("“Class / year group” may be left empty, and the policy requires", "switch that question to Required"),
            ("the map's question “Name of child(ren)” is not in the form any more", "connector forms map"),
            ("nothing asks for", "add a question to the form"),
            ("“Favourite colour?” is not in the map", "connector forms map"),
            (
                "the map calls a question otherwise than the form does now: “Who are you?”",
                "`connector forms map` writes the new title",
            ),
        ):
            assert line(said, words).startswith("FAULT" if "any more" in words else "warning"), said
            assert mend in mend_of(said, words)
        assert "asks for everything" not in said


# -- check, the sign-in


def link_in(said: str) -> dict[str, list[str]]:
    [address] = set(re.findall(r"https://admin\.google\.com/ac/owl/domainwidedelegation\?(\S+)", said))
    return parse_qs(address, strict_parsing=True)


def test_a_scope_that_is_not_delegated_has_a_name_and_a_link_that_gives_every_needed_one(ready: Workspaced) -> None:
    for missing in SCOPES:
        ready.fake.delegated[ready.laid.account.client_id] = SCOPES - {missing}
        code, said = check(ready, "--no-send")
        assert code == 1
        lost = [one for one in faults(said) if ": sign-in for " in one]
        assert len(lost) == 1
        assert f"sign-in for {missing.removeprefix(AUTH)} (" in lost[0]
        assert "unauthorized_client" in lost[0]
        link = link_in(said)
        assert set(link) == {"clientScopeToAdd", "clientIdToAdd", "overwriteClientId"}
        assert sorted(link["clientScopeToAdd"][0].split(",")) == sorted(SCOPES)
        assert link["clientIdToAdd"] == [ready.laid.account.client_id]
        assert link["overwriteClientId"] == ["true"]


@pytest.mark.parametrize("identity", ["delegate", "account"])
def test_a_scope_too_many_is_warned_of_and_the_needed_ones_are_not(
    tmp_path: Path, identity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shell(tmp_path, monkeypatch, identity) as school:
        given = SCOPES | {f"{AUTH}gmail.modify", f"{AUTH}admin.directory.user"}
        school.fake.delegated[school.laid.account.client_id] = given
        for grant in school.fake.grants.values():
            grant.scopes = frozenset(given)
        code, said = check(school)
        assert code == 0
        wide = [one.rpartition(": ")[2] for one in said.splitlines() if "may do more than it needs" in one]
        assert sorted(wide) == ["admin.directory.user", "gmail.modify"]
        if identity == "delegate":
            assert sorted(link_in(said)["clientScopeToAdd"][0].split(",")) == sorted(SCOPES)


@pytest.mark.parametrize("identity", ["member", "delegate"])
def test_a_revoked_key_is_mended_by_a_new_key_and_not_by_a_delegation(
    tmp_path: Path, identity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shell(tmp_path, monkeypatch, identity) as school:
        school.laid.account.key_revoked = True
        code, said = check(school)
        assert code == 1
        assert line(said, "sign-in for drive").startswith("FAULT")
        assert "went there and back" not in said
        assert "Keys, Add key" in said
        assert "domainwidedelegation" not in said


def test_a_sign_in_that_google_cannot_answer_now_is_not_mended_by_a_delegation(ready: Workspaced) -> None:
    ready.fake.fail("oauth2.token", 503, times=None)
    code, said = check(ready)
    assert code == 1
    assert line(said, "sign-in for drive").startswith("FAULT")
    assert "domainwidedelegation" not in said


def test_a_mailbox_that_is_not_there_is_a_fault_before_any_scope_is_blamed(ready: Workspaced) -> None:
    del ready.fake.accounts[MAILBOX]
    code, said = check(ready)
    assert code == 1
    assert "acts_as" in said, "the mailbox is set there"


def test_a_consent_that_was_taken_back_is_mended_by_signing_in_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shell(tmp_path, monkeypatch, "account") as school:
        school.fake.revoke(next(iter(school.fake.grants)))
        code, said = check(school)
        assert code == 1
        assert line(said, "sign-in for drive").startswith("FAULT")
        assert "mend: run `connector google sign-in`, as the one dedicated account" in said


def test_a_clock_that_is_off_is_found_before_anybody_signs_in(
    ready: Workspaced, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seconds, state in ((-3600, "FAULT"), (90, "FAULT"), (20, "warning"), (0, "ok")):

        def told(*_: Any, off: int = seconds) -> str:
            return formatdate(datetime.now(UTC).timestamp() + off, usegmt=True)

        monkeypatch.setattr(server._Handler, "date_time_string", told)
        code, said = check(ready, "--no-send")
        assert line(said, "this machine's clock").startswith(state)
        assert code == (1 if state == "FAULT" else 0)
        assert said.index("this machine's clock") < said.index("sign-in for")
        if state != "ok":
            assert "timedatectl" in mend_of(said, "this machine's clock")


def test_a_slow_network_is_no_wrong_clock(ready: Workspaced, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter(range(0, 60_000, 600))
    monkeypatch.setattr("connector.cli.workspace.monotonic", lambda: next(seconds))

    def told(*_: Any) -> str:
        return formatdate(datetime.now(UTC).timestamp() + 300, usegmt=True)

    monkeypatch.setattr(server._Handler, "date_time_string", told)
    code, said = check(ready, "--no-send")
    assert code == 0
    assert line(said, "this machine's clock").startswith("ok")
