"""`llama_index.embeddings.ramclouds`: where the wheel puts this file, beside LlamaIndex's own."""

# With `*`: an editable install copies this file, so a list of names would go stale.
from llama_index_ramclouds import *  # noqa: F403
from llama_index_ramclouds import __all__ as __all__
