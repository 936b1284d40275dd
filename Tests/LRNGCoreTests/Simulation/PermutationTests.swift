// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGCore

@Suite("All permutations of the options")
struct PermutationTests {
  /// A source is missing, there without credit, there with little credit, or there with full credit.
  enum Presence: Int, CaseIterable { case missing, uncredited, weak, full }

  struct Options {
    var isFIPS: Bool
    var wantsOversampling: Bool
    var ntg1: SeedingPolicy.NTG1?
    var digestInBits: UInt32
    var isForced: Bool
    var nodeCount: Int

    var policy: SeedingPolicy {
      SeedingPolicy(
        isSP80090C: isFIPS, wantsOversampling: wantsOversampling, ntg1: ntg1, digestLengthInBits: digestInBits,
        allowsForcedSeeding: isForced)
    }

    static var all: [Options] {
      var all: [Options] = []
      for (isFIPS, wantsOversampling) in [(false, false), (false, true), (true, false)] {
        for ntg1 in [nil, SeedingPolicy.NTG1.version2024, .draft2022] {
          for digest in [UInt32(256), 512] {
            for isForced in [true, false] {
              for nodes in [1, 3] {
                all.append(
                  Options(
                    isFIPS: isFIPS, wantsOversampling: wantsOversampling, ntg1: ntg1, digestInBits: digest,
                    isForced: isForced, nodeCount: nodes))
              }
            }
          }
        }
      }
      return all
    }
  }

  // Optimised builds, as in `make soak`, go through all four states of each source. Debug builds take turns between
  // the two that no decision may tell apart: a source that is missing and one without credit.
  #if DEBUG
    static let states = 3
  #else
    static let states = 4
  #endif

  @Test("each permutation is secure, or delivers nothing; none reports seeded without credit", arguments: 0..<states)
  func exhaustive(stateOfInterrupts: Int) throws {
    var operational = 0
    var refused = 0
    var turn = 0
    for options in Options.all {
      for combination in 0..<Self.states * Self.states * Self.states * Self.states * Self.states {
        var rest = combination
        var presence = [presence(stateOfInterrupts, &turn)]
        for _ in 1..<6 {
          presence.append(self.presence(rest % Self.states, &turn))
          rest /= Self.states
        }
        if try check(presence, options) { operational += 1 } else { refused += 1 }
      }
    }
    // A check that never saw one of the two outcomes would prove nothing.
    #expect(operational > 1000 && refused > 100)
  }

  private func presence(_ state: Int, _ turn: inout Int) -> Presence {
    if Self.states == 4 { return Presence(rawValue: state) ?? .missing }
    turn += 1
    return state == 0 ? (turn % 2 == 0 ? .missing : .uncredited) : (state == 1 ? .weak : .full)
  }

  /// - Returns: Whether the LRNG became operational.
  private func check(_ presence: [Presence], _ options: Options) throws -> Bool {
    let policy = options.policy
    let lrng = SimulatedLRNG(policy: policy, nodeCount: options.nodeCount)
    for index in 0..<6 {
      guard let kind = EntropySourceKind.at(index) else { continue }
      lrng.sources[kind] = source(kind, presence[index], options.digestInBits)
    }
    for _ in 0...options.nodeCount { lrng.seedByForce() }

    let isOperational = lrng.isOperational
    let expected = isEnough(presence, policy)
    if isOperational != expected {
      Issue.record("\(presence) \(options): operational \(isOperational), expected \(expected)")
    }
    let hasCredit = presence.contains { $0 == .weak || $0 == .full }
    if lrng.level > .unseeded && !hasCredit { Issue.record("\(presence) \(options): seeded without credit") }

    let bytes = try? lrng.read(5)
    if isOperational != (bytes?.count == 5) { Issue.record("\(presence) \(options): \(bytes ?? [])") }
    if try lrng.read(5, .available).count != 5 { Issue.record("\(presence) \(options): insecure read failed") }
    if !isOperational, (try? lrng.readWithPredictionResistance(1)) != nil {
      Issue.record("\(presence) \(options): prediction-resistant byte of an unseeded LRNG")
    }
    return isOperational
  }

  private func source(_ kind: EntropySourceKind, _ presence: Presence, _ digest: UInt32) -> SimulatedSource? {
    switch (kind, presence) {
    case (_, .missing): nil
    case (.interrupt, .full), (.scheduler, .full):
      SimulatedSource(.events(eventsPer256Bits: 256, digestInBits: digest), unused: 100_000)
    case (.interrupt, .weak), (.scheduler, .weak):
      SimulatedSource(.events(eventsPer256Bits: 256, digestInBits: digest), unused: 100)
    case (.interrupt, .uncredited), (.scheduler, .uncredited):
      SimulatedSource(.events(eventsPer256Bits: UInt64(UInt32.max), digestInBits: digest), unused: 100_000)
    case (.auxiliary, .full): SimulatedSource(.pool(digestInBits: digest), unused: digest)
    case (.auxiliary, .weak): SimulatedSource(.pool(digestInBits: digest), unused: 100)
    case (.auxiliary, .uncredited): SimulatedSource(.pool(digestInBits: digest), unused: 0)
    case (_, .full): SimulatedSource(.data(bitsPer256Bits: 256))
    case (_, .weak): SimulatedSource(.data(bitsPer256Bits: 24))
    case (_, .uncredited): SimulatedSource(.data(bitsPer256Bits: 0))
    }
  }

  /// The rules once more, written down from the standards' point of view: what node 0 can gather.
  private func isEnough(_ presence: [Presence], _ policy: SeedingPolicy) -> Bool {
    let isOversampling = (policy.isSP80090C || policy.wantsOversampling) && policy.digestLengthInBits >= 384
    let goal = isOversampling ? 384 : 256
    let oversampling = isOversampling ? 64 : 0
    let digest = Int(policy.digestLengthInBits)
    // What a source gives in the first round, and whether it gives the same in each later one.
    var independent: [(first: Int, isEndless: Bool)] = []
    var observers: [(first: Int, isEndless: Bool)] = []
    for index in 0..<6 {
      let yield: (first: Int, isEndless: Bool)
      switch (index, presence[index]) {
      case (_, .missing), (_, .uncredited): continue
      case (0, .full), (1, .full): yield = (min(goal, digest - oversampling), true)
      case (5, .full): yield = (min(goal, digest - oversampling), false)
      case (0, .weak), (1, .weak), (5, .weak): yield = (100 - oversampling, false)
      case (_, .full): yield = (goal, true)
      case (_, .weak): yield = (24 * goal / 256, true)
      }
      if index == 0 || index == 1 || index == 4 { observers.append(yield) } else { independent.append(yield) }
    }

    // Rounds: of the observers of interrupts the best sum counts.
    let minimumSources = policy.ntg1 == nil ? 1 : 2
    for round in 1...500 {
      let sum = { (yield: (first: Int, isEndless: Bool)) in yield.isEndless ? yield.first * round : yield.first }
      let sums = independent.map(sum) + [observers.map(sum).max() ?? 0]
      if let ntg1 = policy.ntg1 {
        if sums.filter({ $0 >= Int(ntg1.minimumBitsOfEachSource) }).count >= 2 { return true }
      } else if sums.reduce(0, +) >= goal {
        return true
      }
      guard policy.allowsForcedSeeding else { return false }
      let isDelivering = { (yield: (first: Int, isEndless: Bool)) in round == 1 || yield.isEndless }
      let delivering = independent.filter(isDelivering).count + (observers.contains(where: isDelivering) ? 1 : 0)
      if delivering < minimumSources { return false }
    }
    return false
  }
}
