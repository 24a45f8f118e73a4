"""Writes the next migration from what `setflow.schema` says and the migrations so far do not.

For developers, as `make migration NAME="what it does"`; read and mend what it wrote.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from setflow.db import connect, migrate, transaction
from setflow.embedded import Embedded

HERE = Path(__file__).parent


def main(name: str) -> None:
    """Write migration `name` into the folder `versions`, numbered after the last one."""
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    number = len(list(ScriptDirectory(str(HERE)).walk_revisions())) + 1
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        server = Embedded(Path(folder, "postgres"))
        server.start()
        try:
            db = connect(server.url)
            migrate(db)
            with transaction(db) as tx:
                config.attributes["connection"] = tx
                command.revision(config, name, autogenerate=True, rev_id=f"{number:04}")
        finally:
            server.stop()


if __name__ == "__main__":
    main(sys.argv[1])
