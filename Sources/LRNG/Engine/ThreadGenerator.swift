// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// The generator that a thread has of its own: where small requests take some nanoseconds.
//
//   engine's generator ──64 bytes──► keys or DRBG ──refill──► batch ──► requests, erased as they are served
//                                         └──────large requests, past the batch──────►
//
// With ChaCha20 as the LRNG's generator, keys come out of a ``FastKeyErasureGenerator``, one for each batch and each large
// request. With a DRBG of SP 800-90A the thread has an instance of the same: a batch, or a large request, is one generate
// request of it, and its state moves by its own update. A word from the processor, or from the kernel, goes into each, so
// that the copies of a cloned machine part after the batch that they both have.
//
// Nothing is shared between threads but one number that is read: the count of seeds and of whatever makes them stale. Who
// finds it changed throws the batch away and gets a new seed.
//
// The memory is the kernel's to zero in a child of fork. The token is 0 while the thread is in here: a signal handler that
// draws in the middle of a request finds that, and goes to the engine. `life` is 0 only if this memory was never seeded in
// this process: a request looks at it last, so that a fork in the middle of it serves no zeroes.

import CLinux
import CMemory
import LRNGCore
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@safe struct ThreadGenerator: ~Copyable {
  /// Larger requests go past the batch.
  static let maximumLengthFromBatchInBytes = 256
  private static let batchLengthInBytes = 2048
  /// Requests that the engine hears of at once: so many that threads seldom meet at its lock, and those of thousands of
  /// threads are still few beside the 2^30 after which there is no output.
  static let reportInterval: UInt32 = 1 << 14

  /// The count of seeds that the seed belongs to, and one more: never 0. While the thread is in here, 0.
  private let token = Atomic<UInt64>(0)
  /// The same all the time. ``beingSeeded`` before it has a seed.
  private let life = Atomic<UInt64>(0)
  private static let beingSeeded: UInt64 = 1

  /// The first byte of the batch that was not served, in the lower half, and the number of requests in the upper one: one
  /// load and one store for both.
  private var cursor = UInt64(Self.batchLengthInBytes)
  private static let oneRequest: UInt64 = 1 << 32

  private var position: Int {
    get { Int(truncatingIfNeeded: cursor & 0xffff_ffff) }
    set { cursor = cursor & ~0xffff_ffff | UInt64(truncatingIfNeeded: newValue) }
  }
  private var requests: UInt32 {
    get { UInt32(truncatingIfNeeded: cursor >> 32) }
    set { cursor = cursor & 0xffff_ffff | UInt64(newValue) << 32 }
  }
  private var node = 0
  /// When it is time for another seed, in milliseconds.
  private var seedDue: UInt64 = 0
  private var isStale = false
  private var isDRBG = false
  private var keys = FastKeyErasureGenerator()
  private var drbg = SwitchableDRNG()

  private init() {}

  // MARK: - Memory

  private static let batchOffset = (MemoryLayout<ThreadGenerator>.size + 63) / 64 * 64
  static let lengthInBytes = batchOffset + batchLengthInBytes

  /// The batch stands behind the generator, in the same memory.
  @inline(__always)
  private static func batch(of place: UnsafeMutablePointer<ThreadGenerator>) -> UnsafeMutableRawPointer {
    unsafe UnsafeMutableRawPointer(place) + batchOffset
  }

  // MARK: - The fast path

  /// Where the calling thread's generator is, and where in its batch the next bytes are, if it may serve and has so many.
  ///
  /// Words stand at their own multiples. What is skipped is served to nobody, and overwritten with the next batch.
  @inline(__always)
  private static func ready(for length: Int) -> Turn? {
    // A thread without a generator has zeroes there, and no count is one less.
    let place = unsafe lrng_thread_generator().assumingMemoryBound(to: ThreadGenerator.self)
    let token = lrng_thread_token()
    guard unsafe place.pointee.token.load(ordering: .relaxed) == token else { return nil }
    unsafe place.pointee.token.store(0, ordering: .relaxed)
    // From here on a handler keeps out, so that the cursor is what it was read as.
    atomicMemoryFence(ordering: .acquiringAndReleasing)
    let cursor = unsafe place.pointee.cursor
    let position = cursor & 0xffff_ffff
    let start = length < 8 ? position : (position &+ 7) & ~7
    let end = start &+ UInt64(truncatingIfNeeded: length)
    guard end <= batchLengthInBytes else {
      unsafe place.pointee.token.store(token, ordering: .releasing)
      return nil
    }
    return unsafe Turn(
      place: place, token: token, bytes: batch(of: place) + Int(truncatingIfNeeded: start),
      cursor: (cursor &- position &+ end) &+ oneRequest)
  }

  /// What a request that may be served knows.
  @safe private struct Turn {
    let place: UnsafeMutablePointer<ThreadGenerator>
    let token: UInt64
    /// Its bytes in the batch.
    let bytes: UnsafeMutableRawPointer
    /// The cursor afterwards.
    let cursor: UInt64
  }

  /// - Returns: Whether the bytes are the thread's: not those of memory that a fork zeroed meanwhile.
  @inline(__always)
  private static func end(_ turn: Turn) -> Bool {
    unsafe turn.place.pointee.cursor = turn.cursor
    atomicMemoryFence(ordering: .acquiringAndReleasing)
    guard unsafe turn.place.pointee.life.load(ordering: .relaxed) == turn.token else { return false }
    unsafe turn.place.pointee.token.store(turn.token, ordering: .releasing)
    return true
  }

  /// Moves a word out of the batch.
  @inline(__always)
  private static func take<Word: FixedWidthInteger & BitwiseCopyable>(
    _ type: Word.Type, from source: UnsafeMutableRawPointer
  ) -> Word {
    let word = unsafe source.loadUnaligned(as: Word.self)
    unsafe source.storeBytes(of: 0, as: Word.self)
    return word
  }

  /// A word of the calling thread's batch, if there is one.
  @inline(__always)
  static func nextWord() -> UInt64? {
    guard let turn = ready(for: 8) else { return nil }
    let word = unsafe take(UInt64.self, from: turn.bytes)
    return end(turn) ? word : nil
  }

  /// Fills the output from the calling thread's batch, if that has enough.
  @inline(__always)
  static func fillFromBatch(_ output: inout MutableSpan<UInt8>) -> Bool {
    let length = output.count
    guard length <= maximumLengthFromBatchInBytes, let turn = ready(for: length) else { return false }
    unsafe output.withUnsafeMutableBytes { output in
      guard let target = output.baseAddress else { return }
      unsafe move(length, from: turn.bytes, to: target)
    }
    return end(turn)
  }

  /// Moves bytes out of the batch, in words.
  @inline(__always)
  private static func move(_ length: Int, from source: UnsafeMutableRawPointer, to target: UnsafeMutableRawPointer) {
    // Most requests are for a key or a nonce, and need no loop.
    if length == 16 || length == 32 {
      unsafe target.storeBytes(of: take(UInt64.self, from: source), as: UInt64.self)
      unsafe (target + 8).storeBytes(of: take(UInt64.self, from: source + 8), as: UInt64.self)
      if length == 16 { return }
      unsafe (target + 16).storeBytes(of: take(UInt64.self, from: source + 16), as: UInt64.self)
      unsafe (target + 24).storeBytes(of: take(UInt64.self, from: source + 24), as: UInt64.self)
      return
    }
    var offset = 0
    while offset &+ 8 <= length {
      unsafe (target + offset).storeBytes(of: take(UInt64.self, from: source + offset), as: UInt64.self)
      offset &+= 8
    }
    if length & 4 != 0 {
      unsafe (target + offset).storeBytes(of: take(UInt32.self, from: source + offset), as: UInt32.self)
      offset &+= 4
    }
    if length & 2 != 0 {
      unsafe (target + offset).storeBytes(of: take(UInt16.self, from: source + offset), as: UInt16.self)
      offset &+= 2
    }
    if length & 1 != 0 {
      unsafe (target + offset).storeBytes(of: take(UInt8.self, from: source + offset), as: UInt8.self)
    }
  }

  // MARK: - Refills and large requests

  /// Fills the output without asking the engine for anything: all threads have that, and be it a count of references to it,
  /// what all write to goes from processor to processor.
  ///
  /// - Returns: Whether it did. If not, the engine has to be asked.
  @inline(never)
  static func fillAlone(_ output: inout MutableSpan<UInt8>) -> Bool {
    let place = unsafe lrng_thread_generator().assumingMemoryBound(to: ThreadGenerator.self)
    let token = lrng_thread_token()
    guard unsafe place.pointee.token.load(ordering: .relaxed) == token else { return false }
    unsafe place.pointee.token.store(0, ordering: .relaxed)
    atomicMemoryFence(ordering: .acquiringAndReleasing)
    var isDone = false
    if unsafe place.pointee.mayGoOn(token) {
      do throws(DRNGError) {
        try unsafe produce(&output, from: place)
        isDone = true
      } catch {
        output.wipe()
      }
    }
    atomicMemoryFence(ordering: .acquiringAndReleasing)
    guard unsafe place.pointee.life.load(ordering: .relaxed) == token else {
      // This is a child, and what was written came from zeroes.
      output.wipe()
      return false
    }
    unsafe place.pointee.token.store(token, ordering: .releasing)
    return isDone
  }

  private func mayGoOn(_ token: UInt64) -> Bool {
    life.load(ordering: .relaxed) == token && !isStale && requests < Self.reportInterval
      && System.monotonicMilliseconds < seedDue
  }

  // MARK: - Seeds, and all that needs the engine

  /// Fills the output by the calling thread's generator, or by the engine where the thread can't have one, or is in it.
  @inline(never)
  static func fill(
    _ output: inout MutableSpan<UInt8>, of generator: RandomBitGenerator, waiting: Bool = true
  ) throws(LRNGError) {
    let engine = generator.engine
    guard engine.servesThreads, let place = unsafe ThreadMemory.ofThisThread(engine),
      unsafe place.pointee.token.load(ordering: .relaxed) != 0 || place.pointee.life.load(ordering: .relaxed) == 0
    else { return try generator.fillCompletely(&output, quality: .fullySeeded, waiting: waiting) }

    while true {
      unsafe place.pointee.token.store(0, ordering: .relaxed)
      atomicMemoryFence(ordering: .acquiringAndReleasing)
      // A child does not inherit the lock that keeps memory out of swap.
      if unsafe place.pointee.life.load(ordering: .relaxed) == 0 { ThreadMemory.lockThisThreads(engine) }
      let identity = engine.enter()
      do throws(LRNGError) {
        try unsafe serve(&output, from: place, engine, waiting: waiting)
      } catch {
        output.wipe()
        // Nothing is left of it, so that it begins anew.
        unsafe wipe(place)
        throw error
      }
      atomicMemoryFence(ordering: .acquiringAndReleasing)
      let life = unsafe place.pointee.life.load(ordering: .relaxed)
      if engine.isStill(identity), life > beingSeeded {
        unsafe place.pointee.token.store(life, ordering: .releasing)
        return
      }
      // This is a child, and what was written came from zeroes.
      output.wipe()
      unsafe wipe(place)
    }
  }

  private static func serve(
    _ output: inout MutableSpan<UInt8>, from place: UnsafeMutablePointer<ThreadGenerator>, _ engine: Engine,
    waiting: Bool
  ) throws(LRNGError) {
    if unsafe place.pointee.life.load(ordering: .relaxed) == 0 {
      unsafe place.initialize(to: ThreadGenerator())
      unsafe place.pointee.life.store(beingSeeded, ordering: .relaxed)
    }
    if unsafe place.pointee.isSeedDue(engine) {
      unsafe dropBatch(of: place)
      try unsafe place.pointee.seed(engine, waiting: waiting)
    }
    do throws(DRNGError) { try unsafe produce(&output, from: place) } catch { throw .generatorFailed }
    unsafe place.pointee.reportRequests(engine)
  }

  /// Serves a request out of a new batch or past it.
  private static func produce(
    _ output: inout MutableSpan<UInt8>, from place: UnsafeMutablePointer<ThreadGenerator>
  ) throws(DRNGError) {
    unsafe place.pointee.requests &+= 1
    if output.count > maximumLengthFromBatchInBytes {
      try unsafe place.pointee.makeAll(&output)
    } else {
      try unsafe serveFromBatch(&output, from: place)
    }
  }

  /// What is left of the batch, and the rest out of a new one.
  private static func serveFromBatch(
    _ output: inout MutableSpan<UInt8>, from place: UnsafeMutablePointer<ThreadGenerator>
  ) throws(DRNGError) {
    let length = output.count
    let first = unsafe min(length, batchLengthInBytes &- place.pointee.position)
    unsafe output.withUnsafeMutableBytes { output in
      guard first > 0, let target = output.baseAddress else { return }
      unsafe move(first, from: batch(of: place) + place.pointee.position, to: target)
    }
    unsafe place.pointee.position &+= first
    guard first < length else { return }
    // The whole of the batch, which is that long.
    var bytes = unsafe MutableSpan(
      _unsafeStart: batch(of: place).assumingMemoryBound(to: UInt8.self), count: batchLengthInBytes)
    try unsafe place.pointee.make(&bytes)
    let rest = length &- first
    unsafe output.withUnsafeMutableBytes { output in
      guard let target = output.baseAddress else { return }
      unsafe move(rest, from: batch(of: place), to: target + first)
    }
    unsafe place.pointee.position = rest
  }

  private static func dropBatch(of place: UnsafeMutablePointer<ThreadGenerator>) {
    unsafe lrng_wipe(batch(of: place), batchLengthInBytes)
    unsafe place.pointee.position = batchLengthInBytes
  }

  /// All zero, as it was before the first seed.
  private static func wipe(_ place: UnsafeMutablePointer<ThreadGenerator>) {
    unsafe lrng_wipe(UnsafeMutableRawPointer(place), lengthInBytes)
  }

  // MARK: - Its seed

  private func isSeedDue(_ engine: Engine) -> Bool {
    isStale || life.load(ordering: .relaxed) != engine.levels.seedEpoch &+ 1 || System.monotonicMilliseconds >= seedDue
  }

  /// Gets a seed from the engine's generator, which reseeds itself first if it is time.
  private mutating func seed(_ engine: Engine, waiting: Bool) throws(LRNGError) {
    // More than one and a half times the strength, so that it instantiates a DRBG (SP 800-90A, 8.6.7).
    var material = Secret(InlineArray<64, UInt8>(repeating: 0))
    defer { material.wipe() }
    var epoch: UInt64
    repeat {
      reportRequests(engine, always: true)
      epoch = engine.levels.seedEpoch
      var bytes = material.value.mutableSpan
      var filled = 0
      while filled < bytes.count {
        filled += try bytes.withPart(filled..<bytes.count) { (rest) throws(LRNGError) in
          // Many busy threads make a reseed due again before all of them have got their seeds from the last one.
          try engine.fill(
            &rest, quality: .fullySeeded, waiting: waiting, dueReseed: isStale ? .byRequest : .elsewhere)
        }
      }
    } while epoch != engine.levels.seedEpoch
    node = engine.nodeOfThisThread
    let algorithm = engine.drng
    isDRBG = algorithm != .chaCha20
    // What was in use before a switch is not needed any more.
    if isDRBG { keys.wipe() } else { drbg.wipe() }
    if isDRBG {
      if algorithm != drbg.algorithm {
        drbg.wipe()
        drbg = SwitchableDRNG(algorithm)
      }
      do throws(DRNGError) { try drbg.seed(material.value.span) } catch { throw .generatorFailed }
    } else {
      keys.seed(material.value.span.extracting(first: 32), epoch: epoch)
    }
    seedDue = System.monotonicMilliseconds &+ engine.reseedIntervalInSeconds &* 1000
    isStale = false
    life.store(epoch &+ 1, ordering: .relaxed)
  }

  /// Each request counts as one, wherever its bytes came from.
  private mutating func reportRequests(_ engine: Engine, always: Bool = false) {
    guard requests >= (always ? 1 : Self.reportInterval) else { return }
    if !engine.count(requests: requests, node: node) { isStale = true }
    requests = 0
  }

  // MARK: - Output

  private mutating func makeAll(_ output: inout MutableSpan<UInt8>) throws(DRNGError) {
    var made = 0
    while made < output.count {
      let length = min(output.count &- made, OneTimeKey.maximumLengthInBytes)
      try output.withPart(made..<made &+ length) { (part) throws(DRNGError) in try make(&part) }
      made &+= length
    }
  }

  /// One request of the generator, at most ``OneTimeKey/maximumLengthInBytes`` long.
  private mutating func make(_ output: inout MutableSpan<UInt8>) throws(DRNGError) {
    let fresh = Self.freshWord()
    if isDRBG {
      var input = InlineArray<8, UInt8>(repeating: 0)
      for index in 0..<8 { input[index] = UInt8(truncatingIfNeeded: fresh &>> (8 &* UInt64(index))) }
      try drbg.generate(into: &output, additionalInput: input.span)
    } else {
      var key = OneTimeKey()
      key.fetch(from: &keys, fresh: fresh)
      key.expand(into: &output)
    }
  }

  #if CPUSource
    private static let hasRandomInstruction = NativeRandomInstructions().hasRandom
  #endif

  /// No secret, and not counted on: what differs between the copies of a machine.
  private static func freshWord() -> UInt64 {
    var word: UInt64 = 0
    #if CPUSource
      // Writes one word; called only where the processor has the instruction.
      if hasRandomInstruction, unsafe lrng_cpu_random(&word) == 1 { return word }
    #endif
    // What it does not fill stays zero.
    unsafe withUnsafeMutableBytes(of: &word) { _ = unsafe System.randomBytes(into: $0) }
    return word ^ lrng_cycle_counter()
  }

  /// The thread ends.
  fileprivate static func end(_ place: UnsafeMutablePointer<ThreadGenerator>, _ engine: Engine) {
    if unsafe place.pointee.life.load(ordering: .relaxed) > beingSeeded {
      unsafe place.pointee.reportRequests(engine, always: true)
    }
  }
}

