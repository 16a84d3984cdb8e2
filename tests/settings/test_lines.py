"""The line finder: every construct of TOML that could lead it astray, and a round trip of random files."""

from __future__ import annotations

import tomllib
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.settings.toml import Written, trees, write
from vpclink_checks.settings.lines import find_lines

TRICKY = dedent(
    '''\
    # [env.no] is a comment
    top = 1 # region = "no"
    [env.prod]
    region = "[env.no]" # "
    "quoted key" = 'a # b'
    a."b.c" . 'd' = 1979-05-27 07:32:00 # a space in a date-time
    text = """
    [env.no]
    region = "no"
    \\""" still text, "" and "four quotes:
    """""
    literal = \'\'\'
    [[no]]
    \\\'\'\'
    list = [ 1, # ]
      "]", [2,
      3], { x = "}", y = [
        4] },
    ]
    inline = { a = { b = 1 }, c.d = 2 }
    [[env.prod.probe]]
    path = "/"
    [ env . prod . probe . expect ]
    status = 200
    [[ env.prod.probe ]]
    empty = ""
    [env.prod.probe.expect]
    status = 201
    [env.prod.other]
    \\tkey = true
    '''
).replace("\\tkey", "\tkey")
PROD = ("env", "prod")
PLACES = {
    ("top",): 2,
    ("env",): 3,
    PROD: 3,
    (*PROD, "region"): 4,
    (*PROD, "quoted key"): 5,
    (*PROD, "a"): 6,
    (*PROD, "a", "b.c"): 6,
    (*PROD, "a", "b.c", "d"): 6,
    (*PROD, "text"): 7,
    (*PROD, "literal"): 12,
    (*PROD, "list"): 15,
    (*PROD, "list", 0): 15,
    (*PROD, "list", 1): 16,
    (*PROD, "list", 2): 16,
    (*PROD, "list", 2, 0): 16,
    (*PROD, "list", 2, 1): 17,
    (*PROD, "list", 3): 17,
    (*PROD, "list", 3, "x"): 17,
    (*PROD, "list", 3, "y"): 17,
    (*PROD, "list", 3, "y", 0): 18,
    (*PROD, "inline"): 20,
    (*PROD, "inline", "a"): 20,
    (*PROD, "inline", "a", "b"): 20,
    (*PROD, "inline", "c"): 20,
    (*PROD, "inline", "c", "d"): 20,
    (*PROD, "probe"): 21,
    (*PROD, "probe", 0): 21,
    (*PROD, "probe", 0, "path"): 22,
    (*PROD, "probe", 0, "expect"): 23,
    (*PROD, "probe", 0, "expect", "status"): 24,
    (*PROD, "probe", 1): 25,
    (*PROD, "probe", 1, "empty"): 26,
    (*PROD, "probe", 1, "expect"): 27,
    (*PROD, "probe", 1, "expect", "status"): 28,
    (*PROD, "other"): 29,
    (*PROD, "other", "key"): 30,
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_nothing_leads_it_astray(newline: str) -> None:
    text = TRICKY.replace("\n", newline)
    tomllib.loads(text)
    assert find_lines(text) == PLACES


def test_a_key_with_escapes_is_named_by_its_value() -> None:
    assert find_lines('"\\u0061\\"b" = 1') == {('a"b',): 1}


def test_an_empty_file_has_no_places() -> None:
    assert find_lines("") == {}
    assert find_lines("# nothing\n\n") == {}


@given(trees().map(write))
def test_random_files_have_the_lines_they_were_written_with(written: Written) -> None:
    tomllib.loads(written.text)
    found = find_lines(written.text)
    assert {place: found.get(place) for place in written.lines} == written.lines


FRAGMENTS = [
    "a = ",
    "b.c = ",
    "x",
    '"',
    '""',
    '"""',
    "'",
    "'''",
    "[",
    "[[a]]\n",
    "]",
    "{",
    "}",
    ",",
    "\\",
    "# ",
    "\n",
    "1",
]


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join))
@settings(max_examples=400)
def test_whatever_tomllib_accepts_it_walks(text: str) -> None:
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert {place[0] for place in find_lines(text)} == set(values)
