// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if JitterSource
  import LRNGCore

  /// The entropy source "Jitter RNG" of this process.
  ///
  /// It lives in wipe-on-fork memory together with the memory that its loop walks through, guarded by a lock of its host.
  /// What it owns beyond that (more memory, after a recovery) is wiped in a child, too, and forgotten there.
  @safe struct JitterEntropySource: ~Copyable {
    /// Where time comes from.
    enum Timer: Sendable {
      /// The processor's counter; a counting thread where that fails the start-up test.
      case automatic
      case processor
      case countingThread

      /// What the configuration key says: `nil` leaves it to the start-up test.
      init(usesInternalTimer: Bool?) {
        switch usesInternalTimer {
        case nil: self = .automatic
        case true?: self = .countingThread
        case false?: self = .processor
        }
      }
    }

    /// What the host should bring along: a power of two, a few times the first-level cache.
    static let memoryLengthInBytes = JitterMemorySize.preferredInBytes()

    private var generator: JitterRNG
    private let timer: Timer
    private var memory: UnsafeMutableRawBufferPointer
    /// The memory that a recovery got in place of the host's.
    private var ownMemory: WipeOnForkMemory?
    /// Whether that is kept out of swap, as the host's is.
    private let isLocked: Bool

    /// Whether a counting thread is the clock.
    private(set) var usesCountingThread: Bool
    /// Why nothing comes, `nil` if something does.
    private(set) var problem: JitterError?

    /// - Parameters:
    ///   - memory: A power of two of bytes, of the host, for this source alone.
    ///   - isLocked: Whether memory that a recovery takes may be locked: a sandbox may end who asks for that.
    init(
      _ configuration: JitterConfiguration, timer: Timer = .automatic, memory: UnsafeMutableRawBufferPointer,
      isLocked: Bool = true
    ) {
      self.isLocked = isLocked
      generator = JitterRNG(configuration: configuration)
      self.timer = timer
      unsafe self.memory = memory
      usesCountingThread = timer == .countingThread
      problem = .notStarted
    }

    var state: JitterRNG.State { generator.state }
    var oversamplingRate: UInt32 { generator.oversamplingRate }
    var hashIterations: UInt32 { generator.hashIterations }
    var recoveries: UInt32 { generator.recoveries }
    var memorySizeInBytes: Int { unsafe memory.count }

    /// Runs the start-up test: about ten milliseconds.
    ///
    /// If it finds fault with the processor's counter, a counting thread may replace it, where one is allowed.
    mutating func startUp() throws(JitterError) {
      do throws(JitterError) {
        try perform(.startUp)
      } catch {
        guard case .startUp(let fault) = error, fault.blamesClock, mayFallBack else { throw error }
        usesCountingThread = true
        try perform(.startUp)
      }
    }

    /// Fills the first bits of the slot, a block of 256 bits at a time: a few milliseconds each.
    ///
    /// Where this throws, the slot holds zeroes.
    mutating func collect(bits: Int, into slot: inout MutableSpan<UInt8>) throws(JitterError) {
      let length = max(0, min(bits / 8, slot.count))
      do throws(JitterError) {
        try slot.withPart(0..<length) { (part) throws(JitterError) in try perform(.collect, into: &part) }
      } catch {
        slot.wipe()
        throw error
      }
    }

    /// Cures an intermittent failure, if that is what happened, with more memory if there is some.
    mutating func recover() throws(JitterError) {
      if let size = generator.memorySizeForRecovery(from: memorySizeInBytes), size > memorySizeInBytes {
        grow(toBytes: size)
      }
      try perform(.recover)
    }

    /// Wipes what it knows and gives back what it owns.
    mutating func close() {
      generator.reset()
      unsafe memory.wipe()
      if let own = ownMemory.take() {
        unsafe memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        own.release()
      }
      problem = .notStarted
    }

    // MARK: Inside

    private enum Operation { case startUp, recover, collect }

    /// FIPS and NTG.1 mode know no counting thread.
    private var mayFallBack: Bool {
      timer == .automatic && !usesCountingThread && generator.configuration.mode == .plain && CountingClock.isPossible
    }

    private mutating func perform(_ operation: Operation) throws(JitterError) {
      var nothing = MutableSpan<UInt8>()
      try perform(operation, into: &nothing)
    }

    private mutating func perform(
      _ operation: Operation, into output: inout MutableSpan<UInt8>
    ) throws(JitterError) {
      do throws(JitterError) {
        if usesCountingThread {
          guard generator.configuration.mode == .plain else { throw .startUp(.noClock) }
          let done: Void? = try CountingClock.withThread { (clock) throws(JitterError) in
            try perform(operation, into: &output, clock: &clock)
          }
          if done == nil { throw .startUp(.noClock) }
        } else {
          var clock = CycleCounter()
          try perform(operation, into: &output, clock: &clock)
        }
        problem = nil
      } catch {
        problem = error
        throw error
      }
    }

    private mutating func perform<Clock: JitterClock & ~Copyable>(
      _ operation: Operation, into output: inout MutableSpan<UInt8>, clock: inout Clock
    ) throws(JitterError) {
      // The host gave this memory to nobody else, or it is ours.
      let bytes = unsafe memory.bindMemory(to: UInt8.self)
      var span = unsafe bytes.mutableSpan
      switch operation {
      case .startUp: try generator.startUp(clock: &clock, memory: &span)
      case .recover: try generator.recover(clock: &clock, memory: &span)
      case .collect:
        var offset = 0
        while offset < output.count {
          let end = min(offset + JitterRNG.blockLengthInBytes, output.count)
          try output.withPart(offset..<end) { (block) throws(JitterError) in
            try generator.collectBlock(into: &block, clock: &clock, memory: &span)
          }
          offset = end
        }
      }
    }

    /// Walks through more memory from now on. Without any to be had, through the same.
    mutating func grow(toBytes size: Int) {
      guard let larger = try? WipeOnForkMemory(lengthInBytes: size, isLocked: isLocked) else { return }
      guard unsafe larger.bytes.count == size else {
        larger.release()
        return
      }
      unsafe memory.wipe()
      unsafe memory = larger.bytes
      let previous = ownMemory.take()
      ownMemory = consume larger
      if let previous { previous.release() }
    }
  }

  extension UnsafeMutableRawBufferPointer {
    fileprivate func wipe() {
      // All of it is ours.
      var span = unsafe bindMemory(to: UInt8.self).mutableSpan
      span.wipe()
    }
  }

  extension JitterStartUpError {
    /// Whether another clock might do better.
    fileprivate var blamesClock: Bool {
      switch self {
      case .memory, .knownAnswer, .commonDivisor: false
      case .noClock, .coarseClock, .clockRunsBackwards, .tooLittleVariation, .stuck, .healthTest, .repetitionCount: true
      }
    }
  }

  extension JitterError {
    /// What happened, for `status`.
    var explanation: String {
      switch self {
      case .notStarted: "not started"
      case .startUp(let fault): "start-up test: \(fault.explanation)"
      case .intermittentFailure(let failures): "intermittent failure of \(failures.explanation)"
      case .permanentFailure(let failures): "permanent failure of \(failures.explanation)"
      }
    }
  }

  extension JitterStartUpError {
    fileprivate var explanation: String {
      switch self {
      case .noClock: "there is no clock that is fine enough"
      case .coarseClock: "the clock is too coarse"
      case .clockRunsBackwards: "the clock runs backwards"
      case .tooLittleVariation: "the execution time varies too little"
      case .stuck: "too many measurements repeat"
      case .healthTest: "a health test failed"
      case .repetitionCount: "the repetition count test failed"
      case .knownAnswer: "SHA3-256 or XDRBG-256 gave a wrong answer"
      case .memory: "there is no memory to walk through"
      case .commonDivisor: "the common divisor was wrong"
      }
    }
  }

  extension JitterHealthFailures {
    fileprivate var explanation: String {
      let tests: [(Self, String)] = [
        (.repetitionCount, "the repetition count test"), (.adaptiveProportion, "the adaptive proportion test"),
        (.lagPredictor, "the lag predictor test"),
        (.repetitionCountWithMemory, "the repetition count test with memory"),
      ]
      let failed = tests.filter { contains($0.0) || contains($0.0.asPermanent) }
      return failed.map(\.1).joined(separator: ", ")
    }
  }
#endif
