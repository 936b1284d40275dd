// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Where the Jitter RNG reads time: the finest counter the host has.
///
/// The unit is the counter's own; a common factor of all differences is found at start-up and divided out. The counter
/// may wrap at 2^64 and should go on while other code runs. A clock that advances only when it is read measures nothing.
public protocol JitterClock: ~Copyable {
  mutating func timeStamp() -> UInt64
}
