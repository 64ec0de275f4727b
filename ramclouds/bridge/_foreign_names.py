"""What packages for other providers call a setting: data alone, `settings` looks it up."""

from __future__ import annotations

_LEAVE_OUT = "RamClouds has none, so leave it out."
_RESPONSES = "Requests go to /chat/completions, so leave it out."
_ADAPTERS = "Only the adapters have it, so leave it out."
_CHOICE = "Give it in dialect=ramclouds.bridge.dialects.DialectChoice(...)."
_ON_CALL = "Give it to the call."
_PROXY = "Set the environment variable HTTPS_PROXY, or pass http_client=httpx.Client(proxy=...)."
_THINKING = "Set reasoning_effort, or thinking={'type': 'enabled', 'budget_tokens': ...}."
_STREAM = "Call stream(), or in LlamaIndex stream_chat() or stream_complete()."
_ONE_MODEL = "Another model's vectors cannot be compared with these, so leave it out."
HEADERS_HINT = "Set default_headers, or extra_headers of a call."

# A hint goes with a setting that it needs, or with none ("").
FOREIGN: dict[str, dict[str, str]] = {
    "api_token": {"api_key": ""},
    "apikey": {"api_key": ""},
    "key": {"api_key": ""},
    "token": {"api_key": ""},
    "anthropic_api_key": {"api_key": ""},
    "google_api_key": {"api_key": ""},
    "openai_api_key": {"api_key": ""},
    "api_base": {"base_url": ""},
    "azure_endpoint": {"base_url": ""},
    "anthropic_api_url": {"base_url": ""},
    "endpoint": {"base_url": ""},
    "host": {"base_url": ""},
    "openai_api_base": {"base_url": ""},
    "url": {"base_url": ""},
    "deployment_name": {"model": ""},
    "azure_deployment": {"model": ""},
    "engine": {"model": ""},
    "model_id": {"model": ""},
    "model_name": {"model": ""},
    "fallback_models": {"": _ONE_MODEL},
    "fallbacks": {"fallback_models": ""},
    "models": {"fallback_models": ""},
    "num_retries": {"max_retries": ""},
    "retries": {"max_retries": ""},
    "request_timeout": {"timeout": ""},
    "default_request_timeout": {"timeout": ""},
    "headers": {"default_headers": HEADERS_HINT, "extra_headers": ""},
    "extra_headers": {"default_headers": HEADERS_HINT},
    "default_headers": {"extra_headers": ""},
    "callbacks": {"callback_manager": "", "": _ADAPTERS},
    "default_model": {"model": "", "": _ON_CALL},
    "model_provider": {"": "The model's name says it, so leave it out."},
    "async_client": {"http_async_client": "", "async_http_client": ""},
    "async_http_client": {"http_async_client": "", "http_client": "Pass it to AsyncClient."},
    "http_async_client": {"async_http_client": "", "http_client": "Pass it to AsyncClient."},
    "client": {"http_client": ""},
    "max_new_tokens": {"max_tokens": ""},
    "max_output_tokens": {"max_tokens": ""},
    "max_tokens_to_sample": {"max_tokens": ""},
    "num_output": {"max_tokens": ""},
    "num_predict": {"max_tokens": ""},
    "stop_sequences": {"stop": ""},
    "model_kwargs": {"extra_body": ""},
    "generation_config": {"extra_body": "Set temperature, max_tokens and the others by name."},
    "safety_settings": {"extra_body": "Put it into extra_body."},
    "reasoning": {
        "reasoning_effort": "Set reasoning_effort='high'. Channels of OpenRouter read it in"
        " extra_body={'reasoning': {...}}."
    },
    "thinking_budget": {"thinking": _THINKING},
    "thinking_config": {"thinking": _THINKING},
    "include_thoughts": {"thinking": _THINKING},
    "stream": {
        "streaming": "Set streaming=True, or call stream().",
        "": _STREAM,
    },
    "streaming": {"": _STREAM},
    "max_concurrency": {
        "num_workers": "",
        "": "Limit the calls where you make them: asyncio.Semaphore(8), or in LangChain"
        " model.batch(inputs, config={'max_concurrency': 8}).",
    },
    "context_window": {"profile": "Set profile={'max_input_tokens': ...}."},
    "num_ctx": {
        "context_window": "",
        "profile": "Set profile={'max_input_tokens': ...}.",
    },
    "system_prompt": {"": "Put a system message in front of the messages."},
    "system": {
        "system_prompt": "",
        "": "Put a system message in front of the messages.",
    },
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
    "is_chat_model": {"": "Every model is one here, so leave it out."},
    "should_use_structured_outputs": {
        "structured_output_mode": "Set structured_output_mode='json_schema'.",
    },
    "audio_config": {"audio": ""},
    "reuse_client": {"": "One client serves all threads and loops, so leave it out."},
    "include_response_headers": {
        "": "An error has its response, and a completion its request_id, so leave it out."
    },
    "disabled_params": {"": "What is None is not sent, so leave it out."},
    "tiktoken_model_name": {"custom_get_token_ids": "", "tokenizer": ""},
    "openai_proxy": {"http_client": _PROXY},
    "proxies": {"http_client": _PROXY},
    "proxy": {"http_client": _PROXY},
    "tool_calling": {"": _ADAPTERS},
    "on_unsupported": {"": _ADAPTERS},
    "on_invalid_tool_calls": {"": _ADAPTERS},
    "on_empty": {"": _ADAPTERS},
    "empty_retries": {"": _ADAPTERS},
    "replay_reasoning": {"": _CHOICE},
    "merge_system_messages": {"": _CHOICE},
    "media_in_history": {"": _CHOICE},
    "api_type": {"": _LEAVE_OUT},
    "api_version": {"": _LEAVE_OUT},
    "default_query": {"": "The gateway reads no query, so leave it out."},
    "openai_organization": {"": _LEAVE_OUT},
    "organization": {"": _LEAVE_OUT},
    "org_id": {"": _LEAVE_OUT},
    "project": {"": _LEAVE_OUT},
    "include": {"": _RESPONSES},
    "truncation": {"": _RESPONSES},
    "use_previous_response_id": {"": _RESPONSES},
    "use_responses_api": {"": _RESPONSES},
}
"""What packages for other providers call a setting, and what to do with it here."""
