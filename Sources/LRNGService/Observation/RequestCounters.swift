// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNG
import Metrics

/// What the service counts about requests, by swift-metrics.
final class RequestCounters: Sendable {
  private let bytes: Counter
  private let bytesPredictionResistant: Counter
  private let requests: Counter
  private let requestsPredictionResistant: Counter
  private let otherRequests: Counter
  private let seeds: Counter
  private let refusals: Counter

  init(factory: any MetricsFactory) {
    func counter(_ label: String, _ dimensions: [(String, String)] = []) -> Counter {
      Counter(label: label, dimensions: dimensions, factory: factory)
    }
    bytes = counter("lrng_served_bytes", [("quality", "normal")])
    bytesPredictionResistant = counter("lrng_served_bytes", [("quality", "prediction_resistant")])
    requests = counter("lrng_requests", [("kind", "normal")])
    requestsPredictionResistant = counter("lrng_requests", [("kind", "prediction_resistant")])
    seeds = counter("lrng_requests", [("kind", "seed")])
    otherRequests = counter("lrng_requests", [("kind", "other")])
    refusals = counter("lrng_refused_requests")
  }

  func count(_ request: ServiceRequest, _ reply: ServiceReply) {
    if case .refused = reply { refusals.increment() }
    switch (request, reply) {
    case (.generate(_, .predictionResistant, _), .secret(let output)):
      requestsPredictionResistant.increment()
      bytesPredictionResistant.increment(by: output.count)
    case (.generate, .secret(let output)):
      requests.increment()
      bytes.increment(by: output.count)
    case (.seed, .secret): seeds.increment()
    default: otherRequests.increment()
    }
  }
}
