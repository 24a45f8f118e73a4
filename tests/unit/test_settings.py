import pytest

from setflow.settings import NAMES, SettingsError, read, signing_key

SECRET = "s" * 40


def problems(environ, folder):
    with pytest.raises(SettingsError) as caught:
        read(environ, folder)
    return list(caught.value.problems)


def test_nothing_at_all_is_the_embedded_database_on_this_machine_alone(tmp_path):
    settings = read({}, tmp_path)

    assert settings.database_url is None
    assert settings.mattermost is None
    assert (settings.host, settings.port) == ("127.0.0.1", 8400)
    assert settings.public_url == "http://127.0.0.1:8400"


def test_everything_can_be_said(tmp_path):
    environ = {
        "SETFLOW_DATABASE_URL": "postgresql://u:pw@db/setflow",
        "SETFLOW_DATABASE_PASSWORD_COMMAND": "get-token",
        "SETFLOW_LISTEN_DATABASE_URL": "postgresql://u:pw@db-direct/setflow",
        "SETFLOW_PUBLIC_URL": "https://setflow.example.com/",
        "SETFLOW_LISTEN": "[::1]:9000",
        "SETFLOW_SECRET": SECRET,
        "SETFLOW_DATA": "elsewhere",
        "SETFLOW_MATTERMOST_URL": "https://chat.example.com",
        "SETFLOW_MATTERMOST_TEAM": "eng",
        "SETFLOW_MATTERMOST_TOKEN": "mm",
        "SETFLOW_MATTERMOST_COMMAND_TOKEN": "cmd",
        "SETFLOW_JIRA_URL": "https://x.atlassian.net",
        "SETFLOW_JIRA_USER": "bot@example.com",
        "SETFLOW_JIRA_TOKEN": "jira",
        "SETFLOW_OPSGENIE_URL": "https://api.eu.opsgenie.com",
        "SETFLOW_OPSGENIE_USER": "",
        "SETFLOW_OPSGENIE_KEY": "og",
        "SETFLOW_OPSGENIE_HOOK_KEY": "hook",
        "SETFLOW_FEED_HOSTS": "cal.internal, Other.internal",
        "SETFLOW_JSM_URL": "https://api.atlassian.com/jsm/ops/api/cloud-1",
        "SETFLOW_JSM_USER": "bot@example.com",
        "SETFLOW_JSM_TOKEN": "jsm",
        "SETFLOW_GOALERT_URL": "https://goalert.example.com",
        "SETFLOW_GOALERT_TOKEN": "goal",
        "SETFLOW_PAGERDUTY_URL": "https://api.eu.pagerduty.com",
        "SETFLOW_PAGERDUTY_TOKEN": "duty",
        "SETFLOW_API_TOKEN": "api",
        "SETFLOW_HEARTBEAT_URL": "https://hc.example.com/ping/1234",
        "SETFLOW_KEEP_DAYS": "0",
        "SETFLOW_SMTP_LISTEN": "[::1]:2525",
        "SETFLOW_SMTP_CERT": "cert.pem",
        "SETFLOW_SMTP_KEY": "key.pem",
        "SETFLOW_MAIL_SECRET": "open-sesame-0123456789",
        "SETFLOW_MAIL_URL": "smtps://u:pw@mail.example.com",
        "SETFLOW_HOOK_KEY_GRAFANA": "graf",
        "SETFLOW_NOTIFY_SMS": "twilio://a:b@123/{to}",
    }
    settings = read(environ, tmp_path)

    assert set(NAMES) <= set(environ)
    assert settings.public_url == "https://setflow.example.com"
    assert (settings.host, settings.port) == ("::1", 9000)
    assert settings.mattermost.command_token.get_secret_value() == "cmd"
    assert settings.heartbeat_url.get_secret_value() == "https://hc.example.com/ping/1234"
    assert settings.keep_days == 0
    assert settings.mail.listen == ("::1", 2525)
    assert settings.jira.user == "bot@example.com"
    assert settings.opsgenie.url == "https://api.eu.opsgenie.com"
    assert settings.feed_hosts == {"cal.internal", "other.internal"}
    assert settings.sources["jsm"].user == "bot@example.com"
    assert settings.sources["goalert"].url == "https://goalert.example.com"
    assert settings.sources["pagerduty"].token.get_secret_value() == "duty"
    assert settings.hook_keys["grafana"].get_secret_value() == "graf"
    assert settings.notify["sms"].get_secret_value() == "twilio://a:b@123/{to}"
    for secret in ("pw@", "'mm'", "'og'", "'graf'", "'goal'", "'duty'", "a:b", SECRET):
        assert secret not in repr(settings)


