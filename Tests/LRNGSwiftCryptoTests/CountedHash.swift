// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if SwiftCrypto

  import LRNGSwiftCrypto
  import Synchronization

  @testable import LRNGCore

  /// Hands all calls on to a table, counts them, and can break its self test.
  ///
  /// It needs no lock: a child of fork must not find one that nobody will release.
  final class CountedHash: Sendable {
    private let inner: ExternalHash
    private let begins = Atomic<Int>(0)
    private let ends = Atomic<Int>(0)
    private let isBrokenWord = Atomic<Bool>(false)

    init(_ inner: ExternalHash) { self.inner = inner }

    var begun: Int { begins.load(ordering: .acquiring) }
    /// States that were begun and neither finished nor abandoned.
    var liveStates: Int { begun - ends.load(ordering: .acquiring) }

    func breakSelfTest() { isBrokenWord.store(true, ordering: .releasing) }

    var table: ExternalHash {
      ExternalHash(
        name: inner.name, digestLengthInBytes: inner.digestLengthInBytes,
        // It lives as long as the program, as a table demands.
        context: Unmanaged.passRetained(self).toOpaque(),
        begin: { context, state in
          CountedHash.at(context)?.noteBegin()
          CountedHash.at(context)?.inner.begin?(nil, state)
        },
        update: { context, state, data, length in CountedHash.at(context)?.inner.update?(nil, state, data, length) },
        finish: { context, state, digest in
          CountedHash.at(context)?.inner.finish?(nil, state, digest)
          CountedHash.at(context)?.noteEnd()
        },
        abandon: { context, state in
          CountedHash.at(context)?.inner.abandon?(nil, state)
          CountedHash.at(context)?.noteEnd()
        },
        selfTest: { context, corrupting in CountedHash.at(context)?.selfTest(corrupting) ?? 0 })
    }

    private func noteBegin() { begins.wrappingAdd(1, ordering: .acquiringAndReleasing) }

    private func noteEnd() { ends.wrappingAdd(1, ordering: .acquiringAndReleasing) }

    private func selfTest(_ corrupting: CInt) -> CInt {
      isBrokenWord.load(ordering: .acquiring) ? 0 : inner.selfTest?(nil, corrupting) ?? 0
    }

    private static func at(_ context: UnsafeMutableRawPointer?) -> CountedHash? {
      context.map { Unmanaged<CountedHash>.fromOpaque($0).takeUnretainedValue() }
    }
  }

#endif
