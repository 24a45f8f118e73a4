"""Custom user groups, by the real client library, against the stand-in and its API description."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from setflow.adapters.mattermost import groups
from setflow.adapters.mattermost.outbound import PAGE, Mattermost
from setflow.errors import DeliveryError
from setflow.sandbox.mattermost import MattermostSandbox
from tests.loopback import Counted, served

NOW = datetime(2026, 11, 30, 7, tzinfo=UTC)
NAME = "set-oncall"


class World:
    """A server with a licence, three people, and our bot."""

    def __init__(self, box: MattermostSandbox, url: str, counted: Counted) -> None:
        self.box, self.counted = box, counted
        box.add_team("acme")
        for name in ("ana", "bo", "cy"):
            box.add_user(name, name.title())
        box.server.licensed = True
        self.mm = Mattermost(url, box.add_bot("setflow"), "acme")

    def keep(self, *usernames: str, name: str = NAME) -> bool:
        ids = [self.box.server.named(one).id for one in usernames]
        return groups.keep(self.mm, name, "SET on call", ids)

    def there(self) -> set[str]:
        return self.box.group(NAME)

    def delete(self) -> None:
        (group,) = self.box.server.groups
        self.mm.driver.client.delete(f"/groups/{group}")


@pytest.fixture
def world() -> Iterator[World]:
    box = MattermostSandbox(lambda: NOW)
    counted = Counted(box.app)
    with served(counted) as url:
        yield World(box, url, counted)


def test_a_group_is_made_once_and_then_kept_in_step(world):
    assert world.keep("ana", "bo")
    assert world.there() == {"ana", "bo"}
    assert not world.keep("bo", "ana")
    assert world.keep("cy", "bo")
    assert world.there() == {"bo", "cy"}
    assert world.keep()
    assert world.there() == set()
    assert len(world.box.server.groups) == 1


def test_one_that_was_deleted_is_brought_back(world):
    world.keep("ana")
    world.delete()
    assert world.keep("bo")
    assert world.there() == {"bo"}


def test_another_group_with_a_like_name_is_left_alone(world):
    world.keep("ana", name="set-oncall-old")
    world.keep("bo")
    assert world.box.group("set-oncall-old") == {"ana"}


@pytest.mark.parametrize(
    ("prepare", "status", "words"),
    [
        (lambda world: setattr(world.box.server, "licensed", False), 501, "no licence"),
        (
            lambda world: world.box.server.no_groups.add(world.mm.me()[0]),
            403,
            "an admin can give it",
        ),
        (lambda world: world.box.add_user(NAME, "Taken"), 400, "choose another name"),
    ],
)
def test_where_the_server_refuses_an_admin_is_told_what_to_do_and_it_is_not_tried_again(
    world, prepare, status, words
):
    prepare(world)
    with pytest.raises(DeliveryError, match=words) as caught:
        world.keep("ana")
    assert (caught.value.status, caught.value.again) == (status, False)


def test_a_server_that_is_down_is_tried_again(world):
    world.box.faults.down = True
    with pytest.raises(DeliveryError) as caught:
        world.keep("ana")
    assert caught.value.again


def test_more_members_than_a_page_are_all_seen(world):
    many = [f"p{number}" for number in range(PAGE + 1)]
    for name in many:
        world.box.add_user(name, name.title())
    world.keep(*many)
    assert not world.keep(*many)
    assert world.keep("cy")
    assert world.there() == {"cy"}
