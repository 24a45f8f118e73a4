"""The `jira:` section of a configuration file: which issues are tickets, and how to read them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from setflow.document import Node, Reader

LEVELS = ("L1", "L2", "L3", "L4")

_QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")
_ORDER_BY = re.compile(r"\border\s+by\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class JiraSettings:
    """What to pull from Jira.

    jql             which issues, without an order
    team_field, level_field, customer_field   a field's name, or its id such as customfield_10001
    levels          L1 to L4 → the value that the level's field has for it
    """

    jql: str
    team_field: str
    level_field: str
    levels: Mapping[str, str]
    customer_field: str | None = None


def read_jira(node: Node, reader: Reader) -> JiraSettings:
    """The section as settings; every mistake is noted in `reader`."""
    parts = reader.mapping(
        node,
        known=("jql", "team_field", "level", "customer_field"),
        required=("jql", "team_field", "level"),
    )
    level_field, levels = _level(parts["level"], reader) if "level" in parts else ("", {})
    return JiraSettings(
        jql=reader.parsed(parts["jql"], _jql, "") if "jql" in parts else "",
        team_field=reader.text(parts["team_field"]) if "team_field" in parts else "",
        level_field=level_field,
        levels=levels,
        customer_field=reader.text(parts["customer_field"]) if "customer_field" in parts else None,
    )


def _level(node: Node, reader: Reader) -> tuple[str, Mapping[str, str]]:
    parts = reader.mapping(node, known=("field", "values"), required=("field", "values"))
    levels: dict[str, str] = {}
    values = reader.mapping(parts["values"], known=LEVELS) if "values" in parts else {}
    for level, value in values.items():
        text = reader.text(value)
        for other, taken in levels.items():
            if taken.casefold() == text.casefold():
                reader.fail(value, f'"{text}" is {other} already')
        levels[level] = text
    if "values" in parts and parts["values"].value == {}:
        reader.fail(parts["values"], "should say what at least one of L1 to L4 is called in Jira")
    return reader.text(parts["field"]) if "field" in parts else "", levels


def _jql(text: str) -> str:
    bare = _QUOTED.sub("", text)
    if _ORDER_BY.search(bare):
        raise ValueError("should be without ORDER BY: issues are read in the order they changed")
    if "'" in bare or '"' in bare:
        raise ValueError("has a quote that is not closed")
    depth = 0
    for sign in bare:
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            break
    if depth:
        raise ValueError("has a bracket without its partner")
    return text.strip()
