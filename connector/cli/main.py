"""`connector`: reads the arguments, calls one verb, maps errors to exit codes.

Exit codes: 0 done; 1 faults were found or it could not be done; 2 the call's words are off.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path

from connector import __version__
from connector.cli.command import Commands, add_command
from connector.cli.office_commands import add_policy_commands
from connector.errors import ConfigError, ConnectorError
from connector.model.moments import LONDON
from connector.say import complain


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code. Never a traceback for a user's mistake."""
    options = make_parser().parse_args(arguments)
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        found: int = options.command(options)
    except ConfigError as error:
        complain("The configuration has faults:", *[f"  {fault}" for fault in error.faults])
        return 1
    except ConnectorError as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt:
        return 1
    except BrokenPipeError:
        # Whoever read our output has seen enough (`| head`); Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return found


def make_parser() -> argparse.ArgumentParser:
    """Every command with its help and an example."""
    parser = argparse.ArgumentParser(
        prog="connector",
        description="Takes in a school's safeguarding concerns, files them, and makes sure somebody knows.",
    )
    parser.add_argument("--version", action="version", version=f"connector {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _serving(commands)
    _looking(commands)
    _records(commands)
    _forms(commands)
    add_policy_commands(commands)
    _keys(commands)
    _google(commands)
    _drill(commands)
    _demo(commands)
    return parser


def _serving(commands: Commands[argparse.ArgumentParser]) -> None:
    def serve(options: argparse.Namespace) -> int:
        from connector.cli.serve import serve as run

        return run(options.config, options.role)

    for role, about in (
        ("serve", "take submissions in and perform duties, in one process"),
        ("web", "take submissions in; a worker performs the duties"),
        ("worker", "perform duties; a web process takes submissions in"),
    ):
        parser = add_command(commands, role, serve, about, f"connector {role} --config /etc/connector")
        parser.set_defaults(role=role)


def _looking(commands: Commands[argparse.ArgumentParser]) -> None:
    def check(options: argparse.Namespace) -> int:
        from connector.cli.check import check as run

        return run(options.config, as_json=options.json, sends=not options.no_send)

    def status(options: argparse.Namespace) -> int:
        from connector.cli.records import status as run

        return run(options.config, as_json=options.json)

    about, example = (
        "every fault of the configuration, keys, store and ledger, with its mend",
        "connector check --config config --json",
    )
    parser = add_command(commands, "check", check, about, example)
    parser.add_argument("--json", action="store_true", help="for a program to read")
    parser.add_argument("--no-send", action="store_true", help="send no test mail and no test card (for monitoring)")
    parser = add_command(
        commands, "status", status, "what is owed, failed and unacknowledged", "connector status --json"
    )
    parser.add_argument("--json", action="store_true", help="for a program to read")


def _records(commands: Commands[argparse.ArgumentParser]) -> None:
    def retry(options: argparse.Namespace) -> int:
        from connector.cli.records import retry as run

        return run(options.config, options.reference)

    def open_(options: argparse.Namespace) -> int:
        from connector.cli.records import open_record as run

        return run(options.config, options.reference, options.identity, options.out)

    parser = add_command(
        commands, "retry", retry, "owe again what has failed or waits for a concern", "connector retry C-7QK4-M2XT"
    )
    parser.add_argument("reference", metavar="REF")
    about, example = (
        "show a filed record to a reader who holds their key",
        "connector open C-7QK4-M2XT --identity dsl.key --out records/",
    )
    parser = add_command(commands, "open", open_, about, example)
    parser.add_argument("reference", metavar="REF")
    parser.add_argument("--identity", type=Path, required=True, metavar="KEYFILE", help="the reader's own age key file")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="write the opened files there instead of showing them"
    )


def _keys(commands: Commands[argparse.ArgumentParser]) -> None:
    def keys(options: argparse.Namespace) -> int:
        from connector.cli.keys import certificate, new, rotate

        verbs = {"new": new, "rotate": rotate, "certificate": certificate}
        return verbs[options.verb](options.config, options.readers)

    about, example = (
        "make the journey key, the readers' keys, Microsoft's certificate",
        "connector keys new --readers E:/safeguarding-keys",
    )
    parser = add_command(commands, "keys", keys, about, example)
    parser.add_argument("verb", choices=("new", "rotate", "certificate"))
    parser.add_argument(
        "--readers",
        type=Path,
        metavar="FOLDER",
        help="where the readers' private keys are written, for you to hand over (default: config/keys/readers)",
    )


