"""The wordings of a request that is longer than the model's context window."""

from __future__ import annotations

import re

from ramclouds._late import late

CODES = frozenset(
    {
        "context_length_exceeded",  # OpenAI and most others
        "exceed_context_size_error",  # llama.cpp
        "model_context_window_exceeded",  # Z.ai
        "context_window_exceeded",
        "OutofContextError",  # Volcengine
        "tokens_limit_reached",  # GitHub Models
        "1261",  # GLM: https://docs.z.ai/api-reference/api-code
    }
)

# One row for each way to say it, with the providers that do and a report of it. All repetitions
# have an upper limit, so that a search takes linear time.
WORDINGS = (
    # OpenAI, Azure, DeepSeek, vLLM, OpenRouter, LiteLLM: "This model's maximum context length is
    # 8192 tokens." https://github.com/vllm-project/vllm/issues/42474
    # Mistral: "too large for model with 32768 maximum context length"
    # https://github.com/BerriAI/litellm/pull/21647
    # xAI: "This model's maximum prompt length is ..." https://github.com/cline/cline/issues/3120
    r"(maximum|max) (allowed )?(context|prompt|model|input|sequence) length",
    # Anthropic, Bedrock, Ollama, Perplexity: "prompt is too long: 202128 tokens > 200000 maximum"
    # https://github.com/stackblitz/bolt.new/issues/1748
    r"(prompt|input|context|messages|conversation|query)(?: \([^()]{0,40}\))?"
    r"( length| tokens)? (is |are )?too long",
    # OpenAI: "Your input exceeds the context window of this model." llama.cpp: "the request exceeds
    # the available context size" MiniMax: "invalid params, context window exceeds limit (2013)"
    # https://github.com/MiniMax-AI/MiniMax-M2/issues/119
    # Anthropic: "input length and `max_tokens` exceed context limit: 199759 + 8192 > 200000"
    # https://github.com/continuedev/continue/issues/6080
    # SGLang, Together, LM Studio: "The input (263000 tokens) is longer than the model's context
    # length" https://github.com/openclaw/openclaw/issues/129352
    r"(exceed(s|ed|ing)?|(longer|greater|larger|more) than|over)\b.{0,60}\bcontext"
    r"[ _-]?(length|window|size|limit)",
    r"context[ _-]?(length|window|size|limit)\b.{0,40}\b(exceed(s|ed)?|overflow|is only)",
    r"tokens?, but the configured context",
    # Cohere, Bedrock: "too many tokens: ..." https://github.com/BerriAI/litellm/pull/21647
    r"too many (input |prompt )?tokens",
    # Groq, Cerebras: "Please reduce the length of the messages or completion."
    r"reduce (the |your )(length|prompt|input|number of (input )?tokens)",
    # Gemini: "The input token count (1250003) exceeds the maximum number of tokens allowed"
    # Copilot: "prompt token count of 130000 exceeds the limit of 128000"
    # Poolside, GLM: "Input length 131393 exceeds the maximum allowed input length"
    # https://github.com/earendil-works/pi/issues/4943
    r"(input|prompt|token)s? (token )?(count|length)s?\b.{0,40}\bexceeds? ",
    # Volcengine (OutofContextError): "Total tokens of image and text exceed max message tokens"
    # Qwen on other hosts: "Input tokens exceed the configured limit of 192000 tokens."
    r"(?<!max_)tokens? .{0,40}\bexceed(s|ed)? ((the )?(max|maximum|configured)\b|the model)"
    r"|tokens in the prompt cannot exceed",
    # Kimi: "Your request exceeded model token limit: 262144 (requested: 310000)"
    r"exceed(s|ed)? (the )?(model('s)? )?token limit|token limit exceeded",
    # Qwen: "Range of input length should be [1, 30720]"
    # https://github.com/QwenLM/qwen-code/issues/98
    r"range of input length should be",
    # GLM: "Prompt exceeds max length" https://github.com/farion1231/cc-switch/issues/6982
    r"(prompt|input) exceeds? (the )?(max|maximum|length|limit|context)",
    # SiliconFlow: "length of prompt_tokens (57535) must be less than max_seq_len (32768)"
    # https://github.com/langgenius/dify/issues/19394
    r"(less than|exceeds?|>) (the )?(max_seq_len|max_model_len|max_position)",
    # TGI: "`inputs` tokens + `max_new_tokens` must be <= 2048" and "`inputs` must have less than
    # 1024 tokens" https://github.com/huggingface/text-generation-inference/issues/695
    r"`?inputs`? (tokens \+|must have less than \d+ tokens)",
    # GLM: "Prompt 超长". The others say it with these subjects and verbs.
    r"(上下文|输入|提示词|请求|消息|对话|prompt|messages|(?<!_)tokens?)[^,.\n。]{0,20}"
    r"(超长|过长|太长|超出|超过|超限)",
)

# These mention tokens or limits, and are about something else.
COUNTER_EXAMPLES = late(
    r"rate.?limit|too many requests|throttl|per (minute|min|hour|day)\b|\b[TR]PM\b|please wait"
    r"|quota|频率|限流|并发|速率|次数|每分钟|图片|文件|余额|额度",
    re.I,
)

_WORDING = late("|".join(f"(?:{pattern})" for pattern in WORDINGS), re.I | re.S)


def is_too_long(message: str) -> bool:
    """Whether a message says that a request does not fit into the context window."""
    return bool(_WORDING.search(message)) and not COUNTER_EXAMPLES.search(message)
