"""`python -m evaluation`: the share of valid tool calls for each way to ask for them.

On the local model, or with RAMCLOUDS_API_KEY on RamClouds (RAMCLOUDS_MODEL names the model).
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from evaluation.prompts import PROMPTS, Prompt
from evaluation.tools import TOOLS, to_wire
from ramclouds import Client, Completion, RamCloudsError
from ramclouds.local import local_or_remote
from ramclouds.prompted import PromptingClient, ToolCalling, ToolMode

SYSTEM = "You are an assistant with tools. Call a tool where one fits."
MODES: dict[str, ToolCalling] = {
    "native": "native",
    "prompted": "prompted",
    "prompted-with-grammar": "grammar",
}


@dataclass
class Score:
    """What came of one prompt: each is a step further than the one before."""

    called: bool = False
    valid: bool = False
    """Every call is of a known tool, with arguments that fit its schema."""
    right: bool = False
    """And the first is of the tool that the prompt is about."""
    error: str = ""


def judged(completion: Completion, prompt: Prompt) -> Score:
    """Score an answer."""
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


def score(client: PromptingClient, model: str, prompt: Prompt, choice: str) -> Score:
    """Ask once; a refusal of the gateway counts as no call."""
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": prompt.text}]
    params: dict[str, Any] = {
        "tools": [to_wire(name) for name in prompt.offered()],
        "tool_choice": choice,
        "temperature": 0,
        "max_tokens": 128,
    }
    try:
        return judged(client.complete(model=model, messages=messages, **params), prompt)
    except RamCloudsError as exc:
        return Score(error=f"{type(exc).__name__}: {exc}")


def evaluate(client: Client, model: str, mode: str, choice: str) -> tuple[str, list[str]]:
    """Return a row of the table, and the errors behind it."""
    asking = PromptingClient(client, ToolMode(tool_calling=MODES[mode]))
    start = time.monotonic()
    scores = [score(asking, model, prompt, choice) for prompt in PROMPTS]
    seconds = time.monotonic() - start
    shares = "".join(
        f"{100 * sum(getattr(one, step) for one in scores) / len(scores):>9.0f} %"
        for step in ("called", "valid", "right")
    )
    errors = [one.error for one in scores if one.error]
    return f"{mode:<22}{choice:<10}{shares}{len(errors):>8}{seconds:>8.0f} s", errors


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m evaluation", description=__doc__)
    parser.add_argument("--model", help="the model to ask RamClouds for")
    parser.add_argument("--mode", choices=MODES, action="append", help="default: all")
    parser.add_argument(
        "--choice", choices=("auto", "required"), action="append", help="default: both"
    )
    options = parser.parse_args()
    with (
        local_or_remote(options.model) as endpoint,
        Client(api_key=endpoint.api_key, base_url=endpoint.base_url) as client,
    ):
        print(f"Valid tool calls in {len(PROMPTS)} prompts with 1 to 4 tools, {endpoint}")
        print(
            f"\n{'mode':<22}{'choice':<10}{'called':>11}{'valid':>11}{'right':>11}  errors    time"
        )
        for choice in options.choice or ("auto", "required"):
            for mode in options.mode or MODES:
                row, errors = evaluate(client, endpoint.model, mode, choice)
                print(row, flush=True)
                for error in sorted(set(errors)):
                    print(f"    {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
