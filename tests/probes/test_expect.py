"""Expectations and secrets, as tables and properties."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpclink_checks.probes.expect import field_of, marks, unmet
from vpclink_checks.probes.observation import Attempt
from vpclink_checks.probes.secrets import MASK, masked, masked_headers
from vpclink_checks.settings import Expect

ANSWER = Attempt(
    status=200,
    headers={"x-backend": "orders-7"},
    body='{"version": "1.4.2", "a": {"b": [1, {"c": true}]}, "x.y": 0}',
    json={"version": "1.4.2", "a": {"b": [1, {"c": True}]}, "x.y": 0},
)


@pytest.mark.parametrize(
    ("expect", "lines"),
    [
        (Expect(), []),
        (Expect(status=(200, 204)), []),
        (Expect(status=(201, 204)), ["status 200 instead of 201 or 204"]),
        (Expect(json={"version": "1.4.2", "a.b.1.c": True, "x.y": 0}), []),
        (Expect(json={"version": "1.4.3"}), ['JSON field version is "1.4.2" instead of "1.4.3"']),
        (Expect(json={"a.b.1.c": 1}), ["JSON field a.b.1.c is true instead of 1"]),
        (Expect(json={"a.b.7": 1}), ["JSON field a.b.7 is missing instead of 1"]),
        (Expect(header={"X-Backend": "^orders-"}), []),
        (Expect(header={"X-Backend": "^billing-"}), ["header X-Backend does not match '^billing-'"]),
        (Expect(header={"X-Other": ""}), ["header X-Other is missing"]),
        (Expect(body="1[.]4"), []),
        (Expect(body="^nothing"), ["the body does not match '^nothing'"]),
    ],
)
def test_what_did_not_come(expect: Expect, lines: list[str]) -> None:
    assert list(unmet(expect, [ANSWER])) == lines


def test_attempts_without_an_answer_are_not_held_against_the_body() -> None:
    assert unmet(Expect(status=(200,)), [ANSWER, Attempt(failure="timeout")]) == ()


@pytest.mark.parametrize(
    ("expect", "marking"),
    [
        (Expect(status=(200,), max_ms=1), False),
        (Expect(json={"a": 1}), True),
        (Expect(header={"a": ""}), True),
        (Expect(body="x"), True),
    ],
)
def test_a_status_alone_marks_no_backend(expect: Expect, marking: bool) -> None:
    assert marks(expect) is marking


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    ),
    st.text(),
)
def test_any_document_has_any_field_or_none(document: object, path: str) -> None:
    field_of(document, path)


@given(st.text(min_size=8), st.text(), st.text())
def test_no_secret_survives_an_echo(secret: str, before: str, behind: str) -> None:
    echoes = f"{secret}|{json.dumps(secret)}|{quote(secret, safe='')}"
    text = masked(f"{before}{echoes}{behind}", [secret])
    if secret not in MASK and secret not in before + behind:
        assert secret not in text.replace(MASK, "\0")


def test_the_token_alone_is_masked_too() -> None:
    assert masked("token=abcdef123456", ["Bearer abcdef123456"]) == f"token={MASK}"
    assert masked("user is me:pa55word, pa55word", ["Basic bWU6cGE1NXdvcmQ="]) == f"user is {MASK}, {MASK}"


def test_headers_are_lower_case_joined_and_without_cookies() -> None:
    kept = masked_headers([("X-A", "1"), ("x-a", "s3cret-value"), ("Set-Cookie", "a=b")], ["s3cret-value"])
    assert kept == {"x-a": f"1, {MASK}", "set-cookie": MASK}
