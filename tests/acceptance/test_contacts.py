"""How somebody is reached: verified methods, quiet hours, links, receipts, requested marks."""

import re
import threading

import pytest

from setflow import contacts, engine
from setflow.db import transaction
from tests.acceptance.world import SET, World, file

NUMBER = "+34600"
SMS = f'{{via: sms, to: "{NUMBER}", after: 2m}}'
BOTH = f'{SMS}, {{via: phone, to: "+34601", after: 4m}}'
RECEIPTS = "receipts-key"


@pytest.fixture
def texted(bare):
    bare.apply(file(contact=SMS))
    return bare


def link(world, number=NUMBER):
    """The path of the link in the newest text message to a number."""
    found = re.search(r"/[acd]/\S+$", world.phones.heard(number)[-1])
    assert found
    return found[0]


def without_ana():
    """The configuration with others in her place."""
    text = re.sub(r"\n  ana: .*", "", file().replace("[ana, bo", "[bo", 1))
    return text.replace("emea: [ana, bo]", "emea: [bo, mara]")


def press(world, path, do, **more):
    """A button behind a link is pressed; what is then shown."""
    token = path.rpartition("/")[2]
    answer = world.post(path, data={"do": do, "token": token, **more})
    world.settle()
    return answer


# A method counts when a test page has verified it


def test_a_method_that_is_not_verified_is_used_with_the_next_beside_it(bare):
    bare.apply(file(contact=BOTH), verified=False)
    told = bare.user("ana").sees("Verify your sms and phone", "/set contact test sms")
    assert told.count("Verify") == 1
    bare.alert()
    bare.pass_time(minutes=2)
    assert (len(bare.phones.heard(NUMBER)), len(bare.phones.heard("+34601"))) == (1, 1)


def test_a_method_that_comes_and_goes_in_the_file_is_told_of_once(bare):
    one, other = file(contact=SMS), file(contact=SMS.replace(NUMBER, "+34699"))
    for text in (one, other, without_ana(), one):
        bare.apply(text, verified=False)
    told = [post for post in bare.user("ana").posts() if post.startswith("**Verify your sms**")]
    assert len(told) == 2


def test_methods_that_an_older_setflow_knew_are_told_of_when_this_one_begins(bare):
    bare.apply(file(contact=SMS), verified=False)
    bare.rows("delete from outbox where kind = 'TellContact' returning 1")
    bare.rows("delete from contacts returning 1")
    for _ in range(2):
        with transaction(bare.db) as tx:
            engine.begin(tx, "this:1", now=bare.now)
        bare.settle()
    [told] = bare.rows("select payload from outbox where kind = 'TellContact'")
    assert told.payload["person"] == "ana"


def test_a_code_verifies_a_method(bare):
    bare.apply(file(contact=BOTH), verified=False)
    ana = bare.user("ana")
    assert "**sms** to `+34600` after 2 min · **not verified**" in ana.says("/set contact")
    assert "is on its way to you" in ana.says("/set contact test sms")
    (said,) = bare.phones.heard(NUMBER)
    code = re.search(r"verify (\d{6})", said)[1]
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert "is not the code" in ana.says(f"/set contact verify {wrong}")
    assert (
        ana.says(f"/set contact verify {code}") == "sms is verified: pages by it count from now on."
    )
    assert "verified 11:00 · last sent 11:00" in ana.says("/set contact")
    bare.alert()
    bare.pass_time(minutes=2)
    assert bare.phones.heard("+34601") == []
    assert bare.events("ContactVerified") == [{"person": "ana", "via": "sms", "how": "code"}]


def test_so_does_the_button_behind_the_link_of_a_test_page(bare):
    bare.apply(file(contact=BOTH), verified=False)
    bare.user("ana").says("/set contact test sms")
    path = link(bare)
    assert "Did this reach you by sms?" in bare.get(path).text
    assert bare.events("ContactVerified") == []
    assert "Your sms works" in press(bare, path, "verify").text
    assert bare.events("ContactVerified")[0]["how"] == "link"
    bare.apply(file(contact=SMS.replace(NUMBER, "+34699")), verified=False)
    assert bare.get(path).status_code == 404
    bare.user("ana").sees("Verify your sms")
    assert "**not verified**" in bare.user("ana").says("/set contact")


