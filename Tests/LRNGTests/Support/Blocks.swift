// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore
import Testing

/// 16 bytes of output. Two equal ones among 2^40 of a good generator occur once in 2^49 runs.
struct Block: Hashable, Sendable {
  let low: UInt64
  let high: UInt64

  var isZero: Bool { low | high == 0 }

  init(_ bytes: [UInt8], at offset: Int) {
    low = bytes.span.littleEndianWord(at: offset, as: UInt64.self)
    high = bytes.span.littleEndianWord(at: offset + 8, as: UInt64.self)
  }

  /// The whole blocks of the bytes.
  static func all(of bytes: [UInt8]) -> [Block] {
    stride(from: 0, to: bytes.count - bytes.count % 16, by: 16).map { Block(bytes, at: $0) }
  }

  /// What a ChaCha20 generator that never got a seed puts out: a request of the given length.
  static func ofUnseededGenerator(requestLengthInBytes: Int = 4096) -> Set<Block> {
    var generator = ChaCha20DRNG()
    var bytes = [UInt8](repeating: 0, count: requestLengthInBytes)
    var span = bytes.mutableSpan
    #expect(throws: Never.self) { try generator.generate(into: &span) }
    return Set(all(of: bytes))
  }
}

/// Collects output of many threads and processes, and objects to any block that comes twice.
final class BlockCollector: Sendable {
  private struct State {
    var blocks: Set<Block>
    var repetitions = 0
    var errors: [String] = []
  }

  private let state: Guarded<State>

  /// The blocks that must not occur are those of zeroes, of a generator without seed, and of one whose state a fork has
  /// wiped, so that not even the constants are left.
  init() {
    var forbidden = Block.ofUnseededGenerator()
    for counter: UInt32 in 0..<256 {
      for nonce: UInt32 in 0..<4 {
        var state = InlineArray<16, UInt32>(repeating: 0)
        state[12] = counter
        state[13] = nonce
        var words = InlineArray<16, UInt32>(repeating: 0)
        ChaCha20.block(&state, into: &words)
        let bytes = words.indices.flatMap { index in (0..<4).map { UInt8(truncatingIfNeeded: words[index] >> (8 * $0)) }
        }
        forbidden.formUnion(Block.all(of: bytes))
      }
    }
    state = Guarded(State(blocks: forbidden))
  }

  func add(_ bytes: [UInt8]) {
    let blocks = Block.all(of: bytes)
    state.withLock { state in
      for block in blocks where !state.blocks.insert(block).inserted { state.repetitions += 1 }
    }
  }

  func add(_ error: any Error) { state.withLock { $0.errors.append("\(error)") } }

  /// Runs the body and keeps its bytes, or its error.
  func add(_ body: () throws -> [UInt8]) {
    do { add(try body()) } catch { add(error) }
  }

  var blockCount: Int { state.withLock { $0.blocks.count } }

  /// Passes when no block came twice, nor one that must not occur, and nothing threw.
  func expectNoRepetition(_ location: SourceLocation = #_sourceLocation) {
    let (repetitions, errors) = state.withLock { ($0.repetitions, $0.errors) }
    #expect(repetitions == 0, sourceLocation: location)
    #expect(errors.isEmpty, sourceLocation: location)
  }
}
