"""Alert formats: what a monitor sends, made one shape."""

from setflow.adapters.alerts.generic import generic
from setflow.adapters.alerts.mapped import mapped
from setflow.adapters.alerts.prometheus import webhook
from setflow.adapters.alerts.values import UNREADABLE, Incoming, Message, unreadable
from setflow.escalation.spec import Source

__all__ = ["UNREADABLE", "Incoming", "Message", "generic", "read", "unreadable"]


def read(source: Source, body: object) -> Message:
    """What a message of `source` says, by the format that it has.

    Raises ValueError, with a sentence, where it cannot be read at all.
    """
    if source.mapping is not None:
        return mapped(body, source.mapping)
    if not isinstance(body, dict):
        raise ValueError("The body should be a JSON object.")  # noqa: TRY004  of the message
    if source.format == "json":
        raise ValueError(
            f"Nothing says how messages of {source.name} are read: give it a mapping below "
            "`sources:` in the configuration file."
        )
    if source.format == "generic":
        return Message([generic(body)])
    return webhook(body, source.priority)
