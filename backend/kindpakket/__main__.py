# SPDX-License-Identifier: EUPL-1.2
"""`python -m kindpakket` is the command line."""

from .cli import app

app()
