# SPDX-License-Identifier: EUPL-1.2
"""Answers one SMT-LIB question with Bitwuzla, as halmos asks it: the file's name is the only argument."""

from __future__ import annotations

import sys

import bitwuzla


def main() -> None:
    """Print `sat` with a model, or `unsat`."""
    options = bitwuzla.Options()
    options.set(bitwuzla.Option.PRODUCE_MODELS, True)
    bitwuzla.Parser(bitwuzla.TermManager(), options).parse(sys.argv[1])


if __name__ == "__main__":
    main()
