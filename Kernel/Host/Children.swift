// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// The generators of the processors: where small requests, and all requests of those that must not sleep, are served.
//
// A child is seeded by the generator of its node, and anew whenever the epoch has changed: after each reseed, and when one
// is asked for. Who may sleep does that before he is served; who may not is served with what the child has, and the LRNG's
// thread sees to it that this is not for long. Interrupts are off around each call, on the child's own processor.

import Glue
import Synchronization

struct Child: ~Copyable {
  var generator = FastKeyErasureGenerator()
  let node: UInt32
  /// After so many requests the node hears of them. Much less than the limits that they count against.
  var reportsAfter: UInt32 = 1

  init(node: UInt32) {
    self.node = node
  }

  /// Whether it may serve: with a seed, and with the last one unless the caller can't have that.
  @inline(__always)
  func mayServe(insists: Bool) -> Bool {
    let epoch = generator.epoch
    guard epoch != 0 else { return false }
    return unsafe insists || epoch == host.pointee.epoch
  }

  /// A request was served.
  @inline(__always)
  mutating func didServe() {
    if generator.requests >= reportsAfter { unsafe host.pointee.settleRequests(of: &self) }
  }
}

@inline(__always)
private func child(_ memory: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Child> {
  unsafe memory.assumingMemoryBound(to: Child.self)
}

@inline(__always)
private func serve<Word: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
  _ memory: UnsafeMutableRawPointer, _ word: UnsafeMutablePointer<Word>, _ insists: Bool
) -> Bool {
  let child = unsafe child(memory)
  guard unsafe child.pointee.mayServe(insists: insists) else { return false }
  unsafe word.pointee = unsafe child.pointee.generator.next(Word.self, with: AcceleratedExpander.self)
  unsafe child.pointee.didServe()
  return true
}

@c func lrng_child_size() -> Int { MemoryLayout<Child>.stride }

@c func lrng_child_u64(_ memory: UnsafeMutableRawPointer, _ word: UnsafeMutablePointer<UInt64>, _ insists: Bool) -> Bool
{
  unsafe serve(memory, word, insists)
}

@c func lrng_child_u32(_ memory: UnsafeMutableRawPointer, _ word: UnsafeMutablePointer<UInt32>, _ insists: Bool) -> Bool
{
  unsafe serve(memory, word, insists)
}

@c func lrng_child_u16(_ memory: UnsafeMutableRawPointer, _ word: UnsafeMutablePointer<UInt16>, _ insists: Bool) -> Bool
{
  unsafe serve(memory, word, insists)
}

@c func lrng_child_u8(_ memory: UnsafeMutableRawPointer, _ word: UnsafeMutablePointer<UInt8>, _ insists: Bool) -> Bool {
  unsafe serve(memory, word, insists)
}

@c func lrng_child_fill(
  _ memory: UnsafeMutableRawPointer, _ buffer: UnsafeMutableRawPointer, _ length: Int, _ insists: Bool
) -> Bool {
  let child = unsafe child(memory)
  guard unsafe child.pointee.mayServe(insists: insists) else { return false }
  let length = min(max(length, 0), FastKeyErasureGenerator.maximumRequestLengthInBytes)
  // C's buffer, that long.
  var output = unsafe MutableSpan(_unsafeStart: buffer.assumingMemoryBound(to: UInt8.self), count: length)
  unsafe child.pointee.generator.fill(&output, with: AcceleratedExpander.self)
  unsafe child.pointee.didServe()
  return true
}

@c func lrng_child_key(
  _ memory: UnsafeMutableRawPointer, _ key: UnsafeMutablePointer<UInt8>, _ insists: Bool
) -> Bool {
  let child = unsafe child(memory)
  guard unsafe child.pointee.mayServe(insists: insists) else { return false }
  // 32 bytes, by the contract.
  var output = unsafe MutableSpan(_unsafeStart: key, count: 32)
  unsafe child.pointee.generator.takeKey(into: &output, with: AcceleratedExpander.self)
  unsafe child.pointee.didServe()
  return true
}

