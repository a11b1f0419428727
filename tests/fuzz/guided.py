# SPDX-License-Identifier: EUPL-1.2
"""Atheris (libFuzzer) looks for bytes that break a reader, guided by which code they reach: `scripts/fuzz parsers`.

`python -m tests.fuzz.guided [--seconds N] [READER ...]`. Each reader has a process of its own; bytes that break one
are written to var/fuzz/, to become a test.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOUND = ROOT / "var" / "fuzz"
MOST_BYTES = 4096
NAMES = ("ticket", "base45", "letter", "signature", "csv", "euros", "account", "camt053", "pain002")


def main() -> int:
    """Let each reader be tried for so long, say what came of it, and return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz parsers", description=main.__doc__)
    parser.add_argument("readers", nargs="*", choices=[[], *NAMES], help="all, unless some are named")
    parser.add_argument("--seconds", type=int, default=60, help="for each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        return _search(asked.one, seconds=asked.seconds, seed=asked.seed)
    FOUND.mkdir(parents=True, exist_ok=True)
    print(f"{'reader':<10} {'tried':>11} {'a second':>9} {'edges':>6} {'kept':>6}  outcome", flush=True)
    outcomes = [_try(name, asked.seconds, asked.seed) for name in asked.readers or NAMES]
    return max(outcomes)


def _try(name: str, seconds: int, seed: int) -> int:
    command = [
        sys.executable,
        "-m",
        "tests.fuzz.guided",
        "--one",
        name,
        "--seconds",
        f"{seconds}",
        "--seed",
        f"{seed}",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    edges, kept = (re.findall(r"cov: (\d+) .*corp: (\d+)/", done.stderr) or [("0", "0")])[-1]
    tried = re.findall(r"stat::number_of_executed_units:\s*(\d+)", done.stderr)
    per_second = re.findall(r"stat::average_exec_per_sec:\s*(\d+)", done.stderr)
    outcome = "held" if done.returncode == 0 else "BROKEN"
    print(
        f"{name:<10} {(tried or ['?'])[-1]:>11} {(per_second or ['?'])[-1]:>9} {edges:>6} {kept:>6}  {outcome}",
        flush=True,
    )
    if done.returncode:
        print(done.stderr[-4000:], flush=True)
    return min(done.returncode, 1) if done.returncode >= 0 else 1


def _search(name: str, *, seconds: int, seed: int) -> int:
    import atheris

    with atheris.instrument_imports(include=["kindpakket", "csv", "defusedxml", "schwifty"]):
        from .parsers import READERS
        from .seeds import seeds

    assert set(NAMES) == set(READERS)
    with tempfile.TemporaryDirectory() as folder:
        for place, content in enumerate(seeds()[name]):
            (Path(folder) / f"seed-{place}").write_bytes(content)
        reader = READERS[name]

        def try_bytes(content: bytes) -> None:
            reader(content)

        options = [
            f"-max_total_time={seconds}",
            f"-seed={seed}",
            f"-max_len={MOST_BYTES}",
            "-timeout=20",
            "-rss_limit_mb=1024",
            "-print_final_stats=1",
            f"-artifact_prefix={FOUND}/{name}-",
        ]
        atheris.Setup([sys.argv[0], *options, folder], try_bytes)
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
