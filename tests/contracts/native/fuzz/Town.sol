// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {IVoucherFund} from "fund/IVoucherFund.sol";

import {Vm, vm} from "../Vm.sol";
import {Account, Books} from "./Books.sol";
import {TicketTree} from "./TicketTree.sol";
import {Words} from "./Words.sol";

/// The bytecode that is deployed, who acts, what the town knows by itself, and how a call is made. Cents and seconds.
///
/// Nothing that the town knows is read from the contract: it is what follows from the calls that had to be accepted.
abstract contract Town {
    struct Terms {
        uint40 startsAt;
        uint40 endsAt;
        uint32 categories;
        uint24 maxCents;
    }

    struct Family {
        uint16 programme;
        uint24 issuedCents;
        uint8 generation;
        uint8 blockReason;
        bool activated;
    }

    struct Use {
        uint16 shop;
        uint32 chargedCents;
        uint32 remainingCents;
    }

    /// All that the contract is given for a payment, and the key of the till that charged.
    struct Request {
        IVoucherFund.TicketPlace place;
        IVoucherFund.Ticket ticket;
        IVoucherFund.Charge charge;
        uint256 till;
        bytes32 ticketId;
    }

    struct Tally {
        uint64 accepted;
        uint64 refused;
        uint64 dearestGas;
    }

    /// A call that ended otherwise than the rules say: the verb, the refusal (none: accepted), the one expected.
    error EndedOtherwise(bytes4 verb, bytes4 refusal, bytes4 expected);

    bytes4 internal constant ACCEPTED = 0;
    address internal constant ADMIN = address(0xAD);
    address internal constant ISSUER = address(0x155);
    address internal constant SHOP_MANAGER = address(0x540);
    address internal constant TREASURER = address(0x73EA);
    address internal constant OUTSIDER = address(0xBAD);
    uint256 internal constant UNPAIRED_TILL = uint256(keccak256("the till of no shop"));
    uint256 internal constant TILLS = 4;
    uint16 internal constant MOST_PROGRAMMES = 3;
    uint32 internal constant MOST_VOUCHERS = 7;

    IVoucherFund public immutable fund;
    bytes32 internal immutable domain;

    /// What the town knows: its own books, and those that follow from the contract's events alone.
    Books public immutable known = new Books();
    Books public immutable told = new Books();

    uint16[3] public shops = [1, 2, 16_383];
    uint256 public nowAt = 1_800_000_000;
    uint16 public programmeCount;
    uint32 public voucherCount;
    mapping(uint16 programme => Terms) public terms;
    mapping(uint32 voucher => Family) public families;
    mapping(uint32 voucher => mapping(uint8 generation => TicketTree.Tree)) internal trees;

    /// A holder may keep its key and its old list at a renewal, which makes all its tickets worthless; 1 + the
    /// generation that they are of.
    mapping(uint32 voucher => mapping(uint8 generation => uint16)) internal kept;
    mapping(uint32 voucher => mapping(uint16 number => Use)) public uses;
    mapping(uint32 voucher => mapping(uint16 number => Request)) internal paid;
    uint48[] internal paidPlaces;
    mapping(uint16 programme => mapping(uint16 shop => uint32 categories)) public allowed;
    mapping(uint256 till => uint16 shop) public shopOf;
    mapping(bytes4 verb => Tally) public tallies;
    uint256 internal references;

    /// The events of the last call, if it was accepted.
    Vm.Log[] internal last;

    constructor() {
        bytes memory code = vm.parseJsonBytes(vm.readFile("contracts/artifacts.json"), ".bytecode");
        code = bytes.concat(code, abi.encode(ADMIN, uint48(1 days)));
        address deployed;
        assembly ("memory-safe") { deployed := create(0, add(code, 0x20), mload(code)) }
        require(deployed != address(0), "contracts/artifacts.json does not deploy");
        fund = IVoucherFund(deployed);
        domain = Words.domainOf(deployed);
        _grant("ISSUER_ROLE", ISSUER);
        _grant("SHOP_MANAGER_ROLE", SHOP_MANAGER);
        _grant("TREASURER_ROLE", TREASURER);
    }

    function _grant(string memory role, address account) private {
        vm.prank(ADMIN);
        IAccessControl(address(fund)).grantRole(keccak256(bytes(role)), account);
    }

    // ---------------------------------------------------------------- how a call is made

    /// Sends a call at the town's time and compares how it ends with what the rules say.
    function _call(address by, bytes memory words, bytes4 expected) internal returns (bool accepted) {
        vm.warp(nowAt);
        delete last;
        vm.recordLogs();
        vm.prank(by);
        uint256 gasBefore = gasleft();
        (bool done, bytes memory answer) = address(fund).call(words);
        uint256 gasSpent = gasBefore - gasleft();
        bytes4 refusal = done ? ACCEPTED : bytes4(answer);
        require(refusal == expected, EndedOtherwise(bytes4(words), refusal, expected));

        Tally storage tally = tallies[bytes4(words)];
        if (!done) {
            ++tally.refused;
            return false;
        }
        ++tally.accepted;
        if (gasSpent > tally.dearestGas) tally.dearestGas = uint64(gasSpent);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            last.push(logs[i]);
            told.post(logs[i]);
        }
        return true;
    }

    function _reference() internal returns (bytes32) {
        return bytes32(++references);
    }

    // ---------------------------------------------------------------- what the town knows

    function balance(Account memory account) public view returns (int256) {
        return known.balanceOf(account);
    }

    function ended(uint16 programme) public view returns (bool) {
        return nowAt >= terms[programme].endsAt;
    }

    function running(uint16 programme) public view returns (bool) {
        return nowAt >= terms[programme].startsAt && !ended(programme);
    }

    function lastEvents() external view returns (Vm.Log[] memory) {
        return last;
    }

    function paidCount() external view returns (uint256) {
        return paidPlaces.length;
    }

    function paidPlace(uint256 index) external view returns (uint32 voucher, uint16 number) {
        return (uint32(paidPlaces[index] >> 16), uint16(paidPlaces[index]));
    }

    function paidTicket(uint32 voucher, uint16 number) external view returns (bytes32 ticketId, uint32 maxCents) {
        Request storage request = paid[voucher][number];
        return (request.ticketId, request.ticket.maxCents);
    }

    // ---------------------------------------------------------------- keys

    function _till(uint256 pick) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("till", pick % TILLS)));
    }

    function _letter(uint32 voucher, uint8 generation) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("letter", voucher, generation)));
    }

    /// Each generation has a new holder, so that former holders matter too; but for a holder that kept all it had.
    function _holderKey(uint32 voucher, uint8 generation) internal view returns (uint256) {
        return uint256(keccak256(abi.encode("holder", voucher, _origin(voucher, generation))));
    }

    function _holder(uint32 voucher, uint8 generation) internal view returns (address) {
        return vm.addr(_holderKey(voucher, generation));
    }

    /// The generation that a generation's holder and list are of: itself, unless they were kept.
    function _origin(uint32 voucher, uint8 generation) internal view returns (uint8) {
        return kept[voucher][generation] == 0 ? generation : uint8(kept[voucher][generation] - 1);
    }

    function _root(uint32 voucher, uint8 generation) internal returns (bytes32) {
        generation = _origin(voucher, generation);
        TicketTree.Tree storage tree = trees[voucher][generation];
        if (TicketTree.root(tree) == 0) TicketTree.grow(tree, voucher, generation);
        return TicketTree.root(tree);
    }

    // ---------------------------------------------------------------- picking

    function _programme(uint256 pick) internal view returns (uint16) {
        return uint16(pick % programmeCount + 1);
    }

    function _shop(uint256 pick) internal view returns (uint16) {
        return shops[pick % shops.length];
    }

    function _voucher(uint256 pick) internal view returns (uint32) {
        return uint32(pick % voucherCount + 1);
    }

    /// Mostly small amounts, sometimes those at a limit.
    function _amount(uint256 pick) internal pure returns (uint24) {
        uint24[6] memory limits = [uint24(1), 200, 201, 2 ** 18 - 1, 2 ** 18, 2 ** 24 - 1];
        return pick % 8 == 0 ? limits[(pick >> 8) % 6] : uint24((pick >> 8) % 300 + 1);
    }
}
