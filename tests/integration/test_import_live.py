"""Imports from live APIs: stand-ins that answer as the systems do, page by page, and `setflow`."""

import json
import os
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from urllib.parse import urlencode

import pytest
from psycopg.conninfo import conninfo_to_dict
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from setflow import app, cli
from setflow.adapters import sources
from setflow.errors import DeliveryError
from tests.loopback import served
from tests.unit.importing import FIXTURES, NOW, agrees, fixture, imported

KEYS = {
    "opsgenie": "GenieKey k-1",
    "jsm": "Basic YW5hQGV4YW1wbGUuY29tOmstMQ==",
    "goalert": "Bearer k-1",
    "pagerduty": "Token token=k-1",
}


class Api:
    """Answers with what a fixture holds, to who has the key; lists come one row at a time."""

    def __init__(self, system, *, limited=0):
        self.system, self.limited, self.asked = system, limited, []
        documents = fixture(system)
        self.answers = [one for _, one in documents] if system == "jsm" else documents[0][1]
        everything = Route("/{path:path}", self.answer, methods=["GET", "POST"])
        self.app = Starlette(routes=[everything])

    async def answer(self, request):
        self.asked.append(request.url.path)
        if request.headers.get("authorization") != KEYS[self.system]:
            return JSONResponse({"message": "no"}, 401)
        if self.limited > 0:
            self.limited -= 1
            return JSONResponse({"message": "slow down"}, 429, {"Retry-After": "0"})
        body = await request.json() if request.method == "POST" else {}
        found = getattr(self, self.system)(request.url.path, request.query_params, body)
        return JSONResponse(found) if found is not None else JSONResponse({}, 404)

    def opsgenie(self, path, query, body):
        users, schedules, web, mobile, overrides, forwarding, _ = self.answers
        of_none = {"data": {"startDate": "", "endDate": "", "finalTimeline": {"rotations": []}}}
        if path == "/v2/users":
            row = users["data"][int(query["offset"]) :][:1]
            last = int(query["offset"]) + 1 >= len(users["data"])
            return {"data": row, "paging": {} if last else {"next": "https://else.example/"}}
        timelines = {"s-web": web, "s-mobile": mobile}
        return {
            "/v2/schedules": schedules if query.get("expand") == "rotation" else None,
            "/v2/forwarding-rules": forwarding,
            "/v2/schedules/s-web/overrides": overrides,
        }.get(path) or (
            timelines.get(path.split("/")[3], of_none)
            if path.endswith("/timeline") and query["intervalUnit"] == "weeks"
            else {"data": []}
        )

    def jsm(self, path, query, body):
        schedules, timeline, overrides, people = self.answers
        rotations = schedules["values"][0]["rotations"]
        one = {key: part for key, part in schedules["values"][0].items() if key != "rotations"}
        return {
            "/jsm/ops/api/cloud-1/v1/schedules": {"values": [one], "links": {}},
            "/jsm/ops/api/cloud-1/v1/schedules/s-mobile/rotations": {"values": rotations},
            "/jsm/ops/api/cloud-1/v1/schedules/s-mobile/timeline": timeline,
            "/jsm/ops/api/cloud-1/v1/schedules/s-mobile/overrides": overrides,
            "/ex/jira/cloud-1/rest/api/3/user/bulk": people,
        }.get(path)

    def goalert(self, path, query, body):
        assert path == "/api/graphql"
        data = json.loads(json.dumps(self.answers["data"]))
        for key, name in sources.others.CURSORS.items():
            done = int(body["variables"][name] or 0)
            nodes = data[key]["nodes"]
            data[key]["nodes"] = nodes[done : done + 1]
            end = min(done + 1, len(nodes))
            data[key]["pageInfo"] = {"endCursor": str(end), "hasNextPage": end < len(nodes)}
        return {"data": data}

    def pagerduty(self, path, query, body):
        users, schedule = self.answers
        if path == "/schedules":
            kept = ("id", "name", "time_zone", "type")
            return {"schedules": [{key: schedule["schedule"][key] for key in kept}], "more": False}
        if path == "/users":
            offset = int(query["offset"])
            return {"users": users["users"][offset : offset + 1], "more": offset < 2}
        asked = (query["since"], query["until"], query["time_zone"])
        assert asked == ("2026-11-21T10:00:00Z", "2026-12-19T10:00:00Z", "Europe/Berlin")
        return schedule


