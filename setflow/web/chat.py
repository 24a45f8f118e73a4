"""Chat: the slash command and the buttons. Each acts in the request and answers its caller."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, HTTPException, Request
from typing_extensions import TypedDict

from setflow import engine, signature, views
from setflow.adapters.mattermost import inbound
from setflow.adapters.mattermost.inbound import Action
from setflow.adapters.mattermost.post import Pen, Post
from setflow.db import Conflict, DatabaseGone, Db, Tx, transaction
from setflow.errors import Refused
from setflow.web import alerts, auth, cards, commands, hooks, storms
from setflow.web.caller import Answer, Caller

TRIES = 3
UNKNOWN = "Mattermost does not say who you are just now, so nothing was changed. Try again soon."
GONE = "setflow's database does not answer, so nothing was changed. Try again in a minute."


class Said(TypedDict, total=False):
    """An answer that its caller alone sees."""

    response_type: str
    text: str
    attachments: Sequence[Mapping[str, Any]]
    ephemeral_text: str


@dataclass(frozen=True, slots=True)
class Chat:
    """The two callbacks of Mattermost.

    look_up       asks the server who a user is now; membership is checked at every callback
    callback_url  where Mattermost reaches us, without a slash at its end
    """

    db: Db
    keys: auth.Keys
    look_up: auth.LookUp
    clock: Callable[[], datetime]
    callback_url: str

    def command(self, form: Mapping[str, str]) -> Answer:
        """The answer to a slash command: a sentence, a few lines, or a card with buttons."""
        try:
            command = inbound.parse_command(form)
        except ValueError as error:
            raise HTTPException(400, f"This is no slash command: {error}.") from None
        return self._answered(
            command.user_id,
            command.user_name,
            lambda tx, caller: commands.run(tx, caller, command),
            channel=form.get("channel_name", ""),
            root=command.root_id,
        )

    def action(self, body: Mapping[str, Any]) -> str:
        """The answer to a button; an old or forged one changes nothing."""
        try:
            action = inbound.parse_action(body)
        except ValueError as error:
            raise HTTPException(400, f"This is no click: {error}.") from None
        if not signature.verify(self.keys.secret, action.context, action.sig):
            raise HTTPException(401, "That button is not one of setflow's.")
        said = self._answered(
            action.user_id,
            action.user_name,
            lambda tx, caller: _pressed(tx, caller, action),
            channel="",
            root="",
        )
        return said if isinstance(said, str) else said.message

    def _answered(
        self,
        user_id: str,
        username: str,
        work: Callable[[Tx, Caller], Answer],
        *,
        channel: str,
        root: str,
    ) -> Answer:
        known = self.look_up(user_id)
        user = known or auth.ChatUser(user_id, username, guest=False, member=True)
        if not user.member:
            return "You are not in this team any more; nothing changed."
        for _ in range(TRIES):
            try:
                with transaction(self.db) as tx:
                    now = self.clock()
                    person = views.person_of(tx, user.username, now=now)
                    if known is None and person is None:
                        return UNKNOWN
                    pen = Pen(now, partial(signature.sign, self.keys.secret), self.callback_url)
                    return work(tx, Caller(user, person, channel, root, now, pen))
            except Refused as refused:
                return str(refused)
            except Conflict:
                continue  # somebody else was a moment quicker: see what there is now
            except DatabaseGone:
                return GONE
        return "Others change the same thing just now; try again."


def router(chat: Chat) -> APIRouter:
    """The routes that Mattermost calls back."""
    routes = APIRouter(prefix="/hooks/mattermost")

    @routes.post("/command")
    def command(request: Request, raw: bytes = Depends(hooks.body)) -> Said:
        """Work a slash command."""
        form = {
            name: values[-1] for name, values in parse_qs(raw.decode("utf-8", "replace")).items()
        }
        given = auth.bearer(request) or form.get("token", "")
        if not signature.equal(given, chat.keys.command_token) or not given:
            given = form.get("token", "")
        auth.require(given, chat.keys.command_token, "the token of the slash command")
        return _ephemeral(chat.command(form))

    @routes.post("/action")
    def action(raw: bytes = Depends(hooks.body)) -> Said:
        """Work a button. Mattermost wants status 200 and JSON, whatever the answer."""
        said = chat.action(hooks.parsed(raw))
        return {"ephemeral_text": said} if said else {}

    return routes


def _ephemeral(answer: Answer) -> Said:
    # Buttons below what one person alone sees work from server 5.10 on. An answer to them can only
    # be more words: `update` is for posts that the server keeps, and fails for these.
    if isinstance(answer, Post):
        return {
            "response_type": "ephemeral",
            "text": answer.message,
            "attachments": answer.attachments,
        }
    return {"response_type": "ephemeral", "text": answer}


def _pressed(tx: Tx, caller: Caller, action: Action) -> str:
    context = action.context
    worker = _BUTTONS.get(str(context.get("do")))
    if worker is None:
        raise Refused("This button is from another time; use `/set help`.")
    return worker(tx, caller, context)


def _alert(verb: str, said: str) -> Callable[[Tx, Caller, Mapping[str, Any]], str]:
    def press(tx: Tx, caller: Caller, context: Mapping[str, Any]) -> str:
        places = ("nth", "round", "step")
        drawn: Any = {name: int(context[name]) for name in places if name in context}
        message = engine.Deciding(
            verb, int(context["alert"]), by=caller.name, how="button", **drawn
        )
        engine.handle(tx, [message], now=caller.now)
        return said

    return press


def _snooze(tx: Tx, caller: Caller, context: Mapping[str, Any]) -> str:
    until = caller.now + alerts.SNOOZE_BUTTON
    number, nth = int(context["alert"]), int(context["nth"])
    asked = engine.Deciding("snooze", number, caller.name, "button", nth=nth, until=until)
    return f"It is {alerts.snooze(tx, caller, asked)}"


def _done(tx: Tx, caller: Caller, context: Mapping[str, Any]) -> str:
    return commands.tick(tx, caller, int(context["run"]), str(context["task"]), how="button")


def _nothing_new(tx: Tx, caller: Caller, context: Mapping[str, Any]) -> str:
    said = engine.UpdateSaid(
        caller.name,
        "Nothing new",
        at=caller.now,
        ref=f"button:{context['incident']}:{caller.user.user_id}:{caller.now.isoformat()}",
        how="button",
        incident=int(context["incident"]),
        nothing=True,
    )
    engine.handle(tx, [said], now=caller.now)
    return "Noted: nothing new. It counts as today's update."


def _update(tx: Tx, _: Caller, context: Mapping[str, Any]) -> str:
    name = views.incident_name(tx, int(context["incident"]))
    return f"Write `/set update {name} …` with what is new; it goes into the incident's thread."


def _page_set(tx: Tx, caller: Caller, context: Mapping[str, Any]) -> str:
    return commands.page_for_incident(tx, caller, int(context["incident"]))


def _retry(tx: Tx, caller: Caller, context: Mapping[str, Any]) -> str:
    commands.may_administer(tx, caller)
    engine.retry(tx, int(context["effect"]), by=caller.name, now=caller.now)
    return "It is tried again now."


def _drop(tx: Tx, caller: Caller, context: Mapping[str, Any]) -> str:
    commands.may_administer(tx, caller)
    engine.drop(tx, int(context["effect"]), by=caller.name, now=caller.now)
    return "Thrown away; what waited behind it goes on."


def _test(tx: Tx, caller: Caller, context: Mapping[str, Any]) -> str:
    engine.button_heard(tx, str(context["test"]), caller.user.username, now=caller.now)
    return "It works: setflow heard you."


_BUTTONS: Mapping[str, Callable[[Tx, Caller, Mapping[str, Any]], str]] = {
    "ack": _alert("acknowledge", ""),
    "escalate": _alert("escalate", "It goes one step up now."),
    "resolve": _alert("resolve", ""),
    "take": _alert("take", f"It {alerts.YOURS}"),
    "hand-back": _alert("hand-back", "It is handed back; it pages again, without you."),
    "backup": _alert("backup", "The next step is paged to help you; you keep it."),
    "decline": _alert("decline", "Noted; it stays where it is."),
    "still": _alert("still", "Noted: you are still on it."),
    "snooze": _snooze,
    "done": _done,
    "nothing-new": _nothing_new,
    "update": _update,
    "page-set": _page_set,
    **cards.BUTTONS,
    **storms.BUTTONS,
    "retry": _retry,
    "drop": _drop,
    "test": _test,
}
