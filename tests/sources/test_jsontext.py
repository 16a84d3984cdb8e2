"""JSON text with places: what json.loads reads, what templates leave, and what is refused, where."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpclink_checks.errors import SourceError
from vpclink_checks.model.ecs import Placeholder
from vpclink_checks.sources.jsonnodes import Array, Node, Object
from vpclink_checks.sources.jsontext import MAX_DEPTH, parse

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def plain(node: Node) -> Any:
    """The node as json.loads would give it; a placeholder that is not shown whole by its text."""
    if isinstance(node.value, Placeholder) and node.value.place >= 0:
        return node.value.text
    if isinstance(node.value, Array):
        return [plain(item) for item in node.value.items]
    if isinstance(node.value, Object):
        members = {key: plain(member) for key, member in node.value.members.items()}
        return members | ({"…": plain(node.value.rest)} if node.value.rest else {})
    return node.value


def read(text: str) -> Any:
    return plain(parse(text, "x.json").root)


def notes(text: str) -> tuple[str, ...]:
    return parse(text, "x.json").notes


def refusal(text: str) -> str:
    with pytest.raises(SourceError) as caught:
        parse(text, "x.json")
    assert "\n" not in str(caught.value)
    return str(caught.value)


@given(JSON, st.sampled_from([None, 0, 2, "\t"]), st.booleans())
def test_valid_json_is_read_as_the_standard_library_reads_it(
    value: Any, indent: int | str | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert read(text) == json.loads(text)
    assert notes(text) == ()


@given(JSON)
def test_the_tolerant_way_reads_the_same_values(value: Any) -> None:
    text = json.dumps(value, indent=1).replace("$", "").replace("%", "").replace("{{", "").replace("<", "")
    wanted = json.loads(text)
    assert read(text + "\n// a comment") == wanted


@given(JSON)
def test_every_place_is_where_the_value_stands(value: Any) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=False)
    document = parse(text, "x.json")
    lines = text.split("\n")
    pending = [document.root]
    while pending:
        node = pending.pop()
        line, column = document.place(node.offset)
        rest = lines[line - 1][column - 1 :]
        begins = {Array: "[", Object: "{", str: '"'}.get(type(node.value)) or json.dumps(node.value)
        assert rest.startswith(begins)
        if isinstance(node.value, Array):
            pending.extend(node.value.items)
        if isinstance(node.value, Object):
            pending.extend(node.value.members.values())


def test_a_comment_moves_nothing() -> None:
    text = '{\n  "a": [1, {"b":\t"x"}],\r\n  "c": null\n}'
    commented = text + " // and a comment"
    one, other = parse(text, "x"), parse(commented, "x")
    assert one.root == other.root
    assert one.notes == ()
    assert other.notes == ("line 4: a comment, which JSON does not have",)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("${port}", "${port}"),
        ("${limit - 250}", "${limit - 250}"),
        ("${a / b + 1}", "${a / b + 1}"),
        ("{{PORT}}", "{{PORT}}"),
        ("{{ must_env `PORT` }}", "{{ must_env `PORT` }}"),
        ("{{{ port }}}", "{{{ port }}}"),
        ("<PORT>", "<PORT>"),
        ("<your port>", "<your port>"),
        ("<%= port %>", "<%= port %>"),
        ("$PORT", "$PORT"),
        ("$$$$MEMORY$$$$", "$$$$MEMORY$$$$"),
        ("1${rest}", "1${rest}"),
        ("${base}80", "${base}80"),
        ("${a}.${b}", "${a}.${b}"),
    ],
)
def test_placeholders_without_quotes_are_values(written: str, expected: str) -> None:
    assert read(f'{{"a": {written}, "b": 1}}') == {"a": Placeholder(expected), "b": 1}
    assert read(f"[{written}\n, 2]") == [Placeholder(expected), 2]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('${lookup(ports, "hunter2}")}', "${…"),
        ('${jsonencode({a = {b = "hunter2"}})}', "${…"),
        ('{{ default "hunter2" .Port }}', "{{…"),
        ('<%= fetch("hunter2") %>', "<%…"),
        ("${\n  port\n}", "${…"),
        ("${" + "a" * 100 + "}", "${…"),
    ],
)
def test_a_placeholder_with_literals_is_not_shown(written: str, shown: str) -> None:
    found = parse(f"[{written}, {written}]", "x").root.value
    assert isinstance(found, Array)
    assert [str(item.value) for item in found.items] == [shown, shown]
    assert found.items[0].value != found.items[1].value


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('"${join(",", hosts)}"', '${join(",", hosts)}'),
        ('"{{ must_env "TAG" }}-x"', '{{ must_env "TAG" }}-x'),
        ('"%{ if x == "y" }a%{ endif }"', '%{ if x == "y" }a%{ endif }'),
        ('"a ${unclosed"', "a ${unclosed"),
        ('"50% of {this}"', "50% of {this}"),
        ('"say \\"${x}\\""', 'say "${x}"'),
    ],
)
def test_quotes_inside_a_placeholder_do_not_end_the_string(written: str, expected: str) -> None:
    assert read(f'{{"a": {written},\n "b": $B}}') == {"a": expected, "b": Placeholder("$B")}


def test_in_valid_json_a_string_ends_at_its_quote_whatever_it_holds() -> None:
    text = '{"a": "${x", "b": "}"}'
    assert read(text) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1,\n $$$$MORE$$$$\n "b": 2}', {"a": 1, "b": 2, "…": Placeholder("$$$$MORE$$$$")}),
        ('{"a": 1 ${more} }', {"a": 1, "…": Placeholder("${more}")}),
        ('{"a": 1, {{more}}, "b": 2}', {"a": 1, "b": 2, "…": Placeholder("{{more}}")}),
        ("{{{KEY}}: 1}", {"{{KEY}}": 1}),
        ("{${key}: 1}", {"${key}": 1}),
        ("[ ${sidecars}\n 1]", [Placeholder("${sidecars}"), 1]),
        ("[1, ${sidecars}]", [1, Placeholder("${sidecars}")]),
    ],
)
def test_a_placeholder_may_stand_for_whole_members(text: str, expected: Any) -> None:
    assert read(text) == expected


MISSING = ": is a comma missing at the end of line 1?"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[1%{ if x }, 2%{ endif }]", [1, 2]),
        ("[%{ for p in ports ~}\n1,\n%{ endfor ~}]", [1]),
        ('{"a": 1, %{ if x }"b": 2, %{ endif }"c": 3}', {"a": 1, "b": "%{ … }", "c": 3}),
        ('{%{ if x }"b": 1%{ else }"b": 2%{ endif }}', {"b": "%{ … }"}),
        ('{"a": %{ if x }1%{ else }2%{ endif }, "b": 3}', {"a": "%{ … }", "b": 3}),
        ('{"a": %{ if x }"1"%{ else }"2"%{ endif }, "b": 3}', {"a": "%{ … }", "b": 3}),
        ('{{{ if .X }} "a": 1, {{ end }} "b": 2}', {"a": "%{ … }", "b": 2}),
        ('{{% if x %} "a": 1, {% endif %} "b": 2 {# why #}}', {"a": "%{ … }", "b": 2}),
        ('{{{#each ports}} "a": 1, {{/each}} "b": 2}', {"a": "%{ … }", "b": 2}),
        ('{"a": {%{ if x }"b": 1%{ endif }}, "c": 1}', {"a": {"b": "%{ … }"}, "c": 1}),
        ('%{ if x }{"a": 1}%{ endif }', {"a": 1}),
    ],
)
def test_what_a_directive_wraps_is_not_certain(text: str, expected: Any) -> None:
    assert read(text) == expected
    assert any("a template directive" in note for note in notes(text))


@pytest.mark.parametrize(
    ("text", "value", "note"),
    [
        ('{"a": 1,}', {"a": 1}, "line 1: a comma behind the last element"),
        ("[1,\n]", [1], "line 1: a comma behind the last element"),
        ("// c\n[1]", [1], "line 1: a comment, which JSON does not have"),
        ("# c\n[1]", [1], "line 1: a comment, which JSON does not have"),
        ("[1, /* c\n */ 2]", [1, 2], "line 1: a comment, which JSON does not have"),
        ('{"a": 1,\n"a": 2}', {"a": 2}, 'line 2: the key "a" is given twice; the last one holds'),
        ("[\n${x}]", [Placeholder("${x}")], "line 2: a placeholder without quotes"),
    ],
)
def test_small_slips_are_let_through_with_a_note(text: str, value: Any, note: str) -> None:
    assert read(text) == value
    assert notes(text) == (note,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "x.json:1:1: expected JSON, found nothing"),
        ("  \n ", "x.json:2:2: expected JSON, found nothing"),
        (
            '{"a": 1\n "b": 2}',
            'x.json:2:2: expected "," or "}", found a string' + MISSING,
        ),
        ("[1\n\n 2]", 'x.json:3:2: expected "," or "]", found a number' + MISSING),
        (
            '[{"a": 1} {"b": 2}]',
            'x.json:1:11: expected "," or "]", found "{"' + MISSING,
        ),
        (
            '{"a": ${x}\n "b": 2}',
            'x.json:2:2: expected "," or "}", found a string' + MISSING,
        ),
        ('{"a" 1}', 'x.json:1:6: expected ":" behind the key, found a number'),
        ("{a: 1}", "x.json:1:2: expected a key in double quotes, found a word without quotes"),
        ("{'a': 1}", "x.json:1:2: expected a key in double quotes, found ' instead of a double quote"),
        ('{"a": }', 'x.json:1:7: expected a value, found "}"'),
        ('{"a": integer}', "x.json:1:7: expected a value, found a word without quotes"),
        ('{"a": NaN}', "x.json:1:7: expected a value, found a word without quotes"),
        ('{"a": 080}', "x.json:1:7: expected a number as JSON writes it, found something like one"),
        ('{"a": 1, ...}', 'x.json:1:10: expected a key in double quotes, found "...": something was left out here'),
        ('{"a": "b\n"}', "x.json:1:7: expected a closing quote on this line"),
        ('{"a": 1', 'x.json:1:8: expected "," or "}", found the end of the file'),
        ("[1}", 'x.json:1:3: expected "," or "]", found "}"' + MISSING),
        ("[1,,2]", 'x.json:1:4: expected an element, found ","'),
        ('{"a": 1}}', 'x.json:1:9: expected the end of the file, found "}"'),
        ('\n "a": [1]', 'x.json:2:2: expected "{" or "[", found a member without the braces around it'),
        ("[1 /* x", 'x.json:1:4: expected "*/", found a comment that is never closed'),
        ('{"a": ${x', 'x.json:1:7: expected a value, found "$"'),
        ("[\x00]", "x.json:1:2: expected a value, found the character U+0000"),
        ("[" + "9" * 5000 + "]", "x.json:1:2: expected a number, found one of 5000 characters"),
        ("[" * 100_000, f"x.json:1:{MAX_DEPTH + 1}: expected at most {MAX_DEPTH} levels of nesting"),
    ],
)
def test_what_is_refused_says_where_and_what_was_expected(text: str, expected: str) -> None:
    assert refusal(text) == expected


@pytest.mark.parametrize("text", ['{"value" "hunter2"}', '{"value": hunter2}', '{"a": "x" "hunter2"}', '["hunter2'])
def test_no_refusal_repeats_a_value(text: str) -> None:
    assert "hunter2" not in refusal(text)


def outcome(text: str) -> str:
    """The one line of the refusal, or "" where the text was read."""
    try:
        parse(text, "x.json")
    except SourceError as refused:
        return str(refused)
    return ""


UNITS = [
    *(
        '"${',
        "${",
        "{{",
        "%{if}",
        '{"a":',
        "[",
        '"\\',
        "/*",
        "<a",
        "$a",
        '["${"]',
        '{"a":1,',
        "{{if}}",
        '${"',
        "1,",
        "{{%",
    ),
    *(
        '"$",',
        "${{",
        "{{{",
        "{%{",
        '"{{",',
        '"<%",',
        "{{x}}",
        "${x}",
        "#{",
        "<%",
        "{#",
        "{%",
        "%{if}1,",
        '"a":{{',
        "{%x%}",
    ),
]


@pytest.mark.parametrize("unit", UNITS)
def test_the_time_grows_with_the_length_alone(unit: str) -> None:
    """200 kB of anything in a row: a scan that starts over at each of them would take minutes."""
    text = "[" + unit * (200_000 // len(unit))
    begun = time.monotonic()
    assert "\n" not in outcome(text)
    assert time.monotonic() - begun < 5


TEMPLATE = """{
  "family": "orders", // ours
  "networkMode": "${mode}",
  "containerDefinitions": [{{ sidecars }}, {"name": "a", "image": $IMAGE,
    "portMappings": [{"containerPort": 80, "hostPort": <PORT>}], %{ if x }"memory": 5,%{ endif } }]
}"""


@given(st.data())
def test_any_damage_ends_in_a_value_or_one_line(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(TEMPLATE)))
    gone = data.draw(st.integers(0, 20))
    put = data.draw(st.text(alphabet='{}[]",:$%<>\\/*#\n a1é`', max_size=8))
    text = TEMPLATE[:at] + put + TEMPLATE[at + gone :]
    line = outcome(text)
    assert "\n" not in line
    assert line == "" or line.startswith("x.json:")
