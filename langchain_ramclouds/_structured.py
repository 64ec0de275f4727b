"""Structured output: how a model is asked for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import BaseCumulativeTransformOutputParser
from langchain_core.outputs import Generation
from langchain_core.runnables import Runnable, RunnableGenerator
from langchain_core.runnables.base import RunnableBindingBase
from langchain_core.runnables.utils import AddableDict
from typing_extensions import is_typeddict

from langchain_ramclouds._errors import ConfigurationError
from langchain_ramclouds._output import OutputSpec, parse_output, parse_partial, to_shape
from langchain_ramclouds._request import structured_ways
from langchain_ramclouds._results import to_partial_message
from langchain_ramclouds._tools import (
    AnyTool,
    Method,
    Schema,
    to_response_format,
    to_tool,
    to_tool_params,
)
from ramclouds import Completion, RamCloudsError
from ramclouds.bridge.fallback_models import BY_WAY
from ramclouds.bridge.tools import answer_tool


def with_structure(
    model: Any,
    schema: Schema | None,
    *,
    method: Method | None,
    include_raw: bool,
    strict: bool | None,
    tools: Sequence[AnyTool],
    **kwargs: Any,
) -> Runnable[LanguageModelInput, Any]:
    """The model, which must not check its completions itself, with the parser behind it."""
    methods: list[Method] = [method] if method is not None else _methods(model, kwargs)
    method = methods[0]
    _check(schema, method, strict)
    spec = _to_spec(schema, methods, tools)
    params = _to_params(schema, method=method, strict=strict, tools=tools)
    if len(set(methods)) > 1:
        params |= {BY_WAY: _by_way(schema, strict, tools)}
    # LangChain converts it once more, and never ends for a recursive TypedDict.
    traced_schema: Any = schema
    if is_typeddict(schema):
        traced_schema = to_tool(traced_schema)
    traced = {"kwargs": {"method": method, "strict": strict}, "schema": traced_schema}
    asking: Runnable[LanguageModelInput, AIMessage] = model.bind(
        **params, **kwargs, ls_structured_output_format=traced
    )
    parser = StructuredParser(spec=spec)
    if not include_raw:
        return asking | parser
    return Raw(bound=asking) | RunnableGenerator(parser.read, parser.aread)


def _methods(model: Any, kwargs: dict[str, Any]) -> list[Method]:
    """How the model is asked, and its fallback models after it."""
    ways = structured_ways(model, kwargs)
    return ["function_calling" if way == "tool" else "json_schema" for way in ways]


def _by_way(
    schema: Schema | None, strict: bool | None, tools: Sequence[AnyTool]
) -> dict[str, dict[str, Any]]:
    by_tool = _to_params(schema, method="function_calling", strict=strict, tools=tools)
    by_format = _to_params(schema, method="json_schema", strict=strict, tools=tools)
    return {"tool": by_tool, "prompt": by_tool, "format": by_format}


class Raw(RunnableBindingBase[Any, Any]):  # type: ignore[no-redef]  # its field `kwargs`
    """The message under `raw`; if it broke off, the part that had arrived and the error."""

    def invoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:
        """The message, or the part of it that arrived."""
        try:
            return AddableDict(raw=super().invoke(input, config, **kwargs))
        except RamCloudsError as error:
            return _broken(error)

    async def ainvoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:
        """The message, or the part of it that arrived."""
        try:
            return AddableDict(raw=await super().ainvoke(input, config, **kwargs))
        except RamCloudsError as error:
            return _broken(error)

    def transform(self, input: Any, config: Any = None, **kwargs: Any) -> Iterator[Any]:
        """The chunks of the message, and the error that ended them."""
        try:
            for chunk in super().transform(input, config, **kwargs):
                yield AddableDict(raw=chunk)
        except RamCloudsError as error:
            yield AddableDict(parsing_error=_broken(error)["parsing_error"])

    async def atransform(self, input: Any, config: Any = None, **kwargs: Any) -> AsyncIterator[Any]:
        """The chunks of the message, and the error that ended them."""
        try:
            async for chunk in super().atransform(input, config, **kwargs):
                yield AddableDict(raw=chunk)
        except RamCloudsError as error:
            yield AddableDict(parsing_error=_broken(error)["parsing_error"])

    # The methods of `RunnableBinding` would not call our `invoke`.

    def batch(self, inputs: list[Any], config: Any = None, **kwargs: Any) -> list[Any]:
        """The messages of several inputs."""
        return Runnable.batch(self, inputs, config, **kwargs)

    async def abatch(self, inputs: list[Any], config: Any = None, **kwargs: Any) -> list[Any]:
        """The messages of several inputs."""
        return await Runnable.abatch(self, inputs, config, **kwargs)


def _broken(error: RamCloudsError) -> AddableDict:
    """The part of a message that arrived before an error. Raises the error if nothing arrived."""
    if not isinstance(error.partial, Completion):
        raise error
    return AddableDict(raw=to_partial_message(error.partial), parsing_error=error)


def _check(schema: Schema | None, method: str, strict: bool | None) -> None:
    if method not in ("function_calling", "json_schema", "json_mode"):
        raise ConfigurationError(
            f"method={method!r} is unknown. Use 'function_calling', 'json_schema' or 'json_mode'."
        )
    if method == "json_mode" and strict is not None:
        raise ConfigurationError("strict has no meaning with method='json_mode'. Leave it out.")
    if schema is None and method != "json_mode":
        raise ConfigurationError(f"method={method!r} needs a schema. Pass one.")


def _to_spec(
    schema: Schema | None, methods: Sequence[Method], tools: Sequence[AnyTool]
) -> OutputSpec:
    if schema is None:
        return OutputSpec(None, to_shape(None, "JSON object"))
    return OutputSpec(
        schema,
        to_shape(schema, to_tool(schema)["function"]["name"]),
        by_tool_call="function_calling" in methods,
        others=frozenset(to_tool(tool)["function"]["name"] for tool in tools),
    )


def _to_params(
    schema: Schema | None, *, method: Method, strict: bool | None, tools: Sequence[AnyTool]
) -> dict[str, Any]:
    if method == "function_calling":
        assert schema is not None  # _check
        tool = answer_tool(to_tool(schema))
        choice = "any" if tools else tool["function"]["name"]
        return to_tool_params([tool, *tools], tool_choice=choice, strict=strict)
    params = to_tool_params(tools, strict=strict)
    if method == "json_schema":
        return params | {"response_format": to_response_format(schema, strict=strict)}
    return params | {"response_format": {"type": "json_object"}}


class StructuredParser(BaseCumulativeTransformOutputParser[Any]):
    """Parses a completion; of a stream each part as it comes, and the whole at the end."""

    spec: Any

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        """The structured output; None where a part of one does not fit yet."""
        message = getattr(result[0], "message", None)
        if not isinstance(message, AIMessage):
            message = AIMessage(result[0].text)
        # The parser of a stream is only ever asked about parts: without this, a completion that
        # does not fit would be no output and no error.
        is_whole = getattr(message, "chunk_position", None) == "last"
        if partial and not is_whole:
            return parse_partial(message, self.spec)
        return parse_output(message, self.spec)

    def read(self, parts: Iterator[Any]) -> Iterator[AddableDict]:
        """The parts of `Raw`, and the structured output made of them."""
        whole = AddableDict()
        for part in parts:
            whole = whole + part
            yield AddableDict(part)
        yield self._read_whole(whole)

    async def aread(self, parts: AsyncIterator[Any]) -> AsyncIterator[AddableDict]:
        """The parts of `Raw`, and the structured output made of them."""
        whole = AddableDict()
        async for part in parts:
            whole = whole + part
            yield AddableDict(part)
        yield self._read_whole(whole)

    def _read_whole(self, whole: AddableDict) -> AddableDict:
        """The structured output, or why there is none; no completion makes it raise."""
        if "parsing_error" in whole:
            return AddableDict(parsed=None)
        try:
            return AddableDict(parsed=self.invoke(whole["raw"]), parsing_error=None)
        except Exception as error:  # noqa: BLE001 - a user's validator may raise anything
            return AddableDict(parsed=None, parsing_error=error)

    def parse(self, text: str) -> Any:
        """The structured output that a text holds."""
        return parse_output(AIMessage(text), self.spec)

    @property
    def _type(self) -> str:
        return "ramclouds_structured"