@contextmanager
def live(system, url, key="k-1"):
    """The documents of a live system."""
    if system == "jsm":
        yield sources.jsm(f"{url}/jsm/ops/api/cloud-1", "ana@example.com", key, NOW)
    else:
        yield getattr(sources, system)(url, key, NOW)


@pytest.mark.parametrize("system", KEYS)
def test_a_live_system_gives_what_its_saved_answers_give(system):
    api = Api(system, limited=2)
    with served(api.app) as url, live(system, url) as documents:
        done = imported(system, list(documents))

    assert agrees(done)
    assert done.configuration.rotations == imported(system).configuration.rotations
    assert sorted(done.overrides) == sorted(imported(system).overrides)
    assert {one.email for one in done.configuration.people.values()} == {
        one.email for one in imported(system).configuration.people.values()
    }


@pytest.mark.parametrize("system", KEYS)
def test_a_wrong_key_is_told_without_saying_it(system):
    with (
        served(Api(system).app) as url,
        live(system, url, "wrong-key") as documents,
        pytest.raises(DeliveryError, match=r"refuses the key \(401\)") as caught,
    ):
        list(documents)

    assert "wrong-key" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (PlainTextResponse("<html>"), "does not answer as PagerDuty does"),
        (PlainTextResponse("", 302, {"Location": "https://else.example/"}), "answered 302"),
        (PlainTextResponse("", 404), "answers 404 at .*; is the address right"),
        (PlainTextResponse("", 503), "answered 503"),
        (JSONResponse({"users": [{}], "more": True}), "has over 200 pages"),
        (PlainTextResponse("x" * 50_000_001), "answers with over 50,000,000 bytes"),
        (JSONResponse(["no", "mapping"]), "does not answer as PagerDuty does"),
    ],
)
def test_what_is_no_such_api_is_told(answer, said):
    whatever = Starlette(routes=[Route("/{path:path}", lambda request: answer)])
    with served(whatever) as url, pytest.raises(DeliveryError, match=said):
        list(sources.pagerduty(url, "k-1", NOW))


def test_a_key_of_goalert_for_another_query_is_told():
    errors = JSONResponse({"errors": [{"message": "wrong query"}], "data": None})
    whatever = Starlette(routes=[Route("/api/graphql", lambda request: errors, methods=["POST"])])
    with (
        served(whatever) as url,
        pytest.raises(DeliveryError, match=r"wrong query.*make one for SetflowImport"),
    ):
        list(sources.goalert(url, "k-1", NOW))


def test_an_api_that_is_not_there_is_told():
    with pytest.raises(DeliveryError, match="OpsGenie cannot be reached"):
        list(sources.opsgenie("http://127.0.0.1:9", "k-1", NOW))


def run(folder, *words, **environment):
    """`setflow import` in a folder: its exit code, what it prints and what it says beside."""
    out, err, code = StringIO(), StringIO(), 0
    own = {name: value for name, value in os.environ.items() if "SETFLOW" not in name}
    with pytest.MonkeyPatch.context() as here, redirect_stdout(out), redirect_stderr(err):
        here.setattr(sys, "argv", ["setflow", *map(str, words)])
        here.setattr(os, "environ", {**own, **environment})
        here.setattr(app, "real_clock", lambda: NOW)
        here.chdir(folder)
        try:
            cli.main()
        except SystemExit as end:
            code = end.code
    return code, out.getvalue(), err.getvalue()


def test_a_file_is_written_compared_and_never_written_over(tmp_path):
    source = FIXTURES / "pagerduty.json"

    code, out, err = run(tmp_path, "import", "pagerduty", "--from", source, "--out", "set.yaml")

    assert (code, err) == (0, "")
    assert out == (
        "Written to set.yaml: 4 people, 1 rotation.\n"
        "Compared with what PagerDuty itself says:\n"
        "  Platform: primary: agrees for 28 days, Sat 21 Nov 11:00 – Sat 19 Dec 11:00.\n"
        "1 override is not in the file; once it is applied, the same command with --overrides adds"
        " them.\n"
        "Next: look it over, then `setflow check set.yaml` and `setflow apply --dry-run"
        " set.yaml`.\n"
    )
    assert run(tmp_path, "check", "set.yaml")[0] == 0
    before = (tmp_path / "set.yaml").read_text()
    again = run(tmp_path, "import", "pagerduty", "--from", source, "--out", "set.yaml")
    assert again[0] == 1
    assert "set.yaml is there already and stays as it is; name another file" in again[2]
    assert (tmp_path / "set.yaml").read_text() == before


