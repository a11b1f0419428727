// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

import {IVoucherFund} from "fund/IVoucherFund.sol";

import {Vm, vm} from "../Vm.sol";
import {Account, Books, Kind, onVoucher, owed, settled, unallocated, withdrawn, world} from "./Books.sol";
import {Handler} from "./Handler.sol";

/// The nine invariants of contracts/README.md, by the same names, after every step that forge takes in the town.
///
/// Three books are compared: the contract's storage, its events alone, and what the town knows by itself.
contract Invariants {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    uint256 private constant SHOPS = 3;

    /// Gas of a call, without the 21,000 of any transaction and its data; see the ninth invariant.
    uint256 private constant CEILING_GAS = 62_000;

    string private constant CALLS = ".setup/prove/calls.txt";

    Handler private town;
    IVoucherFund private fund;

    function setUp() external {
        town = new Handler();
        fund = town.fund();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(town);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(town), town.steps());
    }

    // ---------------------------------------------------------------- the invariants

    /// One campaign for all nine: apart, forge would play the same steps nine times over.
    function invariant_the_nine_hold() external view {
        money_is_conserved();
        no_balance_is_below_zero_and_none_above_what_was_issued();
        a_ticket_is_used_at_most_once();
        nothing_leaves_a_voucher_without_its_holders_ticket();
        only_allowed_shops_receive();
        no_redemption_outside_the_period_and_no_sweep_before_its_end();
        refunds_settlements_and_debts_keep_their_limits();
        the_events_alone_rebuild_every_balance();
        no_call_costs_more_because_the_fund_is_older_or_larger();
    }

    function money_is_conserved() public view {
        for (uint16 programme = 1; programme <= town.programmeCount(); ++programme) {
            IVoucherFund.Programme memory kept = fund.getProgramme(programme);
            int256 sumCents = int256(uint256(kept.unallocatedCents) + kept.withdrawnCents);
            for (uint32 voucher = 1; voucher <= town.voucherCount(); ++voucher) {
                IVoucherFund.Voucher memory held = fund.getVoucher(voucher);
                if (held.programme == programme) sumCents += int256(uint256(held.balanceCents));
            }
            for (uint256 i = 0; i < SHOPS; ++i) {
                IVoucherFund.ShopAccount memory account = fund.getShopAccount(programme, town.shops(i));
                int256 owedCents = int256(uint256(account.netCents)) - int256(uint256(account.settledCents));
                sumCents += owedCents + int256(uint256(account.settledCents));
            }
            require(int256(uint256(kept.depositedCents)) == sumCents, "money is not conserved");
        }
    }

    function no_balance_is_below_zero_and_none_above_what_was_issued() public view {
        require(fund.voucherCount() == town.voucherCount(), "number of vouchers");
        for (uint32 voucher = 1; voucher <= town.voucherCount(); ++voucher) {
            IVoucherFund.Voucher memory held = fund.getVoucher(voucher);
            (uint16 programme, uint24 issuedCents, uint8 generation, uint8 reason, bool activated) =
                town.families(voucher);
            require(held.balanceCents <= held.issuedCents, "balance above what was issued");
            require(held.issuedCents == issuedCents && held.programme == programme, "what was issued");
            require(held.generation == generation && held.activated == activated, "who holds it");
            require(held.blockReason == reason, "blocked or not");
            require(town.balance(onVoucher(voucher)) >= 0, "balance below zero");
        }
    }

    function a_ticket_is_used_at_most_once() public view {
        // Whoever is paid with one ticket twice is listed twice; a use keeps its shop for good, whatever was refunded.
        for (uint256 i = 0; i < town.paidCount(); ++i) {
            (uint32 voucher, uint16 number) = town.paidPlace(i);
            for (uint256 j = 0; j < i; ++j) {
                (uint32 otherVoucher, uint16 otherNumber) = town.paidPlace(j);
                require(voucher != otherVoucher || number != otherNumber, "a ticket paid twice");
            }
            (uint16 shop,, uint32 remainingCents) = town.uses(voucher, number);
            (uint16 keptShop, uint32 keptCents) = fund.getTicketUse(voucher, number);
            require(shop != 0 && keptShop == shop && keptCents == remainingCents, "the use of a ticket");
        }
    }

    function nothing_leaves_a_voucher_without_its_holders_ticket() public view {
        Books told = town.told();
        for (uint256 kind = 0; kind <= uint256(type(Kind).max); ++kind) {
            if (Kind(kind) == Kind.OWED || Kind(kind) == Kind.UNALLOCATED) continue;
            require(told.turnoverOfKinds(Kind.ON_VOUCHER, Kind(kind)) == 0, "money left a voucher elsewhere");
        }
        Vm.Log[] memory events = town.lastEvents();
        for (uint256 i = 0; i < events.length; ++i) {
            if (events[i].topics[0] != IVoucherFund.Redeemed.selector) continue;
            (, uint16 number,, uint32 amountCents,) =
                abi.decode(events[i].data, (uint16, uint16, uint8, uint32, address));
            (bytes32 ticketId, uint32 maxCents) = town.paidTicket(uint32(uint256(events[i].topics[2])), number);
            require(events[i].topics[1] == ticketId && amountCents <= maxCents, "paid without the holder's ticket");
        }
    }

    function only_allowed_shops_receive() public view {
        Vm.Log[] memory events = town.lastEvents();
        for (uint256 i = 0; i < events.length; ++i) {
            if (events[i].topics[0] != IVoucherFund.Redeemed.selector) continue;
            (uint16 programme,, uint8 category,,) =
                abi.decode(events[i].data, (uint16, uint16, uint8, uint32, address));
            uint32 categories = town.allowed(programme, uint16(uint256(events[i].topics[3])));
            require(category < 32 && categories >> category & 1 == 1, "a shop received that may not");
            (uint16 programmeOfVoucher,,,,) = town.families(uint32(uint256(events[i].topics[2])));
            require(programme == programmeOfVoucher, "paid in another programme");
        }
    }

    function no_redemption_outside_the_period_and_no_sweep_before_its_end() public view {
        Vm.Log[] memory events = town.lastEvents();
        for (uint256 i = 0; i < events.length; ++i) {
            if (events[i].topics[0] == IVoucherFund.Redeemed.selector) {
                (uint16 programme,,,,) = abi.decode(events[i].data, (uint16, uint16, uint8, uint32, address));
                require(town.running(programme), "a redemption outside the period");
            } else if (events[i].topics[0] == IVoucherFund.Swept.selector) {
                require(town.ended(uint16(uint256(events[i].topics[2]))), "a sweep before the end");
            }
        }
    }

    function refunds_settlements_and_debts_keep_their_limits() public view {
        for (uint256 i = 0; i < town.paidCount(); ++i) {
            (uint32 voucher, uint16 number) = town.paidPlace(i);
            (, uint32 chargedCents,) = town.uses(voucher, number);
            (, uint32 keptCents) = fund.getTicketUse(voucher, number);
            require(keptCents <= chargedCents, "more to refund than was charged");
        }
        for (uint16 programme = 1; programme <= town.programmeCount(); ++programme) {
            for (uint256 i = 0; i < SHOPS; ++i) {
                (Account memory claim, Account memory payout) =
                    (owed(programme, town.shops(i)), settled(programme, town.shops(i)));
                require(-town.balance(claim) <= town.balance(payout), "a debt above what was settled");
            }
        }
        Vm.Log[] memory events = town.lastEvents();
        for (uint256 i = 0; i < events.length; ++i) {
            if (events[i].topics[0] != IVoucherFund.Settled.selector) continue;
            uint16 shop = uint16(uint256(events[i].topics[2]));
            Account memory claim = owed(uint16(uint256(events[i].topics[1])), shop);
            require(town.told().balanceOf(claim) >= 0, "more settled than was owed");
        }
    }

    function the_events_alone_rebuild_every_balance() public view {
        (Books told, Books known) = (town.told(), town.known());
        int256 sumCents = told.balanceOf(world());
        require(sumCents == known.balanceOf(world()), "what came in");
        for (uint16 programme = 1; programme <= town.programmeCount(); ++programme) {
            IVoucherFund.Programme memory kept = fund.getProgramme(programme);
            require(told.turnover(world(), unallocated(programme)) == kept.depositedCents, "deposited");
            sumCents += _agreed(unallocated(programme), kept.unallocatedCents);
            sumCents += _agreed(withdrawn(programme), kept.withdrawnCents);
            for (uint256 i = 0; i < SHOPS; ++i) {
                uint16 shop = town.shops(i);
                IVoucherFund.ShopAccount memory account = fund.getShopAccount(programme, shop);
                int256 owedCents = int256(uint256(account.netCents)) - int256(uint256(account.settledCents));
                sumCents += _agreed(owed(programme, shop), owedCents);
                sumCents += _agreed(settled(programme, shop), account.settledCents);
            }
        }
        for (uint32 voucher = 1; voucher <= town.voucherCount(); ++voucher) {
            sumCents += _agreed(onVoucher(voucher), fund.getVoucher(voucher).balanceCents);
        }
        require(sumCents == 0, "books that do not close");
    }

    /// Here as a ceiling only: it would see a loop over what is there, not a few hundred gas. Whether a call's cost is
    /// the same to the unit in a small fund and in a large one, tests/contracts/test_gas_does_not_grow.py says.
    function no_call_costs_more_because_the_fund_is_older_or_larger() public view {
        (, bytes4[20] memory selectors) = town.verbs();
        for (uint256 i = 0; i < selectors.length; ++i) {
            (,, uint64 dearestGas) = town.tallies(selectors[i]);
            require(dearestGas <= CEILING_GAS, "a call above the ceiling");
        }
    }

    // ---------------------------------------------------------------- the end of each run

    /// Writes down what the run reached, which scripts/prove sums up: a campaign that reached too little fails there. Then
    /// the books are closed: nothing may be left but what shops owe.
    function afterInvariant() external {
        (string[20] memory names, bytes4[20] memory selectors) = town.verbs();
        for (uint256 i = 0; i < names.length; ++i) {
            (uint64 accepted, uint64 refused, uint64 dearestGas) = town.tallies(selectors[i]);
            string memory counts = string.concat(vm.toString(accepted), " ", vm.toString(refused));
            vm.writeLine(CALLS, string.concat(names[i], " ", counts, " ", vm.toString(dearestGas)));
        }
        town.close();
        money_is_conserved();
        no_balance_is_below_zero_and_none_above_what_was_issued();
        a_ticket_is_used_at_most_once();
        refunds_settlements_and_debts_keep_their_limits();
        the_events_alone_rebuild_every_balance();
        _requireClosed();
    }

    function _requireClosed() private view {
        for (uint16 programme = 1; programme <= town.programmeCount(); ++programme) {
            IVoucherFund.Programme memory kept = fund.getProgramme(programme);
            int256 paidOutCents = int256(uint256(kept.withdrawnCents));
            int256 debtCents = 0;
            for (uint256 i = 0; i < SHOPS; ++i) {
                IVoucherFund.ShopAccount memory account = fund.getShopAccount(programme, town.shops(i));
                require(account.netCents <= account.settledCents, "still owed after the close");
                paidOutCents += int256(uint256(account.settledCents));
                debtCents += int256(uint256(account.settledCents)) - int256(uint256(account.netCents));
            }
            require(kept.unallocatedCents == 0, "still unallocated after the close");
            require(int256(uint256(kept.depositedCents)) + debtCents == paidOutCents, "the closing statement");
        }
    }

    function _agreed(Account memory account, uint256 storedCents) private view returns (int256) {
        return _agreed(account, int256(storedCents));
    }

    /// What all three books say is on an account.
    function _agreed(Account memory account, int256 storedCents) private view returns (int256) {
        require(town.told().balanceOf(account) == storedCents, "the events tell another balance");
        require(town.known().balanceOf(account) == storedCents, "the town knows another balance");
        return storedCents;
    }
}
