"""The picture that a post carries."""

from dataclasses import replace

from setflow.adapters.mattermost.post import File, Post
from setflow.facts import Facts, HandoverFacts, ScheduleFacts
from setflow.pictures import Scheme, calendar, png


def with_picture(post: Post, facts: Facts | None) -> Post:
    """`post` with the weeks drawn that its facts are about; itself where they are about none."""
    match facts:
        case ScheduleFacts(calendar=drawn) | HandoverFacts(coming=drawn) if drawn:
            name = f"{drawn.title.lower()}-{drawn.start.astimezone(drawn.zone):%Y-%m-%d}.png"
            return replace(post, files=(File(name, png(calendar(drawn, Scheme.LIGHT))),))
        case _:
            return post
