"""Whatever a channel carries."""

from __future__ import annotations

from connector.model.all_well import AllWell
from connector.model.notice import Bulletin, Notice, Receipt

# What may stand where several people read it.
Shared = Notice | Bulletin | AllWell
Message = Shared | Receipt
