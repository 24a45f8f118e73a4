"""The OpsGenie-compatible API's format: requests read and bounded, answers written.

After OpsGenie's OpenAPI document and https://docs.opsgenie.com/docs/alert-api.
"""

from setflow.adapters.genie.reading import READERS, Unfit, create, said, wanted
from setflow.adapters.genie.writing import alert, brief, heartbeat, note, outcome

__all__ = [
    "READERS",
    "Unfit",
    "alert",
    "brief",
    "create",
    "heartbeat",
    "note",
    "outcome",
    "said",
    "wanted",
]
