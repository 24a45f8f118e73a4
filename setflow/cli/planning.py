"""`setflow plan`: a proposal of crews for the cycles to come, and its way into the file."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from setflow import app, db, engine, planner, views
from setflow.cli import options, words
from setflow.cli.options import Data, Json
from setflow.definitions import Configuration
from setflow.errors import Refused
from setflow.planner import Board, Crew, Ground, Load, Proposal, Setting
from setflow.rotation import rules
from setflow.rotation.rules import Difference, History

QUIET_SECONDS = 1.0
AGAIN_SECONDS = 2.0
CHANGED = " *"


def plan(  # noqa: PLR0913  a command has as many options as it has
    rotation: Annotated[str, typer.Argument(metavar="ROTATION", help="With crews, such as set.")],
    *,
    cycles: Annotated[int, typer.Option(min=1, max=26, help="How many, from the next on.")] = 6,
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", metavar="FILE", help="Plan by this file, not that in force."),
    ] = None,
    take: Annotated[
        bool, typer.Option("--apply", help="Write the plan into --file, and apply it.")
    ] = False,
    as_json: Json = False,
    rest: Annotated[int, typer.Option(min=0, max=12, help="Cycles between two duties.")] = 1,
    seconds: Annotated[
        float,
        typer.Option(min=1, max=600, help="To search; twice that where teams exchange cycles."),
    ] = 10,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of the search.")] = 1,
    data: Data = None,
) -> None:
    """Propose crews for the next cycles.

    Nobody serves who is away, has left or has another duty. Beyond that it is fair by what
    everybody has had in the last four quarters: nights, weekends, holidays and pages; it minds
    wishes, sleep and rest, puts newcomers beside veterans, and keeps the order of the file where
    nothing speaks against it. Nothing is changed without --apply.

    \b
    Examples:
      setflow plan set
      setflow plan set --cycles 12 --file set.yaml
      setflow plan set --file set.yaml --apply
    """
    if take and file is None:
        raise Refused("A plan is written into your file: name it with --file set.yaml.")
    given = options.configuration(file) if file else None
    now = app.real_clock()
    with app.opened(options.given(data)) as house:
        with db.transaction(house.db) as tx:
            ground = views.planning_ground(tx, given=given, now=now)
            in_force = views.in_force(tx, now=now)
        setting = planner.setting(ground, rotation, cycles=cycles, rest=rest, now=now)
        board, proposal = planner.propose(setting, seconds=seconds, seed=seed, told=_told())
        old = in_force.history if in_force else ground.history
        found = _Plan(ground, board, proposal, old, now, file)
        if as_json:
            typer.echo(json.dumps(_as_json(found), indent=2, ensure_ascii=False))
        else:
            for line in (*_said(found), *(() if take else _left(found))):
                typer.echo(line)
        if take and file:
            for line in _taken(house.db, found, file):
                typer.echo(line, err=as_json)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A proposal, and the history in force that it would change."""

    ground: Ground
    board: Board
    proposal: Proposal
    old: History
    now: datetime
    file: Path | None

    @property
    def setting(self) -> Setting:
        return self.board.setting

    @property
    def configuration(self) -> Configuration:
        return self.ground.configuration

    @property
    def before(self) -> tuple[Crew, ...]:
        return tuple(one.crew for one in self.setting.cycles)

    def entries(self) -> dict[Any, Crew]:
        """The crews that differ from those of the file, by the day that they begin on."""
        pairs = zip(self.setting.cycles, self.proposal.crews, strict=True)
        return {planner.day(self.setting, one): crew for one, crew in pairs if crew != one.crew}

    def differences(self) -> list[Difference]:
        """How it changes who is on, over the whole of the plan."""
        name, configuration = self.setting.rotation, self.configuration
        text = planner.written(configuration.text, name, self.entries())
        where = str(self.file) if self.file else "The configuration in force"
        new = planner.revised(text, where, configuration, name, self.entries())
        end = self.setting.cycles[-1].end
        history = rules.revise(self.ground.history, new, self.now)
        return rules.differences(self.old, history, self.ground.overrides, self.now, end)


def _told() -> Callable[[], None]:
    """Says on the error stream that the search goes on, from its first second on."""
    begun = time.monotonic()
    last = begun + QUIET_SECONDS - AGAIN_SECONDS

    def told() -> None:
        nonlocal last
        if time.monotonic() - last >= AGAIN_SECONDS:
            last = time.monotonic()
            typer.echo(f"Still searching, for {last - begun:.0f} s …", err=True)

    return told


