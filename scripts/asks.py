"""The small calls that show whether a gateway does what docs/inside/gateway.md says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
from langchain.agents import create_agent
from langchain_core.messages import HumanMessage
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel
from typing_extensions import Self

from langchain_ramclouds import ChatRamClouds
from llama_index_ramclouds import RamClouds
from ramclouds import Client, RamCloudsError
from scripts.prompts import (
    CITY,
    CITY_FORMAT,
    COUNTING,
    EMBEDDING_MODEL,
    ENDS,
    GREETING,
    WEATHER,
    WEATHER_TOOL,
    user,
)
from scripts.recorded import Interaction

REQUIRED: dict[str, Any] = {"tools": [WEATHER_TOOL], "tool_choice": "required"}


class City(BaseModel):
    """A city."""

    name: str


def get_weather(city: str) -> str:
    """The current weather of a city."""
    return f"Sunny in {city}, 31 degrees."


class Listener(httpx.HTTPTransport):
    """Sends, and keeps what was sent and what came back."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Interaction] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        body = response.read()
        self.heard.append(
            Interaction(
                method=request.method,
                path=request.url.path,
                sent=json.loads(request.content) if request.content else None,
                status=response.status_code,
                headers={name.lower(): value for name, value in response.headers.items()},
                text=body.decode("utf-8", "replace"),
            )
        )
        # Read already, so no longer compressed.
        headers = [(k, v) for k, v in response.headers.items() if k.lower() not in _FRAMING]
        return httpx.Response(response.status_code, headers=headers, content=body)


_FRAMING = {"content-encoding", "content-length", "transfer-encoding"}


@dataclass
class Session:
    """One gateway, a key and a model; whatever is asked goes through one listener."""

    base_url: str
    api_key: str = field(repr=False)
    model: str
    max_tokens: int = 512
    listener: Listener = field(default_factory=Listener, repr=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(transport=self.listener, timeout=600)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    @property
    def _settings(self) -> dict[str, Any]:
        return {"api_key": self.api_key, "base_url": self.base_url, "http_client": self.http}

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_key}", "User-Agent": "ramclouds-live"}

    @property
    def _model(self) -> dict[str, Any]:
        return {"model": self.model, "max_tokens": self.max_tokens, "max_retries": 0}

    def client(self, **changes: Any) -> Client:
        return Client(**{**self._settings, "max_retries": 0, **changes})

    def langchain(self) -> ChatRamClouds:
        return ChatRamClouds(**self._settings, **self._model)

    def llama_index(self, **settings: Any) -> RamClouds:
        return RamClouds(**{**self._settings, **self._model, **settings})

    def complete(self, content: str = GREETING, **params: Any) -> None:
        self.client().complete(**{**self._asked(content), **params})

    def stream(self, content: str = GREETING, **params: Any) -> None:
        for _ in self.client().stream(**{**self._asked(content), **params}):
            pass

    def _asked(self, content: str) -> dict[str, Any]:
        return {"model": self.model, "max_tokens": self.max_tokens, "messages": [user(content)]}

    def get(self, path: str) -> None:
        """A path at the gateway's root, where its own endpoints are."""
        parts = urlsplit(self.base_url)
        self.http.get(f"{parts.scheme}://{parts.netloc}{path}", headers=self._headers)

    def post(self, path: str, body: dict[str, Any]) -> None:
        """A path below the base URL."""
        self.http.post(self.base_url + path, json=body, headers=self._headers)


@dataclass(frozen=True)
class Ask:
    """One thing to ask, by the name under which its replies are kept."""

    name: str
    run: Callable[[Session], object]
    calls: int = 1
    costs: bool = True


def _conversation(session: Session) -> None:
    session.complete(messages=[{"role": "system", "content": "Be brief."}, user(GREETING)])
    earlier = {"role": "assistant", "content": "Hello."}
    session.complete(messages=[user(GREETING), earlier, user("What did you say?")])


def _tool_result(session: Session) -> None:
    function = {"name": "get_weather", "arguments": '{"city": "Hanoi"}'}
    call = {"id": "call_1", "type": "function", "function": function}
    messages = [
        user(WEATHER),
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": get_weather("Hanoi")},
    ]
    session.complete(messages=messages, tools=[WEATHER_TOOL], tool_choice="none")


def _langchain_agent(session: Session) -> None:
    agent = create_agent(session.langchain(), [get_weather])
    agent.invoke({"messages": [HumanMessage(WEATHER)]})