def test_test_pages_and_codes_are_bounded(bare):
    bare.apply(file(contact=SMS), verified=False)
    ana = bare.user("ana")
    for _ in range(3):
        ana.says("/set contact test sms")
    assert "3 test pages within the hour; the next can go in 60 min" in ana.says(
        "/set contact test sms"
    )
    code = re.search(r"verify (\d{6})", bare.phones.heard(NUMBER)[-1])[1]
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for _ in range(5):
        ana.says(f"/set contact verify {wrong}")
    assert "for five tries" in ana.says(f"/set contact verify {code}")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "paged by direct message alone"),
        ("test sms", "no contact methods beside chat"),
        ("verify 123456", "No test page waits for a code"),
        ("nonsense", "Write `/set contact [test METHOD | verify CODE]`"),
    ],
)
def test_what_cannot_be_done_about_contacts_says_what_can(world, words, said):
    assert said in world.user("bo").says(f"/set contact {words}")


# Quiet hours and priorities


def test_quiet_hours_hold_back_what_is_not_a_p1(bare):
    quiet = SMS.replace("2m", "1m") + '], quiet: {from: "10:30", to: "11:30"'
    own = file(contact=quiet).replace('to: "11:30"]}', 'to: "11:30"}}')
    own = own.replace("page: [set.primary], wait: 5m", "page: [person:ana], wait: 3h")
    bare.apply(own)
    bare.alert("Disk fills", priority="P3")
    bare.pass_time(minutes=29)
    assert bare.phones.heard(NUMBER) == []
    bare.alert("Checkout API down", priority="P1")
    bare.pass_time(minutes=1)
    assert [said.splitlines()[0] for said in bare.phones.heard(NUMBER)] == [
        "P3 Disk fills",
        "P1 Checkout API down",
    ]


# Acknowledged from anywhere


def by_link(world):
    world.pass_time(minutes=2)
    press(world, link(world), "ack")


def by_mattermost(world):
    world.chat.acknowledge("ana", world.user("ana").page().id)
    world.pull("chat")


def by_opsgenie(world):
    (there,) = world.opsgenie.desk.alerts("status:open")
    world.opsgenie.acknowledge(there.id, "ana@example.com")
    world.pull("opsgenie")


WAYS = {
    "button": lambda world: world.user("ana").clicks("Acknowledge"),
    "slash": lambda world: world.user("ana").says("/set ack"),
    "reaction": lambda world: world.user("ana").reacts("white_check_mark"),
    "reply": lambda world: world.user("ana").replies("looking"),
    "mattermost acknowledgement": by_mattermost,
    "link": by_link,
    "api": lambda world: world.api("/alerts/1/acknowledge", person="ana"),
    "opsgenie": by_opsgenie,
}


@pytest.mark.parametrize("how", WAYS)
def test_every_acknowledgement_is_recorded_with_who_and_how(texted, how):
    texted.chat.server.licensed = True
    if how == "opsgenie":
        texted.opsgenie.create("Checkout API down", alias="checkout", priority="P1")
        texted.pull("opsgenie")
    else:
        texted.alert()
    WAYS[how](texted)
    (event,) = texted.events("Acknowledged")
    assert event == {"alert": 1, "person": "ana", "by": "ana", "how": how}
    (row,) = texted.rows("select at, subject from history where kind = 'Acknowledged'")
    assert (row.subject, row.at) == ("alert:1", texted.now)
    texted.user("ana").sees("you have it since")
    texted.channel(SET).shows("Ana Doe has it since")


# Links


def test_a_link_shows_and_its_button_acts_once(texted):
    texted.alert(details={"region": "<b>eu</b>"})
    texted.pass_time(minutes=2)
    path = link(texted)
    for _ in range(3):
        shown = texted.get(path)
    assert shown.status_code == 200
    for words in (
        "Checkout API down (P1)",
        "Waits for you since 11:00.",
        "If nobody acknowledges by 11:05, it goes to Bo Doe.",
        "region: &lt;b&gt;eu&lt;/b&gt;",
        "A link for Ana Doe, good once and until Tue 12:00.",
        "Acknowledge</button>",
        "Not me, escalate</button>",
    ):
        assert words in shown.text
    assert shown.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    assert "noindex" in shown.headers["X-Robots-Tag"]
    assert texted.events("Acknowledged") == []

    assert "You have it since 11:02." in press(texted, path, "ack").text
    again = press(texted, path, "escalate")
    assert "You have it since 11:02." in again.text
    assert "<button" not in again.text
    assert len(texted.events("Acknowledged")) == 1
    assert texted.events("Escalated") == []


