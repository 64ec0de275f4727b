"""Writes what docs/ takes from the code: models, names of settings, error messages, `--help`.

A table stands between two comments, `<!-- NAME -->` and `<!-- /NAME -->`.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import click

from langchain_ramclouds import ChatRamClouds
from llama_index_ramclouds import RamClouds
from ramclouds import Client, Price, errors, known_models, model_facts
from ramclouds._failures import from_transport, hints
from ramclouds.bridge.dialects import dialect_for
from ramclouds.bridge.settings import fields_by_name, unknown_name
from ramclouds.cli._commands import commands

DOCS = Path(__file__).parents[1] / "docs"

# The settings of other packages, as their constructors take them.
_CHAT_OPENAI = """
    model model_name api_key openai_api_key base_url openai_api_base temperature max_tokens
    max_completion_tokens top_p n stop stop_sequences seed frequency_penalty presence_penalty
    logprobs top_logprobs logit_bias reasoning_effort reasoning verbosity service_tier store
    streaming stream_usage timeout request_timeout max_retries model_kwargs extra_body
    default_headers default_query http_client http_async_client openai_proxy openai_organization
    organization tiktoken_model_name use_responses_api use_previous_response_id truncation include
    include_response_headers disabled_params output_version
"""
_OPENAI_LIKE = """
    model api_key api_base temperature max_tokens logprobs top_logprobs reasoning_effort modalities
    audio_config timeout max_retries additional_kwargs default_headers http_client
    async_http_client context_window is_chat_model is_function_calling_model
    should_use_structured_outputs strict tokenizer system_prompt api_version reuse_client
"""
_OPENAI = """
    api_key base_url organization project timeout max_retries default_headers default_query
    http_client
"""
_LITELLM = """
    model api_key api_base api_type api_version organization custom_llm_provider request_timeout
    temperature max_tokens top_p top_k n stop max_retries model_kwargs extra_headers streaming
"""


def models_table() -> str:
    """The documented models, in the order of RamClouds' documentation."""
    facts = [model_facts(name) for name in known_models()]
    rows = [
        (
            f"`{one.name}`",
            f"{one.context_window:,}",
            f"{one.max_output_tokens or 0:,}",
            ", ".join(
                ["text", *(kind for kind in _INPUTS if getattr(one, f"{_INPUTS[kind]}_input"))]
            ),
            "yes" if one.reasoning else "",
            "yes" if one.structured_output else "",
            _dollars(one.list_price),
            f"`{dialect_for(one.name).name}`",
        )
        for one in facts
    ]
    head = (
        "model",
        "context window",
        "longest output",
        "input",
        "reasons",
        "JSON schema",
        "list price",
        "dialect",
    )
    return _table(head, rows, right=(1, 2))


def _dollars(price: Price | None) -> str:
    """US dollars for a million tokens of the prompt and of the completion."""
    return "" if price is None else f"{price.input:g} / {price.output:g}"


_INPUTS = {"images": "image", "audio": "audio", "video": "video", "PDF": "pdf"}


def names_table(names: str, known: Mapping[str, str]) -> str:
    """What the settings of another package are called here."""
    here = {name: _name_here(name, known) for name in names.split()}
    same = [f"`{name}`" for name, ours in here.items() if ours == f"`{name}`"]
    rows = [(f"`{name}`", ours) for name, ours in here.items() if ours != f"`{name}`"]
    return f"The same here: {', '.join(same)}.\n\n{_table(('there', 'here'), rows)}"


def _name_here(name: str, known: Mapping[str, str]) -> str:
    if name in known:
        return f"`{known[name]}`" if known[name] == name else f"`{known[name]}` or `{name}`"
    hint = unknown_name(name, known, "There is no such setting, so leave it out.")
    near = re.fullmatch(r"Did you mean '(\w+)'\?", hint)
    return f"`{near[1]}`" if near else hint


def errors_list() -> str:
    """Each class of errors: what it means, and what its messages say."""
    messages = _messages()
    return "\n\n".join(_error(kind, messages.get(kind, [])) for kind in _error_classes())


