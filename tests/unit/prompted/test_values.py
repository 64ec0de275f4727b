"""Arguments that a model wrote one by one, as the JSON that the tool's schema asks for."""

from __future__ import annotations

import json

from tests.harness import in_row
from tests.unit.prompted.reading import parsed, parts_in

INTEGER, TEXT = {"type": "integer"}, {"type": "string"}
OPTIONAL = {"anyOf": [TEXT, {"type": "null"}]}


def test_value_is_what_the_schema_asks_for() -> None:
    for schema, written, said in [
        (TEXT, "3", '"3"'),
        (TEXT, '\n\n"a" < b\\ é\n\n', json.dumps('\n"a" < b\\ é\n', ensure_ascii=False)),
        (TEXT, "", '""'),
        (INTEGER, "\n3\n", "3"),
        (INTEGER, "three", '"three"'),
        ({"type": "number"}, "2", "2"),
        ({"type": "number"}, "-2.5e3", "-2.5e3"),
        ({"type": "boolean"}, "True", "true"),
        ({"type": "array"}, '["a", 1]', '["a", 1]'),
        ({"type": "array"}, "['a', None,]", '["a", null]'),
        ({"type": "array"}, "a, b", '"a, b"'),
        ({"type": ["object", "null"]}, '{"a": {}}', '{"a": {}}'),
        ({"type": ["integer", "string"]}, "3", "3"),
        ({"type": ["integer", "string"]}, "x", '"x"'),
        (OPTIONAL, "null", "null"),
        (OPTIONAL, "None", "null"),
        (OPTIONAL, "3", '"3"'),
        (OPTIONAL, '{"a": 1}', json.dumps('{"a": 1}')),
        ({"enum": ["on", "off"]}, "on", '"on"'),
        ({"enum": ["1", "2"]}, "1", '"1"'),
        ({"enum": [1, 2]}, "1", "1"),
        ({"const": "3"}, "3", '"3"'),
        ({"$ref": "#/$defs/Size"}, "3", "3"),
        ({"$ref": "#/$defs/Name"}, "3", '"3"'),
        ({"allOf": [{"$ref": "#/$defs/Name"}]}, "3", '"3"'),
        ({"$ref": "#/$defs/Loop"}, "3", "3"),
        ({"$ref": "#/$defs/Missing"}, "x y", '"x y"'),
        ({}, "true", "true"),
        ({}, "[1, 2", '"[1, 2"'),
        (True, "so", '"so"'),
    ]:
        with in_row(schema):
            definitions = {"Size": INTEGER, "Name": TEXT, "Loop": {"$ref": "#/$defs/Loop"}}
            parameters = {"type": "object", "properties": {"value": schema}, "$defs": definitions}
            tool = {"type": "function", "function": {"name": "f", "parameters": parameters}}
            answer = f"<function=f><parameter=value>{written}</parameter></function>"
            for pieces in ([answer], list(answer)):
                assert parts_in(parsed(pieces, tools=[tool])) == [("f", f'{{"value": {said}}}')]


def test_argument_that_no_schema_tells_of() -> None:
    answer = '<invoke name="get_time"><parameter name="new" string="true">3</parameter></invoke>'
    assert parts_in(parsed([answer])) == [("get_time", '{"new": 3}')]
