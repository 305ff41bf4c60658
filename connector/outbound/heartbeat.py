"""The heartbeat: a monitoring service outside of the school is told that all is well, and complains when it is not.

GET is the one method that every such service takes. The address holds the key, so it is a secret.
"""

from __future__ import annotations

from connector.outbound.http import exchange, refusal

_PATIENCE_SECONDS = 5.0
_MOST_BYTES = 64 * 1024


def beat(address: str) -> None:
    """Say that all is well. Raises DeliveryError, which never holds the address."""
    answer = exchange("GET", address, timeout_seconds=_PATIENCE_SECONDS, most_bytes=_MOST_BYTES)
    if not answer.is_success:
        raise refusal(answer)
