"""Opening a database: SQLite in WAL with full synchronous, and its migrations."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text

from connector.errors import CannotAccept, ConfigError

_BUSY_MS = 5_000


def open_database(file: Path, migrations: Path, head: str, *, setting: str = "database") -> Engine:
    """The engine on that file, its tables brought up to `head`. Raises ConfigError where the file cannot be used.

    `setting` is the one that names it, for whoever is to mend it.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not file.exists():
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError:
        raise ConfigError(
            (f"service.toml: {setting}: {file.name} cannot be made there: mend the folder's rights",)
        ) from None
    engine = create_engine(f"sqlite:///{file}", connect_args={"check_same_thread": False, "timeout": _BUSY_MS / 1000})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    try:
        with engine.begin() as connection:
            _migrate(connection, migrations, head, f"service.toml: {setting}: {file.name}")
    except BaseException:
        engine.dispose()
        raise
    return engine


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    """FULL: in WAL a commit is fsynced before it is believed (sqlite.org/pragma.html#pragma_synchronous)."""
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL", "synchronous=FULL", f"busy_timeout={_BUSY_MS}", "foreign_keys=ON",
        "secure_delete=ON", "cache_size=-2000", "temp_store=MEMORY",
    ):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """The writer takes its lock at once; readers run in autocommit, each statement on its own snapshot."""
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _migrate(connection: Connection, migrations: Path, head: str, named: str) -> None:
    """Bring the tables up to date. Alembic is slow to import, so it is asked only when there is something to do."""
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" in tables:
        at = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if at == head:
            return
        if at is not None and at > head:
            said = f"{named} was made by a newer version of the service: put that version back, or the last backup"
            raise ConfigError((said,))
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(migrations))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, head)


class SoleUse:
    """One worker on one database: an exclusive lock that the system frees even after SIGKILL."""

    def __init__(self, file: Path) -> None:
        """Raises CannotAccept where another copy holds the lock."""
        self._connection = sqlite3.connect(file, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            self._connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            self._connection.close()
            raise CannotAccept(
                "Another copy of the service is at work on this ledger. Stop it first, or give this one a database."
            ) from None

    def release(self) -> None:
        """Let others in."""
        self._connection.close()
