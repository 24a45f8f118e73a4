import pytest
from hypothesis import given
from hypothesis import strategies as st

from setflow.adapters.mattermost.inbound import (
    acknowledges,
    parse_action,
    parse_command,
    parse_slash,
    status_update,
)

ID = "a1b2c3d4e5f6g7h8i9j0k1l2m3"
FORM = {
    "token": "secret",
    "team_id": ID,
    "channel_id": ID,
    "user_id": ID,
    "user_name": "ana.ruiz",
    "command": "/set",
    "text": "who set.primary",
    "trigger_id": "t" * 60,
    "response_url": "https://chat.example.com/hooks/commands/x",
}
CLICK = {
    "user_id": ID,
    "user_name": "ana.ruiz",
    "channel_id": ID,
    "channel_name": "ops",
    "team_id": ID,
    "team_domain": "acme",
    "post_id": ID,
    "trigger_id": "t" * 60,
    "type": "button",
    "data_source": "",
    "context": {"do": "ack", "alert": 5, "nth": 1, "sig": "abc"},
}


@pytest.mark.parametrize(
    ("text", "verb", "arguments"),
    [
        ("", "", []),
        ("   ", "", []),
        ("WHO", "who", []),
        ("ack 5", "ack", ["5"]),
        ('update MM-1 "cause found" now', "update", ["MM-1", "cause found", "now"]),
        ("update MM-1 “cause found”", "update", ["MM-1", "cause found"]),
        ("note it can't log in", "note", ["it", "can't", "log", "in"]),
        ('note "not closed yet', "note", ["not closed yet"]),
        ('note ""', "note", [""]),
    ],
)
def test_a_command_is_a_verb_and_words_that_quotes_keep_together(text, verb, arguments):
    assert parse_slash(text) == (verb, arguments)


@given(st.text())
def test_any_command_is_read_somehow(text):
    verb, arguments = parse_slash(text)
    assert verb == verb.lower()
    assert len(" ".join([verb, *arguments])) <= len(text) + 10


def test_a_command_says_who_where_and_what():
    command = parse_command(FORM | {"root_id": ID})
    assert (command.user_id, command.channel_id, command.root_id) == (ID, ID, ID)
    assert (command.verb, command.arguments) == ("who", ("set.primary",))
    assert parse_command(FORM).root_id == ""


@pytest.mark.parametrize(
    "change",
    [
        {"user_id": ""},
        {"user_id": "../../etc"},
        {"user_id": ID.upper()},
        {"channel_id": None},
        {"team_id": 5},
        {"root_id": "x"},
        {"text": "x" * 16_384},
        {"text": ["who"]},
    ],
)
def test_a_form_that_mattermost_does_not_send_is_no_command(change):
    with pytest.raises(ValueError, match="should be"):
        parse_command(FORM | change)


def test_a_click_says_who_where_and_what_the_button_carried():
    action = parse_action(CLICK)
    assert (action.user_id, action.post_id, action.channel_id) == (ID, ID, ID)
    assert action.context == {"do": "ack", "alert": 5, "nth": 1}
    assert (action.sig, action.option) == ("abc", "")


def test_what_was_chosen_from_a_menu_stands_outside_of_what_is_signed():
    context = {**CLICK["context"], "selected_option": "ana"}
    action = parse_action(CLICK | {"context": context})
    assert (action.option, "selected_option" in action.context) == ("ana", False)


def test_a_click_in_a_direct_message_has_no_team():
    assert parse_action(CLICK | {"team_id": ""}).team_id == ""


@pytest.mark.parametrize(
    "change",
    [
        {"context": None},
        {"context": []},
        {"context": {"alert": True}},
        {"context": {"alert": [5]}},
        {"context": {"alert": 1.5}},
        {"context": {"alert": "x" * 201}},
        {"context": {"alert": 10**300}},
        {"context": {str(number): number for number in range(21)}},
        {"context": {"sig": 5}},
        {"user_id": "me"},
        {"post_id": ""},
    ],
)
def test_a_body_that_mattermost_does_not_send_is_no_click(change):
    with pytest.raises(ValueError, match="should"):
        parse_action(CLICK | change)


@pytest.mark.parametrize("text", ["ack", "On it", "on it!", " Acknowledged. ", "mine", "ACK 👍"])
def test_a_word_that_takes_an_alert_does(text):
    assert acknowledges(text)


@pytest.mark.parametrize(
    "text", ["", "who is on it?", "not mine", "no ack yet", "👍", "is Bo on it"]
)
def test_talk_about_an_alert_does_not_take_it(text):
    assert not acknowledges(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#status cause found", "cause found"),
        ("  #Status: cause\nfound ", "cause\nfound"),
        ("#status\ncause found", "cause found"),
        ("#status", ""),
        ("#statusquo holds", ""),
        ("what is the #status", ""),
        ("", ""),
    ],
)
def test_a_post_tagged_status_is_an_update(text, words):
    assert status_update(text) == words
