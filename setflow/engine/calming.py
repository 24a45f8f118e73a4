"""The end of a flood: what counted it is over, once somebody has seen it."""

from collections.abc import Iterable
from dataclasses import replace

from setflow.engine import alerts
from setflow.engine.floods import OURS
from setflow.engine.work import Work
from setflow.escalation import rules, spec


def look(work: Work, _: str, of: str) -> Iterable[object]:
    """See whether a source has calmed.

    What nobody has acknowledged goes on paging: the alerts that it counts were shown to nobody.
    """
    source, _, priority = of.rpartition(":")
    name = source, priority
    found = work.present.configuration.sources.get(source)
    limit = found.limit if found else spec.USUAL_LIMIT
    bucket = work.floods.bucket(name)
    calm_at = rules.calm_at(bucket, limit)
    if calm_at is None or calm_at > work.now:
        work.floods.change(name, bucket, limit)
        return ()
    still = [alert for key in bucket.keys if (alert := work.alerts.open(OURS, key))]
    seen = [alert for alert in still if alert.status is rules.Status.ACKNOWLEDGED]
    events: list[object] = []
    for alert in seen:
        over = spec.SourceResolved(alert.source, alert.key, work.now)
        events += alerts.keep(work, rules.source_resolved(alert, over))
    left = tuple(alert.key for alert in still if alert not in seen)
    # Looked at again a window later, for as long as one waits for somebody.
    calmed = replace(bucket, last=work.now if left else None, folded=bucket.folded if left else 0)
    work.floods.change(name, replace(calmed, keys=left), limit)
    return events
