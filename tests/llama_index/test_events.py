"""Callbacks, instrumentation, token counts: each event once, on time, and with its facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.callbacks import CallbackManager, CBEventType, EventPayload
from llama_index.core.callbacks.base_handler import BaseCallbackHandler
from llama_index.core.callbacks.token_counting import TokenCountingHandler
from llama_index.core.instrumentation import get_dispatcher  # type: ignore[attr-defined]
from llama_index.core.instrumentation.events import BaseEvent

from llama_index_ramclouds import RamClouds
from ramclouds import RamCloudsError, StreamTruncatedError
from tests.gateway import Gateway, Json, Sse, completion, error, text_chunks, usage
from tests.harness import EACH_TWIN, Twin
from tests.llama_index.running import Events

pytestmark = EACH_TWIN

METHODS = ("chat", "complete", "stream_chat", "stream_complete")


class Recorder(BaseCallbackHandler):
    """Keeps what the callback manager says of LLM calls."""

    def __init__(self) -> None:
        super().__init__([], [])
        self.started: list[dict[str, Any]] = []
        self.ended: list[dict[str, Any]] = []

    def on_event_start(
        self, event_type: CBEventType, payload: Any = None, *args: Any, **kwargs: Any
    ) -> str:
        if event_type is CBEventType.LLM:
            self.started.append(payload)
        return ""

    def on_event_end(
        self, event_type: CBEventType, payload: Any = None, *args: Any, **kwargs: Any
    ) -> None:
        if event_type is CBEventType.LLM:
            self.ended.append(payload)

    def start_trace(self, trace_id: str | None = None) -> None:
        """No traces are kept."""

    def end_trace(self, *args: Any, **kwargs: Any) -> None:
        """No traces are kept."""


@pytest.fixture
def events() -> Iterator[list[BaseEvent]]:
    handler = Events(seen=[])
    root = get_dispatcher()
    root.add_event_handler(handler)
    yield handler.seen
    root.event_handlers.remove(handler)


@pytest.fixture
def recorder(llm: RamClouds) -> Recorder:
    recorder = Recorder()
    llm.callback_manager = CallbackManager([recorder])
    return recorder


def _asked(method: str) -> Any:
    return [ChatMessage("Hello")] if "chat" in method else "Hello"


@pytest.mark.parametrize("method", METHODS)
def test_each_event_once(
    llm: RamClouds, recorder: Recorder, events: list[BaseEvent], twin: Twin, method: str
) -> None:
    answer = twin.call(llm, method, _asked(method), temperature=0)

    last = answer[-1] if isinstance(answer, list) else answer
    ended = EventPayload.RESPONSE if "chat" in method else EventPayload.COMPLETION
    assert [payload[ended] for payload in recorder.ended] == [last]
    assert [payload[EventPayload.ADDITIONAL_KWARGS] for payload in recorder.started] == [
        {"temperature": 0}
    ]
    kind = "LLMChat" if "chat" in method else "LLMCompletion"
    steps = len(answer) if isinstance(answer, list) else 0
    names = [event.class_name() for event in events]
    assert names == [
        f"{kind}StartEvent",
        *[f"{kind}InProgressEvent"] * steps,
        f"{kind}EndEvent",
    ]


@pytest.mark.parametrize("method", METHODS)
def test_an_error_ends_the_event(
    gateway: Gateway, llm: RamClouds, recorder: Recorder, twin: Twin, method: str
) -> None:
    gateway.reply(Json(error("spent", code="insufficient_user_quota"), 403))

    with pytest.raises(RamCloudsError) as caught:
        twin.call(llm, method, _asked(method))

    assert recorder.ended == [{EventPayload.EXCEPTION: caught.value}]


@pytest.mark.parametrize("method", ["stream_chat", "stream_complete"])
def test_a_broken_stream_is_an_exception_event(
    gateway: Gateway, llm: RamClouds, events: list[BaseEvent], twin: Twin, method: str
) -> None:
    gateway.reply(Sse(text_chunks("One two", finish_reason=None)))

    with pytest.raises(StreamTruncatedError):
        twin.call(llm, method, _asked(method))

    names = [event.class_name() for event in events]
    assert names[-1] == "ExceptionEvent"
    assert not [name for name in names if name.endswith("EndEvent")]


def test_parameters_refused_before_sending_end_the_event(
    llm: RamClouds, recorder: Recorder, twin: Twin
) -> None:
    for method in METHODS:
        with pytest.raises(RamCloudsError):
            twin.call(llm, method, _asked(method), temperature=9)

    assert [set(payload) for payload in recorder.ended] == [{EventPayload.EXCEPTION}] * 4


@pytest.mark.parametrize("method", METHODS)
def test_the_token_counter_agrees_with_the_wire(
    gateway: Gateway, llm: RamClouds, twin: Twin, method: str
) -> None:
    counter = TokenCountingHandler(tokenizer=lambda text: [0] * 1000)
    llm.callback_manager = CallbackManager([counter])
    counted = usage(prompt=21, completion=9)
    answer = Sse(text_chunks(usage=counted)) if "stream" in method else None
    gateway.reply(answer or Json(completion(usage=counted)))

    twin.call(llm, method, _asked(method))

    assert (counter.prompt_llm_token_count, counter.completion_llm_token_count) == (21, 9)


def test_the_payload_holds_facts_and_no_secret(
    gateway: Gateway, recorder: Recorder, llm: RamClouds, twin: Twin
) -> None:
    twin.call(llm, "chat", [ChatMessage("Hello")])

    payload = recorder.started[0][EventPayload.SERIALIZED]
    assert payload["class_name"] == "RamClouds_LLM"
    assert payload["model"] == payload["model_name"] == "gpt-5"
    assert payload["temperature"] is None
    assert "test-key" not in str(recorder.started)


def test_the_rate_limiter_is_asked_once_for_each_call(llm: RamClouds, twin: Twin) -> None:
    class Limiter:
        asked = 0

        def acquire(self) -> None:
            self.asked += 1

        async def async_acquire(self) -> None:
            self.asked += 1

    limiter = Limiter()
    llm.rate_limiter = limiter
    for method in METHODS:
        twin.call(llm, method, _asked(method))

    assert limiter.asked == 4
