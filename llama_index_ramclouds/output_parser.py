"""An output parser for LlamaIndex's text programs that reads a class as the LLM itself does."""

from __future__ import annotations

from llama_index.core.output_parsers import PydanticOutputParser
from llama_index.core.types import Model

from llama_index_ramclouds._errors import StructuredOutputError
from ramclouds import Choice, Completion
from ramclouds.bridge.shapes import class_shape
from ramclouds.bridge.structured import UnfitError, Written, read_value

__all__ = ["StrictOutputParser"]


class StrictOutputParser(PydanticOutputParser[Model]):
    """Reads the one object that was asked for, out of what models write around it.

        from llama_index.core.program import LLMTextCompletionProgram
        from llama_index_ramclouds.output_parser import StrictOutputParser

        program = LLMTextCompletionProgram.from_defaults(
            output_parser=StrictOutputParser(Album), prompt_template_str="An album", llm=llm
        )

    Core's own parser takes all from the first brace to the last one. It fails at a draft in front
    of the text, and makes an object of a call that is around it.
    """

    def parse(self, text: str) -> Model:
        """The object; `StructuredOutputError` where the text holds none, or several."""
        try:
            return read_value(Written(text), class_shape(self.output_cls), asked_by=None)
        except UnfitError as error:
            partial = Completion(choices=(Choice(text=text),))
            raise StructuredOutputError(str(error), partial=partial) from error.__cause__
