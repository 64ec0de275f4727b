"""A LlamaIndex agent that asks the model again where its tool calls are invalid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.agent.workflow.workflow_events import AgentOutput
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.bridge.pydantic import Field

from llama_index_ramclouds._errors import InvalidToolCallError
from ramclouds.bridge.history import wire_call
from ramclouds.bridge.outcome import complaint

__all__ = ["AskAgainAgent"]


class AskAgainAgent(FunctionAgent):
    """A `FunctionAgent` that tells the model which of its tool calls were not whole.

        from llama_index_ramclouds.agent import AskAgainAgent

        agent = AskAgainAgent(llm=llm, tools=[get_weather])

    A message with invalid calls and no valid one ends an agent otherwise, by an error. After
    `most` more requests, each paid for, `InvalidToolCallError` is raised. The messages in between
    do not stay in the memory.
    """

    most: int = Field(default=2, ge=0, description="How often a step is asked for again.")

    async def take_step(
        self, ctx: Any, llm_input: list[ChatMessage], tools: Sequence[Any], memory: Any
    ) -> AgentOutput:
        """Take a step, and ask for it again while its calls are invalid."""
        key = self.scratchpad_key
        begun: list[ChatMessage] = [*await ctx.store.get(key, default=[])]
        between: list[ChatMessage] = []
        for left in range(self.most, -1, -1):
            await ctx.store.set(key, [*begun, *between])
            try:
                output = await super().take_step(ctx, llm_input, tools, memory)
            except InvalidToolCallError as error:
                if not left:
                    raise
                between += _complaints(error)
            else:
                break
        if between:
            taken = (await ctx.store.get(key))[len(begun) + len(between) :]
            await ctx.store.set(key, [*begun, *taken])
        return output


def _complaints(error: InvalidToolCallError) -> list[ChatMessage]:
    """What the model wrote, and what was wrong with each of its calls."""
    calls = error.invalid_tool_calls
    listed = [wire_call(call.id, call.name, call.arguments) for call in calls]
    wrote = ChatMessage(error.text, role="assistant", additional_kwargs={"tool_calls": listed})
    return [
        wrote,
        *(
            ChatMessage(complaint(call), role="tool", additional_kwargs={"tool_call_id": call.id})
            for call in calls
        ),
    ]
