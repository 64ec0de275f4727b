"""What a model makes of the prompts of `ramclouds eval`: called, valid, right."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from ramclouds._client import Client
from ramclouds.cli._eval_prompts import PROMPTS, Prompt
from ramclouds.cli._eval_tools import TOOLS, to_wire
from ramclouds.errors import RamCloudsError
from ramclouds.prompted import PromptingClient, ToolCalling, ToolMode
from ramclouds.types import Completion

SYSTEM = "You are an assistant with tools. Call a tool where one fits."
MODES: dict[str, ToolCalling] = {
    "native": "native",
    "prompted": "prompted",
    "prompted-with-grammar": "grammar",
}
STEPS = ("called", "valid", "right")


@dataclass
class Score:
    """The result of one prompt. Each value includes those before it."""

    called: bool = False
    valid: bool = False
    """Every call is of a known tool, with arguments that fit its schema."""
    right: bool = False
    """And the first is of the tool that the prompt is about."""
    error: RamCloudsError | None = None


@dataclass
class Row:
    """All prompts, asked in one way."""

    mode: str
    choice: str
    scores: list[Score] = field(default_factory=list)
    seconds: float = 0.0

    def share(self, step: str) -> float:
        """The share of the prompts that came so far, from 0 to 1."""
        return float(sum(getattr(one, step) for one in self.scores)) / len(self.scores)

    @property
    def errors(self) -> list[RamCloudsError]:
        """The gateway's refusals."""
        return [one.error for one in self.scores if one.error is not None]


def score_of(completion: Completion, prompt: Prompt) -> Score:
    """Scores a completion."""
    calls = completion.tool_calls
    valid = bool(calls) and all(is_valid(call.name, call.arguments, prompt) for call in calls)
    return Score(called=bool(calls), valid=valid, right=valid and calls[0].name == prompt.tools[0])


def is_valid(name: str, arguments: str, prompt: Prompt) -> bool:
    """Whether a call is of a tool that was offered, and its arguments fit the schema."""
    if name not in prompt.tools:
        return False
    try:
        TOOLS[name].model_validate_json(arguments)
    except ValidationError:
        return False
    return True


def row(client: Client, model: str, mode: str, choice: str) -> Row:
    """Asks all prompts in one way."""
    asking = PromptingClient(client, ToolMode(tool_calling=MODES[mode]))
    start = time.monotonic()
    scores = [_score(asking, model, prompt, choice) for prompt in PROMPTS]
    return Row(mode, choice, scores, time.monotonic() - start)


def _score(client: PromptingClient, model: str, prompt: Prompt, choice: str) -> Score:
    """Asks once; a refusal of the gateway counts as no call."""
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": prompt.text}]
    params: dict[str, Any] = {
        "tools": [to_wire(name) for name in prompt.offered()],
        "tool_choice": choice,
        "temperature": 0,
        "max_tokens": 128,
    }
    try:
        return score_of(client.complete(model=model, messages=messages, **params), prompt)
    except RamCloudsError as error:
        return Score(error=error)
