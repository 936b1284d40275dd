// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore
import Synchronization
import Testing

@testable import LRNG

// A generator and a hash from elsewhere, that count their calls and misbehave on demand. They stand on the core's own, so
// that what they do is right otherwise. They use no lock: a child of fork must not find one that nobody will release.

/// The ways to misbehave.
struct Fault: OptionSet {
  let rawValue: UInt8
  static let begin = Fault(rawValue: 1)
  static let seed = Fault(rawValue: 2)
  static let generate = Fault(rawValue: 4)
  /// The known answer is not found.
  static let answer = Fault(rawValue: 8)
  /// It is found in the corrupted twin, too.
  static let twin = Fault(rawValue: 16)
}

final class Counter: Sendable {
  private let count = Atomic<Int>(0)
  func increment() { count.wrappingAdd(1, ordering: .acquiringAndReleasing) }
  var value: Int { count.load(ordering: .acquiring) }
}

/// What both have in common.
class PluggedMechanism: @unchecked Sendable {
  /// What the memory is left with when a state ends.
  static let remains: UInt8 = 0xa5

  private let faultWord = Atomic<UInt8>(0)
  let begins = Counter()
  /// The state that ended last.
  private let lastAddress = Atomic<UInt>(0)

  var faults: Fault {
    get { Fault(rawValue: faultWord.load(ordering: .acquiring)) }
    set { faultWord.store(newValue.rawValue, ordering: .releasing) }
  }

  /// The context of the table. It lives as long as the program, as a table demands.
  fileprivate var context: UnsafeMutableRawPointer { Unmanaged.passRetained(self).toOpaque() }

  func has(_ fault: Fault) -> Bool { faults.contains(fault) }

  fileprivate func answer(_ corrupting: CInt) -> CInt {
    corrupting != 0 ? (has(.twin) ? 1 : 0) : (has(.answer) ? 0 : 1)
  }

  /// Leaves a mess, which the LRNG has to clean up.
  fileprivate func leave(_ state: UnsafeMutableRawPointer, lengthInBytes: Int) {
    state.initializeMemory(as: UInt8.self, repeating: Self.remains, count: lengthInBytes)
    lastAddress.store(UInt(bitPattern: state), ordering: .releasing)
  }

  /// What is left in the memory of the state that ended last.
  func remnants(lengthInBytes: Int) -> Int {
    guard let state = UnsafeRawPointer(bitPattern: lastAddress.load(ordering: .acquiring)) else { return -1 }
    return UnsafeRawBufferPointer(start: state, count: lengthInBytes).count { $0 == Self.remains }
  }
}

/// HMAC_DRBG with SHA-256, which is not among those of the LRNG.
final class PluggedGenerator: PluggedMechanism, @unchecked Sendable {
  private typealias State = DRBGGenerator<HMACDRBG<SHA256>>

  let seeds = Counter()
  let requests = Counter()
  /// Requests that came with data that differ from those of the last one.
  let freshInputs = Counter()
  let ends = Counter()
  private let lastInput = Atomic<UInt32>(0)

  func table(_ name: StaticString = "plugged", securityStrengthInBits: UInt32 = 256) -> ExternalDRNG {
    ExternalDRNG(
      name: name, securityStrengthInBits: securityStrengthInBits, context: context,
      begin: { PluggedGenerator.at($0)?.begin($1) ?? -1 },
      seed: { PluggedGenerator.at($0)?.seed($1, UnsafeBufferPointer(start: $2, count: $3)) ?? -1 },
      generate: {
        PluggedGenerator.at($0)?.generate(
          $1, UnsafeMutableBufferPointer(start: $2, count: $3), UnsafeBufferPointer(start: $4, count: $5)) ?? -1
      },
      end: { PluggedGenerator.at($0)?.end($1) },
      selfTest: { PluggedGenerator.at($0)?.answer($1) ?? 0 })
  }

  /// States that were begun and not ended.
  var liveStates: Int { begins.value - ends.value }

  private static func at(_ context: UnsafeMutableRawPointer?) -> PluggedGenerator? {
    context.map { Unmanaged<PluggedGenerator>.fromOpaque($0).takeUnretainedValue() }
  }

