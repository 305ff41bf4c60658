"""The audit: append-only, each line bound to the one before it, never content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from connector.ledger.schema import audit

_BEGINNING = "0" * 64
_LAST = select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
_ADD = insert(audit).returning(audit.c.seq)


@dataclass(frozen=True, slots=True)
class AuditLine:
    """What happened. `detail` holds slugs, counts and states only."""

    at: datetime
    act: str
    reference: str
    detail: Mapping[str, Any]


def append(connection: Connection, lines: Iterable[AuditLine]) -> None:
    """Write the lines in order, inside the caller's transaction, which holds the write lock."""
    last = connection.execute(_LAST).first()
    seq, chain = (last.seq, last.hash) if last else (0, _BEGINNING)
    rows = []
    for line in lines:
        seq += 1
        chain = _bind(chain, seq, line)
        rows.append({
            "seq": seq, "at": line.at, "act": line.act, "reference": line.reference,
            "detail": dict(line.detail), "hash": chain,
        })  # fmt: skip
    if rows:
        connection.execute(_ADD, rows)


def broken_at(connection: Connection) -> int | None:
    """The first line whose chain does not hold, or None where the whole chain does."""
    chain, expected = _BEGINNING, 1
    for row in connection.execute(select(audit).order_by(audit.c.seq)).yield_per(1000):
        chain = _bind(chain, row.seq, AuditLine(row.at, row.act, row.reference, row.detail))
        if row.seq != expected or row.hash != chain:
            return int(expected)
        expected += 1
    return None


def _bind(chain: str, seq: int, line: AuditLine) -> str:
    body = [chain, seq, line.at.timestamp(), line.act, line.reference, dict(line.detail)]
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
