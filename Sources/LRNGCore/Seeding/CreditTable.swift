// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// What each source is credited with unless the administrator says otherwise.
///
/// | source | plain | SP 800-90C | NTG.1 | why |
/// |---|---|---|---|---|
/// | interrupt | 256 events for 256 bits | the same | the same | 1 bit of an 8-bit stamp; each assessed machine had 1.9 or more |
/// | scheduler | as interrupt, where that is absent | the same | the same | not independent of interrupts |
/// | jitter | 256 bits of 256 | 256 | 256 | 1/3 bit of each delta is claimed |
/// | cpu | 8 | 8 | 8 | nobody can verify it; 256 when the administrator trusts it, not in SP 800-90C mode |
/// | kernel | 256 in user space without interrupt and scheduler, else 0 | 0 | 0 | it eats the same interrupts |
/// | auxiliary | as who inserts says | the same | the same | he vouches |
///
/// A rate that is configured always wins.
public struct CreditTable: Sendable, Equatable {
  /// Where the LRNG runs: a kernel host may not credit the generator that it displaces.
  public enum World: Sendable { case userSpace, kernel }

  /// What the credit depends on.
  public struct Circumstances: Sendable {
    public var world: World
    public var isSP80090C: Bool
    public var isNTG1: Bool
    public var trustsCPU: Bool
    public var isInterruptAvailable: Bool
    public var isSchedulerAvailable: Bool

    public init(
      world: World, isSP80090C: Bool, isNTG1: Bool, trustsCPU: Bool, isInterruptAvailable: Bool,
      isSchedulerAvailable: Bool
    ) {
      self.world = world
      self.isSP80090C = isSP80090C
      self.isNTG1 = isNTG1
      self.trustsCPU = trustsCPU
      self.isInterruptAvailable = isInterruptAvailable
      self.isSchedulerAvailable = isSchedulerAvailable
    }
  }

  /// Rates that somebody configured: events for 256 bits, or bits of 256 bits of data.
  public struct ConfiguredRates: Sendable, Equatable {
    public var interrupt: UInt32?
    public var scheduler: UInt32?
    public var jitter: UInt32?
    public var cpu: UInt32?
    public var kernel: UInt32?

    public init() {}
  }

  public let interrupt: EventRate
  public let scheduler: EventRate
  public let jitter: DataRate
  public let cpu: DataRate
  public let kernel: DataRate

  /// The credit under the circumstances.
  public init(_ circumstances: Circumstances, configured: ConfiguredRates = ConfiguredRates()) {
    interrupt = configured.interrupt.map(EventRate.init) ?? .oneBitPerEvent
    let isInterruptCredited = circumstances.isInterruptAvailable && interrupt.isCredited
    scheduler =
      configured.scheduler.map(EventRate.init) ?? (isInterruptCredited ? .noCredit : .oneBitPerEvent)
    let isSchedulerCredited = circumstances.isSchedulerAvailable && scheduler.isCredited
    jitter = configured.jitter.map(DataRate.init) ?? .fullEntropy
    cpu =
      configured.cpu.map(DataRate.init)
      ?? (circumstances.trustsCPU && !circumstances.isSP80090C ? .fullEntropy : DataRate(bitsPer256Bits: 8))
    let isKernelIndependent =
      circumstances.world == .userSpace && !circumstances.isSP80090C && !circumstances.isNTG1 && !isInterruptCredited
      && !isSchedulerCredited
    kernel = configured.kernel.map(DataRate.init) ?? (isKernelIndependent ? .fullEntropy : .noCredit)
  }
}
