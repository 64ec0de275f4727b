"""What copies, pickles and cache keys take of a model: no key, and nothing that is out of date."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from langchain_core.utils import secret_from_env
from typing_extensions import Self

from langchain_ramclouds._fields import Settings
from langchain_ramclouds._model_facts import to_profile
from ramclouds import model_facts

if TYPE_CHECKING:
    from langchain_core.language_models import ModelProfile

_SECRET_HEADER = re.compile(r"auth|cookie|key|token|secret|password|credential", re.IGNORECASE)


class Copying(Settings):
    """Settings that can be changed, copied and pickled."""

    if TYPE_CHECKING:
        profile: ModelProfile | None

    # LangChain caches the serialized model, which is the key of its answer cache: without these
    # two, a changed model would be given the answers of the old one.

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__.pop("_serialized", None)
        super().__setattr__(name, value)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with other settings; the profile is that of its model."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("_serialized", None)
        if update and "model" in update and "profile" not in update:
            copied.profile = to_profile(model_facts(copied.model))
        return copied

    # A pickle is a file, and files travel: the key of the place where it is read again is used.

    def __getstate__(self) -> dict[Any, Any]:
        state = super().__getstate__()
        fields = {name: value for name, value in state["__dict__"].items() if name != "_serialized"}
        fields["api_key"] = None
        fields["default_headers"] = _harmless(self.default_headers)
        return {**state, "__dict__": fields}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        super().__setstate__(state)
        # Where there is none, the first call says so.
        self.api_key = secret_from_env("RAMCLOUDS_API_KEY", default=None)()


def _harmless(headers: Mapping[str, str] | None) -> dict[str, str] | None:
    if headers is None:
        return None
    return {name: value for name, value in headers.items() if not _SECRET_HEADER.search(name)}
