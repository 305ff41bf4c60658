"""`connector google sign-in`: one consent of one dedicated account, kept as a refresh token (google.md 1.7, mode c)."""

from __future__ import annotations

import json
import os
import tomllib
import webbrowser
from pathlib import Path
from typing import Any

from connector.cli.google_scopes import needed
from connector.errors import ConnectorError
from connector.outbound.google import Google
from connector.outbound.google_sign_in import TOKEN_ADDRESS, Given, GoogleSignIn, Identity, read_client
from connector.say import say
from connector.settings.load import Settings, load
from connector.settings.school import School

_MINUTES = 10


class ConsentFailed(ConnectorError):
    """The sign-in did not come through: run `connector google sign-in` again, and tick every box."""


def sign_in(config: Path, school: str, *, port: int, browser: bool) -> int:
    """Opens the consent page, waits for the answer on loopback, writes the token file (0600). 0 when it is written."""
    slug, place = _token_file(config, school)
    was_there = place.exists()
    if not was_there:
        _write(place, {})
    try:
        settings = load(config, os.environ)
        found = settings.schools[slug]
        token, client = _consent(settings, found, port=port, browser=browser)
        account = _account(settings, client, token)
    except BaseException:
        if not was_there:
            place.unlink(missing_ok=True)
        raise
    _write(place, {"refresh_token": token, "account": account})
    who = account or "the account that consented"
    say(f"Signed in as {who}; the token is in {place.name}. Now run `connector check`.")
    return 0


def _token_file(config: Path, school: str) -> tuple[str, Path]:
    """The school that signs in as an account, and the file its token goes to.

    Read before the settings are, since they want the token that is not there yet. Raises ConnectorError.
    """
    found = {
        path.stem: str(google.get("token", ""))
        for path in sorted((config / "schools").glob("*.toml"))
        if (google := _google(path)).get("identity") == "account"
    }
    if school not in found and (school or len(found) != 1):
        raise ConnectorError(f"Name the school with --school: there is {', '.join(found) or 'none'} of that identity.")
    slug = school or next(iter(found))
    if not found[slug].startswith("file:"):
        raise ConnectorError("Set `token` under [google] to file:PATH, for the token to be written to.")
    return slug, config / found[slug].removeprefix("file:")


def _google(path: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8")).get("google", {})
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _consent(settings: Settings, school: School, *, port: int, browser: bool) -> tuple[str, dict[str, Any]]:
    """The refresh token, and the client it is of. Raises ConsentFailed, ConfigError."""
    if school.google is None or school.google.client is None:
        raise ConnectorError("Set `client` under [google] to the OAuth client's JSON file.")
    client = read_client(school.google.client.get_secret_value())
    scopes = list(needed(school))
    try:
        token = _flow(settings, client, scopes, port=port, browser=browser)
    except ConnectorError:
        raise
    except (Exception, Warning) as error:  # noqa: BLE001 - three libraries' errors, whose texts hold codes and tokens
        raise ConsentFailed(
            f"The sign-in did not come through ({type(error).__name__}): run it again, and tick every box."
        ) from None
    if not token:
        raise ConsentFailed
    return token, client


def _flow(settings: Settings, client: dict[str, Any], scopes: list[str], *, port: int, browser: bool) -> str:
    """Imported late: only this command pays for it."""
    from google_auth_oauthlib.flow import InstalledAppFlow

    root = settings.service.google.root
    addresses = {"auth_uri": f"{root}/o/oauth2/auth", "token_uri": f"{root}/token"} if root else _GOOGLES
    flow = InstalledAppFlow.from_client_config({"installed": {**client, **addresses}}, scopes)
    say("Open this as the one dedicated account, and allow everything that is asked:", "")
    found = flow.run_local_server(
        host="127.0.0.1", port=port, open_browser=browser and _has_browser(), timeout_seconds=_MINUTES * 60,
        authorization_prompt_message="  {url}\n", success_message="Signed in. You may close this page.",
        access_type="offline", prompt="consent",
    )  # fmt: skip
    return str(found.refresh_token or "")


_GOOGLES = {"auth_uri": "https://accounts.google.com/o/oauth2/auth", "token_uri": TOKEN_ADDRESS}


def _has_browser() -> bool:
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def _account(settings: Settings, client: dict[str, Any], token: str) -> str:
    """The address of whoever consented, or nothing where Drive does not tell."""
    root = settings.service.google.root
    given = Given(identity=Identity.ACCOUNT, key=client, refresh_token=token)
    google = Google(GoogleSignIn(given, f"{root}/token" if root else TOKEN_ADDRESS), root or "")
    try:
        about = google.ask(google.api("drive").about().get(fields="user(emailAddress)"), ())
    except ConnectorError:
        return ""
    return str(about.get("user", {}).get("emailAddress", ""))


def _write(place: Path, content: dict[str, str]) -> None:
    """Whole or not at all, readable by the service's own account only."""
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_suffix(".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file)
    os.replace(draft, place)
