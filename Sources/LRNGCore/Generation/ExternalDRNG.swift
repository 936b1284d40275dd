// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// A generator of somebody else's, as a table of C functions: the seam for other generators, in user space and in a kernel.
///
/// The LRNG owns the memory of the state: ``stateLengthInBytes`` bytes, aligned to 8, zero before `begin`. It guards them by
/// a lock, wipes them at the end, and a child of `fork` finds its own zeroed. So a state that keeps nothing elsewhere is
/// safe across fork without any effort of its own. If a signal handler forked in the middle of a call, a function may see
/// zeroes instead of a state, and no context, and must put up with them; the result is thrown away. The memory may be moved between two
/// calls, so that a state must not point into itself.
///
/// The functions must not wait and must not call the LRNG. They return 0 when they have done what was asked for; after
/// another value of `generate` the output is wiped and the request fails; after one of `begin` or `seed` a switch fails and
/// the old generator serves on, while an LRNG that was configured with the generator waits for a seed that it takes.
///
/// The LRNG asks for 256 bits of security strength and refuses a table that names less. It counts the generator as fully
/// seeded by the entropy of the seeds: a generator that ignores its seed breaks that promise.
@safe public struct ExternalDRNG: @unchecked Sendable {
  public static let stateLengthInBytes = 1024

  /// Makes a state without a seed in memory that holds zeroes.
  public typealias Begin =
    @convention(c) (_ context: UnsafeMutableRawPointer?, _ state: UnsafeMutableRawPointer) -> CInt
  /// Mixes seed material into the state, without losing what is there.
  public typealias Seed =
    @convention(c) (
      _ context: UnsafeMutableRawPointer?, _ state: UnsafeMutableRawPointer, _ material: UnsafePointer<UInt8>,
      _ length: Int
    ) -> CInt
  /// Fills the output, at most 4096 bytes. Afterwards the state must not tell what was output.
  public typealias Generate =
    @convention(c) (
      _ context: UnsafeMutableRawPointer?, _ state: UnsafeMutableRawPointer, _ output: UnsafeMutablePointer<UInt8>,
      _ length: Int, _ additionalInput: UnsafePointer<UInt8>?, _ additionalLength: Int
    ) -> CInt
  /// Gives back whatever the state holds besides its memory.
  public typealias End = @convention(c) (_ context: UnsafeMutableRawPointer?, _ state: UnsafeMutableRawPointer) -> Void
  /// Says whether a known answer is found: 1, or 0. With `corrupting` not 0 one bit of the input is flipped before, and the
  /// answer must not be found.
  public typealias SelfTest = @convention(c) (_ context: UnsafeMutableRawPointer?, _ corrupting: CInt) -> CInt

  /// For configurations and displays.
  public let name: StaticString
  public let securityStrengthInBits: UInt32
  let context: UnsafeMutableRawPointer?
  // Never nil in a table that somebody made. But a table may stand in memory that a child of fork finds zeroed, in the
  // middle of a call whose result is thrown away afterwards: then a missing function is no call.
  let begin: Begin?
  let seed: Seed?
  let generate: Generate?
  let end: End?
  let selfTest: SelfTest?

  /// - Parameters:
  ///   - context: Handed to each function; it lives as long as the program.
  ///   - selfTest: Runs at power-on, on demand and periodically.
  @unsafe public init(
    name: StaticString, securityStrengthInBits: UInt32, context: UnsafeMutableRawPointer? = nil,
    begin: @escaping Begin, seed: @escaping Seed, generate: @escaping Generate, end: @escaping End,
    selfTest: @escaping SelfTest
  ) {
    self.name = name
    self.securityStrengthInBits = securityStrengthInBits
    unsafe self.context = context
    unsafe self.begin = begin
    unsafe self.seed = seed
    unsafe self.generate = generate
    unsafe self.end = end
    unsafe self.selfTest = selfTest
  }

  /// Whether the known answer is found.
  func findsKnownAnswer(corrupting: Bool) -> Bool {
    unsafe selfTest?(context, corrupting ? 1 : 0) == 1
  }
}

extension ExternalDRNG: Equatable {
  /// Tables are equal when they have the same functions and context.
  public static func == (left: Self, right: Self) -> Bool {
    unsafe functionAddress(left.generate) == functionAddress(right.generate)
      && functionAddress(left.seed) == functionAddress(right.seed) && left.context == right.context
  }
}

/// The state of an external generator, and which one's it is.
struct ExternalDRNGState: DRNG, ~Copyable {
  private var table: ExternalDRNG?
  private var memory = Secret(InlineArray<128, UInt64>(repeating: 0))

  /// Begins a state without a seed. There must be none.
  mutating func begin(_ table: ExternalDRNG) throws(DRNGError) {
    guard self.table == nil else { throw .failed }
    let isBegun = unsafe withMemory { state in unsafe table.begin?(table.context, state) == 0 }
    guard isBegun else {
      memory.wipe()
      throw .failed
    }
    self.table = table
  }

  mutating func seed(_ material: Span<UInt8>) throws(DRNGError) {
    guard let table else { throw .failed }
    let isSeeded = unsafe material.withUnsafeBufferPointer { material in
      guard let base = material.baseAddress else { return true }
      return unsafe withMemory { state in unsafe table.seed?(table.context, state, base, material.count) == 0 }
    }
    guard isSeeded else { throw .failed }
  }

  mutating func generate(
    into output: inout MutableSpan<UInt8>, additionalInput: Span<UInt8>
  ) throws(DRNGError) {
    guard let table else { throw .failed }
    let isGenerated = unsafe output.withUnsafeMutableBufferPointer { output in
      guard let base = output.baseAddress else { return true }
      return unsafe additionalInput.withUnsafeBufferPointer { additional in
        unsafe withMemory { state in
          unsafe table.generate?(table.context, state, base, output.count, additional.baseAddress, additional.count)
            == 0
        }
      }
    }
    guard isGenerated else { throw .failed }
  }

  /// Ends the state.
  mutating func wipe() {
    if let table { unsafe withMemory { state in unsafe table.end?(table.context, state) } }
    table = nil
    memory.wipe()
  }

  private mutating func withMemory<R>(_ body: (UnsafeMutableRawPointer) -> R) -> R {
    unsafe withUnsafeMutablePointer(to: &memory.value) { unsafe body(UnsafeMutableRawPointer($0)) }
  }
}
