"""How many damaged calls are read right, read wrong, or given up as invalid."""

from __future__ import annotations

import json
import sys
from collections import Counter
from itertools import islice
from typing import Literal

import json_repair

from ramclouds import Choice, Completion
from ramclouds.prompted import PromptedParser
from tests.unit.prompted.damage import EACH, SLIPS, TOOLS, Sample, samples

Outcome = Literal["right", "wrong", "given up"]
PARSER = PromptedParser(tools=TOOLS)


def block(sample: Sample) -> str:
    return f'{{"name": "{sample.name}", "arguments": {sample.text}}}'


def ours(sample: Sample) -> Outcome:
    text = f"<tool_call>\n{block(sample)}\n</tool_call>"
    completion = PARSER.parse(Completion(choices=(Choice(text=text, finish_reason="stop"),)))
    if not completion.tool_calls:
        return "given up"
    read = [(call.name, json.loads(call.arguments)) for call in completion.tool_calls]
    return "right" if read == [(sample.name, sample.arguments)] else "wrong"


def library(sample: Sample) -> Outcome:
    """`json_repair` alone, without a check of what it made."""
    call = json_repair.loads(block(sample))
    if not isinstance(call, dict) or not isinstance(call.get("arguments"), dict):
        return "given up"
    return "right" if call["arguments"] == sample.arguments else "wrong"


def shares(counts: Counter[str]) -> str:
    total = sum(counts.values())
    return "".join(
        f"{100 * counts[each] / total:>9.1f} %" for each in ("right", "wrong", "given up")
    )


def test_damaged_calls_are_read_right_or_given_up() -> None:
    mine: dict[str, Counter[str]] = {kind: Counter() for kind in SLIPS}
    theirs: Counter[str] = Counter()
    for sample in samples():
        mine[sample.kind][ours(sample)] += 1
        theirs[library(sample)] += 1
    total = sum(mine.values(), Counter[str]())
    rows = [f"{sum(total.values())} damaged calls{'right':>17}{'wrong':>11}{'given up':>12}"]
    rows += [f"{kind:<26}{shares(counts)}" for kind, counts in mine.items()]
    rows += [f"{'all':<26}{shares(total)}", f"{'json_repair alone':<26}{shares(theirs)}", ""]
    sys.stdout.write("\n".join(rows))
    assert len(SLIPS) >= 12
    assert all(sum(counts.values()) == EACH for counts in mine.values())
    assert total["right"] >= 0.75 * sum(total.values())
    assert total["wrong"] <= 0.025 * sum(total.values())


def test_samples_are_the_same_each_time() -> None:
    assert list(islice(samples(), 2 * EACH)) == list(islice(samples(), 2 * EACH))
