"""What this machine can do at all: the measures the service is read against.

Each function takes about ``seconds`` and returns a rate per second.  The
folder decides the result: use the disk the service will keep its data on.

    python -m bench.limits --folder DIR [--seconds 2]
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

THREADS = 8
CLIENTS = 8
ROW_BYTES = 2048
BODY = Path(__file__).resolve().with_name("body.json")
ROOT = BODY.parent.parent


def sqlite_rows(folder: Path, rows_per_commit: int, seconds: float = 2.0) -> float:
    """Rows of 2 KB a second into WAL with synchronous=FULL, by commits of a size."""
    row = os.urandom(ROW_BYTES)
    with tempfile.TemporaryDirectory(dir=folder) as directory:
        connection = sqlite3.connect(Path(directory, "limit.sqlite3"), isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("CREATE TABLE limits (id INTEGER PRIMARY KEY, body BLOB)")
            rows = 0
            start = time.perf_counter()
            while (elapsed := time.perf_counter() - start) < seconds:
                connection.execute("BEGIN IMMEDIATE")
                for _ in range(rows_per_commit):
                    connection.execute("INSERT INTO limits (body) VALUES (?)", (row,))
                connection.execute("COMMIT")
                rows += rows_per_commit
        finally:
            connection.close()
    return rows / elapsed


def sqlite_commits(folder: Path, seconds: float = 2.0) -> float:
    """Commits of one 2 KB row a second."""
    return sqlite_rows(folder, 1, seconds)


def sqlite_grouped_rows(folder: Path, seconds: float = 2.0) -> float:
    """Rows a second when 20 share a commit."""
    return sqlite_rows(folder, 20, seconds)


def append_fsyncs(folder: Path, seconds: float = 2.0) -> float:
    """Appends of 4 KiB, each followed by fsync, a second."""
    block = os.urandom(4096)
    with (
        tempfile.TemporaryDirectory(dir=folder) as directory,
        Path(directory, "limit.bin").open("ab", buffering=0) as file,
    ):
        count = 0
        start = time.perf_counter()
        while (elapsed := time.perf_counter() - start) < seconds:
            file.write(block)
            os.fsync(file.fileno())
            count += 1
    return count / elapsed


def flask_posts(seconds: float = 2.0, clients: int = CLIENTS) -> float:
    """Answers a second of a Flask handler that does nothing, under waitress."""
    server = subprocess.Popen(
        [sys.executable, "-m", "bench.limits", "--serve-nothing"],
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        assert server.stdout is not None
        port = json.loads(server.stdout.readline())["port"]
        command = [sys.executable, "-m", "bench.load", "--body", str(BODY)]
        command += ["--url", f"http://127.0.0.1:{port}/", "--clients", str(clients)]
        warm = [*command, "--requests", "200", "--limit", "5"]
        subprocess.run(warm, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        result = subprocess.run(
            [*command, "--requests", "1000000", "--limit", str(seconds)],
            cwd=ROOT,
            check=True,
            capture_output=True,
            timeout=seconds + 60,
        )
        return float(json.loads(result.stdout)["per_second"])
    finally:
        server.kill()
        server.wait()


def serve_nothing() -> None:
    """Serve the handler that ``flask_posts`` asks, until ended."""
    import waitress
    from flask import Flask

    app = Flask("bench.nothing")

    @app.post("/")
    def nothing() -> tuple[dict[str, str], int]:
        return {"reference": "C-0000-0000"}, 202

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    listener = socket.create_server(("127.0.0.1", 0))
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    waitress.serve(app, sockets=[listener], threads=THREADS, connection_limit=400, _quiet=True)


def measure(folder: Path, seconds: float = 2.0) -> dict[str, float]:
    """Every limit by name, each a rate per second."""
    return {
        "sqlite_commits": round(sqlite_commits(folder, seconds), 1),
        "sqlite_grouped_rows": round(sqlite_grouped_rows(folder, seconds), 1),
        "append_fsyncs": round(append_fsyncs(folder, seconds), 1),
        "flask_posts": round(flask_posts(seconds), 1),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.limits", description=__doc__)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--serve-nothing", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve_nothing:
        serve_nothing()
        return 0
    folder: Path = options.folder or Path.cwd()
    folder.mkdir(parents=True, exist_ok=True)
    print(json.dumps(measure(folder, options.seconds)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
