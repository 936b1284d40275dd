// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Lines of a file, each as soon as it is there.
struct LineReader {
  private let file: InputFile
  private let maximumLengthInBytes: Int
  private var part = [UInt8](repeating: 0, count: 1 << 16)
  /// What of `part` has been read and not given away.
  private var rest = 0..<0
  private var isAtEnd = false

  init(_ file: InputFile, maximumLengthInBytes: Int) {
    self.file = file
    self.maximumLengthInBytes = maximumLengthInBytes
  }

  /// The next line without its end, `nil` after the last one. The last line need not have an end.
  mutating func next() throws -> [UInt8]? {
    var line: [UInt8] = []
    while true {
      if rest.isEmpty && !isAtEnd {
        rest = 0..<(try file.read(into: &part))
        isAtEnd = rest.isEmpty
      }
      if isAtEnd { return line.isEmpty ? nil : line }
      let end = part[rest].firstIndex(of: UInt8(ascii: "\n"))
      line += part[rest.lowerBound..<(end ?? rest.upperBound)]
      rest = (end.map { $0 + 1 } ?? rest.upperBound)..<rest.upperBound
      guard line.count <= maximumLengthInBytes else {
        throw Failure(.badData, "\(file.name): a line is longer than \(maximumLengthInBytes >> 20) MiB: split it")
      }
      if end != nil { return line }
    }
  }
}
