// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A file that is read, or standard input.
final class InputFile {
  /// What messages call it.
  let name: String
  private let descriptor: CInt
  private let isOpenedHere: Bool

  /// Opens a file.
  ///
  /// - Parameter advice: What the user can do when it can't be opened.
  /// - Returns: `nil` if there is none.
  init?(path: String, advice: String) throws {
    name = path
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
    isOpenedHere = true
    guard descriptor < 0 else { return }
    let number = errno
    if number == ENOENT || number == ENOTDIR { return nil }
    throw Failure(.badData, "\(path): \(SystemError.text(number)): \(advice)")
  }

  /// Standard input.
  init() {
    name = "standard input"
    descriptor = STDIN_FILENO
    isOpenedHere = false
  }

  deinit {
    if isOpenedHere && descriptor >= 0 { close(descriptor) }
  }

  /// Reads what is there, and waits if it is nothing.
  ///
  /// - Parameter part: Room for it.
  /// - Returns: How many bytes there were; 0 at the end.
  func read(into part: inout [UInt8]) throws -> Int {
    while true {
      let count = unsafe platformRead(descriptor, &part, part.count)
      if count >= 0 { return count }
      let number = errno
      guard try Interruption.permitsRetry(after: number, of: descriptor, awaiting: CInt(POLLIN)) else {
        throw Failure(.badData, "\(name): \(SystemError.text(number)): it can't be read")
      }
    }
  }

  /// Reads all of it.
  ///
  /// - Parameter advice: What to think of a file that is longer.
  func content(maximumLengthInBytes limit: Int, advice: String) throws -> [UInt8] {
    var content: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = try read(into: &part)
      if count == 0 { return content }
      guard content.count + count <= limit else {
        throw Failure(.badData, "\(name): longer than \(limit >> 20) MiB: \(advice)")
      }
      content += part.prefix(count)
    }
  }
}

/// read(2), whose name is also that of a function above.
private func platformRead(_ descriptor: CInt, _ bytes: UnsafeMutableRawPointer, _ count: Int) -> Int {
  unsafe read(descriptor, bytes, count)
}
