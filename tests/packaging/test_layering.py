"""Who imports whom, in the source: docs/inside/architecture.md has the arrows."""

from __future__ import annotations

import ast
import re
from graphlib import TopologicalSorter

import pytest

from tests.harness import each_row
from tests.packaging.sources import MODULES, ROOT, imports

ADAPTERS = {"langchain_ramclouds": "llama_index", "llama_index_ramclouds": "langchain"}
HTTP = {"httpx", "httpcore", "httptools", "aiohttp", "requests", "socket", "ssl"}

# A row of the table of rooms: the room, what it owns, and the rooms that it may import. A room is a
# module or a folder directly in `ramclouds/`.
ROW = re.compile(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|$", re.MULTILINE)
ARROWS = {
    room: set(re.findall(r"`(\w+)`", targets))
    for room, targets in ROW.findall(
        (ROOT / "docs" / "inside" / "architecture.md").read_text("utf-8")
    )
}
# What `ramclouds/__init__.py` hands to users.
DOOR = {
    "_account", "_client", "_stream", "_version", "bridge", "errors", "models", "prices", "types"
}  # fmt: skip
# The public modules that an adapter may import, with the modules inside them.
FOR_ADAPTERS = {"", "bridge", "errors", "local", "models", "prompted", "types"}

# Imports inside functions, by package. Each keeps something heavy, or not always installed, out of
# a process that does not need it. Everything else is imported at the top of its file.
LAZY = {
    # The doors of the packages, to httpx and to what no plain call needs.
    ("ramclouds.bridge.late_names", "import_module(place_of[name])"),
    ("ramclouds.bridge.late_names", "import_module(f'{module}.{name}')"),
    ("ramclouds.prompted._mode", "ramclouds.prompted._request"),
    ("ramclouds.bridge.settings", "httpx"),
    # A process that makes sync calls alone needs no async library, and the other way round.
    ("ramclouds._http", "anyio"),
    ("ramclouds._http", "trio"),
    ("ramclouds._http", "ramclouds._http.transports"),
    ("ramclouds._http", "ramclouds._http.wires"),
    ("ramclouds._pace.turn", "trio"),
    ("ramclouds._side_by_side", "anyio"),
    ("langchain_ramclouds.embeddings", "tqdm.auto"),
    ("ramclouds._side_by_side", "concurrent.futures"),
    # Not always installed, and never loaded from here.
    ("ramclouds._traces.switch", "ramclouds._traces.observer"),
    # Not always installed.
    ("ramclouds.bulk._progress", "tqdm.auto"),
    ("ramclouds.bulk._sources", "pyarrow"),
    ("ramclouds.bulk.ray", "ray.data"),
    ("ramclouds.bulk._sources", "pyarrow.parquet"),
    ("ramclouds._wire.embeddings", "numpy"),
    ("ramclouds.local._serve", "xllamacpp"),
    # `--help` loads neither a command, nor what is not always installed.
    ("ramclouds.cli", "import_module('ramclouds.cli._commands')"),
    ("ramclouds.cli", "import_module(f'ramclouds.cli._{cmd_name}')"),
    ("ramclouds.cli", "import_module('ramclouds.bulk.__main__')"),
    # Needed for an answer to a JSON schema alone.
    ("ramclouds.bridge.shapes", "jsonschema.exceptions"),
    ("ramclouds.bridge.wrapping", "jsonschema.validators"),
    # Needed for a damaged call alone.
    ("ramclouds._json", "json_repair"),
    # Parts of LlamaIndex that load its agents and programs.
    ("llama_index_ramclouds", "llama_index.core.program.utils"),
    ("llama_index_ramclouds", "llama_index.core.tools"),
    ("llama_index_ramclouds", "llama_index.core.agent.react.formatter"),
    ("llama_index_ramclouds", "llama_index.core.agent.react.output_parser"),
}


# An import statement that names `tests`, with its names in parentheses or on its line.
OF_TESTS = re.compile(
    r"^ *(?:from (?:tests|\.)[\w.]* import (?:\([^)]*\)|.*)|import tests.*)", re.MULTILINE
)


def room_of(module: str) -> str:
    """The room of a module of `ramclouds`; empty for `ramclouds` itself."""
    return module.partition(".")[2].partition(".")[0]


def is_inside(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def owner_of(module: str) -> str:
    """The package that a private module is private to; of a public one, its top package."""
    before_private = re.match(r"\w+(\.[^_]\w*)*(?=\._)", module)
    return before_private.group() if before_private else module.partition(".")[0]


def test_every_room_has_a_row_in_the_architecture() -> None:
    rooms = {room_of(name) for name in MODULES if is_inside(name, "ramclouds")} - {""}
    assert rooms == ARROWS.keys()


def test_rooms_import_along_the_arrows() -> None:
    against = [
        (one.module, one.target)
        for one in imports()
        if is_inside(one.module, "ramclouds") and is_inside(one.target, "ramclouds")
        if room_of(one.module) != room_of(one.target)
        if room_of(one.target) not in ARROWS.get(room_of(one.module), DOOR)
    ]
    assert against == []


def test_every_arrow_is_used() -> None:
    used = {
        (room_of(one.module), room_of(found))
        for one in imports()
        for found in re.findall(r"ramclouds\.[\w.]+", one.target)
    }
    drawn = {(room, target) for room, targets in ARROWS.items() for target in targets}
    assert drawn - used == set()


def test_arrows_lead_down() -> None:
    list(TopologicalSorter(ARROWS).static_order())


def test_modules_import_each_other_in_no_circle() -> None:
    # Under TYPE_CHECKING and in functions too.
    graph: dict[str, set[str]] = {name: set() for name in MODULES}
    for one in imports():
        if one.target in MODULES:
            graph[one.module].add(one.target)
    list(TopologicalSorter(graph).static_order())


@each_row(
    ("module", "owner"),
    [
        ("ramclouds._json.parsing", "ramclouds"),
        ("ramclouds.prompted._mode", "ramclouds.prompted"),
        ("ramclouds.prompted._reading.parser", "ramclouds.prompted"),
        ("ramclouds.prompted", "ramclouds"),
    ],
)
def test_owner_of_a_private_module(module: str, owner: str) -> None:
    assert owner_of(module) == owner


def test_private_modules_are_imported_inside_their_package_alone() -> None:
    from_outside = [
        (one.module, one.target)
        for one in imports()
        if one.target in MODULES and "._" in one.target
        if not is_inside(one.module, owner_of(one.target))
    ]
    assert from_outside == []


@pytest.mark.parametrize(("adapter", "other"), ADAPTERS.items())
def test_adapter_imports_public_modules_and_not_the_other_framework(
    adapter: str, other: str
) -> None:
    wrong = [
        (one.module, one.target)
        for one in imports()
        if is_inside(one.module, adapter)
        if one.target.startswith(other)
        or (is_inside(one.target, "ramclouds") and room_of(one.target) not in FOR_ADAPTERS)
    ]
    assert wrong == []


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_adapter_knows_no_http(adapter: str) -> None:
    found = {
        (one.module, one.target)
        for one in imports()
        if is_inside(one.module, adapter) and one.target.partition(".")[0] in HTTP
    }
    assert found == set()


def test_client_knows_no_framework() -> None:
    found = [
        (one.module, one.target)
        for one in imports()
        if is_inside(one.module, "ramclouds")
        and one.target.startswith(("langchain", "llama_index"))
    ]
    assert found == []


def test_imports_in_functions_are_those_that_are_listed() -> None:
    lazy = [one for one in imports() if one.is_lazy]
    listed = {
        (package, target): [
            one for one in lazy if is_inside(one.module, package) and one.target == target
        ]
        for package, target in LAZY
    }
    unlisted = set(lazy).difference(*listed.values())
    assert unlisted == set(), "Import these at the top of the file."
    unused = {entry for entry in LAZY if not listed[entry]}
    assert unused == set(), "Take these off the list."


def test_type_checkers_see_the_names_that_load_late() -> None:
    doors = {
        name: ast.parse(text)
        for name, path in MODULES.items()
        if "= late_names(" in (text := path.read_text("utf-8"))
    }
    assert len(doors) == 6
    for door, tree in doors.items():
        [choice] = [one for one in tree.body if isinstance(one, ast.If)]
        [places] = [one for one in ast.walk(tree) if isinstance(one, ast.Dict)]
        seen = {
            (one.module, alias.name)
            for one in choice.body
            if isinstance(one, ast.ImportFrom)
            for alias in one.names
        }
        late = {
            (place, name) for place, names in ast.literal_eval(places).items() for name in names
        }
        assert seen == late, door


@each_row(
    ("text", "is_wrong"),
    [
        ("from tests.client.test_pool import ask", True),
        ("    from tests.client import test_pool", True),
        ("from tests.client import (\n    asking,\n    test_pool,\n)", True),
        ("import tests.client.test_pool as pool", True),
        ("from tests.client.asking import ask_test", False),
        ("from tests.harness import ASK\n\ndef test_pool() -> None: ...", False),
    ],
)
def test_import_of_a_test_module(text: str, is_wrong: bool) -> None:
    assert any(map(names_a_test, OF_TESTS.findall(text))) is is_wrong


def names_a_test(statement: str) -> bool:
    return re.search(r"\btest_", statement) is not None


def test_no_file_imports_from_a_test_module() -> None:
    found = [
        (str(path.relative_to(ROOT)), statement.strip())
        for folder in ("tests", "scripts", "benchmarks", "evaluation")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for statement in OF_TESTS.findall(path.read_text("utf-8"))
        if names_a_test(statement)
    ]
    assert found == [], "Move what several files need into a module that is no test."
