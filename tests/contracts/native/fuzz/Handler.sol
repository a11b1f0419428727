// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

import {owed, unallocated} from "./Books.sol";
import {Outsider} from "./Outsider.sol";

/// What forge plays with: a town that has just opened, and how its books are closed in the end.
contract Handler is Outsider {
    /// Picks that `_amount` reads as EUR 3,00, EUR 2.621,43 and EUR 167.772,15.
    uint256 private constant SMALL = 299 << 8 | 1;
    uint256 private constant LARGE = 3 << 8;
    uint256 private constant LARGEST = 5 << 8;

    /// Money, vouchers, shops and tills are there, so that the first steps already mean something. Nobody paid yet.
    constructor() {
        _open(Terms(uint40(nowAt + 100), uint40(nowAt + 3_000), 0x0e, 200), ACCEPTED);
        _open(Terms(uint40(nowAt + 600), uint40(nowAt + 5_000), 0x80000002, 2 ** 18 - 1), ACCEPTED);
        for (uint256 programme = 0; programme < programmeCount; ++programme) {
            deposit(programme, LARGEST);
            issue(programme, SMALL);
            issue(programme, LARGE);
            for (uint256 shop = 0; shop < shops.length; ++shop) {
                allowShop(programme, shop, 0);
            }
        }
        for (uint256 i = 0; i < shops.length; ++i) {
            addTill(i, i);
        }
        for (uint256 i = 0; i < voucherCount; ++i) {
            activate(i);
        }
        nowAt = terms[2].startsAt;
        // What is counted is what forge reaches from here.
        (, bytes4[20] memory selectors) = verbs();
        for (uint256 i = 0; i < selectors.length; ++i) {
            delete tallies[selectors[i]];
        }
    }

    /// After all programmes: takes back what is left, pays what is owed, and takes out the rest.
    function close() external {
        for (uint16 programme = 1; programme <= programmeCount; ++programme) {
            if (nowAt < terms[programme].endsAt) nowAt = terms[programme].endsAt;
        }
        for (uint32 voucher = 1; voucher <= voucherCount; ++voucher) {
            _sweep(voucher);
        }
        for (uint16 programme = 1; programme <= programmeCount; ++programme) {
            for (uint256 i = 0; i < shops.length; ++i) {
                int256 owedCents = balance(owed(programme, shops[i]));
                if (owedCents > 0) _settle(programme, shops[i], uint64(uint256(owedCents)));
            }
            int256 leftCents = balance(unallocated(programme));
            if (leftCents > 0) _withdraw(programme, uint64(uint256(leftCents)));
        }
    }

    /// All verbs, by the names under which they are counted.
    function verbs() public view returns (string[20] memory names, bytes4[20] memory selectors) {
        names = [
            "openProgramme",
            "extend",
            "deposit",
            "withdraw",
            "settle",
            "sweep",
            "anchor",
            "issue",
            "topUp",
            "activate",
            "renewTickets",
            "replaceHolder",
            "blockVoucher",
            "unblockVoucher",
            "allowShop",
            "removeShop",
            "addTill",
            "removeTill",
            "redeem",
            "refund"
        ];
        selectors = [
            fund.openProgramme.selector,
            fund.extend.selector,
            fund.deposit.selector,
            fund.withdraw.selector,
            fund.settle.selector,
            fund.sweep.selector,
            fund.anchor.selector,
            fund.issue.selector,
            fund.topUp.selector,
            fund.activate.selector,
            fund.renewTickets.selector,
            fund.replaceHolder.selector,
            fund.blockVoucher.selector,
            fund.unblockVoucher.selector,
            fund.allowShop.selector,
            fund.removeShop.selector,
            fund.addTill.selector,
            fund.removeTill.selector,
            fund.redeem.selector,
            fund.refund.selector
        ];
    }

    /// What forge may call; the payments more often.
    function steps() external pure returns (bytes4[] memory selectors) {
        bytes4[40] memory all = [
            this.openProgramme.selector,
            this.wait.selector,
            this.wait.selector,
            this.deposit.selector,
            this.withdraw.selector,
            this.settle.selector,
            this.settle.selector,
            this.settleAgain.selector,
            this.sweep.selector,
            this.anchor.selector,
            this.allowShop.selector,
            this.allowShop.selector,
            this.removeShop.selector,
            this.addTill.selector,
            this.addTill.selector,
            this.removeTill.selector,
            this.extend.selector,
            this.issue.selector,
            this.topUp.selector,
            this.replaceHolder.selector,
            this.blockVoucher.selector,
            this.unblockVoucher.selector,
            this.activate.selector,
            this.activate.selector,
            this.activate.selector,
            this.renewTickets.selector,
            this.redeem.selector,
            this.redeem.selector,
            this.redeem.selector,
            this.redeemAtALimit.selector,
            this.refund.selector,
            this.refundOddly.selector,
            this.refundUnused.selector,
            this.bringAgain.selector,
            this.chargeAgain.selector,
            this.signAgain.selector,
            this.tamper.selector,
            this.forge.selector,
            this.takeOver.selector,
            this.overreach.selector
        ];
        selectors = new bytes4[](41);
        for (uint256 i = 0; i < 40; ++i) {
            selectors[i] = all[i];
        }
        selectors[40] = this.bringOldTicket.selector;
    }
}
