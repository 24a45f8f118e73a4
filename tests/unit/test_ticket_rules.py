from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from setflow.ticket.rules import Comment, CommentSeen, Ticket, TicketChanged, TicketSeen, seen

AT = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)


def a_ticket(*, level="L2", status="To Do", after=0):
    return Ticket(
        key="MM-58112",
        summary="Login loop after 10.4.1",
        team="Sustained Engineering",
        level=level,
        status=status,
        open=True,
        assignee=None,
        assignee_name="",
        priority="High",
        customer="Acme",
        url="https://jira.example.com/browse/MM-58112",
        updated_at=AT + timedelta(minutes=after),
        resolved_at=None,
    )


def a_comment(id, *, after=0):
    return Comment(id, "sue", AT + timedelta(minutes=after), f"words {id}")


def test_a_ticket_seen_for_the_first_time_is_news_with_its_comments():
    ticket, comment = a_ticket(), a_comment("1")

    decision = seen(None, (), TicketSeen(ticket, (comment,)))

    assert decision.state == ticket
    assert decision.events == [TicketChanged(ticket, None), CommentSeen(ticket.key, comment)]


def test_the_same_sight_twice_is_no_news():
    message = TicketSeen(a_ticket(), (a_comment("1"),))

    decision = seen(message.ticket, {"1"}, message)

    assert decision.state == message.ticket
    assert decision.events == []


def test_a_change_says_what_was_before():
    before, after = a_ticket(), a_ticket(level="L1", after=5)

    assert seen(before, (), TicketSeen(after)).events == [TicketChanged(after, before)]


def test_a_ticket_touched_without_a_change_is_kept_as_of_then_and_is_no_news():
    before, touched = a_ticket(), a_ticket(after=5)

    decision = seen(before, (), TicketSeen(touched))

    assert decision.state == touched
    assert decision.events == []


def test_an_older_sight_changes_nothing():
    now, older = a_ticket(level="L1", after=5), a_ticket(after=4)

    decision = seen(now, (), TicketSeen(older, (a_comment("1"),)))

    assert decision.state == now
    assert list(decision.events) == []


def test_another_sight_of_the_same_moment_counts():
    before = a_ticket()

    renamed = replace(before, assignee="ana", assignee_name="Ana Ruiz")

    assert seen(before, (), TicketSeen(renamed)).state == renamed


def test_comments_come_oldest_first_and_once():
    early, late = a_comment("9", after=1), a_comment("10", after=2)
    before = a_ticket()

    decision = seen(before, {"8"}, TicketSeen(before, (late, early, late, a_comment("8"))))

    assert decision.events == [CommentSeen(before.key, early), CommentSeen(before.key, late)]


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from(["To Do", "In Progress", "Done"])),
        min_size=1,
        max_size=4,
        unique_by=lambda version: version[0],
    ),
    st.data(),
)
def test_sights_in_any_order_and_number_end_at_the_latest(versions, data):
    sights = [
        TicketSeen(
            a_ticket(status=status, after=after),
            tuple(a_comment(str(n), after=n) for n in range(after)),
        )
        for after, status in versions
    ]
    latest = max(sights, key=lambda sight: sight.ticket.updated_at)
    order = data.draw(st.permutations(sights * 3))

    ticket, known, told = None, set(), []
    for sight in order:
        decision = seen(ticket, known, sight)
        ticket = decision.state
        new = [event.comment.id for event in decision.events if isinstance(event, CommentSeen)]
        known |= set(new)
        told += new

    assert ticket == latest.ticket
    assert sorted(told) == sorted(set(told))
    assert known == {comment.id for comment in latest.comments}
