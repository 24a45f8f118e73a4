"""What takes long to load is loaded by those alone who need it."""

import subprocess
import sys

QUESTION = """
import sys
import setflow.planner
print([name for name in ("ortools", "numpy", "pandas") if name in sys.modules])
"""


def test_the_solver_is_loaded_only_while_planning():
    # By its contract nobody else imports it.
    done = subprocess.run(
        [sys.executable, "-c", QUESTION], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"
