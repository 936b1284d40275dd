// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if os(Linux) && InterruptSource

  /// One event for each interrupt, for one processor.
  ///
  /// `irq_handler_entry` fires once for each *action* of a line. Where drivers share a line, one interrupt gives several
  /// samples a few hundred nanoseconds apart, and to credit each would count the same entropy twice. So of each line only
  /// the samples of one action count, the first that was seen, and where several actions have that same name, one in as
  /// many.
  struct InterruptLineFilter: PerfSampleFilter {
    /// A line whose events count.
    struct Line {
      var number: Int32
      /// Of the action's name; zero marks a free place.
      var nameHash: UInt64 = 0
      /// How many actions of the line have the name.
      var sharers: UInt32 = 1
      /// Counts from 0 to `sharers - 1`; the event at 0 is taken.
      var phase: UInt32 = 0
      /// Events until the line is looked at afresh: drivers come and go.
      var remaining: UInt32 = 0
    }

    /// Lines that a processor may have at the same time. Events of further lines don't count.
    static let capacity = 64
    /// After so many events a line is looked at afresh.
    static let eventsPerLook: UInt32 = 4096

    /// Interrupts that a processor sends to itself or others, and the tick, where they come through this tracepoint (arm,
    /// riscv; on x86 they do not): software decides when they happen, our own wake-ups among them.
    private static let internalNames: InlineArray<4, UInt64> = [
      hash("IPI"), hash("arch_timer"), hash("riscv-timer"), hash("clint-timer"),
    ]

    private let tracepoint: InterruptTracepoint
    private var lines = InlineArray<64, Line>(repeating: Line(number: 0))

    init(_ tracepoint: InterruptTracepoint) { self.tracepoint = tracepoint }

    mutating func accepts(_ raw: PerfRingField, in data: Span<UInt8>) -> Bool {
      // The name includes its terminating zero.
      guard let number = PerfRecordReader.load(raw, tracepoint.lineOffset, 4, in: data),
        let location = PerfRecordReader.load(raw, tracepoint.nameLocationOffset, 4, in: data),
        let name = raw.part(at: Int(location & 0xffff), lengthInBytes: Int(location >> 16))
      else { return false }
      var hash = Self.emptyHash
      for index in 0..<name.lengthInBytes {
        let byte = PerfRecordReader.byte(name, index, in: data)
        if byte == 0 { break }
        hash = Self.hash(hash, byte)
      }
      return accepts(
        line: Int32(truncatingIfNeeded: number), nameHash: hash, sharers: InterruptActions.count)
    }

    /// Whether a sample of an action counts. `sharers` tells how many actions of a line have a name.
    mutating func accepts(line number: Int32, nameHash: UInt64, sharers: (Int32, UInt64) -> UInt32) -> Bool {
      for index in Self.internalNames.indices where Self.internalNames[index] == nameHash { return false }

      // Open addressing; lines are only replaced in place, so a free place ends the search.
      let start = Int(truncatingIfNeeded: number) & (Self.capacity - 1)
      for step in 0..<Self.capacity {
        let index = (start + step) & (Self.capacity - 1)
        if lines[index].nameHash == 0 {
          lines[index] = Line(
            number: number, nameHash: nameHash, sharers: max(1, sharers(number, nameHash)),
            remaining: Self.eventsPerLook)
        } else if lines[index].number != number {
          continue
        } else if lines[index].remaining == 0 {
          // From the next interrupt on, this action counts; the interrupt that it belongs to may have been counted.
          let sharers = max(1, sharers(number, nameHash))
          lines[index] = Line(
            number: number, nameHash: nameHash, sharers: sharers, phase: 1 % sharers, remaining: Self.eventsPerLook)
          return false
        }

        lines[index].remaining -= 1
        guard lines[index].nameHash == nameHash else { return false }
        let isTaken = lines[index].phase == 0
        lines[index].phase = (lines[index].phase + 1) % lines[index].sharers
        return isTaken
      }
      return false
    }

    // MARK: - Names

    // FNV-1a of 64 bits (G. Fowler, L. C. Noll, K.-P. Vo), with one bit always set, so that no name has the hash zero of a
    // free place. Names are the drivers' choice; nobody gains from a collision.
    static let emptyHash: UInt64 = 0xcbf2_9ce4_8422_2325

    static func hash(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
      ((hash ^ UInt64(byte)) &* 0x100_0000_01b3) | 2
    }

    static func hash(_ name: StaticString) -> UInt64 {
      name.withUTF8Buffer { bytes in
        unsafe bytes.reduce(emptyHash) { Self.hash($0, $1) }
      }
    }
  }

  /// The actions of an interrupt line, as sysfs lists them.
  enum InterruptActions {
    /// How many actions of a line have the name. Two when that is not known: rather too few events than too many.
    static func count(line: Int32, nameHash: UInt64) -> UInt32 {
      let count = System.withContents(of: "/sys/kernel/irq/\(line)/actions") { Self.count(in: $0, nameHash: nameHash) }
      switch count {
      case .success(let count) where count > 0: return count
      default: return 2
      }
    }

    /// The occurrences of a name in a list "foo,bar,foo".
    static func count(in list: Span<UInt8>, nameHash: UInt64) -> UInt32 {
      var count: UInt32 = 0
      var hash = InterruptLineFilter.emptyHash
      for index in 0...list.count {
        let byte = index < list.count ? list[index] : UInt8(ascii: ",")
        switch byte {
        case UInt8(ascii: "\n"):
          continue
        case UInt8(ascii: ","):
          if hash == nameHash { count += 1 }
          hash = InterruptLineFilter.emptyHash
        default:
          hash = InterruptLineFilter.hash(hash, byte)
        }
      }
      return count
    }
  }

#endif
