"""What packages for other providers call a setting: data alone, `settings` looks it up."""

from __future__ import annotations

_ADAPTERS = "Only the adapters have it, so leave it out."
_ON_CALL = "Give it to the call."
_STREAM = "Call stream(), or in LlamaIndex stream_chat() or stream_complete()."
_SYSTEM = "Put a system message in front of the messages."
_WINDOW = "Set profile={'max_input_tokens': ...}."
_THINKING = "Set reasoning_effort, or thinking={'type': 'enabled', 'budget_tokens': ...}."
_PROXY = "Set the environment variable HTTPS_PROXY, or pass http_client=httpx.Client(proxy=...)."
HEADERS_HINT = "Set default_headers, or extra_headers of a call."

# Other names of a setting.
_NAMES = {
    "api_key": "api_token apikey key token anthropic_api_key google_api_key openai_api_key",
    "base_url": "api_base azure_endpoint anthropic_api_url endpoint host openai_api_base url",
    "model": "deployment_name azure_deployment engine model_id model_name",
    "fallback_models": "fallbacks models",
    "max_retries": "num_retries retries",
    "timeout": "request_timeout default_request_timeout",
    "http_client": "client",
    "max_tokens": "max_new_tokens max_output_tokens max_tokens_to_sample num_output num_predict",
    "stop": "stop_sequences",
    "extra_body": "model_kwargs",
    "audio": "audio_config",
}
# Names that are no settings of the adapters, by what to do about them.
_NO_SETTINGS = {
    _ADAPTERS: "tool_calling on_unsupported on_invalid_tool_calls on_empty empty_retries",
    _STREAM: "streaming",
    _SYSTEM: "system_prompt",
    "Give it in dialect=ramclouds.bridge.dialects.DialectChoice(...).": (
        "replay_reasoning merge_system_messages media_in_history"
    ),
    "RamClouds has none, so leave it out.": (
        "api_type api_version openai_organization organization org_id project"
    ),
    "Requests go to /chat/completions, so leave it out.": (
        "include truncation use_previous_response_id use_responses_api"
    ),
    "Another model's vectors cannot be compared with these, so leave it out.": "fallback_models",
    "The model's name says it, so leave it out.": "model_provider",
    "Every model is one here, so leave it out.": "is_chat_model",
    "One client serves all threads and loops, so leave it out.": "reuse_client",
    "An error has its response, and a completion its request_id, so leave it out.": (
        "include_response_headers"
    ),
    "What is None is not sent, so leave it out.": "disabled_params",
    "The gateway reads no query, so leave it out.": "default_query",
}
# Foreign name -> hint, by the setting that a class must have for it; "": for any other class.
FOREIGN: dict[str, dict[str, str]] = {
    **{name: {field: ""} for field, names in _NAMES.items() for name in names.split()},
    **{name: {"": hint} for hint, names in _NO_SETTINGS.items() for name in names.split()},
    "openai_proxy": {"http_client": _PROXY},
    "proxies": {"http_client": _PROXY},
    "proxy": {"http_client": _PROXY},
    "thinking_budget": {"thinking": _THINKING},
    "thinking_config": {"thinking": _THINKING},
    "include_thoughts": {"thinking": _THINKING},
    "headers": {"default_headers": HEADERS_HINT, "extra_headers": ""},
    "extra_headers": {"default_headers": HEADERS_HINT},
    "default_headers": {"extra_headers": ""},
    "callbacks": {"callback_manager": "", "": _ADAPTERS},
    "default_model": {"model": "", "": _ON_CALL},
    "async_client": {"http_async_client": "", "async_http_client": ""},
    "async_http_client": {"http_async_client": "", "http_client": "Pass it to AsyncClient."},
    "http_async_client": {"async_http_client": "", "http_client": "Pass it to AsyncClient."},
    "generation_config": {"extra_body": "Set temperature, max_tokens and the others by name."},
    "safety_settings": {"extra_body": "Put it into extra_body."},
    "reasoning": {
        "reasoning_effort": "Set reasoning_effort='high'. Channels of OpenRouter read it in"
        " extra_body={'reasoning': {...}}."
    },
    "stream": {"streaming": "Set streaming=True, or call stream().", "": _STREAM},
    "max_concurrency": {
        "num_workers": "",
        "": "Limit the calls where you make them: asyncio.Semaphore(8), or in LangChain"
        " model.batch(inputs, config={'max_concurrency': 8}).",
    },
    "context_window": {"profile": _WINDOW},
    "num_ctx": {"context_window": "", "profile": _WINDOW},
    "system": {"system_prompt": "", "": _SYSTEM},
    "response_format": {
        "streaming": "Call with_structured_output(), or give it to the call.",
        "additional_kwargs": "Call structured_predict() or as_structured_llm().",
        "": _ON_CALL,
    },
    "tools": {
        "streaming": "Call bind_tools().",
        "additional_kwargs": "Call chat_with_tools().",
        "": _ON_CALL,
    },
    "tool_choice": {"streaming": "Call bind_tools(tools, tool_choice=...).", "": _ON_CALL},
    "parallel_tool_calls": {
        "streaming": "Call bind_tools(tools, parallel_tool_calls=...).",
        "additional_kwargs": "Call chat_with_tools(tools, allow_parallel_tool_calls=...).",
        "": _ON_CALL,
    },
    "strict": {
        "streaming": "Call bind_tools() or with_structured_output() with it.",
        "additional_kwargs": "Schemas are sent as the model takes them, so leave it out.",
    },
    "metadata": {"additional_kwargs": "Put it into additional_kwargs."},
    "should_use_structured_outputs": {
        "structured_output_mode": "Set structured_output_mode='json_schema'."
    },
    "tiktoken_model_name": {"custom_get_token_ids": "", "tokenizer": ""},
}
"""What packages for other providers call a setting, and what to do with it here."""