def _forms(commands: Commands[argparse.ArgumentParser]) -> None:
    def forms(options: argparse.Namespace) -> int:
        from connector.cli import forms as verbs

        where = (options.config, options.school, options.form)
        if options.verb == "show":
            return verbs.show(*where, as_json=options.json)
        if options.verb == "check":
            from connector.cli.google_forms import check_forms

            return check_forms(*where, as_json=options.json)
        if options.verb == "import":
            if options.file is None:
                raise ConnectorError("Name the FILE: the responses workbook, downloaded from the form.")
            return verbs.bring(*where, options.file, options.history_before)
        return verbs.map_form(*where, options.file, options.response, yes=options.yes)

    about = "show a form's questions, map them to the policy's fields, check them against it, or import a workbook"
    parser = add_command(
        commands, "forms", forms, about, "connector forms import responses.xlsx --form record-of-concern"
    )
    parser.add_argument("verb", choices=("show", "map", "check", "import"))
    parser.add_argument(
        "file",
        type=Path,
        nargs="?",
        metavar="FILE",
        help="map, import: the workbook (.xlsx); a Google form is mapped without one",
    )
    _of_form(parser)
    for name, kind, meta, text in (
        ("--response", Path, "FILE", "map: a response file (.json) of the same response, for the questions' ids"),
        ("--history-before", _day, "DAY", "import: older responses are told all at once (default: 14 days ago)"),
    ):  # fmt: skip
        parser.add_argument(name, type=kind, metavar=meta, help=text)
    parser.add_argument("--yes", action="store_true", help="map: ask nothing; what is doubtful stays without a field")
    parser.add_argument("--json", action="store_true", help="show, check: for a program to read")


def _google(commands: Commands[argparse.ArgumentParser]) -> None:
    def google(options: argparse.Namespace) -> int:
        from connector.cli.google import sign_in

        return sign_in(options.config, options.school, port=options.port, browser=not options.no_browser)

    about, example = (
        "sign in to Google as the one dedicated account, once",
        "connector google sign-in --school willow-bank",
    )
    parser = add_command(commands, "google", google, about, example)
    parser.add_argument("verb", choices=("sign-in",))
    parser.add_argument("--school", default="", metavar="SLUG", help="the name of its file, if there are several")
    parser.add_argument("--port", type=int, default=0, help="where Google sends the browser back to (default: any)")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")


def _of_form(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--school", default="", metavar="SLUG", help="the name of its file, if there are several")
    parser.add_argument("--form", default="", metavar="SLUG", help="the name of its table, if there are several")


def _day(said: str) -> datetime:
    """The midnight in London with which that day begins. Raises ArgumentTypeError."""
    try:
        return datetime.combine(date.fromisoformat(said), time(), LONDON)
    except ValueError:
        raise argparse.ArgumentTypeError("write the day like 2026-09-01") from None


def _drill(commands: Commands[argparse.ArgumentParser]) -> None:
    def drill(options: argparse.Namespace) -> int:
        from connector.cli.drill import drill as run

        return run(options.config, options.school, options.form, wait_minutes=options.wait, seconds=options.seconds)

    about, example = (
        "send one marked test concern through everything, on the running service",
        "connector drill --form record-of-concern --wait 15",
    )
    parser = add_command(commands, "drill", drill, about, example)
    _of_form(parser)
    parser.add_argument("--wait", type=float, default=0, metavar="MINUTES", help="wait so long for the button")
    parser.add_argument("--seconds", type=float, default=180, help="how long the rest may take (default: 180)")


def _demo(commands: Commands[argparse.ArgumentParser]) -> None:
    def demo(options: argparse.Namespace) -> int:
        from connector.demo.run import demo as run

        return run(options.config, once=options.once, as_json=options.json, port=options.port)

    parser = add_command(
        commands, "demo", demo, "the main job on embedded parts, to look at", "connector demo --once --json"
    )
    parser.add_argument(
        "--once", action="store_true", help="run it through without a person; exit 0 only if every step was verified"
    )
    parser.add_argument("--json", action="store_true", help="print the facts as JSON")
    parser.add_argument("--port", type=int, default=8600, help="the port of the demo's page (default: 8600)")
