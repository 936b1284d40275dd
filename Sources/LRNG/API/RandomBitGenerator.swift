// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

public import LRNGCore

/// A random bit generator in the sense of SP 800-90C: entropy sources, conditioning and generators in this process.
///
/// All members may be called from any thread. A child of `fork` gets a generator of its own, seeded anew, at its first
/// call; it never repeats bytes of its parent.
///
/// Most programs use ``LinuxRandomNumberGenerator``, which stands on ``shared``.
///
/// - Note: Not for signal handlers: a handler that interrupts a call of the same thread would wait for itself.
///
/// - Note: The Swift runtime describes types at their first use, and holds locks of its own meanwhile. If a process forks while
///   another of its threads makes the very first call, the child may wait for them for ever. Draw some bytes before.
public final class RandomBitGenerator: Sendable {
  /// The generator of the process, with the configuration for libraries. Made at its first use.
  public static let shared: Result<RandomBitGenerator, LRNGError> = Result { () throws(LRNGError) in
    try RandomBitGenerator(.library)
  }

  let engine: Engine

  /// Makes a generator. Nothing is opened or collected before the first request.
  ///
  /// - Parameters:
  ///   - configuration: How to set it up.
  ///   - trace: Gets a line for each step of each seeding, in the wording of the reference. It is called with locks held,
  ///     so it must not call the generator.
  ///   - observer: Gets the same steps as values, under the same conditions.
  public init(
    _ configuration: Configuration = .library, trace: (@Sendable (String) -> Void)? = nil,
    observer: (@Sendable (SeedingEvent) -> Void)? = nil
  ) throws(LRNGError) {
    engine = try Engine(configuration, trace: trace, observer: observer)
  }

  init(_ engine: Engine) { self.engine = engine }

  /// The configuration in force.
  public var configuration: Configuration { engine.configuration }

  /// Fills the span with random bytes.
  ///
  /// - Parameters:
  ///   - bytes: Any number of bytes. Up to 4096 bytes come from one generate request.
  ///   - quality: What to wait for.
  ///   - waiting: Whether to wait for entropy at all.
  /// - Returns: The bytes that were filled, from the start. Fewer than asked for only under prediction resistance, or
  ///   when the LRNG lost its seed on the way.
  /// - Throws: ``LRNGError/notFullySeeded`` when not waiting, ``LRNGError/selfTestFailed(failedTests:)``,
  ///   ``LRNGError/generatorFailed``.
  public func fill(
    _ bytes: inout MutableSpan<UInt8>, quality: QualityOfService = .fullySeeded, waiting: Bool = true
  ) throws(LRNGError) -> Int {
    try engine.fill(&bytes, quality: quality, waiting: waiting)
  }

  /// Fills the buffer completely with random bytes.
  public func fill(
    _ buffer: UnsafeMutableRawBufferPointer, quality: QualityOfService = .fullySeeded
  ) throws(LRNGError) {
    // The caller vouches for the buffer.
    let bytes = unsafe buffer.bindMemory(to: UInt8.self)
    var span = unsafe bytes.mutableSpan
    try fillCompletely(&span, quality: quality)
  }

  /// Makes random bytes.
  ///
  /// - Parameter count: How many, 0 or more.
  public func bytes(count: Int, quality: QualityOfService = .fullySeeded) throws(LRNGError) -> [UInt8] {
    guard count >= 0 else { throw .invalidArgument("a negative number of bytes") }
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    try fillCompletely(&span, quality: quality)
    return bytes
  }

  /// Makes random bytes; where entropy is missing, the task waits and the thread does not.
  @concurrent
  public func bytes(count: Int, quality: QualityOfService = .fullySeeded) async throws -> [UInt8] {
    guard count >= 0 else { throw LRNGError.invalidArgument("a negative number of bytes") }
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while true {
      if let more = try fillNow(&bytes, from: filled, quality: quality) {
        filled += more
        if filled == count { return bytes }
        if more > 0 { continue }
      }
      try await Task.sleep(for: .milliseconds(20))
      engine.look()
    }
  }