def test_without_out_the_file_is_printed_and_the_rest_said_beside(tmp_path):
    code, out, err = run(tmp_path, "import", "opsgenie", "--from", FIXTURES / "opsgenie.json")

    assert code == 0
    assert out == imported("opsgenie").text
    assert "Web Operations: agrees for 28 days" in err
    assert "not compared, as said above: Thu 3 Dec 09:00 – 15:00" in err


def test_a_difference_ends_with_1_and_is_listed_and_as_json_too(tmp_path):
    documents = fixture("opsgenie")[0][1]
    documents[1]["data"][1]["rotations"][0]["startDate"] = "2026-09-14T14:00:00Z"
    saved = tmp_path / "saved.json"
    saved.write_text(json.dumps(documents))

    code, _, err = run(tmp_path, "import", "opsgenie", "--from", saved)

    assert code == 1
    assert "Mobile on-call: differs within" in err
    assert '    Mon 7 Dec 15:00 – 16:00: di by OpsGenie, Cy "The" Adler by the file' in err
    code, out, _ = run(tmp_path, "import", "opsgenie", "--from", saved, "--json")
    assert code == 1
    found = json.loads(out)
    assert (found["agrees"], found["written"]) == (False, None)
    assert found["compared"][1]["differences"] == [
        {
            "start": "2026-12-07T14:00:00Z",
            "end": "2026-12-07T15:00:00Z",
            "theirs": ["di"],
            "ours": ["cy"],
        }
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("opsgenie", "--from", "no.json"), "no.json: there is no such file."),
        (("opsgenie", "--from", "."), ". has no .json file in it."),
        (("goalert",), "SETFLOW_GOALERT_TOKEN is not set; set it, or give saved answers"),
        (("opsgenie",), "SETFLOW_OPSGENIE_KEY is not set; set it, or give saved answers"),
    ],
)
def test_what_cannot_be_read_is_refused(words, said, tmp_path):
    code, out, err = run(tmp_path, "import", *words)

    assert (code, out) == (1, "")
    assert said in err


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    source = FIXTURES / "opsgenie.json"

    code, _, err = run(tmp_path, "import", "opsgenie", "--from", source, "--out", "none/set.yaml")

    assert (code, err) == (1, "none/set.yaml cannot be written: No such file or directory.\n")


def test_what_is_no_json_is_refused_by_its_name(tmp_path):
    (tmp_path / "bad.json").write_text("{")

    code, _, err = run(tmp_path, "import", "opsgenie", "--from", ".")

    assert code == 1
    assert "bad.json is no JSON: Expecting property name" in err


def test_overrides_are_added_once_to_what_is_in_force(tmp_path, db_url):
    parts = conninfo_to_dict(db_url)
    url = f"postgresql:///{parts.pop('dbname')}?{urlencode(parts)}"
    own = {"SETFLOW_DATABASE_URL": url, "SETFLOW_SECRET": "s" * 32}
    source = FIXTURES / "goalert.json"
    words = ("import", "goalert", "--from", source)
    assert run(tmp_path, *words, "--overrides", **own)[2] == (
        "Nothing is in force yet; import and `setflow apply` the rotations first.\n"
    )
    assert run(tmp_path, *words, "--out", "set.yaml", **own)[0] == 0
    assert run(tmp_path, "apply", "set.yaml", **own)[0] == 0

    code, out, err = run(tmp_path, *words, "--overrides", **own)

    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "Di Novak stands in: web-weekly, Tue 1 Dec 08:00 – 22:00."
    assert out.splitlines()[-1] == "5 overrides added."
    assert run(tmp_path, *words, "--overrides", **own) == (0, "0 overrides added.\n", "")
    who = run(tmp_path, "who", "web-weekly", "--at", "2026-12-02 10:00", "--json", **own)[1]
    assert json.loads(who)["seats"][0]["people"] == ["di-novak"]


def test_the_fixtures_name_nobody_real():
    assert all("example.com" in one.read_text() for one in Path(FIXTURES).glob("*.json"))
