import pytest

from setflow.adapters.jira import _text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (" Acme ", "Acme"),
        (7.0, "7.0"),
        ({"id": "1", "value": "Critical"}, "Critical"),
        ({"id": "b7f2", "name": "Server Platform", "title": "Server"}, "Server Platform"),
        ({"accountId": "5b", "displayName": "Ana Ruiz"}, "Ana Ruiz"),
        ([{"value": "Acme"}, None, {"value": "Globex"}], "Acme, Globex"),
        ([], ""),
        ({"id": "1"}, ""),
    ],
)
def test_a_field_of_any_kind_is_read_as_text(value, text):
    assert _text(value) == text
