"""The official API documents beside the checkout; what needs them is skipped where they are not."""

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

SHARED = Path(__file__).parents[3] / "shared"

if not (SHARED / "contract" / "checker.py").is_file():
    pytest.skip(
        "the official API documents do not stand beside this checkout (../shared/contract)",
        allow_module_level=True,
    )

_spec = importlib.util.spec_from_file_location("checker", SHARED / "contract" / "checker.py")
assert _spec is not None
assert _spec.loader is not None
_checker = importlib.util.module_from_spec(_spec)
sys.modules["checker"] = _checker
_spec.loader.exec_module(_checker)

Document = _checker.Document


class checked:
    """`app`, with each exchange checked against `documents` before its answer goes out.

    The checker itself looks after the answer went out, when a test may be counting already.
    """

    def __init__(self, app: Any, documents: Any) -> None:
        self._app = _checker.ContractMiddleware(app, documents)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        held: list[Any] = []

        async def hold(message: Any) -> None:
            held.append(message)

        await self._app(scope, receive, hold)
        for message in held:
            await send(message)


def schema(name: str) -> Any:
    """The JSON Schema of that name among the extras, ready to validate."""
    text = (SHARED / "specs" / "extra" / f"{name}.schema.json").read_text()
    return jsonschema_rs.validator_for(json.loads(text))


ADF = schema("jira-adf")
