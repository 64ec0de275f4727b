"""Bodies of a 200 that are not what was asked for: pages, parts, lists that are none."""

from __future__ import annotations

from typing import Any

import pytest

from ramclouds import EmptyResponseError, ModelUnavailableError, ResponseError, StreamError
from tests.gateway import Body, Json, OfflineGateway, Sse, completion, encoded, error, text_chunks
from tests.harness import Calls, each_row, in_row, read

LEGACY = {"text": "Hi", "finish_reason": "stop", "index": 0}


def test_text_of_the_old_kind_is_read(gateway: OfflineGateway, calls: Calls) -> None:
    gateway.reply(Json(completion(choices=[LEGACY])), Sse([{"choices": [LEGACY]}]))
    assert calls.complete().text == "Hi"
    assert read(calls.stream())["text"] == "Hi"


@each_row("held", [{}, {"message": None}, {"message": "Hi"}, {"message": []}])
def test_choice_that_holds_no_message_is_no_answer(
    gateway: OfflineGateway, calls: Calls, held: dict[str, Any]
) -> None:
    body = completion(choices=[{"index": 0, "finish_reason": "stop", **held}])
    gateway.reply(Json(body))
    with pytest.raises(ResponseError):
        calls.complete()


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "content_number": ({"message": {"content": 42}}, "a text is int"),
    "content_zero": ({"message": {"content": 0}}, "a text is int"),
    "content_bool": ({"message": {"content": True}}, "a text is bool"),
    "content_object": ({"message": {"content": {"a": 1}}}, "a text is dict"),
    "content_list": ({"message": {"content": ["a", 1]}}, "a text is int"),
    "part": ({"message": {"content": [{"type": "text", "text": 7}]}}, "a text is int"),
    "refusal": ({"message": {"content": "Hi", "refusal": 7}}, "a text is int"),
    "message_text": ({"message": "Hi", "delta": "Hi"}, "a (message|delta) is str"),
    "message_list": ({"message": ["Hi"], "delta": ["Hi"]}, "a (message|delta) is list"),
}


def test_choice_of_the_wrong_type_is_named_whole_and_streamed(
    gateway: OfflineGateway, calls: Calls
) -> None:
    for kind, (given, words) in BROKEN.items():
        choice = {"index": 0, "finish_reason": "stop", "delta": given["message"], **given}
        body = completion(choices=[choice])
        rows = (("complete", Json(body)), ("stream", Json(body)), ("stream", Sse([body])))
        for method, response in rows:
            with in_row(kind, method):
                gateway.forget()
                gateway.reply(response)
                with pytest.raises((ResponseError, StreamError), match=words) as caught:
                    getattr(calls, method)()
                assert not isinstance(caught.value, EmptyResponseError)
                assert caught.value.retryable


@pytest.mark.parametrize("method", ["complete", "stream", "models"])
def test_no_content_is_no_answer(gateway: OfflineGateway, calls: Calls, method: str) -> None:
    gateway.reply(Body("", 204))
    with pytest.raises(Exception, match=r"empty|without a completion"):
        getattr(calls, method)()


PAGES = {
    "data": b'<!doctype html>\n<script type="application/ld+json">\n{\n"name":"x"\n}\n</script>\n',
    "message": b'<!doctype html>\n<script>\n{"message":"Hi","error":"x"}\n</script>\n',
    "fields": b"<html>\n<script>\nvar x = {\ndata: 5,\n\nevent: 7 };\n</script>\n",
    "byte_order_mark": b"\xef\xbb\xbf<html></html>",
    "blank_lines": b"\r\n  \r\n <html>\n</html>",
}


def test_page_is_a_page_whatever_its_scripts_hold(gateway: OfflineGateway, calls: Calls) -> None:
    for kind in PAGES:
        for method in ["complete", "stream"]:
            with in_row(kind, method):
                gateway.forget()
                gateway.reply(Body(PAGES[kind], headers={"Content-Type": "text/html"}))
                with pytest.raises(ResponseError, match=r"web page.*/v1") as caught:
                    getattr(calls, method)()
                assert caught.value.retryable is False


@pytest.mark.parametrize("method", ["complete", "stream"])
def test_json_that_has_no_end_leaves_its_part(
    gateway: OfflineGateway, calls: Calls, method: str
) -> None:
    gateway.reply(Body(b'{"id":"c","choices":[{"index":0,"message":{"content":"Tide is'))
    with pytest.raises(ResponseError, match="broke off") as caught:
        getattr(calls, method)()
    assert read(caught.value.partial)["text"] == "Tide is"


def test_stream_under_another_label_is_read_at_any_cut(
    gateway: OfflineGateway, calls: Calls
) -> None:
    for size in [1, 1 << 20]:
        for start in ["", ": PING\n\n", "event: x\n", "retry: 9\n\n", "\ufeff", "\n\n"]:
            with in_row(size, start):
                gateway.forget()
                body = start.encode() + b"".join(map(encoded, text_chunks("Hi")))
                pieces = [body[place : place + size] for place in range(0, len(body), size)]
                gateway.reply(Sse(pieces, headers={"Content-Type": "text/plain"}))
                assert calls.complete().text == "Hi"


LISTS: dict[str, Any] = {
    "null": {"data": None},
    "object": {"data": {"id": "a"}},
    "other_key": {"models": []},
    "text": "models",
}


@each_row("kind", LISTS)
def test_model_list_that_is_none(gateway: OfflineGateway, calls: Calls, kind: str) -> None:
    gateway.reply(Json(LISTS[kind]))
    with pytest.raises(ResponseError, match="base_url"):
        calls.models()


def test_entries_of_a_model_list_that_are_none_are_left_out(
    gateway: OfflineGateway, calls: Calls
) -> None:
    entries: list[Any] = [None, "x", {}, {"id": None}, {"id": ""}, {"id": "a", "created": "x"}]
    gateway.reply(Json({"data": entries}), Json([{"id": "b", "supported_endpoint_types": None}]))
    assert [model.id for model in calls.models()] == ["a"]
    assert [model.id for model in calls.models()] == ["b"]


def test_model_list_may_have_a_message(gateway: OfflineGateway, calls: Calls) -> None:
    gateway.reply(Json({"data": [{"id": "a"}], "success": True, "message": "ok"}))
    assert [model.id for model in calls.models()] == ["a"]


def test_model_list_may_be_empty(gateway: OfflineGateway, calls: Calls) -> None:
    gateway.reply(Json({"data": []}))
    assert calls.models() == []


def test_model_list_that_is_refused(gateway: OfflineGateway, calls: Calls) -> None:
    gateway.reply(Json(error("no", code="model_not_found"), 503))
    with pytest.raises(ModelUnavailableError):
        calls.models()
