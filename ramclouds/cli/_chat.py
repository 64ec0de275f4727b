"""`ramclouds chat`: a conversation in a terminal, or one question of a script."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import click

from ramclouds._client import Client
from ramclouds.cli import _options
from ramclouds.cli._amounts import ask_prices
from ramclouds.cli._conversation import Conversation, image_part
from ramclouds.cli._screen import Screen, show_plain
from ramclouds.cli._session import Session, odd_end, summary
from ramclouds.errors import ConfigurationError
from ramclouds.local import LocalServer
from ramclouds.prices import UsageMeter


@click.command()
@click.argument("question", nargs=-1)
@_options.model
@click.option("-s", "--system", metavar="TEXT", help="The system message.")
@click.option("--image", "images", metavar="FILE|URL", multiple=True, help="An image to send.")
@_options.base_url
@click.option("--local", is_flag=True, help="Ask a small model on this machine, without a key.")
def command(
    question: tuple[str, ...],
    model: str | None,
    system: str | None,
    images: tuple[str, ...],
    base_url: str | None,
    local: bool,
) -> None:
    """Talk to a model.

    With a QUESTION, or with text on standard input, it is asked once. Else a session begins:
    /help in it lists the commands. Answers are shown as Markdown in a terminal, and are plain text
    in a pipe or file.
    """
    text = _text(question)
    with _connected(base_url, local) as (client, default):
        conversation = Conversation(client, model or default, system, _OF_LOCAL if local else None)
        conversation.images += map(image_part, images)
        if text is None:
            ask_prices(client)
            with UsageMeter() as meter:
                Session(conversation, meter, Screen()).run()
        elif sys.stdout.isatty():
            screen = Screen()
            screen.show(conversation.ask(text))
            screen.note(summary(conversation.last, conversation.model))
        else:
            show_plain(conversation.ask(text), sys.stdout)
            if odd := odd_end(conversation.last):
                click.echo(f"The answer was {odd}.", err=True)


def _text(question: tuple[str, ...]) -> str | None:
    """What to ask once; None where a session is wanted."""
    words = " ".join(question)
    if sys.stdin is not None and sys.stdin.isatty():
        return words or None
    try:
        # A process can have no input at all.
        piped = "" if sys.stdin is None else sys.stdin.read()
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"The input is no text in {error.encoding}. Send pictures with --image."
        ) from None
    text = f"{words}\n\n{piped}".strip() if piped.strip() else words
    if not text:
        raise ConfigurationError("There is nothing to ask. Give a question, or text on its input.")
    return text


# A model this small repeats itself without end: "la femme au martyre, la femme au martyre".
_OF_LOCAL = {"max_tokens": 300, "extra_body": {"repeat_penalty": 1.1}}


@contextmanager
def _connected(base_url: str | None, local: bool) -> Iterator[tuple[Client, str]]:
    """A client, and the model to ask where none is named."""
    with ExitStack() as stack:
        if local:
            server = stack.enter_context(LocalServer())
            client = Client(api_key=server.api_key, base_url=server.base_url)
            default = server.model
        else:
            client = Client(base_url=base_url, dialect="auto")
            default = _options.DEFAULT_MODEL
        yield stack.enter_context(client), default