def _llama_index_tools(session: Session) -> None:
    llm = session.llama_index()
    tool = FunctionTool.from_defaults(get_weather)
    asked = ChatMessage(WEATHER)
    response = llm.chat_with_tools([tool], asked, tool_required=True)
    calls = llm.get_tool_calls_from_response(response)
    results = [
        ChatMessage(
            str(tool(**call.tool_kwargs)),
            role="tool",
            additional_kwargs={"tool_call_id": call.tool_id},
        )
        for call in calls
    ]
    history = [asked, response.message, *results]
    llm.chat_with_tools([tool], chat_history=history, tool_choice="none")


ASKS = [
    Ask("status", lambda s: s.get("/api/status"), costs=False),
    Ask("prices", lambda s: s.get("/api/pricing"), costs=False),
    Ask("key_status", lambda s: s.get("/api/usage/token/"), costs=False),
    Ask("models", lambda s: s.client().models(), costs=False),
    Ask("wrong_key", lambda s: s.client(api_key="wrongkey").complete(**_greet(s)), costs=False),
    Ask(
        "wrong_key_streamed",
        lambda s: list(s.client(api_key="wrongkey").stream(**_greet(s))),
        costs=False,
    ),
    Ask("malformed", lambda s: s.complete(extra_body={"tools": "none"}), costs=False),
    Ask("unknown_model", lambda s: s.complete(model="no-such-model"), costs=False),
    Ask(
        "wrong_path",
        lambda s: s.client(base_url=s.base_url + "/nowhere").complete(**_greet(s)),
        costs=False,
    ),
    Ask("plain", lambda s: s.complete()),
    Ask("multi_turn", _conversation, calls=2),
    Ask("length", lambda s: s.complete(COUNTING, max_tokens=16)),
    Ask("stop", lambda s: s.complete(stop=ENDS)),
    Ask("several_answers", lambda s: s.complete(n=2)),
    Ask(
        "parameters",
        lambda s: s.complete(frequency_penalty=0.1, presence_penalty=0.1, seed=7, user="live"),
    ),
    Ask("unknown_field", lambda s: s.complete(extra_body={"not_a_field": True})),
    Ask("streamed", lambda s: s.stream()),
    Ask("streamed_without_usage", lambda s: s.stream(stream_usage=False)),
    Ask("reasoning", lambda s: s.stream("What is 2 + 2?", reasoning_effort="low")),
    Ask("tool_call", lambda s: s.complete(WEATHER, **REQUIRED)),
    Ask("tool_call_streamed", lambda s: s.stream(WEATHER, **REQUIRED)),
    Ask("tool_result", _tool_result),
    Ask("json_schema", lambda s: s.complete(CITY, response_format=CITY_FORMAT)),
    Ask("json_schema_streamed", lambda s: s.stream(CITY, response_format=CITY_FORMAT)),
    Ask("langchain_ramclouds/plain", lambda s: s.langchain().invoke(GREETING)),
    Ask("langchain_ramclouds/streamed", lambda s: list(s.langchain().stream(GREETING))),
    Ask("langchain_ramclouds/tool_result", _langchain_agent, calls=2),
    Ask(
        "langchain_ramclouds/function_calling",
        lambda s: (
            s.langchain().with_structured_output(City, method="function_calling").invoke(CITY)
        ),
    ),
    Ask("llama_index_ramclouds/plain", lambda s: s.llama_index().complete(GREETING)),
    Ask(
        "llama_index_ramclouds/streamed",
        lambda s: list(s.llama_index().stream_complete(GREETING)),
    ),
    Ask("llama_index_ramclouds/tool_result", _llama_index_tools, calls=2),
    Ask(
        "llama_index_ramclouds/function_calling",
        lambda s: s.llama_index(structured_output_mode="function_calling").structured_predict(
            City, PromptTemplate(CITY)
        ),
    ),
    Ask(
        "embeddings",
        lambda s: s.post(
            "/embeddings", {"model": EMBEDDING_MODEL, "input": ["one", "two", "three"]}
        ),
    ),
]


def _greet(session: Session) -> dict[str, Any]:
    return {"model": session.model, "messages": [user(GREETING)]}


def replies_to(session: Session, asks: list[Ask]) -> dict[str, list[Interaction]]:
    """Asks one thing after the other, and returns the replies by name."""
    replies: dict[str, list[Interaction]] = {}
    for ask in asks:
        session.listener.heard = []
        try:
            ask.run(session)
        except (RamCloudsError, httpx.HTTPError) as exc:
            # A refusal is a reply too: the statements judge it.
            print(f"  {ask.name}: {type(exc).__name__}: {str(exc)[:160]}")
        replies[ask.name] = session.listener.heard
    return replies
