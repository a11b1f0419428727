# SPDX-License-Identifier: EUPL-1.2
"""Account numbers as people type them: an IBAN of a country in SEPA, checked, and shown in part."""

from __future__ import annotations

from typing import Literal

import schwifty
from schwifty.exceptions import InvalidCountryCode, InvalidStructure

IbanFault = Literal["check", "bank", "sepa"]
"""What is wrong with an IBAN: its check digits or its length, its Dutch form (four letters of the bank and ten digits),
or its country, which is not in SEPA."""


class IbanInvalid(ValueError):
    """It cannot be an account that is paid by a SEPA transfer."""

    def __init__(self, fault: IbanFault) -> None:
        """Say what is wrong."""
        super().__init__(fault)
        self.fault: IbanFault = fault


def read_iban(written: str) -> str:
    """Return an IBAN without spaces, in capitals. ISO 7064 mod 97-10 over the whole, and the form of its country.

    Raises:
        IbanInvalid: It is none.
    """
    try:
        iban = schwifty.IBAN(written)
    except InvalidCountryCode as error:
        raise IbanInvalid("sepa") from error
    except InvalidStructure as error:
        is_dutch = written.strip()[:2].upper() == "NL"
        raise IbanInvalid("bank" if is_dutch else "check") from error
    except ValueError as error:
        raise IbanInvalid("check") from error
    if not iban.in_sepa_zone:
        raise IbanInvalid("sepa")
    return str(iban)


def mask_iban(iban: str) -> str:
    """Return of an IBAN what tells two apart and pays nobody: its country and its last four characters."""
    return f"{iban[:2]}..{iban[-4:]}"
