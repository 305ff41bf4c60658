"""The arguments of `connector policy` and `connector policies`."""

from __future__ import annotations

import argparse
from pathlib import Path

from connector.cli.command import Commands, add_command
from connector.errors import ConnectorError

_GIVEN = (
    (
        "--on",
        "DAY",
        (
            "reviewed: the day on which it was reviewed (default: that of the last review while you add to it, else "
            "today); withdraw: the day of the review to take back (default: that of the one spoken of last)"
        ),
    ),
    ("--next", "WORDS", "reviewed: when it is next to be reviewed, like `November 2028` or `every two years`"),
    ("--accepted", "WORDS", "reviewed: when the governing body or owner accepted it"),
    ("--minute", "NUMBER", "reviewed: the minute number"),
    ("--signed-head", "NAME", "reviewed: the headteacher or manager who signed"),
    ("--signed-chair", "NAME", "reviewed: the chair of governors or owner who signed"),
    ("--by", "PERSON", "reviewed, withdraw: who says so, one of the school's people"),
)

_REVIEW = {"policy", "by", "on", "next", "accepted", "minute", "signed_head", "signed_chair"}
_TAKES = {"list": {"json"}, "due": {"json"}, "reviewed": _REVIEW, "withdraw": {"policy", "by", "on"}, "feed": {"renew"}}
_ALL = set[str]().union(*_TAKES.values())


def add_policy_commands(commands: Commands[argparse.ArgumentParser]) -> None:
    """Adds both."""
    _policy(commands)
    _policies(commands)


def _policy(commands: Commands[argparse.ArgumentParser]) -> None:
    def read(options: argparse.Namespace) -> int:
        from connector.cli.policy import read as run

        return run(options.config, options.file, as_json=options.json, write=options.write)

    about = "read a policy (.docx, .pdf, .txt): its dates, sign-offs, guidance, and the record it asks for"
    parser = add_command(commands, "policy", read, about, "connector policy read cse-policy.docx --write")
    parser.add_argument("verb", choices=("read",))
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--json", action="store_true", help="for a program to read")
    parser.add_argument("--write", action="store_true", help="draft a policy profile from it under policies/")


def _policies(commands: Commands[argparse.ArgumentParser]) -> None:
    about = "the register of policies: list them, what is due, note a review or take one back, the calendar's address"
    parser = add_command(
        commands,
        "policies",
        _run,
        about,
        'connector policies reviewed cse --next "November 2028" --minute 24/117 --by head',
    )
    parser.add_argument("verb", choices=tuple(_TAKES))
    parser.add_argument(
        "policy", nargs="?", default="", metavar="POLICY", help="reviewed, withdraw: the policy's short name"
    )
    parser.add_argument("--school", default="", metavar="SLUG", help="the name of its file, if there are several")
    parser.add_argument("--json", action="store_true", help="list, due: for a program to read")
    parser.add_argument("--renew", action="store_true", help="feed: a new address; the old one ends")
    for name, meta, text in _GIVEN:
        parser.add_argument(name, default="", metavar=meta, help=text)


def _run(options: argparse.Namespace) -> int:
    from connector.cli import policies
    from connector.review_given import Given

    if idle := [name for name in _ALL - _TAKES[options.verb] if getattr(options, name)]:
        words = ", ".join(
            sorted("a policy's name" if name == "policy" else f"--{name.replace('_', '-')}" for name in idle)
        )
        raise ConnectorError(f"`connector policies {options.verb}` has no use for {words}: leave that out.")
    if options.verb == "feed":
        return policies.feed(options.config, options.school, renew=options.renew)
    if options.verb in {"list", "due"}:
        only_due = options.verb == "due"
        return policies.list_policies(options.config, options.school, as_json=options.json, only_due=only_due)
    if not options.policy:
        raise ConnectorError("Say which policy: `connector policies list` names them.")
    if options.verb == "withdraw":
        return policies.withdraw(options.config, options.school, options.policy, options.on, options.by)
    given = Given(
        on=options.on, next_review=options.next, accepted=options.accepted, minute_number=options.minute,
        signed_head=options.signed_head, signed_chair=options.signed_chair,
    )  # fmt: skip
    return policies.reviewed(options.config, options.school, options.policy, given, options.by)
