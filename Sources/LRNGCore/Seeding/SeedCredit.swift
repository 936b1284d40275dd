// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The entropy that each source vouches for in one seed, in bits.
///
/// It is the ledger of a seed: the decision whether a generator is fully seeded is made from it, and made again when
/// a source that took part is found to be broken.
///
/// Interrupts, context switches and the kernel's generator see the same events, so that only the one of them that
/// delivered most counts. The others stay in the ledger and count for nothing. So the order in which sources are asked
/// makes no difference, and no change of the configuration in the middle of a seed can make two of them count.
public struct SeedCredit: Sendable {
  private var bits = InlineArray<6, UInt32>(repeating: 0)

  /// A ledger without any entropy.
  public init() {}

  /// The bits of a source that count.
  public subscript(source: EntropySourceKind) -> UInt32 {
    if source.sharesInterrupts && source != countedObserver { return 0 }
    return bits[source.index]
  }

  /// The bits that a source delivered, whether they count or not.
  public func delivered(by source: EntropySourceKind) -> UInt32 { bits[source.index] }

  /// The sum over all sources that count, in bits.
  public var totalBits: UInt32 {
    var sum: UInt32 = 0
    for index in 0..<EntropySourceKind.count {
      guard let source = EntropySourceKind.at(index) else { continue }
      sum = sum.saturatingAdding(self[source])
    }
    return sum
  }

  /// The number of independent sources that delivered at least that many bits.
  public func sourceCount(havingAtLeast minimumBits: UInt32) -> Int {
    var count = 0
    for index in 0..<EntropySourceKind.count {
      guard let source = EntropySourceKind.at(index), self[source] > 0 else { continue }
      if self[source] >= minimumBits { count &+= 1 }
    }
    return count
  }

  /// Enters entropy of a source.
  public mutating func add(_ creditedBits: UInt32, from source: EntropySourceKind) {
    bits[source.index] = bits[source.index].saturatingAdding(creditedBits)
  }

  /// Adds another round of seeding to the ledger.
  public mutating func add(_ round: SeedCredit) {
    for index in 0..<EntropySourceKind.count { bits[index] = bits[index].saturatingAdding(round.bits[index]) }
  }

  /// Takes back what a source vouched for.
  ///
  /// - Returns: The bits of it that counted.
  @discardableResult
  public mutating func revoke(_ source: EntropySourceKind) -> UInt32 {
    let revoked = self[source]
    bits[source.index] = 0
    return revoked
  }

  /// Which of the three observers of interrupts counts: the one with most bits, of equal ones the first.
  private var countedObserver: EntropySourceKind {
    var best = EntropySourceKind.interrupt
    if bits[EntropySourceKind.scheduler.index] > bits[best.index] { best = .scheduler }
    if bits[EntropySourceKind.kernel.index] > bits[best.index] { best = .kernel }
    return best
  }
}
