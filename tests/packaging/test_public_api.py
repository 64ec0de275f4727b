"""The names that users build on, all in this one place: a change here is one in CHANGELOG.md."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise
from typing import Any, get_type_hints

import pytest
from langchain_core.embeddings import Embeddings
from langchain_core.language_models.chat_models import BaseChatModel
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.llms.function_calling import FunctionCallingLLM
from pydantic import BaseModel

from langchain_ramclouds import ChatRamClouds, RamCloudsEmbeddings
from llama_index_ramclouds import RamClouds, RamCloudsEmbedding
from ramclouds import AsyncClient, Client
from tests.harness import each_row
from tests.packaging.public_members import pinned, public_members, public_names
from tests.packaging.sources import PACKAGES, public_modules

ERRORS = """
    APIConnectionError APIStatusError APITimeoutError AuthenticationError BadRequestError
    BlockedError ConfigurationError ContentFilterError ContextLengthError EmptyResponseError
    GatewayTimeoutError InsufficientQuotaError ModelUnavailableError NotFoundError
    PermissionDeniedError ProviderAccountError RamCloudsError RateLimitError RequestTooLargeError
    ResponseError ServerError StreamError StreamTruncatedError
"""
TYPES = """
    Choice Chunk Completion Embeddings InvalidToolCall KeyStatus Model ToolCall ToolCallDelta Usage
"""
MODELS = "EmbeddingFacts ModelFacts embedding_facts known_models model_facts"
LLAMA_INDEX = """
    EmptyAnswerError InvalidToolCallError MissingToolCallError RamClouds RamCloudsEmbedding
    StructuredOutputError
