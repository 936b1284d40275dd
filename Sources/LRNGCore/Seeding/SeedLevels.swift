// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Synchronization

/// How well the LRNG is seeded.
public enum SeedLevel: UInt32, Sendable, Comparable {
  /// Less than 32 bits.
  case unseeded = 0
  /// At least 32 bits: the first attempt succeeded, no interface opens.
  case initial = 1
  /// At least 128 bits: what `wait_for_random_bytes` waits for.
  case minimal = 2
  /// As much as the strategy demands: all interfaces are open.
  case full = 3

  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The seeding state that all processors share: read on each request, written by the one that seeds.
///
///                 32 bits         128 bits          strategy satisfied
///     unseeded ───────────► initial ───────► minimal ────────────────► full = operational
///         ▲                    │ strategy satisfied at once               │
///         │                    └─────────────────────────────────────────►│
///         │  2^30 requests without a full seed; the source that carried   │
///         └─ the seed fails its health test; a switch away from what failed ┘
///
/// A loss leads back to the very start: the entropy that the state once had is not trusted any more.
public struct SeedLevels: ~Copyable, Sendable {
  private let levelWord = Atomic<UInt32>(SeedLevel.unseeded.rawValue)
  private let allNodesSeededWord = Atomic<Bool>(false)
  private let selfTestWord = Atomic<UInt32>(Self.selfTestsPending)
  private let seedEpochWord = Atomic<UInt64>(1)
  private let healthFailureCounter = Atomic<UInt32>(0)

  private let generatorTestWord = Atomic<UInt32>(.max)
  private let hashTestWord = Atomic<UInt32>(.max)

  private static let selfTestsPending: UInt32 = .max

  /// The state at power-on.
  public init() {}

  /// The level that has been reached.
  public var level: SeedLevel {
    SeedLevel(rawValue: levelWord.load(ordering: .acquiring)) ?? .unseeded
  }

  /// Whether the blocking interfaces are open as far as seeding goes.
  public var isOperational: Bool { level == .full }

  /// Whether the generator of each node is fully seeded, so that new events need not be looked at.
  public var areAllNodesFullySeeded: Bool { allNodesSeededWord.load(ordering: .acquiring) }

  /// Whether the self tests of all that is in use passed. Nothing leaves the LRNG before they ran, or after one failed.
  public var mayOutput: Bool {
    let failed = selfTestWord.load(ordering: .acquiring)
    if failed == 0 { return true }
    return failed & testsInUse == 0
  }

  private var testsInUse: UInt32 {
    SelfTestKind.requiredByAll | generatorTestWord.load(ordering: .acquiring)
      | hashTestWord.load(ordering: .acquiring)
  }

  /// The tests that failed as a bit mask, 0 when all passed, `nil` before they ran.
  public var failedSelfTests: UInt32? {
    let word = selfTestWord.load(ordering: .acquiring)
    return word == Self.selfTestsPending ? nil : word
  }

  /// Whether the self tests ran, and none of these failed.
  public func havePassed(_ tests: UInt32) -> Bool { selfTestWord.load(ordering: .acquiring) & tests == 0 }

  /// Enters the result of a self test run. A failure is final, later success does not lift it.
  ///
  /// It stops what stands on the mechanism that failed. The mechanisms that are not in use can't be chosen any more.
  public func recordSelfTests(failed: UInt32) {
    let isFirst = selfTestWord.compareExchange(
      expected: Self.selfTestsPending, desired: failed, ordering: .acquiringAndReleasing
    ).exchanged
    if !isFirst && failed != 0 { selfTestWord.bitwiseOr(failed, ordering: .acquiringAndReleasing) }
    if failed != 0 { advanceSeedEpoch() }
  }

  /// Names the tests that the generators in use stand on. Without that, all are needed.
  public func requireForGenerators(_ tests: UInt32) { generatorTestWord.store(tests, ordering: .releasing) }

  /// Names the tests that the pools in use stand on. Without that, all are needed.
  public func requireForPools(_ tests: UInt32) { hashTestWord.store(tests, ordering: .releasing) }

  /// Counts the seeds, the wishes for one, and whatever ends or taints one: what was derived from a generator before is stale
  /// when the count changed.
  public var seedEpoch: UInt64 { seedEpochWord.load(ordering: .acquiring) }

  /// Where that count is, 64 bits to be read atomically, for those who look at it on each request.
  public var seedEpochAddress: UnsafeRawPointer {
    // These levels have a place of their own, where they stay: nobody can copy or move what has an atomic in it.
    unsafe withUnsafePointer(to: seedEpochWord) { unsafe UnsafeRawPointer($0) }
  }

  /// How often sources failed their health tests: what was collected before the count changed may come from a broken one.
  var healthFailures: UInt32 { healthFailureCounter.load(ordering: .acquiring) }

  func countHealthFailure() {
    healthFailureCounter.wrappingAdd(1, ordering: .acquiringAndReleasing)
  }

  func raise(to level: SeedLevel) {
    levelWord.store(level.rawValue, ordering: .releasing)
  }

  /// A generator got a seed, or lost its own.
  func advanceSeedEpoch() {
    seedEpochWord.wrappingAdd(1, ordering: .releasing)
  }

  /// Back to the start.
  func lose() {
    levelWord.store(SeedLevel.unseeded.rawValue, ordering: .releasing)
    allNodesSeededWord.store(false, ordering: .releasing)
  }

  func setAllNodesFullySeeded(_ value: Bool) {
    allNodesSeededWord.store(value, ordering: .releasing)
  }

  /// The level that the seed of the first generator leads to.
  ///
  /// - Returns: The new level, or `nil` when nothing changes. Levels below full are never left downwards here.
  func levelReached(with credit: SeedCredit, isFullySeeded: Bool) -> SeedLevel? {
    let current = level
    let reached: SeedLevel
    if isFullySeeded {
      reached = .full
    } else if credit.totalBits >= SeedingPolicy.minimalLevelInBits {
      reached = .minimal
    } else if credit.totalBits >= SeedingPolicy.initialLevelInBits {
      reached = .initial
    } else {
      return nil
    }
    return reached > current ? reached : nil
  }

  /// Whether enough entropy is available for an attempt to reach the next level.
  public func isAttemptWorthwhile(available: SeedCredit, policy: SeedingPolicy) -> Bool {
    switch level {
    case .unseeded: available.totalBits >= SeedingPolicy.initialLevelInBits
    case .initial: available.totalBits >= SeedingPolicy.minimalLevelInBits
    case .minimal, .full: policy.isSufficient(available, alreadyFullySeeded: false)
    }
  }
}
