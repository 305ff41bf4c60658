"""The whole error family.

The docstring of an error is its message, so a message can never carry an answer, an address, a
URL or a key unless somebody writes one by hand. `permanent` says whether trying again can help.
"""

from __future__ import annotations

import inspect


class ConnectorError(Exception):
    """Something went wrong in the connector; its log says where."""

    permanent: bool = True

    def __init__(self, message: str | None = None, *, permanent: bool | None = None) -> None:
        super().__init__(message or inspect.getdoc(type(self)))
        if permanent is not None:
            self.permanent = permanent


class ConfigError(ConnectorError):
    """The configuration has faults: run `connector check` to see each with its mend."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults) or None)
        self.faults = faults


class Refused(ConnectorError):
    """The submission was refused at the door; nothing of it was kept."""

    status = 400
    title = "Refused"


class NotJson(Refused):
    """The body is not JSON. Send one JSON object in UTF-8, as the form's recipe in docs/forms.md shows."""

    title = "Not JSON"


class WrongMediaType(Refused):
    """The body must be sent as application/json. Set the Content-Type header of the request."""

    status = 415
    title = "Wrong media type"


class NotAuthentic(Refused):
    """The submission could not be shown to come from the school's form. Send X-Connector-Signature
    or Authorization: Bearer with this form's own key or an Entra token of its flow's app, and check the
    sender's clock (5 minutes)."""

    status = 401
    title = "Not authentic"


class UnknownForm(Refused):
    """No form of this name is set up here. Check the address against `connector check`."""

    status = 404
    title = "Unknown form"


class TooLarge(Refused):
    """The submission is larger than 1 MiB. Send the answers without their files, which stay in the form's storage."""

    status = 413
    title = "Too large"


class LinkInvalid(Refused):
    """This link is not valid any more. Use the newest message, or call the Designated Safeguarding Lead."""

    status = 410
    title = "Link not valid"


class CannotAccept(ConnectorError):
    """The concern cannot be made safe at this moment, so it was NOT accepted. Send it again shortly,
    and tell the Designated Safeguarding Lead in person now."""

    permanent = False


class SealError(ConnectorError):
    """Sealed content could not be opened or made: the key is missing, wrong or the content was altered."""


class UnknownReference(ConnectorError):
    """No concern with this reference is known here."""


class DeliveryError(ConnectorError):
    """A record or notice could not be delivered."""

    permanent = False

    def __init__(
        self, message: str | None = None, *, permanent: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(message, permanent=permanent)
        self.retry_after = retry_after


class VendorRefused(DeliveryError):
    """Microsoft or Google refused a request. `status` is HTTP's, `code` the vendor's own word for it."""

    def __init__(self, status: int, code: str, *, permanent: bool, retry_after: float | None = None) -> None:
        self.status = status
        self.code = code
        super().__init__(
            f"The far side answered {status}{f' ({code})' if code else ''}.",
            permanent=permanent,
            retry_after=retry_after,
        )


class AnotherFile(DeliveryError):
    """A different file stands under the record's name; we never overwrite. Look at it, move it away, then retry."""

    def __init__(self) -> None:
        super().__init__(permanent=True)


class CursorLost(DeliveryError):
    """The source does not know any more how far it was read: read it from the beginning."""


class Gone(DeliveryError):
    """What was found at the source is not there any more: a person took it away."""


class SignInFailed(DeliveryError):
    """The service could not sign in to the school's tenant or Workspace: run `connector check`."""

    def __init__(self, message: str | None = None, *, code: str = "") -> None:
        """`code` is the vendor's own word for the refusal, where one is known."""
        self.code = code
        super().__init__(message)


class NotRestricted(DeliveryError):
    """The store can be read by people who must not read it, so nothing is filed there until that is mended."""


class UnreadablePolicy(ConnectorError):
    """This file could not be read as a policy. Save it as .docx, .pdf (with its text) or .txt, and try again."""


class OfficeShut(ConnectorError):
    """The part of the service that looks after policies is shut at the moment, so nothing was noted. Concerns are taken
    in as ever. Please tell whoever looks after the service: `connector check` says what to mend.
    """

    permanent = False


class RegisterClosed(ConnectorError):
    """The register of policies cannot be read or written now, so nothing was changed. Try again shortly."""

    permanent = False
