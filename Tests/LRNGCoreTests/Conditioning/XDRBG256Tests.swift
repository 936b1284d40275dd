// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore
import Testing

@Suite("XDRBG-256: the pool of the Jitter RNG")
struct XDRBG256Tests {
  private func outputs(_ seeds: [[UInt8]], lengthInBytes: Int = 32, pieces: Int = .max) -> [[UInt8]] {
    var generator = XDRBG256()
    return seeds.map { seed in
      var offset = 0
      while offset < seed.count {
        let end = offset + min(pieces, seed.count - offset)
        generator.absorb(Array(seed[offset..<end]).span)
        offset = end
      }
      var output = [UInt8](repeating: 0xa5, count: lengthInBytes)
      var bytes = output.mutableSpan
      generator.generate(into: &bytes)
      return output
    }
  }

  private let counting = [UInt8](0...8)

  @Test("seeded twice with 00 ... 08 it gives the published second output")
  func knownAnswer() throws {
    let answer = try [UInt8](hex: "51e43cf64ba28077331a47e3f8b41a42add3a0f2539710dd6ea1161d378a6fb6")
    #expect(outputs([counting, counting])[1] == answer)
    #expect(outputs([counting, counting + [0]])[1] != answer)
    #expect(outputs([counting + [0], counting])[1] != answer)
  }

  @Test("the self test and its negative twin")
  func selfTest() {
    var report = SelfTestReport()
    report.runJitterRNG()
    #expect(report.allPassed)
    #expect(report.hasPassed(.xdrbg256) && report.hasPassed(.sha3_256) && report.hasPassed(.commonDivisor))
  }

  @Test("the seed may come in pieces of any length", arguments: [1, 7, 8, 64, 135, 136, 137])
  func pieces(length: Int) {
    let seeds = [[UInt8].counting(1000), .counting(300)]
    #expect(outputs(seeds, pieces: length) == outputs(seeds))
  }

  @Test("an empty seed still moves on, since the state is in the next message")
  func emptySeed() {
    #expect(Set(outputs([counting, [], [], []])).count == 4)
  }

  @Test("short outputs are truncated, long ones are filled up to 32 bytes")
  func lengths() {
    let whole = outputs([counting])[0]
    #expect(outputs([counting], lengthInBytes: 5)[0] == Array(whole.prefix(5)))
    #expect(outputs([counting], lengthInBytes: 40)[0] == whole + [UInt8](repeating: 0xa5, count: 8))
  }

  @Test("a reset forgets everything")
  func reset() {
    var generator = XDRBG256()
    generator.absorb(counting.span)
    var output = [UInt8](repeating: 0, count: 32)
    var bytes = output.mutableSpan
    generator.generate(into: &bytes)
    generator.reset()
    generator.absorb(counting.span)
    bytes = output.mutableSpan
    generator.generate(into: &bytes)
    #expect(output == outputs([counting])[0])
  }
}
