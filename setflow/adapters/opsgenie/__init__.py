"""OpsGenie, and JSM Operations: alerts, schedules, and OpsGenie's outgoing webhook."""

from setflow.adapters.opsgenie.alerts import Notified, OpsGenie, RemoteAlert
from setflow.adapters.opsgenie.hook import webhook
from setflow.adapters.opsgenie.schedules import RemoteSchedule

__all__ = ["Notified", "OpsGenie", "RemoteAlert", "RemoteSchedule", "webhook"]
