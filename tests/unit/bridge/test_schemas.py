"""JSON schemas in the forms that families of models take, and what becomes of what they lack."""

from __future__ import annotations

import copy
import datetime
import enum
from typing import Annotated, Any, Literal, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, JsonValue, RootModel, create_model

from ramclouds.bridge.schemas import Form, Schema, Use, prepare_schema, with_schemas, wrapped
from tests.harness import each_row, in_row


class Address(BaseModel):
    """An address."""

    street: str = Field(description="Street and number")
    zip: str | None = None


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"]
    breed: str


class Node(BaseModel):
    name: str
    kids: list[Node] = []


class Color(str, enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


STRING = {"type": "string"}
INTEGER = {"type": "integer"}
SCALARS = [STRING, {"type": "number"}, {"type": "boolean"}]
ANY = {
    "anyOf": [*SCALARS, {"type": "array", "items": {"anyOf": SCALARS}}],
    "nullable": True,
    "description": "Any JSON value.",
}
GEMINI_ADDRESS = {
    "type": "object",
    "title": "Address",
    "description": "An address.",
    "properties": {
        "street": {**STRING, "description": "Street and number"},
        "zip": {**STRING, "nullable": True},
    },
    "required": ["street"],
}
GEMINI_CAT = {
    "type": "object",
    "title": "Cat",
    "properties": {
        "kind": {**STRING, "enum": ["cat"]},
        "lives": {**INTEGER, "description": "Default: 9."},
    },
    "required": ["kind"],
}
GEMINI_DOG = {
    "type": "object",
    "title": "Dog",
    "properties": {"kind": {**STRING, "enum": ["dog"]}, "breed": STRING},
    "required": ["kind", "breed"],
}
GEMINI_TUPLE = {
    "type": "array",
    "items": {"anyOf": [INTEGER, STRING]},
    "minItems": 2,
    "maxItems": 2,
    "description": 'Items in this order: {"type":"integer"}, {"type":"string"}.',
}

# The type of a field, what Gemini gets, and whether OpenAI's strict mode can hold a model to it.
KINDS: dict[str, tuple[Any, Any, bool]] = {
    "str": (str, STRING, True),
    "float": (float, {"type": "number"}, True),
    "optional": (int | None, {**INTEGER, "nullable": True}, True),
    "literal": (Literal["fast", "slow"], {**STRING, "enum": ["fast", "slow"]}, True),
    "literal_one": (Literal["only"], {**STRING, "enum": ["only"]}, True),
    "literal_int": (Literal[1, 2], {**INTEGER, "description": "One of: 1, 2."}, True),
    "literal_empty": (Literal["", "a"], {**STRING, "description": 'One of: "", "a".'}, True),
    "optional_literal": (
        Literal["a", "b"] | None,
        {**STRING, "enum": ["a", "b"], "nullable": True},
        True,
    ),
    "literal_or_none": (
        Literal["a", None],
        {**STRING, "enum": ["a"], "nullable": True},
        True,
    ),
    "enum": (Color, {**STRING, "enum": ["red", "blue"]}, True),
    "int_enum": (Level, {**INTEGER, "description": "One of: 1, 2."}, True),
    "list": (list[str], {"type": "array", "items": STRING}, True),
    "bare_list": (list, {"type": "array", "items": ANY}, False),
    "tuple": (tuple[int, str], GEMINI_TUPLE, False),
    "set": (
        set[str],
        {"type": "array", "items": STRING, "description": "No item twice."},
        True,
    ),
    "dict": (
        dict[str, Address],
        {
            "type": "string",
            "description": "JSON text of an object. Any properties. Each value fits the JSON "
            'schema {"description":"An address.","properties":{"street":{"description":"Street and '
            'number","type":"string"},"zip":{"anyOf":[{"type":"string"},{"type":"null"}],"default":null}},'
            '"required":["street"],"title":"Address","type":"object"}.',
        },
        False,
    ),
    "bare_dict": (
        dict,
        {**STRING, "description": "JSON text of an object. Any properties."},
        False,
    ),
    "any": (Any, ANY, False),
    "json": (JsonValue, ANY, False),
    "none": (None, {**STRING, "nullable": True, "description": "Always null."}, True),
    "union": (int | str, {"anyOf": [INTEGER, STRING]}, True),
    "nested": (Address, GEMINI_ADDRESS, True),
    "optional_nested": (Address | None, {**GEMINI_ADDRESS, "nullable": True}, True),
    "nested_described": (
        Annotated[Address, Field(description="Where to")],
        {**GEMINI_ADDRESS, "description": "Where to"},
        True,
    ),
    "discriminated": (
        Annotated[Cat | Dog, Field(discriminator="kind")],
        {"anyOf": [GEMINI_CAT, GEMINI_DOG]},
        True,
    ),
    "datetime": (datetime.datetime, {**STRING, "format": "date-time"}, True),
    "date": (datetime.date, {**STRING, "description": "Format: date."}, True),
    "gt": (Annotated[int, Field(gt=0, lt=10)], {**INTEGER, "minimum": 1, "maximum": 9}, True),
    "float_gt": (
        Annotated[float, Field(gt=0)],
        {"type": "number", "minimum": 0, "description": "Greater than 0."},
        True,
    ),
    "multiple": (
        Annotated[int, Field(multiple_of=5, description="Minutes.")],
        {**INTEGER, "description": "Minutes. A multiple of 5."},
        True,
    ),
}


# What pydantic does not write.
OF_OTHERS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"anyOf": [{"type": "null"}, {"const": None}], "description": "No."},
        {**STRING, "nullable": True, "description": "No. Always null."},
    ),
    (
        {"minLength": 2, "anyOf": [STRING, {"type": "null"}]},
        {**STRING, "nullable": True, "minLength": 2},
    ),
    (
        {"type": "string", "anyOf": [{"enum": ["a"]}, {"format": "date-time"}]},
        {"anyOf": [{**STRING, "enum": ["a"]}, {**STRING, "format": "date-time"}]},
    ),
]


