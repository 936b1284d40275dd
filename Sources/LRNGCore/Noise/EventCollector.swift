// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Something that happened at a time nobody can foretell to the cycle: an interrupt, a context switch.
public struct NoiseEvent: Sendable {
  /// The lowest 32 bits of the cycle counter.
  public var stamp: UInt32
  /// Whatever else is known about the event, in 32 bits. Mixed in at low resolution, and never counted.
  public var otherData: UInt32
  /// Whether a recorder of raw noise took the event. It is known to somebody now, so it must not go anywhere else.
  public var isSwallowedByRecorder: Bool

  public init(stamp: UInt64, otherData: UInt32 = 0, isSwallowedByRecorder: Bool = false) {
    self.stamp = UInt32(truncatingIfNeeded: stamp)
    self.otherData = otherData
    self.isSwallowedByRecorder = isSwallowedByRecorder
  }
}

/// What became of an event, and what its host has to do now.
public struct CollectedEvent: Equatable, Sendable {
  public enum Fate: UInt8, Sendable {
    /// Stored, and one more event to be used in a seed.
    case credited
    /// Stored, but worth nothing.
    case mixedOnly
    /// Not stored: the source's health does not permit it.
    case dropped
    /// Not stored: a recorder has it.
    case swallowedByRecorder
  }

  public let fate: Fate
  /// The array is full. Without compression the next events overwrite the oldest ones.
  public var isArrayFull = false
  /// Another 32 slots are filled. While the LRNG is not fully seeded, a host looks here whether it can be.
  public var isCheckpoint = false
  /// After a failure, the host discards what all processors have collected from this source.
  public var healthReport: HealthReport?
  /// The step of the counter has become known with this event.
  public var completesGCD = false
}

/// The path of an event from its time stamp to the collection array, on one processor.
///
///     stamp ──► recorder? ──► divided by gcd ──► stuck? RCT, APT ──► slot of the array ──► counted
///                  │                                │      │
///                  ▼                                ▼      ▼
///               swallowed                       dropped   mixed only
///
/// Interrupts and context switches take the same path. They part behind it: at the end of the array the interrupt
/// source compresses, while a scheduler, which must not be kept waiting, has its array overwritten.
///
/// Only the processor itself (or the one thread that reads its events) uses this value; nothing in it is shared.
public struct EventCollector: Sendable {
  private var slots: CollectionArray
  #if HealthTests
    private var stuckTest = StuckTest()
  #endif

  public init(_ size: CollectionSize) {
    slots = CollectionArray(size)
  }

  /// Takes an event.
  ///
  /// - Parameters:
  ///   - event: The event.
  ///   - source: The state of the source. While it is not settled, nobody else may use it.
  ///   - events: The counter that belongs to this processor.
  ///   - array: The memory of the collection array, as long as the size says.
  public mutating func collect(
    _ event: NoiseEvent, from source: inout EventSourceState, counting events: borrowing UnusedEvents,
    in array: inout MutableSpan<UInt32>
  ) -> CollectedEvent {
    if source.isSettled { return collect(event, fromSettled: source, counting: events, in: &array) }
    guard !event.isSwallowedByRecorder else { return CollectedEvent(fate: .swallowedByRecorder) }
    let isWord = source.storesWords
    let sample = source.sample(of: event.stamp)
    let (verdict, report, completesGCD) = source.observe(event, sample: sample, isStuck: isStuck(sample))
    var result = store(
      sample, of: event, asWord: isWord, at: source.resolution, verdict: verdict, counting: events, in: &array)
    result.healthReport = report
    result.completesGCD = completesGCD
    return result
  }

  /// Takes an event of a source whose state is settled: the common case, and one in which nothing shared is written.
  public mutating func collect(
    _ event: NoiseEvent, fromSettled source: borrowing EventSourceState, counting events: borrowing UnusedEvents,
    in array: inout MutableSpan<UInt32>
  ) -> CollectedEvent {
    guard !event.isSwallowedByRecorder else { return CollectedEvent(fate: .swallowedByRecorder) }
    let sample = source.sample(of: event.stamp)
    // A coarse stamp repeats by nature, that is no reason not to count it: its rate is low enough.
    let isStuck = source.resolution == .high && isStuck(sample)
    return store(
      sample, of: event, asWord: source.storesWords, at: source.resolution,
      verdict: source.health.settledVerdict(isStuck: isStuck), counting: events, in: &array)
  }

  /// Takes an event of a source that has a ``EventSourceState/plainShift``: the common case, in the fewest instructions.
  ///
  /// - Returns: What the host has to store: the value is byte number `slot` of the array, where words begin with their least
  ///   significant byte.
  @inline(__always)
  public mutating func collect(
    plainStamp stamp: UInt32, shiftedBy shift: UInt32, counting events: borrowing UnusedEvents
  ) -> (slot: UInt32, value: UInt8) {
    let sample = (stamp &>> shift) & 0xFF
    let isStuck = isStuck(sample)
    if !isStuck { events.countOne() }
    return (slots.advance(), UInt8(truncatingIfNeeded: sample))
  }

  /// Takes an event in a few instructions more, whatever the step of the counter, and with the tests of SP 800-90B.
  ///
  /// - Returns: What the host has to store, as above. `nil` when nothing is left of ``EventSourceState/grantCalmEvents()``, or the
  ///   event is stuck: then nothing has changed, and the event takes the general way.
  @inline(__always)
  public mutating func collect(
    calmStamp stamp: UInt32, from source: inout EventSourceState, counting events: borrowing UnusedEvents
  ) -> (slot: UInt32, value: UInt8)? {
    guard source.hasCalmEvents else { return nil }
    let sample = source.calmSample(of: stamp)
    #if HealthTests
      guard stuckTest.goOn(unlessStuck: sample) else { return nil }
    #endif
    source.observe(calm: sample)
    events.countOne()
    return (slots.advance(), UInt8(truncatingIfNeeded: sample))
  }

  /// Whether the last slot of the array is filled. Without compression the next events overwrite the oldest ones.
  public var isAtEnd: Bool { slots.isAtEnd }

  /// The slot that was written last.
  var position: UInt32 { slots.position }

  /// Events were lost: stamps from before and after the gap have no derivatives.
  public mutating func restartDerivatives() {
    #if HealthTests
      stuckTest = StuckTest()
    #endif
  }

  private mutating func isStuck(_ sample: UInt32) -> Bool {
    #if HealthTests
      stuckTest.isStuck(sample)
    #else
      false
    #endif
  }

  private mutating func store(
    _ sample: UInt32, of event: NoiseEvent, asWord isWord: Bool, at resolution: TimerResolution,
    verdict: SampleVerdict, counting events: borrowing UnusedEvents, in array: inout MutableSpan<UInt32>
  ) -> CollectedEvent {
    guard verdict != .drop else { return CollectedEvent(fate: .dropped) }
    var wentBeyondEnd = false
    if isWord {
      if resolution == .low { wentBeyondEnd = slots.addWord(event.otherData, to: &array) }
      if slots.addWord(sample, to: &array) { wentBeyondEnd = true }
    } else {
      slots.addSlot(UInt8(truncatingIfNeeded: sample), to: &array)
    }
    // A word that went beyond the end has overwritten one that was counted and not compressed. One event for another.
    let isCredited = verdict == .credit && !wentBeyondEnd
    if isCredited { events.countOne() }
    var result = CollectedEvent(fate: isCredited ? .credited : .mixedOnly)
    result.isArrayFull = wentBeyondEnd || slots.isAtEnd
    result.isCheckpoint = result.isArrayFull || slots.position % 32 == 0
    return result
  }
}