def _error_classes() -> Iterator[type[errors.RamCloudsError]]:
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.RamCloudsError):
            yield kind


def _error(kind: type[errors.RamCloudsError], messages: list[str]) -> str:
    meaning = re.sub(r"\s+", " ", inspect.cleandoc(kind.__doc__ or ""))
    lines = [f"### {kind.__name__}", "", meaning]
    if messages:
        lines += ["", *(f"- {message}" for message in messages)]
    return "\n".join(lines)


def _messages() -> dict[type[errors.RamCloudsError], list[str]]:
    """What the messages of each class say to do, in the order of the table of hints."""
    found: dict[type[errors.RamCloudsError], list[str]] = {}
    for kind, _, hint in hints._HINTS:
        texts = [hint] if isinstance(hint, str) else words_of(hint)
        found.setdefault(kind, []).extend(texts)
    for function, kind in _OF_TRANSPORT:
        found.setdefault(kind, []).extend(words_of(function))
    return {kind: list(dict.fromkeys(texts)) for kind, texts in found.items()}


_OF_TRANSPORT: tuple[tuple[Callable[..., object], type[errors.RamCloudsError]], ...] = (
    (from_transport._connection_error, errors.APIConnectionError),
    (from_transport._certificate_hint, errors.APIConnectionError),
    (from_transport._timeout_error, errors.APITimeoutError),
)


def words_of(function: Callable[..., object]) -> list[str]:
    """The sentences that a function makes, with `…` for what it fills in."""
    tree = ast.parse(dedent(inspect.getsource(function)))
    nested = {
        id(part)
        for joined in ast.walk(tree)
        if isinstance(joined, ast.JoinedStr)
        for part in ast.walk(joined)
        if part is not joined
    }
    texts = [_text(node) for node in ast.walk(tree) if id(node) not in nested]
    return [text.removesuffix(" …") for text in texts if re.search(r"\w \w.* \w.*[.?…]$", text)]


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return "…"
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _table(
    head: tuple[str, ...], rows: Sequence[tuple[str, ...]], right: tuple[int, ...] = ()
) -> str:
    rule = [("--:" if column in right else "---") for column in range(len(head))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, tuple(rule), *rows))


def helps() -> dict[str, str]:
    """What `--help` prints, of the command and of each subcommand."""
    names = commands.list_commands(click.Context(commands))
    names.remove("batch")  # argparse writes that of each Python version in its own way.
    return {name: _help(name) for name in ("ramclouds", *names)}


def _help(name: str) -> str:
    settings: Any = {"resilient_parsing": True, "terminal_width": 80}
    context = commands.make_context("ramclouds", [], **settings)
    command = commands.get_command(context, name)
    if command is not None:
        context = command.make_context(name, [], parent=context, **settings)
    typed = f"{context.command_path} --help"
    return f"```text\n$ {typed}\n{context.command.get_help(context)}\n```"


def tables() -> dict[str, dict[str, str]]:
    """Page -> name of the table -> the table."""
    langchain, llama_index = fields_by_name(ChatRamClouds), fields_by_name(RamClouds)
    client = {name: name for name in inspect.signature(Client).parameters}
    return {
        "models.md": {"models": models_table()},
        "troubleshooting.md": {"errors": errors_list()},
        "cli.md": helps(),
        "migrate/chatopenai.md": {"names": names_table(_CHAT_OPENAI, langchain)},
        "migrate/openai-like.md": {"names": names_table(_OPENAI_LIKE, llama_index)},
        "migrate/openai-python.md": {"names": names_table(_OPENAI, client)},
        "migrate/litellm.md": {"names": names_table(_LITELLM, langchain)},
    }


def written(text: str, found: Mapping[str, str]) -> str:
    """A page with its tables as they should be."""
    for name, table in found.items():
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, rest = text.split(begin)
        text = f"{before}{begin}\n{table}\n{end}{rest.split(end)[1]}"
    return text


if __name__ == "__main__":
    for page, found in tables().items():
        path = DOCS / page
        path.write_text(written(path.read_text("utf-8"), found), "utf-8")
