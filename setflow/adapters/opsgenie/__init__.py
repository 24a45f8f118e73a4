"""OpsGenie: its alerts, its schedules, its outgoing webhook."""

from setflow.adapters.opsgenie.alerts import OpsGenie, RemoteAlert
from setflow.adapters.opsgenie.hook import webhook
from setflow.adapters.opsgenie.schedules import RemoteSchedule

__all__ = ["OpsGenie", "RemoteAlert", "RemoteSchedule", "webhook"]
