// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CAccelerated
import Testing

/// One of several functions that compute the same by different instructions.
struct Variant<Function: Sendable>: Sendable, CustomTestStringConvertible {
  let name: String
  /// What a processor needs for it, as in `LRNG_CPU_FEATURES`.
  let features: UInt32
  let function: Function

  init(_ name: String, needs features: UInt32, _ function: Function) {
    self.name = name
    self.features = features
    self.function = function
  }

  var isAvailable: Bool { lrng_processor_has(features) }
  var testDescription: String { name }
}

extension Array {
  /// Those that run here. The others are named, so that a log shows what was not tested.
  func available<Function>() -> [Variant<Function>] where Element == Variant<Function> {
    for variant in self where !variant.isAvailable { print("skipped: this processor has nothing for \(variant.name)") }
    return filter(\.isAvailable)
  }
}
