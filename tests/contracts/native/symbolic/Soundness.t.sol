// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

import {vm} from "../Vm.sol";
import {AnyFund} from "./AnyFund.sol";

/// What the other proofs assume of a state: an empty fund is sound, and every verb keeps it so, with any words, sent by
/// anyone. That redeem and refund leave vouchers and terms as they were is among what their own proofs say.
contract Soundness is AnyFund {
    function check_every_other_verb_keeps_vouchers_sound(uint32 voucher) external {
        vm.assume(_isSoundVoucher(voucher) && !_programmeExists(0));
        if (!_send(_anyVerbButPayments())) return;
        try this.isSoundVoucher(voucher) returns (bool sound) {
            assert(sound);
        } catch {
            assert(false);
        }
    }

    function check_every_other_verb_keeps_shops_sound(uint16 programme, uint16 shop) external {
        vm.assume(_isSoundShop(programme, shop));
        if (!_send(_anyVerbButPayments())) return;
        try this.isSoundShop(programme, shop) returns (bool sound) {
            assert(sound);
        } catch {
            assert(false);
        }
    }

    function check_every_verb_keeps_tills_sound(address till) external {
        vm.assume(_isSoundTill(till));
        if (!_send(_anyVerb())) return;
        assert(_isSoundTill(till));
    }

    function isSoundVoucher(uint32 voucher) external view returns (bool) {
        return _isSoundVoucher(voucher);
    }

    function isSoundShop(uint16 programme, uint16 shop) external view returns (bool) {
        return _isSoundShop(programme, shop);
    }

    function _anyVerbButPayments() private returns (bytes memory words) {
        words = _anyVerb();
        vm.assume(bytes4(words) != fund.redeem.selector && bytes4(words) != fund.refund.selector);
    }
}
