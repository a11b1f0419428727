// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

/// @title The manual of the fund: what anyone can ask it, and when it refuses
/// @notice A municipality opens a programme, puts money in it and gives families vouchers. A family spends
/// its voucher in parts, with one-time tickets, at the shops that take part. The municipality pays the shops.
/// @dev Amounts are whole euro cents. Instants are UTC epoch seconds. A period includes its start and excludes its
/// end. Signatures come in the short form of ERC-2098: `r`, and `vs` (the recovery bit above `s`).
interface IVoucherFund {
    // ---------------------------------------------------------------- values

    /// @notice A ticket: its signer allows one payment of at most `maxCents`.
    /// @param shop the only shop that may charge it; 0 for any shop that takes part
    /// @param expiresAt the first second at which it is no longer valid, epoch seconds
    /// @param maxCents the most that may be charged, euro cents
    /// @param r signature by the ticket key over `Ticket(uint16 shop,uint32 maxCents,uint64 expiresAt)`
    /// @param vs the rest of that signature
    struct Ticket {
        uint16 shop;
        uint64 expiresAt;
        uint32 maxCents;
        bytes32 r;
        bytes32 vs;
    }

    /// @notice Where a ticket key stands in the family's own list of ticket keys, and the proof of it.
    /// @param voucher the voucher that the ticket spends
    /// @param holder the key that holds the voucher
    /// @param number the ticket's number: 256 × the voucher's generation + its place in the list (0 to 255)
    /// @param siblings the eight neighbours on the way from the ticket key to the root of the list, 20 bytes each
    struct TicketPlace {
        uint32 voucher;
        address holder;
        uint16 number;
        bytes32[8] siblings;
    }

    /// @notice A charge: a till asks this amount of this ticket.
    /// @param amountCents the amount asked, euro cents
    /// @param category the kind of purchase, 0 to 31
    /// @param r signature by the till over `Charge(bytes32 ticketId,uint32 amountCents,uint8 category)`
    /// @param vs the rest of that signature
    struct Charge {
        uint32 amountCents;
        uint8 category;
        bytes32 r;
        bytes32 vs;
    }

    /// @notice A till gives back part or all of what its shop charged.
    /// @param amountCents the amount given back, euro cents
    /// @param remainingCents what was left of the charge before this refund, so that one signature works once
    /// @param r signature by the till over `Refund(bytes32 ticketId,uint32 amountCents,uint32 remainingCents)`
    /// @param vs the rest of that signature
    struct RefundOrder {
        uint32 amountCents;
        uint32 remainingCents;
        bytes32 r;
        bytes32 vs;
    }

    /// @notice A new voucher: whose letter opens it, and what is on it.
    /// @param letterKey the key that the letter carries
    /// @param amountCents euro cents
    struct Allocation {
        address letterKey;
        uint24 amountCents;
    }

    /// @notice A voucher as it stands.
    /// @param fingerprint the letter key until it is activated; after that a hash of holder and ticket root
    /// @param balanceCents what is left, euro cents
    /// @param issuedCents all that was ever put on it, euro cents
    /// @param programme the programme that it belongs to
    /// @param generation how often its ticket keys were replaced
    /// @param blockReason why it is blocked; 0 when it is not
    /// @param activated whether a phone or a printed sheet holds it
    struct Voucher {
        uint160 fingerprint;
        uint24 balanceCents;
        uint24 issuedCents;
        uint16 programme;
        uint8 generation;
        uint8 blockReason;
        bool activated;
    }

    /// @notice A programme as it stands. deposited = unallocated + balances + owed to shops + settled + withdrawn.
    /// @param startsAt first second in which can be paid, epoch seconds
    /// @param endsAt first second in which can no longer be paid, epoch seconds
    /// @param categories the kinds of purchase it is for, bit n for category n
    /// @param maxRedemptionCents the most that one payment may be, euro cents
    /// @param depositedCents all that was ever put in, euro cents
    /// @param unallocatedCents what is in it and on no voucher, euro cents
    /// @param withdrawnCents what was taken out again, euro cents
    /// @param policyHash SHA-256 of the published policy text
    struct Programme {
        uint40 startsAt;
        uint40 endsAt;
        uint32 categories;
        uint24 maxRedemptionCents;
        uint64 depositedCents;
        uint64 unallocatedCents;
        uint64 withdrawnCents;
        bytes32 policyHash;
    }

