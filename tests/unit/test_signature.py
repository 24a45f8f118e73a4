import pytest
from hypothesis import given
from hypothesis import strategies as st

from setflow.signature import code, equal, is_of, receiver, seal, sign, unseal, verify

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
    with pytest.raises(ValueError, match="empty key"):
        seal(b"", "page", (1,), ())


@given(st.lists(st.integers(0, 2**63), max_size=4), st.lists(st.text(max_size=9), max_size=3))
def test_what_was_sealed_is_read_again_by_its_key_and_kind_alone(numbers, who):
    token = seal(KEY, "page", numbers, who)
    sealed = unseal(KEY, "page", token.upper(), len(numbers))
    assert sealed
    assert sealed.numbers == tuple(numbers)
    assert is_of(KEY, "page", sealed, who)
    assert not is_of(KEY, "page", sealed, [*who, "x"])
    assert not is_of(KEY, "test", sealed, who)
    for key, kind, count in ((b"another", "page", 0), (KEY, "test", 0), (KEY, "page", 1)):
        assert unseal(key, kind, token, len(numbers) + count) is None
    assert all(one.isalnum() or one == "-" for one in token)


@given(st.integers(0, 40), st.sampled_from("0123456789abcdefghijklmnopqrstuvwxyz-"))
def test_a_token_with_another_letter_is_none_of_ours(place, letter):
    token = seal(KEY, "page", (4711, 1, 498_000), ("ana", "sms"))
    place %= len(token)
    forged = token[:place] + letter + token[place + 1 :]
    assert (unseal(KEY, "page", forged, 3) is None) == (forged != token)
    assert len(token) <= 40


@pytest.mark.parametrize("given", ["", "-", "x", "1-2-3-4-5", "ä-ö", "\ud800", "-" * 500])
def test_what_is_no_token_is_not_read(given):
    assert unseal(KEY, "page", given, 3) is None


def test_a_code_is_six_digits_of_a_signature():
    codes = {code(sign(KEY, {"number": number})) for number in range(50)}
    assert all(len(one) == 6 and one.isdecimal() for one in codes)
    assert len(codes) > 45


def test_a_receiver_is_told_from_another_without_being_said():
    assert receiver("sms", "+34600") != receiver("sms", "+34601")
    assert receiver("sms", "+34600") != receiver("phone", "+34600")
    assert "34600" not in receiver("sms", "+34600")


def test_secrets_are_equal_when_they_are_the_same():
    assert equal("tökén", "tökén")
    assert not equal("tökén", "token")
