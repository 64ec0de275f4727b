"""What is wrong with a completion that is not one that was asked for."""

from __future__ import annotations

from ramclouds.bridge.expectation import Expectation
from ramclouds.types import Choice, Completion
from tests.harness import in_row


def test_error_of_a_missing_call_says_what_came_in_its_place() -> None:
    for choice, words in [
        (Choice(text="It is sunny."), "completed without one, but with the text 'It is sunny.'."),
        (Choice(), "completed without one. "),
        (Choice(refusal="I will not"), "refused to call a tool: I will not. "),
    ]:
        with in_row(choice):
            problem = Expectation("gpt-5", must_call=True).problem(Completion(choices=(choice,)))
            assert problem is not None
            assert words in problem.message
