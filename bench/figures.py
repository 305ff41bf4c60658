"""Figures from the ledger itself: when each concern was filed and told, read from outside."""

from __future__ import annotations

import sqlite3
import statistics
import time
from datetime import datetime
from pathlib import Path
from typing import Any

_OPEN = "SELECT count(*) FROM duty WHERE state IN ('owed', 'sending') AND kind IN ('file', 'tell', 'receipt')"


def finished(database: Path) -> float:
    """Waits until every record is filed and everybody told; the moment of the last act, in epoch seconds."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        while connection.execute(_OPEN).fetchone()[0]:
            time.sleep(0.004)
        last = connection.execute("SELECT max(done_at) FROM duty").fetchone()[0]
    finally:
        connection.close()
    return datetime.fromisoformat(last).timestamp()


def journey(database: Path, _name: str, number: int) -> dict[str, float]:
    """Milliseconds from receipt to told (every mail and card of the first rung) and to filed, of the last concerns."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    rows = connection.execute(
        "SELECT c.received_at, c.filed_at, (SELECT max(d.done_at) FROM duty d"
        " WHERE d.reference = c.reference AND d.kind = 'tell')"
        " FROM concern c ORDER BY c.received_at DESC LIMIT ?",
        (number,),
    ).fetchall()
    connection.close()
    told = [_ms(received, done) for received, _, done in rows]
    filed = [_ms(received, done) for received, done, _ in rows]
    return {
        "told_p50_ms": round(statistics.median(told), 1),
        "told_p99_ms": round(_high(told), 1),
        "filed_p50_ms": round(statistics.median(filed), 1),
        "filed_p99_ms": round(_high(filed), 1),
    }


def _ms(since: str, until: str) -> float:
    return (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds() * 1000


def _high(values: list[float]) -> float:
    return sorted(values)[max(0, round(len(values) * 0.99) - 1)]


def print_table(facts: dict[str, Any]) -> None:
    for part, figures in facts.items():
        print(f"\n{part}")
        for name, value in figures.items():
            print(f"  {name:34} {_short(value)}")


def _short(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    if "per_second" in value:
        return (
            f"{value['per_second']:8.0f}/s  p50 {value['p50_ms']:7.1f} ms  p99 {value['p99_ms']:7.1f} ms"
            f"  accepted {value['accepted']}  refused {value['refused']}"
        )
    return "  ".join(f"{name} {number}" for name, number in value.items())