"""

CHANGED = "The public API changed. Write it into this file, and what users see into CHANGELOG.md."

# Module -> its public names. A module is public if no part of its path begins with an underscore.
NAMES = {
    "ramclouds": f"""
        AsyncClient Balance Client GatewayStatus {ERRORS} {TYPES} {MODELS} __version__ accumulate
        Price Prices UsageMeter cost_of price_of set_prices
    """,
    "ramclouds.prices": "Metered Price Prices UsageMeter cost_of price_of set_prices",
    "ramclouds.errors": ERRORS,
    "ramclouds.types": TYPES,
    "ramclouds.models": MODELS,
    "ramclouds.cli": "main",
    "ramclouds.local": "Endpoint LocalServer local_or_remote",
    "ramclouds.prompted": """
        AsyncPromptingClient OnUnsupported PromptedParser PromptedRequest PromptingClient
        ToolCalling ToolMode grammar_format is_prose json_text missing_forced_call prepare render
        unsupported_message
    """,
    "ramclouds.bulk": "Report Result embed read run stream",
    "ramclouds.bulk.__main__": "main",
    "ramclouds.bulk.ray": "run",
    "ramclouds.bridge": "",
    "ramclouds.bridge.body_fields": """
        LIMITS SETTINGS BodyFields BodySettings check_field check_limits check_messages
        checked_model in_count max_tokens_of merged model_of no_tool
    """,
    "ramclouds.bridge.arguments": "ArgumentsForm arguments_form arguments_forms",
    "ramclouds.bridge.chat_settings": "ChatModelSettings ChatOptions",
    "ramclouds.bridge.connection_fields": "ConnectionFields",
    "ramclouds.bridge.content_blocks": "flatten to_part to_parts to_result to_said",
    "ramclouds.bridge.only_json": "JsonStream only_json",
    "ramclouds.bridge.settings_cache": "SettingsCache key_of",
    "ramclouds.bridge.dialects": """
        DIALECT_FIELDS Dialect DialectChoice DialectSetting MediaInHistory ReplayReasoning SAFE
        Sampling Way dialect_for dialects to_choice
    """,
    "ramclouds.bridge.fallback_models": """
        BY_WAY FallbackSettings check_fallback_models fallbacks_of
    """,
    "ramclouds.bridge.prepare": "Prepared apply as_it_is valid_history without_effort",
    "ramclouds.bridge.late_names": "late_names",
    "ramclouds.bridge.history": """
        REASONING_FIELD arguments_text as_content assistant_message reasoning_in result_part
        said_part wire_call
    """,
    "ramclouds.bridge.expectation": "CallSettings Expectation Problem",
    "ramclouds.bridge.pictures": """
        ImagesInText PictureSplitter picture_source split_pictures with_notes
    """,
    "ramclouds.bridge.json_text": """
        JsonValue asks_for_json begun_object is_prose json_text json_values outside_thoughts
        partial_object shows_example spoken unfenced unparsable_end
    """,
    "ramclouds.bridge.signatures": "LateSignature with_signature",
    "ramclouds.bridge.shapes": "class_shape schema_shape",
    "ramclouds.bridge.structured": "Shape UnfitError Written begun_value read_value text_of_value",
    "ramclouds.bridge.wrapping": """
        LABELS WRAPPED_UNDER decoded_by forms unwrapped validator_of with_decoded
    """,
    "ramclouds.bridge.tokens": "count_request estimate_tokens",
    "ramclouds.bridge.names": "safe_name with_safe_names",
    "ramclouds.bridge.outcome": """
        OnEmpty OnInvalidToolCalls OnUnsupported Outcome ToolCalling WORDS complaint
        invalid_calls_message is_native_refused limited_message may_succeed refuses_effort shown
        unsupported_message
    """,
    "ramclouds.bridge.schemas": "Form Schema Use document prepare_schema with_schemas wrapped",
    "ramclouds.bridge.settings": """
        CHAT_CLIENT_FIELDS CLIENT_FIELDS FOREIGN MAX_WAIT PHASES STALL_TIMEOUT ClientSettings
        EmbeddingSettings Pace check_count check_extra check_pickles check_word closest
        construct fields_by_name hide_headers is_secret_header public_headers
        reject_unknown shown_headers to_timeout unknown_name
    """,
    "ramclouds.bridge.tools": """
        ArrivingCall Tool answer_format answer_tool forced_name function_tool given_format is_forced
        missing_forced_call
        offered_tools parsed_arguments safe_name to_tool to_tool_choice without_title
    """,
    "langchain_ramclouds.callbacks": "UsageHandler",
    "llama_index_ramclouds.callbacks": "UsageHandler",
    "langchain_ramclouds.middleware": "AskAgainOnInvalidToolCalls",
    "langchain_ramclouds": """
        ChatRamClouds EmptyAnswerError InvalidToolCallError MissingToolCallError
        RamCloudsEmbeddings RefusalError StructuredOutputError
    """,
    "langchain_ramclouds.chat_models": "ChatRamClouds",
    "langchain_ramclouds.embeddings": "RamCloudsEmbeddings",
    "llama_index_ramclouds": LLAMA_INDEX,
    "llama_index_ramclouds.embeddings": "RamCloudsEmbedding",
    "llama_index_ramclouds.llm": "RamClouds",
    "llama_index_ramclouds.agent": "AskAgainAgent",
    "llama_index_ramclouds.output_parser": "StrictOutputParser",
    # What `llama_index.llms.ramclouds` is made from.
    "llama_index_ramclouds._namespace": LLAMA_INDEX,
    "llama_index_ramclouds._namespace_embeddings": LLAMA_INDEX,
}

BODY_SETTINGS = """
    audio chat_template_kwargs enable_search enable_thinking frequency_penalty logit_bias logprobs
    max_completion_tokens max_tokens min_tokens modalities n prediction presence_penalty
    prompt_cache_key prompt_cache_retention reasoning_effort reasoning_split repetition_penalty
    safety_identifier search_parameters seed service_tier stop store stream_options temperature
    think thinking top_k top_logprobs top_p user verbosity web_search web_search_options
"""
CONNECTION = """
    api_key base_url default_headers http_client max_retries max_wait pace stall_timeout timeout
    total_timeout user_agent verify
