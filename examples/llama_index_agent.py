"""A LlamaIndex agent that calls a tool. Needs ramclouds[llama-index,local]."""

import asyncio
import sys

from llama_index.core.agent.workflow import AgentStream, FunctionAgent, ToolCallResult

from llama_index_ramclouds import RamClouds
from ramclouds import RamCloudsError
from ramclouds.local import local_or_remote


def get_weather(city: str) -> str:
    """Get the current weather of a city."""
    return f"{city}: sunny, 31 degrees Celsius."


async def main() -> None:
    with local_or_remote() as at:
        print(f"LlamaIndex agent on {at}\n")
        llm = RamClouds(model=at.model, api_key=at.api_key, base_url=at.base_url)
        llm.context_window, llm.tool_calling = at.context_window, at.tool_calling
        agent = FunctionAgent(tools=[get_weather], llm=llm, early_stopping_method="generate")
        run = agent.run("What is the weather in Hanoi?", max_iterations=3)  # small models loop
        async for event in run.stream_events():
            if isinstance(event, ToolCallResult):
                print(f"[{event.tool_name} answered: {event.tool_output.content}]")
            elif isinstance(event, AgentStream):
                print(event.delta, end="", flush=True)
        result = await run
        print("" if result.tool_calls else "\n(The model did not call the tool.)")


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except RamCloudsError as error:
        sys.exit(f"{type(error).__name__}: {error}")
