"""What `setflow serve` holds of memory, its PostgreSQL left out."""

from pathlib import Path

from load import flood
from stage import alert, stage, wait_until

ALERTS, CLIENTS = 400, 4


def measure() -> dict[str, float]:
    """MiB of the process and its children but PostgreSQL, pages shared counted in part (PSS).

    After 400 alerts and their posts, since an idle process is no measure.
    """
    with stage() as here:
        here.serve()
        seen = [0] * CLIENTS

        def make(client: int, count: int) -> bytes:
            seen[client] += 1
            return alert(f"m-{client}-{count % (ALERTS // CLIENTS)}", "Memory")

        flood(here.port, CLIENTS, seconds=5, make=make, wanted=202)
        new = sum(min(one, ALERTS // CLIENTS) for one in seen)
        wait_until(lambda: _shown(here.pages()) >= new, 120, pause=0.5)
        assert here.serving
        return {"mib": family_mib(here.serving.pid)}


def family_mib(process: int) -> float:
    """MiB of a process and its children but PostgreSQL, pages shared counted in part (PSS)."""
    return sum(_pss_kib(one) for one in _family(process)) / 1024


def _shown(seen: list[tuple[float, str, str]]) -> int:
    """The alerts in their channel: most of their pages are one digest."""
    return sum(kind == "alert" for _, kind, _ in seen)


def _family(process: int) -> list[int]:
    """A process and all below it, but servers of PostgreSQL."""
    below = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [
        process,
        *(
            one
            for child in map(int, below)
            if "postgres" not in Path(f"/proc/{child}/cmdline").read_text()
            for one in _family(child)
        ),
    ]


def _pss_kib(process: int) -> int:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    print(measure())
