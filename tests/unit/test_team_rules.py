import pytest

from setflow.errors import Refused
from setflow.team.rules import (
    Directory,
    closers,
    may_acknowledge,
    may_administer,
    may_override,
    may_page,
)
from setflow.team.spec import Person

ANA = Person(
    "ana", "Ana Ruiz", "ana.ruiz", email="ana@example.com", jira="4f", opsgenie="Ana@example.com"
)
BO = Person("bo", "Bo Lind", "bo.lind")
MARA = Person("mara", "Mara Stein", "mara.stein")
DIRECTORY = Directory.of({person.name: person for person in (ANA, BO, MARA)})


def test_people_are_found_by_what_other_systems_call_them():
    assert DIRECTORY.by_username("@Ana.Ruiz") is ANA
    assert DIRECTORY.by_username("bo.lind") is BO
    assert DIRECTORY.by_jira("4f") is ANA
    assert DIRECTORY.by_opsgenie("ana@EXAMPLE.com") is ANA


def test_nobody_is_found_by_what_nobody_is_called():
    assert DIRECTORY.by_username("ana") is None
    assert DIRECTORY.by_jira("") is None
    assert DIRECTORY.by_opsgenie("bo@example.com") is None


def test_a_caller_who_is_not_known_is_told_what_to_do():
    assert DIRECTORY.caller("bo.lind") is BO
    with pytest.raises(Refused, match=r"^zed is not among the people .* an admin can add you"):
        DIRECTORY.caller("zed")


def test_titles_are_listed_for_people():
    assert DIRECTORY.titles([]) == "nobody"
    assert DIRECTORY.titles(["ana"]) == "Ana Ruiz"
    assert DIRECTORY.titles(["ana", "bo", "gone"]) == "Ana Ruiz, Bo Lind or gone"


def test_anybody_known_acknowledges_for_anybody_known():
    may_acknowledge(DIRECTORY, "ana", person="ana")
    may_acknowledge(DIRECTORY, "ana", person="bo")


@pytest.mark.parametrize(("by", "person"), [("zed", "ana"), ("ana", "zed")])
def test_nobody_else_acknowledges(by, person):
    with pytest.raises(Refused, match="zed is not among"):
        may_acknowledge(DIRECTORY, by, person=person)


def test_an_alert_is_closed_by_who_has_it_by_holders_and_leads():
    assert closers("bo", ["ana", "bo"], ["mara"]) == ("bo", "ana", "mara")
    assert closers(None, ["ana"], []) == ("ana",)


@pytest.mark.parametrize(
    ("by", "holders"), [("ana", ["ana"]), ("mara", ["ana", "bo"]), ("mara", []), ("max", ["ana"])]
)
def test_a_seat_is_given_away_by_who_has_it_by_leads_and_admins(by, holders):
    may_override(DIRECTORY, by, holders=holders, leads=["mara"], admins=["max"])


@pytest.mark.parametrize(("by", "holders"), [("bo", ["ana"]), ("ana", ["ana", "bo"]), ("ana", [])])
def test_a_seat_of_others_is_not_given_away(by, holders):
    with pytest.raises(Refused, match=r"ask .*Mara Stein or max\.$"):
        may_override(DIRECTORY, by, holders=holders, leads=["mara"], admins=["max"])


def test_members_page_three_times_an_hour():
    may_page(member=True, guest=False, recent=2)
    with pytest.raises(Refused, match="You have paged 3 times in the last hour"):
        may_page(member=True, guest=False, recent=3)


@pytest.mark.parametrize(("member", "guest"), [(False, False), (True, True)])
def test_guests_and_strangers_do_not_page(member, guest):
    with pytest.raises(Refused, match="ask one of them to"):
        may_page(member=member, guest=guest, recent=0)


def test_admins_administer():
    may_administer(DIRECTORY, "mara", admins=["mara"])
    with pytest.raises(Refused, match="ask Mara Stein, or use the command line"):
        may_administer(DIRECTORY, "ana", admins=["mara"])
    with pytest.raises(Refused, match="no admin is named; use the command line"):
        may_administer(DIRECTORY, "ana", admins=[])
