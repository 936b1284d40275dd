// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import ArgumentParser
import LRNG

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show what the generator consists of and how it is seeded.",
    discussion: """
      The text has the labels of the LRNG's /proc/lrng_type, and a reason for each source that is unavailable. It is \
      the status of a generator that this command makes, with the configuration that the other commands would have.

      EXAMPLES
        lrng status
        lrng status --json | jq '.sources[] | select(.available | not) | {name, reason}'
        lrng status --watch 1
        sudo lrng status --fips --ntg1
      """)

  @Flag(help: "JSON instead of text.")
  var json = false

  @Option(
    help: ArgumentHelp("Show it again every so many seconds (default: 2) until Ctrl-C.", valueName: "seconds"),
    transform: WatchInterval.init(parsing:))
  var watch: WatchInterval?

  @OptionGroup(title: "CONFIGURATION")
  var options: GlobalOptions

  func run() throws {
    let generator = try options.effectiveConfiguration().generator()
    Interruption.observe()
    // What one sees should be the generator at work, not on its way; so it gets a moment.
    _ = try generator.waitUntilFullySeeded(milliseconds: 1000)
    guard let watch else { return try show(generator.status) }
    while true {
      // One screen that changes; a file or a pipe gets one report after the other.
      if StandardStreams.isTerminal(1) { try StandardOutput.write(Array("\u{1B}[H\u{1B}[2J".utf8).span) }
      try show(generator.status)
      try Interruption.sleep(milliseconds: watch.milliseconds)
    }
  }

  private func show(_ status: Status) throws {
    try StandardOutput.print(json ? JSONText.of(StatusDocument(status: status)) : status.description)
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