    /// @notice What a shop earned in a programme, and the programme's terms as they were when it was allowed, so that a
    /// payment reads them in one go. The end may be later by now: a period can only grow.
    /// @param netCents charged less refunded, euro cents
    /// @param settledCents recorded as paid out, euro cents; what is owed is `netCents - settledCents`
    /// @param categories the kinds of purchase it may charge, bit n for category n; 0 when it does not take part
    /// @param startsAt the programme's start, epoch seconds
    /// @param endsAt the programme's end when the shop was allowed, epoch seconds
    /// @param maxRedemptionCents the most that one payment may be, euro cents
    struct ShopAccount {
        uint48 netCents;
        uint48 settledCents;
        uint32 categories;
        uint40 startsAt;
        uint40 endsAt;
        uint24 maxRedemptionCents;
    }

    // ---------------------------------------------------------------- events: programme and money

    /// @notice A programme was opened.
    /// @param programme the programme's number
    /// @param startsAt first second in which can be paid, epoch seconds
    /// @param endsAt first second in which can no longer be paid, epoch seconds
    /// @param categories the kinds of purchase, bit n for category n
    /// @param maxRedemptionCents the most that one payment may be, euro cents
    /// @param policyHash SHA-256 of the published policy text
    event ProgrammeOpened(
        uint16 indexed programme,
        uint64 startsAt,
        uint64 endsAt,
        uint32 categories,
        uint32 maxRedemptionCents,
        bytes32 policyHash
    );
    /// @notice A programme lasts longer.
    /// @param programme the programme's number
    /// @param endsAt the new end, epoch seconds
    event ProgrammeExtended(uint16 indexed programme, uint64 endsAt);
    /// @notice Money came into a programme. `paymentReference` is the hash of the bank's or council's reference.
    /// @param programme the programme's number
    /// @param amountCents euro cents
    /// @param paymentReference SHA-256 of the bank's or council's reference
    event Deposited(uint16 indexed programme, uint64 amountCents, bytes32 paymentReference);
    /// @notice Money on no voucher left a programme.
    /// @param programme the programme's number
    /// @param amountCents euro cents
    /// @param paymentReference SHA-256 of the bank's or council's reference
    event Withdrawn(uint16 indexed programme, uint64 amountCents, bytes32 paymentReference);
    /// @notice A shop was paid out. `paymentReference` is the hash of the payment file's reference.
    /// @param programme the programme's number
    /// @param shop the shop's number
    /// @param amountCents euro cents
    /// @param paymentReference SHA-256 of the bank's or council's reference
    event Settled(uint16 indexed programme, uint16 indexed shop, uint64 amountCents, bytes32 paymentReference);
    /// @notice What was left on a voucher went back to its programme, after the end.
    /// @param voucher the voucher's number
    /// @param programme the programme's number
    /// @param amountCents what was left, euro cents
    event Swept(uint32 indexed voucher, uint16 indexed programme, uint32 amountCents);
    /// @notice A hash was put on record, such as the head of the staff log.
    /// @param hash the 32 bytes
    /// @param by who put it there
    event Anchored(bytes32 indexed hash, address indexed by);

    // ---------------------------------------------------------------- events: vouchers

