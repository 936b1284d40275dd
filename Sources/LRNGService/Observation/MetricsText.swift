// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNG
import LRNGCore
import Logging
import NIOPosix
import ServiceLifecycle

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The metrics as text, in the format of OpenMetrics 1.0.
struct MetricsText: Sendable {
  let generator: RandomBitGenerator
  let registry: MetricsRegistry
  let gate: ConnectionGate

  /// What each metric means.
  private static let help: [String: String] = [
    "lrng_fully_seeded": "Whether the generator is fully seeded.",
    "lrng_entropy_available_bits": "Entropy that all sources could deliver now.",
    "lrng_self_test_failed": "Bit mask of the self tests that failed.",
    "lrng_source_available": "Whether the entropy source can deliver.",
    "lrng_source_entropy_bits": "Entropy that the source could deliver now.",
    "lrng_kernel_takeover": "Whether the LRNG in the kernel is its generator.",
    "lrng_connections": "Open connections.",
    "lrng_accepted_connections": "Connections since the start.",
    "lrng_refused_connections": "Connections of users who had too many.",
    "lrng_served_bytes": "Random bytes that clients got.",
    "lrng_requests": "Requests that were done.",
    "lrng_refused_requests": "Requests that were refused.",
    "lrng_source_delivered_bits": "Entropy that the source delivered for seeds.",
    "lrng_health_failures": "Failures of the health tests of SP 800-90B.",
    "lrng_seedings": "Seeds that generators got.",
    "lrng_reseeds_skipped": "Reseeds put off because the sources had too little.",
    "lrng_self_test_failures": "Self tests that failed.",
    "lrng_seed_losses": "How often the generator lost its seed.",
    "lrng_kernel_seedings": "Blocks that the kernel's generator got.",
    "lrng_kernel_credited_bits": "Entropy credited to the kernel's generator.",
    "lrng_kernel_seeding_failures": "Blocks that the kernel's generator did not take.",
  ]

  /// The document.
  ///
  /// - Parameter isOpenMetrics: Otherwise the older format of Prometheus, which node_exporter reads from files: there the
  ///   name of a counter has its suffix in the comments, too.
  func document(isOpenMetrics: Bool = true) -> [UInt8] {
    var text = ""
    var family = ""
    func add(_ name: String, _ dimensions: [(String, String)], _ value: Int64, isCounter: Bool) {
      let sample = isCounter ? "\(name)_total" : name
      if family != name {
        family = name
        let title = isOpenMetrics ? name : sample
        text += "# TYPE \(title) \(isCounter ? "counter" : "gauge")\n"
        if let help = Self.help[name] { text += "# HELP \(title) \(help)\n" }
      }
      // The values of dimensions are names of this program: nothing to escape.
      let labels = dimensions.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ",")
      text += "\(sample)\(labels.isEmpty ? "" : "{\(labels)}") \(value)\n"
    }
    let status = generator.status
    add("lrng_fully_seeded", [], status.isFullySeeded ? 1 : 0, isCounter: false)
    add("lrng_entropy_available_bits", [], Int64(status.entropyLevelInBits), isCounter: false)
    add("lrng_self_test_failed", [], Int64(status.failedSelfTests ?? 0), isCounter: false)
    for source in status.sources {
      add("lrng_source_available", [("source", source.kind.name)], source.isAvailable ? 1 : 0, isCounter: false)
    }
    for source in status.sources {
      add("lrng_source_entropy_bits", [("source", source.kind.name)], Int64(source.entropyInBits), isCounter: false)
    }
    if let state = KernelTakeover.state() {
      add("lrng_kernel_takeover", [], state.hasPrefix("active") ? 1 : 0, isCounter: false)
    }
    add("lrng_connections", [], Int64(gate.openCount), isCounter: false)
    add("lrng_accepted_connections", [], Int64(clamping: gate.acceptedCount), isCounter: true)
    add("lrng_refused_connections", [], Int64(clamping: gate.refusedCount), isCounter: true)
    for sample in registry.samples { add(sample.label, sample.dimensions, sample.value, isCounter: sample.isCounter) }
    if isOpenMetrics { text += "# EOF\n" }
    return Array(text.utf8)
  }
}

/// Writes the metrics into a file for node_exporter, which never sees half of one.
struct MetricsFileService: Service {
  let path: String
  let interval: Duration
  let text: MetricsText
  let logger: Logger

  func run() async throws {
    let (path, text, logger) = (path, text, logger)
    let thread = NIOThreadPool(numberOfThreads: 1)
    thread.start()
    await untilShutdown(every: interval) {
      _ = try? await thread.runIfActive {
        if let problem = Self.replace(path, text.document(isOpenMetrics: false)) {
          logger.warning("metrics not written", metadata: ["file": "\(path)", "error": "\(problem)"])
        }
      }
    }
    unsafe unlink(path)
    try? await thread.shutdownGracefully()
  }

  /// - Returns: What went wrong.
  static func replace(_ path: String, _ content: [UInt8]) -> String? {
    let temporary = "\(path).\(getpid())"
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { return errorText(errno) }
    let written = unsafe content.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
    // A disk that fills up takes a part, and says nothing.
    let number = written < 0 ? errno : ENOSPC
    close(descriptor)
    guard written == content.count, unsafe rename(temporary, path) == 0 else {
      let problem = errorText(written == content.count ? errno : number)
      unsafe unlink(temporary)
      return problem
    }
    return nil
  }
}
