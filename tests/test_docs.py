"""The docs are true: every setting, command and address in them exists, and the other way round."""

from __future__ import annotations

import argparse
import re
import types
import typing
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from connector.cli.main import make_parser
from connector.model.guidance import Editions
from connector.model.profile import PolicyProfile
from connector.notify.words import TEMPLATES
from connector.settings.school import School
from connector.settings.service import Service as ServiceSettings
from connector.settings.terms import TermSets
from tests.office_at_work import office_at_work
from tests.service import ROOT

DOCS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def section(name: str, heading: str) -> str:
    text = (ROOT / "docs" / name).read_text("utf-8")
    return re.split(r"^## ", text.split(f"## {heading}", 1)[1], flags=re.MULTILINE)[0]


def first_cells(text: str) -> set[str]:
    rows = re.findall(r"^\| (.+?) \|", text, flags=re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


# In the docs these are one row each: their parts stand in the middle column.
ROWS = {
    "ladder.rungs",
    "staff_ladder.rungs",
    "calendar.closed",
    "people.*.away",
    "forms.*.questions",
    "fields.*.when",
    "fields.*.choices",
    "sets.*.terms.*.half_term",
    "sets.*.closed",
}


def settings_of(model: type[BaseModel], prefix: str = "") -> set[str]:
    found: set[str] = set()
    for name, field in model.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        found |= {path} if path in ROWS else settings_in(field.annotation, path)
    return found


def settings_in(annotation: Any, path: str) -> set[str]:
    origin, inside = typing.get_origin(annotation), typing.get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return settings_of(annotation, f"{path}.")
    if origin is dict:
        return settings_in(inside[1], f"{path}.*")
    if origin is tuple and isinstance(inside[0], type) and issubclass(inside[0], BaseModel):
        return settings_of(inside[0], f"{path}.*.")
    if origin is typing.Annotated:
        return settings_in(inside[0], path)
    if origin in {typing.Union, types.UnionType}:
        return {name for part in inside if part is not type(None) for name in settings_in(part, path)}
    return {path}


@pytest.mark.parametrize(("model", "heading"), [
    (ServiceSettings, "service.toml"), (School, "schools/&lt;slug&gt;.toml"), (PolicyProfile, "policies/&lt;name&gt;.toml"),
    (TermSets, "terms.toml (optional)"), (Editions, "guidance.toml (optional)"),
])  # fmt: skip
def test_every_setting_is_in_the_docs_and_every_one_in_the_docs_exists(model: type[BaseModel], heading: str) -> None:
    assert first_cells(section("settings.md", heading)) == settings_of(model)


def commands() -> set[str]:
    parser = make_parser()
    actions = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    return set(actions.choices)


def test_every_command_is_in_the_docs_and_every_one_in_the_docs_exists() -> None:
    assert {name.removeprefix("connector ") for name in first_cells(section("operating.md", "Commands"))} == commands()
    for doc in DOCS:
        if doc.name != "CHANGELOG.md":
            for said in re.findall(r"(?:`|^    )connector ([a-z]+)", doc.read_text("utf-8"), flags=re.MULTILINE):
                assert said in commands(), f"{doc.name}: connector {said}"


def test_every_address_is_in_the_docs_and_every_one_in_the_docs_exists(tmp_path: Path) -> None:
    with office_at_work(tmp_path) as at:
        rules = list(at.client.application.url_map.iter_rules())
    served = {
        f"{method} {rule.rule}"
        for rule in rules
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if not rule.rule.startswith("/static")
    }
    assert first_cells(section("operating.md", "Addresses")) == served


def test_every_template_a_school_may_override_is_named() -> None:
    said = section("settings.md", "templates/ (optional)")
    assert all(f"`{name}`" in said for name in TEMPLATES)


@pytest.mark.parametrize("doc", DOCS, ids=lambda path: path.name)
def test_every_link_and_every_file_named_exists(doc: Path) -> None:
    text = doc.read_text("utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (doc.parent / target).exists(), target
    for named in re.findall(r"`((?:connector|config|docs)/[\w./\-]+\.\w+)`", text):
        assert (ROOT / named).exists(), named


def test_the_readmes_commands_are_those_of_the_makefile_and_of_run_py() -> None:
    readme, makefile, run = ((ROOT / name).read_text("utf-8") for name in ("README.md", "Makefile", "run.py"))
    for verb in ("demo", "test"):
        assert f"make {verb}" in readme
        assert f"python run.py {verb}" in readme
        assert f"\n{verb}: ##" in makefile
        assert f'verb == "{verb}"' in run
    assert "make test" in (ROOT / ".ci" / "run").read_text("utf-8")
    assert "run.py demo" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_the_locks_name_no_registry_and_hold_only_hashes() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        text = lock.read_text("utf-8")
        assert "://" not in text
        assert "--index-url" not in text
        pinned = re.findall(r"^([a-z0-9\-\[\]_.]+)==", text, flags=re.MULTILINE)
        assert len(pinned) <= text.count("--hash=sha256:")


def test_the_fonts_coverage_is_that_of_the_fonts() -> None:
    import unicodedata

    from fontTools.ttLib import TTFont

    fonts = ROOT / "connector" / "record" / "fonts"
    spans = [
        tuple(int(end, 16) for end in span.split("-")) for span in (fonts / "coverage.txt").read_text("ascii").split()
    ]
    covered = {code for low, high in spans for code in range(low, high + 1)}
    drawn: set[int] = set()
    for path in fonts.glob("*.ttf"):
        with TTFont(path, lazy=True) as font:
            drawn |= set(font.getBestCmap())
    not_drawn = {code for code in covered - drawn if unicodedata.category(chr(code)) not in {"Cf", "Mn"}}
    assert not_drawn == set()
