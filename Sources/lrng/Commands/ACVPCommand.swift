// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import ArgumentParser
import LRNGACVP

struct ACVPCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "acvp",
    abstract: "Answer vector sets of NIST's ACVP server.",
    discussion: """
      PROMPT is a JSON file with a vector set, or with an array of them that a version object leads. Without it, or with \
      -, standard input is read. The response goes to standard output, or to --output, in the format of the server: a \
      vector set for a vector set, an array for an array. If anything is wrong with the prompt, there is no response at \
      all: the status is 65, and the message has the JSON path of the fault.

      The algorithms are ctrDRBG, hashDRBG and hmacDRBG (revisions 1.0 and SP800-90Ar1), ACVP-AES-ECB, SHA2-256 and \
      SHA2-512 (1.0), SHA3-256, SHA3-512, HMAC-SHA2-256 and HMAC-SHA2-512 (1.0 and 2.0). All lengths must be whole \
      bytes, keys of AES 256 bits. Large messages are hashed as they are made, in constant memory.

      EXAMPLES
        lrng acvp prompt.json -o response.json
        curl … | lrng acvp > response.json
        lrng acvp --registration            what to register with the server
        lrng acvp --interactive             a vector set on each line, a response for each
      """)

  /// What to do with it.
  enum Mode: String, EnumerableFlag {
    case registration, interactive

    static func help(for value: Mode) -> ArgumentHelp? {
      switch value {
      case .registration: "Write the JSON that registers all capabilities."
      case .interactive: "Answer each line of standard input on a line of standard output, at once."
      }
    }
  }

  @Argument(help: ArgumentHelp("The file with the vector sets.", valueName: "prompt"), completion: .file())
  var prompt: String?

  @Flag(exclusivity: .exclusive)
  var mode: Mode?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The file to write instead of standard output.", valueName: "file"),
    completion: .file())
  var output: String?

  /// The longest prompt. The server's are some megabytes.
  private static let maximumLengthInBytes = 256 << 20

  func run() throws {
    switch mode {
    case .registration:
      if let prompt { throw Failure(.usage, "'\(prompt)' is not needed: --registration has no prompt") }
      try write(ACVPRegistration.json())
    case .interactive:
      try answerLines()
    case nil:
      try answerDocument()
    }
  }

  // MARK: - A document

  private func answerDocument() throws {
    let input: InputFile
    if let prompt, prompt != "-" {
      let advice = "give the path of a prompt, or - for standard input"
      guard let file = try InputFile(path: prompt, advice: advice) else {
        throw Failure(.badData, "\(prompt): no such file: \(advice)")
      }
      input = file
    } else {
      if prompt == nil && StandardStreams.isTerminal(0) {
        throw Failure(.usage, "no prompt: give the path of one, such as 'lrng acvp prompt.json'")
      }
      input = InputFile()
    }
    Interruption.observe()
    let text = try input.content(maximumLengthInBytes: Self.maximumLengthInBytes, advice: "split it")
    do {
      try write(Self.response(to: text, layout: .indented))
    } catch let fault as ACVPFault {
      throw Failure(.badData, "\(input.name): \(fault)")
    }
  }

  /// The response to one document. While it takes long, a bar on the terminal says how far it is.
  private static func response(to text: [UInt8], layout: ACVPLayout) throws -> [UInt8] {
    let prompt = try ACVPPrompt(json: text)
    var progress = ProgressBar(.bytes, total: prompt.workInBytes, isEnabled: StandardStreams.isTerminal(2))
    defer { progress.clear() }
    return try prompt.response(layout: layout) { done in
      try Interruption.check()
      progress.update(done)
    }
  }

  private func write(_ response: [UInt8]) throws {
    guard let output else {
      try StandardOutput.write((response + [UInt8(ascii: "\n")]).span)
      return
    }
    let file = try ReplacementFile(path: output)
    try file.write(response)
    try file.write([UInt8(ascii: "\n")])
    try file.commit()
  }

  // MARK: - Lines

  /// Answers line after line. One that is wrong gets its fault for an answer, and the others go on.
  private func answerLines() throws {
    if let prompt, prompt != "-" {
      throw Failure(.usage, "'\(prompt)' is not read: --interactive reads standard input")
    }
    if output != nil { throw Failure(.usage, "--interactive writes to standard output: leave --output out") }
    Interruption.observe()
    var lines = LineReader(InputFile(), maximumLengthInBytes: Self.maximumLengthInBytes)
    var count = 0
    var faults = 0
    while let line = try lines.next() {
      guard line.contains(where: { !" \t\r".utf8.contains($0) }) else { continue }
      count += 1
      var answer: [UInt8]
      do {
        answer = try Self.response(to: line, layout: .line)
      } catch let fault as ACVPFault {
        faults += 1
        answer = fault.json
      }
      answer.append(UInt8(ascii: "\n"))
      try StandardOutput.write(answer.span)
    }
    if faults > 0 { throw Failure(.badData, "\(faults) of \(count) lines had a fault, their answers say which") }
  }
}
