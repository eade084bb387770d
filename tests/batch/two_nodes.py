"""A Ray cluster of two nodes with a processor each, until standard input ends; prints its address.

It has a process of its own, since Ray leaves its files and processes to the garbage collector.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ray.cluster_utils import Cluster

NODE = {
    "num_cpus": 1,
    "object_store_memory": 100_000_000,
    "include_dashboard": False,
    "no_monitor": True,
    "include_log_monitor": False,
}


def started(start_node: Callable[[], object]) -> None:
    """Start a node, again if need be: Ray gives it half a minute, which is not enough on a very busy machine."""
    for attempt in range(3):
        try:
            start_node()
            return
        except Exception as error:
            if attempt == 2 or "timed out" not in str(error):
                raise


def main() -> None:
    (Path(os.environ["RAY_TMPDIR"]) / "ray").mkdir(exist_ok=True)  # where Ray notes the address
    cluster = Cluster()
    try:
        for _ in range(2):
            started(lambda: cluster.add_node(**NODE, wait=False))
        while sum(found["Alive"] for found in cluster.global_state.node_table()) < 2:
            time.sleep(0.1)
        sys.stdout.write(f"{cluster.address}\n")
        sys.stdout.flush()
        sys.stdin.read()
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    main()
