"""Stream a LangChain chain: prompt, model, parser. Needs ramclouds[langchain,local]."""

import sys

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate

from langchain_ramclouds import ChatRamClouds
from ramclouds import RamCloudsError
from ramclouds.local import local_or_remote

PROMPT = ChatPromptTemplate.from_messages(
    [
        ("system", "You answer in one short sentence."),
        ("user", "Tell me about {subject}."),
    ]
)


def main() -> None:
    with local_or_remote() as at:
        print(f"LangChain chain on {at}\n")
        model = ChatRamClouds(model=at.model, api_key=at.api_key, base_url=at.base_url)
        chain = PROMPT | model | StrOutputParser()
        for text in chain.stream({"subject": "the Moon"}):
            print(text, end="", flush=True)
        print()


if __name__ == "__main__":
    try:
        main()
    except RamCloudsError as error:
        sys.exit(f"{type(error).__name__}: {error}")
