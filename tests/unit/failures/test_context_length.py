"""Wordings of a context that is too long, by provider, and messages that only look like one."""

from __future__ import annotations

import re

from ramclouds._failures.context_length import WORDINGS, is_too_long
from tests.harness import in_row

# As reported in public; the reports stand beside the wordings in the module.
TOO_LONG = {
    "openai": "This model's maximum context length is 8192 tokens. However, your messages resulted"
    " in 9000 tokens. Please reduce the length of the messages.",
    "openai_responses": "Your input exceeds the context window of this model. Please adjust your"
    " input and try again.",
    "azure": "This model's maximum context length is 4096 tokens, however you requested 4222 tokens"
    " (1222 in your prompt; 3000 for the completion).",
    "anthropic": "prompt is too long: 202128 tokens > 200000 maximum",
    "anthropic_max_tokens": "input length and `max_tokens` exceed context limit: 199759 + 8192 >"
    " 200000, decrease input length or `max_tokens` and try again",
    "bedrock": "Input is too long for requested model.",
    "bedrock_tokens": "The model returned the following errors: too many input tokens",
    "gemini": "The input token count (1250003) exceeds the maximum number of tokens allowed"
    " (1048576).",
    "vertex": "The input token count exceeds the maximum number of tokens allowed 1048576.",
    "kimi": "Invalid request: Your request exceeded model token limit: 262144 (requested: 310000)",
    "qwen": "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 30720]",
    "qwen_other_host": "Input tokens exceed the configured limit of 192000 tokens.",
    "glm": "Prompt exceeds max length",
    "glm_chinese": "Prompt 超长",
    "glm_hub": "Input length 877338 exceeds the maximum allowed input length of 639968 tokens",
    "minimax": "invalid params, context window exceeds limit (2013)",
    "deepseek": "This model's maximum context length is 65536 tokens. However, you requested 69648"
    " tokens (69648 in the messages, 0 in the completion). Please reduce the length of the messages"
    " or completion.",
    "xai": "This model's maximum prompt length is 131072 but the request contains 136973 tokens.",
    "volcengine": "Total tokens of image and text exceed max message tokens. Request id: 0217",
    "siliconflow": "length of prompt_tokens (57535) must be less than max_seq_len (32768).",
    "total_of_cohere": "total number of tokens in the prompt cannot exceed 4081 - received 5000.",
    "total": "Your request's total tokens exceed the model limit",
    "chinese_messages": "messages 长度超过限制",
    "mistral": "Prompt contains 70000 tokens and 0 draft tokens, too large for model with 32768"
    " maximum context length",
    "groq": "Please reduce the length of the messages or completion.",
    "cerebras": "Please reduce the length of the messages or completion. Current length is 65536"
    " while limit is 8192",
    "cohere": "too many tokens: total number of tokens in the prompt cannot exceed 4081",
    "openrouter": "This endpoint's maximum context length is 131072 tokens. However, you requested"
    " about 150000 tokens (149000 of text input, 1000 in the output).",
    "poolside": "Input length 131393 exceeds the maximum allowed input length of 131040 tokens.",
    "together": "The input (263000 tokens) is longer than the model's context length (262144"
    " tokens).",
    "sglang": "Requested token count exceeds the model's maximum context length of 262144 tokens.",
    "vllm": "This model's maximum context length is 128000 tokens. However, you requested 65535"
    " output tokens and your prompt contains at least 62466 input tokens.",
    "vllm_prompt": "The decoder prompt (length 9000) is longer than the maximum model length of"
    " 8192.",
    "litellm": "Input length (265330) exceeds model's maximum context length (262144).",
    "tgi": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 2048. Given: 3474"
    " `inputs` tokens and 60 `max_new_tokens`",
    "tgi_inputs": "Input validation error: `inputs` must have less than 1024 tokens. Given: 1168",
    "llama_cpp": "the request exceeds the available context size, try increasing it",
    "lm_studio": "The number of tokens to keep from the initial prompt is greater than the context"
    " length",
    "lm_studio_overflow": "Trying to keep the first 9000 tokens when context overflows. However,"
    " the model is loaded with context length of only 4096 tokens, context length exceeded",
    "ollama": "prompt too long; exceeded max context length by 5000 tokens",
    "ollama_embeddings": "the input length exceeds the context length",
    "copilot": "prompt token count of 130000 exceeds the limit of 128000",
    "ds4": "Prompt has 70000 tokens, but the configured context size is 65536 tokens",
    "perplexity": "The total length of all messages is too long.",
    "chinese_input": "输入长度超过模型上限",
    "chinese_context": "上下文长度超出限制，请缩短对话后重试",  # noqa: RUF001
    "chinese_tokens": "token 数量超过上限",
    "any": "token limit exceeded for this model",
}

OTHER = {
    "bedrock_throttled": "ThrottlingException: Too many tokens, please wait before trying again.",
    "tokens_per_minute": "Rate limit reached: too many tokens per minute (TPM).",
    "request_per_minute": "Request too large for gpt-4o on tokens per min (TPM): Limit 30000,"
    " Requested 40000. The input or output tokens must be reduced in order to run successfully.",
    "max_tokens": "max_tokens: 9 > 8, which is the maximum allowed number of output tokens",
    "max_tokens_qwen": "Range of max_tokens should be [1, 8192]",
    "max_tokens_above": "max_tokens value exceeds the maximum allowed 8192",
    "max_tokens_chinese": "max_tokens 超过上限 8192",
    "max_tokens_doubao": "Model Parameter max_tokens should be less than or equal to 12288.0",
    "string": "Invalid 'tools[0].name': string too long. Expected a string with maximum length 64.",
    "image": "messages.0: image exceeds 5 MB maximum: 6000000 bytes > 5242880 bytes",
    "too_many_images": "too many images: 25 > 20",
    "unknown_parameter": "Unknown parameter: 'context_window'.",
    "temperature": "temperature must be at most 2",
    "quota": "You exceeded your current quota, please check your plan and billing details.",
    "prompt": "prompt must be a string",
    "stop": "stop sequences exceed the maximum of 4",
    "chinese_rate": "请求频率超过限制",
    "chinese_image": "输入图片大小超出限制",
    "chinese_quota": "该令牌额度超出限制",
    "nothing": "",
}


def test_wording_of_a_provider() -> None:
    for provider in TOO_LONG:
        with in_row(provider):
            assert is_too_long(TOO_LONG[provider])
            assert is_too_long(TOO_LONG[provider].upper())


def test_message_about_something_else() -> None:
    for kind in OTHER:
        with in_row(kind):
            assert not is_too_long(OTHER[kind])


def test_every_pattern_is_needed_by_a_wording() -> None:
    for pattern in WORDINGS:
        with in_row(pattern):
            others = [other for other in WORDINGS if other != pattern]
            without = re.compile("|".join(f"(?:{other})" for other in others), re.I | re.S)
            assert any(not without.search(message) for message in TOO_LONG.values())