    /// @notice Vouchers were given out, numbered from `first` in the order given.
    /// @param programme the programme that they belong to
    /// @param first the number of the first one
    /// @param allocations whose letter opens each voucher, and what is on it
    event Issued(uint16 indexed programme, uint32 indexed first, Allocation[] allocations);
    /// @notice A voucher got more.
    /// @param voucher the voucher's number
    /// @param programme the programme's number
    /// @param amountCents euro cents
    event ToppedUp(uint32 indexed voucher, uint16 indexed programme, uint32 amountCents);
    /// @notice The letter handed the voucher over to a holder and the holder's tickets.
    /// @param voucher the voucher's number
    /// @param holder the key that holds the voucher from now on
    /// @param ticketRoot the root of the list of the holder's 256 ticket keys
    event Activated(uint32 indexed voucher, address holder, bytes32 ticketRoot);
    /// @notice The holder replaced the ticket keys, perhaps handing over to a new holder. Older tickets are dead.
    /// @param voucher the voucher's number
    /// @param holder the key that holds the voucher from now on
    /// @param ticketRoot the root of the list of the holder's 256 ticket keys
    /// @param generation how often the voucher's ticket keys were replaced by now
    event TicketsRenewed(uint32 indexed voucher, address holder, bytes32 ticketRoot, uint8 generation);
    /// @notice The issuer replaced a lost holder by a new letter. Older tickets are dead.
    /// @param voucher the voucher's number
    /// @param letterKey the key that the new letter carries
    /// @param generation how often the voucher's ticket keys were replaced by now
    /// @param reason why, by the list of reasons of the municipality, 1 to 255
    event HolderReplaced(uint32 indexed voucher, address letterKey, uint8 generation, uint8 reason);
    /// @notice A voucher was blocked, with a reason code.
    /// @param voucher the voucher's number
    /// @param reason why, by the list of reasons of the municipality, 1 to 255
    event Blocked(uint32 indexed voucher, uint8 reason);
    /// @notice A voucher works again.
    /// @param voucher the voucher's number
    event Unblocked(uint32 indexed voucher);

    // ---------------------------------------------------------------- events: shops and payments

    /// @notice A shop takes part, for these kinds of purchase.
    /// @param programme the programme's number
    /// @param shop the shop's number
    /// @param categories the kinds of purchase it may charge, bit n for category n
    event ShopAllowed(uint16 indexed programme, uint16 indexed shop, uint32 categories);
    /// @notice A shop no longer takes part.
    /// @param programme the programme's number
    /// @param shop the shop's number
    event ShopRemoved(uint16 indexed programme, uint16 indexed shop);
    /// @notice A till was added to a shop.
    /// @param shop the shop's number
    /// @param till the till's key
    event TillAdded(uint16 indexed shop, address indexed till);
    /// @notice A till was removed.
    /// @param shop the shop's number
    /// @param till the till's key
    event TillRemoved(uint16 indexed shop, address indexed till);
    /// @notice A ticket was used: this amount went from the voucher to the shop.
    /// @param ticketId the redemption's id: hash of what the ticket says and the key that signed it
    /// @param voucher the voucher's number
    /// @param shop the shop's number
    /// @param programme the programme's number
    /// @param number the ticket's number: 256 × its generation + its place in the list
    /// @param category the kind of purchase, 0 to 31
    /// @param amountCents what was charged, euro cents
    /// @param till the key that signed the charge
    event Redeemed(
        bytes32 indexed ticketId,
        uint32 indexed voucher,
        uint16 indexed shop,
        uint16 programme,
        uint16 number,
        uint8 category,
        uint32 amountCents,
        address till
    );
    /// @notice A shop gave back part of a payment; to the voucher, or to the programme after its end.
    /// @param ticketId the redemption's id: hash of what the ticket says and the key that signed it
    /// @param voucher the voucher's number
    /// @param shop the shop's number
    /// @param programme the programme's number
    /// @param number the ticket's number: 256 × its generation + its place in the list
    /// @param amountCents what was given back, euro cents
    /// @param till the key that signed the refund
    /// @param toProgramme whether it went to the programme, because that was over; else it went to the voucher
    event Refunded(
        bytes32 indexed ticketId,
        uint32 indexed voucher,
        uint16 indexed shop,
        uint16 programme,
        uint16 number,
        uint32 amountCents,
        address till,
        bool toProgramme
    );

    // ---------------------------------------------------------------- refusals

