"""The fortnight as data: when, the sentence that tells it, and what people then do.

Instants are by the clock of the configuration file (Europe/Berlin). The duty is that of
`examples/set.yaml`: crew A is Server Platform (Mara leads, Ana and Bo in EMEA, Cy and Di in the
Americas), crew B Web Platform (Max leads, Eve and Fay, Gus and Hal).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from setflow.demo.cast import Cast

BEGIN, END = "2026-11-29 18:00", "2026-12-14 14:00"

SET, TICKET, INCIDENT = "sustained-engineering", "MM-58112", "incident-mm-58112"
ALERT = "acme-login-down"
STORM = 16
"""Alerts of a switch that fails: more than somebody can read."""

Deed = Callable[[Cast], object]


@dataclass(frozen=True, slots=True)
class Scene:
    """What people do at one instant.

    at    wall-clock, `2026-12-03 03:12`
    says  the sentence for the visitor; "" for everyday work that needs none
    """

    at: str
    says: str
    deeds: tuple[Deed, ...] = ()


def scenes() -> tuple[Scene, ...]:
    """All of them, in order."""
    return tuple(sorted((*_STORY, *_everyday()), key=lambda scene: scene.at))


def _press(person: str, button: str, channel: str = "") -> Deed:
    return partial(Cast.press, person=person, button=button, channel=channel)


def _command(person: str, text: str, channel: str = SET) -> Deed:
    return partial(Cast.command, person=person, channel=channel, text=text)


def _say(person: str, text: str, channel: str = SET) -> Deed:
    return partial(Cast.say, person=person, channel=channel, text=text)


def _comment(person: str, text: str) -> Deed:
    return partial(Cast.comment, person=person, ticket=TICKET, text=text)


def _assign(ticket: str, person: str) -> Deed:
    return partial(Cast.assign, ticket=ticket, person=person)


def _carried_over(cast: Cast) -> None:
    jira = cast.stage.far.jira
    jira.add_issue("Globex: plugin list takes a minute to open", key="MM-58003", level="Medium")
    jira.add_issue(
        "Initech: search misses words with umlauts",
        key="MM-58060",
        level="Medium",
        status="In Progress",
        assignee=cast.stage.account("bo"),
    )


def _ticket_comes(cast: Cast) -> None:
    cast.stage.far.jira.add_issue(
        "Acme: log-in loop after 10.4.1",
        key=TICKET,
        level="Critical",
        priority="Highest",
        status="In Progress",
        assignee=cast.stage.account("ana"),
    )


def _urgent_mail(cast: Cast) -> None:
    cast.stage.far.opsgenie.create(
        "Acme: nobody can log in, 4,000 users",
        alias=ALERT,
        priority="P1",
        source="support@northwind.example",
        description="Mail of Acme's hotline, marked urgent by support.",
        details={"customer": "Acme", "ticket": TICKET},
    )


def _storm(cast: Cast) -> None:
    for number in range(1, STORM + 1):
        cast.stage.far.opsgenie.create(
            f"Calls node {number:02} does not answer", alias=f"calls-{number}", priority="P2"
        )


def _storm_over(cast: Cast) -> None:
    far = cast.stage.far.opsgenie
    for number in range(1, STORM + 1):
        far.close(far.desk.alert(f"calls-{number}", "alias").id, "omar@example.com")


def _ticket_moves(status: str) -> Deed:
    def move(cast: Cast) -> None:
        cast.stage.far.jira.transition(TICKET, status)

    return move


_STORY = (
    Scene(
        "2026-11-29 18:00",
        "Sunday evening. Two tickets are open in Jira, one of them nobody's. Tomorrow at 08:00 the "
        "first crew starts.",
        (_carried_over,),
    ),
    Scene(
        "2026-11-30 08:00",
        "Crew A starts (Server Platform): the header of ~Sustained Engineering names them, the "
        "start checklist is posted, both primaries get a test page.",
    ),
    Scene("2026-11-30 08:02", "Ana acknowledges her test page.", (_press("ana", "Acknowledge"),)),
    Scene(
        "2026-11-30 11:05",
        "MM-58003 had no owner: Mara gives it to Bo in Jira and ticks the task.",
        (_assign("MM-58003", "bo"), _press("mara", "✓ Every ongoing issue", SET)),
    ),
    Scene(
        "2026-11-30 11:50",
        "Early morning in New York: Cy acknowledges the test page, and the start is done.",
        (_press("cy", "Acknowledge"),),
    ),
    Scene(
        "2026-12-01 10:30",
        f"Support raises {TICKET} to L1 in Jira: setflow opens its channel, brings the crew in, "
        "and says that nobody was paged.",
        (_ticket_comes,),
    ),
    Scene(
        "2026-12-01 10:50",
        "Ana tells the reporter who has it, and ticks that.",
        (_press("ana", "✓ Reporter told", INCIDENT),),
    ),
    Scene("2026-12-01 11:40", "", (_press("ana", "✓ Impact and level", INCIDENT),)),
    Scene("2026-12-01 13:55", "", (_press("ana", "✓ Ticket says what", INCIDENT),)),
    Scene(
        "2026-12-01 16:00",
        f"{TICKET} owes an update today. Nobody wrote one, so Ana is reminded.",
    ),
    Scene(
        "2026-12-01 18:00",
        "Still none: the primaries are reminded in the incident's thread.",
    ),
    Scene(
        "2026-12-01 18:20",
        "Ana posts an update by /set update. Mara, who would be told at 20:00, is left in peace.",
        (
            _command(
                "ana",
                f"/set update {TICKET} Loop reproduced on 10.4.1 with SAML; 10.4.0 is fine. "
                "Bisecting tonight.",
            ),
        ),
    ),
    Scene(
        "2026-12-02 11:30",
        "",
        (
            _press("ana", "✓ Ticket holds", INCIDENT),
            _press("ana", "✓ Narrowed down", INCIDENT),
        ),
    ),
    Scene(
        "2026-12-02 14:20",
        "Today Ana's update is a comment in Jira. It counts: no reminder at 16:00.",
        (_comment("ana", "Cause found: the session cookie is set twice. A fix is in review."),),
    ),
    Scene(
        "2026-12-02 17:00",
        "Ana has the dentist tomorrow: Ines stands in for a day, by /set override.",
        (
            _command("ana", "/set override set.emea.primary ines Thu 13:00 - Fri 13:00"),
            _press("ana", "Do it"),
        ),
    ),
    Scene(
        "2026-12-03 03:12",
        "03:12 in Berlin, 21:12 in New York. Support's urgent mail has become an alert in "
        "OpsGenie; setflow pages the primary on duty, Cy.",
        (_urgent_mail,),
    ),
    Scene(
        "2026-12-03 03:17",
        "Five minutes without an answer, text message included: Di, the backup, is paged.",
    ),
    Scene(
        "2026-12-03 03:18",
        "Di acknowledges. Cy is stood down by chat and text message; OpsGenie shows who has it.",
        (_press("di", "Acknowledge"),),
    ),
    Scene(
        "2026-12-03 04:40",
        "Acme is back after a restart. Di resolves the alert; it closes in OpsGenie too.",
        (_press("di", "Resolve"),),
    ),
    Scene(
        "2026-12-03 10:45",
        "The day's update comes as a post tagged #status in the incident's channel.",
        (
            _say(
                "ana",
                "#status Acme was down from 03:05 to 04:35 and is back. The fix is merged; a dot "
                "release is being prepared.",
                INCIDENT,
            ),
        ),
    ),
    Scene("2026-12-03 13:00", "Ines is on in Ana's place; the header and the checklist say so."),
    Scene(
        "2026-12-04 09:00",
        "Friday's hand-over to the second week: the packet is posted.",
    ),
    Scene("2026-12-04 13:00", "Ana is back."),
    Scene("2026-12-04 14:30", "", (_press("mara", "✓ Every ticket has an assignee", SET),)),
    Scene("2026-12-04 15:40", "", (_press("ana", "✓ What stands in no ticket", SET),)),
    Scene(
        "2026-12-04 16:10",
        "Reminded at 16:00, Ana presses “Nothing new”; that counts too.",
        (_press("ana", "Nothing new"),),
    ),
    Scene(
        "2026-12-05 16:15",
        "Saturday, and L1 has no weekend: “Nothing new” again.",
        (_press("ana", "Nothing new"),),
    ),
    Scene(
        "2026-12-06 16:20",
        "Twice in a row is enough: on Sunday setflow asks for words, and Ana writes some.",
        (
            _command(
                "ana", f"/set update {TICKET} 10.4.2 is built and in QA; Acme gets it on Tuesday."
            ),
        ),
    ),
    Scene(
        "2026-12-07 08:00",
        "Week two: the pairs change places. Bo and Di are primary, Ana and Cy backup.",
    ),
    Scene("2026-12-07 08:03", "", (_press("bo", "Acknowledge"),)),
    Scene("2026-12-07 10:20", "", (_press("mara", "✓ Every ongoing issue", SET),)),
    Scene("2026-12-07 11:45", "", (_press("di", "Acknowledge"),)),
    Scene(
        "2026-12-07 15:10",
        "",
        (_comment("ana", "QA passed 10.4.2 on two of three databases; the last runs overnight."),),
    ),
    Scene("2026-12-08 16:00", "A busy Tuesday: no update yet, Ana is reminded."),
    Scene("2026-12-08 18:00", "Nothing at 18:00: the primaries, in the thread."),
    Scene("2026-12-08 20:00", "Nothing at 20:00: Mara, who leads, is told."),
    Scene(
        "2026-12-08 20:12",
        "Mara writes the update herself.",
        (
            _command(
                "mara", f"/set update {TICKET} 10.4.2 is at Acme since 18:30; log-ins look normal."
            ),
        ),
    ),
    Scene(
        "2026-12-09 09:20",
        "Bo has a school visit this afternoon and asks the channel for cover, by /set cover. Until "
        "somebody takes it, it stays his.",
        (
            _command("bo", "/set cover set.emea.primary today 13:00 - 20:00 a visit to the school"),
            _press("bo", "Do it"),
        ),
    ),
    Scene(
        "2026-12-09 09:35",
        "Fay, of the next crew, presses Take: her name is in the post, and Bo is told.",
        (_press("fay", "Take", SET),),
    ),
    Scene(
        "2026-12-09 09:40",
        "Bo looks whether it is so: /set schedule posts the coming weeks, drawn.",
        (_command("bo", "/set schedule"),),
    ),
    Scene(
        "2026-12-09 12:10",
        "",
        (_command("ana", f"/set update {TICKET} A quiet night at Acme. We watch it to Saturday."),),
    ),
    Scene("2026-12-09 13:00", "Fay is on in Bo's place until 20:00; the header says so."),
    Scene(
        "2026-12-10 14:50",
        "",
        (_say("ana", "#status Second quiet day at Acme.", INCIDENT),),
    ),
    Scene(
        "2026-12-10 16:00",
        "Nobody looked at Ask R&D today: the backups are reminded.",
    ),
    Scene("2026-12-10 16:25", "", (_press("ana", "Done"),)),
    Scene(
        "2026-12-10 21:40",
        f"A switch fails, and {STORM} alerts come at once. Di gets five pages, and one message in "
        "which all the others stand.",
        (_storm,),
    ),
    Scene(
        "2026-12-10 21:42",
        "One press takes what stands in that message, and five take the rest.",
        tuple(_press("di", "Acknowledge") for _ in range(6)),
    ),
    Scene(
        "2026-12-10 22:05",
        "The switch is back: the alerts close in OpsGenie, and with them here.",
        (_storm_over,),
    ),
    Scene(
        "2026-12-11 09:00",
        "Friday: the hand-over to crew B. The packet names tickets, owners and the incoming crew, "
        "who are brought into the incident's channel.",
    ),
    Scene(
        "2026-12-11 11:30",
        "Mara reassigns the tickets to crew B in Jira, and ticks that.",
        (
            _assign(TICKET, "eve"),
            _assign("MM-58003", "fay"),
            _assign("MM-58060", "gus"),
            _press("mara", "✓ Every ticket has an assignee", SET),
        ),
    ),
    Scene(
        "2026-12-11 15:20",
        "Eve, the new owner, posts her first update.",
        (_say("eve", "#status I have this from Ana now. Third quiet day.", INCIDENT),),
    ),
    Scene("2026-12-11 15:45", "", (_press("bo", "✓ What stands in no ticket", SET),)),
    Scene(
        "2026-12-11 16:30",
        "Max, who leads crew B, accepts the hand-over.",
        (_press("max", "✓ Incoming lead accepts", SET),),
    ),
    Scene(
        "2026-12-12 11:00",
        f"Acme confirms: it is over. Eve closes {TICKET} in Jira; from now on nobody is reminded.",
        (_ticket_moves("Done"),),
    ),
    Scene("2026-12-12 11:05", "", (_press("eve", "✓ Customer confirms", INCIDENT),)),
    Scene(
        "2026-12-14 08:00",
        "Crew B takes over (Web Platform): the header and the roles go with it.",
    ),
    Scene("2026-12-14 08:02", "", (_press("eve", "Acknowledge"),)),
    Scene("2026-12-14 10:30", "", (_press("eve", "✓ Written down", INCIDENT),)),
    Scene("2026-12-14 11:00", "", (_press("max", "✓ Every ongoing issue", SET),)),
    Scene("2026-12-14 11:40", "", (_press("gus", "Acknowledge"),)),
    Scene(END, "Crew B is at work, and the fortnight is over."),
)

FORGOTTEN = ("2026-12-10", "ask-rnd")
"""The one task of a working day that nobody remembers unasked."""


def _everyday() -> Iterator[Scene]:
    """The tasks of each working day, ticked by whoever has them."""
    first = datetime.fromisoformat("2026-11-30")
    for day in (first + timedelta(days=number) for number in range(12)):
        if day.weekday() > 4:
            continue
        date, second = f"{day:%Y-%m-%d}", f"{day:%Y-%m-%d}" > "2026-12-07"
        primary, backup = ("bo", "ana") if second else ("ana", "bo")
        if date == "2026-12-03":
            primary = "cy"  # Ines stands in, and Cy is there from 14:00 in New York
        if date == "2026-12-09":
            primary = "fay"  # she took Bo's afternoon
        for at, person, button, task in (
            ("10:25", "mara", "✓ TO DO on the SET board", "board"),
            ("14:35", backup, "✓ Ask R&D", "ask-rnd"),
            ("15:25", primary, "✓ Tickets that do not move", "stuck"),
        ):
            on_the_first_day = date in ("2026-11-30", "2026-12-07") and task == "board"
            if (date, task) != FORGOTTEN and not on_the_first_day:
                yield Scene(f"{date} {at}", "", (_press(person, button, SET),))