def test_a_system_to_import_from_needs_its_token_and_where_it_has_no_usual_place_its_address(
    tmp_path,
):
    said = problems(
        {"SETFLOW_GOALERT_TOKEN": "x", "SETFLOW_JSM_URL": "https://api.atlassian.com/x"}, tmp_path
    )

    assert said == [
        "SETFLOW_JSM_TOKEN is missing: SETFLOW_JSM_URL is useless without it.",
        "SETFLOW_JSM_USER is missing: SETFLOW_JSM_URL is useless without it.",
        "SETFLOW_GOALERT_URL is missing: SETFLOW_GOALERT_TOKEN is useless without it.",
    ]
    alone = read({"SETFLOW_PAGERDUTY_TOKEN": "x"}, tmp_path)
    assert alone.sources["pagerduty"].url == "https://api.pagerduty.com"


def test_jsm_operations_is_asked_in_the_name_of_an_account(tmp_path):
    environ = {
        "SETFLOW_OPSGENIE_URL": "https://api.atlassian.com/jsm/ops/api/cloud-1",
        "SETFLOW_OPSGENIE_KEY": "token",
    }

    assert problems(environ, tmp_path) == [
        "SETFLOW_OPSGENIE_USER is missing: SETFLOW_OPSGENIE_URL is useless without it."
    ]
    found = read({**environ, "SETFLOW_OPSGENIE_USER": "bot@example.com"}, tmp_path)
    assert found.opsgenie.user == "bot@example.com"


def test_every_mistake_is_told_at_once_and_names_its_variable_but_no_secret(tmp_path):
    said = problems(
        {
            "SETFLOW_DATABASE_URL": "mysql://u:hunter2@db/x",
            "SETFLOW_PUBLIC_URL": "setflow.example.com",
            "SETFLOW_LISTEN": "8400",
            "SETFLOW_SECRET": "hunter2",
            "SETFLOW_MATTERMOST_TOKEN": "hunter2",
            "SETFLOW_JIRA_URL": "https://u:hunter2@x.atlassian.net",
            "SETFLOW_OPSGENIE_HOOK_KEY": "hunter2",
            "SETFLOW_NOTIFY_SMS": "hunter2",
            "SETFLOW_API_TOKN": "hunter2",
        },
        tmp_path,
    )

    assert [sentence.split()[0] for sentence in said] == [
        "SETFLOW_API_TOKN",
        "SETFLOW_LISTEN",
        "SETFLOW_DATABASE_URL",
        "SETFLOW_PUBLIC_URL",
        "SETFLOW_SECRET",
        "SETFLOW_MATTERMOST_URL",
        "SETFLOW_MATTERMOST_TEAM",
        "SETFLOW_JIRA_URL",
        "SETFLOW_JIRA_TOKEN",
        "SETFLOW_OPSGENIE_KEY",
        "SETFLOW_NOTIFY_SMS",
    ]
    assert "hunter2" not in "".join(said)


def test_a_database_of_its_own_needs_a_secret_that_all_processes_share(tmp_path):
    [said] = problems({"SETFLOW_DATABASE_URL": "postgresql://db/x"}, tmp_path)

    assert said.startswith("SETFLOW_SECRET is missing")


def test_what_kubernetes_puts_into_the_environment_is_left_alone(tmp_path):
    read({"SETFLOW_SERVICE_HOST": "10.0.0.1", "SETFLOW_PORT_8400_TCP_ADDR": "10.0.0.1"}, tmp_path)


def test_the_environment_wins_over_the_file_and_an_empty_value_is_none(tmp_path):
    (tmp_path / ".env").write_text("SETFLOW_LISTEN=0.0.0.0:1\nSETFLOW_API_TOKEN='from $file'\n")

    settings = read({"SETFLOW_LISTEN": "0.0.0.0:2", "SETFLOW_SECRET": ""}, tmp_path)

    assert settings.port == 2
    assert settings.api_token.get_secret_value() == "from $file"
    assert settings.secret is None


def test_the_secret_is_made_once_and_its_owner_alone_can_read_it(tmp_path):
    settings = read({}, tmp_path, data=tmp_path / "data")

    made = signing_key(settings)

    assert len(made) >= 32
    assert signing_key(settings) == made
    assert (tmp_path / "data" / "secret").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in (tmp_path / "data").iterdir()] == ["secret"]


@pytest.mark.parametrize("days", ["6", "-1", "a year"])
def test_what_is_kept_is_kept_for_a_week_at_least_or_for_ever(tmp_path, days):
    assert read({}, tmp_path).keep_days == 400
    assert read({"SETFLOW_KEEP_DAYS": "7"}, tmp_path).keep_days == 7
    [said] = problems({"SETFLOW_KEEP_DAYS": days}, tmp_path)

    assert said == "SETFLOW_KEEP_DAYS should be 0, for ever, or 7 days at least."


def test_the_address_of_the_heartbeat_is_a_secret(tmp_path):
    [said] = problems({"SETFLOW_HEARTBEAT_URL": "hc.example.com/hunter2"}, tmp_path)
    given = read({"SETFLOW_HEARTBEAT_URL": "https://hc.example.com/hunter2"}, tmp_path)

    assert said == "SETFLOW_HEARTBEAT_URL should be an address such as https://example.com/x."
    assert "hunter2" not in repr(given)