def test_a_link_passes_a_page_on(texted):
    texted.alert()
    texted.pass_time(minutes=2)
    path = link(texted)
    said = press(texted, path, "escalate", round="0", step="0").text
    assert "You have used this link, and passed it on." in said
    assert texted.paged() == ["ana", "bo"]
    texted.user("bo").clicks("Acknowledge")
    assert "Bo Doe has it since 11:02 (2 min). Nothing for you to do." in texted.get(path).text


def test_a_link_whose_act_is_refused_stays_good_and_says_why(texted):
    texted.alert()
    texted.pass_time(minutes=2)
    path = link(texted)
    texted.user("bo").says("/set escalate")
    old = press(texted, path, "escalate", round="0", step="0")
    assert (old.status_code, "gone a step further already" in old.text) == (409, True)
    assert "You have it since" in press(texted, path, "ack").text


def test_links_that_are_late_forged_or_of_an_earlier_page_say_so(texted):
    texted.alert()
    texted.pass_time(minutes=2)
    path = link(texted)
    for wrong in (path[:-1], path[:-1] + "0", "/a/x", "/a/1-1-1-1-1", "/c" + path[2:]):
        assert texted.get(wrong).status_code == 404
        assert "not one of setflow&#x27;s" in texted.get(wrong).text
    assert texted.post(path, data={"do": "ack", "token": "other"}).status_code == 404
    texted.stand_still(hours=26)
    late = press(texted, path, "ack")
    assert late.status_code == 410
    assert "over a day old" in late.text
    assert texted.events("Acknowledged") == []


def test_who_is_no_longer_in_the_file_is_shown_no_button_and_nothing_of_the_alert(texted):
    texted.alert()
    texted.pass_time(minutes=2)
    path = link(texted)
    texted.apply(without_ana())
    gone = press(texted, path, "ack")
    assert (gone.status_code, "Nothing waits for you here any more" in gone.text) == (410, True)
    assert "Checkout" not in gone.text
    assert texted.events("Acknowledged") == []


def test_guessing_links_is_slowed_and_right_ones_still_work(texted):
    texted.alert()
    texted.pass_time(minutes=2)
    answers = [texted.get(f"/a/1-1-1-1-{guess}").status_code for guess in range(31)]
    assert answers == [404] * 30 + [429]
    assert texted.get(link(texted)).status_code == 200


def test_the_link_of_a_digest_shows_all_that_waits_and_takes_what_it_showed(texted):
    for number in range(1, 7):
        texted.alert(f"Disk {number} is full", priority="P3")
    texted.pass_time(minutes=2)
    path = link(texted)
    shown = texted.get(path).text
    for words in ("6 alerts wait for you, all P3", "6 · P3 Disk 6 is full · prometheus 11:00"):
        assert words in shown
    assert texted.get(path[:-1]).status_code == 404
    assert press(texted, path, "nonsense").status_code == 409
    at = re.search(r'name="at" value="(\d+)"', shown)[1]
    texted.stand_still(seconds=5)
    texted.alert("Disk 7 is full", priority="P3")
    assert "1 alert waits for you (P3)" in press(texted, path, "ack", at=at).text
    assert [one["how"] for one in texted.events("Acknowledged")] == ["link"] * 6
    newest = re.search(r'name="at" value="(\d+)"', texted.get(path).text)[1]
    done = press(texted, path, "ack", at=newest).text
    assert "None of the 7 alerts waits any more" in done
    assert "<button" not in done
    assert len(texted.events("Acknowledged")) == 7


# What gateways say became of a page


