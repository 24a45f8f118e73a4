"""The manifest says what is so: names of variables, paths, ports, times, commands."""

import re
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import pytest
import yaml
from typer.main import get_command

from setflow import app, cli, db, settings
from setflow.app.service import LONGEST_STOP_SECONDS
from setflow.web import calendars

EXAMPLES = Path(__file__).parents[2] / "examples"
TEXT = (EXAMPLES / "kubernetes.yaml").read_text()
BY_KIND = {one["kind"]: one for one in yaml.safe_load_all(TEXT)}
PODS = {kind: BY_KIND[kind]["spec"]["template"]["spec"] for kind in ("Job", "Deployment")}
CONTAINERS = {kind: pod["containers"][0] for kind, pod in PODS.items()}
SERVE = CONTAINERS["Deployment"]


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """The paths that setflow answers."""
    folder = tmp_path_factory.mktemp("data")
    given = settings.read({}, folder, data=folder)
    nowhere = db.connect("postgresql://127.0.0.1:1/none")
    parts = app.build(nowhere, given, clock=app.real_clock, chance=Random(1))
    return set(parts.web.openapi()["paths"])


def test_what_a_cluster_needs_is_there_once():
    assert list(BY_KIND) == ["Job", "Deployment", "Service", "PodDisruptionBudget"]
    assert BY_KIND["Deployment"]["spec"]["replicas"] == 2
    assert BY_KIND["PodDisruptionBudget"]["spec"]["minAvailable"] == 1


@pytest.mark.parametrize("kind", CONTAINERS)
def test_every_command_is_one_of_setflows(kind):
    program, *words = CONTAINERS[kind]["command"]

    assert program == "setflow"
    assert words[0] in get_command(cli.app).commands


def test_every_variable_is_one_that_setflow_reads():
    for name in re.findall(r"SETFLOW_[A-Z]\w*", TEXT):
        assert name in settings.NAMES, name
    environ = {one["name"]: one["value"] for one in SERVE["env"]}
    assert settings.read(environ, Path("nowhere")).port == SERVE["ports"][0]["containerPort"]


def test_the_probes_and_prometheus_ask_for_what_is_answered(paths):
    template = BY_KIND["Deployment"]["spec"]["template"]
    asked = {
        name: SERVE[name]["httpGet"]["path"]
        for name in ("livenessProbe", "readinessProbe", "startupProbe")
    }
    notes = template["metadata"]["annotations"]
    port = SERVE["ports"][0]

    assert asked == {
        "livenessProbe": "/livez",
        "readinessProbe": "/readyz",
        "startupProbe": "/livez",
    }
    assert {*asked.values(), notes["prometheus.io/path"]} <= paths
    assert notes["prometheus.io/port"] == str(port["containerPort"])
    assert BY_KIND["Service"]["spec"]["ports"][0]["targetPort"] == port["name"]


def test_what_leads_to_the_outside_is_answered(paths):
    said = TEXT.split("To the outside lead ")[1].split(";")[0]
    feed = urlsplit(calendars.address("https://setflow.example.com", str, "feed")).path
    there = {*paths, feed}

    for prefix in re.findall(r"/\w+", said):
        assert any(path.startswith(f"{prefix}/") for path in there), prefix


def test_everybody_selects_the_same_processes_and_not_the_one_that_migrates():
    labels = BY_KIND["Deployment"]["spec"]["template"]["metadata"]["labels"]

    assert BY_KIND["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert BY_KIND["Service"]["spec"]["selector"] == labels
    assert BY_KIND["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert BY_KIND["Job"]["spec"]["template"]["metadata"]["labels"] != labels


@pytest.mark.parametrize("kind", CONTAINERS)
def test_nothing_runs_as_root_or_writes_to_its_own_image(kind):
    pod, container = PODS[kind], CONTAINERS[kind]

    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["runAsUser"] > 0
    assert not pod["automountServiceAccountToken"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"]
    assert {"secretRef": {"name": "setflow"}} in container["envFrom"]
    assert [one["name"] for one in pod["volumes"]] == [
        one["name"] for one in container["volumeMounts"]
    ]


def test_a_process_is_given_the_time_it_needs_to_end_and_to_begin():
    # After the loops the listener may take 5 s, and the web 10 s.
    grace = PODS["Deployment"]["terminationGracePeriodSeconds"]
    start = SERVE["startupProbe"]

    assert grace > LONGEST_STOP_SECONDS + 15
    assert start["periodSeconds"] * start["failureThreshold"] > db.MIGRATION_WAIT_SECONDS