    /// @notice An amount of nothing was asked.
    error AmountZero();
    /// @notice The charge is above what the ticket allows.
    /// @param askedCents what was asked, euro cents
    /// @param maxCents the most that was possible, euro cents
    error AmountAboveTicket(uint256 askedCents, uint256 maxCents);
    /// @notice The charge is above what this programme allows in one payment.
    /// @param askedCents what was asked, euro cents
    /// @param maxCents the most that was possible, euro cents
    error AmountAboveMaximum(uint256 askedCents, uint256 maxCents);
    /// @notice The voucher holds less than the charge.
    /// @param askedCents what was asked, euro cents
    /// @param balanceCents what is left on the voucher, euro cents
    error BalanceTooLow(uint256 askedCents, uint256 balanceCents);
    /// @notice The voucher would hold more than a voucher can.
    /// @param askedCents what was asked, euro cents
    /// @param maxCents the most that can still be put on it, euro cents
    error BalanceTooHigh(uint256 askedCents, uint256 maxCents);
    /// @notice The programme has less money on no voucher than was asked.
    /// @param askedCents what was asked, euro cents
    /// @param unallocatedCents what is in the programme and on no voucher, euro cents
    error UnallocatedTooLow(uint256 askedCents, uint256 unallocatedCents);
    /// @notice The shop is owed less than was asked.
    /// @param askedCents what was asked, euro cents
    /// @param owedCents what the shop is owed, euro cents; below zero when it owes
    error SettlementAboveOwed(uint256 askedCents, int256 owedCents);
    /// @notice This payment reference is on record already, for the same verb, programme and shop (0 for none).
    /// @param programme the programme's number
    /// @param shop the shop's number; 0 for deposits and withdrawals
    /// @param paymentReference SHA-256 of the bank's or council's reference
    error PaymentAlreadyRecorded(uint16 programme, uint16 shop, bytes32 paymentReference);
    /// @notice The refund is above what is left of that payment.
    /// @param askedCents what was asked, euro cents
    /// @param remainingCents what is left of the payment after earlier refunds, euro cents
    error RefundAboveRedemption(uint256 askedCents, uint256 remainingCents);
    /// @notice The refund was signed for another state of that payment: it was probably already made.
    /// @param signedCents what the till signed to be left, euro cents
    /// @param remainingCents what is left of the payment after earlier refunds, euro cents
    error RefundOutdated(uint256 signedCents, uint256 remainingCents);
    /// @notice That ticket was never redeemed, so there is nothing to refund.
    /// @param voucher the voucher's number
    /// @param number the ticket's number
    error TicketNotRedeemed(uint32 voucher, uint16 number);
    /// @notice The ticket's signature is not one.
    error TicketSignatureInvalid();
    /// @notice The ticket key is not one of this voucher's.
    /// @param ticketKey the key that signed the ticket
    error TicketUnknown(address ticketKey);
    /// @notice The ticket was used before.
    /// @param voucher the voucher's number
    /// @param number the ticket's number
    error TicketAlreadyUsed(uint32 voucher, uint16 number);
    /// @notice The ticket is too old.
    /// @param expiresAt the first second in which the ticket was no longer valid, epoch seconds
    /// @param nowAt the block's time, epoch seconds
    error TicketExpired(uint256 expiresAt, uint256 nowAt);
    /// @notice The ticket is for one other shop.
    /// @param shop the shop that charged
    /// @param ticketShop the shop that the ticket is for
    error TicketForAnotherShop(uint16 shop, uint16 ticketShop);
    /// @notice The till that signed is no shop's till.
    /// @param till the till's key
    error TillUnknown(address till);
    /// @notice The till belongs to a shop already.
    /// @param till the till's key
    /// @param shop the shop that it belongs to
    error TillAlreadyAdded(address till, uint16 shop);
    /// @notice The shop does not take part in this programme.
    /// @param programme the programme's number
    /// @param shop the shop's number
    error ShopNotAllowed(uint16 programme, uint16 shop);
    /// @notice Shops are numbered from 1 to `lastShop`.
    /// @param shop the number that was asked
    /// @param lastShop the highest number that a shop can have
    error ShopNumberInvalid(uint256 shop, uint256 lastShop);
    /// @notice The refund is not by the shop that charged the ticket.
    /// @param shop the shop whose till signed
    /// @param chargedBy the shop that charged the ticket
    error RefundByAnotherShop(uint16 shop, uint16 chargedBy);
    /// @notice This kind of purchase is not allowed here.
    /// @param asked the category of a charge; of an allowance, bit n for category n
    /// @param allowed what is allowed, bit n for category n
    error CategoryNotAllowed(uint256 asked, uint256 allowed);
    /// @notice The voucher does not exist.
    /// @param voucher the voucher's number
    error VoucherUnknown(uint32 voucher);
    /// @notice The voucher is blocked, for this reason.
    /// @param voucher the voucher's number
    /// @param reason why, by the list of reasons of the municipality
    error VoucherBlocked(uint32 voucher, uint8 reason);
    /// @notice The voucher is not blocked.
    /// @param voucher the voucher's number
    error VoucherNotBlocked(uint32 voucher);
    /// @notice Nobody activated the voucher yet.
    /// @param voucher the voucher's number
    error VoucherNotActivated(uint32 voucher);
    /// @notice The voucher was activated before.
    /// @param voucher the voucher's number
    error VoucherAlreadyActivated(uint32 voucher);
    /// @notice The signature is not by the voucher's letter.
    /// @param signer who signed; the empty address for what is not a signature
    error LetterSignatureInvalid(address signer);
    /// @notice The signature is not by the voucher's holder.
    /// @param signer who signed; the empty address for what is not a signature
    error HolderSignatureInvalid(address signer);
    /// @notice A key or a root was left empty.
    error KeyZero();
    /// @notice A block or a replacement needs a reason.
    error ReasonZero();
    /// @notice The ticket keys of this voucher were replaced as often as is possible.
    /// @param voucher the voucher's number
    error GenerationsExhausted(uint32 voucher);
    /// @notice The programme does not exist.
    /// @param programme the programme's number
    error ProgrammeUnknown(uint16 programme);
    /// @notice The programme has not started.
    /// @param startsAt its start, epoch seconds
    /// @param nowAt the block's time, epoch seconds
    error ProgrammeNotStarted(uint256 startsAt, uint256 nowAt);
    /// @notice The programme is over.
    /// @param endsAt its end, epoch seconds
    /// @param nowAt the block's time, epoch seconds
    error ProgrammeEnded(uint256 endsAt, uint256 nowAt);
    /// @notice The programme is not over yet.
    /// @param endsAt its end, epoch seconds
    /// @param nowAt the block's time, epoch seconds
    error ProgrammeNotEnded(uint256 endsAt, uint256 nowAt);
    /// @notice The period, the categories or the maximum make no sense.
    error ProgrammeTermsInvalid();
    /// @notice A period can only grow.
    /// @param askedAt the end that was asked, epoch seconds
    /// @param endsAt the end as planned, epoch seconds
    error ExtensionTooShort(uint256 askedAt, uint256 endsAt);
    /// @notice Only someone with a role may anchor.
    /// @param account who asked
    error RoleMissing(address account);

