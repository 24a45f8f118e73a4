"""Alert formats: what a monitor sends, made one shape."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class Generic(BaseModel):
    """The generic alert of `POST /hooks/alerts/SOURCE`.

    key       the monitor's own name for it; one alert is open for each source and key
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
    delivery: Annotated[str, Field(max_length=200)] = ""


def generic(body: dict[str, Any]) -> Generic:
    """The alert that `body` is; raises ValueError with a sentence that names every mistake."""
    try:
        return Generic.model_validate(body)
    except ValidationError as error:
        said = "; ".join(
            f"{'.'.join(map(str, part['loc'])) or 'body'}: {part['msg']}"
            for part in error.errors(include_url=False, include_input=False)
        )
        raise ValueError(f"This is no alert: {said[:1000]}") from None
