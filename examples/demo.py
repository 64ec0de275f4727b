"""Run all examples, one after the other, as `make demo` does."""

import runpy
import sys
from pathlib import Path

from ramclouds import RamCloudsError
from ramclouds.local import Endpoint, local_or_remote

EXAMPLES = ("langchain_chain", "llama_index_rag", "langchain_agent", "llama_index_agent")


def main() -> None:
    with local_or_remote() as at:  # the examples share its server
        print(f"This demo talks to {partner(at)}.", flush=True)
        for name in EXAMPLES:
            print(f"\n=== examples/{name}.py", flush=True)
            path = Path(__file__).with_name(f"{name}.py")
            runpy.run_path(str(path), run_name="__main__")


def partner(at: Endpoint) -> str:
    if not at.is_local:
        return f"RamClouds ({at.base_url}): RAMCLOUDS_API_KEY is set"
    return (
        f"a local model, {at.model}, as RAMCLOUDS_API_KEY is not set. It is very small: "
        "expect real tokens, but poor answers"
    )


if __name__ == "__main__":
    try:
        main()
    except RamCloudsError as error:
        sys.exit(f"{type(error).__name__}: {error}")
