"""Figures for Prometheus: what the tables say when they are asked, and what this process counts.

Text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/). What the tables
say is the same from every process; whoever adds processes up takes the greatest, not the sum.
"""

import logging
import platform
import threading
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from importlib import metadata
from itertools import accumulate

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Info,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from setflow import views
from setflow.db import DatabaseGone, Db, transaction
from setflow.views import BUCKETS, Figures, Settled

log = logging.getLogger(__name__)

# A series of its own beside each counter, which nobody asked for.
disable_created_metrics()  # type: ignore[no-untyped-call]

FRESH = timedelta(seconds=5)
"""Whoever asks again within this is told the same: a look costs 0.1 s among 100,000 open alerts."""
COMMITS = timedelta(seconds=5)
"""What came to an end is counted once this is over: by then it is committed."""

Tried = tuple[str, str, str, float]


class Metrics:
    """The figures of one process, and of the tables that it works on.

    clock_offset_seconds  to be told how far the database's clock is ahead of ours
    """

    def __init__(self, db: Db, clock: Callable[[], datetime]) -> None:
        self.registry = CollectorRegistry()
        self._elsewhere: dict[tuple[str, str, str], float] = {}
        ProcessCollector(registry=self.registry)
        build = Info("setflow_build", "Which setflow this is.", registry=self.registry)
        build.info({"version": _version(), "python": platform.python_version()})
        self._offset = Gauge(
            "setflow_clock_offset_seconds",
            "How far the database's clock is ahead of this process's.",
            registry=self.registry,
        )
        self._tries = Counter(
            "setflow_delivery_tries_total",
            "Deliveries that were tried here: delivered, or failed (and tried again, or dead).",
            ["system", "kind", "outcome"],
            registry=self.registry,
        )
        self._mails = Counter(
            "setflow_mails_total",
            "Mails that were brought to this process: accepted, repeated, or why they were not.",
            ["outcome"],
            registry=self.registry,
        )
        self.registry.register(_Tables(db, clock))
        self._turn = threading.Lock()

    def clock_offset_seconds(self, seconds: float) -> None:
        """Keep how far the database's clock is ahead of ours."""
        self._offset.set(seconds)

    def tried(self, system: str, *, page: bool, delivered: bool) -> None:
        """Count a delivery that was tried."""
        outcome = "delivered" if delivered else "failed"
        self._tries.labels(system, _kind(page=page), outcome).inc()

    def mailed(self, outcome: str) -> None:
        """Count a mail that was brought, by what became of it."""
        self._mails.labels(outcome).inc()

    def tries(self) -> list[Tried]:
        """The deliveries that were tried: system, kind, outcome, and how many."""
        (family,) = self._tries.collect()
        return [
            (one.labels["system"], one.labels["kind"], one.labels["outcome"], one.value)
            for one in family.samples
        ]

    def tried_elsewhere(self, tries: Iterable[Tried]) -> None:
        """Count the deliveries of a process beside this one, all that it ever tried."""
        for system, kind, outcome, count in tries:
            labels = system, kind, outcome
            self._tries.labels(*labels).inc(count - self._elsewhere.get(labels, 0.0))
            self._elsewhere[labels] = count

    def text(self) -> bytes:
        """All of it as Prometheus reads it."""
        with self._turn:
            return generate_latest(self.registry)