def report(world, **body):
    headers = {"Authorization": f"Bearer {RECEIPTS}"}
    answer = world.post("/hooks/receipts/sms", json=body, headers=headers)
    world.settle()
    return answer.status_code


@pytest.fixture
def reporting(db, street):
    gateway = street.urls["phones"].replace("http://", "json://")
    found = World(
        db,
        street,
        environ={
            "SETFLOW_HOOK_KEY_SMS": RECEIPTS,
            "SETFLOW_NOTIFY_SMS": f"{gateway}/sms/{{to}}?:ref={{ref}}",
        },
    )
    found.apply(file(contact=BOTH))
    return found


def test_a_gateway_that_reports_a_failure_has_the_next_method_used_at_once(reporting):
    reporting.alert()
    reporting.pass_time(minutes=2)
    ref = "page:1.1.0.0:ana:sms"
    assert report(reporting, ref=ref, status="delivered") == 200
    assert "last arrived 11:02" in reporting.user("ana").says("/set contact")
    assert reporting.phones.heard("+34601") == []
    assert report(reporting, ref=ref, status="failed", error="no such number") == 200
    assert len(reporting.phones.heard("+34601")) == 1
    assert "failed 11:02: no such number" in reporting.user("ana").says("/set contact")
    assert report(reporting, ref="page:1.1.0.0:ana:phone", status="failed") == 404
    assert report(reporting, ref="nonsense", status="failed") == 404
    assert reporting.post("/hooks/receipts/sms", json={"ref": ref, "status": "failed"}).status_code


# Mattermost's own marks


def test_a_loud_page_asks_for_an_acknowledgement_where_that_is_licensed(world):
    world.chat.server.licensed = True
    world.alert()
    page = world.user("ana").page()
    assert page.priority == {
        "priority": "urgent",
        "requested_ack": True,
        "persistent_notifications": True,
    }
    world.user("ana").clicks("Acknowledge")
    now = world.chat.direct("ana")[-1]
    assert "you have it since" in now.message  # only without the post does the server stop
    assert now.priority is None
    assert page.id not in {post.id for post in world.chat.direct("ana")}
    world.user("ana").clicks("Resolve")
    world.user("ana").sees("over since")


def test_without_a_licence_it_is_asked_for_once_and_no_page_is_lost(world):
    world.alert()
    world.pass_time(minutes=5)
    assert world.paged() == ["ana", "bo"]
    assert world.user("bo").page().priority == {"priority": "urgent"}
    assert "@ana" not in world.user("ana").page().message


def test_a_mention_in_a_channel_is_a_contact_method(bare):
    bare.apply(file(contact=f"{{via: mention, to: {SET}, after: 1m}}"), verified=False)
    bare.user("ana").does_not_see("Verify")
    bare.alert()
    bare.pass_time(minutes=1)
    bare.channel(SET).shows("@ana **Checkout API down (P1)** waits for you since 11:00.", "Bo Doe")
    bare.user("ana").clicks("Acknowledge", channel=SET)
    bare.channel(SET).does_not_show("@ana")


# Buttons


def test_no_button_serves_another_alert(world):
    world.alert("one")
    world.alert("two")
    posts = world.chat.server.posts
    page = world.user("ana").page()
    action = posts[page.id].props["attachments"][0]["actions"][0]
    context = action["integration"]["context"]
    action["integration"]["context"] = {**context, "alert": 1}
    with pytest.raises(Exception, match="401"):
        world.user("ana").clicks("Acknowledge", post=page.id)
    assert world.events("Acknowledged") == []


def test_a_link_used_twice_at_once_acts_once(texted):
    texted.alert()
    texted.pass_time(minutes=2)
    with transaction(texted.db) as tx:
        assert contacts.use_link(tx, "l1", 1, "ana", now=texted.now)
    with transaction(texted.db) as tx:
        assert not contacts.use_link(tx, "l1", 1, "ana", now=texted.now)
    path, pressed = link(texted), []
    token = path.rpartition("/")[2]

    def press_it():
        pressed.append(texted.post(path, data={"do": "escalate", "token": token}).status_code)

    both = [threading.Thread(target=press_it) for _ in range(4)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    texted.settle()
    assert len(texted.events("Escalated")) == 1
    assert set(pressed) <= {200, 409}
