# SPDX-License-Identifier: EUPL-1.2
"""`kindpakket` and `python -m kindpakket` are the command line."""

import gc

# What is imported stays. Looking through all of it for garbage again and again takes a third of a start.
gc.disable()
from .cli import app  # noqa: E402

gc.freeze()
gc.enable()

if __name__ == "__main__":
    app()
