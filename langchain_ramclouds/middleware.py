"""Middleware for LangChain's agents: a model whose tool calls are invalid is asked again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, AnyMessage, ToolMessage

from langchain_ramclouds._errors import check, invalid_calls
from ramclouds import Choice, Completion
from ramclouds.bridge.expectation import Expectation
from ramclouds.bridge.outcome import complaint

__all__ = ["AskAgainOnInvalidToolCalls"]

Handler = Callable[[ModelRequest], ModelResponse]
AsyncHandler = Callable[[ModelRequest], Awaitable[ModelResponse]]


class AskAgainOnInvalidToolCalls(AgentMiddleware[Any, Any]):
    """Tells the model which of its tool calls were not whole, and asks again.

        from langchain.agents import create_agent
        from langchain_ramclouds.middleware import AskAgainOnInvalidToolCalls

        agent = create_agent(model, tools, middleware=[AskAgainOnInvalidToolCalls()])

    A message with invalid calls and no valid one ends an agent otherwise, by an error. After
    `most` more requests, each paid for, `InvalidToolCallError` is raised. The messages in between
    do not stay in the history.
    """

    def __init__(self, *, most: int = 2) -> None:
        super().__init__()
        self.most = most

    def wrap_model_call(self, request: ModelRequest, handler: Handler) -> ModelResponse:
        """Ask until a message has no invalid calls alone."""
        response = handler(request := _returning(request))
        for _ in range(self.most):
            if (wrong := _invalid_message(response)) is None:
                break
            response = handler(request := _complaining(request, wrong))
        return _checked(response)

    async def awrap_model_call(self, request: ModelRequest, handler: AsyncHandler) -> ModelResponse:
        """Ask until a message has no invalid calls alone."""
        response = await handler(request := _returning(request))
        for _ in range(self.most):
            if (wrong := _invalid_message(response)) is None:
                break
            response = await handler(request := _complaining(request, wrong))
        return _checked(response)


def _returning(request: ModelRequest) -> ModelRequest:
    settings = {**request.model_settings, "on_invalid_tool_calls": "return"}
    return request.override(model_settings=settings)


def _invalid_message(response: ModelResponse) -> AIMessage | None:
    """The message whose calls are all invalid."""
    message = response.result[0]
    if not isinstance(message, AIMessage) or message.tool_calls:
        return None
    return message if message.invalid_tool_calls else None


def _complaining(request: ModelRequest, message: AIMessage) -> ModelRequest:
    complaints: list[AnyMessage] = [
        ToolMessage(complaint(call), tool_call_id=call.id, status="error")
        for call in invalid_calls(message)
    ]
    return request.override(messages=[*request.messages, message, *complaints])


def _checked(response: ModelResponse) -> ModelResponse:
    if (message := _invalid_message(response)) is not None:
        about = message.response_metadata
        choice = Choice(
            text=str(message.text),
            finish_reason=about.get("finish_reason"),
            invalid_tool_calls=invalid_calls(message),
        )
        partial = Completion(model=about.get("model_name", ""), choices=(choice,))
        check(partial, Expectation(partial.model, whole_calls=True))
    return response
