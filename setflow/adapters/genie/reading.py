"""Requests read: what is missing or of no use is said by field, what is too long is cut.

Fields that nobody knows are passed over. Pure.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

PRIORITIES = ("P1", "P2", "P3", "P4", "P5")
USUAL_PRIORITY = "P3"
LONGEST_ALIAS = 512
MOST_DETAILS = 50
_LONGEST = {
    "message": 130,
    "description": 15_000,
    "entity": 512,
    "source": 2_000,
    "user": 100,
    "note": 25_000,
    "tag": 50,
    "action": 50,
    "detail": 4_000,
    "detail name": 100,
}
MOST_TAGS, MOST_ACTIONS = 20, 10
DESCRIPTION, ENTITY, ACTIONS, RESPONDERS, SOURCE = OWN_DETAILS = (
    "Description",
    "Entity",
    "Actions",
    "Responders",
    "Source",
)
"""Under which names of its details an alert keeps what OpsGenie has fields for."""

_URL = re.compile(r"https?://\S+")

Body = Mapping[str, Any]
Given = dict[str, Any]


class Unfit(ValueError):
    """A request that cannot be worked; `errors` says why, by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("Request body is not processable. Please check the errors.")
        self.errors = errors


def create(body: Body) -> Given:
    """An alert to be made: alias ("" for none), message, priority, details, url, tags, user, note.

    Raises Unfit.
    """
    errors = {}
    alias = _text(body.get("alias"))
    if len(alias) > LONGEST_ALIAS:
        errors["alias"] = f"Alias can not be longer than {LONGEST_ALIAS} characters."
    message = _cut("message", body.get("message"))
    if not message:
        errors["message"] = "Message can not be empty."
    priority = _text(body.get("priority")) or USUAL_PRIORITY
    if priority not in PRIORITIES:
        errors["priority"] = f"Priority should be one of {', '.join(PRIORITIES)}."
    if errors:
        raise Unfit(errors)
    details, tags = _details(body), _tags(body.get("tags"))
    return {
        **said(body),
        "alias": alias,
        "message": message,
        "priority": priority,
        "details": details,
        "url": _url(details),
        "tags": tags,
    }


def _url(details: Mapping[str, str]) -> str:
    """Where a person looks: what Alertmanager gives as source, or a detail that is an address."""
    given = (details.get(SOURCE, ""), *(details.get(name, "") for name in ("url", "URL", "link")))
    return next((one[:2_000] for one in given if _URL.fullmatch(one)), "")


def _details(body: Body) -> dict[str, str]:
    given = body.get("details")
    own = {
        DESCRIPTION: _cut("description", body.get("description")),
        ENTITY: _cut("entity", body.get("entity")),
        ACTIONS: ", ".join(_listed("action", body.get("actions"), MOST_ACTIONS)),
        RESPONDERS: ", ".join(_responders(body.get("responders"))),
        SOURCE: _cut("source", body.get("source")),
    }
    found = _pairs(given) | own
    return {name: value for name, value in found.items() if value}


def _pairs(given: object) -> dict[str, str]:
    pairs = given.items() if isinstance(given, Mapping) else ()
    return {
        _cut("detail name", name): _cut("detail", value)
        for name, value in list(pairs)[:MOST_DETAILS]
    }


def _responders(given: object) -> list[str]:
    listed = given if isinstance(given, list) else []
    found = []
    for one in listed[:MOST_DETAILS]:
        parts = one if isinstance(one, Mapping) else {"name": one}
        name = next((_text(parts[key]) for key in ("name", "username", "id") if parts.get(key)), "")
        found.append(f"{_text(parts.get('type'))} {name}".strip()[:100])
    return list(filter(None, found))


def _tags(given: object) -> list[str]:
    return _listed("tag", given, MOST_TAGS)


def _listed(what: str, given: object, most: int) -> list[str]:
    """A list of short texts, or text with commas; nothing twice."""
    parts: Sequence[object] = given.split(",") if isinstance(given, str) else ()
    if isinstance(given, list):
        parts = given
    found = dict.fromkeys(_cut(what, part) for part in parts)
    return [one for one in found if one][:most]


def said(body: Body) -> Given:
    """Who asks, as they say themselves, and what they note with it."""
    return {name: _cut(name, body.get(name)) for name in ("user", "note")}


