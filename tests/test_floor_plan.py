"""The floor plan is enforced: a planted upward import, and a second door to the network, are caught."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service import ROOT

LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"], cwd=folder, env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def house(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "connector", tmp_path / "connector", ignore=shutil.ignore_patterns("fonts", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_house_as_it_stands_is_in_order(house: Path) -> None:
    done = lint(house)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("room", "planted", "contract"), [
    ("checking/check.py", "from connector.ledger.ledger import Ledger", "floors"),
    ("notify/teams.py", "from connector.store.folder import FolderStore", "side rooms"),
    ("intake.py", "import flask", "use cases know no Flask"),
    ("model/duty.py", "import os", "the ground is pure"),
    ("notify/email.py", "import smtplib", "one door to the network"),
    ("wiring.py", "from connector.web.app import create_app", "floors"),
    ("reminding.py", "from connector.ledger.ledger import Ledger", "the office never sees a concern"),
    ("register/rows.py", "from connector.model.concern import Concern", "the office never sees a concern"),
    ("web/policies.py", "from connector.wiring import House", "the office's doors are handed the office alone"),
    ("office.py", "from connector.wiring import House", "floors"),
])  # fmt: skip
def test_a_planted_import_is_caught(house: Path, room: str, planted: str, contract: str) -> None:
    path = house / "connector" / room
    text = path.read_text("utf-8")
    path.write_text(
        text.replace("from __future__ import annotations\n", f"from __future__ import annotations\n\n{planted}\n", 1),
        "utf-8",
    )
    done = lint(house)
    assert done.returncode != 0
    assert re.search(rf"{contract}.*BROKEN", done.stdout)


def test_only_the_outbound_room_and_the_demo_use_the_standard_librarys_clients() -> None:
    """Import-linter cannot name parts of outside packages."""
    clients = re.compile(r"^\s*(import|from) (http\.client|urllib\.request|ftplib|telnetlib|asyncio)", re.MULTILINE)
    found = {
        path.relative_to(ROOT / "connector").parts[0]
        for path in (ROOT / "connector").rglob("*.py")
        if clients.search(path.read_text("utf-8"))
    }
    assert found <= {"demo", "outbound"}


def test_files_and_functions_stay_small() -> None:
    import ast

    for path in (ROOT / "connector").rglob("*.py"):
        lines = path.read_text("utf-8").splitlines()
        assert len(lines) <= 250, path
        for node in ast.walk(ast.parse("\n".join(lines))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and "migrations" not in path.parts:
                assert (node.end_lineno or 0) - node.lineno < 50, f"{path}:{node.name}"
