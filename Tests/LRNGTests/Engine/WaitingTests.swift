// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNG
import Testing

@Suite("Waiting for entropy that trickles in")
struct WaitingTests {
  @Test("whoever waits does not spend the entropy that gathers: 32, 128 and 256 bits are reached in turn")
  func trickle() throws {
    var configuration = Configuration.library
    configuration.jitter.isEnabled = false
    configuration.cpu.isEnabled = false
    configuration.kernel.isEnabled = false
    configuration.auxiliary.readsHardwareGenerator = false
    let generator = try RandomBitGenerator(configuration)
    var insertedBits = 0
    while insertedBits < 32 + 128 + 256 {
      #expect(!generator.waitUntilFullySeeded(timeoutInMilliseconds: 0), "\(insertedBits) bits")
      try generator.insert(entropy: [UInt8](repeating: UInt8(insertedBits & 0xFF), count: 8).span, bits: 16)
      insertedBits += 16
    }
    #expect(generator.waitUntilFullySeeded(timeoutInMilliseconds: 0))
    #expect(try generator.bytes(count: 16).count == 16)
  }
}