/// The memory of a thread's generator, until the thread ends.
private final class ThreadMemory {
  private var memory: WipeOnForkMemory?
  private let engine: Engine

  private init(_ engine: Engine, _ memory: consuming WipeOnForkMemory) {
    self.engine = engine
    self.memory = consume memory
  }

  deinit {
    if let memory = memory.take() { memory.release() }
  }

  private var place: UnsafeMutablePointer<ThreadGenerator>? {
    unsafe memory?.bytes.baseAddress?.assumingMemoryBound(to: ThreadGenerator.self)
  }

  /// Gives the memory back at the end of a thread.
  private static let key: pthread_key_t? = {
    var key = pthread_key_t()
    // What was set is what comes back, a retained object.
    let isMade = unsafe pthread_key_create(&key) { value in
      guard let value = unsafe value as UnsafeMutableRawPointer? else { return }
      let thread = unsafe Unmanaged<ThreadMemory>.fromOpaque(value).takeRetainedValue()
      lrng_clear_thread()
      if let place = unsafe thread.place { unsafe ThreadGenerator.end(place, thread.engine) }
    }
    return isMade == 0 ? key : nil
  }()

  static func lockThisThreads(_ engine: Engine) {
    // What was set is a retained object.
    guard !engine.configuration.isConfined, let key, let value = unsafe pthread_getspecific(key) else { return }
    unsafe Unmanaged<ThreadMemory>.fromOpaque(value).takeUnretainedValue().memory?.lock()
  }

