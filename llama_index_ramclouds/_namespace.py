"""`llama_index.llms.ramclouds`: where the wheel puts this file, beside LlamaIndex's own LLMs."""

from llama_index_ramclouds import MissingToolCallError, RamClouds, StructuredOutputError

__all__ = ["MissingToolCallError", "RamClouds", "StructuredOutputError"]
