"""What somebody newly wrote, out of what their mail program sent. Pure."""

import re

_SIGNATURE = re.compile(r"^-- ?$")
_QUOTE = re.compile(r"^\s*>")
# "On Tue, 1 Dec 2026 at 03:12, Sue wrote:" as mail programs say it; it may take two lines.
_ATTRIBUTION = re.compile(
    r"^(?:On|Am|Le|El|Il|Op|Den)\b[^\n]{0,200}(?:\n[^\n]{0,200})?"
    r"(?:wrote|schrieb|a écrit|escribió|ha scritto|schreef|skrev)[^\n]{0,120}:\s*$",
    re.MULTILINE,
)
_ORIGINAL = re.compile(
    r"^(?:-{3,} ?(?:Original Message|Ursprüngliche Nachricht|Message d'origine) ?-{3,}"
    r"|_{20,})\s*$",
    re.MULTILINE | re.IGNORECASE,
)
_OUTLOOK = re.compile(r"^(?:From|Von|De): .+\n(?:Sent|Gesendet|Envoyé|Date|Datum): ", re.MULTILINE)


def trimmed(text: str, *, reply: bool, longest: int) -> str:
    """`text` without its signature and, of a reply, what it quotes; at most `longest` characters.

    What would leave nothing at all is left as it is.
    """
    kept = _without_quotes(text) if reply else text
    kept = _tidy(_without_signature(kept)) or _tidy(text)
    return kept if len(kept) <= longest else f"{kept[: longest - 1].rstrip()}…"


def _without_quotes(text: str) -> str:
    for mark in (_ORIGINAL, _OUTLOOK):
        if found := mark.search(text):
            text = text[: found.start()]
    # What stands below a quote may well be the answer to it.
    unquoted = _ATTRIBUTION.sub("", text)
    return "\n".join(line for line in unquoted.splitlines() if not _QUOTE.match(line))


def _without_signature(text: str) -> str:
    lines = text.splitlines()
    ends = (number for number, line in enumerate(lines) if _SIGNATURE.match(line))
    return "\n".join(lines[: next(ends, len(lines))])


def _tidy(text: str) -> str:
    """Without spaces at the ends of lines, and no two empty lines after one another."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip()
