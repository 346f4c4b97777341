"""The command "cluster": a Dask scheduler and workers that know this project, without anything else to set up."""

import argparse
import os
import time
from typing import Any

from jitai.errors import JitaiError, ParameterError
from jitai.experiments.workers import MAX_WORKERS, cluster_workers
from jitai.installation import CLUSTER
from jitai.paths import program
from jitai.sanitise import for_terminal
from jitai.text_format import counted

PORT = 8786


def add_cluster_command(commands: Any) -> None:
    """Add the command to a parser.

    Args:
        commands: what ArgumentParser.add_subparsers returned.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        "cluster",
        help="start a Dask cluster for `experiment --scheduler`, or add this machine's workers to one",
        description="Start a Dask scheduler with workers on this machine, until Ctrl-C; with --join, only workers, for "
        "a scheduler on another machine. Every machine needs the same version of this project. Whoever reaches the "
        "scheduler can run programs on it: keep it inside a network that you trust.",
    )
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="default: one for each core"
    )
    parser.add_argument(
        "--host", default="127.0.0.1", metavar="ADDRESS",
        help="of this machine, under which others reach it (default: %(default)s, for this machine alone)",
    )  # fmt: skip
    parser.add_argument("--port", type=int, default=PORT, metavar="N", help="of the scheduler (default: %(default)s)")
    parser.add_argument("--join", metavar="ADDRESS", help="of a scheduler that is there, such as tcp://10.0.0.5:8786")
    parser.set_defaults(command=_cluster)


def _cluster(options: argparse.Namespace) -> None:
    """Serve until Ctrl-C.

    Raises: PartMissing, ParameterError.
    """
    CLUSTER.require()
    if not 1 <= options.workers <= MAX_WORKERS or not 0 <= options.port <= 65535:
        raise ParameterError(f"--workers is 1 to {MAX_WORKERS}, and --port 0 to 65535.")
    if options.join:
        _join(options.join, options.workers)
        return
    from distributed import LocalCluster

    try:
        cluster = LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=options.workers, threads_per_worker=1, host=options.host, scheduler_port=options.port,
            dashboard_address=None, silence_logs=50,
        )  # fmt: skip
    except (OSError, ValueError, RuntimeError) as error:
        raise ParameterError(
            f"No scheduler can listen at {options.host[:60]!r}, port {options.port}.",
            "Choose an address of this machine with --host, and another port with --port.",
        ) from error
    with cluster:
        address = cluster.scheduler_address
        print(f"Scheduler: {address}, {options.workers} workers here. Ctrl-C ends it.", flush=True)
        print(f"  experiments:           {program()} experiment NAME --scheduler {address}", flush=True)
        print(f"  on other machines:     {program()} cluster --join {address}", flush=True)
        while True:
            time.sleep(1)


def _join(scheduler: str, n_workers: int) -> None:
    """Serve with workers alone until Ctrl-C, or until the scheduler has gone.

    Raises: ParameterError if nobody answers there, JitaiError if workers cannot start.
    """
    # Its log of what goes wrong is stack traces; the environment reaches the workers, the call this process.
    os.environ.setdefault("DASK_LOGGING__DISTRIBUTED", "critical")
    with cluster_workers(scheduler):
        pass
    from distributed.cli.dask_worker import main as run_workers

    print(f"{counted(n_workers, 'worker')} for {for_terminal(scheduler)}. Ctrl-C ends it.", flush=True)
    words = [scheduler, "--nworkers", str(n_workers), "--nthreads", "1", "--no-dashboard"]
    try:
        run_workers.main(words, prog_name=f"{program()} cluster", standalone_mode=False)
    except (OSError, RuntimeError, ValueError) as error:
        raise JitaiError(
            "The workers cannot start, or the scheduler went away while they did.",
            "See that this machine has the memory for them, that the scheduler is there, and give the command again.",
        ) from error
    print("The scheduler has ended, or was asked to let these workers go.", flush=True)
