"""HTML as text. Pure."""

from html.parser import HTMLParser

_UNSEEN = ("head", "script", "style", "title", "template")
_QUOTED = "blockquote"
_BREAKS = ("br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "table", "ul", "ol", "hr", "pre")


def plain(html: str) -> str:
    """What somebody reads in `html`, line by line; quoted mails begin with > there."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = ("".join(reader.parts)).splitlines()
    return "\n".join(" ".join(line.split()) for line in lines if line.strip())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden, self._quoted = 0, 0

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002  the parser's own
        self._hidden += tag in _UNSEEN
        self._quoted += tag == _QUOTED
        if tag in _BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in _UNSEEN and self._hidden > 0
        if tag == _QUOTED and self._quoted:
            self._quoted -= 1
            self.parts.append("\n")
        if tag in _BREAKS and tag != "br":
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        joined = " ".join(data.split())
        lead = " " if data[:1].isspace() else ""
        tail = " " if data[-1:].isspace() else ""
        quote = "\n> " if self._quoted and joined else ""
        self.parts.append(f"{quote}{lead}{joined}{tail if joined else ''}")
