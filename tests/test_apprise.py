"""Apprise: what goes to it, what it may not do, and that nothing of its URL reaches an error or a log."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest

from connector.errors import ConfigError, DeliveryError
from connector.model.notice import Bulletin, BulletinKind
from connector.notify.apprise import AppriseChannel
from connector.notify.words import Words
from tests.loopback import FarSide, far_side
from tests.test_telling import RECEIPT, TO, notice

WORDS = Words.of()
# Apprise's mail plugin asks an old module of the standard library, which says so on import.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
SECRETS = ("S3CRET", "t0ken", "canary.example")


def channel(side: FarSide, query: str = "", **changes: Any) -> AppriseChannel:
    url = f"json://user:S3CRET@127.0.0.1:{side.port}/hook/t0ken{query}"
    return AppriseChannel(**{"url": url, "timeout_seconds": 5.0, "words": WORDS} | changes)


@pytest.fixture(autouse=True)
def _everything_is_heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    caplog.set_level(1, logger="apprise")


def nothing_of(*texts: str) -> None:
    for text in texts:
        assert not any(secret in text for secret in SECRETS), text


def test_a_notice_goes_as_its_reference_and_a_short_message(caplog: pytest.LogCaptureFixture) -> None:
    with far_side() as side:
        assert channel(side).send(notice(why="C:\\new :smile: <b>"), TO) == "handed over"
    sent = json.loads(side.asked[0][1])
    assert sent["title"] == "C-7QK4-M2XT"
    assert sent["message"] == WORDS.short(notice())
    assert sent["message"].endswith("https://concerns.example/a/token")
    assert sent["attachments"] == []
    assert len(side.asked) == 1
    assert caplog.records == []


def test_a_bulletin_is_titled_as_the_service_itself() -> None:
    bulletin = Bulletin(kind=BulletinKind.TEST, school=":smile: \\n", place="store", said="", since=TO.sent_at)
    with far_side() as side:
        channel(side, "?emojis=yes").send(bulletin, TO)
    sent = json.loads(side.asked[0][1])
    assert sent["title"] == "The safeguarding service itself"
    assert ":smile: \\n" in sent["message"]


def test_a_receipt_never_goes_by_apprise() -> None:
    with far_side() as side, pytest.raises(DeliveryError) as refused:
        channel(side).send(RECEIPT, TO)
    assert refused.value.permanent
    assert side.asked == []


@pytest.mark.parametrize("status", [500, 404, 302])
def test_a_refusal_is_worth_another_try_whatever_it_was(status: int, caplog: pytest.LogCaptureFixture) -> None:
    with (
        far_side(status=status, headers={"Location": "/elsewhere"}, answer=b"S3CRET again") as side,
        pytest.raises(DeliveryError) as refused,
    ):
        channel(side).send(notice(), TO)
    assert not refused.value.permanent
    assert refused.value.__cause__ is None
    assert len(side.asked) == 1
    nothing_of(str(refused.value), caplog.text, repr(channel(side)))
    assert caplog.records == []


def test_a_url_cannot_make_a_failure_count_as_told_nor_try_again_nor_follow_elsewhere() -> None:
    with far_side(status=307, headers={"Location": "/elsewhere"}) as side, pytest.raises(DeliveryError):
        channel(side, "?optional=yes&retry=3&wait=0&redirect=yes").send(notice(), TO)
    assert [path for path, _ in side.asked] == ["/hook/t0ken"]


def test_a_far_side_that_is_away_is_worth_another_try(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(DeliveryError) as refused:
        channel(FarSide(port=1)).send(notice(), TO)
    assert not refused.value.permanent
    nothing_of(str(refused.value), caplog.text)


@pytest.mark.parametrize("url", [
    "nonsense", "", "nowhere://S3CRET@canary.example/t0ken", "json://", "slack://t0ken", "json://[S3CRET/t0ken",
    "json://canary.example/t0ken?method=S3CRET", "json://127.0.0.1/a?tz=t0ken",
])  # fmt: skip
def test_a_url_that_apprise_cannot_read_is_a_fault_of_the_configuration(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    found = AppriseChannel(url, 5, WORDS)
    for act in (found.check, lambda: found.send(notice(), TO)):
        with pytest.raises(ConfigError, match="cannot be read") as refused:
            act()
        nothing_of(str(refused.value), *refused.value.faults, caplog.text)
        assert refused.value.__cause__ is None
    assert caplog.records == []


def test_what_a_plugin_raises_is_told_without_its_text(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import apprise

    def broken(*_arguments: Any, **_named: Any) -> None:
        raise RuntimeError("json://S3CRET@canary.example")

    monkeypatch.setattr(apprise.Apprise, "notify", broken)
    with pytest.raises(DeliveryError) as refused:
        channel(FarSide(port=1)).send(notice(), TO)
    assert not refused.value.permanent
    assert refused.value.__cause__ is None
    nothing_of(str(refused.value), caplog.text)


def test_without_apprise_the_mend_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    found = channel(FarSide(port=1))
    with pytest.raises(ConfigError, match=r"pip install \"\.\[apprise\]\""):
        found.check()


def test_the_logger_stays_silent_though_somebody_switched_it_on(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("apprise").disabled = False
    with far_side(status=500) as side, pytest.raises(DeliveryError):
        channel(side).send(notice(), TO)
    assert caplog.records == []


def test_nothing_of_apprises_own_conveniences_is_on() -> None:
    from apprise import NotifyType

    service = channel(FarSide(port=1), "?rto=99&verify=no", timeout_seconds=7.0)._service()
    plugin, asset = service.services[0], service.asset
    assert plugin.request_timeout == (7.0, 7.0)
    assert plugin.verify_certificate is True
    assert plugin.asset is asset
    assert (asset.storage_mode.value, asset.storage_path) == ("memory", None)
    assert plugin.store.mode.value == "memory"
    assert list(asset.plugin_paths) == []
    assert plugin.image_url(NotifyType.INFO) is None
    assert plugin.image_path(NotifyType.INFO) is None
    assert "S3CRET" not in repr(channel(FarSide(port=1)))
