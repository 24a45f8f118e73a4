"""A stand-in for Jira Cloud: issues, comments and transitions in memory, over the real REST paths.

Versions 2 (text), 3 (Atlassian document format) and `latest` (which is 2 here). What a search cuts
short, hides for a while and pages by is as Jira does it.
"""

from collections.abc import Callable
from datetime import datetime

from setflow.sandbox.jira.rest import Rest
from setflow.sandbox.jira.site import Site
from setflow.sandbox.trouble import Troubled, nothing


class JiraSandbox(Site):
    """A Jira site that can be asked: `app` is the ASGI app, and `app.trouble` makes it fail."""

    def __init__(
        self, clock: Callable[[], datetime], *, changed: Callable[[], None] = nothing
    ) -> None:
        super().__init__(clock, changed=changed)
        self.app = Troubled(Rest(self).app)
