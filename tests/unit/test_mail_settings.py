"""What the surroundings say of mail: where it is taken, and how it is answered."""

import pytest

from setflow.settings import SettingsError, read

SECRET = "open-sesame-0123456789"


def mail(folder, **given):
    return read({f"SETFLOW_{name}": value for name, value in given.items()}, folder).mail


def test_no_mail_is_taken_or_answered_until_it_is_said(tmp_path):
    found = mail(tmp_path)
    assert (found.listen, found.cert, found.secret.get_secret_value(), found.url) == (
        None, "", "", None,
    )  # fmt: skip


def test_all_of_it_can_be_said_and_secrets_are_stars(tmp_path):
    url = "smtps://sue:hunter2@mail.example.com:465"
    found = mail(tmp_path, SMTP_LISTEN="[::]:25", SMTP_CERT="c.pem", SMTP_KEY="k.pem",
                 MAIL_SECRET=SECRET, MAIL_URL=url)  # fmt: skip
    assert (found.listen, found.cert, found.key) == (("::", 25), "c.pem", "k.pem")
    assert found.secret.get_secret_value() == SECRET
    assert found.url
    assert found.url.get_secret_value() == url
    assert "hunter2" not in repr(found)
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"SMTP_LISTEN": "25"}, "SETFLOW_SMTP_LISTEN should be an address and a port"),
        ({"SMTP_CERT": "c.pem"}, "SETFLOW_SMTP_KEY is missing"),
        ({"SMTP_CERT": "c.pem", "SMTP_KEY": "k.pem"}, "SETFLOW_SMTP_LISTEN is missing"),
        ({"MAIL_SECRET": "short"}, "SETFLOW_MAIL_SECRET should have 16 to 40"),
        ({"MAIL_SECRET": "x" * 16 + "+y@z"}, "SETFLOW_MAIL_SECRET should have 16 to 40"),
        ({"MAIL_URL": "https://hunter2@example.com"}, "SETFLOW_MAIL_URL should be an address"),
        ({"MAIL_URL": "smtp://example.com:hunter2"}, "SETFLOW_MAIL_URL should be an address"),
        ({"SMPT_LISTEN": "0.0.0.0:25"}, "did you mean SETFLOW_SMTP_LISTEN"),
    ],
)
def test_a_mistake_names_its_variable_and_no_secret(tmp_path, given, said):
    with pytest.raises(SettingsError) as caught:
        mail(tmp_path, **given)
    assert any(said in one for one in caught.value.problems)
    assert "hunter2" not in str(caught.value)