"""
FIELDS: dict[type[BaseModel], str] = {
    ChatRamClouds: f"""
        {BODY_SETTINGS} {CONNECTION} extra_body fallback_models http_async_client model on_empty
        on_invalid_tool_calls on_unsupported empty_retries dialect media_in_history
        merge_system_messages
        replay_reasoning stream_usage
        stream_whole_calls streaming images_in_text think_tags tool_calling
    """,
    RamClouds: f"""
        {BODY_SETTINGS} {CONNECTION} additional_kwargs async_http_client context_window extra_body
        fallback_models is_function_calling_model model on_invalid_tool_calls on_unsupported dialect
        media_in_history merge_system_messages
        replay_reasoning
        empty_retries on_empty stream_whole_calls structured_output_mode images_in_text think_tags
        tokenizer tool_calling
    """,
    RamCloudsEmbeddings: f"""
        {CONNECTION} chunk_size dimensions extra_body http_async_client max_concurrency model
        on_too_long show_progress_bar user
    """,
    # model_name, embed_batch_size and num_workers are the framework's.
    RamCloudsEmbedding: f"{CONNECTION} async_http_client dimensions extra_body on_too_long user",
}


def test_names_that_load_late_are_listed() -> None:
    for name in PACKAGES:
        package = import_module(name)
        assert set(dir(package)) >= set(package.__all__)


def test_every_public_module_is_pinned() -> None:
    pinned = sorted(name for name in NAMES if "._" not in name)
    assert sorted(public_modules()) == pinned, CHANGED


@each_row("module", NAMES)
def test_public_names_are_pinned(module: str) -> None:
    found = import_module(module)
    assert public_names(found) == sorted(NAMES[module].split()), CHANGED
    assert all(hasattr(found, name) for name in NAMES[module].split())


def test_members_and_parameters_are_pinned() -> None:
    found, listed = public_members(), pinned()
    changed = {name for name in {*found, *listed} if found.get(name) != listed.get(name)}
    assert {name: found.get(name) for name in changed} == {
        name: listed.get(name) for name in changed
    }, "If it is meant: python -m tests.packaging.public_members, and a line in CHANGELOG.md."


FRAMEWORK: dict[type[BaseModel], type] = {
    ChatRamClouds: BaseChatModel,
    RamClouds: FunctionCallingLLM,
    RamCloudsEmbeddings: Embeddings,
    RamCloudsEmbedding: BaseEmbedding,
}


@pytest.mark.parametrize("model", FRAMEWORK)
def test_model_fields_are_pinned(model: type[BaseModel]) -> None:
    own = model.model_fields.keys() - getattr(FRAMEWORK[model], "model_fields", {}).keys()
    assert sorted(own) == sorted(FIELDS[model].split()), CHANGED


@each_row("model", FRAMEWORK)
def test_each_field_is_described(model: type[BaseModel]) -> None:
    described = {name for name, field in model.model_fields.items() if field.description}
    for kind in model.__mro__:
        if kind.__module__.startswith(PACKAGES):
            described |= set(described_in(inspect.getsource(kind)))
    assert set(FIELDS[model].split()) - described == set()


def described_in(source: str) -> Iterator[str]:
    """The attributes of a class that a docstring follows."""
    body = ast.parse(textwrap.dedent(source)).body[0].body  # type: ignore[attr-defined]
    for field, below in pairwise(body):
        is_text = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and is_text:
            yield field.target.id


@each_row("kind", [*FRAMEWORK, Client, AsyncClient])
def test_annotations_of_public_methods_resolve(kind: type) -> None:
    for name, member in inspect.getmembers(kind):
        method = member.fget if isinstance(member, property) else member
        is_ours = str(getattr(method, "__module__", "")).startswith(PACKAGES)
        if is_ours and callable(method) and (name == "__init__" or not name.startswith("_")):
            assert get_type_hints(method), name


@each_row("model", FRAMEWORK)
def test_signature_of_a_subclass_is_its_own(model: type[BaseModel]) -> None:
    def made(name: str, parent: type[BaseModel], **members: Any) -> Any:
        fields = {name: int for name in members if not name.startswith("_")}
        body = {"__module__": __name__, "__annotations__": fields, **members}
        return type(name, (parent,), body)

    def own_init(self: Any, tenant: str = "", **settings: Any) -> None: ...

    parent = made("Parent", model)
    before = made("Before", parent, extra=1)
    parent.model_rebuild()
    after = made("After", parent, extra=1)
    own = made("Own", parent, __init__=own_init)
    grandchild = made("Grandchild", after, other=2)
    after.model_rebuild()
    late = made("Late", after, other=2)

    assert [
        [
            name
            for name in ("tenant", "extra", "other")
            if name in inspect.signature(each).parameters
        ]
        for each in (parent, before, after, own, grandchild, late)
    ] == [[], ["extra"], ["extra"], ["tenant"], ["extra", "other"], ["extra", "other"]]


@each_row("model", FRAMEWORK)
def test_signature_names_each_field_before_the_first_instance(model: type[BaseModel]) -> None:
    new: Any = type("New", (model,), {"__module__": __name__})
    missing = new.model_fields.keys() - inspect.signature(new).parameters.keys()
    # LangChain's own have other names.
    assert missing & set(FIELDS[model].split()) == set()