  /// - Returns: The bytes that could be filled without waiting, `nil` if there is no seed.
  private func fillNow(
    _ bytes: inout [UInt8], from start: Int, quality: QualityOfService
  ) throws(LRNGError) -> Int? {
    var span = bytes.mutableSpan
    do throws(LRNGError) {
      return try span.withPart(start..<span.count) { (rest) throws(LRNGError) in
        try engine.fill(&rest, quality: quality, waiting: false)
      }
    } catch {
      guard error == .notFullySeeded else { throw error }
      return nil
    }
  }

  /// Hands out raw seed material for generators elsewhere (`GRND_SEED`).
  ///
  /// - Parameters:
  ///   - isReseed: Whether 256 bits for a reseed suffice, where a first seed takes 384.
  ///   - waiting: Whether to wait for entropy.
  public func seed(isReseed: Bool = false, waiting: Bool = true) throws(LRNGError) -> RawSeed {
    var bytes = [UInt8](repeating: 0, count: RawSeed.maximumLengthInBytes)
    var span = bytes.mutableSpan
    let length = try seed(into: &span, isReseed: isReseed, waiting: waiting)
    bytes.removeLast(bytes.count - length)
    return RawSeed(bytes: bytes)
  }

  /// Hands out raw seed material into memory of the caller, who can wipe it.
  ///
  /// - Parameters:
  ///   - bytes: The output, ``RawSeed/maximumLengthInBytes`` long: how long the seed is depends on the hash, which somebody
  ///     may switch now.
  ///   - isReseed: Whether 256 bits for a reseed suffice, where a first seed takes 384.
  ///   - waiting: Whether to wait for entropy.
  /// - Returns: The length of the seed in bytes.
  public func seed(
    into bytes: inout MutableSpan<UInt8>, isReseed: Bool = false, waiting: Bool = true
  ) throws(LRNGError) -> Int {
    guard bytes.count >= RawSeed.maximumLengthInBytes else {
      throw .invalidArgument("a seed needs \(RawSeed.maximumLengthInBytes) bytes of room")
    }
    return try engine.rawSeed(isReseed: isReseed, into: &bytes, waiting: waiting)
  }

  /// Hands out raw seed material; where entropy is missing, the task waits and the thread does not.
  @concurrent
  public func seed(isReseed: Bool = false) async throws -> RawSeed {
    while true {
      do throws(LRNGError) {
        return try seed(isReseed: isReseed, waiting: false)
      } catch {
        guard error == .notFullySeeded else { throw error }
      }
      try await Task.sleep(for: .milliseconds(20))
      engine.look()
    }
  }

  /// Puts data into the auxiliary pool.
  ///
  /// Data without credit ask for a reseed, at most once a second. They show in the output after it; a reseed takes place
  /// when the sources have at least 128 bits, which they always have while the Jitter RNG works at its default rate.
  ///
  /// - Parameters:
  ///   - entropy: Any data; they can only make things better.
  ///   - bits: The entropy the caller vouches for, 0 to 8 for each byte. More counts as that.
  public func insert(entropy: Span<UInt8>, bits: Int) throws(LRNGError) {
    guard bits >= 0 else { throw .invalidArgument("a negative number of bits") }
    engine.onThisProcess {
      engine.insert(entropy, creditedBits: UInt32(clamping: bits))
      if bits == 0 { engine.forceReseedAfterWrite() } else { engine.entropyArrived() }
      engine.settleReports()
    }
  }

  /// Asks each generator to reseed before its next output.
  ///
  /// It is put off while the sources have less than 128 bits (256 in SP 800-90C mode) in all.
  public func reseed() {
    engine.onThisProcess { engine.forceReseed() }
  }

