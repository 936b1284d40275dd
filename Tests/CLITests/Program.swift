// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Foundation

/// The program under test, as a user would run it: another process.
enum Program {
  /// The binary that was built together with the tests.
  static let path: String = {
    let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(fileURLWithPath: executable).deletingLastPathComponent().appendingPathComponent("lrng").path
  }()

  /// Options that seed at once on any machine: a debug build takes a second to start the Jitter RNG.
  static let quick = ["--source", "kernel", "--rate", "kernel=256"]

  /// What a run left behind.
  struct Outcome {
    /// As a shell sees it: 128 and the number where a signal ended the program.
    let status: Int32
    let output: [UInt8]
    let errors: String

    var text: String { String(decoding: output, as: UTF8.self) }
    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    func json() throws -> [String: Any] {
      try JSONSerialization.jsonObject(with: Data(output)) as? [String: Any] ?? [:]
    }
  }

  /// Runs `lrng` to its end.
  static func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Outcome {
    try run(arguments, environment: environment)
  }

  static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Outcome {
    try Started(path, arguments, environment: environment).finish()
  }

  /// Runs a script of bash, in which `$lrng` is the program and `$quick` the quick options.
  static func shell(_ script: String, environment: [String: String] = [:]) throws -> Outcome {
    let variables = ["lrng": path, "quick": quick.joined(separator: " ")]
    return try Started(
      "/bin/bash", ["-c", script], environment: variables.merging(environment) { $1 }
    ).finish()
  }

  /// A process on its way.
  final class Started {
    private let process = Process()
    private let directory: TemporaryDirectory

    init(_ path: String, _ arguments: [String], environment: [String: String] = [:]) throws {
      directory = try TemporaryDirectory()
      process.executableURL = URL(fileURLWithPath: path)
      process.arguments = arguments
      // Nothing of the tester's own configuration.
      var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("LRNG_") }
      variables["XDG_CONFIG_HOME"] = directory.path
      process.environment = variables.merging(environment) { $1 }
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = try directory.create("output")
      process.standardError = try directory.create("errors")
      try process.run()
    }

    var identifier: Int32 { process.processIdentifier }

    func send(_ signal: Int32) { kill(identifier, signal) }

    /// What the program wrote so far.
    var output: [UInt8] { directory.content("output") }
    var errors: String { String(decoding: directory.content("errors"), as: UTF8.self) }

    func finish() -> Outcome {
      // One that hangs fails its test, not the run.
      if !wait(seconds: 40, until: { !process.isRunning }) { send(SIGKILL) }
      process.waitUntilExit()
      let status = process.terminationStatus
      return Outcome(
        status: process.terminationReason == .uncaughtSignal ? 128 + status : status, output: output, errors: errors)
    }

    /// Waits until something is so.
    func wait(seconds: Int = 10, until condition: () -> Bool) -> Bool {
      for _ in 0..<seconds * 200 {
        if condition() { return true }
        usleep(5_000)
      }
      return false
    }
  }
}

/// A directory that is gone when the test is.
final class TemporaryDirectory {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("lrng-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  func write(_ text: String, to name: String) throws -> String {
    try text.write(toFile: file(name), atomically: false, encoding: .utf8)
    return file(name)
  }

  var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }

  fileprivate func create(_ name: String) throws -> FileHandle {
    guard FileManager.default.createFile(atPath: file(name), contents: nil) else { throw CocoaError(.fileWriteUnknown) }
    return try FileHandle(forWritingTo: URL(fileURLWithPath: file(name)))
  }

  fileprivate func content(_ name: String) -> [UInt8] {
    FileManager.default.contents(atPath: file(name)).map(Array.init) ?? []
  }
}
