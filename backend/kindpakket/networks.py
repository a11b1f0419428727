# SPDX-License-Identifier: EUPL-1.2
"""What counts as one caller where callers are counted: a network, for who has one address may have more of them."""

from __future__ import annotations

import ipaddress

_BITS_OF_A_LINE = 48
"""Of IPv6: what providers hand out to one line at the most. Source: RFC 6177, BCOP RIPE-690."""


def network_of(address: str) -> str:
    """Return what counts as one address: of IPv6 the network that one line can have, else the address as it is."""
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return address
    if read.version == 4:
        return address
    if read.ipv4_mapped is not None:
        return str(read.ipv4_mapped)
    return str(ipaddress.ip_network((int(read), _BITS_OF_A_LINE), strict=False))
