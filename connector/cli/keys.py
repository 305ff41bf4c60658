"""`connector keys new|rotate|certificate`."""

from __future__ import annotations

from pathlib import Path

from connector.keyring import make_certificate, make_keys, rotate_journey_key
from connector.say import complain, say


def new(config: Path, readers: Path | None) -> int:
    """Makes every key that the configuration points to and that is not there yet."""
    made = make_keys(config, readers)
    say(*[f"made {path}" for path in made] or ["Every key is there already; none was changed."])
    if len(made) > 1:
        say(
            "Hand each reader their own .key file and take it off this machine: whoever holds it can open the records.",
            "Keep one copy of each in the school's safe: without a reader's key nobody can open a record in a folder.",
        )
    return 0


def rotate(config: Path, _readers: Path | None) -> int:
    """Takes a fresh journey key; the one before becomes an old key, which still opens."""
    before = rotate_journey_key(config)
    if before is None:
        complain("There is no journey key to rotate: run `connector keys new`.")
        return 1
    say(
        "The journey key was changed. Add this to `old` under [keys] in service.toml, then restart:",
        f'  "file:keys/{before.name}"',
        "Leave it there: it still opens what is held, and knows a response that a form sends again.",
    )
    return 0


def certificate(config: Path, _readers: Path | None) -> int:
    """Makes the certificate by which the service signs in to Microsoft 365. The key never leaves this machine."""
    pem, public = make_certificate(config)
    say(
        f"made {pem}",
        f"made {public}",
        "Upload the .cer in the Entra admin centre: App registrations, the app, Certificates & secrets, Certificates.",
        "Then put this under [microsoft] in the school's file, and restart:",
        f'  certificate = "file:keys/{pem.name}"',
        "It is good for two years. The service tells you and the DSL 30 days before it ends.",
    )
    return 0
