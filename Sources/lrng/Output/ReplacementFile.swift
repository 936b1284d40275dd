// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A file that appears under its name only when it is complete.
///
/// It is written beside its place, under a name of its own, and renamed by ``commit()``. Without that nothing of it stays,
/// and a file that was there before stays as it was.
final class ReplacementFile {
  private let path: String
  private let temporaryPath: String
  private let descriptor: CInt
  private var isCommitted = false

  init(path: String) throws {
    // A link stays, and what it leads to is replaced.
    let path = try Self.destination(of: path)
    self.path = path
    temporaryPath = "\(path).\(getpid()).part"
    descriptor = unsafe open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw Self.failure(path, errno) }
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    if !isCommitted { unsafe unlink(temporaryPath) }
  }

  func write(_ bytes: [UInt8]) throws {
    try FileOutput.write(bytes.span, to: descriptor) { Self.failure(path, $0) }
  }

  /// Gives the file its name. The content is on the disk by then: a crash leaves the old file or the new one.
  func commit() throws {
    guard fsync(descriptor) == 0, unsafe rename(temporaryPath, path) == 0 else { throw Self.failure(path, errno) }
    isCommitted = true
  }

  /// The file behind a path: what a link leads to. It must be a regular file if it is there.
  static func destination(of path: String) throws -> String {
    guard !path.isEmpty else { throw Failure(.usage, "the name of a file is empty: give one to --output") }
    guard let resolved = unsafe realpath(path, nil) else {
      let number = errno
      // Not there yet, or it can't be reached, which opening will tell.
      if number == ENOENT || number == EACCES || number == ENOTDIR { return path }
      throw failure(path, number)
    }
    defer { unsafe free(resolved) }
    var status = stat()
    guard unsafe stat(resolved, &status) == 0 else { throw failure(path, errno) }
    // Renaming would replace a device by a file.
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw Failure(.usage, "\(path) is not a regular file: give the name of one to --output")
    }
    return unsafe String(cString: resolved)
  }

  private static func failure(_ path: String, _ number: CInt) -> Failure {
    Failure(.inputOutput, "\(path): write error: \(SystemError.text(number)): nothing was left there")
  }
}
