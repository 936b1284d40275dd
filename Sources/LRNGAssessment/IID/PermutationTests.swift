// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Synchronization

/// The permutation tests, SP 800-90B, 5.1: whether the order of the samples is like any other order of them.
///
/// A statistic is settled when more than 5 permutations have it greater or equal and more than 5 have it less or equal; NIST's
/// program ends there, too. What is never settled in 10 000 permutations fails.
///
/// Each permutation has a generator of its own, and results are looked at in their order, so a seed gives the same outcome
/// with any number of threads.
struct PermutationTests {
  static let maximumPermutations = 10_000
  /// Permutations between two looks at what is settled.
  private static let batch = 16
  private static let margin = 5

  private(set) var results: [IIDTests.Permutation]
  private(set) var count = 0

  init(
    _ samples: SampleSet, seed: UInt64, maximum: Int = maximumPermutations, workers: Workers,
    watch: (Double) throws -> Void
  ) throws {
    let statistics = PermutationStatistics(samples)
    let symbols = samples.translated
    let all = [Bool](repeating: true, count: PermutationStatistics.names.count)
    let observed = statistics.values(of: symbols, wanted: all)
    results = zip(PermutationStatistics.names, observed).map {
      IIDTests.Permutation(name: $0, observed: $1, greater: 0, equal: 0, less: 0, passed: false)
    }
    while count < maximum {
      let wanted = results.map { !$0.passed }
      guard wanted.contains(true) else { return }
      let numbers = count..<min(count + Self.batch, maximum)
      let outcome = Outcome(count: numbers.count)
      let jobs = numbers.map { number in
        { @Sendable in
          var generator = PermutationGenerator(seed: seed, number: number)
          var permuted = symbols
          permuted.shuffle(using: &generator)
          outcome.set(statistics.values(of: permuted, wanted: wanted), at: number - numbers.lowerBound)
        }
      }
      let share = share(maximum: maximum)
      try workers.run(jobs) { try watch(share) }
      for permutation in outcome.all { take(permutation) }
      count = numbers.upperBound
    }
  }

  /// Adds a permutation to what is not settled.
  private mutating func take(_ values: [Double]) {
    for index in results.indices where !results[index].passed {
      if values[index] > results[index].observed {
        results[index].greater += 1
      } else if values[index] == results[index].observed {
        results[index].equal += 1
      } else {
        results[index].less += 1
      }
      let (greater, equal, less) = (results[index].greater, results[index].equal, results[index].less)
      results[index].passed = greater + equal > Self.margin && equal + less > Self.margin
    }
  }

  /// Most statistics are settled soon; the rest of the way is only for those that fail.
  private func share(maximum: Int) -> Double {
    let settled = Double(results.count { $0.passed }) / Double(results.count)
    return 0.5 * settled + 0.5 * Double(count) / Double(maximum)
  }
}

/// The statistics of a batch.
private final class Outcome: Sendable {
  private let values: Mutex<[[Double]]>

  init(count: Int) { values = Mutex(Array(repeating: [], count: count)) }

  func set(_ statistics: [Double], at index: Int) { values.withLock { $0[index] = statistics } }

  var all: [[Double]] { values.withLock { $0 } }
}

/// SplitMix64, seeded with two numbers: quick, and repeatable everywhere. Nobody has to be unable to predict it.
struct PermutationGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64, number: Int) {
    state = seed
    state = next() &+ UInt64(number)
    state = next()
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var result = state
    result = (result ^ (result >> 30)) &* 0xBF58_476D_1CE4_E5B9
    result = (result ^ (result >> 27)) &* 0x94D0_49BB_1331_11EB
    return result ^ (result >> 31)
  }
}
