"""Runs on Ray, before a stand-in for Ray Data: `make test-ray` runs them on Ray itself."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ramclouds import ConfigurationError, bulk
from ramclouds.bulk.ray import run
from tests.gateway import Gateway, Json, completion, error

ROWS = [f"row {n}" for n in range(12)]


class Dataset:
    """Ray Data with one actor, in this process; `most` batches, then Ctrl-C."""

    most = 100

    def __init__(self, items: Iterable[Any]) -> None:
        self.items = items

    def iter_rows(self) -> Iterator[Any]:
        yield from self.items

    def map_batches(
        self, worker: Any, *, fn_constructor_args: Any, batch_size: int, compute: int
    ) -> Dataset:
        assert compute == 2
        items = [*self.items]
        batches = [items[at : at + batch_size] for at in range(0, len(items), batch_size)]

        def asked() -> Iterator[Any]:
            # An actor gets its arguments over the network.
            actor = worker(*pickle.loads(pickle.dumps(fn_constructor_args)))
            with closing(actor._run.outputs):
                for batch in batches[: self.most]:
                    for summary in actor({"row": [item["row"] for item in batch]})["summary"]:
                        yield {"summary": summary}
                if len(batches) > self.most:
                    raise KeyboardInterrupt

        return Dataset(asked())


@pytest.fixture(autouse=True)
def _on_ray(monkeypatch: pytest.MonkeyPatch, gateway: Gateway) -> None:
    ray, data = ModuleType("ray"), ModuleType("ray.data")
    vars(data).update(from_items=Dataset, ActorPoolStrategy=lambda size: size)
    vars(ray).update(data=data)
    monkeypatch.setitem(sys.modules, "ray", ray)
    monkeypatch.setitem(sys.modules, "ray.data", data)
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "test-key")
    monkeypatch.setenv("RAMCLOUDS_BASE_URL", gateway.base_url)


def parts_of(out: Path) -> Path:
    return out.with_name("answers.jsonl.parts")


def test_answers_of_actors_are_merged_and_not_asked_again(gateway: Gateway, out: Path) -> None:
    gateway.handler = lambda request: (
        Json(error("no"), 400)
        if request.json["messages"][0]["content"] == "row 3"
        else Json(completion("Hi"))
    )
    report = run(Dataset(ROWS), out=out, model="m")
    assert (report.answered, report.failed, report.left) == (11, 1, 0)
    assert report.failures == {"BadRequestError": 1}
    assert report.usage.total_tokens == 11 * 16
    assert sorted(len(result.text) for result in bulk.read(out)) == [0] + 11 * [2]
    assert not parts_of(out).exists()
    asked = len(gateway.requests)
    assert run(ROWS, out=out, model="m").skipped == 11
    assert len(gateway.requests) == asked


def test_refused_key_stops_the_actors(gateway: Gateway, out: Path) -> None:
    gateway.handler = lambda request: Json(error("no"), 401)
    report = run([f"row {n}" for n in range(100)], out=out, model="m", max_in_flight=1)
    assert (report.stopped, report.answered) == ("refused", 0)
    assert report.failed == len(gateway.requests) < 12


def test_run_that_was_interrupted_is_merged_by_the_next(
    gateway: Gateway, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Dataset, "most", 3)
    assert run(ROWS, out=out, model="m").stopped == "interrupted"
    assert parts_of(out).exists()
    asked = len(gateway.requests)
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "test-key")
    monkeypatch.setenv("RAMCLOUDS_BASE_URL", gateway.base_url)
    with pytest.raises(ConfigurationError, match="This needs Ray"):
        run(ROWS, out=out, model="m")
    assert len(list(bulk.read(out))) == asked == 6
