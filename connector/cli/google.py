"""`connector google sign-in`: one consent of one dedicated account, kept as a refresh token (google.md 1.7, mode c)."""

from __future__ import annotations

import contextlib
import json
import os
import tomllib
import webbrowser
from pathlib import Path
from typing import Any

from connector.cli.google_landing import ConsentFailed, Landing
from connector.cli.google_mends import enable
from connector.cli.google_scopes import needed
from connector.errors import ConnectorError, VendorRefused
from connector.outbound.google import Google
from connector.outbound.google_sign_in import TOKEN_ADDRESS, Given, GoogleSignIn, Identity, read_client
from connector.say import say
from connector.settings.load import load_one
from connector.settings.school import School
from connector.settings.service import Service

_MINUTES = 10


def sign_in(config: Path, school: str, *, port: int, browser: bool) -> int:
    """Opens the consent page, waits for the answer on loopback, writes the token file (0600). 0 when it is written.

    Nothing is written before Google has said who signed in, so a token of before stays good until then.
    """
    slug, place = _token_file(config, school)
    service, found = load_one(config.resolve(), os.environ, slug)
    token, client = _consent(service, found, port=port, browser=browser)
    account = _account(service, client, token)
    _write(place, {"refresh_token": token, "account": account})
    say(f"Signed in as {account}; the token is in {place.name}. Now run `connector check`.")
    return 0


def _token_file(config: Path, school: str) -> tuple[str, Path]:
    """The school that signs in as an account, and the file its token goes to. Raises ConnectorError."""
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


def _consent(service: Service, school: School, *, port: int, browser: bool) -> tuple[str, dict[str, Any]]:
    """The refresh token, and the client it is of. Raises ConsentFailed, ConfigError."""
    if school.google is None or school.google.client is None:
        raise ConnectorError("Set `client` under [google] to the OAuth client's JSON file.")
    client = read_client(school.google.client.get_secret_value())
    try:
        token = _flow(service, client, list(needed(school)), port=port, browser=browser)
    except ConnectorError:
        raise
    except (Exception, Warning) as error:  # noqa: BLE001 - three libraries' errors, whose texts hold codes and tokens
        said = f"The sign-in did not come through ({type(error).__name__}): run it again, and tick every box."
        raise ConsentFailed(said) from None
    if not token:
        raise ConsentFailed
    return token, client


def _flow(service: Service, client: dict[str, Any], scopes: list[str], *, port: int, browser: bool) -> str:
    """The refresh token that the consent gave, or nothing. The library is imported late: only this pays for it."""
    from google_auth_oauthlib.flow import InstalledAppFlow

    root = service.google.root
    addresses = {"auth_uri": f"{root}/o/oauth2/auth", "token_uri": f"{root}/token"} if root else _GOOGLES
    flow = InstalledAppFlow.from_client_config({"installed": {**client, **addresses}}, scopes)
    with Landing(port) as landing:
        flow.redirect_uri = landing.address
        url, state = flow.authorization_url(access_type="offline", prompt="consent")
        say("Open this as the one dedicated account, and allow everything that is asked:", "", f"  {url}", "")
        if browser:
            _show(url)
        flow.fetch_token(code=landing.wait(state, _MINUTES * 60))
    return str(flow.credentials.refresh_token or "")


def _show(url: str) -> None:
    with contextlib.suppress(webbrowser.Error):
        webbrowser.open(url)


_GOOGLES = {"auth_uri": "https://accounts.google.com/o/oauth2/auth", "token_uri": TOKEN_ADDRESS}


def _account(service: Service, client: dict[str, Any], token: str) -> str:
    """The address of whoever consented. Raises ConsentFailed where Drive does not tell."""
    root = service.google.root
    given = Given(identity=Identity.ACCOUNT, key=client, refresh_token=token)
    google = Google(GoogleSignIn(given, f"{root}/token" if root else TOKEN_ADDRESS), root or "")
    try:
        about = google.ask(google.api("drive").about().get(fields="user(emailAddress)"), ())
    except VendorRefused as refused:
        mend = enable("drive", str(client.get("project_id", "")))
        raise ConsentFailed(f"Google did not say who signed in. {refused} The Drive API may be off: {mend}") from None
    address = str(about.get("user", {}).get("emailAddress", ""))
    if not address:
        # Without it the service would take itself for a stranger in its own drive.
        raise ConsentFailed("Google did not say who signed in: run it again.")
    return address


def _write(place: Path, content: dict[str, str]) -> None:
    """Whole or not at all, readable by the service's own account only."""
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_suffix(".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file)
    os.replace(draft, place)
