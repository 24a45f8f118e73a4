import pytest
from hypothesis import given
from hypothesis import strategies as st

from setflow.signature import equal, sign, verify

KEY = b"a key of our own"
payloads = st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8), max_size=4)


@given(payloads)
def test_what_was_signed_is_verified(payload):
    assert verify(KEY, payload, sign(KEY, payload))


@given(payloads, payloads)
def test_another_payload_has_another_signature(one, other):
    assert (sign(KEY, one) == sign(KEY, other)) == (one == other)


def test_the_order_of_a_payload_does_not_matter():
    assert sign(KEY, {"alert": 1, "nth": 2}) == sign(KEY, {"nth": 2, "alert": 1})


def test_a_number_and_the_same_digits_as_text_are_told_apart():
    assert sign(KEY, {"alert": 1}) != sign(KEY, {"alert": "1"})


def test_another_key_does_not_verify():
    assert not verify(b"another", {"alert": 1}, sign(KEY, {"alert": 1}))


@pytest.mark.parametrize("given", ["", "x", "ä", "\ud800", sign(KEY, {})[:-1], sign(KEY, {}) + "A"])
def test_what_is_no_signature_is_not_verified(given):
    assert not verify(KEY, {}, given)


def test_a_signature_has_at_least_128_bits_and_goes_into_an_address_as_it_is():
    signature = sign(KEY, {"alert": 1})

    assert len(signature) * 6 >= 128
    assert all(one.isalnum() or one in "-_" for one in signature)


def test_an_empty_key_is_refused():
    with pytest.raises(ValueError, match="empty key"):
        sign(b"", {})


def test_secrets_are_equal_when_they_are_the_same():
    assert equal("tökén", "tökén")
    assert not equal("tökén", "token")
