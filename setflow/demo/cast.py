"""What the people of the story do, with their own hands: they press, write, command, react."""

from collections.abc import Sequence

from setflow.demo.stage import Stage
from setflow.sandbox.chat.posted import Post
from setflow.sandbox.chat.records import Problem


class Cast:
    """Everybody on stage. People are named as in the configuration file, channels without `~`.

    missed  what could not be done, such as a press where the visitor was quicker: a sentence each
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.missed: list[str] = []

    def press(self, person: str, button: str, channel: str = "") -> None:
        """Press the newest button that begins so, in a channel or else where one alone sees it."""
        chat, username = self.stage.far.chat, self.stage.username(person)
        posts: Sequence[Post]
        try:
            posts = chat.posts(channel) if channel else chat.own(username)
            for post in reversed(posts):
                for name, action in chat.buttons(post.id).items():
                    if name.startswith(button):
                        chat.click(username, post.id, action)
                        return
            self.missed.append(f"{person} finds no button {button} in {channel or 'messages'}")
        except Problem as problem:
            self.missed.append(f"{person} cannot press {button}: {problem.message}")

    def command(self, person: str, channel: str, text: str) -> str:
        """Give a slash command; returns the answer."""
        try:
            return self.stage.far.chat.slash(self.stage.username(person), channel, text)
        except Problem as problem:
            self.missed.append(f"{person} cannot say {text}: {problem.message}")
            return ""

    def say(self, person: str, channel: str, text: str) -> None:
        """Post in a channel."""
        username = self.stage.username(person)
        try:
            self.stage.far.chat.say(username, channel, text)
        except Problem as problem:
            self.missed.append(f"{person} cannot write in {channel}: {problem.message}")

    def assign(self, ticket: str, person: str) -> None:
        """Assign a ticket in Jira."""
        self.stage.far.jira.assign(ticket, self.stage.account(person))

    def comment(self, person: str, ticket: str, text: str) -> None:
        """Comment on a ticket in Jira."""
        self.stage.far.jira.comment(ticket, self.stage.account(person), text)