@each_row(("node", "sent"), OF_OTHERS)
def test_gemini_gets_a_union_without_null_and_with_what_stands_beside(
    node: dict[str, Any], sent: dict[str, Any]
) -> None:
    made = prepare_schema({"properties": {"value": node}}, "gemini", use="tool").schema
    assert made["properties"]["value"] == sent


def test_gemini_gets_an_object_of_any_properties_at_the_root_alone() -> None:
    made = prepare_schema({"type": "object"}, "gemini")
    assert made == Schema({"type": "object", "description": "Any properties."}, strict=None)


def schema_of(kind: Any) -> dict[str, Any]:
    model = create_model("Args", value=(kind, ...))
    return model.model_json_schema()


def prepared_value(kind: Any, form: Form, use: Use = "answer") -> Any:
    return prepare_schema(schema_of(kind), form, use=use).schema["properties"]["value"]


def test_gemini_gets_each_kind_of_field_with_its_meaning() -> None:
    made = {name: prepared_value(kind, "gemini") for name, (kind, _, _) in KINDS.items()}
    assert made == {name: sent for name, (_, sent, _) in KINDS.items()}


def test_every_kind_that_can_be_closed_is_strict() -> None:
    for form in ("strict", "plain"):
        made = {name: prepare_schema(schema_of(kind), form) for name, (kind, _, _) in KINDS.items()}
        strict = {name: schema.strict for name, schema in made.items()}
        assert strict == {name: can for name, (_, _, can) in KINDS.items()}


