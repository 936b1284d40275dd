// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// The program `lrng`.
//
//   command line ─► Options ─► Configuration (options > environment > file > defaults) ─► Commands ─► Output
//
// A command throws what went wrong; only this file turns that into a line on standard error and an exit status.

import ArgumentParser

/// The command line program.
@main
struct LRNGCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lrng",
    abstract: "The Linux Random Number Generator in user space.",
    discussion: """
      EXAMPLES
        lrng status                       what it consists of and how it is seeded
        lrng get 32 --format hex          a 256-bit key
        lrng get 1G > noise.bin           a gibibyte, with constant memory
        lrng get 32 --source jitter       from one entropy source alone
        lrng assess noise.bin --bits 8    its min-entropy after SP 800-90B
        lrng acvp prompt.json             answers for NIST's ACVP server

      EXIT STATUS
        0 done, 64 usage, 65 bad data, 69 source unavailable,
        70 health or self test failure, 74 input or output error, 75 not seeded yet

      The configuration comes from options, LRNG_… variables and a JSON file, see 'lrng config'.
      """,
    version: Release.version,
    subcommands: [
      StatusCommand.self, GetCommand.self, RecordCommand.self, SelfTestCommand.self, ConfigCommand.self,
      AssessCommand.self, BundleCommand.self, ACVPCommand.self, ServeCommand.self, SeedKernelCommand.self,
    ])

  static func main() {
    StandardStreams.prepare()
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      try run(arguments)
    } catch let failure as Failure {
      StandardStreams.complain(failure.message)
      StandardStreams.exit(failure.status.rawValue)
    } catch let ending as Interruption.Ending {
      Interruption.resign(ending)
    } catch {
      complain(of: error, arguments: arguments)
      StandardStreams.exit(exitCode(for: error).rawValue)
    }
  }

  private static func run(_ arguments: [String]) throws {
    do {
      var command = try parseAsRoot(try OptionalValues.joined(arguments))
      try command.run()
    } catch  where exitCode(for: error).isSuccess {
      // Help, the version or a completion script.
      try StandardOutput.print(fullMessage(for: error))
    }
  }

  /// Says what the parser does not like about the arguments.
  private static func complain(of error: any Error, arguments: [String]) {
    let command = configuration.subcommands.compactMap { $0.configuration.commandName }.first { $0 == arguments.first }
    let message = message(for: error)
    let hint = "see 'lrng \(command.map { "\($0) " } ?? "")--help'"
    // Some messages end with a suggestion.
    StandardStreams.complain("\(message)\(message.hasSuffix("?") ? " Or" : ":") \(hint)")
  }
}

/// What this program calls itself.
enum Release {
  static let version = "0.1.0"
}

/// Options whose value may be left out.
///
/// The parser would take the word that follows such an option for its value: in `lrng get --ntg1 32` the number of bytes.
/// So what belongs together is joined with an equals sign before it sees the words.
enum OptionalValues {
  static func joined(_ arguments: [String]) throws -> [String] {
    var result: [String] = []
    var index = 0
    while index < arguments.count {
      let argument = arguments[index]
      index += 1
      if argument == "--" {
        return result + [argument] + arguments[index...]
      }
      // No option is a digit, so this is a number, and all numbers here are counts.
      if argument.hasPrefix("-"), argument.dropFirst().first?.isNumber == true {
        throw Failure(.usage, "'\(argument)' is negative: give a number that is 0 or more")
      }
      let next = index < arguments.count ? arguments[index] : nil
      switch argument {
      case "--ntg1":
        let version = next.flatMap { ["2024", "2022"].contains($0) ? $0 : nil }
        if version != nil { index += 1 }
        result.append("--ntg1=\(version ?? "2024")")
      case "--watch":
        let seconds = next.flatMap { $0.first?.isNumber == true ? $0 : nil }
        if seconds != nil { index += 1 }
        result.append("--watch=\(seconds ?? "2")")
      case "--restart":
        // Without a file the samples that are assessed are the restart matrix themselves.
        let file = next.flatMap { $0.hasPrefix("-") ? nil : $0 }
        if file != nil { index += 1 }
        result.append("--restart=\(file ?? "-")")
      case "--hwrng":
        // Without a rate nobody vouches for the generator.
        result.append("--hwrng=0")
      default:
        result.append(argument)
      }
    }
    return result
  }
}