  /// The place of the calling thread's generator. `nil` if the system has no memory for it, or it belongs to another LRNG.
  static func ofThisThread(_ engine: Engine) -> UnsafeMutablePointer<ThreadGenerator>? {
    let seedEpoch = unsafe engine.levels.seedEpochAddress
    if lrng_thread_has_generator() != 0 {
      guard unsafe lrng_thread_depends_on(seedEpoch) != 0 else { return nil }
      return unsafe lrng_thread_generator().assumingMemoryBound(to: ThreadGenerator.self)
    }
    guard let key else { return nil }
    let mapping: WipeOnForkMemory
    do throws(Errno) {
      mapping = try WipeOnForkMemory(
        lengthInBytes: ThreadGenerator.lengthInBytes, isLocked: !engine.configuration.isConfined)
    } catch {
      return nil
    }
    let thread = ThreadMemory(engine, mapping)
    let value = unsafe Unmanaged.passRetained(thread)
    // The object lives until the destructor takes it.
    guard let place = unsafe thread.place, unsafe pthread_setspecific(key, value.toOpaque()) == 0 else {
      unsafe value.release()
      return nil
    }
    unsafe lrng_set_thread(place, seedEpoch)
    return unsafe place
  }
}

extension Engine {
  /// Whether threads may have generators of their own: not in FIPS mode, nor where each request asks for a seed, or wears it
  /// visibly, nor for generators from elsewhere.
  var servesThreads: Bool {
    guard configuration.usesThreadGenerators, !isFIPS, configuration.reseedIntervalInSeconds > 0,
      configuration.maximumRequestsWithoutReseed >= 1 << 20
    else { return false }
    switch drng {
    case .chaCha20, .ctrDRBG, .hashDRBG, .hmacDRBG: return true
    case .hardware, .external: return false
    }
  }

  var nodeOfThisThread: Int { nodeCount > 1 ? topology.nodeIndex(ofCPU: CPUTopology.currentCPU) : 0 }

  /// Enters requests that a thread served, and sees to the reseed that they make due.
  ///
  /// - Returns: Whether the caller is done with it: if not, it has to ask for a seed itself.
  func count(requests: UInt32, node: Int) -> Bool {
    let now = now()
    let limit = policy.maximumRequestsWithoutReseed
    let (isDue, served) = withGenerator(.node(node)) { instance in
      instance.count(requests: requests)
      return (
        instance.isReseedDue(now: now, intervalInSeconds: reseedIntervalInSeconds), instance.requestsWithoutFullSeed
      )
    }
    // Worn out: there is no output before the generator itself has got another seed.
    guard served < limit else { return false }
    return isDue ? reseedElsewhere(isUrgent: served >= limit / 2) : true
  }
}
