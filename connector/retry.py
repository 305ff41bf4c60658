"""When to try again. Pure: a decision is a value."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST = timedelta(seconds=2)
LONGEST = timedelta(minutes=30)
# However long it has been owed: after a stop of our own the far side still gets some tries.
FEWEST = 8
_LONGEST_ASKED = timedelta(hours=6)


def next_try(
    attempts: int,
    now: datetime,
    *,
    owed_since: datetime,
    give_up: timedelta,
    retry_after: float | None,
    jitter: float,
) -> datetime | None:
    """The moment of the next try, or None when it is time to give up loudly.

    Doubles from 2 seconds to 30 minutes, spread by `jitter` (0 to 1) over the upper half, so that a
    far side that comes back is not met by everybody at once. A Retry-After (seconds) is a lower bound.
    """
    wait = min(FIRST * 2 ** min(attempts - 1, 12), LONGEST)
    wait = wait / 2 + wait / 2 * jitter
    if retry_after is not None:
        wait = max(wait, timedelta(seconds=min(retry_after, _LONGEST_ASKED.total_seconds())))
    is_over = now + wait > owed_since + give_up and attempts >= FEWEST
    return None if is_over else now + wait
