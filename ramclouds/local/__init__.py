"""A real model on loopback, for work without a key.

with LocalServer() as server:
    client = Client(api_key=server.api_key, base_url=server.base_url)
    client.complete(model=server.model, messages=[{"role": "user", "content": "Hi"}])

Needs `pip install "ramclouds[local]"` and `python -m ramclouds.local fetch`, or the path of another
GGUF file in `RAMCLOUDS_LOCAL_MODEL`.
"""

from ramclouds.local._endpoint import Endpoint, local_or_remote
from ramclouds.local._server import LocalServer

__all__ = ["Endpoint", "LocalServer", "local_or_remote"]
