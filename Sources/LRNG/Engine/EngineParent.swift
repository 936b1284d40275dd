// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// A service as the parent of this generator: the chain of SP 800-90C, RBGC. What the parent gives is output of a DRBG of full
// strength and counts as what it has in bits; under prediction resistance it is fresh, because the parent is asked for that.
//
// One connection for each exchange: there are minutes between two, and nothing is left for a child of fork to share.

import LRNGCore

/// What the engine knows of its parent.
struct ParentState {
  /// Why it did not answer.
  enum Problem: UInt8 {
    case unreachable, timedOut, refused, ownProcess
  }

  /// Whether the seed that is being collected has the parent's bytes already.
  var hasDelivered = false
  var problem: Problem?
  /// When it failed to answer.
  var failureInMilliseconds: UInt64 = 0
  var deliveredBytes: UInt64 = 0

  func description(_ path: String) -> String {
    switch problem {
    case nil: "\(deliveredBytes) bytes from \(path)"
    case .unreachable: "nobody answers at \(path): the other sources seed"
    case .timedOut: "no answer in time at \(path): the other sources seed"
    case .refused: "refused at \(path): the other sources seed"
    case .ownProcess: "\(path) is served by this process: the other sources seed"
    }
  }
}

extension Engine {
  /// A first seed of 384 bits with 64 for the conditioning, in whole digests.
  private static let parentBlockLengthInBytes = 64
  private static let parentTimeoutInMilliseconds = 1000
  private static let parentPauseInMilliseconds: UInt64 = 10_000

  func willCollect(for id: GeneratorID) {
    #if os(Linux)
      guard let path = configuration.auxiliary.parent else { return }
      let parent = unsafe state.pointee.auxiliaryLock.withLock { unsafe state.pointee.parent }
      // Who hung once is not waited for at each request.
      guard
        parent.problem == nil || now().milliseconds &- parent.failureInMilliseconds >= Self.parentPauseInMilliseconds
      else { return }
      do throws(ServiceConnectionError) {
        var connection = try ServiceConnection(path: path, timeoutInMilliseconds: Self.parentTimeoutInMilliseconds)
        // Output of this process is no entropy for it.
        guard !connection.leadsToOwnProcess else { return note(.ownProcess) }
        var bytes = try connection.randomBytes(
          Self.parentBlockLengthInBytes, flags: id == .predictionResistant ? .predictionResistant : [])
        unsafe state.pointee.auxiliaryLock.withLock {
          unsafe state.pointee.auxiliary.insert(bytes.span, creditedBits: UInt32(bytes.count) * 8)
          unsafe state.pointee.parent.hasDelivered = true
          unsafe state.pointee.parent.problem = nil
          unsafe state.pointee.parent.deliveredBytes &+= UInt64(bytes.count)
        }
        var span = bytes.mutableSpan
        span.wipe()
      } catch {
        switch error {
        case .noService, .permissionDenied, .broken: note(.unreachable)
        case .timedOut: note(.timedOut)
        case .refused: note(.refused)
        }
        say("lrng_parent: \(error)")
      }
    #endif
  }

  private func note(_ problem: ParentState.Problem) {
    unsafe state.pointee.auxiliaryLock.withLock {
      unsafe state.pointee.parent.hasDelivered = false
      unsafe state.pointee.parent.problem = problem
      unsafe state.pointee.parent.failureInMilliseconds = now().milliseconds
    }
  }
}
