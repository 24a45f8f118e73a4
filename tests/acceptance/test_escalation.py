"""An alert finds somebody: up its ladder, by every method, whatever is down."""

import pytest

from tests.acceptance.world import API, SET, file

SMS = '{via: sms, to: "+34600", after: 2m}'
PHONE = '{via: phone, to: "+34600", after: 4m}'


def texted(world):
    """The world with ana reachable by text message and by phone."""
    world.apply(file(contact=f"{SMS}, {PHONE}"))
    return world


def test_a_page_climbs_primary_backup_lead_fallback_then_the_channel_every_half_hour(world):
    world.alert()
    assert world.paged() == ["ana"]
    world.pass_time(minutes=4, seconds=59)
    assert world.paged() == ["ana"]
    world.pass_time(seconds=1)
    assert world.paged() == ["ana", "bo"]
    world.pass_time(minutes=5)
    assert world.paged() == ["ana", "bo", "mara"]
    world.pass_time(minutes=10)
    assert world.paged() == ["ana", "bo", "mara", "max"]

    world.pass_time(minutes=10)
    assert world.keys("remind:") == ["remind:1.1:1"]
    world.pass_time(minutes=60)
    assert world.keys("remind:") == ["remind:1.1:1", "remind:1.1:2", "remind:1.1:3"]
    world.channel(SET).shows("Still nobody has", "@max", "[Acknowledge]")
    assert len(world.paged()) == 4

    world.user("di").clicks("Acknowledge", channel=SET)
    world.pass_time(hours=2)
    assert len(world.keys("remind:")) == 3


def by_button(world):
    world.user("ana").clicks("Acknowledge")


def by_slash(world):
    assert "is acknowledged" in world.user("ana").says("/set ack")


def by_reaction(world):
    world.user("ana").reacts("+1")


def by_reply(world):
    world.user("ana").replies("on my way")


def by_api(world):
    assert world.api("/alerts/1/acknowledge", person="ana").status_code == 200


@pytest.mark.parametrize("how", [by_button, by_slash, by_reaction, by_reply, by_api])
def test_whoever_acknowledges_has_it_and_nobody_else_is_paged(world, how):
    world.alert()
    how(world)
    world.pass_time(hours=1)

    assert world.paged() == ["ana"]
    assert [event["person"] for event in world.events("Acknowledged")] == ["ana"]
    assert world.events("Acknowledged")[0]["how"] == how.__name__.removeprefix("by_")
    world.channel(SET).shows("Checkout API down", "Ana Doe has it since 11:00")
    world.user("ana").sees("you have it since 11:00", "[Resolve]")


def test_a_word_of_doubt_below_the_page_still_stops_the_ladder_but_a_cross_does_not(world):
    world.alert()
    world.user("ana").reacts("x")
    assert world.events("Acknowledged") == []
    world.user("ana").reacts("white_check_mark")
    assert len(world.events("Acknowledged")) == 1


def test_below_the_channel_s_post_only_words_that_take_it_acknowledge(world):
    world.alert()
    post = next(one.id for one in world.chat.posts(SET) if "Checkout API down" in one.message)
    for person, words in (("bo", "is that the same as yesterday?"), ("cy", "on it")):
        world.chat.reply(person, post, words)
    world.pull("chat")

    taken = [(event["person"], event["how"]) for event in world.events("Acknowledged")]
    assert taken == [("cy", "reply")]
    assert world.paged() == ["ana"]


def test_a_colleague_can_record_that_somebody_has_it(world):
    world.alert()
    world.user("cy").says("/set ack 1 @bo")

    world.channel(SET).shows("Bo Doe has it")
    world.user("ana").sees("Bo Doe has it", "Nothing for you to do")


def test_whoever_was_woken_is_stood_down_by_the_method_that_woke_them(world):
    texted(world).alert()
    assert world.phones.taken == []
    world.pass_time(minutes=2)
    assert len(world.phones.heard("+34600")) == 1
    assert "Acknowledge: /set ack 1" in world.phones.heard("+34600")[0]
    world.pass_time(minutes=2)
    assert len(world.phones.heard("+34600")) == 2
    world.pass_time(minutes=1)

    world.user("bo").clicks("Acknowledge")
    told = world.phones.heard("+34600")[2:]
    assert len(told) == 2  # the text message, and the call
    assert all("Stand down" in said and "Bo Doe has it" in said for said in told)
    world.user("ana").sees("Nothing more for you to do")
    world.pass_time(hours=1)
    assert len(world.phones.taken) == 4


