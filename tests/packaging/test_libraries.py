"""Which libraries each part of the source uses, and which of them load late."""

from __future__ import annotations

import sys

from tests.harness import each_row
from tests.packaging.sources import PACKAGES, Import, imports, imports_of, is_inside

# Each library that is not Python's own, or of the network, with the packages and modules that use
# it: one that is not here is used nowhere.
LIBRARIES = {
    "anyio": ("ramclouds._http", "ramclouds._side_by_side", "ramclouds.bulk._invoking"),
    "asyncio": ("ramclouds._http", "ramclouds._pace", "ramclouds.bulk"),
    "click": ("ramclouds.cli",),
    "filetype": ("llama_index_ramclouds",),
    "http.client": ("ramclouds.local._server",),
    "httpcore": ("ramclouds._http",),
    "httptools": ("ramclouds._http",),
    "httpx": (
        "ramclouds._addresses",
        "ramclouds._attempts",
        "ramclouds._base_client",
        "ramclouds._complete",
        "ramclouds._exchange",
        "ramclouds._failures",
        "ramclouds._http",
        "ramclouds._request",
        "ramclouds._settings",
        # For annotations alone, and for one conversion.
        "ramclouds.bridge.settings",
        "ramclouds.errors",
    ),
    "json_repair": ("ramclouds._json",),
    "jsonschema": ("ramclouds.bridge",),
    "langchain": ("langchain_ramclouds",),
    "langchain_core": ("langchain_ramclouds",),
    "llama_index": ("llama_index_ramclouds",),
    "numpy": ("ramclouds._wire.embeddings",),
    "opentelemetry": ("ramclouds._traces",),
    "pyarrow": ("ramclouds.bulk",),
    "pydantic": PACKAGES,
    "pydantic_core": ("ramclouds",),
    "ray": ("ramclouds.bulk.ray",),
    "rich": ("ramclouds.cli",),
    "select": ("ramclouds._http",),
    "socket": ("ramclouds._http", "ramclouds.bulk.ray", "ramclouds.cli._checks"),
    "ssl": (
        "ramclouds._base_client",
        "ramclouds._failures",
        "ramclouds._http",
        "ramclouds._settings",
        "ramclouds.bridge.settings",
    ),
    "tqdm": ("langchain_ramclouds.embeddings", "ramclouds.bulk._progress"),
    "trio": ("ramclouds._http", "ramclouds._pace"),
    "typing_extensions": PACKAGES,
    "urllib.parse": ("ramclouds",),
    "urllib.request": ("ramclouds._addresses",),
    "xllamacpp": ("ramclouds.local",),
    # What imports by a name that is made while it runs.
    "builtins.__import__": (),
    "builtins.eval": (),
    "builtins.exec": (),
    "importlib.import_module": (
        "ramclouds.bridge.late_names",
        "ramclouds.cli",
    ),
    "importlib.util.find_spec": (
        "ramclouds._wire.embeddings.vectors",
        "ramclouds.cli",
        "ramclouds.local",
    ),
    "sys.modules": (
        "ramclouds._traces.switch",
        "ramclouds.bridge.late_names",
        "ramclouds.bulk._invoking",
    ),
}
# Python's own that a listed part alone may use; the rest of Python's own is for all.
GUARDED = {
    "asyncio", "ftplib", "http", "imaplib", "importlib", "multiprocessing", "pkgutil", "poplib",
    "runpy", "select", "selectors", "smtplib", "socket", "socketserver", "ssl",
    "telnetlib", "urllib", "xmlrpc", "zipimport",
}  # fmt: skip

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
    ("ramclouds.cli", "ramclouds.cli._commands"),
    ("ramclouds.cli", "import_module(f'ramclouds.cli._{cmd_name}')"),
    ("ramclouds.cli", "ramclouds.bulk.__main__"),
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


def library_of(name: str) -> str:
    """The library that a dotted name belongs to; empty for ours, and for what all may use."""
    for library in LIBRARIES:
        if is_inside(name, library):
            return library
    top = name.partition(".")[0]
    is_free = top in PACKAGES or (top in sys.stdlib_module_names and top not in GUARDED)
    return "" if is_free else name


def is_listed(one: Import) -> bool:
    library = library_of(one.name)
    users = LIBRARIES.get(library, ())
    return not library or any(is_inside(one.module, user) for user in users)


def test_libraries_are_used_where_they_are_listed() -> None:
    # A call that imports what it finds out while it runs is in LAZY.
    wrong = [
        (one.module, one.name) for one in imports() if "(" not in one.name if not is_listed(one)
    ]
    assert wrong == [], "Use this where LIBRARIES lists it, or list it with a reason."
    used = {
        (library_of(one.name), user)
        for one in imports()
        for user in LIBRARIES.get(library_of(one.name), ())
        if is_inside(one.module, user)
    }
    listed = {(library, user) for library, users in LIBRARIES.items() for user in users}
    assert listed - used == set(), "Take these off the list."


# In an adapter: the statements, and what they take.
WAYS = [
    ("import httpx", "httpx"),
    ("from urllib import request", "urllib.request"),
    ("import urllib.request", "urllib.request"),
    ("import http.client as h", "http.client"),
    ("import aiohttp, httpx2", "httpx2"),
    ("import ssl", "ssl"),
    ("import importlib\nh = importlib.import_module('httpx')", "httpx"),
    ("from importlib import import_module as im\nh = im('httpx')", "httpx"),
    ("from importlib import import_module as im\nh = im(name)", "importlib.import_module"),
    ("h = __import__('httpx')", "httpx"),
    ("import sys\nh = sys.modules['httpx']", "sys.modules"),
    ("from sys import modules", "sys.modules"),
    (
        "from ramclouds.bridge.late_names import late_names\nlate_names('', {'httpx': ('X',)})",
        "httpx.X",
    ),
]


@each_row(("source", "name"), WAYS)
def test_ways_to_a_library_are_seen(source: str, name: str) -> None:
    wrong = {
        one.name
        for one in imports_of("langchain_ramclouds._messages", source)
        if not is_listed(one)
    }
    assert name in wrong


@each_row(
    ("source", "name"),
    [
        ("from ramclouds import prompted as p\nT = p._mode", "ramclouds.prompted._mode"),
        ("import ramclouds\nT = ramclouds._client.Client", "ramclouds._client.Client"),
        ("import ramclouds.bridge\nT = ramclouds.bridge._dialect", "ramclouds.bridge._dialect"),
        ("from ramclouds.bridge.settings import _SECRET", "ramclouds.bridge.settings._SECRET"),
        ("from ramclouds import prompted\ngetattr(prompted, '_mode')", "ramclouds.prompted._mode"),
        ("from ramclouds import bridge\ndef f(): return [bridge._x()]", "ramclouds.bridge._x"),
    ],
)
def test_ways_to_a_private_name_are_seen(source: str, name: str) -> None:
    assert name in {one.name for one in imports_of("langchain_ramclouds._messages", source)}


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
