"""The posts that may be answered: of alerts that nobody has, or whose owner is to be heard again,
or with which somebody is asked to help. However many there are, none of those is read whole.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from setflow.db import Tx
from setflow.effects import MATTERMOST

_WHERE = "split_part(lane, ':', 2)"
_ANSWERABLE = f"""
    receipts join alerts on alerts.id = cast(split_part({_WHERE}, '.', 1) as bigint)
    where at >= :since and (status = 'firing' or status = 'acknowledged' and (
        state->>'check_at' is not null or jsonb_array_length(state->'helpers') > 0
    ))
"""
_OF_THIS_NTH = f"state->>'nth' = split_part({_WHERE}, '.', 2)"
_PAGES = text(f"""
    select id, cast(state->>'nth' as int), split_part(lane, ':', 3), channel, receipts.remote
    from {_ANSWERABLE} and lane like 'page:%' and split_part(lane, ':', 4) = :chat
        and {_OF_THIS_NTH}
    order by lane
""")
_CHANNELS = text(f"select distinct channel from {_ANSWERABLE} and lane like 'alert:%'")
_POSTS = text(f"""
    select id, cast(state->>'nth' as int), '', channel, receipts.remote
    from {_ANSWERABLE} and lane like 'alert:%' and receipts.remote = any(:posts)
        and {_OF_THIS_NTH}
    order by lane
""")


@dataclass(frozen=True, slots=True)
class OpenPage:
    """A page in chat whose alert still waits: the post, and whose it is.

    person  "" for the alert's own post in its channel, which is everybody's
    """

    alert: int
    nth: int
    person: str
    channel: str
    post: str


def open_pages(tx: Tx, since: datetime) -> list[OpenPage]:
    """Messages to people that may be answered, of those made since an instant."""
    found = tx.execute(_PAGES, {"since": since, "chat": MATTERMOST})
    return [OpenPage(*row) for row in found]


def open_channels(tx: Tx, since: datetime) -> list[str]:
    """The channels with posts of alerts that may be answered, of those made since an instant."""
    return sorted(tx.execute(_CHANNELS, {"since": since}).scalars())


def open_posts(tx: Tx, posts: Collection[str], since: datetime) -> list[OpenPage]:
    """Which of these posts in channels may be answered, of those made since an instant."""
    found = tx.execute(_POSTS, {"since": since, "posts": list(posts)}) if posts else ()
    return [OpenPage(*row) for row in found]
