"""Structured output through LlamaIndex's own LLM wrapper, programs and prompts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.program import FunctionCallingProgram, LLMTextCompletionProgram
from llama_index.core.prompts import ChatPromptTemplate
from llama_index.core.types import PydanticProgramMode

from llama_index_ramclouds import RamClouds
from tests.gateway import (
    Gateway,
)
from tests.harness import EACH_TWIN, Twin, each_row
from tests.llama_index.albums import (
    EXPECTED,
    PROMPT,
    RIVERS,
    Album,
    answer_with,
)

pytestmark = EACH_TWIN


def test_structured_llm(gateway: Gateway, llm: RamClouds, twin: Twin) -> None:
    answer = twin.call(
        llm.as_structured_llm(Album), "chat", [ChatMessage("An album, {please}: {{1}}")]
    )

    assert type(answer.raw) is Album
    assert json.loads(answer.message.content) == answer.raw.model_dump()
    assert gateway.last.json["messages"][0]["content"] == "An album, {please}: {{1}}"


def test_structured_llm_of_a_model_without_function_calling(
    gateway: Gateway, without_function_calling: RamClouds, twin: Twin
) -> None:
    answer_with(gateway, json.dumps(RIVERS))

    answer = twin.call(
        without_function_calling.as_structured_llm(Album), "chat", [ChatMessage("An album")]
    )

    assert answer.raw == EXPECTED
    assert "tools" not in gateway.last.json


# Core's own StructuredLLM calls json() of pydantic 1.
@pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")
async def test_structured_llm_streams(llm: RamClouds) -> None:
    structured = llm.as_structured_llm(Album)
    ask = [ChatMessage("An album")]

    chunks = list(structured.stream_chat(ask))
    async with llm:
        achunks = [one async for one in await structured.astream_chat(ask)]

    assert type(chunks[-1].raw) is type(achunks[-1].raw) is Album


@each_row(
    ("program_mode", "has_tools"),
    [(PydanticProgramMode.FUNCTION, True), (PydanticProgramMode.LLM, False)],
)
def test_the_program_mode_is_obeyed(
    gateway: Gateway, llm: RamClouds, twin: Twin, program_mode: Any, has_tools: bool
) -> None:
    llm.pydantic_program_mode = program_mode

    made = twin.call(llm, "structured_predict", Album, PROMPT, topic="rivers")

    assert type(made) is Album
    assert ("tools" in gateway.last.json) is has_tools


def test_a_program_mode_of_others_is_left_to_core(llm: RamClouds, twin: Twin) -> None:
    llm.pydantic_program_mode = PydanticProgramMode.LM_FORMAT_ENFORCER

    with pytest.raises(ImportError, match="lmformatenforcer"):
        twin.call(llm, "structured_predict", Album, PROMPT, topic="rivers")
    with pytest.raises(ImportError, match="lmformatenforcer"):
        twin.call(llm, "stream_structured_predict", Album, PROMPT, topic="rivers")


@pytest.mark.parametrize("program_cls", [FunctionCallingProgram, LLMTextCompletionProgram])
def test_cores_own_programs_run(gateway: Gateway, llm: RamClouds, program_cls: Any) -> None:
    if program_cls is LLMTextCompletionProgram:
        # Core doubles the braces of the schema that it sends.
        answer_with(gateway, f"```json\n{json.dumps(RIVERS)}\n```")
    program = program_cls.from_defaults(
        output_cls=Album, prompt_template_str="An album about {topic}", llm=llm
    )

    assert type(program(topic="rivers")) is Album
    assert len(list(program.stream_call(topic="rivers"))) > 0


def test_chat_prompts_and_lists_of_messages(gateway: Gateway, llm: RamClouds) -> None:
    prompt: Any = ChatPromptTemplate.from_messages([("system", "Be {how}."), ("user", "An album")])

    made = llm.structured_predict(Album, prompt, how="brief")

    assert type(made) is Album
    assert gateway.last.json["messages"][0] == {"role": "system", "content": "Be brief."}
