"""Tools and questions that the scenarios of both frameworks share."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

# Scripted models read the calls out of the question; real ones understand it.
REPEAT = "Then repeat word for word what the tools returned."
WEATHER = f'Call get_weather("Hanoi") and get_weather("Hue"). {REPEAT}'
CLOCK = f"Call clock(). {REPEAT}"
SILENT = 'Call silent(). Then say exactly: "Done."'
REPORT = 'Call get_weather("Hanoi"). Then give a report of the city "Hanoi" with the tag "sunny".'

PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Tag(BaseModel):
    """A tag."""

    name: str
    weight: int | None = None


class Report(BaseModel):
    """A report of the weather."""

    city: str = Field(description="The city that the report is about")
    tags: list[Tag] = Field(min_length=1)
    sky: Literal["clear", "grey"] = "clear"
    note: str | None = None


def get_weather(city: str) -> str:
    """Weather of a city."""
    return f"Sunny in {city}."


def clock() -> str:
    """The hour."""
    return "Half past nine."


def silent() -> str:
    """Does its work without a word."""
    return ""


def check_report(report: object) -> None:
    """A report whose nested parts arrived."""
    assert isinstance(report, Report), repr(report)
    assert report.city, report
    assert report.tags[0].name, report


def check_text(text: str | None, *wanted: str) -> None:
    """A text, with what the tools returned in it."""
    assert text, repr(text)
    assert text.strip(), repr(text)
    for part in wanted:
        assert part.rstrip(".") in text, f"{part!r} is not in {text!r}"
