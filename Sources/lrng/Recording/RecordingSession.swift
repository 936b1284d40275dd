// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// A recording from its first sample, or from where another run stopped, to its end.
struct RecordingSession {
  /// Consecutive samples that a part must have at least where parts are joined: SP 800-90B, section 3.1.1.
  static let shortestPart: UInt64 = 1000

  private let file: RecordingFile
  private(set) var metadata: RecordingMetadata
  /// The bytes of what counts: of a sample, or of a row of a restart test.
  private let unitLengthInBytes: Int64
  private let samplesOfUnit: UInt64
  /// Samples that were there before.
  let firstSample: UInt64
  private let secondsBefore: Double
  private let start = ContinuousClock.now
  private var buffer: [UInt8] = []
  private var lastFlush = ContinuousClock.now

  init(_ metadata: RecordingMetadata, path: String, resuming: Bool) throws {
    file = try RecordingFile(path: path, resuming: resuming)
    self.metadata = metadata
    samplesOfUnit = metadata.restart?.columns ?? 1
    unitLengthInBytes = Int64(samplesOfUnit) * Int64(metadata.bits / 8)
    guard resuming, file.lengthInBytes > 0 else {
      (firstSample, secondsBefore) = (0, 0)
      try file.note(self.metadata)
      return
    }
    let left = try file.leftMetadata()
    guard left.continues(metadata) else {
      throw Failure(
        .badData,
        "\(path) is a recording of \(left.source) (\(left.host)), \(left.bits) bits, \(left.machine), Linux \(left.kernelRelease): "
          + "this one differs, so give another name")
    }
    var kept = UInt64(file.lengthInBytes / unitLengthInBytes) * samplesOfUnit
    if metadata.restart == nil && kept < metadata.requestedSamples {
      // Both parts must be long enough.
      kept = min(kept, metadata.requestedSamples - min(metadata.requestedSamples, Self.shortestPart))
      if kept < Self.shortestPart { kept = 0 }
    }
    try file.truncate(toBytes: Int64(kept / samplesOfUnit) * unitLengthInBytes)
    self.metadata.date = left.date
    self.metadata.gcd = left.gcd
    self.metadata.load = left.load || metadata.load
    self.metadata.gapPositions = left.gapPositions.filter { $0 <= kept }
    self.metadata.gaps = left.gaps
    self.metadata.seams = left.seams.filter { $0 < kept }
    if metadata.restart == nil && kept > 0 && kept < metadata.requestedSamples { self.metadata.seams.append(kept) }
    (firstSample, secondsBefore) = (kept, left.seconds)
    self.metadata.samples = kept
    try file.note(self.metadata)
  }

  var remaining: UInt64 { metadata.requestedSamples - min(metadata.requestedSamples, metadata.samples) }

  /// Adds samples. They are on their way to the disk a second later at the latest.
  mutating func append(_ bytes: [UInt8], samples: Int) throws {
    buffer += bytes
    metadata.samples += UInt64(samples)
    let now = ContinuousClock.now
    guard buffer.count >= 1 << 16 || now - lastFlush > .seconds(1) else { return }
    lastFlush = now
    try flush()
  }

  private mutating func flush() throws {
    try file.write(buffer)
    buffer.removeAll(keepingCapacity: true)
  }

  /// Takes note of the step of the clock, as soon as it is known.
  mutating func note(gcd: UInt64) throws {
    guard gcd != 0, metadata.gcd != gcd else { return }
    guard metadata.gcd == 0 || metadata.samples == 0 else {
      throw Failure(.badData, "the step of the clock was \(metadata.gcd), and is \(gcd) now: record anew")
    }
    metadata.gcd = gcd
    try file.note(metadata)
  }

  /// Takes note of gaps and seams, whose positions count from the first sample of this run.
  mutating func note(gaps: [UInt64], seams: [UInt64], before: (gaps: UInt64, seams: [UInt64])) throws {
    let sum = before.gaps + UInt64(gaps.count)
    let allSeams = before.seams + seams.map { $0 + firstSample }
    guard sum != metadata.gaps || allSeams != metadata.seams else { return }
    let new = gaps.suffix(Int(sum - metadata.gaps)).map { $0 + firstSample }
    metadata.gapPositions += new.prefix(1000 - min(1000, metadata.gapPositions.count))
    metadata.gaps = sum
    metadata.seams = allSeams
    metadata.assessable = !metadata.conditioned && sum == 0
    try file.note(metadata)
  }

  /// Gives the file its name: whole, or shorter if that is how it ended.
  mutating func finish() throws {
    try flush()
    metadata.complete = metadata.samples >= metadata.requestedSamples
    metadata.assessable = !metadata.conditioned && metadata.gaps == 0
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let recorded = metadata.samples - min(firstSample, metadata.samples)
    metadata.seconds = secondsBefore + seconds
    // What others recorded may have no time: they were killed.
    metadata.samplesPerSecond = seconds > 0 && recorded > 0 ? Double(recorded) / seconds : metadata.samplesPerSecond
    try file.commit(metadata)
  }

  /// Leaves FILE.part to another run.
  mutating func leave() throws {
    try flush()
    try file.note(metadata)
    file.keep()
  }
}
