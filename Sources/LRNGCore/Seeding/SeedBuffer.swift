// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// What one seeding collects from all sources, and what a generator is seeded with.
///
/// | part | bytes | |
/// |---|---|---|
/// | slots | 6 × 32, or 6 × 48 when oversampling | data of each source, in the order of ``EntropySourceKind`` |
/// | time stamp | 4 | low bits of the cycle counter, so that no two seeds are equal |
/// | credits | 6 × 4 | bits of entropy that each slot holds |
///
/// Numbers are in the byte order of the processor: callers of ``RawSeed`` see this very layout.
public struct SeedBuffer: ~Copyable {
  /// The bytes of a slot unless the first seed is oversampled: 256 bits.
  public static let slotLengthInBytes = 32
  /// The bytes of a slot that can take an oversampled first seed: 384 bits.
  public static let oversampledSlotLengthInBytes = 48
  /// The bytes of the largest seed buffer.
  public static let maximumLengthInBytes = 6 &* oversampledSlotLengthInBytes &+ 4 &+ 6 &* 4

  /// A secret, also because it is then borrowed by its address: nobody gets a copy that nobody wipes.
  private var storage: Secret<InlineArray<316, UInt8>>
  private let isOversampled: Bool
  /// What the sources vouch for.
  public private(set) var credit: SeedCredit

  /// A buffer of zeroes for that policy.
  public init(for policy: borrowing SeedingPolicy) {
    storage = Secret(InlineArray(repeating: 0))
    isOversampled = policy.isOversampling
    credit = SeedCredit()
  }

  /// The bytes of a seed buffer under that policy.
  public static func lengthInBytes(for policy: borrowing SeedingPolicy) -> Int {
    length(isOversampled: policy.isOversampling)
  }

  /// The length of this buffer in bytes.
  public var lengthInBytes: Int { Self.length(isOversampled: isOversampled) }

  private static func length(isOversampled: Bool) -> Int {
    let slotLength = isOversampled ? oversampledSlotLengthInBytes : slotLengthInBytes
    return slotLength &* EntropySourceKind.count &+ 4 &+ EntropySourceKind.count &* 4
  }

  private var slotLength: Int {
    isOversampled ? Self.oversampledSlotLengthInBytes : Self.slotLengthInBytes
  }

  /// Lets a source fill its slot and enters the bits it vouches for, at most as many as the slot holds.
  ///
  /// - Parameter collect: Fills the slot, which holds zeroes, and returns the credit in bits.
  public mutating func fill(
    _ source: EntropySourceKind, _ collect: (inout MutableSpan<UInt8>) -> UInt32
  ) {
    let slotLength = slotLength
    let start = source.index &* slotLength
    var bytes = storage.value.mutableSpan
    let slotLengthInBits = UInt32(truncatingIfNeeded: slotLength &* 8)
    let bits = min(bytes.withPart(start..<start &+ slotLength, collect), slotLengthInBits)
    credit.add(bits, from: source)
  }

  /// Credits nothing of what the slots hold.
  mutating func forfeitCredit() {
    credit = SeedCredit()
  }

  /// Writes the time stamp and the credits behind the slots.
  public mutating func seal(timeStamp: UInt32) {
    var offset = slotLength &* EntropySourceKind.count
    store(timeStamp, at: offset)
    for index in 0..<EntropySourceKind.count {
      offset &+= 4
      guard let source = EntropySourceKind.at(index) else { continue }
      store(credit[source], at: offset)
    }
  }

  /// The whole buffer.
  public borrowing func withBytes<R, E>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
    try body(storage.value.span.extracting(0..<lengthInBytes))
  }

  /// Native order: whoever gets a raw seed reads it as a structure.
  private mutating func store(_ word: UInt32, at offset: Int) {
    var bytes = storage.value.mutableSpan
    #if _endian(little)
      bytes.storeLittleEndian(word, at: offset)
    #else
      bytes.storeBigEndian(word, at: offset)
    #endif
  }

  /// Overwrites the data of the sources. The ledger stays.
  public mutating func wipe() {
    storage.wipe()
  }
}
