// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore
import Synchronization

// The seed file: its old content goes in at the first seed, fresh output goes into it then and at the end.

extension Engine {
  /// Replaces the seed file as soon as there are fresh bytes for it, and mixes its old content in.
  func exchangeSeedFileOnce() {
    guard let path = configuration.auxiliary.seedFile, levels.isOperational,
      unsafe !state.pointee.isSeedFileExchanged.exchange(true, ordering: .acquiringAndReleasing),
      let file = SeedFile(path: path)
    else { return }
    var fresh = Secret(InlineArray<64, UInt8>(repeating: 0))
    defer { fresh.wipe() }
    do throws(GenerationError) {
      var bytes = fresh.value.mutableSpan
      _ = try generate(into: &bytes, node: 0, quality: .fullySeeded)
    } catch {
      return
    }
    let exchange = file.exchange(fresh: fresh.value.span) { insert($0, creditedBits: 0) }
    if let problem = exchange.readProblem { say("lrng_seed_file: not used: \(problem)") }
    if let problem = exchange.writeProblem { say("lrng_seed_file: not replaced: \(problem)") }
    forceReseed()
  }

  /// Leaves output of a fully seeded generator for the next start.
  func storeSeed() throws(LRNGError) -> Bool {
    guard let path = configuration.auxiliary.seedFile else { return false }
    guard let file = SeedFile(path: path) else { throw .seedFile(path: path, problem: "this is no name of a file") }
    var seed = Secret(InlineArray<64, UInt8>(repeating: 0))
    defer { seed.wipe() }
    var bytes = seed.value.mutableSpan
    guard try fill(&bytes, quality: .fullySeeded, waiting: false) == SeedFile.seedLengthInBytes else {
      throw .notFullySeeded
    }
    if case .failure(let problem) = file.store(seed.value.span, isCreditable: true) {
      throw .seedFile(path: path, problem: "\(problem)")
    }
    return true
  }
}
