// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

public import LRNGCore

/// How an LRNG is set up. All values have defaults that suit a program which knows nothing about random numbers.
public struct Configuration: Sendable, Equatable {
  /// An internal noise source that observes events of the whole system.
  public struct EventSourceOptions: Sendable, Equatable {
    /// Whether to open the source at all.
    public var isEnabled: Bool
    /// How many events make 256 bits, 256 or more; `UInt32.max` for no credit. `nil` for the default.
    public var rate: UInt32?

    public init(isEnabled: Bool = true, rate: UInt32? = nil) {
      self.isEnabled = isEnabled
      self.rate = rate
    }
  }

  /// The Jitter RNG.
  public struct JitterOptions: Sendable, Equatable {
    public var isEnabled = true
    /// Bits of entropy in 256 bits of data, 0 ... 256. `nil` for the default.
    public var rate: UInt32?
    /// The measurements for each bit, 3 ... 20: 1/rate bit of entropy is claimed for each.
    public var oversamplingRate: UInt32 = 3
    /// Whether a counting thread replaces the processor's counter. `nil`: where there is no usable one.
    public var usesInternalTimer: Bool?

    public init() {}
  }

  /// The processor's generator.
  public struct CPUOptions: Sendable, Equatable {
    public var isEnabled = true
    /// Bits of entropy in 256 bits of data, 0 ... 256. `nil` for the default.
    public var rate: UInt32?
    /// Whether the maker of the processor is trusted for full entropy.
    public var isTrusted = false
    /// How many blocks are hashed to one, 1 ... 1024, for tests of the conditioning. `nil` for what the instruction needs.
    public var multiplier: Int?

    public init() {}
  }

  /// The kernel's generator.
  public struct KernelOptions: Sendable, Equatable {
    public var isEnabled = true
    /// Bits of entropy in 256 bits of data, 0 ... 256. `nil` for the default.
    public var rate: UInt32?

    public init() {}
  }

  /// What feeds the auxiliary pool besides ``RandomBitGenerator/insert(entropy:bits:)``.
  public struct AuxiliaryOptions: Sendable, Equatable {
    /// Whether to read `/dev/hwrng`.
    public var readsHardwareGenerator = true
    /// Bits of entropy in 256 bits of its data, 0 ... 256.
    public var hardwareGeneratorRate: UInt32 = 0
    /// A file that carries entropy over a restart. It is replaced before its content is used, and credited with nothing.
    public var seedFile: String?
    /// The native socket of a service (`lrng serve`) that seeds this generator: the chain of RBGs of SP 800-90C, RBGC. Each seed
    /// costs one exchange and no noise of this process. Where the service does not answer, the other sources seed.
    public var parent: String?

    public init() {}
  }

  /// SP 800-90C mode with health tests. `nil`: as `/proc/sys/crypto/fips_enabled` says.
  public var isFIPS: Bool?
  /// AIS 20/31 NTG.1: two sources must carry the first seed.
  public var ntg1: SeedingPolicy.NTG1?
  /// Oversampling as in SP 800-90C, without the rest of that mode.
  public var wantsOversampling = false
  /// Whether weak sources are asked in rounds until their entropy adds up.
  public var allowsForcedSeeding = true
  /// Generate requests without a full seed until output stops, 1 ... 2^30.
  public var maximumRequestsWithoutReseed: UInt64 = 1 << 30
  /// Seconds until a reseed is due, 0 ... 3600; 0 asks for a reseed before each request.
  public var reseedIntervalInSeconds: UInt64 = DRNGInstance.defaultReseedIntervalInSeconds
  /// The hash of all pools. `nil`: SHA-256, or SHA-512 where oversampling needs its length.
  public var hash: HashAlgorithm?
  /// The generator.
  public var drng = DRNGAlgorithm.chaCha20
  /// Whether each thread gets a generator of its own behind ``LinuxRandomNumberGenerator``, which serves from batches. In FIPS
  /// mode none does.
  public var usesThreadGenerators = true
  /// Whether the generator keeps to itself: it starts no thread, locks no memory, and opens files only when it is made, not
  /// when it starts again in a child. For code inside programs that do not know of it, which may be in a sandbox.
  public var isConfined = false
  /// Seconds until the self tests run again, 0 for only at the start and on demand.
  public var selfTestIntervalInSeconds: UInt64 = 3600
  /// The bytes of the collection array of each processor.
  public var collectionSize = CollectionSize.default

  public var interrupt: EventSourceOptions
  public var scheduler: EventSourceOptions
  public var jitter = JitterOptions()
  public var cpu = CPUOptions()
  public var kernel = KernelOptions()
  public var auxiliary = AuxiliaryOptions()

  /// - Parameter observesSystem: Whether to sample interrupts and context switches of the whole machine.
  private init(observesSystem: Bool) {
    interrupt = EventSourceOptions(isEnabled: observesSystem)
    scheduler = EventSourceOptions(isEnabled: observesSystem)
  }

  /// For programs that use the library: nothing outside the process is touched, so perf events stay off.
  public static let library = Configuration(observesSystem: false)

  /// For code inside programs that do not know of it: a preloaded library, a provider of another library.
  public static let confined: Configuration = {
    var configuration = Configuration(observesSystem: false)
    configuration.isConfined = true
    configuration.jitter.usesInternalTimer = false
    configuration.auxiliary.readsHardwareGenerator = false
    return configuration
  }()

  /// For the `lrng` program: all sources that the machine and the user's privileges permit.
  public static let commandLine = Configuration(observesSystem: true)

  /// Checks the ranges.
  ///
  /// - Throws: ``LRNGError/invalidConfiguration(_:)`` with the key and what it may be.
  func validate() throws(LRNGError) {
    func require(_ condition: Bool, _ message: String) throws(LRNGError) {
      if !condition { throw .invalidConfiguration(message) }
    }
    for (name, rate) in [("interrupt", interrupt.rate), ("scheduler", scheduler.rate)] {
      try require(rate.map { $0 >= 256 } ?? true, "\(name).rate: 256 or more events for 256 bits")
    }
    for (name, rate) in [
      ("jitter", jitter.rate), ("cpu", cpu.rate), ("kernel", kernel.rate),
      ("auxiliary.hwrng", auxiliary.hardwareGeneratorRate),
    ] {
      try require(rate.map { $0 <= 256 } ?? true, "\(name).rate: 0 to 256 bits of 256")
    }
    try require(JitterConfiguration.oversamplingRates.contains(jitter.oversamplingRate), "jitter.osr: 3 to 20")
    try require(cpu.multiplier.map { (1...1024).contains($0) } ?? true, "cpu.multiplier: 1 to 1024")
    try require((1...1 << 30).contains(maximumRequestsWithoutReseed), "maxWithoutReseed: 1 to 2^30 requests")
    try require(reseedIntervalInSeconds <= 3600, "reseedSeconds: 0 to 3600")
    try require(selfTestIntervalInSeconds <= 1 << 31, "selfTestSeconds: 0 to 2147483648")
    try require(
      drng.securityStrengthInBits >= SeedingPolicy.securityStrengthInBits,
      "drng: \(drng.name) has less than \(SeedingPolicy.securityStrengthInBits) bits of security strength")
    try require(
      collectionSize.rawValue >= 512 || isFIPS != true, "collectionSize: at least 512 bytes in FIPS mode")
  }

  /// The hash in force.
  func effectiveHash(isFIPS: Bool) -> HashAlgorithm {
    hash ?? (isFIPS || wantsOversampling ? .sha512 : .sha256)
  }
}
