"""The evaluation runs with a key as it runs on the local model."""

from __future__ import annotations

from typing import Any

from ramclouds import Choice, Completion, ToolCall
from ramclouds.cli._eval_prompts import PROMPTS, Prompt
from ramclouds.cli._eval_tools import TOOLS, to_wire
from ramclouds.cli._scores import score_of
from tests.cli.account import AccountGateway, error, refusing
from tests.cli.conftest import Run
from tests.gateway import Gateway
from tests.harness import each_row

PROMPT = Prompt("What time is it in Hue?", ("get_time", "set_timer"))


@each_row(
    ("calls", "steps"),
    [
        ([], (False, False, False)),
        ([("get_time", '{"city": "Hue"}')], (True, True, True)),
        ([("set_timer", '{"minutes": 3}')], (True, True, False)),
        ([("get_time", '{"city": 3}')], (True, False, False)),
        ([("get_time", "{city")], (True, False, False)),
        ([("get_weather", '{"city": "Hue"}')], (True, False, False)),
        ([("get_time", '{"city": "Hue"}'), ("get_time", "{}")], (True, False, False)),
    ],
)
def test_answer_is_judged(calls: list[tuple[str, str]], steps: Any) -> None:
    made = tuple(ToolCall("c", name, arguments) for name, arguments in calls)
    score = score_of(Completion(choices=(Choice(tool_calls=made),)), PROMPT)
    assert (score.called, score.valid, score.right) == steps


def test_prompts_are_thirty_with_one_to_four_tools() -> None:
    assert len(PROMPTS) == 30
    assert {len(prompt.tools) for prompt in PROMPTS} == {1, 2, 3, 4}
    assert all(sorted(prompt.offered()) == sorted(prompt.tools) for prompt in PROMPTS)
    assert {to_wire(name)["function"]["name"] for name in TOOLS} >= {
        name for prompt in PROMPTS for name in prompt.tools
    }


def test_table_has_a_row_for_each_mode(run: Run, gateway: Gateway) -> None:
    result = run("eval", "--choice", "required", "--model", "gpt-5")
    title, _, head, *rows = result.stdout.splitlines()
    assert title.startswith("Valid tool calls in 30 prompts with 1 to 4 tools, gpt-5 at RamClouds")
    assert head.split() == ["mode", "choice", "called", "valid", "right", "errors", "time"]
    shares = [row.split()[:4] for row in rows]
    assert shares == [
        [mode, "required", "100", "%"] for mode in ("native", "prompted", "prompted-with-grammar")
    ]
    assert len(gateway.requests) == 90


def test_errors_are_counted_and_shown_once(run: Run, account: AccountGateway) -> None:
    refusal = error("No available channel", "model_not_found", 503)
    account.part = refusing("/v1/chat/completions", refusal)
    result = run("eval", "--choice", "auto", "--mode", "native")
    assert result.stdout.splitlines()[-1].split()[-3] == "30"
    assert result.stderr.count("ModelUnavailableError") == 1