def _snooze(body: Body) -> Given:
    text = _text(body.get("endTime"))
    try:
        until = datetime.fromisoformat(text)
        until = (until if until.tzinfo else until.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        example = "2026-12-02T10:00:00Z"
        raise Unfit({"endTime": f"End time should be an instant such as {example}."}) from None
    return {**said(body), "until": until.isoformat()}


def _of_object(field: str, names: Sequence[str], key: str) -> Callable[[Body], Given]:
    """What names one of OpsGenie's things: `{"id": …}`, `{"name": …}` or the name alone."""

    def read(body: Body) -> Given:
        given = body.get(field)
        parts = given if isinstance(given, Mapping) else {names[0]: given}
        named = next((_text(parts[name]) for name in names if parts.get(name)), "")
        if not named:
            raise Unfit({field: f"{field.capitalize()} can not be empty."})
        return {**said(body), key: named[:200]}

    return read


def _wants(field: str, read: Callable[[object], Any]) -> Callable[[Body], Given]:
    """A request that is about one field, which has to say something."""

    def given(body: Body) -> Given:
        found = read(body.get(field))
        if not found:
            raise Unfit({field: f"{field.capitalize()} can not be empty."})
        return {**said(body), field: found}

    return given


def _priority(body: Body) -> Given:
    if body.get("priority") not in PRIORITIES:
        raise Unfit({"priority": f"Priority should be one of {', '.join(PRIORITIES)}."})
    return {**said(body), "priority": body["priority"]}


def _description(body: Body) -> Given:
    # Alertmanager leaves one that has become empty out.
    return {**said(body), "details": {DESCRIPTION: _cut("description", body.get("description"))}}


def _added(field: str) -> Callable[[Body], Given]:
    """Somebody who is to be told as well: the ladder says whom setflow pages, so that is a note."""

    def read(body: Body) -> Given:
        given = body.get(field)
        named = _responders([given] if given else [])
        if not named:
            raise Unfit({field: f"{field.capitalize()} can not be empty."})
        own = said(body)
        noted = f"Responder asked for: {named[0]} (the ladder decides who is paged)."
        return {**own, "note": f"{own['note']} {noted}".strip()}

    return read


def _without(field: str, key: str) -> Callable[[Body], Given]:
    def read(body: Body) -> Given:
        gone = _listed("detail name", body.get(field), MOST_DETAILS)
        if not gone:
            raise Unfit({field: f"{field.capitalize()} can not be empty."})
        return {**said(body), key: gone}

    return read


READERS: Mapping[str, tuple[str, Callable[[Body], Given]]] = {
    "POST close": ("close", said),
    "POST notes": ("note", _wants("note", lambda value: _cut("note", value))),
    "POST tags": ("edit", _wants("tags", _tags)),
    "DELETE tags": ("edit", _without("tags", "without tags")),
    "POST details": ("edit", _wants("details", _pairs)),
    "DELETE details": ("edit", _without("keys", "without details")),
    "PUT message": ("edit", _wants("message", lambda value: _cut("message", value))),
    "PUT description": ("edit", _description),
    "PUT priority": ("edit", _priority),
    "POST responders": ("note", _added("responder")),
    "POST teams": ("note", _added("team")),
    "POST acknowledge": ("acknowledge", said),
    "POST unacknowledge": ("unacknowledge", said),
    "POST snooze": ("snooze", _snooze),
    "POST escalate": ("escalate", _of_object("escalation", ("name", "id"), "escalation")),
    "POST assign": ("assign", _of_object("owner", ("username", "id", "name"), "owner")),
}
"""Method and end of the path → what is asked for, and what reads it (it raises Unfit)."""


def wanted(asked: Mapping[str, str], limit: int) -> tuple[int, int]:
    """The offset and limit of a list; raises Unfit. `limit` is the usual one; 100 the most."""
    errors, found = {}, []
    for name, otherwise, least, most in (("offset", 0, 0, 1_000_000), ("limit", limit, 1, 100)):
        given = asked.get(name) or str(otherwise)
        if not given.isdigit() or len(given) > 9 or not least <= int(given) <= most:
            errors[name] = f"{name.capitalize()} should be from {least} to {most}."
            continue
        found.append(int(given))
    if errors:
        raise Unfit(errors)
    return found[0], found[1]


def _cut(what: str, given: object) -> str:
    return _text(given)[: _LONGEST[what]].strip()


def _text(given: object) -> str:
    """Text that a database takes; numbers as they are written, "" for nothing."""
    if given is None or isinstance(given, list | Mapping):
        return ""
    text = str(given).lower() if isinstance(given, bool) else str(given)
    return text.replace("\0", "").encode(errors="replace").decode().strip()