  private func begin(_ state: UnsafeMutableRawPointer) -> CInt {
    if has(.begin) { return -1 }
    let bytes = UnsafeRawBufferPointer(start: state, count: ExternalDRNG.stateLengthInBytes)
    let isFit = MemoryLayout<State>.size <= bytes.count && UInt(bitPattern: state) % 8 == 0
    guard isFit, bytes.allSatisfy({ $0 == 0 }) else { return -1 }
    state.bindMemory(to: State.self, capacity: 1).initialize(to: State(HMACDRBG()))
    begins.increment()
    return 0
  }

  private func seed(_ state: UnsafeMutableRawPointer, _ material: UnsafeBufferPointer<UInt8>) -> CInt {
    if has(.seed) { return -1 }
    seeds.increment()
    return succeeds { () throws(DRNGError) in try memory(state).pointee.seed(material.span) }
  }

  private func generate(
    _ state: UnsafeMutableRawPointer, _ output: UnsafeMutableBufferPointer<UInt8>,
    _ input: UnsafeBufferPointer<UInt8>
  ) -> CInt {
    var bytes = output.mutableSpan
    if has(.generate) {
      // As far as it came.
      bytes[0] = Self.remains
      return -1
    }
    requests.increment()
    if input.count == 4 {
      let stamp = input.span.littleEndianWord(at: 0, as: UInt32.self)
      if lastInput.exchange(stamp, ordering: .relaxed) != stamp { freshInputs.increment() }
    }
    return succeeds { () throws(DRNGError) in
      try memory(state).pointee.generate(into: &bytes, additionalInput: input.span)
    }
  }

  private func end(_ state: UnsafeMutableRawPointer) {
    memory(state).deinitialize(count: 1)
    ends.increment()
    leave(state, lengthInBytes: ExternalDRNG.stateLengthInBytes)
  }

  private func memory(_ state: UnsafeMutableRawPointer) -> UnsafeMutablePointer<State> {
    state.bindMemory(to: State.self, capacity: 1)
  }

  private func succeeds(_ body: () throws(DRNGError) -> Void) -> CInt {
    do throws(DRNGError) { try body() } catch { return -1 }
    return 0
  }
}

/// SHA-512 of the core.
final class PluggedHash: PluggedMechanism, @unchecked Sendable {
  let updates = Counter()
  let finishes = Counter()
  let abandons = Counter()

  func table(_ name: StaticString = "plugged hash") -> ExternalHash {
    ExternalHash(
      name: name, digestLengthInBytes: SHA512.digestLengthInBytes, context: context,
      begin: { PluggedHash.at($0)?.begin($1) },
      update: { PluggedHash.at($0)?.update($1, UnsafeBufferPointer(start: $2, count: $3)) },
      finish: {
        PluggedHash.at($0)?.finish($1, UnsafeMutableBufferPointer(start: $2, count: SHA512.digestLengthInBytes))
      },
      abandon: { PluggedHash.at($0)?.abandon($1) },
      selfTest: { PluggedHash.at($0)?.answer($1) ?? 0 })
  }

  /// States that were begun and neither finished nor abandoned.
  var liveStates: Int { begins.value - finishes.value - abandons.value }

  private static func at(_ context: UnsafeMutableRawPointer?) -> PluggedHash? {
    context.map { Unmanaged<PluggedHash>.fromOpaque($0).takeUnretainedValue() }
  }

  private func begin(_ state: UnsafeMutableRawPointer) {
    state.bindMemory(to: SHA512.self, capacity: 1).initialize(to: SHA512())
    begins.increment()
  }

  private func update(_ state: UnsafeMutableRawPointer, _ data: UnsafeBufferPointer<UInt8>) {
    memory(state).pointee.update(data.span)
    updates.increment()
  }

  private func finish(_ state: UnsafeMutableRawPointer, _ digest: UnsafeMutableBufferPointer<UInt8>) {
    var bytes = digest.mutableSpan
    memory(state).pointee.finalize(into: &bytes)
    finishes.increment()
    drop(state)
  }

  private func abandon(_ state: UnsafeMutableRawPointer) {
    abandons.increment()
    drop(state)
  }

  private func drop(_ state: UnsafeMutableRawPointer) {
    memory(state).deinitialize(count: 1)
    leave(state, lengthInBytes: ExternalHash.stateLengthInBytes)
  }

  private func memory(_ state: UnsafeMutableRawPointer) -> UnsafeMutablePointer<SHA512> {
    state.bindMemory(to: SHA512.self, capacity: 1)
  }
}
