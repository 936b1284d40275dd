// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CoreMetrics
import Synchronization

/// The metrics of a process for swift-metrics, to be read out as OpenMetrics text.
///
/// Counters count up for the life of the process; a recorder that does not aggregate is a gauge and keeps its last value.
final class MetricsRegistry: MetricsFactory, Sendable {
  struct Identity: Hashable, Comparable {
    let label: String
    let dimensions: [String]

    static func < (left: Identity, right: Identity) -> Bool {
      (left.label, left.dimensions.joined(separator: ",")) < (right.label, right.dimensions.joined(separator: ","))
    }
  }

  /// The value of a metric.
  struct Sample {
    let label: String
    let dimensions: [(String, String)]
    let value: Int64
    let isCounter: Bool
  }

  private struct Entry: Sendable {
    let dimensions: [(String, String)]
    let cell: Cell
    let isCounter: Bool
  }

  private let entries = Mutex<[Identity: Entry]>([:])

  /// All metrics, those of one name together.
  var samples: [Sample] {
    entries.withLock { entries in
      entries.sorted { $0.key < $1.key }.map { key, entry in
        Sample(label: key.label, dimensions: entry.dimensions, value: entry.cell.value, isCounter: entry.isCounter)
      }
    }
  }

  private func cell(_ label: String, _ dimensions: [(String, String)], isCounter: Bool) -> Cell {
    let identity = Identity(label: label, dimensions: dimensions.map { "\($0.0)=\($0.1)" })
    return entries.withLock { entries in
      if let entry = entries[identity] { return entry.cell }
      let cell = Cell()
      entries[identity] = Entry(dimensions: dimensions, cell: cell, isCounter: isCounter)
      return cell
    }
  }

  // MARK: - MetricsFactory

  func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    cell(label, dimensions, isCounter: true)
  }

  func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    cell(label, dimensions, isCounter: false)
  }

  func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    cell(label, dimensions, isCounter: false)
  }

  func destroyCounter(_ handler: any CounterHandler) {}
  func destroyRecorder(_ handler: any RecorderHandler) {}
  func destroyTimer(_ handler: any TimerHandler) {}

  /// The number of one metric.
  private final class Cell: CounterHandler, RecorderHandler, TimerHandler {
    private let number = Atomic<Int64>(0)

    var value: Int64 { number.load(ordering: .relaxed) }

    func increment(by amount: Int64) { number.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { number.store(0, ordering: .relaxed) }
    func record(_ value: Int64) { number.store(value, ordering: .relaxed) }
    func record(_ value: Double) {
      number.store(Int64(value.isFinite ? max(min(value, 1e18), -1e18) : 0), ordering: .relaxed)
    }
    func recordNanoseconds(_ duration: Int64) { number.store(duration, ordering: .relaxed) }
  }
}
