// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

import {AccessControlDefaultAdminRules} from
    "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {IVoucherFund} from "./IVoucherFund.sol";
import {VoucherRecord, pack} from "./VoucherRecord.sol";

/// @title The rulebook of Kindpakket
/// @notice One contract a municipality, all its programmes inside. What it refuses does not happen.
///
/// Roles. The admin grants roles, hands over in two steps with a delay, and can do nothing else. Issuer, shop manager
/// and treasurer are separate. No role can spend a voucher: only a ticket can.
///
/// Money. Whole euro cents, as accounts; the contract holds no token and calls no other contract. A cent is in one
/// place: unallocated in a programme, on a voucher, owed to a shop, settled, or withdrawn. What a shop is owed is its
/// net redemptions less what was settled; a refund after a payout takes it below zero, never by more than was settled.
///
/// Tickets. A voucher has 256 one-time ticket keys a generation, committed to in a Merkle tree whose leaves name the
/// ticket key and its number. The voucher's record keeps a 160-bit fingerprint of holder and root instead of both:
/// like an address, it can be met but not forged, and it saves a slot in each voucher. The nodes of the tree are cut to
/// 160 bits for the same reason and at the same strength. A new generation kills all older tickets; its predecessor's
/// fingerprint is kept aside, since what was paid with it may still be refunded.
///
/// Time. The block's clock. Tickets expire and programmes end in the second named: it is the first that is too late.
///
/// Privacy. No names here. Who reads the chain can follow one voucher, and cannot tell whose it is or who are siblings.
///
/// Assumptions. Block time is near true time. The keys of roles are kept apart. A ticket key serves one voucher.
contract VoucherFund is IVoucherFund, AccessControlDefaultAdminRules, EIP712 {
    // ---------------------------------------------------------------- constants

    bytes32 public constant ISSUER_ROLE = keccak256("ISSUER_ROLE");
    bytes32 public constant SHOP_MANAGER_ROLE = keccak256("SHOP_MANAGER_ROLE");
    bytes32 public constant TREASURER_ROLE = keccak256("TREASURER_ROLE");

    bytes32 public constant TICKET_TYPEHASH = keccak256("Ticket(uint16 shop,uint32 maxCents,uint64 expiresAt)");
    bytes32 public constant CHARGE_TYPEHASH = keccak256("Charge(bytes32 ticketId,uint32 amountCents,uint8 category)");
    bytes32 public constant REFUND_TYPEHASH =
        keccak256("Refund(bytes32 ticketId,uint32 amountCents,uint32 remainingCents)");
    bytes32 public constant ACTIVATION_TYPEHASH =
        keccak256("Activation(uint32 voucher,uint8 generation,address holder,bytes32 ticketRoot)");
    bytes32 public constant RENEWAL_TYPEHASH =
        keccak256("Renewal(uint32 voucher,uint8 generation,address holder,bytes32 ticketRoot)");

    /// One ticket's use takes 32 bits: the shop that charged it (14) above what is left of the charge (18, cents).
    uint256 private constant USE_BITS = 32;
    uint256 private constant USE_MASK = (1 << USE_BITS) - 1;
    uint256 private constant USES_PER_CELL = 8;
    uint256 private constant REMAINING_BITS = 18;
    uint256 private constant REMAINING_MASK = (1 << REMAINING_BITS) - 1;
    uint256 private constant LAST_SHOP = (1 << (USE_BITS - REMAINING_BITS)) - 1;

    /// A holder may begin this many generations; the last ones are the issuer's, to replace a lost or hostile holder.
    uint8 private constant HOLDER_GENERATIONS = 224;

    // ---------------------------------------------------------------- storage

    /// The numbers that come next. They start at 1, so that the first programme costs what any other costs.
    uint16 private _nextProgramme = 1;
    uint32 private _nextVoucher = 1;

    /// Three slots each: 40 + 40 + 32 + 24 + 64 bits, 64 + 64 bits, 256 bits.
    mapping(uint16 programme => Programme) private _programmes;

    /// One slot each, see VoucherRecord.sol.
    mapping(uint32 voucher => VoucherRecord) private _vouchers;

    /// Fingerprints of ended generations, by voucher << 8 | generation.
    mapping(uint256 voucherGeneration => uint160 fingerprint) private _formerFingerprints;

    /// Eight ticket uses a slot, by voucher << 16 | number / 8.
    mapping(uint256 voucherCell => uint256 uses) private _ticketUses;

    /// One slot each: 48 + 48 + 32 + 40 + 40 + 24 bits; by programme << 16 | shop.
    mapping(uint256 programmeShop => ShopAccount) private _shopAccounts;

    /// @inheritdoc IVoucherFund
    mapping(address till => uint16 shop) public shopOfTill;

    /// Payment references on record, by hash of verb, programme, shop (0 for none) and reference.
    mapping(bytes32 payment => bool) private _payments;

    // ---------------------------------------------------------------- constructor

    /// @param admin who grants the roles
    /// @param handoverDelay seconds between the announcement and the acceptance of another admin
    constructor(address admin, uint48 handoverDelay)
        AccessControlDefaultAdminRules(handoverDelay, admin)
        EIP712("Kindpakket", "1")
    {}

    // ---------------------------------------------------------------- programme and money

    /// @inheritdoc IVoucherFund
    function openProgramme(
        uint40 startsAt,
        uint40 endsAt,
        uint32 categories,
        uint24 maxRedemptionCents,
        bytes32 policyHash
    ) external onlyRole(ISSUER_ROLE) returns (uint16 programme) {
        require(startsAt < endsAt && endsAt > block.timestamp, ProgrammeTermsInvalid());
        require(categories != 0, ProgrammeTermsInvalid());
        require(maxRedemptionCents != 0 && maxRedemptionCents <= REMAINING_MASK, ProgrammeTermsInvalid());

        programme = _nextProgramme++;
        Programme storage opened = _programmes[programme];
        opened.startsAt = startsAt;
        opened.endsAt = endsAt;
        opened.categories = categories;
        opened.maxRedemptionCents = maxRedemptionCents;
        opened.policyHash = policyHash;

        emit ProgrammeOpened(programme, startsAt, endsAt, categories, maxRedemptionCents, policyHash);
    }

    /// @inheritdoc IVoucherFund
    function extend(uint16 programme, uint40 endsAt) external onlyRole(ISSUER_ROLE) {
        Programme storage extended = _openProgramme(programme);
        require(endsAt > extended.endsAt, ExtensionTooShort(endsAt, extended.endsAt));

        extended.endsAt = endsAt;

        emit ProgrammeExtended(programme, endsAt);
    }

    /// @inheritdoc IVoucherFund
    function deposit(uint16 programme, uint64 amountCents, bytes32 paymentReference) external onlyRole(TREASURER_ROLE) {
        Programme storage funded = _knownProgramme(programme);
        require(amountCents != 0, AmountZero());
        _recordPayment(programme, 0, paymentReference);

        funded.depositedCents += amountCents;
        funded.unallocatedCents += amountCents;

        emit Deposited(programme, amountCents, paymentReference);
    }

    /// @inheritdoc IVoucherFund
    function withdraw(uint16 programme, uint64 amountCents, bytes32 paymentReference) external onlyRole(TREASURER_ROLE) {
        Programme storage funded = _knownProgramme(programme);
        require(amountCents != 0, AmountZero());
        _recordPayment(programme, 0, paymentReference);
        require(amountCents <= funded.unallocatedCents, UnallocatedTooLow(amountCents, funded.unallocatedCents));

        funded.unallocatedCents -= amountCents;
        funded.withdrawnCents += amountCents;

        emit Withdrawn(programme, amountCents, paymentReference);
    }

    /// @inheritdoc IVoucherFund
    function settle(uint16 programme, uint16 shop, uint64 amountCents, bytes32 paymentReference)
        external
        onlyRole(TREASURER_ROLE)
    {
        ShopAccount storage account = _shopAccount(programme, shop);
        int256 owedCents = int256(uint256(account.netCents)) - int256(uint256(account.settledCents));
        require(amountCents != 0, AmountZero());
        _recordPayment(programme, shop, paymentReference);
        require(int256(uint256(amountCents)) <= owedCents, SettlementAboveOwed(amountCents, owedCents));

        // The narrowing is safe: the amount is at most a 48-bit net.
        account.settledCents += uint48(amountCents);

        emit Settled(programme, shop, amountCents, paymentReference);
    }

    /// @inheritdoc IVoucherFund
    function sweep(uint32[] calldata vouchers) external onlyRole(TREASURER_ROLE) {
        for (uint256 i = 0; i < vouchers.length; ++i) {
            Voucher memory swept = _knownVoucher(vouchers[i]);
            Programme storage funded = _programmes[swept.programme];
            require(block.timestamp >= funded.endsAt, ProgrammeNotEnded(funded.endsAt, block.timestamp));
            uint24 amountCents = swept.balanceCents;
            if (amountCents == 0) continue;

            swept.balanceCents = 0;
            _vouchers[vouchers[i]] = pack(swept);
            funded.unallocatedCents += amountCents;

            emit Swept(vouchers[i], swept.programme, amountCents);
        }
    }

    /// @inheritdoc IVoucherFund
    function anchor(bytes32 hash) external {
        require(
            hasRole(ISSUER_ROLE, msg.sender) || hasRole(SHOP_MANAGER_ROLE, msg.sender)
                || hasRole(TREASURER_ROLE, msg.sender) || hasRole(DEFAULT_ADMIN_ROLE, msg.sender),
            RoleMissing(msg.sender)
        );

        emit Anchored(hash, msg.sender);
    }

    // ---------------------------------------------------------------- vouchers

    /// @inheritdoc IVoucherFund
    function issue(uint16 programme, Allocation[] calldata allocations)
        external
        onlyRole(ISSUER_ROLE)
        returns (uint32 first)
    {
        Programme storage funded = _openProgramme(programme);
        first = _nextVoucher;
        uint32 voucher = first;
        uint64 sumCents = 0;
        for (uint256 i = 0; i < allocations.length; ++i) {
            Allocation calldata allocation = allocations[i];
            require(allocation.amountCents != 0, AmountZero());
            require(allocation.letterKey != address(0), KeyZero());

            sumCents += allocation.amountCents;
            _vouchers[voucher++] = pack(
                Voucher({
                    fingerprint: uint160(allocation.letterKey),
                    balanceCents: allocation.amountCents,
                    issuedCents: allocation.amountCents,
                    programme: programme,
                    generation: 0,
                    blockReason: 0,
                    activated: false
                })
            );
        }
        require(sumCents <= funded.unallocatedCents, UnallocatedTooLow(sumCents, funded.unallocatedCents));

        _nextVoucher = voucher;
        funded.unallocatedCents -= sumCents;

        emit Issued(programme, first, allocations);
    }

    /// @inheritdoc IVoucherFund
    function topUp(uint32 voucher, uint24 amountCents) external onlyRole(ISSUER_ROLE) {
        Voucher memory topped = _knownVoucher(voucher);
        require(amountCents != 0, AmountZero());
        Programme storage funded = _openProgramme(topped.programme);
        require(amountCents <= funded.unallocatedCents, UnallocatedTooLow(amountCents, funded.unallocatedCents));
        uint256 roomCents = type(uint24).max - topped.issuedCents;
        require(amountCents <= roomCents, BalanceTooHigh(amountCents, roomCents));

        funded.unallocatedCents -= amountCents;
        topped.issuedCents += amountCents;
        topped.balanceCents += amountCents;
        _vouchers[voucher] = pack(topped);

        emit ToppedUp(voucher, topped.programme, amountCents);
    }

    /// @inheritdoc IVoucherFund
    function activate(uint32 voucher, address holder, bytes32 ticketRoot, bytes32 r, bytes32 vs) external {
        Voucher memory activated = _knownVoucher(voucher);
        require(!activated.activated, VoucherAlreadyActivated(voucher));
        require(activated.blockReason == 0, VoucherBlocked(voucher, activated.blockReason));
        require(holder != address(0) && ticketRoot != 0, KeyZero());
        address signer = _signer(
            keccak256(abi.encode(ACTIVATION_TYPEHASH, voucher, activated.generation, holder, ticketRoot)), r, vs
        );
        require(uint160(signer) == activated.fingerprint, LetterSignatureInvalid(signer));

        activated.fingerprint = fingerprintOf(holder, ticketRoot);
        activated.activated = true;
        _vouchers[voucher] = pack(activated);

        emit Activated(voucher, holder, ticketRoot);
    }

    /// @inheritdoc IVoucherFund
    function renewTickets(
        uint32 voucher,
        bytes32 oldRoot,
        address holder,
        bytes32 ticketRoot,
        bytes32 r,
        bytes32 vs
    ) external {
        Voucher memory renewed = _knownVoucher(voucher);
        require(renewed.activated, VoucherNotActivated(voucher));
        require(renewed.generation < HOLDER_GENERATIONS, GenerationsExhausted(voucher));
        uint8 generation = _endGeneration(voucher, renewed);
        require(holder != address(0) && ticketRoot != 0, KeyZero());
        address signer =
            _signer(keccak256(abi.encode(RENEWAL_TYPEHASH, voucher, generation, holder, ticketRoot)), r, vs);
        require(fingerprintOf(signer, oldRoot) == renewed.fingerprint, HolderSignatureInvalid(signer));

        renewed.fingerprint = fingerprintOf(holder, ticketRoot);
        _vouchers[voucher] = pack(renewed);

        emit TicketsRenewed(voucher, holder, ticketRoot, generation);
    }

    /// @inheritdoc IVoucherFund
    function replaceHolder(uint32 voucher, address letterKey, uint8 reason) external onlyRole(ISSUER_ROLE) {
        Voucher memory replaced = _knownVoucher(voucher);
        require(letterKey != address(0), KeyZero());
        require(reason != 0, ReasonZero());

        uint8 generation = _endGeneration(voucher, replaced);
        replaced.fingerprint = uint160(letterKey);
        replaced.activated = false;
        _vouchers[voucher] = pack(replaced);

        emit HolderReplaced(voucher, letterKey, generation, reason);
    }

    /// @inheritdoc IVoucherFund
    function blockVoucher(uint32 voucher, uint8 reason) external onlyRole(ISSUER_ROLE) {
        Voucher memory blocked = _knownVoucher(voucher);
        require(reason != 0, ReasonZero());
        require(blocked.blockReason == 0, VoucherBlocked(voucher, blocked.blockReason));

        blocked.blockReason = reason;
        _vouchers[voucher] = pack(blocked);

        emit Blocked(voucher, reason);
    }

    /// @inheritdoc IVoucherFund
    function unblockVoucher(uint32 voucher) external onlyRole(ISSUER_ROLE) {
        Voucher memory blocked = _knownVoucher(voucher);
        require(blocked.blockReason != 0, VoucherNotBlocked(voucher));

        blocked.blockReason = 0;
        _vouchers[voucher] = pack(blocked);

        emit Unblocked(voucher);
    }

    // ---------------------------------------------------------------- shops and payments

    /// @inheritdoc IVoucherFund
    function allowShop(uint16 programme, uint16 shop, uint32 categories) external onlyRole(SHOP_MANAGER_ROLE) {
        Programme storage joined = _knownProgramme(programme);
        require(shop != 0 && shop <= LAST_SHOP, ShopNumberInvalid(shop, LAST_SHOP));
        require(
            categories != 0 && categories & ~joined.categories == 0, CategoryNotAllowed(categories, joined.categories)
        );

        ShopAccount storage account = _shopAccount(programme, shop);
        account.categories = categories;
        account.startsAt = joined.startsAt;
        account.endsAt = joined.endsAt;
        account.maxRedemptionCents = joined.maxRedemptionCents;

        emit ShopAllowed(programme, shop, categories);
    }

    /// @inheritdoc IVoucherFund
    function removeShop(uint16 programme, uint16 shop) external onlyRole(SHOP_MANAGER_ROLE) {
        ShopAccount storage account = _shopAccount(programme, shop);
        require(account.categories != 0, ShopNotAllowed(programme, shop));

        account.categories = 0;

        emit ShopRemoved(programme, shop);
    }

    /// @inheritdoc IVoucherFund
    function addTill(uint16 shop, address till) external onlyRole(SHOP_MANAGER_ROLE) {
        require(shop != 0 && shop <= LAST_SHOP, ShopNumberInvalid(shop, LAST_SHOP));
        require(till != address(0), KeyZero());
        require(shopOfTill[till] == 0, TillAlreadyAdded(till, shopOfTill[till]));

        shopOfTill[till] = shop;

        emit TillAdded(shop, till);
    }

    /// @inheritdoc IVoucherFund
    function removeTill(address till) external onlyRole(SHOP_MANAGER_ROLE) {
        uint16 shop = shopOfTill[till];
        require(shop != 0, TillUnknown(till));

        shopOfTill[till] = 0;

        emit TillRemoved(shop, till);
    }

    /// @inheritdoc IVoucherFund
    function redeem(Ticket calldata ticket, TicketPlace calldata place, Charge calldata charge)
        external
        returns (bytes32 ticketId)
    {
        uint256 amountCents = charge.amountCents;
        require(amountCents != 0, AmountZero());
        bytes32 domain = _domainSeparatorV4();
        address ticketKey;
        (ticketId, ticketKey) = _identify(domain, ticket);

        uint32 voucher = place.voucher;
        uint16 number = place.number;
        VoucherRecord record = _vouchers[voucher];
        require(record.exists(), VoucherUnknown(voucher));
        require(record.activated(), VoucherNotActivated(voucher));
        require(
            number >> 8 == record.generation() && _fingerprint(place, ticketKey) == record.fingerprint(),
            TicketUnknown(ticketKey)
        );
        (uint256 cell, uint256 shift) = _cell(voucher, number);
        uint256 uses = _ticketUses[cell];
        require((uses >> shift) & USE_MASK == 0, TicketAlreadyUsed(voucher, number));

        uint8 category = charge.category;
        (uint16 shop, address till) = _charger(
            domain, keccak256(abi.encode(CHARGE_TYPEHASH, ticketId, amountCents, category)), charge.r, charge.vs
        );
        _requireValid(ticket.shop, shop, ticket.expiresAt);
        require(record.blockReason() == 0, VoucherBlocked(voucher, record.blockReason()));

        uint16 programme = record.programme();
        ShopAccount storage account = _shopAccount(programme, shop);
        _requireTerms(account, programme, shop, category);
        uint256 maxCents = ticket.maxCents;
        require(amountCents <= maxCents, AmountAboveTicket(amountCents, maxCents));
        maxCents = account.maxRedemptionCents;
        require(amountCents <= maxCents, AmountAboveMaximum(amountCents, maxCents));
        require(amountCents <= record.balanceCents(), BalanceTooLow(amountCents, record.balanceCents()));

        // The narrowings are safe: the amount is at most a 24-bit balance.
        _vouchers[voucher] = record.less(uint24(amountCents));
        account.netCents += uint48(amountCents);
        _ticketUses[cell] = uses | (uint256(shop) << REMAINING_BITS | amountCents) << shift;

        emit Redeemed(ticketId, voucher, shop, programme, number, category, uint32(amountCents), till);
    }

    /// @inheritdoc IVoucherFund
    function refund(Ticket calldata ticket, TicketPlace calldata place, RefundOrder calldata order)
        external
        returns (bytes32 ticketId)
    {
        uint32 amountCents = order.amountCents;
        require(amountCents != 0, AmountZero());
        bytes32 domain = _domainSeparatorV4();
        address ticketKey;
        (ticketId, ticketKey) = _identify(domain, ticket);

        Voucher memory voucher = _knownVoucher(place.voucher);
        uint160 fingerprint = place.number >> 8 == voucher.generation
            ? voucher.fingerprint
            : _formerFingerprints[uint256(place.voucher) << 8 | place.number >> 8];
        require(_fingerprint(place, ticketKey) == fingerprint, TicketUnknown(ticketKey));
        (uint16 chargedBy, uint32 remainingCents) = getTicketUse(place.voucher, place.number);
        require(chargedBy != 0, TicketNotRedeemed(place.voucher, place.number));

        (uint16 shop, address till) = _charger(
            domain,
            keccak256(abi.encode(REFUND_TYPEHASH, ticketId, amountCents, order.remainingCents)),
            order.r,
            order.vs
        );
        require(shop == chargedBy, RefundByAnotherShop(shop, chargedBy));
        require(order.remainingCents == remainingCents, RefundOutdated(order.remainingCents, remainingCents));
        require(amountCents <= remainingCents, RefundAboveRedemption(amountCents, remainingCents));

        uint16 programme = voucher.programme;
        Programme storage funded = _programmes[programme];
        bool toProgramme = block.timestamp >= funded.endsAt;
        // A voucher never gets more than was charged to it, so its balance stays within 24 bits.
        if (toProgramme) {
            funded.unallocatedCents += amountCents;
        } else {
            voucher.balanceCents += uint24(amountCents);
            _vouchers[place.voucher] = pack(voucher);
        }
        _shopAccount(programme, shop).netCents -= amountCents;
        // The amount sits in the lowest bits of the ticket's use and is at most what is there.
        (uint256 cell, uint256 shift) = _cell(place.voucher, place.number);
        _ticketUses[cell] -= uint256(amountCents) << shift;

        emit Refunded(ticketId, place.voucher, shop, programme, place.number, amountCents, till, toProgramme);
    }

    // ---------------------------------------------------------------- reading

    /// @inheritdoc IVoucherFund
    function programmeCount() external view returns (uint16) {
        return _nextProgramme - 1;
    }

    /// @inheritdoc IVoucherFund
    function voucherCount() external view returns (uint32) {
        return _nextVoucher - 1;
    }

    /// @inheritdoc IVoucherFund
    function getProgramme(uint16 programme) external view returns (Programme memory) {
        return _knownProgramme(programme);
    }

    /// @inheritdoc IVoucherFund
    function getVoucher(uint32 voucher) external view returns (Voucher memory) {
        return _knownVoucher(voucher);
    }

    /// @inheritdoc IVoucherFund
    function getShopAccount(uint16 programme, uint16 shop) external view returns (ShopAccount memory) {
        return _shopAccount(programme, shop);
    }

    /// @inheritdoc IVoucherFund
    function getTicketUse(uint32 voucher, uint16 number) public view returns (uint16 shop, uint32 remainingCents) {
        (uint256 cell, uint256 shift) = _cell(voucher, number);
        uint256 use = (_ticketUses[cell] >> shift) & USE_MASK;
        return (uint16(use >> REMAINING_BITS), uint32(use & REMAINING_MASK));
    }

    /// @inheritdoc IVoucherFund
    function fingerprintOf(address holder, bytes32 ticketRoot) public pure returns (uint160) {
        return uint160(uint256(Hashes.efficientKeccak256(_word(holder), ticketRoot)));
    }

    // ---------------------------------------------------------------- inside

    function _knownProgramme(uint16 programme) private view returns (Programme storage known) {
        known = _programmes[programme];
        require(known.endsAt != 0, ProgrammeUnknown(programme));
    }

    function _openProgramme(uint16 programme) private view returns (Programme storage open) {
        open = _knownProgramme(programme);
        require(block.timestamp < open.endsAt, ProgrammeEnded(open.endsAt, block.timestamp));
    }

    function _shopAccount(uint16 programme, uint16 shop) private view returns (ShopAccount storage) {
        return _shopAccounts[uint256(programme) << 16 | shop];
    }

    function _knownVoucher(uint32 voucher) private view returns (Voucher memory) {
        VoucherRecord record = _vouchers[voucher];
        require(record.exists(), VoucherUnknown(voucher));
        return record.unpack();
    }

    /// Lets each payment reference count once for each verb, so that a repeated order books nothing twice.
    function _recordPayment(uint16 programme, uint16 shop, bytes32 paymentReference) private {
        bytes32 payment = keccak256(abi.encode(msg.sig, programme, shop, paymentReference));
        require(!_payments[payment], PaymentAlreadyRecorded(programme, shop, paymentReference));
        _payments[payment] = true;
    }

    /// Keeps the ending generation's fingerprint for refunds and counts on.
    function _endGeneration(uint32 voucher, Voucher memory ending) private returns (uint8 generation) {
        require(ending.generation != type(uint8).max, GenerationsExhausted(voucher));
        _formerFingerprints[uint256(voucher) << 8 | ending.generation] = ending.fingerprint;
        generation = ++ending.generation;
    }

    /// Where the use of a ticket is kept: which slot, and how many bits up.
    function _cell(uint32 voucher, uint16 number) private pure returns (uint256 cell, uint256 shift) {
        cell = uint256(voucher) << 16 | number / USES_PER_CELL;
        unchecked {
            shift = (number % USES_PER_CELL) * USE_BITS; // at most 224
        }
    }

    /// The id says what was signed and by which key: two tickets with the same words differ by their keys.
    function _identify(bytes32 domain, Ticket calldata ticket)
        private
        pure
        returns (bytes32 ticketId, address ticketKey)
    {
        bytes32 digest = MessageHashUtils.toTypedDataHash(
            domain, keccak256(abi.encode(TICKET_TYPEHASH, ticket.shop, ticket.maxCents, ticket.expiresAt))
        );
        ECDSA.RecoverError failure;
        (ticketKey, failure,) = ECDSA.tryRecover(digest, ticket.r, ticket.vs);
        require(failure == ECDSA.RecoverError.NoError, TicketSignatureInvalid());
        ticketId = Hashes.efficientKeccak256(digest, _word(ticketKey));
    }

    /// The fingerprint that the voucher must have if `ticketKey` stands where `place` says. The eight levels are written
    /// out because the loop would cost a payment 320 gas.
    function _fingerprint(TicketPlace calldata place, address ticketKey) private pure returns (uint160) {
        bytes32[8] calldata siblings = place.siblings;
        bytes32 node = Hashes.efficientKeccak256(_word(ticketKey), bytes32(uint256(place.number)));
        node = _parent(node, siblings[0]);
        node = _parent(node, siblings[1]);
        node = _parent(node, siblings[2]);
        node = _parent(node, siblings[3]);
        node = _parent(node, siblings[4]);
        node = _parent(node, siblings[5]);
        node = _parent(node, siblings[6]);
        node = _parent(node, siblings[7]);
        return fingerprintOf(place.holder, node);
    }

    /// The node above two neighbours: the smaller first, each with its last 20 bytes.
    function _parent(bytes32 node, bytes32 sibling) private pure returns (bytes32) {
        return Hashes.commutativeKeccak256(_word(address(uint160(uint256(node)))), sibling);
    }

    /// Twenty bytes as a word of 32.
    function _word(address key) private pure returns (bytes32) {
        return bytes32(uint256(uint160(key)));
    }

    /// The till that signed, and its shop.
    function _charger(bytes32 domain, bytes32 structHash, bytes32 r, bytes32 vs)
        private
        view
        returns (uint16 shop, address till)
    {
        (till,,) = ECDSA.tryRecover(MessageHashUtils.toTypedDataHash(domain, structHash), r, vs);
        shop = shopOfTill[till];
        require(shop != 0, TillUnknown(till));
    }

    /// The ticket is for this shop, now.
    function _requireValid(uint16 ticketShop, uint16 shop, uint64 expiresAt) private view {
        require(ticketShop == 0 || ticketShop == shop, TicketForAnotherShop(shop, ticketShop));
        require(block.timestamp < expiresAt, TicketExpired(expiresAt, block.timestamp));
    }

    /// The programme's terms, as they stand in the shop's account, allow this shop this category now.
    function _requireTerms(ShopAccount storage account, uint16 programme, uint16 shop, uint8 category) private view {
        uint32 categories = account.categories;
        require(categories != 0, ShopNotAllowed(programme, shop));
        require(block.timestamp >= account.startsAt, ProgrammeNotStarted(account.startsAt, block.timestamp));
        if (block.timestamp >= account.endsAt) _openProgramme(programme);
        require((categories >> category) & 1 == 1, CategoryNotAllowed(category, categories));
    }

    /// Who signed; the empty address for what is not a signature.
    function _signer(bytes32 structHash, bytes32 r, bytes32 vs) private view returns (address signer) {
        (signer,,) = ECDSA.tryRecover(_hashTypedDataV4(structHash), r, vs);
    }
}
