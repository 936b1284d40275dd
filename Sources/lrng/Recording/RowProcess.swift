// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A restart of a noise source: this program once more, in a process of its own that writes its first samples to a pipe.
enum RowProcess {
  /// The hidden flag that makes the program such a process.
  static let flag = "--restart-row"

  /// Runs a process with the arguments of this one, and returns what it writes.
  static func run(lengthInBytes: Int) throws -> [UInt8] {
    guard let ends = Pipe.ends() else { throw failure("pipe", errno) }
    let process: pid_t
    do {
      defer { close(ends.input) }
      process = try start(output: ends.input)
    } catch {
      close(ends.output)
      throw error
    }
    let row = read(ends.output, lengthInBytes)
    close(ends.output)
    var status: CInt = 0
    while unsafe waitpid(process, &status, 0) < 0 && errno == EINTR {}
    try Interruption.check()
    guard status == 0, row.count == lengthInBytes else {
      // The process has said why.
      let code = (status >> 8) & 0xFF
      throw Failure(Failure.Status(rawValue: code) ?? .unavailable, "a restart of the source gave no row")
    }
    return row
  }

  private static func start(output: CInt) throws -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    guard unsafe posix_spawn_file_actions_init(&actions) == 0 else { throw failure("posix_spawn", ENOMEM) }
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    guard unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) == 0 else {
      throw failure("posix_spawn", ENOMEM)
    }
    // The strings live as long as the program: a thousand rows of a few dozen bytes.
    var arguments: [UnsafeMutablePointer<CChar>?] = unsafe []
    for argument in CommandLine.arguments + [flag] { unsafe arguments.append(strdup(argument)) }
    unsafe arguments.append(nil)
    var process: pid_t = 0
    let error = unsafe posix_spawn(&process, "/proc/self/exe", &actions, nil, arguments, environ)
    guard error == 0 else { throw failure("posix_spawn", error) }
    return process
  }

  private static func read(_ descriptor: CInt, _ lengthInBytes: Int) -> [UInt8] {
    var row: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while row.count <= lengthInBytes {
      let count = unsafe platformRead(descriptor, &part, part.count)
      if count < 0 && errno == EINTR && !Interruption.isRequested { continue }
      guard count > 0 else { break }
      row += part.prefix(count)
    }
    return row
  }

  private static func failure(_ call: String, _ number: CInt) -> Failure {
    Failure(.unavailable, "a restart of the source failed: \(call): \(SystemError.text(number))")
  }
}

/// read(2), whose name is also that of a function above.
private func platformRead(_ descriptor: CInt, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  unsafe read(descriptor, bytes, count)
}
