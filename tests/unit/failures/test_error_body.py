"""The error object of an answer, in each shape it was seen in."""

from __future__ import annotations

from typing import Any

from ramclouds._failures.error_body import (
    ErrorBody,
    error_body_from,
    is_error_body,
    parse_error_body,
)
from tests.harness import in_row

BODIES: list[tuple[Any, ErrorBody]] = [
    (
        {"error": {"message": "m", "type": "t", "code": "c", "param": "p"}},
        ErrorBody("m", "t", "c", "p"),
    ),
    ({"error": {"message": "m", "code": 400}}, ErrorBody("m", None, 400)),
    ({"error": {"message": "m", "code": None, "param": ""}}, ErrorBody("m")),
    ({"error": {"message": "m", "code": True}}, ErrorBody("m")),
    ({"error": {"message": "m", "code": ["c"]}}, ErrorBody("m")),
    ({"error": {"message": "m", "status_code": 400}}, ErrorBody("m", None, 400)),
    ({"error": {"error": {"message": "m", "code": "c"}}}, ErrorBody("m", None, "c")),
    ({"error": [{"message": "m", "code": "c"}, {"code": "d"}]}, ErrorBody("m", None, "c")),
    ({"error": [], "message": "m", "code": "c"}, ErrorBody("m", None, "c")),
    ({"response": {"error": {"message": "m", "code": "c"}}}, ErrorBody("m", None, "c")),
    (
        {"type": "response.failed", "response": {"error": {"message": "m", "code": "c"}}},
        ErrorBody("m", None, "c"),
    ),
    ({"detail": {"error": {"message": "m", "code": "c"}}}, ErrorBody("m", None, "c")),
    ({"detail": {"message": "m", "code": "c"}}, ErrorBody("m", None, "c")),
    ({"errors": [{"message": "m", "code": "c"}]}, ErrorBody("m", None, "c")),
    ({"message": "m", "type": "t", "detail": [{"type": "u"}]}, ErrorBody("m", "t")),
    ({"code": "c", "detail": [{"msg": "m", "code": "d"}]}, ErrorBody("m", None, "c")),
    ({"error": {"message": "m", "code": "c", "detail": {"code": "d"}}}, ErrorBody("m", None, "c")),
    ({"error": "m", "type": "t", "code": "c"}, ErrorBody("m", "t", "c")),
    ({"message": "m", "type": "t"}, ErrorBody("m", "t")),
    ({"type": "error", "error": {"type": "t", "message": "m"}}, ErrorBody("m", "t")),
    ({"msg": "m"}, ErrorBody("m")),
    ({"err": "m"}, ErrorBody("m")),
    ({"error_msg": "m"}, ErrorBody("m")),
    ({"detail": "m"}, ErrorBody("m")),
    ({"title": "m"}, ErrorBody("m")),
    ({"detail": [{"msg": "a"}, {"msg": ""}, {"msg": "b"}]}, ErrorBody("a; b")),
    ({"detail": [{"loc": ["body", 0], "msg": "a", "type": "t"}]}, ErrorBody("body.0: a", "t")),
    ({"detail": [{"loc": "body", "msg": "a"}]}, ErrorBody("a")),
    ({"errors": [{"message": "m"}]}, ErrorBody("m")),
    ({"header": {"message": "m"}}, ErrorBody("m")),
    ({"response": {"error": {"message": "m"}}}, ErrorBody("m")),
    ({"message": "", "detail": "m"}, ErrorBody("m")),
    ({"error": {"message": "a"}, "message": "b"}, ErrorBody("a")),
    ({"error": {"message": "m"}, "retry_after": 30}, ErrorBody("m", retry_after=30.0)),
    ({"message": "m", "retry_after": 0}, ErrorBody("m", retry_after=0.0)),
    ({"message": "m", "retry_after": 1e6}, ErrorBody("m")),
    ({"message": "m", "retry_after": -1}, ErrorBody("m")),
    ({"message": "m", "retry_after": True}, ErrorBody("m")),
    ({"message": "m", "retry_after": "30"}, ErrorBody("m")),
    ([{"error": {"message": "m"}}, {"error": {"message": "n"}}], ErrorBody("m")),
    (
        {"base_resp": {"status_code": 1008, "status_msg": "m"}},
        ErrorBody("m", None, 1008, shape="base_resp"),
    ),
    (
        {"base_resp": {"status_code": 1008, "status_msg": 7}},
        ErrorBody("", None, 1008, shape="base_resp"),
    ),
    ([], ErrorBody()),
    ("a" * 8192, ErrorBody("a" * 8192)),
    (
        {"message": "a" * 4096 + "-" + "b" * 4096},
        ErrorBody("a" * 4096 + " … " + "b" * 4096),
    ),
    ("m", ErrorBody("m")),
    (7, ErrorBody()),
    (None, ErrorBody()),
    ({}, ErrorBody()),
]


def test_error_object_is_found_in_each_shape() -> None:
    for body, refusal in BODIES:
        with in_row(body):
            assert error_body_from(body) == refusal


def test_body_with_an_error_is_an_error_body() -> None:
    for body in [
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
        {"choices": None, "base_resp": {"status_code": 1008, "status_msg": ""}},
    ]:
        with in_row(body):
            assert is_error_body(body)


def test_body_without_an_error_is_no_error_body() -> None:
    for body in [
        {},
        {"error": None},
        {"error": None, "choices": []},
        {"success": True},
        {"type": "message"},
        {"message": "m", "choices": []},
        {"choices": [], "base_resp": {"status_code": 0, "status_msg": "success"}},
        {"message": "m", "data": [{"id": "a"}]},
        {"message": ""},
        {"reason": "m"},
        ["m"],
        "m",
        None,
    ]:
        with in_row(body):
            assert not is_error_body(body)


SAID = {"error": {"message": "m", "code": "c"}}


def test_json_of_an_error_body_is_found_in_events_and_cut_text() -> None:
    for body, parsed in [
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
    ]:
        with in_row(body):
            assert parse_error_body(body) == parsed
