// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import ArgumentParser
import LRNG
import LRNGService

struct SeedKernelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "seed-kernel",
    abstract: "Feed the kernel's generator.",
    discussion: """
      64 bytes at the start, then on an interval and whenever the kernel asks. It needs CAP_SYS_ADMIN, and keeps no other \
      capability. The kernel's generator is no entropy source meanwhile: nothing goes in a circle. A seed file carries \
      entropy over a restart. Where an LRNG in the kernel has taken over, there is nothing to feed, and status is 69.

      EXAMPLES
        sudo lrng seed-kernel --once --seed-file /var/lib/lrng/seed
        sudo lrng seed-kernel --interval 300 --credit 0
      """)

  @Flag(help: "Feed it once and end: for early boot.")
  var once = false

  @OptionGroup
  var kernel: KernelSeedingOptions

  @OptionGroup(title: "CONFIGURATION")
  var options: GlobalOptions

  func run() throws {
    let effective = try options.effectiveConfiguration(more: kernel.settings)
    let seeding = effective.settings.service.kernelSeeding
    var configuration = effective.configuration
    // What the kernel has from here must not come back as entropy.
    configuration.kernel.isEnabled = false
    let generator = try reporting { () throws(LRNGError) in try RandomBitGenerator(configuration) }
    let feeder: KernelFeeder
    do throws(ServiceError) {
      let port = try KernelPort.open(seeding, isSeparate: false)
      // Opens the sources, which needs privileges.
      _ = generator.waitUntilFullySeeded(timeoutInMilliseconds: 0)
      try Privileges.keepForKernel()
      feeder = KernelFeeder(port, seeding, generator: generator)
    } catch {
      throw Failure(.unavailable, error.description)
    }
    Interruption.observe()
    try Self.feed(feeder, generator)
    while !once {
      var waited: UInt64 = 0
      while waited < effective.settings.service.kernelSeconds {
        try Self.stopIfInterrupted(generator)
        if feeder.waitForDemand(milliseconds: 0) { break }
        try Self.sleep(generator)
        waited += 1
      }
      try Self.feed(feeder, generator)
    }
    storeSeed(generator)
  }

  private static func feed(_ feeder: KernelFeeder, _ generator: RandomBitGenerator) throws {
    while true {
      _ = try generator.waitUntilFullySeeded(milliseconds: nil)
      switch feeder.feed() {
      case .fed: return
      case .notSeeded: try Interruption.sleep(milliseconds: 100)
      case .ownOutput: throw Failure(.unavailable, "/dev/random is this LRNG in the kernel: there is nothing to feed")
      case .failed(let number):
        throw Failure(.unavailable, "the kernel takes no entropy: \(SystemError.text(number)): CAP_SYS_ADMIN is needed")
      case .testFailed: throw Failure(.testFailed, "a self test failed: see 'lrng selftest'")
      }
    }
  }

  private static func stopIfInterrupted(_ generator: RandomBitGenerator) throws {
    do {
      try Interruption.check()
    } catch {
      storeSeed(generator)
      throw error
    }
  }

  private static func sleep(_ generator: RandomBitGenerator) throws {
    do {
      try Interruption.sleep(milliseconds: 1000)
    } catch {
      storeSeed(generator)
      throw error
    }
  }

  private static func storeSeed(_ generator: RandomBitGenerator) {
    do {
      _ = try generator.storeSeed()
    } catch {
      StandardStreams.complain("no seed stored for the next start: \(error)")
    }
  }

  private func storeSeed(_ generator: RandomBitGenerator) { Self.storeSeed(generator) }
}
