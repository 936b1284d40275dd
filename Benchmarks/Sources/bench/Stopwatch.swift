// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import COthers
import Glibc
import Report
import Synchronization

/// Measures one cell: some threads draw for a while, all at the same time.
///
/// One thread waits for nobody, so the time counts that it had a processor, in user space and in the kernel: others who use
/// the machine do not show. What several threads wait for each other must show, and what one waits for another process, so there
/// it is the time on the clock.
final class Stopwatch: Sendable {
  private let contender: Contender
  private let bytes: Int
  private let threads: Int
  private let nanoseconds: UInt64
  /// Requests between two looks at the clock.
  private let chunk: Int

  private let arrived = Atomic(0)
  private let start = Atomic<UInt64>(0)
  private let results: Mutex<[Result<Run, any Error>]> = Mutex([])

  private struct Run {
    let requests: Int
    let end: UInt64
    let processorTime: UInt64
  }

  private init(_ contender: Contender, bytes: Int, threads: Int, nanoseconds: UInt64, chunk: Int) {
    self.contender = contender
    self.bytes = bytes
    self.threads = threads
    self.nanoseconds = nanoseconds
    self.chunk = chunk
  }

  /// - Returns: MB/s, of all threads together, and the part of the time that they had a processor.
  static func measure(
    _ contender: Contender, bytes: Int, threads: Int, nanoseconds: UInt64, chunk: Int
  ) throws -> (megabytesPerSecond: Double, share: Double) {
    let stopwatch = Stopwatch(contender, bytes: bytes, threads: threads, nanoseconds: nanoseconds, chunk: chunk)
    try Team.run(threads: threads) { stopwatch.thread($0) }
    let results = try stopwatch.results.withLock { try $0.map { try $0.get() } }
    let requests = results.map(\.requests).reduce(0, +)
    let onTheClock = (results.map(\.end).max() ?? 0) - stopwatch.start.load(ordering: .relaxed)
    let time = threads == 1 && !contender.isRemote ? results[0].processorTime : onTheClock
    guard time > 0 else { throw Failure(description: "\(contender.name): no time passed") }
    let share = Double(results.map(\.processorTime).reduce(0, +)) / Double(onTheClock) / Double(threads)
    return (Double(requests * bytes) * 1000 / Double(time), share)
  }

  /// How many requests take about 0.2 ms: a look at the clock is a thousandth of that.
  static func chunk(of contender: Contender, bytes: Int) throws -> Int {
    let source = try contender.open()
    return try unsafe withBuffer(bytes) { buffer in
      var requests = 1
      while true {
        let before = bench_thread_time()
        try unsafe source.draw(into: buffer, requests: requests)
        if bench_thread_time() - before >= 150_000 { return requests }
        requests *= 2
      }
    }
  }

  private func thread(_ index: Int) {
    let result = Result { try run(index) }
    results.withLock { $0.append(result) }
  }

  private func run(_ index: Int) throws -> Run {
    // One thread moves between processors at the scheduler's pleasure, and takes its caches along. Where another process has
    // to run as well, the scheduler knows best.
    if threads <= bench_processor_count() && !contender.isRemote {
      bench_pin_to_processor(bench_processor_count() - 1 - index)
    }
    let source = Result {
      let source = try contender.open()
      try unsafe Self.withBuffer(bytes) { try unsafe source.draw(into: $0, requests: min(chunk, 64)) }
      return source
    }
    // The others wait for a thread that failed, too.
    arrived.add(1, ordering: .acquiringAndReleasing)
    while arrived.load(ordering: .acquiring) < threads { sched_yield() }
    let opened = try source.get()
    return try unsafe Self.withBuffer(bytes) { buffer in
      let (isFirst, other) = start.compareExchange(expected: 0, desired: bench_now(), ordering: .acquiringAndReleasing)
      let deadline = (isFirst ? start.load(ordering: .acquiring) : other) + nanoseconds
      let begin = bench_thread_time()
      var requests = 0
      var now: UInt64
      repeat {
        try unsafe opened.draw(into: buffer, requests: chunk)
        requests += chunk
        now = bench_now()
      } while now < deadline
      return Run(requests: requests, end: now, processorTime: bench_thread_time() - begin)
    }
  }

  /// Where a line of the cache begins, so that no run is unlucky.
  private static func withBuffer<Value>(
    _ bytes: Int, _ body: (UnsafeMutableBufferPointer<UInt8>) throws -> Value
  ) rethrows -> Value {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 64)
    defer { unsafe memory.deallocate() }
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
    return try unsafe body(memory.bindMemory(to: UInt8.self))
  }
}

/// Threads of the operating system; a task may share its own with others.
enum Team {
  private final class Work {
    let index: Int
    let body: @Sendable (Int) -> Void

    init(_ index: Int, _ body: @escaping @Sendable (Int) -> Void) {
      self.index = index
      self.body = body
    }
  }

  /// Runs the body once on each of so many threads, and waits for all.
  static func run(threads: Int, _ body: @escaping @Sendable (Int) -> Void) throws {
    var started: [pthread_t] = []
    for index in 0..<threads {
      var thread = pthread_t()
      // The thread takes the reference over.
      let work = unsafe Unmanaged.passRetained(Work(index, body)).toOpaque()
      let error = unsafe pthread_create(
        &thread, nil,
        { argument in
          guard let argument = unsafe argument else { return nil }
          let work = unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
          work.body(work.index)
          return nil
        }, work)
      // Those that run wait for this one until the process ends.
      guard error == 0 else { throw Failure(description: "cannot start \(threads) threads") }
      started.append(thread)
    }
    for thread in started { pthread_join(thread, nil) }
  }
}
