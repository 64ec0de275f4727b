"""The error object of an answer, in each shape it was seen in."""

from __future__ import annotations

from typing import Any

import pytest

from ramclouds._failures.error_body import Refusal, is_error_body, parsed_refusal, refusal_from

BODIES: list[tuple[Any, Refusal]] = [
    (
        {"error": {"message": "m", "type": "t", "code": "c", "param": "p"}},
        Refusal("m", "t", "c", "p"),
    ),
    ({"error": {"message": "m", "code": 400}}, Refusal("m", None, 400)),
    ({"error": {"message": "m", "code": None, "param": ""}}, Refusal("m")),
    ({"error": {"message": "m", "code": True}}, Refusal("m")),
    ({"error": {"message": "m", "code": ["c"]}}, Refusal("m")),
    ({"error": {"message": "m", "status_code": 400}}, Refusal("m", None, 400)),
    ({"error": {"error": {"message": "m", "code": "c"}}}, Refusal("m", None, "c")),
    ({"error": [{"message": "m", "code": "c"}, {"code": "d"}]}, Refusal("m", None, "c")),
    ({"error": [], "message": "m", "code": "c"}, Refusal("m", None, "c")),
    ({"response": {"error": {"message": "m", "code": "c"}}}, Refusal("m", None, "c")),
    (
        {"type": "response.failed", "response": {"error": {"message": "m", "code": "c"}}},
        Refusal("m", None, "c"),
    ),
    ({"detail": {"error": {"message": "m", "code": "c"}}}, Refusal("m", None, "c")),
    ({"detail": {"message": "m", "code": "c"}}, Refusal("m", None, "c")),
    ({"errors": [{"message": "m", "code": "c"}]}, Refusal("m", None, "c")),
    ({"message": "m", "type": "t", "detail": [{"type": "u"}]}, Refusal("m", "t")),
    ({"code": "c", "detail": [{"msg": "m", "code": "d"}]}, Refusal("m", None, "c")),
    ({"error": {"message": "m", "code": "c", "detail": {"code": "d"}}}, Refusal("m", None, "c")),
    ({"error": "m", "type": "t", "code": "c"}, Refusal("m", "t", "c")),
    ({"message": "m", "type": "t"}, Refusal("m", "t")),
    ({"type": "error", "error": {"type": "t", "message": "m"}}, Refusal("m", "t")),
    ({"msg": "m"}, Refusal("m")),
    ({"err": "m"}, Refusal("m")),
    ({"error_msg": "m"}, Refusal("m")),
    ({"detail": "m"}, Refusal("m")),
    ({"title": "m"}, Refusal("m")),
    ({"detail": [{"msg": "a"}, {"msg": ""}, {"msg": "b"}]}, Refusal("a; b")),
    ({"detail": [{"loc": ["body", 0], "msg": "a", "type": "t"}]}, Refusal("body.0: a", "t")),
    ({"detail": [{"loc": "body", "msg": "a"}]}, Refusal("a")),
    ({"errors": [{"message": "m"}]}, Refusal("m")),
    ({"header": {"message": "m"}}, Refusal("m")),
    ({"response": {"error": {"message": "m"}}}, Refusal("m")),
    ({"message": "", "detail": "m"}, Refusal("m")),
    ({"error": {"message": "a"}, "message": "b"}, Refusal("a")),
    ({"error": {"message": "m"}, "retry_after": 30}, Refusal("m", retry_after=30.0)),
    ({"message": "m", "retry_after": 0}, Refusal("m", retry_after=0.0)),
    ({"message": "m", "retry_after": 1e6}, Refusal("m")),
    ({"message": "m", "retry_after": -1}, Refusal("m")),
    ({"message": "m", "retry_after": True}, Refusal("m")),
    ({"message": "m", "retry_after": "30"}, Refusal("m")),
    ([{"error": {"message": "m"}}, {"error": {"message": "n"}}], Refusal("m")),
    ([], Refusal()),
    ("m", Refusal("m")),
    (7, Refusal()),
    (None, Refusal()),
    ({}, Refusal()),
]


@pytest.mark.parametrize(("body", "refusal"), BODIES)
def test_refusal(body: Any, refusal: Refusal) -> None:
    assert refusal_from(body) == refusal


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "m"}},
        {"error": "m", "choices": []},
        {"success": False},
        {"type": "error"},
        {"message": "m"},
        {"msg": "m"},
        {"detail": "m"},
        {"message": "m", "data": []},
        {"message": "m", "data": {"id": "a"}},
        {"errors": ["m"]},
        {"header": {"message": "m"}},
        {"response": {"error": {"message": "m"}}},
    ],
)
def test_error_body(body: Any) -> None:
    assert is_error_body(body)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"error": None},
        {"error": None, "choices": []},
        {"success": True},
        {"type": "message"},
        {"message": "m", "choices": []},
        {"message": "m", "data": [{"id": "a"}]},
        {"message": ""},
        {"reason": "m"},
        ["m"],
        "m",
        None,
    ],
)
def test_no_error_body(body: Any) -> None:
    assert not is_error_body(body)


SAID = {"error": {"message": "m", "code": "c"}}


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        (b'{"error": {"message": "m", "code": "c"}}', SAID),
        (b'\xef\xbb\xbf\n{"error": {"message": "m", "code": "c"}}', SAID),
        (b'data: {"error": {"message": "m", "code": "c"}}\n\n', SAID),
        (b': PING\n\nevent: error\r\ndata:{"error": {"message": "m", "code": "c"}}', SAID),
        (b'data: [DONE]\n\ndata: {"error": {"message": "m", "code": "c"}}\n\n', SAID),
        (b'event: error\ndata: {"error": {"message": "m", "code": "c"}}\n\n', SAID),
        (b'\n\ndata: {"error": {"message": "m", "code": "c"}}\n\n', SAID),
        (b'id: 1\ndata: {"error": {"message": "m", "code": "c"}}\n\n', SAID),
        (b'{"error": {"message": "m", "code": "c", "par', SAID),
        (b'{"error": {"message": "m', {"error": {"message": "m"}}),
        (b'["m"]', ["m"]),
        (b'["m', None),
        (b"data: m\n\n", None),
        (b"<html>", None),
        (b"7", None),
        (b"", None),
    ],
)
def test_json_of_a_refusal(body: bytes, parsed: Any) -> None:
    assert parsed_refusal(body) == parsed