def test_whoever_acknowledged_in_chat_gets_no_text_message_after_it(world):
    texted(world).alert()
    world.user("ana").clicks("Acknowledge")
    world.pass_time(hours=1)

    assert world.phones.taken == []


def test_while_mattermost_is_down_the_next_method_is_taken_at_once_and_nothing_comes_twice(world):
    texted(world)
    world.chat.faults.down = True
    world.alert()

    assert len(world.phones.heard("+34600")) == 1
    world.pass_time(minutes=6)
    assert len(world.phones.heard("+34600")) == 2
    assert world.paged() == []
    world.chat.faults.down = False
    world.pass_time(minutes=2)

    keys = world.keys()
    assert sorted(keys) == sorted(set(keys))
    assert world.paged()[0] == "ana"
    world.user("ana").sees("Checkout API down", "[Acknowledge]")
    world.channel(SET).shows("Checkout API down")
    assert world.dead() == []


def test_a_text_message_that_may_have_arrived_before_says_that_it_is_a_repeat(world):
    texted(world).alert()
    world.phones.status = 503
    world.pass_time(minutes=2)
    world.phones.status = 200
    world.pass_time(seconds=30)

    said = world.phones.heard("+34600")
    assert len(said) == 2  # the call came at once, the text message once it could
    assert all("A repeat: it may have reached you before" in one for one in said)


def test_a_post_whose_answer_was_lost_is_not_made_again(world):
    world.chat.server.licensed = True  # else the first try is one for what wants a licence
    world.chat.fail_next(2, 502, where="POST /api/v4/posts", done=True)
    world.alert()
    world.chat.faults.down = True  # longer than the server itself knows a repeat
    world.pass_time(minutes=1)
    world.chat.faults.down = False
    world.pass_time(minutes=3)

    keys = world.keys()
    assert sorted(keys) == sorted(set(keys))
    assert world.paged() == ["ana", "bo"]  # for all that setflow knew, ana was not reached
    assert world.dead() == []


def test_nobody_is_woken_for_what_somebody_has_by_the_time_it_can_be_sent(world):
    world.chat.faults.down = True
    world.alert()
    world.api("/alerts/1/acknowledge", person="di")
    world.chat.faults.down = False
    world.pass_time(minutes=5)

    assert world.paged() == []
    world.channel(SET).shows("Di Doe has it")


def test_with_nobody_on_the_seat_the_next_step_is_paged_at_once_and_it_is_said(world):
    world.apply(
        file().replace("page: [set.primary], wait: 5m", "page: [set.emea.primary], wait: 5m")
    )
    world.pass_time(until="2026-11-30 20:30")
    world.alert()

    assert world.paged() == ["cy"] or world.paged() == ["di"]
    world.channel(SET).shows("SET primary (EMEA) empty (20:30)", "paged 20:30")


def test_after_a_handoff_the_ladder_goes_on_with_who_has_the_seat_then_as_was_said_before(bare):
    first = "- {page: [set.primary, person:eve], wait: 5m, all: true}"
    bare.apply(file().replace("- {page: [set.primary], wait: 5m}", first, 1))
    bare.pass_time(until="2026-11-30 19:57")
    bare.alert()
    bare.user("ana").sees("If not everybody acknowledges by **20:02** it goes to Di Doe.")
    bare.channel(SET).shows("Ana Doe and Eve Doe paged 19:57, Di Doe at 20:02")

    bare.user("ana").clicks("Acknowledge")
    bare.pass_time(minutes=5)
    assert bare.paged() == ["ana", "eve", "di"]
    bare.channel(SET).shows(
        "Eve Doe not reached (19:57), Di Doe paged 20:02, Ana Doe acknowledged, Eve Doe not yet"
    )


