"""Makes pages of the site from files outside of docs/: what mkdocs.yml names under `hooks`."""

from __future__ import annotations

import re
from pathlib import Path
from posixpath import join, normpath, relpath
from typing import Any

from mkdocs.structure.files import File, Files

_ROOT = Path(__file__).parents[1]
_LINK = re.compile(r"(?<=\]\()(?!https?:|#|mailto:)([^)#\s]+)")


def on_files(files: Files, config: Any) -> Files:
    """Add the pictures that pages show and that are kept elsewhere."""
    for picture in sorted(_ROOT.glob("benchmarks/results/*.png")):
        name = f"assets/{picture.name}"
        files.append(File.generated(config, name, abs_src_path=str(picture)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Lead links out of docs/ to the repository, and pictures to their copies."""
    here = Path(page.file.src_uri).parent.as_posix()
    return _LINK.sub(lambda link: _target(link[1], here, config["repo_url"]), markdown)


def _target(link: str, here: str, repository: str) -> str:
    path = normpath(join("docs", here, link))
    if path.startswith("docs/") or not (_ROOT / path).exists():
        return link
    if path.endswith(".png"):
        return relpath(join("assets", Path(path).name), here)
    kind = "tree" if (_ROOT / path).is_dir() else "blob"
    return f"{repository}/{kind}/main/{path}"
