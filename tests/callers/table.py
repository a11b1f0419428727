# SPDX-License-Identifier: EUPL-1.2
"""Who may call each operation, and what they are then answered: written down here by hand, apart from the code.

A line says whom an operation is for, the status of an answer to them, and where one of them is answered otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .kinds import Kind

ANYONE = ("anyone",)
PHONES = ("phone",)
TILLS = ("cashier", "owner")
OWNERS = ("owner",)
ISSUERS = ("issuer",)
SHOP_MANAGERS = ("shop_manager",)
TREASURERS = ("treasurer",)
APPROVERS = ("approver",)
AUDITORS = ("auditor",)
ALL_STAFF = ("issuer", "shop_manager", "treasurer", "approver", "auditor", "administrator")
PAYMENT_READERS = ("treasurer", "approver", "auditor")
HOUSEHOLD_READERS = ("issuer", "auditor")
APPLICATION_READERS = ("shop_manager", "approver", "auditor")
CHAIN_READERS = ("auditor", "audit_key")


@dataclass(frozen=True)
class Line:
    """Whom an operation is for, and how it answers them; `but` says who of them is answered otherwise."""

    callers: tuple[str, ...]
    status: int = 200
    but: Mapping[Kind, tuple[int, str]] = field(default_factory=dict)

    def answer_to(self, kind: Kind) -> tuple[int, str]:
        """The status and, of a refusal, the reason."""
        return self.but.get(kind, (self.status, ""))


def closed(*kinds: Kind, status: int, reason: str) -> dict[Kind, tuple[int, str]]:
    """Say that these are refused what is not theirs."""
    return dict.fromkeys(kinds, (status, reason))


NOT_ITS_PAYMENT = closed(Kind.OTHER_PHONE, status=404, reason="payment_unknown")
NOT_ITS_SHOPS = closed(Kind.OTHER_TILL, status=404, reason="redemption_unknown")

TABLE = {
    # ------------------------------------------------ anyone
    "getFund": Line(ANYONE),
    "listProgrammes": Line(ANYONE),
    "getProgrammeRules": Line(ANYONE),
    "listShops": Line(ANYONE),
    "listHeads": Line(ANYONE),
    "getWeeklyFigures": Line(ANYONE),
    # Each of these asks for a secret of its own, which the request has: a letter, a code, a PIN, a signature.
    "lookUpLetter": Line(ANYONE),
    "activate": Line(ANYONE, 201),
    "retrieveBackup": Line(ANYONE),
    "pairTill": Line(ANYONE, 201),
    "signIn": Line(ANYONE, 201),
    "applyAsShop": Line(ANYONE, 201),
    "lookUpShopApplication": Line(ANYONE),
    "supplementShopApplication": Line(ANYONE),
    # ------------------------------------------------ phones: asked for what is family A's
    "getBudget": Line(PHONES),
    "listPayments": Line(PHONES),
    "followBudget": Line(PHONES),
    "provePayment": Line(PHONES, but=NOT_ITS_PAYMENT),
    "getReceipt": Line(PHONES, but=NOT_ITS_PAYMENT),
    "renewTickets": Line(PHONES, 201, closed(Kind.OTHER_PHONE, status=409, reason="voucher_unknown")),
    "saveBackup": Line(PHONES, but=closed(Kind.OTHER_PHONE, status=409, reason="backup_of_another_phone")),
    # ------------------------------------------------ tills: asked for what is shop 1's
    "getTill": Line(TILLS),
    "redeem": Line(TILLS, 201, closed(Kind.OTHER_TILL, status=409, reason="ticket_for_another_shop")),
    "getRedemption": Line(TILLS, but=NOT_ITS_SHOPS),
    "refund": Line(TILLS, 201, NOT_ITS_SHOPS),
    "listRedemptions": Line(TILLS),
    # A cashier's till may remove itself only.
    "removeTill": Line(
        TILLS,
        but={Kind.CASHIER: (403, "owner_required"), Kind.OTHER_TILL: (404, "not_found")},
    ),
    "listTills": Line(OWNERS),
    "createOwnPairingCode": Line(OWNERS, 201),
    "listPayouts": Line(OWNERS),
    "getPayout": Line(OWNERS, but=closed(Kind.OTHER_TILL, status=404, reason="not_found")),
    # ------------------------------------------------ staff
    "openProgramme": Line(ISSUERS, 201),
    "extendProgramme": Line(ISSUERS, 201),
    "importHouseholds": Line(ISSUERS, 201),
    "discloseLetters": Line(ISSUERS, 201),
    "printLetters": Line(ISSUERS, 201),
    "confirmLetters": Line(ISSUERS, 201),
    "reissueLetters": Line(ISSUERS, 201),
    "addVouchers": Line(ISSUERS, 201),
    "listTopUps": Line(HOUSEHOLD_READERS),
    "topUpVoucher": Line(ISSUERS, 201),
    "blockVoucher": Line(ISSUERS),
    "unblockVoucher": Line(ISSUERS),
    "printCodes": Line(ISSUERS, 201),
    "listUnopenedHouseholds": Line(ISSUERS, 201),
    "lookUpHousehold": Line(HOUSEHOLD_READERS),
    "createReplacementLetter": Line(ISSUERS, 201),
    "getVoucherUse": Line(ALL_STAFF),
    "getReport": Line(ALL_STAFF),
    "getOutlook": Line(ALL_STAFF),
    "listTillsOfShop": Line(ALL_STAFF),
    "importShops": Line(SHOP_MANAGERS, 201),
    "allowShop": Line(SHOP_MANAGERS),
    "suspendShop": Line(SHOP_MANAGERS),
    "createPairingCode": Line(SHOP_MANAGERS, 201),
    "removeTillOfShop": Line(SHOP_MANAGERS),
    "listShopApplications": Line(APPLICATION_READERS),
    "getShopApplication": Line(APPLICATION_READERS),
    "questionShopApplication": Line(SHOP_MANAGERS, 201),
    "assessShopApplication": Line(SHOP_MANAGERS, 201),
    "approveShopApplication": Line(APPROVERS, 201),
    "refuseShopApplication": Line(APPROVERS, 201),
    "getShopAccount": Line(APPLICATION_READERS),
    "proposeAccount": Line(SHOP_MANAGERS, 201),
    "approveAccount": Line(APPROVERS, 201),
    "withdrawAccount": Line(("shop_manager", "approver")),
    "deposit": Line(TREASURERS, 201),
    "sweepProgramme": Line(TREASURERS, but=closed(Kind.TREASURER, status=409, reason="closing_too_early")),
    "withdrawRest": Line(TREASURERS, but=closed(Kind.TREASURER, status=409, reason="closing_too_early")),
    # Today's is published already.
    "publishHead": Line(TREASURERS),
    "getClosingStatement": Line(PAYMENT_READERS),
    "getClosingStatementPaper": Line(PAYMENT_READERS),
    "previewPayoutRun": Line(TREASURERS),
    "preparePayoutRun": Line(TREASURERS, 201),
    "cancelPayoutRun": Line(TREASURERS),
    "approvePayoutRun": Line(APPROVERS, 201),
    "proposePayoutAgain": Line(
        TREASURERS, but=closed(Kind.TREASURER, status=409, reason="transfer_not_returned")
    ),
    "importStatement": Line(TREASURERS),
    "listPayoutRuns": Line(PAYMENT_READERS),
    "getPayoutRun": Line(PAYMENT_READERS),
    "getPayoutFile": Line(PAYMENT_READERS),
    "listInspections": Line(ALL_STAFF),
    "getInspection": Line(ALL_STAFF),
    "askInspection": Line(AUDITORS, 202),
    "acknowledgeInspection": Line(
        AUDITORS, but=closed(Kind.AUDITOR, status=409, reason="nothing_to_acknowledge")
    ),
    "listPaymentLines": Line(PAYMENT_READERS),
    "getPaymentTrail": Line(PAYMENT_READERS),
    "exportBookkeeping": Line(PAYMENT_READERS),
    # ------------------------------------------------ who reads the whole chain
    "queryChain": Line(CHAIN_READERS),
}
