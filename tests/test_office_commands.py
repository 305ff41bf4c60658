"""`connector policies` and `connector policy`: what they print and note, their exit codes, and no traceback for a mistake."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from connector.cli.main import main
from connector.settings.load import load
from tests.office_at_work import edit, listing, only_nursery
from tests.policy_files import INFANT, NURSERY, SAMPLES
from tests.service import copy_config, environment

OVERDUE = '[policies.cse]\ntitle = "Child Sexual Exploitation"\nnumber = "1.10"\nowner = "manager"\nnext_review = "November 2024"\n'
QUIET = '[policies.visitors]\ntitle = "Visitors"\nnext_review = "May 2099"\n'
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in environment("http://127.0.0.1:1/?sig=s").items():
        monkeypatch.setenv(name, value)
    return copy_config(tmp_path)


@pytest.fixture
def nursery(config: Path) -> Path:
    listing(OVERDUE + QUIET)(config)
    return config


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """The exit code and what was said to the person, and complained of."""

    def calling(config: Path, *words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main([*words, "--config", str(config)])
        except SystemExit as end:
            code = int(str(end.code))
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return code, said.out, said.err

    return calling


# -- list and due


def test_the_list_names_every_policy_and_ends_with_1_where_one_is_overdue(nursery: Path, call: Call) -> None:
    code, said, _ = call(nursery, "policies", "list")
    assert code == 1
    assert "cse: 1.10 Child Sexual Exploitation\n    was due by Saturday 30 November 2024" in said
    assert "(\u201cNovember 2024\u201d); owner manager" in said
    assert "visitors: Visitors\n    due by Sunday 31 May 2099" in said
    assert "owner office" in said


def test_what_is_due_leaves_out_what_needs_nothing(nursery: Path, call: Call) -> None:
    code, said, _ = call(nursery, "policies", "due")
    assert code == 1
    assert "cse:" in said
    assert "visitors" not in said


def test_nothing_due_is_said_and_ends_with_0(config: Path, call: Call) -> None:
    listing(QUIET)(config)
    assert call(config, "policies", "due") == (0, "No policy is registered, or none needs anything now.\n", "")
    assert call(config, "policies", "list")[0] == 0


def test_a_program_is_told_the_same_as_json(nursery: Path, call: Call) -> None:
    code, said, complaints = call(nursery, "policies", "list", "--json")
    overdue, quiet = json.loads(said)
    assert (code, complaints) == (1, "")
    assert overdue["days_left"] < 0 < quiet["days_left"]
    assert {name: overdue[name] for name in ("school", "policy", "title", "number", "owner", "due", "due_words", "due_from")} == {
        "school": "little-lanterns", "policy": "cse", "title": "Child Sexual Exploitation", "number": "1.10",
        "owner": "manager", "due": "2024-11-30", "due_words": "November 2024", "due_from": "stated",
    }  # fmt: skip
    assert json.loads(call(nursery, "policies", "due", "--json")[1]) == [overdue]


def test_of_several_schools_each_is_named_or_one_is_chosen(config: Path, call: Call) -> None:
    _, said, _ = call(config, "policies", "list")
    assert "little-lanterns: cse:" in said
    assert "starling-infants: cse:" in said
    _, said, _ = call(config, "policies", "list", "--school", "starling-infants")
    assert "little-lanterns" not in said
    assert "Child Sexual Exploitation Policy" in said


def test_words_of_a_document_send_nothing_to_the_terminal(config: Path, call: Call) -> None:
    listing('[policies.cse]\ntitle = "CSE \\u001b[2J\\u0007 \\u202e"\nnext_review = "November 2024"')(config)
    _, said, _ = call(config, "policies", "list")
    assert not set(said) & set("\x1b\x07\u202e")


# -- reviewed


def test_a_review_is_noted_and_how_the_policy_stands_is_said(nursery: Path, call: Call) -> None:
    given = ("--on", "20 November 2025", "--next", "November 2030", "--minute", "24/117", "--signed-head", "A. Head")
    code, said, _ = call(nursery, "policies", "reviewed", "cse", "--by", "manager", *given)
    assert code == 0
    assert said.startswith(
        "Noted as reviewed on 20 November 2025. 1.10 Child Sexual Exploitation: due by Saturday 30 November 2030"
    )
    facts = json.loads(call(nursery, "policies", "list", "--json")[1])[0]
    assert (facts["policy"], facts["due"], facts["minute_number"]) == ("cse", "2030-11-30", "24/117")
    assert [(one["by"], one["kind"], one["reviewed_on"]) for one in facts["history"]] == [
        ("manager", "reviewed", "2025-11-20")
    ]
    _, said, _ = call(nursery, "policies", "list")
    assert (
        "Reviewed on Thursday 20 November 2025; minute number 24/117; signed by the headteacher or manager A. Head"
        in said
    )
    assert "(Priya Lanternwood said so on" in said


def test_without_a_day_it_is_today_and_later_that_of_the_review_which_is_added_to(nursery: Path, call: Call) -> None:
    _, said, _ = call(nursery, "policies", "reviewed", "cse", "--by", "office", "--next", "November 2030")
    first = re.findall(r"reviewed on (\d{4}-\d\d-\d\d)\.", said)
    call(nursery, "policies", "reviewed", "visitors", "--by", "office", "--on", "2026-01-12", "--next", "November 2030")
    _, said, _ = call(nursery, "policies", "reviewed", "visitors", "--by", "office", "--minute", "24/117")
    assert "reviewed on 2026-01-12." in said
    assert "due by Saturday 30 November 2030" in said
    assert first != ["2026-01-12"]
    assert len(first) == 1


@pytest.mark.parametrize(("words", "told"), [
    ((), "Say which policy: `connector policies list` names them."),
    (("cse",), "Say who says so with --by: one of dsl, deputy, manager, owner, office."),
    (("cse", "--by", "nobody"), "Say who says so with --by: one of dsl, deputy, manager, owner, office."),
    (("unknown", "--by", "office"), "No policy of that name is registered. Known are: cse, visitors."),
    (("CSE", "--by", "office"), "No policy of that name is registered. Known are: cse, visitors."),
    (("cse", "--by", "office", "--on", "31 November 2025"), "on: Give the day on which it was reviewed"),
    (("cse", "--by", "office", "--on", "2099-01-01"), "on: That day is still to come"),
    (("cse", "--by", "office", "--next", "31 November 2030"), "next review: There is no 31 November."),
    (("cse", "--by", "office", "--next", "November 2020"), "next review: The next review lies before this one"),
    (("cse", "--by", "office", "--accepted", "not yet"), "accepted: Give the day on which it was accepted"),
    (("cse", "--by", "office", "--minute", "TBC"), "minute number: Leave this empty"),
    (("cse", "--by", "office", "--minute", "awaiting governors"), "minute number: Leave this empty"),
    (("cse", "--by", "office", "--signed-head", "to follow"), "signed head: Leave this empty"),
    (("cse", "--by", "office", "--signed-chair", "n/k"), "signed chair: Leave this empty"),
    (("cse", "--by", "office", "--accepted", "2020"), "accepted: That lies long before this review"),
    (("cse", "--by", "office", "--signed-chair", "x" * 201), "signed chair: That is longer than 200 characters."),
    (("cse", "--by", "office", "--school", "elsewhere"), "Say which school with --school: one of little-lanterns."),
])  # fmt: skip
def test_what_cannot_be_noted_is_said_and_nothing_is(
    words: tuple[str, ...], told: str, nursery: Path, call: Call
) -> None:
    code, said, complaints = call(nursery, "policies", "reviewed", *words)
    assert (code, said) == (1, "")
    assert told in complaints
    assert not any(one["history"] for one in json.loads(call(nursery, "policies", "list", "--json")[1]))


@pytest.mark.parametrize(("words", "idle"), [
    (("list", "cse"), "a policy's name"), (("due", "cse"), "a policy's name"), (("feed", "cse"), "a policy's name"),
    (("list", "--minute", "24/117", "--by", "head"), "--by, --minute"), (("feed", "--json"), "--json"),
    (("reviewed", "cse", "--by", "office", "--json"), "--json"), (("withdraw", "cse", "--signed-head", "A"), "--signed-head"),
    (("list", "--renew"), "--renew"),
])  # fmt: skip
def test_what_a_command_has_no_use_for_is_said_and_nothing_is_done(
    words: tuple[str, ...], idle: str, nursery: Path, call: Call
) -> None:
    code, said, complaints = call(nursery, "policies", *words)
    assert (code, said) == (1, "")
    assert f"`connector policies {words[0]}` has no use for {idle}: leave that out." in complaints


def test_a_review_before_the_last_one_is_noted_and_said_to_count_for_nothing(nursery: Path, call: Call) -> None:
    by = ("policies", "reviewed", "cse", "--by", "office")
    assert "does not count" not in call(nursery, *by, "--on", "2025-11-20", "--next", "November 2030")[1]
    code, said, _ = call(nursery, *by, "--on", "2019-11-20", "--next", "November 2021")
    assert code == 0
    assert "due by Saturday 30 November 2030" in said
    assert "It does not count now: a later review, or a later version of the policy, does." in said


def test_every_fault_of_a_review_is_said_at_once(nursery: Path, call: Call) -> None:
    given = ("--on", "soon", "--next", "31 June 2098", "--accepted", "yes", "--minute", "-")
    _, _, complaints = call(nursery, "policies", "reviewed", "cse", "--by", "office", *given)
    assert [line.split(":")[0] for line in complaints.splitlines()] == [
        "on",
        "next review",
        "accepted",
        "minute number",
    ]


def test_bytes_that_are_no_text_are_kept_out_of_the_register(nursery: Path, call: Call) -> None:
    """As the shell hands over a name in another encoding: half a letter would break every later mail."""
    code, _, _ = call(
        nursery, "policies", "reviewed", "cse", "--by", "office", "--on", "2026-01-12", "--signed-head", "Ren\udce9e"
    )
    assert code == 0
    _, said, _ = call(nursery, "policies", "list")
    assert "headteacher or manager Ren e" in said


# -- withdraw

RIGHT, OLD = (
    ("--on", "2025-11-20", "--next", "November 2030"),
    ("--on", "2019-11-20", "--next", "November 2021", "--minute", "7"),
)


@pytest.fixture
def back_filled(nursery: Path, call: Call) -> Path:
    """The manager noted the review that counts; then the office one of years before."""
    call(nursery, "policies", "reviewed", "cse", "--by", "manager", *RIGHT)
    call(nursery, "policies", "reviewed", "cse", "--by", "office", *OLD)
    return nursery


def history(config: Path, call: Call) -> list[str]:
    said = call(config, "policies", "list")[1]
    return re.findall(r"^    (.+) \(.+ said so on .+\)$", said, re.MULTILINE)


def test_the_review_spoken_of_last_is_taken_back_and_it_is_said_which_and_what_counts_then(
    back_filled: Path, call: Call
) -> None:
    code, said, _ = call(back_filled, "policies", "withdraw", "cse", "--by", "manager")
    assert code == 0
    taken, stands = said.splitlines()
    assert re.fullmatch(
        r"Taken back: Reviewed on Wednesday 20 November 2019; minute number 7; next review November 2021 "
        r"\(Gail Brightwell said so on \d+ \w+ \d{4}, \d\d:\d\d\)\.",
        taken,
    )
    assert stands.startswith("1.10 Child Sexual Exploitation: due by Saturday 30 November 2030")
    assert history(back_filled, call) == [
        "The review of Wednesday 20 November 2019 was taken back",
        "Reviewed on Wednesday 20 November 2019; minute number 7; next review November 2021",
        "Reviewed on Thursday 20 November 2025; next review November 2030",
    ]


def test_the_review_of_a_day_is_taken_back_whatever_was_spoken_of_since(back_filled: Path, call: Call) -> None:
    code, said, _ = call(back_filled, "policies", "withdraw", "cse", "--by", "manager", "--on", "20 November 2025")
    assert code == 0
    assert said.startswith(
        "Taken back: Reviewed on Thursday 20 November 2025; next review November 2030 (Priya Lanternwood"
    )
    assert "\n1.10 Child Sexual Exploitation: was due by Tuesday 30 November 2021" in said
    assert history(back_filled, call)[0] == "The review of Thursday 20 November 2025 was taken back"
    _, said, _ = call(back_filled, "policies", "withdraw", "cse", "--by", "manager")
    assert said.startswith("Taken back: Reviewed on Wednesday 20 November 2019")


def test_a_review_that_was_taken_back_can_be_noted_again(back_filled: Path, call: Call) -> None:
    for words in (("withdraw", "--on", "2025-11-20"), ("reviewed", *RIGHT)):
        call(back_filled, "policies", words[0], "cse", "--by", "manager", *words[1:])
    assert "due by Saturday 30 November 2030" in call(back_filled, "policies", "list")[1]


def test_an_early_line_takes_back_the_review_that_was_spoken_of_last(back_filled: Path, call: Call) -> None:
    """As it was kept before its day was."""
    call(back_filled, "policies", "withdraw", "cse", "--by", "manager")
    with sqlite3.connect(back_filled.parent / "var" / "register.db") as connection:
        connection.execute("UPDATE event SET note = '' WHERE kind = 'withdrawn'")
    connection.close()
    assert history(back_filled, call)[0] == "The review that was spoken of last was taken back"
    _, said, _ = call(back_filled, "policies", "withdraw", "cse", "--by", "manager")
    assert said.startswith("Taken back: Reviewed on Thursday 20 November 2025")


def test_a_review_of_a_policy_that_was_struck_off_can_still_be_taken_back(back_filled: Path, call: Call) -> None:
    edit(back_filled, (OVERDUE, ""))
    code, said, _ = call(back_filled, "policies", "withdraw", "cse", "--by", "manager")
    assert (code, len(said.splitlines())) == (0, 1)
    assert said.startswith("Taken back: Reviewed on Wednesday 20 November 2019")


@pytest.mark.parametrize(("words", "told"), [
    ((), "Say which policy"),
    (("cse",), "Say who says so with --by: one of dsl, deputy, manager, owner, office."),
    (("visitors", "--by", "office"), "There is no review of a policy of that name to take back: `connector policies list`"),
    (("unknown", "--by", "office"), "There is no review of a policy of that name to take back: `connector policies list`"),
    (("cse", "--by", "office", "--on", "2025-11-21"), "There is no review of Friday 21 November 2025 to take back:"),
    (("cse", "--by", "office", "--on", "November 2025"), "Give the day of the review that is to be taken back"),
    (("cse", "--by", "office", "--on", "soon"), "Give the day of the review that is to be taken back"),
])  # fmt: skip
def test_where_no_review_can_be_taken_back_it_is_said_and_none_is(
    words: tuple[str, ...], told: str, back_filled: Path, call: Call
) -> None:
    code, said, complaints = call(back_filled, "policies", "withdraw", *words)
    assert (code, said) == (1, "")
    assert complaints.startswith(told)
    assert len(history(back_filled, call)) == 2


def test_once_the_last_is_taken_back_there_is_none(nursery: Path, call: Call) -> None:
    call(nursery, "policies", "reviewed", "cse", "--by", "manager", *RIGHT)
    assert "was due by Saturday 30 November 2024" in call(nursery, "policies", "withdraw", "cse", "--by", "office")[1]
    code, said, complaints = call(nursery, "policies", "withdraw", "cse", "--by", "office")
    assert (code, said) == (1, "")
    assert complaints.startswith("There is no review of a policy of that name to take back")


# -- feed


def test_the_address_of_the_feed_stays_until_it_is_renewed(nursery: Path, call: Call) -> None:
    code, first, _ = call(nursery, "policies", "feed")
    assert code == 0
    assert re.fullmatch(r"http://127\.0\.0\.1:8080/policies/[\w-]{22}\.ics\n", first)
    assert call(nursery, "policies", "feed")[1] == first
    renewed = call(nursery, "policies", "feed", "--renew")[1]
    assert renewed != first
    assert call(nursery, "policies", "feed")[1] == renewed


@pytest.mark.parametrize(
    "words", [("feed",), ("feed", "--renew"), ("reviewed", "cse", "--by", "office"), ("list", "--school", "x")]
)
def test_which_school_is_asked_where_there_are_several(words: tuple[str, ...], config: Path, call: Call) -> None:
    code, said, complaints = call(config, "policies", *words)
    assert (code, said) == (1, "")
    assert complaints == "Say which school with --school: one of little-lanterns, starling-infants.\n"


# -- policy read


@pytest.mark.parametrize("name", [f"{NURSERY}.txt", f"{NURSERY}-typed.docx", f"{NURSERY}-styled.pdf"])
def test_a_policy_is_read_with_its_words_and_places(name: str, config: Path, call: Call) -> None:
    code, said, _ = call(config, "policy", "read", str(SAMPLES / name))
    assert code == 0
    assert re.search(r"^title +Child Sexual Exploitation \(CSE\) Policy", said, re.MULTILINE)
    assert re.search(r"^number +1\.10", said, re.MULTILINE)
    assert re.search(r"^next review +absent", said, re.MULTILINE)
    assert "A record must hold (" in said
    assert "Exact words spoken by the child" in said


def test_a_policy_with_dates_and_blanks_says_which(config: Path, call: Call) -> None:
    _, said, _ = call(config, "policy", "read", str(SAMPLES / f"{INFANT}.txt"))
    assert re.search(r"^next review +November 2024", said, re.MULTILINE)
    assert "until Saturday 30 November 2024" in said
    assert re.search(r"^minute number +blank", said, re.MULTILINE)
    assert "A record must hold: this policy has no list." in said


DOUBTFUL = """\
Behaviour Policy

