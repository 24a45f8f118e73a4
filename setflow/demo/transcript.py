"""What people got to see: the transcript of DESIGN section 6."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from setflow import views
from setflow.db import transaction
from setflow.demo.phones import Call
from setflow.demo.stage import Stage
from setflow.sandbox.chat.posted import Entry
from setflow.views import Reason

PAGES, NUDGES = ("page:", "page-channel:"), ("nudge-task:", "nudge-update:")


def transcript(stage: Stage, start: datetime) -> dict[str, Any]:
    """All that reached people since `start`, in order, each with the rule that caused it.

    {"from", "to", "entries": [{"at", "kind": "post|patch|page|nudge|header", "to":
    "~channel|@person", "text", "reason"}]}, instants in UTC.
    """
    with transaction(stage.parts.db) as tx:
        reasons = views.reasons(tx)
    by_key = {one.key: one for one in reasons}
    found = [(entry.at, _entry(entry, by_key, reasons)) for entry in stage.far.chat.transcript]
    found += [(call.at, _call(stage, call, reasons)) for call in stage.far.phones.calls]
    found.sort(key=lambda pair: pair[0])
    return {
        "from": _utc(start),
        "to": _utc(stage.clock.now()),
        "entries": [entry for _, entry in found],
    }


def _entry(entry: Entry, by_key: Mapping[str, Reason], reasons: Sequence[Reason]) -> dict[str, str]:
    known = by_key.get(entry.key) or _header(entry, reasons)
    kind = entry.kind
    if kind == "post":
        kind = "page" if entry.key.startswith(PAGES) else kind
        kind = "nudge" if entry.key.startswith(NUDGES) else kind
    return _line(entry.at, kind, entry.to, text=entry.text, reason=known)


def _header(entry: Entry, reasons: Sequence[Reason]) -> Reason | None:
    """A header carries no key: the last effect of that kind that was decided by then."""
    of_headers = [
        one for one in reasons if one.key.startswith("header:") and one.decided_at <= entry.at
    ]
    return of_headers[-1] if entry.kind == "header" and of_headers else None


def _call(stage: Stage, call: Call, reasons: Sequence[Reason]) -> dict[str, str]:
    """A text message or phone call; what caused it is the person's last page by that method."""
    person = next(
        one
        for one in stage.configuration.people.values()
        if any((contact.via, contact.to) == (call.via, call.to) for contact in one.contact)
    )
    of_person = [
        one
        for one in reasons
        if f":{person.name}:{call.via}" in one.key and one.decided_at <= call.at
    ]
    text = f"{call.via}: {call.text}"
    reason = of_person[-1] if of_person else None
    return _line(call.at, "page", f"@{person.mattermost}", text=text, reason=reason)


def _line(at: datetime, kind: str, to: str, *, text: str, reason: Reason | None) -> dict[str, str]:
    return {
        "at": _utc(at),
        "kind": kind,
        "to": to,
        "text": text,
        "reason": reason.reason if reason else "",
    }


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
