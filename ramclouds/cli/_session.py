"""A session of `ramclouds chat`: questions, commands, and what ends them."""

from __future__ import annotations

from collections.abc import Callable

from ramclouds.cli._amounts import dollars
from ramclouds.cli._conversation import Conversation, image_part
from ramclouds.cli._history import history
from ramclouds.cli._screen import Screen
from ramclouds.errors import RamCloudsError
from ramclouds.models import model_facts
from ramclouds.prices import UsageMeter
from ramclouds.types import Completion

_HELP = """\
/model NAME      ask another model from now on
/system TEXT     set the system message; without a text, remove it
/image FILE|URL  send an image with the next question
/clear           forget the conversation
/exit            leave, as Ctrl-D does
A line that ends with \\ goes on in the next. Ctrl-C stops an answer.
The arrow keys bring back earlier questions."""


class Session:
    """Reads questions and commands until the user leaves."""

    def __init__(self, conversation: Conversation, meter: UsageMeter, screen: Screen) -> None:
        self._conversation = conversation
        self._meter = meter
        self._screen = screen
        self._commands: dict[str, Callable[[str], None]] = {
            "/model": self._model,
            "/system": self._system,
            "/image": self._image,
            "/clear": self._clear,
            "/help": lambda _: screen.note(_HELP),
        }

    def run(self) -> None:
        """Talks until Ctrl-D or /exit."""
        self._screen.note(f"{self._conversation.model}. /help lists the commands, Ctrl-D leaves.")
        with history():
            while (line := self._read()) is not None and line != "/exit":
                if line.startswith("/"):
                    self._command(line)
                elif line:
                    self._ask(line)
        total = self._meter.total
        if total.calls:
            self._screen.note(
                f"In all {total.usage.prompt_tokens:,} tokens in, "
                f"{total.usage.completion_tokens:,} out{dollars(total.cost)}."
            )

    def _read(self) -> str | None:
        """A question; empty after Ctrl-C, None after Ctrl-D."""
        lines = []
        try:
            lines.append(input("> "))
            while lines[-1].endswith("\\"):
                lines[-1] = lines[-1][:-1]
                lines.append(input(". "))
        except (EOFError, KeyboardInterrupt) as end:
            self._screen.console.print()
            return None if isinstance(end, EOFError) else ""
        return "\n".join(lines).strip()

    def _command(self, line: str) -> None:
        name, _, rest = line.partition(" ")
        command = self._commands.get(name)
        if command is None:
            self._screen.error(f"There is no command {name}. /help lists those that there are.")
            return
        try:
            command(rest.strip())
        except RamCloudsError as error:
            self._screen.error(error.message)

    def _ask(self, question: str) -> None:
        try:
            self._screen.show(self._conversation.ask(question))
        except KeyboardInterrupt:
            self._screen.note("Stopped. The question is forgotten.")
        except RamCloudsError as error:
            self._screen.error(error.message)
        else:
            self._screen.note(summary(self._conversation.last, self._conversation.model))

    def _model(self, name: str) -> None:
        if name:
            self._conversation.model = name
        self._screen.note(f"The model is {self._conversation.model}.")

    def _system(self, text: str) -> None:
        self._conversation.system = text or None
        self._screen.note("The system message is set." if text else "There is no system message.")

    def _image(self, given: str) -> None:
        self._conversation.images.append(image_part(given))
        facts = model_facts(self._conversation.model)
        blind = f", but {facts.name} takes none" if facts.known and not facts.image_input else ""
        count = len(self._conversation.images)
        self._screen.note(f"Images that go with the next question: {count}{blind}.")

    def _clear(self, _: str) -> None:
        self._conversation.clear()
        self._screen.note("The conversation is forgotten.")


def summary(completion: Completion, model: str) -> str:
    """What a completion used and cost, and what is odd about it."""
    parts = [completion.model] if completion.model not in ("", model) else []
    usage = completion.usage
    if usage is not None:
        cost = dollars(completion.cost)
        parts.append(f"{usage.prompt_tokens:,} tokens in, {usage.completion_tokens:,} out{cost}")
    if odd := odd_end(completion):
        parts.append(odd)
    return " · ".join(parts)


def odd_end(completion: Completion) -> str:
    """Why a completion stopped early; empty if it ended normally."""
    reason = completion.finish_reason
    return "" if reason in ("stop", "tool_calls", None) else f"ended by {reason}"
