"""The names of models that were listed in this process, to suggest the one that was meant."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from ramclouds.bridge.settings import closest
from ramclouds.models import known_models, model_facts

# RamClouds' documents (2026-03): newer Claude models end in -CL on chat completions, as in
# claude-opus-4.6-CL; the name without it is for POST /v1/messages.
_CHAT_SUFFIX = "-CL"
_HOST = "ramclouds.me"

_listed: dict[str, frozenset[str]] = {}


def remember_models(base_url: str, names: Iterable[str]) -> None:
    """Keeps the names of the last list that a gateway gave."""
    _listed[base_url] = frozenset(names)


def chat_name_of(base_url: str, model: str) -> str | None:
    """The name of a Claude model for chat completions, if it is another than the one asked for."""
    if model_facts(model).family != "claude" or model.endswith(_CHAT_SUFFIX):
        return None
    name = model + _CHAT_SUFFIX
    listed = _listed.get(base_url)
    if listed is not None:
        return name if name in listed else None
    return name if urlsplit(base_url).hostname == _HOST else None


def nearest_name(base_url: str, model: str) -> str | None:
    """The listed or documented model that a name is most likely meant to be."""
    known = {name.lower(): name for name in _listed.get(base_url, known_models())}
    near = closest(model.lower(), known)
    return known[near] if near and known[near] != model else None
