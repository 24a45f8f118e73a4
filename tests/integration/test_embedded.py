import itertools
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest

from setflow.embedded import Embedded
from setflow.errors import SetflowError
from setflow.postgres import backup, find_programs, restore

WAIT_SECONDS = 20
QUICK = {"fsync": "off"}
_numbers = itertools.count(1)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes by /proc")


@pytest.fixture(scope="session")
def initialised(reachable_folder):
    """A data folder to copy from, which is quicker than making each anew."""
    root = reachable_folder / "initialised"
    server = Embedded(root, QUICK)
    server.start()
    server.stop()
    return root


@pytest.fixture
def root(reachable_folder, initialised):
    """A folder of this test's own, in which a server has run before; none runs in it afterwards."""
    root = reachable_folder / f"embedded{next(_numbers)}"
    subprocess.run(["cp", "-a", initialised, root], check=True)
    yield root
    last = Embedded(root, QUICK)
    assert last.start() == "started"
    last.stop()


@pytest.fixture
def run(root):
    """Makes servers on `root`, and stops them in the end."""
    made = []

    def make(folder=root):
        made.append(Embedded(folder, QUICK))
        return made[-1]

    yield make
    for server in reversed(made):
        server.stop()


def ask(server, question="select 1"):
    with psycopg.connect(server.url, autocommit=True) as connection:
        return connection.execute(question).fetchone()[0]


def tell(server, statement):
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(statement)


def runs(pid):
    """A process that is gone and not yet buried has no command line."""
    file = Path(f"/proc/{pid}/cmdline")
    return file.exists() and file.read_bytes() != b""


def postmaster(server):
    return int((server.place / "data" / "postmaster.pid").read_text().split()[0])


OWNER = """
import sys
from pathlib import Path
from setflow.embedded import Embedded
server = Embedded(Path(sys.argv[1]), {"fsync": "off"})
print(server.start(), flush=True)
sys.stdin.read()
server.stop()
"""