def test_strict_form_is_that_of_openai() -> None:
    """As the openai package's `to_strict_json_schema` makes it, and without what OpenAI refuses."""

    class Shop(BaseModel):
        main: Address
        other: Address = Field(description="The other one.")
        pets: list[Annotated[Cat | Dog, Field(discriminator="kind")]] = []

    made = prepare_schema(Shop.model_json_schema(), "strict")
    closed = {"type": "object", "additionalProperties": False}
    street = {**STRING, "description": "Street and number"}
    zip_code = {"anyOf": [STRING, {"type": "null"}]}
    address = {
        **closed,
        "title": "Address",
        "properties": {"street": street, "zip": zip_code},
        "required": ["street", "zip"],
    }
    cat = {"kind": {**STRING, "const": "cat"}, "lives": {**INTEGER, "description": "Default: 9."}}
    dog = {"kind": {**STRING, "const": "dog"}, "breed": STRING}
    pets = {
        "type": "array",
        "items": {"anyOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}]},
        "description": "Default: [].",
    }
    assert made == Schema(
        {
            **closed,
            "title": "Shop",
            "properties": {
                "main": {"$ref": "#/$defs/Address"},
                "other": {**address, "description": "The other one."},
                "pets": pets,
            },
            "required": ["main", "other", "pets"],
            "$defs": {
                "Address": {**address, "description": "An address."},
                "Cat": {**closed, "title": "Cat", "properties": cat, "required": list(cat)},
                "Dog": {**closed, "title": "Dog", "properties": dog, "required": list(dog)},
            },
        },
        strict=True,
    )


def test_described_reference_to_what_it_stands_in_is_no_end_of_the_schema() -> None:
    class Chain(BaseModel):
        next: Chain = Field(description="The next one.")

    made = prepare_schema(Chain.model_json_schema(), "strict").schema
    assert made["properties"]["next"] == {
        "anyOf": [{"$ref": "#/$defs/Chain"}],
        "description": "The next one.",
    }


def test_plain_form_unrolls_a_recursive_class_three_levels() -> None:
    made = prepare_schema(Node.model_json_schema(), "plain")
    level: dict[str, Any] = {
        "type": "object",
        "title": "Node",
        "additionalProperties": True,
        "properties": {"name": STRING},
        "required": ["name"],
        "description": "One more Node, with kids, in the form that is described above.",
    }
    for _ in range(3):
        kids = {"type": "array", "items": level, "default": []}
        level = {
            "type": "object",
            "title": "Node",
            "properties": {"name": STRING, "kids": kids},
            "required": ["name"],
        }
    assert made == Schema(level, strict=False)


REQUIRED = {"properties": {"a": STRING, "b": STRING}}
EITHER = {"anyOf": [STRING, INTEGER]}


def test_recursive_union_ends_in_what_leads_no_further() -> None:
    itself = {"type": "array", "items": {"$ref": "#/$defs/Tree"}}
    schema = {"$ref": "#/$defs/Tree", "$defs": {"Tree": {"anyOf": [STRING, itself]}}}
    made = prepare_schema({"properties": {"tree": schema}, **schema}, "plain", use="tool").schema
    level = made["properties"]["tree"]
    while "items" in (branch := level["anyOf"][-1]):
        level = branch["items"]
    words = "One more Tree in the form that is described above."
    assert level == {"anyOf": [STRING], "description": words}


def test_tools_parameters_are_a_whole_object() -> None:
    for schema, sent in [
        ({}, {"type": "object", "properties": {}, "required": []}),
        ({"type": "object"}, {"type": "object", "properties": {}, "required": []}),
        (
            {"type": ["object", "null"], "properties": {"a": {"type": "array"}}, "required": ["b"]},
            {
                "type": "object",
                "properties": {"a": {"type": "array", "items": {}}},
                "required": [],
            },
        ),
        (
            {"properties": {"a": {"type": ["string", "null"], "minLength": 1}}, "$schema": "x"},
            {
                "type": "object",
                "properties": {"a": {"anyOf": [{**STRING, "minLength": 1}, {"type": "null"}]}},
                "required": [],
            },
        ),
        (
            {"properties": {"a": STRING, "b": STRING}, "anyOf": [{"required": ["a"]}, {}]},
            {
                "type": "object",
                "properties": {"a": STRING, "b": STRING},
                "required": [],
                "description": "One of: an object with a; an object with any fields.",
            },
        ),
        (
            {"allOf": [{"properties": {"a": STRING}}, {"properties": {"b": INTEGER}}]},
            {"type": "object", "properties": {"a": STRING, "b": INTEGER}, "required": []},
        ),
        (
            {"properties": {"a": STRING, "b": {"$ref": "#/properties/a"}}},
            {"type": "object", "properties": {"a": STRING, "b": STRING}, "required": []},
        ),
        (
            {"properties": {"a": {"$ref": "#/$defs/A"}, "b": True, "c": False}},
            {
                "type": "object",
                "properties": {"a": {"description": "As in #/$defs/A."}, "b": {}, "c": {"not": {}}},
                "required": [],
            },
        ),
        (
            {"allOf": [{**REQUIRED, "required": ["a"]}, {**REQUIRED, "required": ["b"]}]},
            {"type": "object", **REQUIRED, "required": ["b", "a"]},
        ),
        # No keyword can say what fits two unions.
        (
            {"properties": {"a": {"allOf": [EITHER, {"anyOf": [INTEGER, {"type": "null"}]}]}}},
            {"type": "object", "properties": {"a": EITHER}, "required": []},
        ),
    ]:
        with in_row(schema):
            assert prepare_schema(schema, "plain", use="tool") == Schema(sent)


def test_tool_of_a_union_has_the_fields_of_all() -> None:
    made = prepare_schema(RootModel[Cat | Dog].model_json_schema(), "gemini", use="tool")
    kind = {"anyOf": [{**STRING, "enum": ["cat"]}, {**STRING, "enum": ["dog"]}]}
    lives = {**INTEGER, "description": "Default: 9."}
    assert made.schema["properties"] == {"kind": kind, "lives": lives, "breed": STRING}
    assert made.schema["required"] == ["kind"]
    assert made.schema["description"] == "One of: Cat with kind; Dog with kind, breed."


def test_optional_arguments_of_a_tool_stay_optional() -> None:
    made = prepare_schema(Cat.model_json_schema(), "strict", use="tool")
    assert (made.schema["required"], made.strict) == (["kind"], None)


@each_row("root", [list[Cat], Cat | Dog, Cat | None, int], ids=str)
def test_root_that_is_no_object_is_wrapped(root: Any) -> None:
    schema = RootModel[root].model_json_schema()
    made = prepare_schema(schema, "plain")
    assert (made.wrapped, made.schema["required"], made.strict) == ("value", ["value"], True)
    assert wrapped(schema)[1] == "value"
    assert wrapped(wrapped(schema)[0])[1] is None


@pytest.mark.parametrize("form", ["plain", "strict", "gemini"])
def test_fields_may_have_the_names_of_keywords(form: Form) -> None:
    names = ["default", "title", "type", "properties", "required", "enum", "items", "anyOf", "$ref"]
    model = create_model("Odd", **{f"f{n}": (str, Field(alias=a)) for n, a in enumerate(names)})  # type: ignore[call-overload]
    made = prepare_schema(model.model_json_schema(), form).schema
    assert made["properties"] == dict.fromkeys(names, STRING)
    assert made["required"] == names


def test_body_keeps_a_users_open_schema_and_says_where_strict_is_not_possible() -> None:
    schema = {"type": "object", "properties": {"a": STRING, "b": {}}, "required": ["a"]}
    body: dict[str, Any] = {
        "model": "m",
        "tools": [{"type": "function", "function": {"name": "f"}}, {"type": "web_search"}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}},
    }
    before = copy.deepcopy(body)
    ready = with_schemas(body, "plain")
    assert ready["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "f",
                "parameters": {"type": "object", "properties": {}, "required": []},
            },
        },
        {"type": "web_search"},
    ]
    assert ready["response_format"] == body["response_format"]
    nameless = {"type": "json_schema", "json_schema": {"name": "n"}}
    assert (
        with_schemas({**body, "response_format": nameless}, "plain")["response_format"] == nameless
    )
    body["response_format"]["json_schema"]["strict"] = True
    assert with_schemas(body, "plain")["response_format"]["json_schema"]["strict"] is False
    del body["response_format"]["json_schema"]["strict"]
    assert body == before


