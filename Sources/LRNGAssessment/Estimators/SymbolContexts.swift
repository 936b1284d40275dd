// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// Which symbol followed how often after the last 1 to 16 symbols: for the predictors of 6.3.9 and 6.3.10.
///
/// A tree of contexts, the latest symbol next to the root: the context one longer is a child. So a walk from the root ends at
/// the first context that was never seen, and most walks are short. Edges, and followers where there is more than one, are
/// in hash tables, because most nodes have one of each.
struct SymbolContexts {
  static let root = 0

  private struct Node {
    /// The greatest count of a follower, and the follower; the greater of equals.
    var count: UInt32 = 0
    var follower: UInt8 = 0
    var hasOneFollower = true
  }

  private var nodes = [Node()]
  private var edges = CountTable()
  private var followers = CountTable()

  /// The context that is longer by `symbol`, an earlier one than all of `node`.
  @inline(__always)
  func child(of node: Int, _ symbol: UInt8) -> Int? {
    let child = edges[UInt32(truncatingIfNeeded: node << 8 | Int(symbol))]
    return child == 0 ? nil : Int(child)
  }

  mutating func addChild(of node: Int, _ symbol: UInt8) -> Int {
    let child = nodes.count
    nodes.append(Node())
    edges.set(UInt32(truncatingIfNeeded: node << 8 | Int(symbol)), UInt32(child))
    return child
  }

  /// What most often followed, and how often; 0 for a context that has not been counted yet.
  @inline(__always)
  func prediction(after node: Int) -> (symbol: UInt8, count: UInt32) {
    (nodes[node].follower, nodes[node].count)
  }

  /// Counts a follower.
  ///
  /// - Returns: Whether it is new, and was added.
  @inline(__always)
  mutating func count(_ symbol: UInt8, after node: Int, mayAdd: Bool) -> Bool {
    var entry = nodes[node]
    let key = UInt32(truncatingIfNeeded: node << 8)
    if entry.hasOneFollower {
      if entry.count > 0 && entry.follower == symbol {
        nodes[node].count = entry.count &+ 1
        return false
      }
      guard mayAdd else { return false }
      if entry.count == 0 {
        nodes[node] = Node(count: 1, follower: symbol)
        return true
      }
      followers.set(key | UInt32(entry.follower), entry.count)
      entry.hasOneFollower = false
      nodes[node].hasOneFollower = false
    }
    guard let count = followers.increment(key | UInt32(symbol), mayAdd: mayAdd) else { return false }
    if count > entry.count || (count == entry.count && symbol > entry.follower) {
      nodes[node].count = count
      nodes[node].follower = symbol
    }
    return count == 1
  }
}

/// A hash table of 32-bit keys with 32-bit values other than 0, in one array.
struct CountTable {
  /// Key and value, 0 where nothing is.
  private var slots = [UInt64](repeating: 0, count: 1 << 12)
  private var shift: UInt32 = 32 - 12
  private var used = 0

  /// The value, 0 if there is none.
  @inline(__always)
  subscript(key: UInt32) -> UInt32 {
    let slot = slots[find(key)]
    return UInt32(truncatingIfNeeded: slot)
  }

  mutating func set(_ key: UInt32, _ value: UInt32) {
    let index = find(key)
    let isNew = slots[index] == 0
    slots[index] = UInt64(key) << 32 | UInt64(value)
    if isNew { grow() }
  }

  /// Adds one.
  ///
  /// - Returns: The new value, `nil` when the key is new and may not be added.
  @inline(__always)
  mutating func increment(_ key: UInt32, mayAdd: Bool) -> UInt32? {
    let index = find(key)
    if slots[index] != 0 {
      slots[index] &+= 1
      return UInt32(truncatingIfNeeded: slots[index])
    }
    guard mayAdd else { return nil }
    slots[index] = UInt64(key) << 32 | 1
    grow()
    return 1
  }

  /// Where the key is or would be.
  @inline(__always)
  private func find(_ key: UInt32) -> Int {
    // Fibonacci hashing: 2^32 divided by the golden ratio.
    var index = Int((key &* 0x9E37_79B9) >> shift)
    let mask = slots.count &- 1
    while true {
      let slot = slots[index]
      if slot == 0 || UInt32(truncatingIfNeeded: slot >> 32) == key { return index }
      index = (index &+ 1) & mask
    }
  }

  private mutating func grow() {
    used += 1
    guard used > slots.count / 2 else { return }
    let old = slots
    slots = [UInt64](repeating: 0, count: old.count * 2)
    shift -= 1
    for slot in old where slot != 0 { slots[find(UInt32(truncatingIfNeeded: slot >> 32))] = slot }
  }
}
