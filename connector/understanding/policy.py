"""Understanding a whole policy: everything the service can use of it, each with its words and its place. Pure."""

from __future__ import annotations

from connector.model.guidance import Editions
from connector.model.policy import PolicyReading
from connector.model.policy_text import PolicyText
from connector.understanding.citations import citations_in
from connector.understanding.header import header_of
from connector.understanding.linked import linked_in
from connector.understanding.passages import contacts_in, escalation_in, indicators_in, records_in, stages_in
from connector.understanding.record_draft import Named
from connector.understanding.record_list import lists_not_understood, record_list
from connector.understanding.roles import roles_in


def understand(text: PolicyText, editions: Editions) -> PolicyReading:
    """What was found. Nothing is decided: what is blank, absent, doubtful or not understood says so. Never raises."""
    header, blocks = header_of(text), text.blocks
    title, setting = header.title.value, header.setting.value
    record = record_list(blocks, Named(file=text.name, title=title, setting=setting))
    return PolicyReading(
        name=text.name,
        title=header.title,
        number=header.number,
        setting=header.setting,
        version=header.version,
        owner=header.owner,
        written=header.written,
        accepted=header.accepted,
        next_review=header.next_review,
        cycle=header.cycle,
        signed_head=header.signed_head,
        signed_chair=header.signed_chair,
        minute_number=header.minute_number,
        linked=linked_in(blocks, header.linked, title, setting),
        roles=roles_in(blocks),
        guidance=citations_in(blocks, editions),
        record=record,
        records_said=records_in(blocks),
        indicators=indicators_in(blocks),
        escalation=escalation_in(blocks),
        stages=stages_in(blocks),
        contacts=contacts_in(blocks),
        not_understood=(*header.not_understood, *lists_not_understood(blocks, record)),
    )