def test_outside_of_all_shifts_the_lead_answers(bare):
    bare.apply(file().replace('to: "02:00"', 'to: "01:00"'))
    bare.pass_time(until="2026-12-01 07:30")
    bare.alert()

    assert bare.paged() == ["mara"]


def test_after_an_outage_one_page_says_how_late_it_is(world):
    world.alert()
    world.stand_still(minutes=12)
    world.settle()

    assert world.paged() == ["ana", "bo", "mara"]
    world.user("mara").sees("This page comes 7 min late; 1 earlier step is folded into it")
    world.stand_still(hours=3)
    world.settle()
    assert world.paged() == ["ana", "bo", "mara", "max"]
    world.user("max").sees("late")
    assert len(world.keys("remind:")) == 1


def click_on(world, name, number):
    """What Mattermost sends when somebody presses the first button of a post."""
    post = next(row for row in world.chat.direct(name) if row.id == number)
    action = post.props["attachments"][0]["actions"][0]
    return {
        "user_id": world.chat.server.named(name).id,
        "user_name": name,
        "channel_id": post.channel_id,
        "post_id": number,
        "context": action["integration"]["context"],
    }


def test_an_old_button_says_so_and_changes_nothing(world):
    world.alert()
    old = world.user("ana").page().id
    pressed = click_on(world, "ana", old)
    world.pass_time(minutes=35)
    world.alert()  # it fired again, with the ladder at its end
    assert world.paged() == ["ana", "bo", "mara", "max", "ana"]

    assert "Acknowledge" not in world.chat.buttons(old)
    late = world.post("/hooks/mattermost/action", json=pressed).json()["ephemeral_text"]
    assert late == "That button is of an earlier page; use the newest one of this alert."
    world.user("ana").clicks("Acknowledge")
    said = world.user("bo").says("/set ack 1")
    assert said == "Ana Doe has had it since 11:35; nothing changed."


def test_two_who_press_at_once_are_told_who_has_it(world):
    world.alert()
    world.pass_time(minutes=5)
    mine, theirs = world.user("ana").page().id, world.user("bo").page().id
    body = click_on(world, "bo", theirs)
    world.user("ana").clicks("Acknowledge", post=mine)

    answer = world.post("/hooks/mattermost/action", json=body)
    assert answer.json() == {"ephemeral_text": "Ana Doe has had it since 11:05; nothing changed."}
    forged = {**body, "context": {**body["context"], "alert": 2}}
    assert world.post("/hooks/mattermost/action", json=forged).status_code == 401


def test_the_escalate_button_means_the_step_it_was_drawn_on(world):
    world.alert()
    world.pass_time(minutes=5)
    said = world.user("bo").clicks("Not me, escalate")

    assert said == "It goes one step up now."
    assert world.paged() == ["ana", "bo", "mara"]
    world.user("cy").clicks("Escalate", channel=SET)
    assert world.paged() == ["ana", "bo", "mara", "max"]


def test_a_stranger_and_a_guest_are_refused_with_what_to_do(world):
    world.alert()
    for name in ("sue", "gil"):
        said = world.user(name).clicks("Acknowledge", channel=SET)
        assert f"{name} is not among the people that setflow knows" in said
        assert "an admin can add you" in said
        assert "not among the people" in world.user(name).says("/set ack 1")
    assert world.events("Acknowledged") == []


def test_who_may_resolve(world):
    world.alert()
    world.pass_time(minutes=5)
    world.user("bo").clicks("Acknowledge")

    assert "can be resolved by Bo Doe, Ana Doe" in world.user("fay").says("/set resolve 1")
    assert "can be resolved by" in world.user("eve").clicks("Resolve", channel=SET)
    assert world.user("mara").says("/set resolve 1") == "#1 Checkout API down is over."
    world.channel(SET).shows("over since 11:05, said Mara Doe")
    world.user("bo").sees("over since 11:05", "Nothing more for you to do")
    assert world.user("bo").says("/set resolve 1").startswith("No alert 1 is open")


