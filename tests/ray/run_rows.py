"""A run on a local Ray of two actors, in a process of its own: `run_rows.py OUT COUNT`."""

from __future__ import annotations

import sys

import ray

from ramclouds.bulk.ray import run

ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False, configure_logging=False)
count = int(sys.argv[2])
report = run([f"row {n}" for n in range(count)], out=sys.argv[1], model="m", max_in_flight=4)
sys.stdout.write(f"{report}\n")
