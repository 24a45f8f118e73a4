"""How many examples properties are tried with: SETFLOW_EXAMPLES, else a few, always the same."""

import os

from hypothesis import settings

EXAMPLES = os.environ.get("SETFLOW_EXAMPLES")

settings.register_profile(
    "setflow", max_examples=int(EXAMPLES or 10), deadline=None, derandomize=not EXAMPLES
)
settings.load_profile("setflow")
