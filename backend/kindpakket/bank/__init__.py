# SPDX-License-Identifier: EUPL-1.2
"""The bank's formats, pure: what is sent (pain.001), what comes back (camt.053), and the references in both."""