  #if Switching
    /// Lets all generators of this LRNG go on as another one, while others draw output.
    ///
    /// Each new generator is seeded by the sources and with output of the old one: who knew the old one does not know the new
    /// one, as far as the sources have entropy at this time. Who is drawing output is kept waiting for microseconds; this call waits for
    /// the sources. Children of `fork` begin with the new one.
    ///
    /// - Throws: ``LRNGError/switchFailed(name:_:)``. Then all generators are what they were.
    public func switchDRNG(to algorithm: DRNGAlgorithm) throws(LRNGError) {
      try engine.changeDRNG(to: algorithm)
    }

    /// Lets all pools go on with another hash. They keep their entropy and their credit.
    ///
    /// - Throws: ``LRNGError/switchFailed(name:_:)``. Then nothing has changed.
    public func switchHash(to algorithm: HashAlgorithm) throws(LRNGError) {
      try engine.changeHash(to: algorithm)
    }
  #endif

  /// Runs the self tests now. A failure ends all output of this generator that stands on the mechanism that failed.
  @discardableResult
  public func runSelfTests() -> SelfTestReport {
    engine.onThisProcess { engine.runSelfTests() }
  }

  /// Waits until the LRNG is fully seeded.
  ///
  /// - Parameter timeoutInMilliseconds: `nil` waits for ever.
  /// - Returns: Whether it is; `false` at once after a failed self test.
  public func waitUntilFullySeeded(timeoutInMilliseconds: Int? = nil) -> Bool {
    while true {
      let identity = engine.enter()
      let isSeeded = engine.waitForSeed(identity: identity, timeoutInMilliseconds: timeoutInMilliseconds)
      if engine.isStill(identity) { return isSeeded }
    }
  }

  /// Waits until the LRNG is fully seeded; the thread does not wait.
  ///
  /// - Throws: ``LRNGError/selfTestFailed(failedTests:)``, because then it never will be.
  @concurrent
  public func waitUntilFullySeeded() async throws {
    while !waitUntilFullySeeded(timeoutInMilliseconds: 0) {
      if !engine.levels.mayOutput {
        throw LRNGError.selfTestFailed(failedTests: engine.levels.failedSelfTests ?? 0)
      }
      try await Task.sleep(for: .milliseconds(20))
      engine.look()
    }
  }

  /// Leaves fresh output in the seed file of the configuration, for the next start: what the end of a service calls.
  ///
  /// - Returns: Whether there is a file now that a fully seeded LRNG left; `false` also where none is configured.
  /// - Throws: ``LRNGError/seedFile(path:problem:)``, ``LRNGError/notFullySeeded``,
  ///   ``LRNGError/selfTestFailed(failedTests:)``.
  @discardableResult
  public func storeSeed() throws(LRNGError) -> Bool { try engine.storeSeed() }

  /// What the LRNG consists of and how it is seeded.
  public var status: Status { engine.status() }

  package func fillCompletely(
    _ span: inout MutableSpan<UInt8>, quality: QualityOfService, waiting: Bool = true
  ) throws(LRNGError) {
    if span.isEmpty {
      _ = try fill(&span, quality: quality, waiting: waiting)
      return
    }
    var filled = 0
    while filled < span.count {
      filled += try span.withPart(filled..<span.count) { (rest) throws(LRNGError) in
        try fill(&rest, quality: quality, waiting: waiting)
      }
    }
  }
}

/// Raw seed material, as `getrandom(2)` with `GRND_SEED` of an LRNG delivers it.
public struct RawSeed: Sendable {
  /// Length and entropy, 8 bytes each in the order of the processor, then a ``SeedBuffer``.
  public let bytes: [UInt8]

  public static let maximumLengthInBytes = 16 + SeedBuffer.maximumLengthInBytes

  /// The entropy in bits.
  public var entropyBits: Int {
    var bits: UInt64 = 0
    for index in (8..<16).reversed() {
      #if _endian(little)
        bits = bits << 8 | UInt64(bytes[index])
      #else
        bits = bits << 8 | UInt64(bytes[23 - index])
      #endif
    }
    return Int(clamping: bits)
  }
}