    // ---------------------------------------------------------------- programme and money

    /// @notice Open a programme. Caller: issuer. Its rules never change; its period can only grow.
    /// @dev Requires: start before end, end in the future; at least one category; a maximum from 1 to 262,143 cents.
    /// @param startsAt first second in which can be paid, epoch seconds
    /// @param endsAt first second in which can no longer be paid, epoch seconds
    /// @param categories the kinds of purchase, bit n for category n
    /// @param maxRedemptionCents the most that one payment may be, euro cents
    /// @param policyHash SHA-256 of the published policy text
    /// @return programme its number
    function openProgramme(
        uint40 startsAt,
        uint40 endsAt,
        uint32 categories,
        uint24 maxRedemptionCents,
        bytes32 policyHash
    ) external returns (uint16 programme);

    /// @notice Let a programme last longer, before it ends. Caller: issuer.
    /// @dev Requires: programme known; not ended; `endsAt` later than now planned.
    /// @param programme the programme's number
    /// @param endsAt the new end, epoch seconds
    function extend(uint16 programme, uint40 endsAt) external;

    /// @notice Record money that came in. Caller: treasurer.
    /// @dev Requires: programme known; amount not zero; reference new for deposits to this programme.
    /// @param programme the programme's number
    /// @param amountCents euro cents
    /// @param paymentReference SHA-256 of the bank's or council's reference
    function deposit(uint16 programme, uint64 amountCents, bytes32 paymentReference) external;

    /// @notice Record money on no voucher that went out again. Caller: treasurer.
    /// @dev Requires: programme known; amount not zero; reference new for withdrawals from this programme; amount at
    /// most what is unallocated.
    /// @param programme the programme's number
    /// @param amountCents euro cents
    /// @param paymentReference SHA-256 of the bank's or council's reference
    function withdraw(uint16 programme, uint64 amountCents, bytes32 paymentReference) external;

    /// @notice Record that a shop was paid out. Caller: treasurer.
    /// @dev Requires: amount not zero; reference new for this shop and programme; amount at most what is owed.
    /// @param programme the programme's number
    /// @param shop the shop's number
    /// @param amountCents euro cents
    /// @param paymentReference SHA-256 of the bank's or council's reference
    function settle(uint16 programme, uint16 shop, uint64 amountCents, bytes32 paymentReference) external;