@c func lrng_expand(_ key: UnsafeMutablePointer<UInt8>, _ buffer: UnsafeMutableRawPointer, _ length: Int) {
  // 32 bytes, and a buffer of that length, by the contract.
  var bytes = unsafe MutableSpan(_unsafeStart: key, count: 32)
  var output = unsafe MutableSpan(
    _unsafeStart: buffer.assumingMemoryBound(to: UInt8.self), count: max(length, 0))
  var words = Secret(InlineArray<8, UInt32>(repeating: 0))
  for word in 0..<8 { words.value[word] = bytes.span.littleEndianWord(at: 4 &* word, as: UInt32.self) }
  bytes.wipe()
  FastKeyErasureGenerator.expand(&words.value, into: &output, with: AcceleratedExpander.self)
  words.wipe()
}

@c func lrng_child_seed(_ memory: UnsafeMutableRawPointer, _ key: UnsafeMutablePointer<UInt8>, _ epoch: UInt64) {
  let child = unsafe child(memory)
  unsafe host.pointee.settleRequests(of: &child.pointee)
  // 32 bytes, by the contract.
  unsafe child.pointee.generator.seed(Span(_unsafeStart: key, count: 32), epoch: epoch)
  var bytes = unsafe MutableSpan(_unsafeStart: key, count: 32)
  bytes.wipe()
}

@c func lrng_child_wipe(_ memory: UnsafeMutableRawPointer) {
  unsafe child(memory).pointee.generator.wipe()
}

/// Makes the child of a processor on that node. It has no seed yet.
@c func lrng_child_begin(_ memory: UnsafeMutableRawPointer, _ node: UInt32) {
  unsafe child(memory).initialize(to: Child(node: node))
}

/// Tells the child's requests to its node. Interrupts off, on its processor.
@c func lrng_child_settle(_ memory: UnsafeMutableRawPointer) {
  unsafe host.pointee.settleRequests(of: &child(memory).pointee)
}

@c func lrng_child_new_key(
  _ node: UInt32, _ key: UnsafeMutablePointer<UInt8>, _ epoch: UnsafeMutablePointer<UInt64>
) -> Int {
  // 32 bytes, by the contract.
  var output = unsafe MutableSpan(_unsafeStart: key, count: 32)
  return unsafe host.pointee.newKey(into: &output, node: Int(node), epoch: &epoch.pointee)
}

extension KernelHost {
  /// What the seeds of children are compared with.
  @inline(__always)
  var epoch: UInt64 { levels.seedEpoch }

  /// Makes a key for a child. The first ones come from whatever the state is, because some callers can't wait.
  func newKey(into key: inout MutableSpan<UInt8>, node: Int, epoch: inout UInt64) -> Int {
    // A reseed in the middle of it makes the key one of before; a few of them in a row do not happen.
    for _ in 0..<4 {
      epoch = self.epoch
      do throws(GenerationError) {
        _ = try generate(into: &key, node: node, quality: .available)
      } catch {
        return error.result
      }
      if epoch == self.epoch { break }
    }
    return 0
  }

  /// The requests after which a reseed is due, and half of those that a seed is good for.
  private var requestsUntilReseed: UInt32 {
    let half = min(values[LRNG_SET_MAX_WITHOUT_RESEED] / 2, UInt64(DRNGInstance.reseedIntervalInRequests))
    return max(UInt32(truncatingIfNeeded: half), 1)
  }

  /// Enters the requests that a child served into the account of its node's generator, which the LRNG's thread looks at when
  /// a reseed is due for it.
  @inline(never)
  func settleRequests(of child: inout Child) {
    let limit = requestsUntilReseed
    child.reportsAfter = min(1024, limit)
    let requests = child.generator.takeRequestCount()
    guard requests > 0 else { return }
    let sum = unsafe generator(child.node).pointee.childRequests.wrappingAdd(requests, ordering: .relaxed).newValue
    if sum >= limit { lrng_glue_kick() }
  }

  /// Lets the generators know what their children served. May sleep.
  func settleChildRequests() {
    for node in 0..<settings.nodes {
      let requests = unsafe generator(node).pointee.childRequests.exchange(0, ordering: .relaxed)
      if requests > 0 { withGenerator(.node(Int(node))) { $0.count(requests: requests) } }
    }
  }
}
