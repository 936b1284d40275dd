// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A recording on its way to the disk.
///
/// It grows as FILE.part, with what is known about it in FILE.part.json. ``commit(_:)`` gives both their names; so FILE is
/// always valid, whole or shorter. What a killed program leaves can be continued: only whole samples count.
final class RecordingFile {
  private let path: String
  private let descriptor: CInt
  private var isKept = false
  /// What is in the file already.
  private(set) var lengthInBytes: Int64

  private var partPath: String { "\(path).part" }

  /// Opens FILE.part, alone: another program that records to the same file is in the way.
  ///
  /// - Parameter resuming: Whether to go on with what is there. A FILE that ended early becomes FILE.part again.
  init(path: String, resuming: Bool) throws {
    let path = try ReplacementFile.destination(of: path)
    self.path = path
    let part = "\(path).part"
    let isLeftOver = unsafe access(part, F_OK) == 0
    if !resuming && isLeftOver {
      throw Failure(.usage, "\(part) is left of a recording that was killed: --resume continues it, or remove it")
    }
    if resuming && !isLeftOver, unsafe access(path, F_OK) == 0 {
      guard unsafe rename(path, part) == 0, unsafe rename("\(path).json", "\(part).json") == 0 else {
        throw Self.failure(path, errno)
      }
    }
    descriptor = unsafe open(part, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw Self.failure(path, errno) }
    lengthInBytes = Int64(lseek(descriptor, 0, SEEK_END))
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      isKept = true
      throw Failure(.unavailable, "\(path): another recording is writing it")
    }
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    guard !isKept else { return }
    unsafe unlink(partPath)
    unsafe unlink("\(partPath).json")
  }

  /// The metadata of what is there to be continued.
  func leftMetadata() throws -> RecordingMetadata {
    isKept = true
    let advice = "remove \(partPath) to record anew"
    guard let file = try InputFile(path: "\(partPath).json", advice: advice),
      let metadata = RecordingMetadata(json: try file.content(maximumLengthInBytes: 1 << 20, advice: advice))
    else { throw Failure(.badData, "\(partPath).json is missing or damaged: \(advice)") }
    return metadata
  }

  /// Cuts off what is beyond a length, such as a sample of which only a part was written.
  func truncate(toBytes length: Int64) throws {
    guard ftruncate(descriptor, off_t(length)) == 0, lseek(descriptor, 0, SEEK_END) >= 0 else {
      throw Self.failure(path, errno)
    }
    lengthInBytes = length
  }

  func write(_ bytes: [UInt8]) throws {
    do {
      try FileOutput.write(bytes.span, to: descriptor) { Self.failure(path, $0) }
    } catch {
      isKept = false
      throw error
    }
    lengthInBytes += Int64(bytes.count)
  }

  /// Says what is known about the recording so far, in case the program is killed.
  func note(_ metadata: RecordingMetadata) throws {
    let file = try ReplacementFile(path: "\(partPath).json")
    try file.write(try metadata.text)
    try file.commit()
  }

  /// Leaves FILE.part and its metadata for another run.
  func keep() { isKept = true }

  /// Gives the recording its name. The content is on the disk by then.
  func commit(_ metadata: RecordingMetadata) throws {
    try note(metadata)
    guard fsync(descriptor) == 0, unsafe rename("\(partPath).json", "\(path).json") == 0,
      unsafe rename(partPath, path) == 0
    else { throw Self.failure(path, errno) }
    isKept = true
  }

  private static func failure(_ path: String, _ number: CInt) -> Failure {
    Failure(.inputOutput, "\(path): write error: \(SystemError.text(number)): nothing was left there")
  }
}