class Owner:
    """Another process that starts the server, or attaches to it."""

    def __init__(self, root):
        self.process = subprocess.Popen(
            [sys.executable, "-c", OWNER, str(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def says(self):
        return self.process.stdout.readline().strip()

    def ends(self, how=None):
        if how:
            self.process.send_signal(how)
        self.process.communicate(timeout=WAIT_SECONDS)


def test_the_second_to_start_attaches_and_leaves_the_server_alone(run):
    first, second = run(), run()

    assert first.start() == "started"
    assert second.start() == "attached"
    second.stop()
    assert ask(first) == 1
    assert first.ensure() is False


def test_the_server_keeps_what_it_was_told_over_a_restart(run):
    server = run()
    server.start()
    tell(server, "create table kept as select 7 as n")
    server.stop()
    server.start()

    assert ask(server, "select n from kept") == 7


def test_a_server_that_was_killed_is_started_again(run):
    server = run()
    server.start()
    tell(server, "create table kept as select 7 as n")
    busy = [psycopg.connect(server.url) for _ in range(8)]
    for connection in busy:
        connection.pgconn.send_query(b"select count(*) from pg_class a, pg_class b, pg_class c")
    os.kill(postmaster(server), signal.SIGKILL)
    while server.ensure() is False:
        pass

    assert ask(server, "select n from kept") == 7
    for connection in busy:
        connection.close()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, None])
def test_who_attached_runs_the_server_once_its_owner_is_gone(root, run, how):
    owner, attached = Owner(root), run()
    assert owner.says() == "started"
    assert attached.start() == "attached"
    before = postmaster(attached)
    owner.ends(how)

    assert attached.ensure() is True
    assert ask(attached) == 1
    assert postmaster(attached) != before
    assert not runs(before)


def test_a_server_goes_with_its_owner_though_nobody_follows(root, run):
    owner, attached = Owner(root), run()
    assert owner.says() == "started"
    attached.start()
    server = os.pidfd_open(postmaster(attached))
    owner.ends(signal.SIGKILL)

    assert select.select([server], [], [], WAIT_SECONDS)[0] == [server]
    os.close(server)


def test_of_many_that_start_at_once_one_starts_the_server(root):
    owners = [Owner(root) for _ in range(4)]

    assert sorted(owner.says() for owner in owners) == ["attached"] * 3 + ["started"]
    for owner in owners:
        owner.ends()


def test_a_pid_file_that_names_some_other_process_is_no_server(root, run):
    server = run()
    server.start()
    server.stop()
    (root / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{root / 'data'}\n")

    assert server.start() == "started"
    assert ask(server) == 1


def test_the_server_is_never_root_and_listens_on_no_port(run):
    server = run()
    server.start()
    user = Path(f"/proc/{postmaster(server)}").stat().st_uid

    assert user != 0
    assert ask(server, "show listen_addresses") == ""


def test_data_of_another_major_version_are_refused_and_left_as_they_are(root, run):
    (root / "data" / "PG_VERSION").write_text("12\n")
    with pytest.raises(SetflowError, match="written by PostgreSQL 12, and this is 18"):
        run().start()
    assert (root / "data" / "PG_VERSION").read_text() == "12\n"

    (root / "data" / "PG_VERSION").write_text("18\n")


def test_a_server_that_cannot_start_says_why_and_lets_others_try(root, run):
    broken = Embedded(root, {"shared_buffers": "nonsense"})
    with pytest.raises(SetflowError, match="shared_buffers"):
        broken.start()

    assert run().start() == "started"


def test_a_first_start_that_was_cut_off_is_made_good(root, run):
    shutil.rmtree(root / "data")
    (root / "data.new").mkdir()
    (root / "data.new" / "PG_VERSION").write_text("18\n")
    server = run()

    assert server.start() == "started"
    assert ask(server) == 1


def test_a_path_too_long_for_a_socket_is_no_trouble(reachable_folder, run, initialised):
    root = reachable_folder / ("long" * 25)
    subprocess.run(["cp", "-a", initialised, root], check=True)
    server = run(root)
    server.start()

    assert ask(server) == 1
    assert server.place == root
    assert run(root).start() == "attached"
    shutil.rmtree(server.url.rsplit("=")[1].replace("%2F", "/"))


def test_the_server_is_started_from_the_main_thread(run):
    raised = []

    def start():
        with pytest.raises(RuntimeError, match="the main one") as caught:
            run().start()
        raised.append(caught)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert raised


def test_what_was_backed_up_takes_the_place_of_all_that_is_there(run, reachable_folder):
    server = run()
    server.start()
    tell(server, "create table kept as select 7 as n")
    file = reachable_folder / "backup"
    backup(server.url, file)
    tell(server, "update kept set n = 8; create table later (n int)")
    restore(server.url, file)

    assert ask(server, "select n from kept") == 7
    assert ask(server, "select to_regclass('later')") is None
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_no_backup_changes_nothing(run, reachable_folder):
    server = run()
    server.start()
    tell(server, "create table kept as select 7 as n")
    file = reachable_folder / "nonsense"
    file.write_text("nonsense")
    with pytest.raises(SetflowError, match="pg_restore failed"):
        restore(server.url, file)

    assert ask(server, "select n from kept") == 7


def test_a_restore_that_fails_half_way_changes_nothing(run, reachable_folder):
    server = run()
    server.start()
    tell(server, "create table kept as select 7 as n")
    file = reachable_folder / "refused"
    backup(server.url, file)
    tell(
        server,
        """
        create schema apart;
        create function apart.refuse() returns event_trigger language plpgsql
            as $$ begin raise exception 'no more tables'; end $$;
        create event trigger refuse on ddl_command_start when tag in ('CREATE TABLE')
            execute function apart.refuse()
        """,
    )
    with pytest.raises(SetflowError, match="no more tables"):
        restore(server.url, file)

    assert ask(server, "select n from kept") == 7


def test_a_backup_that_fails_leaves_the_last_one(reachable_folder):
    file = reachable_folder / "last"
    file.write_text("the last one")
    with pytest.raises(SetflowError, match="pg_dump failed"):
        backup(f"host={reachable_folder} dbname=nowhere", file)

    assert file.read_text() == "the last one"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders that its server cannot reach")
def test_data_that_the_server_cannot_reach_lie_elsewhere_and_a_link_says_where(
    reachable_folder, run
):
    closed = reachable_folder / "closed"
    closed.mkdir(mode=0o700)
    server = run(closed / "postgres")
    server.start()
    elsewhere = server.place
    assert ask(server) == 1
    assert (closed / "postgres" / "elsewhere").readlink() == elsewhere
    server.stop()

    closed.rename(reachable_folder / "moved")
    moved = run(reachable_folder / "moved" / "postgres")
    moved.start()
    assert moved.place == elsewhere
    moved.stop()
    shutil.rmtree(elsewhere)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders that its server cannot reach")
def test_binaries_that_the_server_cannot_reach_are_copied(root, reachable_folder):
    """In a process of its own, whose packages lie in a closed folder."""
    closed = reachable_folder / "packages"
    closed.mkdir(mode=0o700)
    package = find_programs().parent.parent
    for name in (package.name, f"{package.name}.libs"):
        shutil.copytree(package.parent / name, closed / name)
    (closed / package.name / "__init__.py").write_text("")
    started = subprocess.run(
        [sys.executable, "-c", OWNER, str(root)],
        env={**os.environ, "PYTHONPATH": f"{closed}:."},
        input="",
        capture_output=True,
        text=True,
        check=True,
    )

    assert started.stdout == "started\n"
    [copied] = [line for line in started.stderr.splitlines() if "copying the binaries to" in line]
    shutil.rmtree(copied.split("copying the binaries to ")[1])
