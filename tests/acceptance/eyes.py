"""What people in a story do and see: somebody with an account, a channel."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from setflow.sandbox.chat.posted import Post, flat

if TYPE_CHECKING:
    from tests.acceptance.world import World

HOME, KEY = "sustained-engineering", "setflow_key"


class Person:
    """Somebody with a Mattermost account: what they do, and what they see."""

    def __init__(self, world: "World", name: str) -> None:
        self.world, self.name, self.chat = world, name, world.chat

    def posts(self) -> list[str]:
        """All that stands in their direct messages with the bot, and what only they were shown."""
        return [_said(post) for post in self.chat.own(self.name)]

    def sees(self, *words: str) -> str:
        """One of their messages holds all of these words; its text."""
        return _one_with(words, self.posts(), f"{self.name} sees no message")

    def does_not_see(self, *words: str) -> None:
        found = [text for text in self.posts() if all(word in text for word in words)]
        assert not found, f"{self.name} sees\n{found[0]}"

    def clicks(self, name: str, *, channel: str = "", post: str = "") -> str:
        """They press a button: on the newest message that has it; what they alone are told."""
        rows = self.chat.posts(channel) if channel else self.chat.own(self.name)
        with_it = [row.id for row in rows if name in self.chat.buttons(row.id)]
        number = post or (with_it[-1] if with_it else "")
        assert number, f"{self.name} sees no button {name}"
        said = self.chat.click(self.name, number, self.chat.buttons(number)[name])
        self.world.settle()
        return said

    def says(self, words: str, channel: str = HOME) -> str:
        """They post, or give a command; what the command answers."""
        said = ""
        if words.startswith("/"):
            said = self.chat.slash(self.name, channel, words)
        else:
            self.chat.say(self.name, channel, words)
            self.world.pull("chat")
        self.world.settle()
        return said

    def does(self, words: str, channel: str = HOME) -> str:
        """They give a command and confirm its card; what they are then told."""
        self.says(words, channel)
        return self.clicks("Do it")

    def asks_why(self, words: str, channel: str = HOME) -> str:
        """They give `/set why` in the thread of the post that holds these words."""
        rows = [*self.chat.posts(channel), *self.chat.direct(self.name)]
        post = next(row for row in rows if words in _said(row))
        return self.chat.slash(self.name, channel, "/set why", root_id=post.id)

    def page(self) -> Post:
        """The newest page in their direct messages."""
        found = [row for row in self.chat.direct(self.name) if _key(row).startswith("page:")]
        assert found, f"{self.name} was not paged"
        return found[-1]

    def reacts(self, emoji: str) -> None:
        """They put an emoji on their newest page."""
        self.chat.react(self.name, self.page().id, emoji)
        self.world.pull("chat")

    def replies(self, words: str) -> None:
        """They answer below their newest page."""
        self.chat.reply(self.name, self.page().id, words)
        self.world.pull("chat")


class Place:
    """A channel, as everybody in it sees it."""

    def __init__(self, world: "World", name: str) -> None:
        self.world, self.name = world, name

    def posts(self) -> list[str]:
        return [_said(post) for post in self.world.chat.posts(self.name) if not post.root_id]

    def shows(self, *words: str) -> str:
        """One of its posts holds all of these words; its text."""
        return _one_with(words, self.posts(), f"~{self.name} shows no post")

    def does_not_show(self, *words: str) -> None:
        found = [text for text in self.posts() if all(word in text for word in words)]
        assert not found, f"~{self.name} shows\n{found[0]}"

    def thread(self, words: str) -> list[str]:
        """The replies below the post that holds these words."""
        posts = self.world.chat.posts(self.name)
        root = next(post for post in posts if words in _said(post) and not post.root_id)
        return [_said(post) for post in self.world.chat.thread(root.id)[1:]]

    def members(self) -> set[str]:
        server = self.world.chat.server
        found = next(one for one in server.channels.values() if one.name == self.name)
        return {server.users[number].username for number in found.members}


def _said(post: Post) -> str:
    return flat(post.message, post.props)


def _key(post: Post) -> str:
    return str(post.props.get(KEY, ""))


def _one_with(words: Iterable[str], texts: Sequence[str], complaint: str) -> str:
    wanted = list(words)
    for said in texts:
        if all(word in said for word in wanted):
            return said
    there = "\n---\n".join(texts) or "nothing at all"
    raise AssertionError(f"{complaint} with {wanted}; there is\n{there}")