Signed (Headteacher): to follow

DSL: Jane Hale and Tom Ray.

Chair of Governors: Ann Bell

The record must contain:

The child's name

Date of birth

Who was told
"""


def test_who_is_named_in_doubt_and_a_list_whose_end_is_a_guess_are_printed_with_their_doubts(
    config: Path, tmp_path: Path, call: Call
) -> None:
    (tmp_path / "policy.txt").write_text(DOUBTFUL, "utf-8")
    _, said, _ = call(config, "policy", "read", str(tmp_path / "policy.txt"))
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert "signed by head blank (line 3) it says \u201cto follow\u201d" in lines
    assert "role DSL: Tom Ray (line 5) [doubtful] one role stands beside two names" in lines
    assert "role Chair of Governors: Ann Bell (line 7) [likely]" in lines
    guess = "it was taken to end with \u201cWho was told\u201d (line 15)"
    assert [line for line in lines if line.startswith("list The record must contain: (line 9) [doubtful]")] == [
        f"list The record must contain: (line 9) [doubtful] its bullets or their levels are lost: {guess}"
    ]
    unread = "Record at once with the below information:\n- sanction applied\n- name of victim\n"
    (tmp_path / "policy.txt").write_text(f"Behaviour Policy\n\n{unread}", "utf-8")
    code, said, complaints = call(config, "policy", "read", str(tmp_path / "policy.txt"), "--write")
    assert "A record must hold: this policy has a list that was not understood." in said
    assert code == 1
    assert "This policy has a list that was not understood, so there is nothing to draft" in complaints


def test_a_reading_for_a_program_is_json_and_nothing_else(config: Path, call: Call) -> None:
    code, said, complaints = call(config, "policy", "read", str(SAMPLES / f"{NURSERY}.txt"), "--json")
    assert (code, complaints) == (0, "")
    facts = json.loads(said)
    assert facts["title"]["value"] == "Child Sexual Exploitation (CSE) Policy"
    assert any("2023" in line for line in facts["editions"])


def test_a_draft_is_written_once_and_is_a_profile_that_loads(config: Path, call: Call) -> None:
    words = ("policy", "read", str(SAMPLES / f"{NURSERY}.txt"), "--json", "--write")
    before = set((config / "policies").iterdir())
    code, said, complaints = call(config, *words)
    json.loads(said)
    (draft,) = set((config / "policies").iterdir()) - before
    assert code == 0
    assert f"policies/{draft.name}" in complaints
    assert load(config, environment("http://127.0.0.1:1/?sig=s")).profiles[draft.stem].drafted_from
    text = draft.read_text("utf-8")
    code, _, complaints = call(config, *words)
    assert code == 1
    assert "a draft never overwrites one" in complaints
    assert draft.read_text("utf-8") == text


def test_a_check_asks_once_who_confirmed_a_draft_that_no_form_uses_until_it_is_said(config: Path, call: Call) -> None:
    before = set((config / "policies").iterdir())
    call(config, "policy", "read", str(SAMPLES / f"{NURSERY}.txt"), "--write")
    (draft,) = set((config / "policies").iterdir()) - before
    _, said, _ = call(config, "check", "--no-send")
    (line,) = [one for one in said.splitlines() if "confirmed by nobody" in one]
    assert line.startswith(f"warning  profile {draft.stem}: drafted from ")
    text = draft.read_text("utf-8")
    draft.write_text(text.replace('confirmed_by = ""', 'confirmed_by = "A. Head, 24 November 2026"'), "utf-8")
    assert "confirmed by nobody" not in call(config, "check", "--no-send")[1]


@pytest.mark.parametrize("is_there", [False, True])
def test_without_texts_of_guidance_it_is_said_that_editions_were_not_compared(
    is_there: bool, config: Path, call: Call
) -> None:
    words = ("policy", "read", str(SAMPLES / f"{NURSERY}.txt"))
    assert "not compared" not in call(config, *words)[1]
    (config / "guidance.toml").unlink()
    if is_there:
        (config / "guidance.toml").touch()
    code, said, complaints = call(config, *words)
    assert (code, complaints) == (0, "")
    told = f"guidance: no guidance.toml was found in {config}, or it lists no text, so editions were not compared"
    assert told in said.splitlines()
    assert json.loads(call(config, *words, "--json")[1])["editions"] is None


def test_a_policy_is_read_where_there_is_no_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CONNECTOR_CONFIG", raising=False)
    assert main(["policy", "read", str(SAMPLES / f"{NURSERY}.txt")]) == 0
    said = capsys.readouterr().out
    assert "Child Sexual Exploitation (CSE) Policy" in said
    assert "guidance: no guidance.toml was found in config, " in said


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_a_configuration_that_was_named_and_is_not_there_is_said(
    as_json: tuple[str, ...], tmp_path: Path, call: Call
) -> None:
    code, said, complaints = call(tmp_path / "nowhere", "policy", "read", str(SAMPLES / f"{NURSERY}.txt"), *as_json)
    assert (code, said) == (1, "")
    assert complaints.startswith(f"There is no configuration folder {tmp_path / 'nowhere'}: ")


def test_a_policy_without_a_list_gives_no_draft(config: Path, call: Call) -> None:
    before = set((config / "policies").iterdir())
    code, _, complaints = call(config, "policy", "read", str(SAMPLES / f"{INFANT}.txt"), "--write")
    assert code == 1
    assert "there is nothing to draft" in complaints
    assert set((config / "policies").iterdir()) == before


@pytest.mark.parametrize("made", [None, "folder", b"", b"%PDF-1.4 broken", b"PK\x03\x04 broken", b"\x00\x01\x02" * 100])
def test_a_file_that_is_no_policy_is_said_to_be_none(
    made: bytes | str | None, config: Path, tmp_path: Path, call: Call
) -> None:
    file = tmp_path / "policy.docx"
    if made == "folder":
        file.mkdir()
    elif isinstance(made, bytes):
        file.write_bytes(made)
    code, _, complaints = call(config, "policy", "read", str(file))
    assert code == 1
    assert ".docx, .pdf" in complaints or "file" in complaints


# -- mistakes of every kind


@pytest.mark.parametrize("words", [
    ("policies",), ("policies", "bogus"), ("policies", "list", "--bogus"), ("policy",), ("policy", "read"), ("policy", "write", "x"),
    ("policies", "reviewed", "cse", "--on"),
])  # fmt: skip
def test_words_that_are_off_end_with_2_and_the_usage(words: tuple[str, ...], config: Path, call: Call) -> None:
    code, said, complaints = call(config, *words)
    assert (code, said) == (2, "")
    assert complaints.startswith("usage: connector ")


@pytest.mark.parametrize("command", ["policies", "policy"])
def test_help_ends_with_an_example_that_the_command_takes(command: str, config: Path, call: Call) -> None:
    code, said, _ = call(config, command, "--help")
    assert code == 0
    example = said[said.rindex("example: connector ") :]
    assert example.startswith(f"example: connector {command} ")
    for name in re.findall(r"--[a-z-]+", example):
        assert said.count(name) > 1, name


@pytest.mark.parametrize(
    "words", [("policies", "list"), ("policies", "feed"), ("policies", "reviewed", "cse", "--by", "office")]
)
def test_faults_of_the_configuration_are_said_each_with_its_file(
    words: tuple[str, ...], tmp_path: Path, call: Call
) -> None:
    code, said, complaints = call(tmp_path / "nowhere", *words)
    assert (code, said) == (1, "")
    assert complaints.startswith("The configuration has faults:\n")
    assert "service.toml" in complaints


@pytest.mark.parametrize("harm", ["text", "folder", "other"])
def test_a_register_that_cannot_be_opened_is_said_with_what_to_do(harm: str, config: Path, call: Call) -> None:
    only_nursery(config)
    file = config.parent / "var" / "register.db"
    file.parent.mkdir(exist_ok=True)
    if harm == "folder":
        file.mkdir()
    elif harm == "text":
        file.write_bytes(b"this is no database, but something else " * 200)
    else:
        connection = sqlite3.connect(file)
        connection.execute("CREATE TABLE policy (x)")
        connection.close()
    code, said, complaints = call(config, "policies", "list")
    assert (code, said) == (1, "")
    assert "policies_database: register.db cannot be opened" in complaints
    assert "backup" in complaints
