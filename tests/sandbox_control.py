"""A clock for the sandbox's page that only the test moves."""

from datetime import UTC, datetime, timedelta


class Control:
    def __init__(self):
        self.now = datetime(2026, 11, 26, 2, 12, tzinfo=UTC)
        self.paused, self.speed, self.story, self.asked = True, 60, [], []

    def state(self):
        return {
            "now": self.now.isoformat(),
            "zone": "Europe/Berlin",
            "paused": self.paused,
            "speed": self.speed,
            "next_at": (self.now + timedelta(minutes=5)).isoformat(),
            "next_what": "Bo is paged",
            "story": list(self.story),
            "ended": False,
        }

    def pause(self):
        self.paused = True

    def play(self):
        self.paused = False

    def step(self):
        self.now += timedelta(minutes=5)
        self.story.append("Nobody answered; the alert climbs to Bo.")

    def set_speed(self, speed):
        self.speed = int(speed)
