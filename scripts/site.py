"""Makes pages of the site from files outside of docs/: what mkdocs.yml names under `hooks`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from posixpath import join, normpath, relpath
from typing import Any

from mkdocs.structure.files import File, Files

_ROOT = Path(__file__).parents[1]
_DOCS = _ROOT / "docs"
_LINK = re.compile(r"(?<=\]\()(?!https?:|#|mailto:)([^)#\s]+)")


def on_files(files: Files, config: Any) -> Files:
    """Add the pictures that are kept elsewhere, and a page for each notebook."""
    for picture in sorted(_ROOT.glob("benchmarks/results/*.png")):
        name = f"assets/{picture.name}"
        files.append(File.generated(config, name, abs_src_path=str(picture)))
    for notebook in sorted(_DOCS.glob("notebooks/*.ipynb")):
        name = f"notebooks/{notebook.stem}.md"
        files.append(File.generated(config, name, content=to_page(notebook)))
    return files


def to_page(notebook: Path) -> str:
    """The cells of a notebook as Markdown, and a link to the notebook itself."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells]
    blocks = [
        f"```python\n{text}\n```" if cell["cell_type"] == "code" else text
        for cell, text in zip(cells, texts, strict=True)
    ]
    return "\n\n".join([*blocks, f"[Download this notebook](../notebooks/{notebook.name})\n"])


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Lead links out of docs/ to the repository, pictures to copies, notebooks to their pages."""
    here = Path(page.file.src_uri).parent.as_posix()
    if here == "notebooks":
        return markdown
    return _LINK.sub(lambda link: _target(link[1], here, config["repo_url"]), markdown)


def _target(link: str, here: str, repository: str) -> str:
    path = normpath(join("docs", here, link))
    if path.startswith("docs/") and path.endswith(".ipynb"):
        return f"{link.removesuffix('.ipynb')}.md"
    if path.startswith("docs/") or not (_ROOT / path).exists():
        return link
    if path.endswith(".png"):
        return relpath(join("assets", Path(path).name), here)
    kind = "tree" if (_ROOT / path).is_dir() else "blob"
    return f"{repository}/{kind}/main/{path}"
