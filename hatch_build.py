"""The README as a package page shows it: its links are whole addresses there.

In the repository they are relative, so that they lead to the same version of the documents. The
address of the repository is `[project.urls] Repository` in pyproject.toml, and nowhere else.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

# `[text](docs/page.md)` and `![picture](plot.png)`; not `https://...` and not `#heading`.
_RELATIVE_LINK = re.compile(
    r"(?P<picture>!?)(?P<text>\[[^\]]*\])\((?!https?:|mailto:|#)(?P<path>[^)]+)\)"
)


class PackagePage(MetadataHookInterface):
    """Gives the distribution its README."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set `readme` to the text with whole links."""
        text = Path(self.root, "README.md").read_text("utf-8")
        repository = metadata["urls"]["Repository"]
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": with_whole_links(text, repository, f"v{metadata['version']}"),
        }


def with_whole_links(text: str, repository: str, tag: str) -> str:
    """The text with each relative link as one to the repository at a tag."""

    def whole(link: re.Match[str]) -> str:
        # A page of the repository shows a picture inside of HTML; `raw` is the picture.
        kind = "raw" if link["picture"] else "blob"
        return f"{link['picture']}{link['text']}({repository}/{kind}/{tag}/{link['path']})"

    return _RELATIVE_LINK.sub(whole, text)
