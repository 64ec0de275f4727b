"""Thirty prompts, each with one to four tools; the first of them is the one to call."""

from __future__ import annotations

from typing import NamedTuple


class Prompt(NamedTuple):
    """A request of a user, and the tools at hand, the one to call first."""

    text: str
    tools: tuple[str, ...]

    def offered(self) -> tuple[str, ...]:
        """Return the tools in the order of the request, where any place may hold the right one."""
        first = len(self.text) % len(self.tools)
        return self.tools[first:] + self.tools[:first]


PROMPTS = (
    Prompt("What is the weather in Hanoi?", ("get_weather",)),
    Prompt("Is it raining in Da Nang right now?", ("get_weather",)),
    Prompt("What time is it in Tokyo?", ("get_time",)),
    Prompt("Set a timer for 10 minutes.", ("set_timer",)),
    Prompt("Search the web for the history of pho.", ("search_web",)),
    Prompt("What is the stock price of AAPL?", ("get_stock_price",)),
    Prompt("Turn the light in the kitchen on.", ("turn_light",)),
    Prompt("Translate 'good morning' into Vietnamese.", ("translate",)),
    Prompt("How warm is it in Paris?", ("get_weather", "get_time")),
    Prompt("Tell me the current time in London.", ("get_time", "get_weather")),
    Prompt("Convert 100 USD to EUR.", ("convert_currency", "get_stock_price")),
    Prompt("Remind me in 25 minutes.", ("set_timer", "get_time")),
    Prompt("Find out who won the last World Cup.", ("search_web", "translate")),
    Prompt("How much is one share of MSFT?", ("get_stock_price", "convert_currency")),
    Prompt("Switch off the light in the bedroom.", ("turn_light", "set_timer")),
    Prompt("Say 'thank you very much' in French.", ("translate", "search_web")),
    Prompt(
        "Send an email to lan@example.com with the subject Lunch and the text 'See you at noon'.",
        ("send_email", "search_web"),
    ),
    Prompt(
        "Book a table for four at Quan An Ngon at 7 pm.",
        ("book_table", "get_time", "search_web"),
    ),
    Prompt("What is the weather like in Hue today?", ("get_weather", "search_web", "get_time")),
    Prompt("What is the time in New York now?", ("get_time", "set_timer", "get_weather")),
    Prompt(
        "How many yen do I get for 50 dollars?",
        ("convert_currency", "get_stock_price", "search_web"),
    ),
    Prompt("Give me three minutes on the timer.", ("set_timer", "turn_light", "get_time")),
    Prompt("Look up good hotels in Hoi An.", ("search_web", "book_table", "get_weather")),
    Prompt("What does NVDA trade at?", ("get_stock_price", "search_web", "convert_currency")),
    Prompt(
        "Turn on the light in the living room.",
        ("turn_light", "set_timer", "get_weather", "search_web"),
    ),
    Prompt(
        "Translate 'Where is the station?' into Japanese.",
        ("translate", "search_web", "send_email", "get_time"),
    ),
    Prompt(
        "Write an email to an@example.com: subject Report, text 'The report is done'.",
        ("send_email", "translate", "search_web", "set_timer"),
    ),
    Prompt(
        "Reserve a table at Pizza 4P's for two people at 18:30.",
        ("book_table", "search_web", "send_email", "get_time"),
    ),
    Prompt(
        "What is the temperature in Can Tho?",
        ("get_weather", "get_time", "search_web", "convert_currency"),
    ),
    Prompt(
        "Change 2000000 VND into US dollars.",
        ("convert_currency", "get_stock_price", "get_weather", "translate"),
    ),
)
