"""Where the files lie that come with setflow and are no code: migrations, playbooks, examples.

In an installed package they lie in its `_data` folder, in a checkout beside the package.
"""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """The folder `name`: "migrations", "playbooks" or "examples".

    Raises FileNotFoundError if this copy of setflow was made without it.
    """
    for root in (_PACKAGE / "_data", _PACKAGE.parent):
        if (root / name).is_dir():
            return root / name
    raise FileNotFoundError(f"this copy of setflow carries no {name}")
