"""Who is on, asked over HTTP by 16 clients, of a company with 1,000 rotations."""

from crew import weekly_text
from load import flood, percentile, request
from stage import API_TOKEN, stage

ROTATIONS, CLIENTS = 1000, 16
SECONDS = 10.0


def measure() -> dict[str, float]:
    """Answers a second, and ms until 99 % are answered."""
    headers = {"Authorization": f"Bearer {API_TOKEN}"}

    def make(client: int, count: int) -> bytes:
        rotation = (client * 61 + count * 17) % ROTATIONS
        return request("GET", f"/api/who?seat=r{rotation}", headers=headers)

    with stage(weekly_text(ROTATIONS)) as here:
        here.serve()
        flood(here.port, CLIENTS, seconds=2, make=make, wanted=200)
        took = flood(here.port, CLIENTS, seconds=SECONDS, make=make, wanted=200)
    return {
        "rotations": ROTATIONS,
        "per_second": len(took) / SECONDS,
        "p99_ms": percentile(took, 99) * 1000,
    }


if __name__ == "__main__":
    print(measure())
