"""Checks the links of the built site: pages and anchors exist, and nothing is loaded from outside.

Addresses of other hosts are checked for their form alone, so that a build needs no network.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LINKS = {"a": "href", "link": "href", "img": "src", "script": "src", "source": "src"}
_LOADED = {"img", "script", "source"}
# What `<link>` loads; the others, such as `canonical`, are only named.
_LOADED_LINKS = {"stylesheet", "icon", "preload", "preconnect", "manifest"}


class Page(HTMLParser):
    """The links and anchors of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[tuple[str, bool]] = []
        """Each address, and whether the browser loads it with the page."""
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect what this element names."""
        values = dict(attrs)
        self.anchors |= {value for name in ("id", "name") if (value := values.get(name))}
        address = values.get(_LINKS.get(tag, ""))
        if address is not None:
            relations = set((values.get("rel") or "").split())
            self.links.append((address, tag in _LOADED or bool(relations & _LOADED_LINKS)))


def faults(site: Path) -> Iterator[str]:
    """What is wrong with the links of a site, one sentence for each."""
    pages = {path: Page(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        for address, is_loaded in page.links:
            if fault := _fault(address, is_loaded, path, site, pages):
                yield f"{path.relative_to(site)}: {address}: {fault}"


def _fault(
    address: str, is_loaded: bool, path: Path, site: Path, pages: dict[Path, Page]
) -> str | None:
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return _outer_fault(address, is_loaded)
    # The page for wrong addresses names others from the root.
    base = site if parts.path.startswith("/") else path.parent
    target = (base / unquote(parts.path).lstrip("/")).resolve() if parts.path else path
    if target.is_dir():
        target /= "index.html"
    if not target.exists():
        return "there is no such page or file."
    if parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
        return "the page has no such anchor."
    return None


def _outer_fault(address: str, is_loaded: bool) -> str | None:
    parts = urlsplit(address)
    if parts.scheme in ("mailto", "data"):
        return None
    if is_loaded:
        return "is loaded from another host."
    if parts.scheme not in ("http", "https") or "." not in (parts.hostname or ""):
        return "is no address."
    return None


if __name__ == "__main__":
    found = list(faults(Path(sys.argv[1]).resolve()))
    sys.exit("\n".join(found) if found else 0)
