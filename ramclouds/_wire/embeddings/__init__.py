"""`/v1/embeddings`: its requests, and its vectors."""