    /// @notice After the end, take back what is left on vouchers. Caller: treasurer. An empty voucher is passed over,
    /// so the same list twice takes nothing twice.
    /// @dev Requires of each voucher: known; its programme ended.
    /// @param vouchers their numbers
    function sweep(uint32[] calldata vouchers) external;

    /// @notice Put a hash on record. Caller: anyone with a role.
    /// @param hash the 32 bytes
    function anchor(bytes32 hash) external;

    // ---------------------------------------------------------------- vouchers

    /// @notice Give out vouchers, many at once; they get numbers in order. Caller: issuer.
    /// @dev Requires: programme known and not ended; no amount zero; no letter key empty; the sum at most what is
    /// unallocated.
    /// @param programme the programme's number
    /// @param allocations whose letter opens each voucher, and what is on it
    /// @return first the first voucher's number
    function issue(uint16 programme, Allocation[] calldata allocations) external returns (uint32 first);

    /// @notice Put more on a voucher. Caller: issuer.
    /// @dev Requires: voucher known; amount not zero; programme not ended; amount at most what is unallocated; the
    /// voucher's total fits.
    /// @param voucher the voucher's number
    /// @param amountCents how much more, euro cents
    function topUp(uint32 voucher, uint24 amountCents) external;

    /// @notice Hand a voucher over from its letter to a holder. Anyone may bring it; the letter must have signed it:
    /// `Activation(uint32 voucher,uint8 generation,address holder,bytes32 ticketRoot)`, with the voucher's generation.
    /// @dev Requires: voucher known; not activated; not blocked; holder and root not empty; signed by the letter key.
    /// @param voucher the voucher's number
    /// @param holder the phone's key
    /// @param ticketRoot the root of the list of the holder's 256 ticket keys
    /// @param r signature by the letter's key
    /// @param vs the rest of that signature, ERC-2098
    function activate(uint32 voucher, address holder, bytes32 ticketRoot, bytes32 r, bytes32 vs) external;

    /// @notice Replace a voucher's ticket keys, and its holder if wished. Anyone may bring it; the holder must have
    /// signed it: `Renewal(uint32 voucher,uint8 generation,address holder,bytes32 ticketRoot)`, with the new
    /// generation and the new holder.
    /// @dev Requires: voucher known; activated; fewer than 224 generations begun, the others being the issuer's;
    /// new holder and root not empty; signed by the holder
    /// whose fingerprint with `oldRoot` the voucher has.
    /// @param voucher the voucher's number
    /// @param oldRoot the root of the list that is replaced
    /// @param holder the old holder, or a new one
    /// @param ticketRoot the root of the list of the holder's 256 ticket keys
    /// @param r signature by the holder's key
    /// @param vs the rest of that signature, ERC-2098
    function renewTickets(
        uint32 voucher,
        bytes32 oldRoot,
        address holder,
        bytes32 ticketRoot,
        bytes32 r,
        bytes32 vs
    ) external;

    /// @notice Replace a lost holder or letter by a new letter; all tickets die at once. Caller: issuer.
    /// @dev Requires: voucher known; letter key not empty; a reason; generations left.
    /// @param voucher the voucher's number
    /// @param letterKey the key that the new letter carries
    /// @param reason why, by the list of reasons of the municipality, 1 to 255
    function replaceHolder(uint32 voucher, address letterKey, uint8 reason) external;

    /// @notice Stop a voucher. Caller: issuer.
    /// @dev Requires: voucher known; a reason; not blocked yet.
    /// @param voucher the voucher's number
    /// @param reason why, 1 to 255
    function blockVoucher(uint32 voucher, uint8 reason) external;

    /// @notice Let a voucher work again. Caller: issuer.
    /// @dev Requires: voucher known; blocked.
    /// @param voucher the voucher's number
    function unblockVoucher(uint32 voucher) external;

    // ---------------------------------------------------------------- shops and payments

    /// @notice Let a shop take part, for these kinds of purchase; again to change them. Caller: shop manager.
    /// @dev Requires: programme known; shop from 1 to 16,383; categories not empty and all among the programme's.
    /// @param programme the programme's number
    /// @param shop the shop's number
    /// @param categories the kinds of purchase it may charge, bit n for category n
    function allowShop(uint16 programme, uint16 shop, uint32 categories) external;

