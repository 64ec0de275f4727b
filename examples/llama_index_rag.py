"""Answer from a folder of text files and show the sources: LlamaIndex with an index of vectors."""

import sys
from pathlib import Path
from typing import Any

from llama_index.core import Document, VectorStoreIndex
from llama_index.core.node_parser import SentenceSplitter

from llama_index_ramclouds import RamClouds, RamCloudsEmbedding
from ramclouds import RamCloudsError
from ramclouds.local import local_or_remote

FILES = Path(__file__).with_name("documents").glob("*.txt")
QUESTION = "How often should I lubricate a bicycle chain?"


def main() -> None:
    documents = [Document(text=file.read_text(), metadata={"file": file.name}) for file in FILES]
    nodes = SentenceSplitter(chunk_size=200, chunk_overlap=20).get_nodes_from_documents(documents)
    with local_or_remote() as at:
        print(f"LlamaIndex RAG on {at}\n\n{QUESTION}")
        gateway: dict[str, Any] = {"api_key": at.api_key, "base_url": at.base_url}
        llm = RamClouds(model=at.model, context_window=at.context_window, **gateway)
        vectors = RamCloudsEmbedding(model=at.embedding_model, **gateway)
        index = VectorStoreIndex(nodes, embed_model=vectors)
        answer = index.as_query_engine(llm, streaming=True, similarity_top_k=1).query(QUESTION)
        answer.print_response_stream()
        for source in answer.source_nodes:
            print(f"\nSource: {source.metadata['file']}, score {source.score:.2f}")


if __name__ == "__main__":
    try:
        main()
    except RamCloudsError as error:
        sys.exit(f"{type(error).__name__}: {error}")
