"""Pages of which Mattermost tells somebody again and again, and how it is brought to an end."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from setflow.adapters.mattermost.outbound import Mattermost
from setflow.adapters.mattermost.post import Post
from setflow.effects import Receipt
from setflow.errors import DeliveryError


def settle(
    mm: Mattermost, page: Receipt, post: Post, *, key: str, tried_at: datetime | None
) -> Receipt:
    """Make a page say `post`, and notify nobody of it again; where it now is.

    The server stops by itself when they react, reply or acknowledge there; at our word only when
    the post is gone. It then stands in a new one, named `key`. Raises DeliveryError.
    """
    made = mm.find_post(page.channel, key, tried_at) if tried_at else None
    if made is None and not _insists(mm.driver.posts.get_post(page.remote)):
        mm.patch(page.remote, post)
        return page
    made = made or mm.post(page.channel, post, key=key)
    try:
        mm.driver.posts.delete_post(page.remote)
    except DeliveryError as error:
        if error.status not in (403, 404):
            raise
    return Receipt(page.channel, made)


def _insists(there: Mapping[str, Any]) -> bool:
    """Whether the server still tells somebody of a post."""
    metadata = there.get("metadata") or {}
    answered = metadata.get("acknowledgements") or metadata.get("reactions")
    persistent = (metadata.get("priority") or {}).get("persistent_notifications")
    over = answered or there.get("reply_count") or there.get("delete_at")
    return bool(persistent) and not over
