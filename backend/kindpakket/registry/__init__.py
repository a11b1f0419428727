# SPDX-License-Identifier: EUPL-1.2
"""The registry: who is who. Letters, phones, shops, tills, staff; no name of a child or parent."""