def chain(fields: int, length: int = 200) -> dict[str, Any]:
    """Classes of which each has the one before it in its fields."""
    definitions: dict[str, Any] = {"C0": {"type": "object", "properties": {"end": STRING}}}
    for number in range(1, length):
        reference = {"$ref": f"#/$defs/C{number - 1}"}
        properties = {f"f{field}": reference for field in range(fields)}
        definitions[f"C{number}"] = {"type": "object", "properties": properties}
    return {"$ref": f"#/$defs/C{length - 1}", "$defs": definitions}


def nodes(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(map(nodes, value.values()))
    return sum(map(nodes, value)) if isinstance(value, list) else 0


@pytest.mark.parametrize("form", ["plain", "strict", "gemini"])
def test_large_and_deep_schemas_end(form: Form) -> None:
    for schema in (chain(1), chain(2), chain(20)):
        assert nodes(prepare_schema(schema, form).schema) < 2 * nodes(schema) + 5000
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"type": "object", "properties": {"x": deep}}
    assert nodes(prepare_schema(deep, form).schema) < 300
    itself: dict[str, Any] = {"type": "object", "properties": {}}
    itself["properties"]["x"] = itself
    assert nodes(prepare_schema(itself, form).schema) < 300


KEYWORDS = st.sampled_from(
    [
        *("type", "properties", "required", "anyOf", "oneOf", "allOf", "$ref", "$defs", "items"),
        *("enum", "const", "additionalProperties", "prefixItems", "format", "default", "title"),
        *("description", "exclusiveMinimum", "not", "patternProperties", "a", "b"),
    ]
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from(["string", "object", "array", "null", "integer", "#/$defs/a", "#", "date"]),
    st.just(["string", "null"]),
)
SCHEMAS = st.dictionaries(
    KEYWORDS,
    st.recursive(
        LEAVES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYWORDS, inner, max_size=4),
        max_leaves=20,
    ),
    max_size=5,
)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(SCHEMAS, st.sampled_from(["plain", "strict", "gemini"]), st.sampled_from(["answer", "tool"]))
def test_any_schema_becomes_an_object_and_its_form_is_final(
    schema: dict[str, Any], form: str, use: str
) -> None:
    before = copy.deepcopy(schema)
    made = prepare_schema(schema, cast(Form, form), use=cast(Use, use)).schema
    assert schema == before
    assert made["type"] == "object"
    if form != "strict":
        assert prepare_schema(made, cast(Form, form), use=cast(Use, use)).schema == made