def _said(found: _Plan) -> list[str]:
    setting, proposal = found.setting, found.proposal
    best = "There is no better plan" if proposal.optimal else "The best plan found in that time"
    count = words.counted(len(setting.cycles), "cycle", "cycles")
    lines = [f"{setting.rotation}, the next {count} ({setting.zone.key})", ""]
    lines += words.table(_cycles(found))
    lines += ["", f"* differs from the file. {best} by what is known today."]
    blocks = {
        "Cannot be filled, and stays as it is:": planner.unfilled(found.board, proposal),
        "Could not be met:": planner.unmet(found.board, proposal),
        "Hours on, those by night, on weekends and on holidays, and pages: the last four quarters "
        "with these cycles, by the file → by this plan:": words.table(_ledger(found)),
        "It changes who is on:": words.differences(
            found.differences(), found.configuration.people, found.configuration.zone
        ),
    }
    for heading, own in blocks.items():
        if own:
            lines += ["", heading, *(f"  {line}" for line in own)]
    return [*lines, ""]


def _left(found: _Plan) -> list[str]:
    """What is left to do."""
    if not found.entries():
        return ["The file has it like that already."]
    take = "`--apply`" if found.file else "`--file set.yaml --apply`"
    return [f"Nothing was changed; {take} takes it."]


def _cycles(found: _Plan) -> list[list[str]]:
    setting = found.setting
    shifts = list(setting.cycles[0].crew.pairs)
    rows = [["", "team", "lead", *shifts]]
    for cycle, crew in zip(setting.cycles, found.proposal.crews, strict=True):
        cells = [
            (setting.teams[crew.team].title if crew.team in setting.teams else "", crew.team),
            (found.board.title(crew.lead), crew.lead),
            *(
                (", ".join(map(found.board.title, crew.pairs[one])), crew.pairs[one])
                for one in shifts
            ),
        ]
        own = (cycle.crew.team, cycle.crew.lead, *(cycle.crew.pairs[one] for one in shifts))
        rows.append(
            [
                planner.dates(setting, cycle),
                *(
                    text + CHANGED * (value != before)
                    for (text, value), before in zip(cells, own, strict=True)
                ),
            ]
        )
    return rows


def _ledger(found: _Plan) -> list[list[str]]:
    before, after = _both(found)
    names = sorted(before, key=found.board.title)
    rows = [["", *planner.KINDS]]
    rows += [[found.board.title(name), *map(_moved, before[name], after[name])] for name in names]
    spread = [
        _moved_range(
            [load[kind] for load in before.values()], [load[kind] for load in after.values()]
        )
        for kind in range(len(planner.KINDS))
    ]
    return [*rows, ["from – to", *spread]]


def _both(found: _Plan) -> tuple[dict[str, Load], dict[str, Load]]:
    """What those who may be on a shift will have had, by the file and by the plan."""
    before = planner.loads(found.board, found.before)
    after = planner.loads(found.board, found.proposal.crews)
    own = found.board.shares
    return {name: before[name] for name in own}, {name: after[name] for name in own}


def _moved(before: float, after: float) -> str:
    was, will = f"{before:.0f}", f"{after:.0f}"
    return was if was == will else f"{was} → {will}"


def _moved_range(before: Sequence[float], after: Sequence[float]) -> str:
    was, will = (f"{min(one):.0f} – {max(one):.0f}" for one in (before, after))
    return was if was == will else f"{was} → {will}"


def _as_json(found: _Plan) -> Mapping[str, object]:
    setting = found.setting
    before, after = _both(found)
    return {
        "rotation": setting.rotation,
        "optimal": found.proposal.optimal,
        "cycles": [
            {
                "start": views.utc(cycle.start),
                "end": views.utc(cycle.end),
                "changed": crew != cycle.crew,
                "team": crew.team or None,
                "lead": crew.lead,
                "shifts": crew.pairs,
            }
            for cycle, crew in zip(setting.cycles, found.proposal.crews, strict=True)
        ],
        "unfilled": planner.unfilled(found.board, found.proposal),
        "unmet": planner.unmet(found.board, found.proposal),
        "ledger": [
            {
                "person": name,
                "before": {kind: round(one, 1) for kind, one in before[name]._asdict().items()},
                "after": {kind: round(one, 1) for kind, one in after[name]._asdict().items()},
            }
            for name in sorted(before)
        ],
        "differences": [
            {
                "seat": one.seat,
                "start": views.utc(one.start),
                "end": views.utc(one.end),
                "before": one.before,
                "after": one.after,
            }
            for one in found.differences()
        ],
    }


def _taken(database: db.Db, found: _Plan, file: Path) -> list[str]:
    """Write the plan into the file and apply it: both or neither."""
    if found.proposal.unfilled:
        raise Refused(
            f"Some cycles cannot be filled, so nothing was written into {file}. Change who is away "
            "or in the team, or the cycle in the file, and plan again."
        )
    text = file.read_bytes().decode()
    changed = planner.written(text, found.setting.rotation, found.entries())
    given = options.file(file)
    new = engine.File(given.name, changed.replace("\r\n", "\n"), given.playbooks)
    with db.transaction(database) as tx:
        applied = engine.apply(tx, new, by="shell", now=app.real_clock())
        file.write_bytes(changed.encode())
    written = words.counted(len(found.entries()), "cycle is", "cycles are")
    if applied.version is None:
        return [f"{file} has all of that already, and is in force."]
    return [f"{written} written into {file}, which is in force now as version {applied.version}."]
