"""Every wire case through both clients, against what the manifest expects.

That the cut does not matter is tested without a socket: tests/unit/stream/test_properties.py.
"""

from __future__ import annotations

from typing import Any

import pytest

import ramclouds
from ramclouds import Completion, RamCloudsError, Usage
from tests.gateway import REQUEST_ID, Gateway, WireCase, manifest
from tests.gateway.corpus import parts
from tests.harness import EACH_TWIN, Calls, assert_complete, in_row, read

KINDS = {
    "bad_request": ramclouds.BadRequestError,
    "context_length": ramclouds.ContextLengthError,
    "authentication": ramclouds.AuthenticationError,
    "permission": ramclouds.PermissionDeniedError,
    "blocked": ramclouds.BlockedError,
    "quota": ramclouds.InsufficientQuotaError,
    "provider_account": ramclouds.ProviderAccountError,
    "not_found": ramclouds.NotFoundError,
    "model_unavailable": ramclouds.ModelUnavailableError,
    "rate_limit": ramclouds.RateLimitError,
    "server": ramclouds.ServerError,
    "gateway_timeout": ramclouds.GatewayTimeoutError,
    "bad_response": ramclouds.ResponseError,
    "empty": ramclouds.EmptyResponseError,
    "stream_error": ramclouds.StreamError,
    "stream_truncated": ramclouds.StreamTruncatedError,
}
GENERATED = "<generated>"
COUNTS = (
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "cached_tokens",
    "reasoning_tokens",
)


def name_of(case: dict[str, Any]) -> str:
    return str(case["name"])


_CASES = manifest()
_ANSWERS = [case for case in _CASES if "model_ids" not in case["expect"]]
PLAIN_OK = [c for c in _ANSWERS if not c["request_stream"] and c["expect"]["outcome"] == "ok"]
STREAM_OK = [c for c in _ANSWERS if c["request_stream"] and c["expect"]["outcome"] == "ok"]
PLAIN_ERROR = [c for c in _ANSWERS if not c["request_stream"] and c["expect"]["outcome"] != "ok"]
STREAM_ERROR = [c for c in _ANSWERS if c["request_stream"] and c["expect"]["outcome"] != "ok"]
MODELS = [case for case in _CASES if "model_ids" in case["expect"]]


def test_every_case_is_run() -> None:
    groups = (PLAIN_OK, STREAM_OK, PLAIN_ERROR, STREAM_ERROR, MODELS)
    assert sum(map(len, groups)) == len(_CASES) == 80


@EACH_TWIN
def test_whole_response_is_read(gateway: Gateway, calls: Calls) -> None:
    for case in PLAIN_OK:
        with in_row(case["name"]):
            gateway.forget()
            gateway.reply(WireCase(case["name"]))
            completion = calls.complete()
            assert_as_expected(read(completion), case["expect"])
            assert completion.request_id == REQUEST_ID


@EACH_TWIN
def test_streamed_answer(gateway: Gateway, calls: Calls) -> None:
    for case in STREAM_OK:
        with in_row(case["name"]):
            gateway.forget()
            gateway.reply(WireCase(case["name"]))
            chunks = calls.stream()
            assert_complete(chunks)
            assert_as_expected(read(chunks), case["expect"])
            assert chunks[0].request_id == REQUEST_ID
            logprobs = [chunk.logprobs or {} for chunk in chunks]
            tokens = [token["token"] for one in logprobs for token in one.get("content", ())]
            assert tokens == case["expect"].get("logprobs_tokens", [])


# With one twin: a whole body is read in the same way whether it is an error or not.
def test_error_of_a_whole_response(gateway: Gateway, calls: Calls) -> None:
    for case in PLAIN_ERROR:
        with in_row(case["name"]):
            gateway.forget()
            gateway.reply(WireCase(case["name"]))
            with pytest.raises(RamCloudsError) as caught:
                calls.complete()
            assert_error(caught.value, case)
            assert len(gateway.requests) == 1


def test_error_as_answer_to_a_stream_request(gateway: Gateway, calls: Calls) -> None:
    for case in PLAIN_ERROR:
        with in_row(case["name"]):
            gateway.forget()
            gateway.reply(WireCase(case["name"]))
            with pytest.raises(RamCloudsError) as caught:
                calls.stream()
            # A JSON error in a 200 is an error inside a stream to one who asked for a stream.
            kind = "stream_error" if "_200_error" in case["name"] else case["expect"]["error_kind"]
            kind = "stream_error" if "_success_false" in case["name"] else kind
            assert_error(caught.value, {**case, "expect": {**case["expect"], "error_kind": kind}})
            assert calls.arrived == []


@EACH_TWIN
def test_broken_stream_raises_with_its_part(gateway: Gateway, calls: Calls) -> None:
    for case in STREAM_ERROR:
        with in_row(case["name"]):
            gateway.forget()
            gateway.reply(WireCase(case["name"]))
            with pytest.raises(RamCloudsError) as caught:
                calls.stream()
            error = caught.value
            assert_error(error, case)
            assert read(calls.arrived)["text"] == case["expect"].get("text", "")


@EACH_TWIN
@pytest.mark.parametrize("case", MODELS, ids=name_of)
def test_model_list_is_read(gateway: Gateway, calls: Calls, case: dict[str, Any]) -> None:
    gateway.reply(WireCase(case["name"]))
    assert [model.id for model in calls.models()] == case["expect"]["model_ids"]


def assert_as_expected(found: dict[str, Any], expect: dict[str, Any]) -> None:
    wanted = [_wanted_call(one) for one in expect.get("tool_calls", [])]
    made = [
        (GENERATED if id_wanted == GENERATED and id else id, *rest)
        for (id, *rest), (id_wanted, *_) in zip(found["tool_calls"], wanted, strict=True)
    ]
    assert {**found, "tool_calls": made, "usage": _counts(found["usage"])} == {
        "text": expect["text"],
        "reasoning": expect.get("reasoning", ""),
        "refusal": expect.get("refusal", ""),
        "tool_calls": wanted,
        "finish_reason": expect["finish_reason"],
        "usage": _wanted_counts(expect.get("usage")),
    }


def assert_error(error: RamCloudsError, case: dict[str, Any]) -> None:
    expect = case["expect"]
    head = parts(case["name"]).head
    assert type(error) is KINDS[expect["error_kind"]]
    assert error.retryable is expect["retryable"]
    assert error.retry_after == expect.get("retry_after_s")
    assert error.request_id == (REQUEST_ID if REQUEST_ID.encode() in head else None)
    if "error_code" in expect:
        assert error.code == expect["error_code"]
    if case["status"] != 200:
        assert error.status_code == case["status"]
    assert_partial(error.partial, expect)


def assert_partial(partial: Completion | None, expect: dict[str, Any]) -> None:
    found = read(partial)
    assert found["text"] == expect.get("text", "")
    if "usage" in expect:
        assert _counts(found["usage"]) == _wanted_counts(expect["usage"])


def _wanted_call(call: dict[str, Any]) -> tuple[Any, ...]:
    extra = {key: call[key] for key in call.keys() - {"id", "name", "arguments"}}
    return (call["id"], call["name"], call["arguments"], extra)


def _counts(usage: Usage | None) -> dict[str, int] | None:
    return None if usage is None else {name: getattr(usage, name) for name in COUNTS}


def _wanted_counts(usage: dict[str, int] | None) -> dict[str, int] | None:
    return None if usage is None else {**dict.fromkeys(COUNTS, 0), **usage}
