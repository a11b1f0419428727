# SPDX-License-Identifier: EUPL-1.2
"""Questions to the chain's node, for auditors: a closed list of methods, each in one form, so many a minute.

The node itself asks nobody who they are and does whatever it is told; nobody but this server reaches it. What is passed
on to it is written anew from what was understood here: no text of the asker's gets there.
"""

from .answering import ChainQueries, Reader
from .messages import BATCH_CALLS, MOST_BYTES
from .methods import METHODS, RANGE_BLOCKS

__all__ = ["BATCH_CALLS", "METHODS", "MOST_BYTES", "RANGE_BLOCKS", "ChainQueries", "Reader"]
