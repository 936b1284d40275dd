// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if os(Linux) && InterruptSource

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// The tracepoint `irq:irq_handler_entry`: its number, and where its record holds what we look at.
  struct InterruptTracepoint: Equatable {
    /// What `perf_event_open` wants to hear.
    var number: UInt64
    /// `int irq`.
    var lineOffset: Int
    /// `__data_loc char[] name`: 16 bits offset, 16 bits length of the name of the action.
    var nameLocationOffset: Int

    /// Looks the tracepoint up in the first tracefs it can read: the system's, one of its own that nobody else sees, or
    /// the one that old systems have below debugfs (looking there may mount it, so it comes last).
    static func locate() throws(EntropySourceUnavailability) -> InterruptTracepoint {
      let file = "events/irq/irq_handler_entry/format"
      if let tracepoint = try read("/sys/kernel/tracing/\(file)", in: AT_FDCWD) { return tracepoint }
      if case .success(let mount) = System.openDetachedTraceFileSystem() {
        let mount = FileDescriptor(mount)
        if let tracepoint = try read(file, in: mount.rawValue) { return tracepoint }
      }
      if let tracepoint = try read("/sys/kernel/debug/tracing/\(file)", in: AT_FDCWD) { return tracepoint }
      throw .traceFileSystemMissing
    }

    /// The tracepoint as the file describes it, or nothing when there is no such file to read.
    private static func read(
      _ path: String, in directory: CInt
    ) throws(EntropySourceUnavailability) -> InterruptTracepoint? {
      let contents = System.withContents(of: path, in: directory) { InterruptTracepoint(format: String($0)) }
      switch contents {
      case .success(let tracepoint?): return tracepoint
      case .success(nil): throw .tracepointMissing
      case .failure: return nil
      }
    }

    /// Understands a `format` file of tracefs:
    ///
    ///     ID: 225
    ///     	field:int irq;	offset:8;	size:4;	signed:1;
    init?(format: String) {
      var number: UInt64?
      var lineOffset: Int?
      var nameLocationOffset: Int?
      for line in format.split(whereSeparator: \.isNewline) {
        if line.hasPrefix("ID:") {
          number = UInt64(line.dropFirst(3).trimmed)
          continue
        }
        var name: Substring?
        var isLocation = false
        var offset: Int?
        var size: Int?
        for item in line.split(separator: ";") {
          let parts = item.trimmed.split(separator: ":", maxSplits: 1)
          guard parts.count == 2 else { continue }
          switch parts[0] {
          case "field":
            let words = parts[1].split(separator: " ")
            name = words.last
            isLocation = words.first == "__data_loc"
          case "offset": offset = Int(parts[1])
          case "size": size = Int(parts[1])
          default: break
          }
        }
        // Offsets beyond a record's greatest length (64 KB) are nonsense.
        guard let offset, 0..<(1 << 16) ~= offset, size == 4 else { continue }
        if name == "irq", !isLocation { lineOffset = offset }
        if name == "name", isLocation { nameLocationOffset = offset }
      }
      guard let number, let lineOffset, let nameLocationOffset else { return nil }
      self.init(number: number, lineOffset: lineOffset, nameLocationOffset: nameLocationOffset)
    }

    init(number: UInt64, lineOffset: Int, nameLocationOffset: Int) {
      self.number = number
      self.lineOffset = lineOffset
      self.nameLocationOffset = nameLocationOffset
    }
  }

  extension Substring {
    /// Without blanks and tabs at both ends.
    fileprivate var trimmed: Substring {
      var text = self
      while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
      while let last = text.last, last == " " || last == "\t" { text.removeLast() }
      return text
    }
  }

#endif
