"""Who imports whom, in the source: docs/inside/architecture.md has the arrows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter

import pytest

from tests.harness import each_row
from tests.packaging.sources import MODULES, PACKAGES, ROOT, imports, is_inside, module_of

ADAPTERS = {"langchain_ramclouds": "llama_index", "llama_index_ramclouds": "langchain"}

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

# An import statement that names `tests`, with its names in parentheses or on its line.
OF_TESTS = re.compile(
    r"^ *(?:from (?:tests|\.)[\w.]* import (?:\([^)]*\)|.*)|import tests.*)", re.MULTILINE
)


def room_of(module: str) -> str:
    """The room of a module of `ramclouds`; empty for `ramclouds` itself."""
    return module.partition(".")[2].partition(".")[0]


def owners_of(name: str) -> Iterator[str]:
    """The packages or modules that the private parts of a dotted name are private to."""
    parts = name.split(".")
    for place, part in enumerate(parts):
        if place and re.match(r"_(?!_\w+__$)", part):
            yield module_of(".".join(parts[:place]))


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
    ("name", "owners"),
    [
        ("ramclouds._json.parsing", ["ramclouds"]),
        ("ramclouds.prompted._mode.ToolMode", ["ramclouds.prompted"]),
        ("ramclouds.prompted._reading._x", ["ramclouds.prompted", "ramclouds.prompted._reading"]),
        ("ramclouds.bridge.settings._SECRET", ["ramclouds.bridge.settings"]),
        ("ramclouds.prompted.ToolMode._of", ["ramclouds.prompted"]),
        ("ramclouds._version.__version__", ["ramclouds"]),
        ("ramclouds.prompted.__all__", []),
    ],
)
def test_owners_of_a_private_name(name: str, owners: list[str]) -> None:
    assert list(owners_of(name)) == owners


def test_private_names_are_used_inside_their_package_alone() -> None:
    from_outside = [
        (one.module, one.name)
        for one in imports()
        if one.name.startswith(PACKAGES)
        if not all(is_inside(one.module, owner) for owner in owners_of(one.name))
    ]
    assert from_outside == [], "Use a public name, or make this one public."


@pytest.mark.parametrize(("adapter", "other"), ADAPTERS.items())
def test_adapter_imports_public_modules_and_not_the_other_framework(
    adapter: str, other: str
) -> None:
    wrong = [
        (one.module, one.target)
        for one in imports()
        if is_inside(one.module, adapter)
        if one.name.startswith(other)
        or (is_inside(one.target, "ramclouds") and room_of(one.target) not in FOR_ADAPTERS)
    ]
    assert wrong == [], "An adapter uses `ramclouds` by its public modules, and no other adapter."


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


def test_each_folder_of_tests_has_a_row() -> None:
    rows = (ROOT / "docs" / "inside" / "testing.md").read_text("utf-8")
    named = set(re.findall(r"`tests/(\w+)`", "".join(re.findall(r"^\| `.*", rows, re.MULTILINE))))
    folders = {path.relative_to(ROOT).parts[1] for path in (ROOT / "tests").rglob("test_*.py")}
    assert named == folders
