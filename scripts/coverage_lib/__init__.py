# SPDX-License-Identifier: EUPL-1.2
"""Coverage: which branches of the contract the tests in tests/contracts take, and which they never do.

Two builds of the same sources are measured. The **source build** has no optimizer: each `require`, `if`, `?:`, loop
and operand of `&&` and `||`, and each check that the compiler adds (overflow, bounds, arguments), is a jump of its own
there, and says what the tests ask of the rules as written. The **committed build** is contracts/artifacts.json, the
bytes that are deployed, in which the optimizer merges and drops branches.

Only tests whose course is fixed count: what nothing but a random play reaches is not tested.
"""
