// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CService
import Logging

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Messages with a number of their own, which never changes: `journalctl MESSAGE_ID=…` finds them all.
enum MessageID: String {
  static let key = "MESSAGE_ID"

  case started = "6a623f479f6e40a49238e41f7c59e5dd"
  case stopped = "3a57a5b92c3a4da7a66e67d5f4788966"
  case seeded = "ab312623bf3146d9831a92a5f2b7f152"
  case seedLost = "0a9f40ff445049508f770d859a05dbe2"
  case healthFailure = "5a86328bb3624e1db9cce0e48d800ccb"
  case permanentHealthFailure = "c5005f494e11429c8ba93f998f6c609a"
  case selfTestFailure = "42a0d48e70124aa3ba0ec5c1a75a0b00"
  case resumed = "9c6f2d0a1b7e4f5388d2c4a6e1f03b97"
  case kernelSeeded = "7ca1b8955bc64f5695d6a4e991e9c8d4"
}

/// Where messages go: the journal in its own format where standard error is the journal's, else lines with a priority in
/// front, which the journal understands, too.
public struct Journal: LogHandler {
  /// The journal's socket.
  private static let path = "/run/systemd/journal/socket"

  public var metadata: Logger.Metadata = [:]
  public var logLevel = Logger.Level.info
  public var metadataProvider: Logger.MetadataProvider?

  private let usesJournal: Bool
  private let hasPriorities: Bool

  public init(label: String = "lrng") {
    let isJournal = ServiceManager.environment("JOURNAL_STREAM").map(Self.isStandardError) ?? false
    usesJournal = isJournal
    hasPriorities = isatty(STDERR_FILENO) == 0
  }

  /// Whether the stream, given as device and inode, is standard error.
  private static func isStandardError(_ stream: String) -> Bool {
    let numbers = stream.split(separator: ":").compactMap { UInt64($0) }
    var status = stat()
    guard numbers.count == 2, unsafe fstat(STDERR_FILENO, &status) == 0 else { return false }
    return UInt64(status.st_dev) == numbers[0] && UInt64(status.st_ino) == numbers[1]
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    let priority = Self.priority(event.level)
    let all = metadata.merging(event.metadata ?? [:]) { $1 }
    let identifier = all["MESSAGE_ID"].map { "\($0)" }
    let details = all.filter { $0.key != "MESSAGE_ID" }.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let text = (["\(event.message)"] + details).joined(separator: " ")
    if usesJournal, Self.send(text, priority: priority, identifier: identifier) { return }
    let id = identifier.map { " [\($0)]" } ?? ""
    Self.write("\(hasPriorities ? "<\(priority)>" : "")lrng: \(text)\(hasPriorities ? id : "")\n")
  }

  /// The numbers of syslog(3).
  private static func priority(_ level: Logger.Level) -> Int {
    switch level {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }

  /// One datagram in the journal's native protocol.
  private static func send(_ text: String, priority: Int, identifier: String?) -> Bool {
    var bytes = Array("PRIORITY=\(priority)\nSYSLOG_IDENTIFIER=lrng\n".utf8)
    if let identifier { bytes += "MESSAGE_ID=\(identifier)\n".utf8 }
    // The form with a length in front: a message may have several lines.
    bytes += "MESSAGE\n".utf8
    let message = Array(text.utf8)
    for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: message.count >> (8 * shift))) }
    bytes += message
    bytes.append(UInt8(ascii: "\n"))
    guard let address = UnixAddress(path) else { return false }
    let descriptor = lrng_unix_socket(LRNG_DATAGRAM)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return address.send(bytes, through: descriptor) == bytes.count
  }

  private static func write(_ text: String) {
    var text = text
    // The text stays where it is for the duration of the calls.
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while rest.count > 0 {
        let count = unsafe platformWrite(STDERR_FILENO, rest.baseAddress, rest.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return }
        unsafe rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
      }
    }
  }
}

private func platformWrite(_ descriptor: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  unsafe write(descriptor, bytes, count)
}
