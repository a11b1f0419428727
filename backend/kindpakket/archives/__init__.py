# SPDX-License-Identifier: EUPL-1.2
"""Archives: an installation in one file, made while it runs, and put into a new folder from there.

All that the data folder holds is in it, but what follows from the rest (the ledger, the chain's snapshots), logs, and
the passphrase of the keystore and the admin's key unless they are asked for. An archive is there whole or not at all,
names a checksum for each of its files, and only its owner can read it.

What the registry says must never run ahead of the chain: a payout that the registry holds for done and the chain never
saw would be lost, while what only the chain knows is found there at the next start. So the databases are seen in this
order, each as of one moment and all within a blink, before any of them is copied: the registry first, the journal last.
All that was acknowledged before the archive was begun is in the journal by then. Keys and the deployment are copied
before both and looked at again after them: if they changed meanwhile, that round does not count.

A restored folder is the same installation again. The first one must not run any more: both have the same keys, and a
chain that goes on in two ways is worth nothing to whoever kept the heads of one of them.
"""

from .format import ArchiveRefused, Manifest
from .making import make
from .restoring import restore

__all__ = ["ArchiveRefused", "Manifest", "make", "restore"]