def test_a_test_page_comes_by_every_method_and_concerns_nobody_else(world):
    texted(world)
    world.user("ana").says("/set test")
    world.pass_time(minutes=4)

    assert world.paged() == ["ana"]
    assert len(world.phones.heard("+34600")) == 2
    world.user("ana").clicks("Acknowledge")
    world.pass_time(hours=1)
    assert world.paged() == ["ana"]
    assert world.channel(SET).posts()[1:] == []
    assert world.get("/healthz").json()["dead_letters"] == 0


def test_a_page_by_hand_goes_up_the_ladder_of_its_seat_three_times_an_hour(world):
    assert world.user("eve").says("/set page set.primary Login is broken") == (
        "set.primary is paged now."
    )
    world.user("ana").sees("Login is broken", "asked by: Eve Doe")
    for _ in range(2):
        world.pass_time(minutes=1)
        world.user("eve").says("/set page @hal look at this")
    world.pass_time(minutes=1)
    assert "You have paged 3 times in the last hour" in world.user("eve").says("/set page hal x")
    assert "guests cannot" in world.user("gil").says("/set page hal x")
    assert "neither a person nor a seat" in world.user("bo").says("/set page nobody x")
    assert "neither a person" in world.user("bo").says("/set page person:nobody x")
    world.pass_time(hours=1)
    assert world.user("eve").says("/set page hal x") == "hal is paged now."
    assert world.dead() == []


def test_why_names_the_rule_and_its_version(world):
    world.alert()
    said = world.user("ana").asks_why("Checkout API down")

    version = world.rows("select digest from versions")[0].digest[:8]
    assert f"alert 1: ladder urgent (configuration {version})" in said
    direct = world.user("ana").says(f"/set why https://chat/acme/pl/{world.user('ana').page().id}")
    assert f"ladder urgent, round 1, step 1 (configuration {version})" in direct
    assert "none of mine" in world.user("ana").says("/set why xyz")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("/set", "`/set who [SEAT or ROTATION]`"),
        ("/set help", "`/set override SEAT PERSON FROM TO`"),
        ("/set wo", 'did you mean "who"'),
        ("/set qqqq", "`/set help`"),
        ("/set page", "Write `/set page PERSON-or-SEAT TEXT`"),
        ("/set override set.lead", "Write `/set override SEAT PERSON FROM TO`"),
        ("/set override set.lead bo yesterdayish never", "Write FROM and TO"),
        ("/set ack", "No alert waits for anybody now."),
        ("/set ack twelve", "Say the alert by its number"),
        ("/set ack 12", "No alert 12 is open"),
        ("/set done", "Which task?"),
        ("/set update", "Write `/set update [TICKET] TEXT`"),
        ("/set update nothing much", "No open incident is meant"),
        ("/set why", "Write it in the thread of a post of mine"),
        ("/set who nowhere", "There is no seat or rotation nowhere; there is set."),
        ("/set start nonsense", "Nothing starts by that"),
        ('/set who "unclosed', "There is no seat or rotation unclosed"),
    ],
)
def test_a_command_that_makes_no_sense_is_answered_with_what_does(world, words, answer):
    assert answer in world.user("ana").says(words)


def test_who_says_who_is_on_until_when(world):
    said = world.user("sue").says("/set who set")

    assert "SET primary (EMEA): **Ana Doe** until 20:00" in said
    assert "SET primary (Americas): nobody now; Cy Doe has the turn, next from 20:00" in said
    answer = world.get("/api/who?seat=set.emea.primary", headers={"Authorization": f"Bearer {API}"})
    assert answer.json()["seats"][0]["people"] == ["ana"]
    assert world.get("/api/who").status_code == 401


def test_a_command_without_its_token_is_nobody_s(world):
    answer = world.post("/hooks/mattermost/command", data={"token": "wrong", "text": "ack"})

    assert answer.status_code == 401
    assert "token of the slash command" in answer.json()["detail"]


def test_whoever_left_the_team_is_told_so(world):
    world.alert()
    server = world.chat.server
    server.teams[next(iter(server.teams))].members.discard(server.named("ana").id)

    assert world.user("ana").clicks("Acknowledge") == (
        "You are not in this team any more; nothing changed."
    )
