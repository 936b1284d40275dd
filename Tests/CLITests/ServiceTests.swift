// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Foundation
import Testing

@Suite("lrng serve and those who ask it")
struct ServiceTests {
  /// A service on its way, and where its socket is.
  private func start(_ arguments: String...) throws -> (
    service: Program.Started, socket: String, keeper: TemporaryDirectory
  ) {
    let directory = try TemporaryDirectory()
    let socket = directory.file("socket")
    let service = try Program.Started(
      Program.path, ["serve", "--socket", socket] + arguments + Program.quick + ["--no-source", "jitter"])
    try #require(service.wait { service.errors.contains("listening") })
    return (service, socket, directory)
  }

  @Test("status shows the service, as text, as JSON, as metrics, and for monitoring")
  func status() throws {
    let (service, socket, keeper) = try start("--drng", "HMAC_DRBG")
    #expect(try Program.run("status", "--socket", socket).text.hasPrefix("DRNG name: HMAC_DRBG"))
    let json = try Program.run("status", "--socket", socket, "--json").json()
    #expect(json["fullySeeded"] as? Bool == true)
    #expect(json["selfTests"] as? String == "passed")
    let metrics = try Program.run("status", "--socket", socket, "--metrics")
    #expect(metrics.text.hasSuffix("# EOF\n"))
    let check = try Program.run("status", "--socket", socket, "--check")
    #expect(check.status == 0)
    #expect(check.text.hasPrefix("ok: fully seeded"))
    service.send(SIGTERM)
    #expect(service.finish().status == 0)
    let gone = try Program.run("status", "--socket", socket, "--check")
    #expect(gone.status == 69)
    #expect(gone.errors.contains("no service listens at"))
    #expect(keeper.names.isEmpty)
  }

  @Test(
    "a generator whose parent is a service pays one exchange for each seed, and asks for fresh entropy where that matters"
  )
  func parent() throws {
    let (service, socket, keeper) = try start()
    // Sources that have nothing to say: only the parent can seed.
    let options = ["--parent", socket, "--source", "cpu", "--source", "auxiliary", "--rate", "cpu=0"]
    let outcome = try Program.run(["get", "1M", "--format", "raw"] + options)
    #expect(outcome.output.count == 1 << 20)
    let metrics = try Program.run("status", "--socket", socket, "--metrics").text
    #expect(metrics.contains("lrng_served_bytes_total{quality=\"normal\"} 64\n"))
    let fresh = try Program.run(["get", "64", "--format", "raw", "--prediction-resistance"] + options)
    #expect(fresh.output.count == 64)
    #expect(
      try Program.run("status", "--socket", socket, "--metrics").text.contains(
        "lrng_served_bytes_total{quality=\"prediction_resistant\"} 128\n"))
    #expect(try Program.run(["status"] + options).text.contains(" Parent: 64 bytes from \(socket)\n"))
    service.send(SIGTERM)
    #expect(service.finish().status == 0)
    #expect(try Program.run(["get", "1", "--nonblocking", "--format", "hex"] + options).status == 75)
    #expect(try Program.run(["get", "1", "--format", "hex", "--parent", socket] + Program.quick).status == 0)
    withExtendedLifetime(keeper) {}
  }

  @Test(
    "a wrong start ends before anything is served",
    arguments: [
      ([], 69, "nothing to serve"), (["--socket", "/nowhere/socket"], 69, "/nowhere/socket: "),
      (["--socket", "/tmp/x", "--user", "no such user"], 64, "no user"),
      (["--socket", "/tmp/x", "--socket-mode", "888"], 64, "octal"),
      (["--socket", "/dev/null"], 69, "is no socket"),
    ])
  func wrongStart(_ arguments: [String], _ status: Int32, _ text: String) throws {
    let outcome = try Program.run(["serve"] + arguments + Program.quick)
    #expect(outcome.status == status)
    #expect(outcome.errors.contains(text))
  }
}
