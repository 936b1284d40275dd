// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNG
import Logging
import NIOPosix
import ServiceLifecycle
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Feeds the kernel's generator: at the start, on an interval, and when it asks.
public final class KernelFeeder: Sendable {
  /// What became of an attempt.
  public enum Outcome: Equatable, Sendable {
    case fed(creditedBits: UInt32)
    /// This LRNG has no seed itself.
    case notSeeded
    /// This LRNG is the kernel's generator now: what it was given would be its own output.
    case ownOutput
    case failed(errno: Int32)
    case testFailed
  }

  private let port: KernelPort
  private let seeding: KernelSeeding
  private let generator: RandomBitGenerator

  public init(_ port: KernelPort, _ seeding: KernelSeeding, generator: RandomBitGenerator) {
    self.port = port
    self.seeding = seeding
    self.generator = generator
  }

  /// Gives the kernel one block.
  public func feed() -> Outcome {
    // Somebody may have loaded the module since.
    guard !KernelTakeover.isActive else { return .ownOutput }
    var block = [UInt8](repeating: 0, count: KernelSeeding.blockLengthInBytes)
    var span = block.mutableSpan
    var filled = 0
    do throws(LRNGError) {
      filled = try generator.fill(
        &span, quality: seeding.usesPredictionResistance ? .predictionResistant : .fullySeeded, waiting: false)
    } catch {
      return error == .notFullySeeded ? .notSeeded : .testFailed
    }
    guard filled > 0 else { return .notSeeded }
    let bits = min(seeding.creditInBits, UInt32(filled) * 8)
    // No copy, which nobody would wipe.
    block.removeLast(block.count - filled)
    let number = port.add(block, creditedBits: bits)
    span = block.mutableSpan
    span.wipe()
    return number == 0 ? .fed(creditedBits: bits) : .failed(errno: number)
  }

  /// Waits for the kernel's demand.
  ///
  /// - Returns: Whether it asks for entropy.
  public func waitForDemand(milliseconds: Int32) -> Bool { port.waitForDemand(milliseconds: milliseconds) }

  /// The bits that the kernel counts.
  public var kernelEntropyInBits: Int32 { port.entropyInBits }
}

/// The feeder inside the service.
struct KernelSeedingService: Service {
  let port: KernelPort
  let seeding: KernelSeeding
  let generator: RandomBitGenerator
  let counters: KernelCounters
  let logger: Logger

  func run() async throws {
    let feeder = KernelFeeder(port, seeding, generator: generator)
    let thread = NIOThreadPool(numberOfThreads: 1)
    thread.start()
    let (counters, logger, interval) = (counters, logger, seeding.interval)
    let state = Mutex((last: KernelFeeder.Outcome?.none, next: ContinuousClock.now))
    await untilShutdown(every: .milliseconds(1000)) {
      // A poll that returns at once, and maybe a reseed: neither is for a thread of tasks.
      _ = try? await thread.runIfActive {
        let isDue = state.withLock { $0.next <= .now }
        guard isDue || feeder.waitForDemand(milliseconds: 0) else { return }
        let outcome = feeder.feed()
        counters.count(outcome)
        let previous = state.withLock { state in
          defer { state.last = outcome }
          if case .fed = outcome { state.next = .now + interval }
          return state.last
        }
        if outcome != previous { Self.tell(outcome, logger) }
      }
    }
    try? await thread.shutdownGracefully()
  }

  private static func tell(_ outcome: KernelFeeder.Outcome, _ logger: Logger) {
    switch outcome {
    case .fed(let bits):
      logger.info(
        "the kernel's generator is fed",
        metadata: [MessageID.key: "\(MessageID.kernelSeeded.rawValue)", "bits": "\(bits)"])
    case .notSeeded: break
    case .ownOutput: logger.notice("/dev/random is this LRNG in the kernel: it is not fed")
    case .failed(let number): logger.error("the kernel's generator takes no entropy: \(errorText(number))")
    case .testFailed: logger.error("the kernel's generator is not fed: a self test failed")
    }
  }
}
