// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

extension SelfTestReport {
  /// The known-answer tests of all that lies between a time stamp and a seed. They use about 3 KiB of stack.
  public mutating func runCollection() {
    run(.slotPacking) { CollectionSelfTests.packsSlots(corrupting: $0) }
    run(.timestampDivisor) { CollectionSelfTests.dividesStamps(corrupting: $0) }
    // Their answers are those of SHA-512. Where that is broken they say nothing about the pools, which may have another hash.
    guard !hasFailed(.sha512) else { return }
    run(.eventPool) { CollectionSelfTests.harvestsEvents(corrupting: $0) }
    run(.auxiliaryPool) { CollectionSelfTests.extractsAuxiliaryData(corrupting: $0) }
  }
}

/// The known answers of collection and conditioning and their tests.
private enum CollectionSelfTests {
  /// SHA-512 of SHA-512 of eight words of four equal bytes, 00 to 77: the first 256 bits.
  private static let harvest: InlineArray<32, UInt8> = [
    0x89, 0x85, 0x35, 0x07, 0xe3, 0xd4, 0xec, 0x6e, 0xbe, 0xd8, 0x3c, 0xdf, 0xbd, 0xfb, 0x29, 0xe2,
    0x5a, 0xb1, 0xa3, 0x87, 0x92, 0xfe, 0xc0, 0x70, 0xe9, 0xec, 0xe1, 0x94, 0x6c, 0xc9, 0xb1, 0x96,
  ]

  /// With D = SHA-512("abc") the first extraction: SHA-512(SHA-512(01 || D)), the first 256 bits, are the second.
  private static let secondExtraction: InlineArray<32, UInt8> = [
    0x5c, 0x40, 0x5b, 0x41, 0xc6, 0x2d, 0x43, 0x47, 0x27, 0xf0, 0xb4, 0xd0, 0x1c, 0xec, 0x92, 0x8e,
    0x49, 0xed, 0x1d, 0xdf, 0xde, 0xf9, 0xf0, 0x41, 0xa5, 0x67, 0x17, 0xe9, 0x4b, 0x99, 0x93, 0x09,
  ]

  /// Slots and words, aligned and not, across the end of the array, over what was there before.
  static func packsSlots(corrupting: Bool) -> Bool {
    var words = InlineArray<8, UInt32>(repeating: 0xFFFF_FFFF)
    var memory = words.mutableSpan
    var array = CollectionArray(.bytes32)
    // Slots 1 to 6, a word in slots 6 to 9, slots 11 to 27, then a word in slots 27 to 30.
    for value: UInt8 in 1...6 { array.addSlot(corrupting && value == 5 ? value ^ 1 : value, to: &memory) }
    let isEarly = array.addWord(0xA4A3_A2A1, to: &memory)
    for value: UInt8 in 11...27 { array.addSlot(value, to: &memory) }
    let isLate = array.addWord(0xB4B3_B2B1, to: &memory)
    let isBeyondEnd = array.addWord(0xC4C3_C2C1, to: &memory)
    let answer: InlineArray<8, UInt32> = [
      0x00C3_C2C1, 0xA4A3_0504, 0x0B00_A2A1, 0x0F0E_0D0C, 0x1312_1110, 0x1716_1514, 0xB41A_1918, 0xC4B3_B2B1,
    ]
    var difference: UInt32 = 0
    for index in answer.indices { difference |= words[index] ^ answer[index] }
    return difference == 0 && !isEarly && !isLate && isBeyondEnd
  }

  /// Multiples of 3 have a step of 3, and one stamp beside them has the step 1.
  static func dividesStamps(corrupting: Bool) -> Bool {
    var gcd = TimestampGCD()
    var stamp: UInt32 = 0
    while !gcd.isKnown {
      gcd.observe(corrupting && stamp == 150 ? stamp ^ 1 : stamp)
      stamp &+= 3
    }
    return stamp == 300 && gcd.divisor == 3 && gcd.steps(27) == 9
  }

  /// Of 300 events 256 make a seed, and 44 wait on.
  static func harvestsEvents(corrupting: Bool) -> Bool {
    var array = InlineArray<8, UInt32>(repeating: 0)
    for index in array.indices { array[index] = UInt32(truncatingIfNeeded: index) &* 0x1111_1111 }
    if corrupting { array[5] ^= 1 }
    let events = UnusedEvents(counted: 300)
    let accounting = EventAccounting(
      configuredRate: .oneBitPerEvent, resolution: .high, size: .bytes32, compressesContinuously: true)
    var pool = EventPool(.sha512)
    var harvest = EventHarvest(requestedBits: 256, oversamplingBits: 0, accounting: accounting, hash: .sha512)
    let taken = harvest.take(from: &pool, counting: events, array: array.span)
    var slot = InlineArray<32, UInt8>(repeating: 0)
    var bytes = slot.mutableSpan
    let entropy = harvest.finish(into: &bytes)
    return constantTimeEqual(slot.span, Self.harvest.span)
      && taken == (256, 44) && events.count == 44 && entropy.obtainedBits == 256
  }

  /// Three bytes give 24 bits once, and the second extraction does not reveal the first.
  static func extractsAuxiliaryData(corrupting: Bool) -> Bool {
    var data: InlineArray<3, UInt8> = [0x61, 0x62, 0x63]
    if corrupting { data[0] ^= 1 }
    var pool = AuxiliaryPool(.sha512)
    pool.insert(data.span, creditedBits: 256)
    var slot = InlineArray<32, UInt8>(repeating: 0)
    var bytes = slot.mutableSpan
    let first = pool.extract(requestedBits: 256, oversamplingBits: 0, into: &bytes)
    let second = pool.extract(requestedBits: 256, oversamplingBits: 0, into: &bytes)
    return constantTimeEqual(slot.span, secondExtraction.span) && first.obtainedBits == 24 && second.obtainedBits == 0
  }
}
