"""Stored, restored and copied: everything but the key."""

from __future__ import annotations

import copy
import json
import pickle

import httpx
import pytest
from llama_index.core import Settings
from llama_index.core.embeddings.loading import RECOGNIZED_EMBEDDINGS, load_embed_model
from llama_index.core.embeddings.utils import resolve_embed_model
from llama_index.core.extractors import TitleExtractor
from llama_index.core.llms.loading import RECOGNIZED_LLMS, load_llm
from llama_index.core.llms.utils import resolve_llm

from llama_index_ramclouds import RamClouds, RamCloudsEmbedding
from ramclouds import AuthenticationError, ConfigurationError
from tests.gateway import Gateway

KEY = "canary-key-1"


pytestmark = pytest.mark.usefixtures("no_environment")


def _full() -> RamClouds:
    return RamClouds(
        model="gpt-5",
        api_key=KEY,
        base_url="https://gateway.example/v1",
        temperature=0.5,
        max_tokens=10,
        stop=["END"],
        timeout=httpx.Timeout(5, connect=1),
        default_headers={"X-Team": "tides", "Authorization": f"Bearer {KEY}"},
        extra_body={"top_k": 3},
        additional_kwargs={"seed": 1},
        system_prompt="Be brief.",
        structured_output_mode="text",
    )


def test_what_is_stored_holds_no_key() -> None:
    llm = _full()

    for stored in (llm.to_dict(), llm.to_json(), repr(llm), str(llm), llm.to_payload()):
        assert KEY not in str(stored)
    assert KEY.encode() not in pickle.dumps(llm)


def test_from_dict_restores_all_but_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    llm = _full()
    stored = json.loads(llm.to_json())

    restored = RamClouds.from_dict(stored)

    assert restored.to_dict() == llm.to_dict()
    assert restored.timeout == llm.timeout
    assert "class_name" in stored
    with pytest.raises(ConfigurationError, match="RAMCLOUDS_API_KEY"):
        restored.complete("Hello")
    assert RamClouds.from_dict(stored, api_key=KEY).api_key == llm.api_key


def test_pickled_it_finds_the_key_in_the_environment(
    gateway: Gateway, llm: RamClouds, monkeypatch: pytest.MonkeyPatch
) -> None:
    llm.complete("Hello")
    restored = pickle.loads(pickle.dumps(llm))
    monkeypatch.setenv("RAMCLOUDS_API_KEY", "test-key")

    assert restored.complete("Say exactly: yes").text == "yes"
    assert restored.to_dict() == llm.to_dict()
    assert restored.metadata == llm.metadata
    restored.close()


def test_pickling_leaves_the_object_as_it_is(gateway: Gateway) -> None:
    with httpx.Client() as own:
        llm = RamClouds(
            model="gpt-5",
            api_key=KEY,
            base_url=gateway.base_url,
            http_client=own,
            completion_to_prompt=lambda prompt: prompt.upper(),
        )
        restored = pickle.loads(pickle.dumps(llm))

        assert llm.http_client is own
        assert llm.complete("say exactly: yes").text == "YES"
        assert restored.http_client is None


def test_a_deep_copy_works_and_shares_the_users_client(gateway: Gateway) -> None:
    with httpx.Client() as own:
        llm = RamClouds(model="gpt-5", api_key=KEY, base_url=gateway.base_url, http_client=own)
        llm.complete("Hello")
        copied = copy.deepcopy(llm)

        assert copied.http_client is own
        assert copied.complete("Say exactly: yes").text == "yes"
        assert copied.additional_kwargs is not llm.additional_kwargs
        copied.close()
        assert llm.complete("Say exactly: yes").text == "yes"


def test_settings_can_be_assigned_and_changed_in_a_copy(gateway: Gateway) -> None:
    llm = RamClouds(model="gpt-5", api_key="wrong", base_url=gateway.base_url, max_retries=0)
    gateway.model.keys = {"right"}
    with pytest.raises(AuthenticationError):
        llm.complete("Hello")

    right = RamClouds(model="gpt-5", api_key="right").api_key
    copied = llm.model_copy(update={"api_key": right})
    assert copied.complete("Say exactly: yes").text == "yes"
    llm.api_key = right
    assert llm.complete("Say exactly: yes").text == "yes"
    copied.close()
    llm.close()


def test_core_loads_what_is_in_its_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMCLOUDS_API_KEY", KEY)
    llm, embedding = RamClouds(model="gpt-5"), RamCloudsEmbedding(model="text-embedding-3-small")
    # As docs/llama_index/saving.md says: only objects, until the user adds the classes.
    assert load_llm(llm) is llm  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="RamClouds_LLM"):
        load_llm(llm.to_dict())
    monkeypatch.setitem(RECOGNIZED_LLMS, RamClouds.class_name(), RamClouds)
    monkeypatch.setitem(RECOGNIZED_EMBEDDINGS, RamCloudsEmbedding.class_name(), RamCloudsEmbedding)
    assert load_llm(llm.to_dict()).to_dict() == llm.to_dict()
    assert load_embed_model(embedding.to_dict()).to_dict() == embedding.to_dict()
    stored = TitleExtractor(llm=llm).to_dict()
    assert TitleExtractor.from_dict(stored).llm.to_dict() == llm.to_dict()


def test_core_resolves_objects_and_no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAMCLOUDS_API_KEY", KEY)
    llm, embedding = RamClouds(model="gpt-5"), RamCloudsEmbedding(model="text-embedding-3-small")
    assert resolve_llm(llm) is llm
    assert resolve_embed_model(embedding) is embedding
    monkeypatch.setattr(Settings, "_llm", None)
    Settings.llm = llm
    assert Settings.llm is llm
    with pytest.raises(ValueError, match="local"):
        resolve_llm("ramclouds:gpt-5")
