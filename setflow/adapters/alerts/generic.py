"""The generic alert: what a monitor sends that was written for setflow."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from setflow.adapters.alerts.values import Incoming, named


class Generic(BaseModel):
    """The generic alert of `POST /hooks/alerts/SOURCE`.

    key       the monitor's own name for it; one alert is open for each source and key
    started   when it began; where it is given, an old message changes nothing that came after
    delivery  names this very message, so that a repeat is told; "" to have each taken
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    key: Annotated[str, Field(min_length=1, max_length=512)]
    title: Annotated[str, Field(min_length=1, max_length=1000)]
    priority: Literal["P1", "P2", "P3", "P4", "P5"] = "P3"
    status: Literal["firing", "resolved"] = "firing"
    details: Annotated[
        dict[Annotated[str, Field(max_length=100)], Annotated[str, Field(max_length=4000)]],
        Field(max_length=50),
    ] = Field(default_factory=dict)
    url: Annotated[str, Field(max_length=2000, pattern=r"^(https?://\S+)?$")] = ""
    started: AwareDatetime | None = None
    delivery: Annotated[str, Field(max_length=200)] = ""


def generic(body: dict[str, Any]) -> Incoming:
    """The alert that `body` is; raises ValueError with a sentence that names every mistake."""
    try:
        found = Generic.model_validate(body)
    except ValidationError as error:
        said = "; ".join(
            f"{'.'.join(map(str, part['loc'])) or 'body'}: {part['msg']}"
            for part in error.errors(include_url=False, include_input=False)
        )
        raise ValueError(f"This is no alert: {said[:1000]}") from None
    return Incoming(
        named(found.key),
        found.title,
        found.priority,
        firing=found.status == "firing",
        details=found.details,
        url=found.url,
        started=found.started,
        delivery=found.delivery,
    )
