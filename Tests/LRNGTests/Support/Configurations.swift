// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore

@testable import LRNG

extension Configuration {
  /// No source but those named, and nothing that depends on the machine's mode.
  ///
  /// Without the Jitter RNG a generator is up in about a millisecond.
  static func only(_ sources: EntropySourceKind...) -> Configuration { only(sources) }

  static func only(_ sources: [EntropySourceKind]) -> Configuration {
    var configuration = Configuration.library
    configuration.isFIPS = false
    configuration.interrupt.isEnabled = sources.contains(.interrupt)
    configuration.scheduler.isEnabled = sources.contains(.scheduler)
    configuration.jitter.isEnabled = sources.contains(.jitter)
    configuration.cpu.isEnabled = sources.contains(.cpu)
    configuration.kernel.isEnabled = sources.contains(.kernel)
    // `/dev/hwrng` belongs to the machine: it may be missing, slow, or in use by somebody.
    configuration.auxiliary.readsHardwareGenerator = false
    return configuration
  }

  /// The same with changes.
  func with(_ change: (inout Configuration) -> Void) -> Configuration {
    var configuration = self
    change(&configuration)
    return configuration
  }
}
