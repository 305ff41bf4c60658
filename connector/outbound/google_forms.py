"""Google Forms: structure, responses, watches of one form (google.md 1). Checks that what comes is what was asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connector.errors import DeliveryError, VendorRefused
from connector.outbound.google import FORM_SCOPES, Google, How, same

# "At most 5000" is Google's own; smaller pages keep less in memory at once.
_PAGE = 1000
_MOST_PAGES = 1000
_WITHOUT_WORDS = "nextPageToken,responses(responseId,createTime,lastSubmittedTime)"
_HOW = How(timeout_seconds=60)
# How an absent watch is refused, and one that is there already (google.md 1.5).
_GONE = frozenset({403, 404})
_IS_THERE = frozenset({"FAILED_PRECONDITION", "FAILEDPRECONDITION"})


@dataclass(frozen=True, slots=True)
class FormOfGoogle:
    """One form by its id."""

    google: Google
    form_id: str

    def structure(self) -> dict[str, Any]:
        """The form as forms.get tells it. Raises VendorRefused, DeliveryError."""
        found = self._ask(self._forms().get(formId=self.form_id))
        same(self.form_id, found.get("formId"))
        return found

    def responses(self, since: str, *, words: bool) -> Iterator[Any]:
        """Every response submitted at or after `since` (RFC 3339, microseconds; all of them without), in no order.

        Without `words` only numbers and times are asked for. An empty answer is `{}`.
        Raises VendorRefused, DeliveryError.
        """
        given: dict[str, Any] = {"formId": self.form_id, "pageSize": _PAGE}
        given |= {"filter": f"timestamp >= {since}"} if since else {}
        given |= {} if words else {"fields": _WITHOUT_WORDS}
        for _ in range(_MOST_PAGES):
            page = self._ask(self._responses().list(**given))
            there = page.get("responses", [])
            yield from there if isinstance(there, list) else [there]
            if not (token := page.get("nextPageToken")):
                return
            given["pageToken"] = token
        raise DeliveryError("The pages of a form's responses do not end.")

    def response(self, response_id: str) -> dict[str, Any]:
        """One response as it stands now. Raises WrongAnswer where it is of another, VendorRefused, DeliveryError."""
        found = self._ask(self._responses().get(formId=self.form_id, responseId=response_id))
        same(response_id, found.get("responseId"))
        same(self.form_id, found.get("formId", self.form_id))
        return found

    def can_read_responses(self) -> None:
        """Returns where responses may be read, without reading one. Raises VendorRefused, DeliveryError."""
        self._ask(self._responses().list(formId=self.form_id, pageSize=1, fields=_WITHOUT_WORDS))

    def watch(self, topic: str) -> str:
        """A watch on its responses; its id. One that is there already is taken over (google.md 1.5)."""
        target = {"target": {"topic": {"topicName": topic}}, "eventType": "RESPONSES"}
        for is_last in (False, True):
            try:
                made = self._ask(self._watches().create(formId=self.form_id, body={"watch": target})).get("id")
            except VendorRefused as refused:
                if is_last or refused.status != 400 or refused.code.upper() not in _IS_THERE:
                    raise
                # Only now is it known that one of ours is in the way (there is one for each user, project and form).
                if known := self._taken_over(topic):
                    return known
                continue
            if not isinstance(made, str) or not made:
                raise DeliveryError("Google made a watch and gave no id for it.")
            return made
        raise AssertionError("unreachable")

    def _taken_over(self, topic: str) -> str:
        """The id of a watch of ours that is there already, renewed; one that hints elsewhere is taken away."""
        for watch in self.watches():
            if watch.get("eventType") != "RESPONSES":
                continue
            if self.hints_to(watch) == topic and self.renew(str(watch.get("id"))):
                return str(watch["id"])
            self._take_away(str(watch.get("id")))
        return ""

    def _take_away(self, watch: str) -> None:
        try:
            self._ask(self._watches().delete(formId=self.form_id, watchId=watch))
        except VendorRefused as refused:
            if refused.status not in _GONE:
                raise

    @staticmethod
    def hints_to(watch: Mapping[str, Any]) -> str:
        """The topic that a watch hints to."""
        target = watch.get("target")
        topic = target.get("topic") if isinstance(target, Mapping) else None
        return str(topic.get("topicName", "")) if isinstance(topic, Mapping) else ""

    def watches(self) -> list[Mapping[str, Any]]:
        """Our watches on it, whatever their state. Raises VendorRefused, DeliveryError."""
        found = self._ask(self._watches().list(formId=self.form_id)).get("watches", [])
        return [watch for watch in found if isinstance(watch, Mapping)] if isinstance(found, list) else []

    def renew(self, watch: str) -> bool:
        """Seven days more; False where Google has forgotten it. Raises VendorRefused, DeliveryError."""
        try:
            self._ask(self._watches().renew(formId=self.form_id, watchId=watch, body={}))
        except VendorRefused as refused:
            if refused.status in _GONE:
                return False
            raise
        return True

    def _forms(self) -> Any:
        return self.google.api("forms").forms()

    def _responses(self) -> Any:
        return self._forms().responses()

    def _watches(self) -> Any:
        return self._forms().watches()

    def _ask(self, request: Any) -> dict[str, Any]:
        found = self.google.ask(request, FORM_SCOPES, _HOW)
        if not isinstance(found, dict):
            raise DeliveryError("Google's answer could not be read.")
        return found
