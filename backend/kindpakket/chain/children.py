# SPDX-License-Identifier: EUPL-1.2
"""Child processes that end when we do, however we end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress

INHERITED = (
    *("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "TZ"),
    # The copyist is Python, and a test may have it find the package elsewhere.
    *("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "LD_LIBRARY_PATH"),
)
"""What a child is left of our environment, which may hold secrets: passphrases, and passwords in addresses."""

# Between fork and exec a child of a threaded program may do very little, so a small Python of its own asks to be killed
# when the thread that started it ends, and becomes the program. A parent that is gone by then is no parent.
_LAUNCHER = """
import ctypes, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


def start_child(
    command: Sequence[str], *, stdin: bytes = b"", stderr: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """Start a program, named by its path, whose output we read. On Linux it ends with the thread that calls this.

    `stdin` is what it may read, a few bytes: secrets, which a command line would show to others, and an environment to
    programs of the same user.
    """
    child = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid()), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        # Its own session: Ctrl-C is for us, and we stop it when our work is done.
        start_new_session=True,
        env={name: os.environ[name] for name in INHERITED if name in os.environ},
    )
    assert child.stdin is not None, "it was asked for"
    # Whoever is gone already says so by its exit code.
    with suppress(BrokenPipeError), child.stdin as pipe:
        pipe.write(stdin)
    child.stdin = None
    return child
