"""`llama_index.embeddings.ramclouds`: where the wheel puts this file, beside LlamaIndex's own."""

# Names no names: an editable install keeps a copy, which would name those of then.
from llama_index_ramclouds import *  # noqa: F403
from llama_index_ramclouds import __all__ as __all__