class _Tables(Collector):
    """What the tables say; while they are silent, only that they are."""

    def __init__(self, db: Db, clock: Callable[[], datetime]) -> None:
        self.db, self.clock = db, clock
        self.counted_until = clock()
        self.ends: Tally[tuple[str, str, str]] = Tally()
        self.lengths: dict[tuple[str, str], list[int]] = {}
        self.seconds: Tally[tuple[str, str]] = Tally()
        self.last: Figures | None = None

    def collect(self) -> Iterable[Metric]:
        """One look at the database, or what the last one saw where that is fresh."""
        try:
            seen = self._look()
        except DatabaseGone as error:
            log.warning("no figures: the database does not answer: %s", error)
            yield _gauge("setflow_database_up", "Whether the database answers.", 0)
            return
        yield _gauge("setflow_database_up", "Whether the database answers.", 1)
        for family in _FAMILIES:
            yield family(seen)
        yield self._ends()
        yield self._lengths()

    def _look(self) -> Figures:
        now = self.clock()
        if self.last and timedelta(0) <= now - self.last.at < FRESH:
            return self.last
        until = max(now - COMMITS, self.counted_until)
        with transaction(self.db) as tx:
            seen = self.last = views.figures(tx, self.counted_until, until, now=now)
        self.counted_until = until
        for one in seen.settled:
            self._count(one)
        return seen

    def _count(self, one: Settled) -> None:
        kind = _kind(page=one.page)
        self.ends[one.system, kind, one.outcome] += one.count
        if one.outcome == "delivered":
            lengths = self.lengths.setdefault((one.system, kind), [0] * (len(BUCKETS) + 1))
            lengths[one.bucket] += one.count
            self.seconds[one.system, kind] += one.seconds  # type: ignore[assignment]

    def _ends(self) -> Metric:
        family = CounterMetricFamily(
            "setflow_effects_settled",
            "Effects that came to an end since this process began, in whichever process.",
            labels=["system", "kind", "outcome"],
        )
        for labels, count in sorted(self.ends.items()):
            family.add_metric(labels, count)
        return family

    def _lengths(self) -> Metric:
        family = HistogramMetricFamily(
            "setflow_delivery_seconds",
            "From the decision to the delivery, of effects delivered since this process began.",
            labels=["system", "kind"],
        )
        ends = [*map(str, BUCKETS), "+Inf"]
        for labels, lengths in sorted(self.lengths.items()):
            buckets = list(zip(ends, accumulate(lengths), strict=True))
            family.add_metric(labels, buckets, sum_value=self.seconds[labels])
        return family


def _gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(name, told, value=value)


def _by(
    name: str, told: str, label: str, values: Callable[[Figures], Mapping[str, float]]
) -> Callable[[Figures], Metric]:
    def family(seen: Figures) -> Metric:
        found = GaugeMetricFamily(name, told, labels=[label])
        for key, value in sorted(values(seen).items()):
            found.add_metric([key], value)
        return found

    return family


def _late(seen: Figures) -> dict[str, float]:
    """Of every kind, that which is on time as well: an alarm needs a series to look at."""
    ticked = {kind: one.seconds for kind, one in seen.late.items()}
    return {**dict.fromkeys(views.KINDS, 0.0), **ticked, **seen.send_late_seconds}


def _counts(seen: Figures) -> dict[str, float]:
    ticked = {kind: float(one.count) for kind, one in seen.late.items()}
    return {**dict.fromkeys(views.KINDS, 0.0), **ticked}


def _oldest(seen: Figures) -> dict[str, float]:
    return {
        system: max((seen.at - one.since).total_seconds(), 0.0)
        for system, one in seen.leaving.items()
        if one.since
    }


def _succeeded(seen: Figures) -> dict[str, float]:
    return {
        source: one.succeeded_at.timestamp()
        for source, one in seen.pulls.items()
        if one.succeeded_at
    }


_FAMILIES: tuple[Callable[[Figures], Metric], ...] = (
    _by("setflow_late_seconds", "How long the first of what is due has been so.", "kind", _late),
    _by("setflow_due", "What is due and not decided yet.", "kind", _counts),
    lambda seen: _gauge(
        "setflow_inbox_waiting", "What was pushed in and is not worked yet.", seen.deliveries
    ),
    _by(
        "setflow_outbox_waiting",
        "Effects to be delivered, dead letters included.",
        "system",
        lambda seen: {system: one.waiting for system, one in seen.leaving.items()},
    ),
    _by(
        "setflow_outbox_dead",
        "Effects that were given up and wait for a person.",
        "system",
        lambda seen: {system: one.dead for system, one in seen.leaving.items()},
    ),
    _by(
        "setflow_outbox_oldest_seconds",
        "How long ago the oldest effect was decided that is to be delivered and no dead letter.",
        "system",
        _oldest,
    ),
    _by("setflow_alerts", "Alerts that are not over.", "status", lambda seen: seen.alerts),
    _by(
        "setflow_pull_success_timestamp_seconds",
        "When a source was last read.",
        "source",
        _succeeded,
    ),
    _by(
        "setflow_pull_failing",
        "Whether reading a source has failed since.",
        "source",
        lambda seen: {source: float(one.failing) for source, one in seen.pulls.items()},
    ),
    _by(
        "setflow_processes",
        "Processes that run on this database.",
        "version",
        lambda seen: {str(version): count for version, count in seen.processes.items()},
    ),
)


def _kind(*, page: bool) -> str:
    return "page" if page else "other"


def _version() -> str:
    try:
        return metadata.version("setflow")
    except metadata.PackageNotFoundError:
        return "checkout"
