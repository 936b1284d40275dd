// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore
import Synchronization
import Testing

@testable import LRNG

@Suite("Threads that share a generator")
struct EngineConcurrencyTests {
  @Test(
    "the first calls may come from many threads at once, and none is served by a generator without seed",
    .timeLimit(.minutes(1)), arguments: [QualityOfService.fullySeeded, .available])
  func firstUse(quality: QualityOfService) throws {
    let collector = BlockCollector()
    for _ in 0..<20 {
      let generator = try RandomBitGenerator(.only(.kernel))
      let arrived = Atomic<Int>(0)
      withThreads(8) {
        arrived.add(1, ordering: .acquiringAndReleasing)
        while arrived.load(ordering: .acquiring) < 8 {}
        collector.add { try generator.bytes(count: 64, quality: quality) }
      }
    }
    collector.expectNoRepetition()
  }
}
