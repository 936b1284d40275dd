// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// A hash function of somebody else's, as a table of C functions: the seam for other implementations, in user space and in
/// a kernel.
///
/// The memory of a running state is the LRNG's: ``stateLengthInBytes`` bytes, aligned to 8. A state lives from `begin` to
/// `finish` or `abandon`; each `begin` has exactly one of them, and after either the memory is wiped. The memory may be
/// moved between two calls, so that a state must not point into itself.
///
/// A child of `fork` finds the memory zeroed, without an end of what was begun there: what a state holds elsewhere stays
/// there in the child. If a signal handler forked in the middle of a call, a function may see the zeroes, and no context, and must put
/// up with them; the result is thrown away.
///
/// The functions must not fail, must not wait and must not call the LRNG; they may be called from any thread, in the kernel
/// from interrupts. The digest has 32 to 64 bytes, and should be that of a vetted conditioning component (SP 800-90B,
/// section 3.1.5.1.1): pools are credited with as much entropy as a digest holds.
@safe public struct ExternalHash: @unchecked Sendable {
  public static let stateLengthInBytes = 512

  /// Begins an empty message in memory of any content.
  public typealias Begin =
    @convention(c) (_ context: UnsafeMutableRawPointer?, _ state: UnsafeMutableRawPointer) -> Void
  /// Appends to the message.
  public typealias Update =
    @convention(c) (
      _ context: UnsafeMutableRawPointer?, _ state: UnsafeMutableRawPointer, _ data: UnsafePointer<UInt8>, _ length: Int
    ) -> Void
  /// Writes the digest and ends the message.
  public typealias Finish =
    @convention(c) (
      _ context: UnsafeMutableRawPointer?, _ state: UnsafeMutableRawPointer, _ digest: UnsafeMutablePointer<UInt8>
    ) -> Void
  /// Ends the message without a digest.
  public typealias Abandon =
    @convention(c) (
      _ context: UnsafeMutableRawPointer?, _ state: UnsafeMutableRawPointer
    ) -> Void
  /// Says whether a known answer is found: 1, or 0. With `corrupting` not 0 one bit of the input is flipped before, and the
  /// answer must not be found.
  public typealias SelfTest = @convention(c) (_ context: UnsafeMutableRawPointer?, _ corrupting: CInt) -> CInt

  /// For configurations and displays.
  public let name: StaticString
  public let digestLengthInBytes: Int
  let context: UnsafeMutableRawPointer?
  // Never nil in a table that somebody made. But a table may stand in memory that a child of fork finds zeroed, in the
  // middle of a call whose result is thrown away afterwards: then a missing function is no call.
  let begin: Begin?
  let update: Update?
  let finish: Finish?
  let abandon: Abandon?
  let selfTest: SelfTest?

  /// - Parameters:
  ///   - digestLengthInBytes: 32 to 64; other values count as the nearest.
  ///   - context: Handed to each function; it lives as long as the program.
  ///   - selfTest: Runs at power-on, on demand and periodically.
  @unsafe public init(
    name: StaticString, digestLengthInBytes: Int, context: UnsafeMutableRawPointer? = nil,
    begin: @escaping Begin, update: @escaping Update, finish: @escaping Finish, abandon: @escaping Abandon,
    selfTest: @escaping SelfTest
  ) {
    self.name = name
    self.digestLengthInBytes = min(
      max(digestLengthInBytes, HashAlgorithm.minimumDigestLengthInBytes), HashAlgorithm.maximumDigestLengthInBytes)
    unsafe self.context = context
    unsafe self.begin = begin
    unsafe self.update = update
    unsafe self.finish = finish
    unsafe self.abandon = abandon
    unsafe self.selfTest = selfTest
  }

  /// Whether the known answer is found.
  func findsKnownAnswer(corrupting: Bool) -> Bool {
    unsafe selfTest?(context, corrupting ? 1 : 0) == 1
  }
}

extension ExternalHash: Equatable {
  /// Tables are equal when they have the same functions and context.
  public static func == (left: Self, right: Self) -> Bool {
    unsafe functionAddress(left.update) == functionAddress(right.update)
      && functionAddress(left.finish) == functionAddress(right.finish) && left.context == right.context
  }
}

/// The running state of an external hash.
struct ExternalHashState: ~Copyable {
  /// Whose message is begun in the memory.
  private var table: ExternalHash?
  private var memory = Secret(InlineArray<64, UInt64>(repeating: 0))

  deinit {
    Self.abandon(self)
  }

  /// What is abandoned half way may hold memory of its own. Not inlined, for the reason that `Secret` gives.
  @inline(never)
  private static func abandon(_ state: borrowing Self) {
    guard let table = state.table else { return }
    unsafe withUnsafePointer(to: state.memory) { pointer in
      // The value is the first member of a secret, and ends here: nobody else looks at it.
      unsafe table.abandon?(table.context, UnsafeMutableRawPointer(mutating: pointer))
    }
  }

  mutating func update(_ data: Span<UInt8>, of table: ExternalHash) {
    begin(table)
    unsafe data.withUnsafeBufferPointer { data in
      guard let base = data.baseAddress else { return }
      unsafe withMemory { state in unsafe table.update?(table.context, state, base, data.count) }
    }
  }

  mutating func finalize(into output: inout MutableSpan<UInt8>, of table: ExternalHash) {
    begin(table)
    // Room for any digest, since the output may be shorter.
    var digest = InlineArray<64, UInt8>(repeating: 0)
    unsafe withMemory { state in
      unsafe withUnsafeMutableBytes(of: &digest) { digest in
        guard let base = digest.baseAddress else { return }
        unsafe table.finish?(table.context, state, base.assumingMemoryBound(to: UInt8.self))
      }
    }
    self.table = nil
    memory.wipe()
    output.copy(table.digestLengthInBytes, from: digest.span, at: 0, to: 0)
    wipe(&digest)
  }

  mutating func reset() {
    if let table { unsafe withMemory { state in unsafe table.abandon?(table.context, state) } }
    table = nil
    memory.wipe()
  }

  private mutating func begin(_ table: ExternalHash) {
    guard self.table == nil else { return }
    unsafe withMemory { state in unsafe table.begin?(table.context, state) }
    self.table = table
  }

  private mutating func withMemory(_ body: (UnsafeMutableRawPointer) -> Void) {
    unsafe withUnsafeMutablePointer(to: &memory.value) { unsafe body(UnsafeMutableRawPointer($0)) }
  }
}
