"""The OpsGenie adapter, by the real client library, against the stand-in."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from setflow.adapters.opsgenie import OpsGenie, webhook
from setflow.errors import DeliveryError
from setflow.sandbox.opsgenie import OpsGenieSandbox
from setflow.sandbox.opsgenie.rota import Rotation
from setflow.sandbox.trouble import DOWN, NONSENSE, Trouble, slow_down
from tests.loopback import Counted, served

START = datetime(2026, 11, 2, 3, 12, tzinfo=UTC)
ANA, BO = "ana@example.com", "bo@example.com"

OTHER = Trouble(200, '{"greeting": "hello"}')


class Hands:
    """A clock that the test moves."""

    now = START

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **length: int) -> None:
        self.now += timedelta(**length)


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def account(clock: Hands) -> OpsGenieSandbox:
    return OpsGenieSandbox(clock)


@pytest.fixture
def url(account: OpsGenieSandbox) -> Iterator[str]:
    with served(account.app) as url:
        yield url


@pytest.fixture
def opsgenie(account: OpsGenieSandbox, url: str) -> OpsGenie:
    return OpsGenie(url, account.desk.key)


def test_an_alert_is_read_whole_by_its_id(opsgenie, account, clock, url):
    alert_id = account.create(
        "Checkout API down",
        alias="checkout",
        priority="P1",
        source="mail",
        tags=("checkout",),
        details={"customer": "Acme"},
    )
    clock.wait(minutes=3)
    account.acknowledge(alert_id, ANA)

    alert = opsgenie.alert(alert_id)

    assert (alert.id, alert.alias, alert.message) == (alert_id, "checkout", "Checkout API down")
    assert (alert.priority, alert.source, alert.tags) == ("P1", "mail", ("checkout",))
    assert alert.details == {"customer": "Acme"}
    assert (alert.status, alert.acknowledged, alert.owner) == ("open", True, ANA)
    assert (alert.created_at, alert.updated_at) == (START, START + timedelta(minutes=3))
    assert alert.url == f"{url}/alert/detail/{alert_id}/details"


def test_people_are_sent_to_the_app_and_not_to_the_api():
    alert = OpsGenie("https://api.eu.opsgenie.com/", "key")._alert(
        {"id": "a-1", "message": "down", "status": "open", "createdAt": "2026-11-02T03:12:00Z"}
    )

    assert alert.url == "https://app.eu.opsgenie.com/alert/detail/a-1/details"


def test_an_alert_that_is_not_there_is_none(opsgenie):
    assert opsgenie.alert("no-such-alert") is None


def test_all_open_alerts_are_listed_over_pages_oldest_first(opsgenie, account, clock):
    ids = []
    for number in range(205):
        ids.append(account.create(f"alert {number}"))
        clock.wait(seconds=1)
    account.close(ids[7], BO)

    assert [alert.id for alert in opsgenie.open_alerts()] == ids[:7] + ids[8:]


def test_no_open_alert_is_an_empty_list(opsgenie):
    assert opsgenie.open_alerts() == []


def test_a_repeat_counts_on_the_open_alert_and_is_a_new_one_after_it_was_closed(account):
    first = account.create("down", alias="db")
    assert account.create("down", alias="db") == first
    account.close(first, ANA)

    assert account.create("down", alias="db") != first


def test_acknowledging_gives_the_alert_to_that_person_with_a_note(opsgenie, account):
    alert_id = account.create("down")

    opsgenie.acknowledge(alert_id, ANA, note="by Ana, in Mattermost")

    alert = account.desk.alert(alert_id)
    assert alert.acknowledged == (ANA, START)
    assert [note.text for note in alert.notes] == ["by Ana, in Mattermost"]


def test_acknowledging_again_or_after_somebody_else_changes_nothing(opsgenie, account):
    alert_id = account.create("down")
    account.acknowledge(alert_id, BO)

    opsgenie.acknowledge(alert_id, ANA, note="late")

    alert = account.desk.alert(alert_id)
    assert alert.acknowledged == (BO, START)
    assert alert.notes == ()


def test_a_request_that_was_taken_but_not_worked_may_be_sent_again(opsgenie, account):
    alert_id = account.create("down")
    account.desk.holding = True
    opsgenie.acknowledge(alert_id, ANA, note="one")
    opsgenie.acknowledge(alert_id, ANA, note="one")
    assert not opsgenie.alert(alert_id).acknowledged

    account.desk.release()

    assert opsgenie.alert(alert_id).owner == ANA
    assert len(account.desk.alert(alert_id).notes) == 1


def test_what_is_done_already_is_only_looked_at(account):
    acknowledged, closed = account.create("one"), account.create("two")
    account.acknowledge(acknowledged, BO)
    account.close(closed, BO)
    counted = Counted(account.app)
    with served(counted) as url:
        opsgenie = OpsGenie(url, account.desk.key)
        opsgenie.acknowledge(acknowledged, ANA, note="mine")
        opsgenie.acknowledge(closed, ANA, note="mine")
        opsgenie.close(closed, ANA, note="over")

    assert counted.requests == 3


def test_closing_twice_is_closing_once(opsgenie, account):
    alert_id = account.create("down")

    opsgenie.close(alert_id, ANA, note="restarted")
    opsgenie.close(alert_id, ANA, note="restarted")

    assert opsgenie.alert(alert_id).status == "closed"
    assert len(account.desk.alert(alert_id).notes) == 1


def test_what_is_gone_counts_as_closed(opsgenie):
    opsgenie.close("no-such-alert", ANA, note="over")


def test_what_is_gone_cannot_be_acknowledged(opsgenie):
    with pytest.raises(DeliveryError, match="no alert no-such-alert") as told:
        opsgenie.acknowledge("no-such-alert", ANA, note="mine")

    assert not told.value.again


def test_check_says_which_account_it_is(opsgenie, url):
    assert opsgenie.check() == f"sandbox at {url}"


def test_a_refused_key_says_which_setting_to_mend(url):
    with pytest.raises(DeliveryError, match="SETFLOW_OPSGENIE_KEY") as told:
        OpsGenie(url, "old-secret").open_alerts()

    assert (told.value.again, told.value.status) == (False, 401)
    assert "old-secret" not in str(told.value)


def test_two_accounts_keep_their_keys_apart(opsgenie, url):
    assert opsgenie.check()
    with pytest.raises(DeliveryError):
        OpsGenie(url, "another").check()

    assert opsgenie.check()


@pytest.mark.parametrize(
    ("trouble", "status", "after_seconds"),
    [(DOWN, 503, None), (slow_down(17), 429, 17.0), (NONSENSE, None, None), (OTHER, None, None)],
)
def test_what_passes_is_to_be_tried_again(opsgenie, account, trouble, status, after_seconds):
    account.app.trouble = trouble
    with pytest.raises(DeliveryError) as told:
        opsgenie.open_alerts()

    assert told.value.again
    assert (told.value.status, told.value.after_seconds) == (status, after_seconds)
    account.app.trouble = None
    assert opsgenie.open_alerts() == []


@pytest.mark.parametrize("trouble", [DOWN, slow_down(1)])
def test_a_request_that_failed_is_not_repeated_here(account, trouble):
    account.app.trouble = trouble
    counted = Counted(account.app)
    with served(counted) as url, pytest.raises(DeliveryError):
        OpsGenie(url, account.desk.key).acknowledge("a-1", ANA, note="mine")

    assert counted.requests == 1


def test_an_account_without_the_encryption_that_was_asked_for_is_told_as_such(url):
    with pytest.raises(DeliveryError, match="SSL") as told:
        OpsGenie(url.replace("http:", "https:"), "key").open_alerts()

    assert told.value.again


def test_an_account_that_nobody_answers_for_is_to_be_tried_again():
    with pytest.raises(DeliveryError, match="cannot be reached") as told:
        OpsGenie("http://127.0.0.1:1", "key").open_alerts()

    assert told.value.again


def test_the_client_library_is_imported_when_first_needed():
    code = "import sys, setflow.adapters.opsgenie; sys.exit('opsgenie_sdk' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class Ear:
    """What listens for webhooks; `answer` is the status that it gives."""

    def __init__(self) -> None:
        self.heard: list[dict] = []
        self.headers: list[str] = []
        self.answer = 202
        self.app = Starlette(routes=[Route("/hook", self._hear, methods=["POST"])])

    async def _hear(self, request):
        self.heard.append(json.loads(await request.body()))
        self.headers.append(request.headers.get("x-key", ""))
        return Response(status_code=self.answer)


@pytest.fixture
def ear(account: OpsGenieSandbox) -> Iterator[Ear]:
    ear = Ear()
    with served(ear.app) as url:
        account.webhook_url = f"{url}/hook"
        account.webhook_headers = {"X-Key": "hook-key"}
        yield ear


def test_webhooks_tell_what_happened_in_order(opsgenie, account, clock, ear):
    alert_id = account.create("down", description="x" * 2000)
    clock.wait(minutes=1)
    opsgenie.acknowledge(alert_id, ANA, note="mine")
    clock.wait(minutes=1)
    account.close(alert_id, BO)
    account.settle()

    parsed = [webhook(payload) for payload in ear.heard]
    assert [action for _, _, action in parsed] == ["Create", "Acknowledge", "AddNote", "Close"]
    assert {of for _, of, _ in parsed} == {alert_id}
    assert len({delivery for delivery, _, _ in parsed}) == 4
    assert set(ear.headers) == {"hook-key"}
    assert [status for _, status in account.deliveries] == [202] * 4


def test_webhooks_count_milliseconds_and_nanoseconds_side_by_side(account, ear):
    account.create("down", description="x" * 2000)
    account.settle()

    [payload] = ear.heard
    assert payload["alert"]["createdAt"] == int(START.timestamp()) * 1_000
    assert payload["alert"]["updatedAt"] == int(START.timestamp()) * 1_000_000_000
    assert len(payload["alert"]["description"]) == 1000


def test_a_webhook_that_nobody_takes_is_lost_and_can_be_seen(account, ear):
    account.webhook_url = "http://127.0.0.1:1/hook"
    account.create("down")
    account.settle()

    assert [status for _, status in account.deliveries] == [None]


def test_whoever_asked_is_told_of_what_people_do_but_not_of_what_setflow_does(clock):
    told = threading.Semaphore(0)
    account = OpsGenieSandbox(clock, changed=told.release)
    alert_id = account.create("down")
    account.note(alert_id, BO, "looking")
    account.acknowledge(alert_id, BO)
    account.close(alert_id, BO)

    assert [told.acquire(blocking=False) for _ in range(5)] == [True] * 4 + [False]


@pytest.fixture
def jsm(account: OpsGenieSandbox, url: str) -> OpsGenie:
    return OpsGenie(f"{url}/jsm/ops/api/cloud-1", account.desk.key, account.desk.user)


def test_jsm_operations_is_the_same_at_another_address(jsm, account, clock):
    ids = []
    for number in range(105):
        ids.append(account.create(f"alert {number}", alias=f"a-{number}"))
        clock.wait(seconds=1)

    jsm.acknowledge(ids[0], ANA, note="mine")
    jsm.unacknowledge(ids[0], ANA, note="not mine")
    jsm.snooze(ids[1], ANA, until=START + timedelta(hours=4), note="later")
    jsm.close(ids[2], ANA, note="over")

    alerts = account.desk.alerts("")
    assert (alerts[0].acknowledged, alerts[1].until) == (None, START + timedelta(hours=4))
    assert alerts[2].closed
    assert [one.id for one in jsm.open_alerts()] == [*ids[:2], *ids[3:]]
    assert [one.id for one in jsm.since(START + timedelta(seconds=103))] == ids[:102:-1]
    assert (jsm.alert(ids[0]).alias, jsm.alert("none"), jsm.notified(ids[0])) == ("a-0", None, None)
    assert jsm.check().startswith("JSM Operations at ")


def test_a_schedule_of_jsm_operations_is_found_by_its_name_and_not_written(jsm, account):
    rotation = Rotation("r-1", "weekly", START.replace(minute=0), (ANA, BO))
    account.desk.schedule("set-primary", "Europe/Berlin", rotation)

    read = jsm.schedules.read("set-primary", START, START + timedelta(days=7))

    assert next(one.person for one in read.final["r-1"]) == ANA
    assert jsm.schedules.read("else", START, START + timedelta(days=7)) is None
    with pytest.raises(DeliveryError, match="makes no overrides in JSM Operations"):
        jsm.schedules.end("set-primary", "setflow-a")


def test_a_token_that_jsm_operations_refuses_is_told(url):
    with pytest.raises(DeliveryError, match="an API token of the account in SETFLOW_OPSGENIE_USER"):
        OpsGenie(f"{url}/jsm/ops/api/cloud-1", "wrong", "setflow@example.com").check()


def test_an_alert_is_snoozed_and_given_back_once(opsgenie, account, clock):
    alert_id = account.create("down")
    account.acknowledge(alert_id, ANA)
    account.page(alert_id, BO)
    clock.wait(minutes=1)
    account.page(alert_id, ANA)
    account.page(alert_id, BO)

    for _ in range(2):
        opsgenie.unacknowledge(alert_id, ANA, note="not mine")
    opsgenie.snooze(alert_id, ANA, until=START + timedelta(hours=1), note="later")

    alert = account.desk.alert(alert_id)
    assert (alert.acknowledged, alert.until) == (None, START + timedelta(hours=1))
    assert [note.text for note in alert.notes] == ["not mine", "later"]
    assert [(one.user, one.at) for one in opsgenie.notified(alert_id)] == [
        (BO, START),
        (ANA, START + timedelta(minutes=1)),
    ]


def test_when_it_was_acknowledged_is_known(opsgenie, account, clock):
    alert_id = account.create("down")
    clock.wait(minutes=3)
    account.acknowledge(alert_id, ANA)

    assert opsgenie.alert(alert_id).acknowledged_at == START + timedelta(minutes=3)
