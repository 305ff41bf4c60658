"""One command of `connector`: its name, its help with an example, its configuration folder."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

Command = Callable[[argparse.Namespace], int]
DEFAULT_FOLDER = Path("config")
Commands = argparse._SubParsersAction  # the standard library has no public name for what add_subparsers gives


def add_command(
    commands: Commands[argparse.ArgumentParser], name: str, command: Command, about: str, example: str
) -> argparse.ArgumentParser:
    """The command's parser, ready for its own arguments."""
    parser = commands.add_parser(
        name,
        help=about,
        description=about,
        epilog=f"example: {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--config", type=Path, default=Path(os.environ.get("CONNECTOR_CONFIG", DEFAULT_FOLDER)), metavar="FOLDER",
        help="the configuration folder (default: config, or CONNECTOR_CONFIG)",
    )  # fmt: skip
    parser.set_defaults(command=command)
    return parser
