// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if os(Linux)

  import CLinux

  /// What a perf ring tells, record by record.
  enum PerfRecord: Equatable {
    /// The event occurred at `timestamp` (nanoseconds of the kernel's local clock). `raw` is the tracepoint's record,
    /// empty for a software event.
    case sample(timestamp: UInt64, raw: PerfRingField)
    /// The kernel dropped so many samples for want of room.
    case lost(count: UInt64)
    /// The kernel stopped or resumed sampling of its own accord.
    case throttled
    /// A record of no interest.
    case other
    /// Something that no kernel writes. What follows up to the head was skipped where its start is unknown.
    case malformed
  }

  /// Bytes in a ring, named by their position in the stream of all bytes that ever went through it.
  struct PerfRingField: Equatable {
    var position: UInt64
    var lengthInBytes: Int

    /// A part of the field, or nothing where it would reach beyond the field.
    func part(at offset: Int, lengthInBytes: Int) -> PerfRingField? {
      guard offset >= 0, lengthInBytes >= 0, offset <= self.lengthInBytes - lengthInBytes else { return nil }
      return PerfRingField(position: position &+ UInt64(offset), lengthInBytes: lengthInBytes)
    }
  }

  /// Reads the records between tail and head of a perf ring.
  ///
  /// The layout is that of perf_event_open(2) for the sample types that `lrng_perf_open` asks for. A ring is written by
  /// the kernel, but it is memory that this process can write, too: every length is checked, nothing traps, and the reader
  /// always comes nearer to the head.
  struct PerfRecordReader {
    /// struct perf_event_header: u32 type, u16 misc, u16 size.
    static let headerLengthInBytes = 8

    /// Where the next record starts: the ring's tail.
    private(set) var position: UInt64

    init(position: UInt64) { self.position = position }

    /// The next record, or nothing at the head. `data` is the ring: a power of two of bytes.
    mutating func next(upTo head: UInt64, in data: Span<UInt8>) -> PerfRecord? {
      let available = head &- position
      guard available > 0 else { return nil }
      guard available <= UInt64(data.count), available >= UInt64(Self.headerLengthInBytes) else {
        return skip(to: head)
      }
      let header = PerfRingField(position: position, lengthInBytes: Int(available))
      let type = Self.load(header, 0, 4, in: data)
      let size = Self.load(header, 6, 2, in: data)
      guard let type, let size, size >= UInt64(Self.headerLengthInBytes), size % 8 == 0, size <= available else {
        return skip(to: head)
      }
      position &+= size

      let body = PerfRingField(
        position: header.position &+ UInt64(Self.headerLengthInBytes),
        lengthInBytes: Int(size) - Self.headerLengthInBytes)
      switch Int(type) {
      case LRNG_PERF_RECORD_SAMPLE: return Self.sample(body, in: data)
      case LRNG_PERF_RECORD_LOST:  // u64 id, u64 lost
        return Self.load(body, 8, 8, in: data).map { .lost(count: $0) } ?? .malformed
      case LRNG_PERF_RECORD_LOST_SAMPLES:  // u64 lost
        return Self.load(body, 0, 8, in: data).map { .lost(count: $0) } ?? .malformed
      case LRNG_PERF_RECORD_THROTTLE, LRNG_PERF_RECORD_UNTHROTTLE: return .throttled
      default: return .other
      }
    }

    private mutating func skip(to head: UInt64) -> PerfRecord {
      position = head
      return .malformed
    }

    /// u64 time, and for tracepoints u32 size and so many bytes.
    private static func sample(_ body: PerfRingField, in data: Span<UInt8>) -> PerfRecord {
      guard let timestamp = load(body, 0, 8, in: data) else { return .malformed }
      if body.lengthInBytes == 8 {
        return .sample(timestamp: timestamp, raw: PerfRingField(position: body.position, lengthInBytes: 0))
      }
      guard let rawLength = load(body, 8, 4, in: data),
        let raw = body.part(at: 12, lengthInBytes: Int(clamping: rawLength))
      else { return .malformed }
      return .sample(timestamp: timestamp, raw: raw)
    }

    /// A number of `lengthInBytes` bytes in native byte order at `offset` of a field.
    static func load(_ field: PerfRingField, _ offset: Int, _ lengthInBytes: Int, in data: Span<UInt8>) -> UInt64? {
      guard let part = field.part(at: offset, lengthInBytes: lengthInBytes) else { return nil }
      var value: UInt64 = 0
      for index in 0..<lengthInBytes {
        let byte = UInt64(Self.byte(part, index, in: data))
        #if _endian(little)
          value |= byte << (8 * UInt64(index))
        #else
          value = value << 8 | byte
        #endif
      }
      return value
    }

    /// One byte of a field. The ring's length is a power of two, so the mask keeps the index inside.
    static func byte(_ field: PerfRingField, _ index: Int, in data: Span<UInt8>) -> UInt8 {
      let position = field.position &+ UInt64(index)
      return data[Int(truncatingIfNeeded: position & UInt64(data.count &- 1))]
    }
  }

#endif
