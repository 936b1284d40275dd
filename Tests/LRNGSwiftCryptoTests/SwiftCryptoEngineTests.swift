// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if SwiftCrypto && Switching && KernelSource

  import CTesting
  import Foundation
  import LRNG
  import LRNGSwiftCrypto
  import Synchronization
  import Testing

  @testable import LRNGCore

  @Suite("An LRNG stands on SHA-2 of swift-crypto")
  struct SwiftCryptoEngineTests {
    private static func configuration(_ hash: HashAlgorithm) -> Configuration {
      var configuration = Configuration.library
      configuration.isFIPS = false
      configuration.jitter.isEnabled = false
      configuration.auxiliary.readsHardwareGenerator = false
      configuration.hash = hash
      return configuration
    }

    @Test("from the start, or from a switch on: there is output, and status names it", .timeLimit(.minutes(1)))
    func start() throws {
      for plugged in [ExternalHash.swiftCryptoSHA256, .swiftCryptoSHA512] {
        let generator = try RandomBitGenerator(Self.configuration(.external(plugged)))
        #expect(try Set(generator.bytes(count: 1000)).count > 100)
        #expect(generator.status.hash == "\(plugged.name)" && generator.status.isFullySeeded)
        #expect(generator.runSelfTests().hasPassed(.externalHash))
        try generator.switchHash(to: .sha3_256)
        try generator.switchHash(to: .external(plugged))
        #expect(generator.status.hash == "\(plugged.name)")
        #expect(try Set(generator.bytes(count: 1000, quality: .predictionResistant)).count > 100)
      }
    }

    @Test("a known answer that is not found keeps all output back, or the switch", .timeLimit(.minutes(1)))
    func brokenSelfTest() throws {
      let broken = CountedHash(.swiftCryptoSHA256)
      broken.breakSelfTest()
      let silent = try RandomBitGenerator(Self.configuration(.external(broken.table)))
      #expect(throws: LRNGError.selfTestFailed(failedTests: SelfTestKind.externalHash.bit)) {
        try silent.bytes(count: 16)
      }
      #expect(silent.runSelfTests().hasFailed(.externalHash))
      #expect(!silent.waitUntilFullySeeded())

      let generator = try RandomBitGenerator(Self.configuration(.external(.swiftCryptoSHA256)))
      #expect(throws: LRNGError.switchFailed(name: "SHA-256 of swift-crypto", .selfTestFailed)) {
        try generator.switchHash(to: .external(broken.table))
      }
      #expect(try generator.bytes(count: 16).count == 16)
    }

    @Test("each message is ended once, while threads draw and the hash changes", .timeLimit(.minutes(2)))
    func underLoad() throws {
      let (short, long) = (CountedHash(.swiftCryptoSHA256), CountedHash(.swiftCryptoSHA512))
      let way: [HashAlgorithm] = [
        .external(short.table), .sha512, .external(long.table), .sha3_512, .external(short.table),
        .external(long.table), .sha256,
      ]
      let problems = Mutex<[String]>([])
      do {
        let generator = try RandomBitGenerator(Self.configuration(.sha256))
        let isOver = Atomic<Bool>(false)
        let drawn = Atomic<Int>(0)
        let readers = (0..<4).map { number in
          Foundation.Thread {
            let data = [UInt8](repeating: UInt8(number), count: 100)
            while !isOver.load(ordering: .acquiring) {
              do {
                let quality = number == 0 ? QualityOfService.predictionResistant : .fullySeeded
                if try Set(generator.bytes(count: 256, quality: quality)).count < 64 {
                  problems.withLock { $0.append("output that repeats itself") }
                }
                try generator.insert(entropy: data.span, bits: 8)
                generator.reseed()
              } catch {
                problems.withLock { $0.append("\(error)") }
              }
            }
            drawn.wrappingAdd(1, ordering: .acquiringAndReleasing)
          }
        }
        for reader in readers { reader.start() }
        for _ in 0..<20 {
          for next in way {
            try generator.switchHash(to: next)
            #expect(generator.status.hash == "\(next.name)")
            usleep(1000)
          }
        }
        isOver.store(true, ordering: .releasing)
        while drawn.load(ordering: .acquiring) < readers.count { usleep(1000) }
        #expect(short.liveStates == 0 && long.liveStates == 0)
        try generator.switchHash(to: .external(long.table))
        #expect(long.liveStates == 1)
      }
      #expect(problems.withLock { $0 } == [])
      // Each switch begins a message, and each seed that is drawn from the pool another one.
      #expect(short.begun > 40 && long.begun > 40)
      // The end of the LRNG abandons the message of its pool.
      #expect(short.liveStates == 0 && long.liveStates == 0)
    }

    @Test("a child of fork goes on with it", .timeLimit(.minutes(1)))
    func fork() async {
      await #expect(processExitsWith: .success) {
        let generator = try RandomBitGenerator(Self.configuration(.external(.swiftCryptoSHA512)))
        let mine = try generator.bytes(count: 32)
        for _ in 0..<20 {
          let child = lrng_fork()
          if child == 0 {
            alarm(30)
            let isWell =
              generator.status.hash == "SHA-512 of swift-crypto" && (try? generator.bytes(count: 32)) != mine
              && (try? generator.switchHash(to: .external(.swiftCryptoSHA256))) != nil
              && (try? generator.bytes(count: 32)) != nil
            _exit(isWell ? 0 : 1)
          }
          #expect(lrng_exit_code(child) == 0)
          _ = try generator.bytes(count: 32)
        }
      }
    }
  }

#endif
