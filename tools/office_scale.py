"""How long the daily evaluation takes, and how much memory, as schools grow: `python -m tools.office_scale [N ...]`.

Each school has 40 policies (20 listed in its file, 20 read from documents) and three people. Each size runs in a
process of its own: the Monday tick that sends every list, the tick after it that finds nothing, the next morning's.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path

from connector.model.guidance import Editions
from connector.model.notice import Addressee
from connector.model.policies_kept import Listed, Read
from connector.notify.mail import Envelope, Mail
from connector.notify.words import Words
from connector.office_letters import OfficeLetters
from connector.office_links import OfficeLinks
from connector.office_site import OfficeSite
from connector.policy_watching import READING
from connector.register.notes import DocumentRead
from connector.register.register import Register
from connector.reminding import Reminding
from connector.sealing import Sealer, new_key
from connector.settings.school import Reader, School
from tools.office_year import TERMS

MONDAY = datetime(2027, 9, 6, 6, 30, tzinfo=UTC)
_DATES = ("November 2024", "Autumn 2 2027", "Spring term 2028", "13th September 2028", "02/29", "March 2030", "Varies")
_SIZES = (1, 100, 250, 500, 1000)
_POLICIES = 40
_TICKS = (
    ("monday_s", timedelta(0)), ("tick_after_s", timedelta(minutes=15)), ("idle_tick_s", timedelta(minutes=30)),
    ("tuesday_s", timedelta(days=1)),
)  # fmt: skip


class Nowhere:
    """Counts mails."""

    def __init__(self) -> None:
        self.mails = 0
        self.bytes = 0

    def post(self, mail: Mail, _to: Addressee) -> str:
        """Count it."""
        self.mails += 1
        self.bytes += len(mail.wire)
        return mail.message_id


def school(number: int, chance: random.Random) -> School:
    """One invented school with half of its policies listed."""
    people = {
        slug: Reader(name=slug.title(), role=slug, email=f"{slug}@s{number}.example")
        for slug in ("office", "head", "dsl")
    }
    listed = {
        f"listed-{n}": Listed(
            title=f"Policy {n}", owner=chance.choice(("head", "dsl")), next_review=chance.choice(_DATES)
        )
        for n in range(_POLICIES // 2)
    }
    return School.model_construct(
        name=f"School {number}", people=people, technician="office", office="office", policies=listed, forms={},
        office_at=clock_time(7, 30),
    )  # fmt: skip


def measure(schools: int) -> dict[str, float]:
    """The figures for so many schools; seconds and megabytes."""
    post = Nowhere()
    with tempfile.TemporaryDirectory() as folder:
        register = Register(Path(folder) / "register.db")
        sites = _sites(schools, post, register)
        before = _megabytes()
        letters = OfficeLetters(register, OfficeLinks("https://hill.example", Sealer([new_key()])))
        reminding = Reminding(sites, register, letters, Words.of())
        found = {"schools": float(schools), "policies": float(schools * _POLICIES)}
        for name, later in _TICKS:
            began = time.perf_counter()
            reminding.remind(MONDAY + later)
            found[name] = round(time.perf_counter() - began, 3)
        register.close()
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
    found |= {"mails": float(post.mails), "mail_kb": round(post.bytes / 1024), "database_mb": round(size / 1e6, 1)}
    return found | {"rss_before_mb": before, "rss_after_mb": _megabytes()}


def _sites(schools: int, post: Nowhere, register: Register) -> dict[str, OfficeSite]:
    chance = random.Random(schools)  # noqa: S311 - nothing is guarded by it
    sites = {}
    for number in range(schools):
        slug = f"school-{number}"
        envelope = Envelope(f"office@s{number}.example", slug)
        sites[slug] = OfficeSite(slug, school(number, chance), TERMS.school_year(), post, envelope, {}, Editions())
        for n in range(_POLICIES // 2):
            read = Read(title=f"Document {n}", written="November 2023", next_review=chance.choice(_DATES))
            where = {"school": slug, "slug": f"read-{n}", "document": f"id-{n}", "name": f"{n}.docx"}
            register.note_document(DocumentRead(**where, version="1", reading=READING, at=MONDAY, read=read))
    return sites


def _megabytes() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def main(sizes: list[int]) -> None:
    """Prints one line of figures for each size."""
    for size in sizes:
        program = f"import json; from tools.office_scale import measure; print(json.dumps(measure({size})))"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        found = json.loads(done.stdout)
        print("  ".join(f"{name} {value:g}" for name, value in found.items()), flush=True)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or list(_SIZES))
