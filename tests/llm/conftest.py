"""`llm` with our plugin alone, a folder of its own, and a gateway on loopback."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.gateway import Gateway

Run = Callable[..., Result]


@pytest.fixture(scope="session")
def plugin() -> Iterator[None]:
    """Our plugin in `llm`, as its entry point would load it; no other that is installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLM_LOAD_PLUGINS", "")
        import llm_ramclouds
        from llm import plugins

        plugins.pm.register(llm_ramclouds)
        # Asks the plugins for their commands when it is imported.
        import llm.cli  # noqa: F401

        yield
        plugins.pm.unregister(llm_ramclouds)


@pytest.fixture(scope="session")
def empty_log(plugin: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log without prompts: `llm` takes 0.2 s for its tables, be there a log or not."""
    import sqlite_utils
    from llm.migrations import migrate

    path = tmp_path_factory.mktemp("llm") / "logs.db"
    # In memory: in a file each of a hundred changes waits for the disk.
    log = sqlite_utils.Database(memory=True)
    migrate(log)
    with closing(sqlite3.connect(path)) as file:
        log.conn.backup(file)
    log.close()
    return path


@pytest.fixture(autouse=True)
def user(
    empty_log: Path, gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The folder of a user who has stored a key."""
    folder = tmp_path / "llm"
    folder.mkdir()
    (folder / "keys.json").write_text('{"ramclouds": "test-key"}')
    shutil.copy(empty_log, folder)
    # `llm logs on` removes the file.
    (folder / "logs-off").touch()
    monkeypatch.setenv("LLM_USER_PATH", str(folder))
    monkeypatch.setenv("RAMCLOUDS_BASE_URL", gateway.base_url)
    monkeypatch.delenv("RAMCLOUDS_API_KEY", raising=False)
    return folder


@pytest.fixture
def run() -> Run:
    """The command `llm` with these arguments."""
    from llm.cli import cli

    return lambda *arguments, **kwargs: CliRunner().invoke(cli, arguments, **kwargs)
