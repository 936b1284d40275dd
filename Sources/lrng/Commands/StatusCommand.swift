// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import ArgumentParser
import LRNG

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show what the generator consists of and how it is seeded.",
    discussion: """
      The text has the labels of the LRNG's /proc/lrng_type, and a reason for each source that is unavailable. It is \
      the status of the service that listens at the socket (/run/lrng/socket, or the one given to --socket). Where none \
      does, or an option says how a generator is to be set up, it is that of a generator which this command makes.

      With --check it says one line; its exit status is 0 when all is well, 75 when the generator is not seeded, 70 after \
      a failed self test or the permanent health failure of a source.

      EXAMPLES
        lrng status
        lrng status --json | jq '.sources[] | select(.available | not) | {name, reason}'
        lrng status --watch 1
        lrng status --check
        sudo lrng status --fips --ntg1
      """)

  @Flag(help: "JSON instead of text.")
  var json = false

  @Option(
    help: ArgumentHelp("Show it again every so many seconds (default: 2) until Ctrl-C.", valueName: "seconds"),
    transform: WatchInterval.init(parsing:))
  var watch: WatchInterval?

  @Option(
    help: ArgumentHelp("Ask the service that listens there, and nobody else.", valueName: "path"), completion: .file())
  var socket: String?

  @Flag(help: "The service's metrics in the format of OpenMetrics.")
  var metrics = false

  @Flag(help: "Say whether all is well, by the exit status.")
  var check = false

  @OptionGroup(title: "CONFIGURATION")
  var options: GlobalOptions

  func run() throws {
    guard !(metrics && (json || check)) else { throw Failure(.usage, "--metrics goes with neither --json nor --check") }
    let effective = try options.effectiveConfiguration()
    let service = try service(effective)
    if metrics && service == nil {
      throw Failure(.unavailable, "no service listens at \(ServiceSocket.usualPath), and only a service has metrics")
    }
    let generator: RandomBitGenerator?
    if service == nil { generator = try effective.generator() } else { generator = nil }
    Interruption.observe()
    // What one sees should be the generator at work, not on its way; so it gets a moment.
    if let generator { _ = try generator.waitUntilFullySeeded(milliseconds: 1000) }
    guard let watch else { return try show(service, generator) }
    while true {
      // One screen that changes; a file or a pipe gets one report after the other.
      if StandardStreams.isTerminal(1) { try StandardOutput.write(Array("\u{1B}[H\u{1B}[2J".utf8).span) }
      try show(service, generator)
      try Interruption.sleep(milliseconds: watch.milliseconds)
    }
  }

  /// The service to ask, `nil` for none: then a generator of our own is shown.
  private func service(_ effective: EffectiveConfiguration) throws -> ServiceSocket? {
    if let socket { return ServiceSocket(path: socket) }
    // Options ask for a generator that nobody has yet.
    guard options.settings.isEmpty else { return nil }
    return ServiceSocket.running(configured: effective.settings.service.socket)
  }

  private func show(_ service: ServiceSocket?, _ generator: RandomBitGenerator?) throws {
    if metrics, let service {
      let text = try service.ask(.metrics)
      return try StandardOutput.write(text.span)
    }
    if check { return try showHealth(service, generator) }
    if let service {
      let status = try service.ask(.status, flags: json ? [] : .text)
      return try StandardOutput.print(String(decoding: status, as: UTF8.self))
    }
    guard let status = generator?.status else { return }
    try StandardOutput.print(json ? JSONText.of(StatusDocument(status: status)) : status.description)
  }

  private func document(_ service: ServiceSocket?, _ generator: RandomBitGenerator?) throws -> [UInt8] {
    if let service { return try service.ask(.status) }
    guard let generator else { return [] }
    return Array(try JSONText.of(StatusDocument(status: generator.status)).utf8)
  }

  private func showHealth(_ service: ServiceSocket?, _ generator: RandomBitGenerator?) throws {
    let health = try ReportedHealth(json: try document(service, generator))
    if let failure = health.failure { throw failure }
    try StandardOutput.print(
      "ok: fully seeded, \(health.availableSources) of \(health.sources.count) sources available")
  }
}

/// The seconds between two reports.
struct WatchInterval {
  let milliseconds: Int

  init(parsing text: String) throws {
    guard let seconds = Double(text), seconds >= 0.1, seconds <= 86400 else {
      throw ValidationError("the interval is 0.1 to 86400 seconds")
    }
    milliseconds = Int(seconds * 1000)
  }
}

/// The status as JSON, with the outcome of the self tests in a word.
struct StatusDocument: Encodable {
  let status: Status

  private enum CodingKeys: String, CodingKey {
    case selfTests
  }

  func encode(to encoder: any Encoder) throws {
    try status.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    let outcome =
      switch status.failedSelfTests {
      case nil: "pending"
      case 0: "passed"
      default: "failed"
      }
    try container.encode(outcome, forKey: .selfTests)
  }
}

extension RandomBitGenerator {
  /// Waits for the seed, and stops waiting when a signal comes.
  ///
  /// - Parameter milliseconds: `nil` waits for ever.
  /// - Returns: Whether it is fully seeded.
  func waitUntilFullySeeded(milliseconds: Int?) throws -> Bool {
    let sliceInMilliseconds = 50
    var waited = 0
    while !waitUntilFullySeeded(timeoutInMilliseconds: sliceInMilliseconds) {
      try Interruption.check()
      waited += sliceInMilliseconds
      if let milliseconds, waited >= milliseconds { return false }
    }
    return true
  }
}
