"""A LangChain agent that calls a tool. Needs ramclouds[langchain,local] and langchain."""

import sys

from langchain.agents import create_agent
from langchain.agents.middleware import ToolCallLimitMiddleware

from langchain_ramclouds import ChatRamClouds
from ramclouds import RamCloudsError
from ramclouds.local import local_or_remote


def get_weather(city: str) -> str:
    """Get the current weather of a city."""
    return f"{city}: sunny, 31 degrees Celsius."


def main() -> None:
    with local_or_remote() as at:
        print(f"LangChain agent on {at}\n")
        model = ChatRamClouds(model=at.model, api_key=at.api_key, base_url=at.base_url)
        model.tool_calling = at.tool_calling
        limit = ToolCallLimitMiddleware(run_limit=2, exit_behavior="end")  # small models loop
        agent = create_agent(model, tools=[get_weather], middleware=[limit])
        question = {"role": "user", "content": "What is the weather in Hanoi?"}
        end = "\n(The model did not call the tool.)"
        for message, _ in agent.stream({"messages": [question]}, stream_mode="messages"):
            if message.type == "tool":
                end = ""
                print(f"[{message.name} answered: {message.text}]")
            else:
                print(message.text, end="", flush=True)
        print(end)


if __name__ == "__main__":
    try:
        main()
    except RamCloudsError as error:
        sys.exit(f"{type(error).__name__}: {error}")
