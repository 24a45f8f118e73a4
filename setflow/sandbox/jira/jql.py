"""As much of JQL as setflow and its users' queries need, for the Jira stand-in.

The language is Atlassian's (https://support.atlassian.com/jira-software-cloud/docs/jql-operators/):
clauses of a field, an operator and values, joined by AND, OR, NOT and brackets, then ORDER BY.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

Value = str | datetime | None
Row = Mapping[str, Value]
Test = Callable[[Row], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')"
    r"|(?P<sign>!=|>=|<=|!~|[=<>~(),])|(?P<word>[^\s=!<>~(),\"']+))"
)
_AGO = re.compile(r"-(\d+)([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class JqlError(ValueError):
    """What Jira would answer 400 to; the text is what it would say, more or less."""


class Query:
    """A query that was understood: `matches` a row or not, `sort` puts rows in its order."""

    def __init__(self, text: str, *, fields: Mapping[str, str], now: datetime) -> None:
        """Read `text`. `fields` are the known names in lower case → the key of a row.

        Raises JqlError for what Jira refuses, such as a query without a restriction.
        """
        self._tokens, self._fields, self._now = _tokens(text), fields, now
        self._at = 0
        if not self._tokens or self._is("order"):
            raise JqlError("Unbounded JQL queries are not allowed here. Add a search restriction.")
        self.matches = self._either()
        self._order = self._order_by()
        if self._at < len(self._tokens):
            raise JqlError(f"Error in the JQL Query: unexpected '{self._tokens[self._at]}'.")

    def sort(self, rows: Sequence[Row]) -> list[Row]:
        """The rows in the order that the query asks for."""
        result = list(rows)
        for field, descending in reversed(self._order):
            result.sort(key=lambda row: _rank(row[field]), reverse=descending)
        return result

    def _is(self, *words: str) -> bool:
        rest = [token.lower() for token in self._tokens[self._at : self._at + len(words)]]
        return rest == list(words)

    def _take(self, *words: str) -> bool:
        found = self._is(*words)
        self._at += len(words) * found
        return found

    def _next(self) -> str:
        if self._at == len(self._tokens):
            raise JqlError("Error in the JQL Query: it ends too early.")
        self._at += 1
        return self._tokens[self._at - 1]

    def _either(self) -> Test:
        tests = [self._both()]
        while self._take("or"):
            tests.append(self._both())
        return lambda row: any(test(row) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._take("and"):
            tests.append(self._one())
        return lambda row: all(test(row) for test in tests)

    def _one(self) -> Test:
        if self._take("not"):
            inner = self._one()
            return lambda row: not inner(row)
        if self._take("("):
            inner = self._either()
            self._expect(")")
            return inner
        return self._clause()

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise JqlError(f"Error in the JQL Query: expecting '{word}'.")

    def _field(self) -> str:
        name = _bare(self._next())
        if name.lower() not in self._fields:
            raise JqlError(
                f"Field '{name}' does not exist or you do not have permission to view it."
            )
        return self._fields[name.lower()]

    def _clause(self) -> Test:
        field = self._field()
        for words, wanted in ((("is", "not"), False), (("is",), True)):
            if self._take(*words):
                if self._next().lower() not in ("empty", "null"):
                    raise JqlError("Error in the JQL Query: IS takes EMPTY or NULL.")
                return lambda row: (not row[field]) is wanted
        for words, wanted in ((("not", "in"), False), (("in",), True)):
            if self._take(*words):
                values = [_rank(self._value(text)) for text in self._list()]
                # As in Jira, what is empty is neither in a list nor outside of it.
                return lambda row: bool(row[field]) and (_rank(row[field]) in values) is wanted
        return self._comparison(field)

    def _list(self) -> list[str]:
        self._expect("(")
        values = [self._next()]
        while self._take(","):
            values.append(self._next())
        self._expect(")")
        return values

    def _comparison(self, field: str) -> Test:
        sign = self._next()
        wanted = self._value(self._next())
        compare = _COMPARE.get(sign)
        if compare is None:
            raise JqlError(f"Error in the JQL Query: '{sign}' is no operator.")
        return lambda row: bool(row[field]) and compare(_rank(row[field]), _rank(wanted))

    def _value(self, token: str) -> Value:
        text = _bare(token)
        ago = _AGO.fullmatch(text)
        return self._now - timedelta(**{_UNITS[ago[2]]: int(ago[1])}) if ago else text

    def _order_by(self) -> list[tuple[str, bool]]:
        order: list[tuple[str, bool]] = []
        more = self._take("order", "by")
        while more:
            field = self._field()
            descending = self._take("desc")
            if not descending:
                self._take("asc")
            order.append((field, descending))
            more = self._take(",")
        return order


_COMPARE: Mapping[str, Callable[[str, str], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    "~": lambda left, right: right in left,
    "!~": lambda left, right: right not in left,
}


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise JqlError(f"Error in the JQL Query: the character '{text[at:].strip()[0]}'.")
        found.append(match.group(match.lastgroup or 0))
        at = match.end()
    return found


def _bare(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1]) if token[0] in "\"'" else token


def _rank(value: Value) -> str:
    """What values compare by: text without case, an instant by its time."""
    return (
        value.isoformat(timespec="milliseconds")
        if isinstance(value, datetime)
        else (value or "").casefold()
    )