    /// @notice Let a shop no longer take part. Caller: shop manager. What it is owed stays owed.
    /// @dev Requires: the shop takes part.
    /// @param programme the programme's number
    /// @param shop the shop's number
    function removeShop(uint16 programme, uint16 shop) external;

    /// @notice Add a till to a shop. Caller: shop manager.
    /// @dev Requires: shop from 1 to 16,383; till not empty; the till belongs to no shop.
    /// @param shop the shop's number
    /// @param till the till's key
    function addTill(uint16 shop, address till) external;

    /// @notice Remove a till. Caller: shop manager.
    /// @dev Requires: the till belongs to a shop.
    /// @param till the till's key
    function removeTill(address till) external;

    /// @notice Pay a shop from a voucher. Anyone may bring it; the ticket key and the till must have signed.
    /// @dev Requires, in this order: amount not zero; ticket signed; voucher known and activated; ticket key among the
    /// voucher's; unused; till known; ticket not bound to another shop; ticket not expired; voucher not blocked;
    /// shop allowed; programme started; not ended; category allowed; amount at most the ticket's maximum; at most the
    /// programme's; at most the balance.
    /// @param ticket what the phone signed
    /// @param place where the ticket stands in the family's list, and the proof of it
    /// @param charge what the till signed
    /// @return ticketId the redemption's id: hash of what the ticket says and the key that signed it
    function redeem(Ticket calldata ticket, TicketPlace calldata place, Charge calldata charge)
        external
        returns (bytes32 ticketId);

    /// @notice Give back part or all of a payment. Anyone may bring it; a till of the shop that charged it must have
    /// signed it. Tickets once used can be refunded after their expiry, after the programme's end, and while the
    /// voucher is blocked.
    /// @dev Requires, in this order: amount not zero; ticket signed; voucher known; ticket key among the voucher's at
    /// that generation; ticket redeemed; till known; till of the shop that charged; signed for what is left; amount at
    /// most what is left.
    /// @param ticket what the phone signed
    /// @param place where the ticket stands in the family's list, and the proof of it
    /// @param order what the till signed
    /// @return ticketId the redemption's id
    function refund(Ticket calldata ticket, TicketPlace calldata place, RefundOrder calldata order)
        external
        returns (bytes32 ticketId);

    // ---------------------------------------------------------------- reading

    /// @notice How many programmes there are; they are numbered from 1.
    /// @return the count
    function programmeCount() external view returns (uint16);

    /// @notice How many vouchers there are; they are numbered from 1.
    /// @return the count
    function voucherCount() external view returns (uint32);

    /// @notice A programme as it stands.
    /// @param programme the programme's number
    /// @return the programme
    function getProgramme(uint16 programme) external view returns (Programme memory);

    /// @notice A voucher as it stands.
    /// @param voucher the voucher's number
    /// @return the voucher
    function getVoucher(uint32 voucher) external view returns (Voucher memory);

    /// @notice What a shop earned in a programme.
    /// @param programme the programme's number
    /// @param shop the shop's number
    /// @return the account
    function getShopAccount(uint16 programme, uint16 shop) external view returns (ShopAccount memory);

    /// @notice The shop that a till belongs to; 0 for none.
    /// @param till a till's key
    /// @return the shop's number
    function shopOfTill(address till) external view returns (uint16);

    /// @notice The shop that used a ticket (0: unused) and what is left of the charge after refunds, euro cents.
    /// @param voucher the voucher's number
    /// @param number the ticket's number
    /// @return shop the shop that used it; 0: unused
    /// @return remainingCents what is left of the charge after refunds, euro cents
    function getTicketUse(uint32 voucher, uint16 number) external view returns (uint16 shop, uint32 remainingCents);

    /// @notice The fingerprint of holder and ticket root: the last 20 bytes of
    /// keccak256(abi.encode(holder, ticketRoot)).
    /// @param holder the key that holds a voucher
    /// @param ticketRoot the root of the list of the holder's 256 ticket keys
    /// @return the last 20 bytes of the hash
    function fingerprintOf(address holder, bytes32 ticketRoot) external pure returns (uint160);
}
