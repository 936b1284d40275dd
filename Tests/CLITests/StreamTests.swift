// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Foundation
import Testing

@Suite("lrng get as a stream", .timeLimit(.minutes(1)))
struct StreamTests {
  @Test("a reader that has enough ends the program quietly")
  func brokenPipe() throws {
    let outcome = try Program.shell("$lrng get 1G $quick | head -c 10 | wc -c; echo ${PIPESTATUS[0]}")
    // 141 is 128 + SIGPIPE, what each filter ends with.
    #expect(outcome.lines.prefix(2).map { $0.trimmingCharacters(in: .whitespaces) } == ["10", "141"])
    #expect(outcome.errors.isEmpty)
    let help = try Program.shell("$lrng get --help | true")
    #expect(help.errors.isEmpty)
  }

  @Test("a full disk is an error in words", arguments: ["8", "1M"])
  func fullDisk(_ count: String) throws {
    let outcome = try Program.shell("$lrng get \(count) $quick > /dev/full")
    #expect(outcome.status == 74)
    #expect(outcome.errors.hasPrefix("lrng: write error: No space left on device"))
  }

  @Test(
    "the other commands notice a full disk, too",
    arguments: ["status", "selftest", "config", "--help", "--version", "acvp --registration"])
  func fullDiskOfText(_ command: String) throws {
    let options = command.contains("-") ? "" : "$quick"
    let outcome = try Program.shell("$lrng \(command) \(options) > /dev/full")
    #expect(outcome.status == 74)
    #expect(outcome.errors.hasPrefix("lrng: write error: No space left on device"))
  }

  @Test("a closed standard output is an error, and its number is not reused for something else")
  func closedOutput() throws {
    let outcome = try Program.shell("$lrng get 8 $quick >&-")
    #expect(outcome.status == 74)
    #expect(outcome.errors.contains("Bad file descriptor"))
  }

  @Test("a limit on the size of files is an error, not a crash")
  func fileSizeLimit() throws {
    let outcome = try Program.shell("ulimit -f 1; $lrng get 1M $quick > \"$(mktemp -p $XDG_CONFIG_HOME)\"")
    #expect(outcome.status == 74)
    #expect(outcome.errors.contains("File too large"))
  }

  @Test(
    "memory stays bounded however long the stream is, and a signal ends it",
    arguments: [SIGINT, SIGTERM])
  func boundedMemory(_ signal: Int32) throws {
    let started = try Program.Started(
      "/bin/bash", ["-c", "exec \"$0\" \"$@\" > /dev/null", Program.path, "get", "10G"] + Program.quick)
    usleep(1_000_000)
    let facts = try String(contentsOfFile: "/proc/\(started.identifier)/status", encoding: .utf8)
    started.send(signal)
    let outcome = started.finish()
    #expect(outcome.status == 128 + signal)
    #expect(outcome.errors.isEmpty)
    let peak = try #require(facts.firstMatch(of: /VmHWM:\s+([0-9]+) kB/)?.1)
    // 20 MB in practice; a sanitizer has shadow memory of its own.
    let limit = ProcessInfo.processInfo.environment["ASAN_OPTIONS"] == nil ? 40_000 : 400_000
    #expect(Int(peak) ?? .max < limit)
  }

  @Test("a long stream shows its progress on a terminal, and only there")
  func progress() throws {
    let command = "timeout -s INT 2 $lrng get 10G $quick"
    let shown = try Program.shell("script -qec \"\(command) > /dev/null\" /dev/null")
    #expect(shown.text.contains("/s"))
    #expect(shown.text.contains("left"))
    // Standard error is a file here.
    let hidden = try Program.shell("\(command) > /dev/null")
    #expect(hidden.errors.isEmpty)
    let same = try Program.shell(
      "script -qec \"timeout -s INT 1 $lrng get 10G --format hex $quick\" /dev/null | tr -d '0-9a-f^C\\r\\n' | wc -c")
    #expect(same.text.trimmingCharacters(in: .whitespacesAndNewlines) == "0")
  }

  @Test("a slow reader gets every byte of a pipe that does not block")
  func slowReader() throws {
    let script = """
      mkfifo "$XDG_CONFIG_HOME/pipe"
      (sleep 0.2; cat "$XDG_CONFIG_HOME/pipe" | wc -c) &
      $lrng get 1M $quick > "$XDG_CONFIG_HOME/pipe"; wait
      """
    let outcome = try Program.shell(script)
    #expect(outcome.text.trimmingCharacters(in: .whitespacesAndNewlines) == "1048576")
  }
}
