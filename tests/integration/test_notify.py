"""Contact methods through apprise, against a mail server and a web server that really listen."""

import json
import logging
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from apprise.manager_plugins import NotificationManager
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from setflow.adapters.notify import SCHEMES, Notify
from setflow.errors import DeliveryError
from tests.loopback import served

# apprise loads pgpy, which on Python before 3.13 still knows imghdr.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

TITLE, BODY = (
    "P1 Checkout <down> & out",
    "You are SET primary until 20:00. If <b>nobody</b> answers",
)


class Mailbox:
    """What a mail server takes; `refuse` is what it answers instead."""

    def __init__(self) -> None:
        self.receivers: list[str] = []
        self.mails: list[EmailMessage] = []
        self.refuse = ""

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:
        self.receivers += envelope.rcpt_tos
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"


class Listener(Controller):
    """A mail server on whatever port is free."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Gateway:
    """What a web gateway takes, and the status that it answers."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.bodies: list[dict] = []
        self.status = 200
        self.app = Starlette(routes=[Route("/{path:path}", self.take, methods=["GET", "POST"])])

    async def take(self, request: Request) -> Response:
        self.paths.append(request.scope["raw_path"].decode())
        self.bodies.append(json.loads(await request.body() or b"{}"))
        if self.status == 307:
            return RedirectResponse("/elsewhere", 307)
        return Response(status_code=self.status)


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    box = Mailbox()
    controller = Listener(box, hostname="127.0.0.1", port=0)
    controller.start()
    yield box, f"mailto://127.0.0.1:{controller.port}?from=setflow@example.com&to={{to}}"
    controller.stop()


@pytest.fixture
def gateway() -> Iterator[tuple[Gateway, Notify]]:
    there = Gateway()
    with served(there.app) as url:
        address = url.replace("http://", "json://user:secret@")
        paths = {"sms": "sms/{to}", "call": "call/{to}", "push": "push/{to}/{ref}"}
        yield there, Notify({name: f"{address}/{path}" for name, path in paths.items()})


def failure(notify: Notify, via: str = "sms", to: str = "+34600000000") -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        notify.send(via, to, title=TITLE, body=BODY)
    assert "secret" not in str(caught.value)
    return caught.value


def test_a_mail_reaches_its_receiver_with_its_words_as_they_are(mailbox):
    box, address = mailbox
    Notify({"mail": address}).send("mail", "ana+duty@example.com", title=TITLE, body=BODY)
    assert box.receivers == ["ana+duty@example.com"]
    (mail,) = box.mails
    assert mail["subject"] == TITLE
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().strip() == BODY


def test_a_mail_that_is_refused_is_tried_again(mailbox):
    box, address = mailbox
    box.refuse = "451 later"
    error = failure(Notify({"mail": address}), "mail", "ana@example.com")
    assert error.again


def test_a_gateway_is_told_the_receiver_the_title_and_the_body(gateway):
    there, notify = gateway
    notify.send("sms", "+34600000000", title=TITLE, body=BODY)
    assert there.paths == ["/sms/+34600000000"]
    assert (there.bodies[0]["title"], there.bodies[0]["message"]) == (TITLE, BODY)


def test_a_gateway_that_takes_our_name_for_a_message_is_told_it(gateway):
    there, notify = gateway
    notify.send("push", "ana", title=TITLE, body=BODY, ref="page:1.1.0.0:ana:push")
    assert there.paths == ["/push/ana/page:1.1.0.0:ana:push"]


def test_a_receiver_cannot_change_the_address(gateway):
    there, notify = gateway
    notify.send("sms", "../call/x?rto=0#@evil.example:1", title=TITLE, body=BODY)
    (path,) = there.paths
    assert path.startswith("/sms/")
    assert "/call/" not in path


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_gateway_that_refuses_says_its_status_and_is_not_tried_again(gateway, status):
    there, notify = gateway
    there.status = status
    error = failure(notify)
    assert (error.status, error.again) == (status, False)
    assert str(error) == f"the gateway sms answered {status}"


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_gateway_that_is_busy_is_tried_again(gateway, status):
    there, notify = gateway
    there.status = status
    error = failure(notify)
    assert (error.status, error.again) == (status, True)


def test_a_redirect_is_a_failure_and_is_not_followed(gateway):
    there, notify = gateway
    there.status = 307
    failure(notify)
    assert len(there.paths) == 1


def test_a_status_belongs_to_its_own_failure():
    gone = Notify({"sms": "json://127.0.0.1:1/{to}"})
    error = failure(gone)
    assert (error.status, error.again) == (None, True)


def test_a_gateway_that_is_not_set_says_how_to_set_it(gateway):
    error = failure(gateway[1], "fax")
    assert not error.again
    assert "SETFLOW_NOTIFY_FAX" in str(error)


def test_nothing_of_the_address_is_logged(gateway, caplog):
    there, notify = gateway
    there.status = 500
    with caplog.at_level(logging.DEBUG):
        failure(notify)
    assert "secret" not in caplog.text
    assert [record for record in caplog.records if record.name == "apprise"] == []


def test_methods_are_the_names_of_the_gateways(gateway):
    assert sorted(gateway[1].methods()) == ["call", "push", "sms"]


@pytest.mark.parametrize(
    "address", ["json://h/no-place", "syslog://{to}", "https://h/{to}", "{to}", "", "dbus://{to}"]
)
def test_an_address_that_cannot_be_one_is_named_and_not_quoted(address):
    with pytest.raises(ValueError, match="SETFLOW_NOTIFY_SMS") as caught:
        Notify({"sms": address, "good": "jsons://h/{to}"})
    assert "GOOD" not in str(caught.value)
    assert not address or address not in str(caught.value).replace("{to} in it", "")


def test_every_scheme_is_one_that_apprise_knows():
    assert set(SCHEMES) <= set(NotificationManager().schemas())
