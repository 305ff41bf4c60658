"""A technician's shell on a school's Workspace: the commands, what they said, and what they must never say."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import serialization

from connector import furnishing_google
from connector.cli.main import main
from tests.service import SIGNING, sample_of
from tests.workspaced import Workspaced, workspaced

Change = Callable[[str], str]


@contextlib.contextmanager
def shell(
    folder: Path, monkeypatch: pytest.MonkeyPatch, identity: str = "delegate", change: Change | None = None
) -> Iterator[Workspaced]:
    """The school with its secrets in the environment, as a technician's shell has them, on the real clock."""
    monkeypatch.setattr(furnishing_google, "_CHAT_SECONDS", 0.0)
    # For speed only: each sign-in would check the same RSA key anew.
    monkeypatch.setattr(serialization, "load_pem_private_key", lru_cache(serialization.load_pem_private_key))
    with workspaced(folder, change, identity=identity) as found:
        for name, value in found.given.items():
            monkeypatch.setenv(name, value)
        found.clock.moment[0] = datetime.now(UTC)
        yield found


def run(school: Workspaced, *words: str) -> tuple[int, str]:
    """A command's exit code, and all that it said."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = main([*words, "--config", str(school.config)])
    return code, out.getvalue()


def check(school: Workspaced, *options: str) -> tuple[int, str]:
    code, said = run(school, "check", *options)
    assert secrets_in(school, said) == []
    return code, said


def secrets_in(school: Workspaced, said: str) -> list[str]:
    """Whatever of a key, a token or a webhook stands in the text."""
    fake = school.fake
    known = {SIGNING, *fake.tokens, *fake.grants, *(client.client_secret for client in fake.oauth_clients.values())}
    known |= {parse_qs(urlsplit(school.given["WILLOW_BANK_CHAT_WEBHOOK"]).query)["token"][0]}
    known |= {line for line in school.laid.account.info["private_key"].splitlines() if len(line) > 20}
    known |= set(sample_of("S04")["answers"].values()) - {""}
    return [secret for secret in known if len(secret) > 12 and secret in said]


def line(said: str, words: str) -> str:
    return next((line for line in said.splitlines() if words in line), "")


def mend_of(said: str, words: str) -> str:
    """What stands under the line with these words, up to the next finding."""
    after = said[said.index(words) :].split("\n", 1)[1]
    return re.split(r"\n(?:ok|warning|FAULT|UNVERIFIED) ", f"\n{after}")[0]


def faults(said: str) -> list[str]:
    return [line for line in said.splitlines() if line.startswith("FAULT")]
