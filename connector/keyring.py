"""Makes keys: the journey key, and a pair for each reader. Never overwrites one."""

from __future__ import annotations

import os
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from connector.sealing import new_key
from connector.store.age import new_identity


def make_keys(config: Path, readers: Path | None = None) -> list[Path]:
    """Makes the journey key and every reader's pair that is not there yet; the paths made.

    Private keys go into `readers` (by default config/keys/readers), to be handed over and taken away.
    """
    keys = config / "keys"
    private = readers or keys / "readers"
    made = [keys / "journey.key"] if _write_new(keys / "journey.key", new_key()) else []
    for name in _reader_names(config):
        public = keys / f"{name}.pub"
        if public.exists():
            continue
        identity, recipient = new_identity()
        if _write_new(private / f"{name}.key", identity):
            _write_new(public, recipient)
            made += [private / f"{name}.key", public]
    return made


def rotate_journey_key(config: Path) -> Path | None:
    """Takes a fresh journey key and gives the path under which the one before now lies; None where there was none."""
    keys = config / "keys"
    current = keys / "journey.key"
    if not current.exists():
        return None
    before = keys / f"journey-{datetime.now(UTC):%Y%m%d%H%M%S}.key"
    os.replace(current, before)
    _write_new(current, new_key())
    return before


def make_certificate(config: Path) -> tuple[Path, Path]:
    """A self-signed certificate, good for two years: the PEM with its key (ours alone), and the .cer to upload."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Concern Connector")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5)).not_valid_after(now + timedelta(days=730))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    public = made.public_bytes(Encoding.PEM).decode("ascii")
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
    stem = config / "keys" / f"microsoft-{now:%Y%m%d%H%M%S}"
    _write_new(stem.with_suffix(".pem"), private + public.strip())
    _write_new(stem.with_suffix(".cer"), public.strip())
    return stem.with_suffix(".pem"), stem.with_suffix(".cer")


def _reader_names(config: Path) -> list[str]:
    """The names of public keys that the schools' files point to."""
    names: dict[str, None] = {}
    for path in sorted((config / "schools").glob("*.toml")):
        people = tomllib.loads(path.read_text(encoding="utf-8")).get("people", {})
        for person in people.values():
            pointer = str(person.get("reader", ""))
            if pointer.startswith("file:keys/") and pointer.endswith(".pub"):
                names[pointer.removeprefix("file:keys/").removesuffix(".pub")] = None
    return list(names)


def _write_new(path: Path, text: str) -> bool:
    """True where the file was made, readable to its owner only; False where there was one already."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    return True
