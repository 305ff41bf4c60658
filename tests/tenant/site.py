"""A SharePoint site: its id, its libraries."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from tests.tenant import ids
from tests.tenant.store import Library


class Site:
    """One site collection. Its id is `hostname,site collection GUID,web GUID` (site resource)."""

    def __init__(self, url: str, tenant_id: str, now: Callable[[], datetime], lock: threading.RLock) -> None:
        split = urlsplit(url)
        self.url, self.host, self.path = url.rstrip("/"), split.hostname or "", split.path.strip("/")
        self.tenant_id, self.lock, self._now = tenant_id, lock, now
        self.collection, self.web = ids.guid(), ids.guid()
        self.id = f"{self.host},{self.collection},{self.web}"
        self.title = (self.path.rsplit("/", 1)[-1] or self.host).replace("-", " ").title()
        self.created = now()
        self.libraries: dict[str, Library] = {}

    def library(self, name: str, columns: Mapping[str, Any] | None = None) -> Library:
        """The library of that name, made where missing. `columns` are {internal name: text|note|number|dateTime|
        boolean|choice|multichoice} or {name: the facet's own body}; given again, they are added."""
        with self.lock:
            if name not in self.libraries:
                self.libraries[name] = Library(self, name, columns or {}, self._now)
            self.libraries[name].columns.update(columns or {})
            return self.libraries[name]
