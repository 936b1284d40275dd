// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// How often the substrings of a text repeat, for each length: what the t-tuple and LRS estimates are made of.
///
/// Neighbours in the order of suffixes share a prefix of some length (LCP). Where a run of c - 1 of these lengths are ≥ t, c
/// suffixes share the same first t symbols, so a substring of length t occurs c times. All runs are found in one pass with a
/// stack of those that are open.
struct RepeatCounts {
  /// The length of the longest substring that occurs twice.
  private(set) var longest = 0
  /// For each length from 0 to ``longest``: the count of the substring that occurs most often.
  private(set) var maximum: [Int] = [0]
  /// For each length from 0 to ``longest``: how many pairs of positions have the same substring.
  private(set) var pairs: [UInt64] = [0]

  /// Counts the repetitions in a text, in linear time.
  init(of text: [UInt8]) {
    if let counts = Self.fromWindows(text) {
      take(counts)
      return
    }
    let order = SuffixArray.of(text)
    let lengths = Self.commonPrefixes(text, order)
    var runs = OpenRuns(longest: Int(lengths.max() ?? 0))
    for position in order.dropFirst() { runs.add(Int(lengths[Int(position)])) }
    take(runs.closed())
  }

  /// `nil` when there is a repetition as long as a window.
  private static func fromWindows(_ text: [UInt8]) -> (maximum: [Int], pairs: [UInt64])? {
    guard let windows = SortedWindows(text) else { return nil }
    var runs = OpenRuns(longest: windows.capacity)
    guard windows.forEachCommonPrefix({ runs.add($0) }) else { return nil }
    var counts = runs.closed()
    let longest = counts.maximum.lastIndex { $0 > 1 } ?? 0
    counts.maximum.removeLast(counts.maximum.count - longest - 1)
    counts.pairs.removeLast(counts.pairs.count - longest - 1)
    return counts
  }

  private mutating func take(_ runs: (maximum: [Int], pairs: [UInt64])) {
    (maximum, pairs) = runs
    longest = maximum.count - 1
  }

  /// For each position, how many symbols its suffix shares with the one before it in order (Kärkkäinen, Manzini and Puglisi,
  /// "Permuted Longest-Common-Prefix Array", 2009).
  static func commonPrefixes(_ text: [UInt8], _ order: [Int32]) -> [Int32] {
    let count = text.count
    var lengths = [Int32](repeating: -1, count: count)
    // All positions in `order` are positions in the text, each once.
    unsafe lengths.withUnsafeMutableBufferPointer { lengths in
      unsafe order.withUnsafeBufferPointer { order in
        unsafe text.withUnsafeBufferPointer { text in
          for index in stride(from: 1, to: count, by: 1) { unsafe lengths[Int(order[index])] = order[index &- 1] }
          var shared = 0
          for position in 0..<count {
            let previous = unsafe Int(lengths[position])
            guard previous >= 0 else {
              unsafe lengths[position] = 0
              shared = 0
              continue
            }
            let limit = count &- max(position, previous)
            while unsafe shared < limit && text[position &+ shared] == text[previous &+ shared] { shared &+= 1 }
            unsafe lengths[position] = Int32(truncatingIfNeeded: shared)
            if shared > 0 { shared &-= 1 }
          }
        }
      }
    }
    return lengths
  }

  /// Runs of common prefixes that are not over yet, each longer than the one below.
  struct OpenRuns {
    private var stack: [(length: Int, count: Int)] = [(0, 0)]
    private var maximum: [Int]
    /// Pairs that begin to count at a length, and negative where they end to: the sums come at the end.
    private var changes: [UInt64]

    init(longest: Int) {
      maximum = [Int](repeating: 1, count: longest + 1)
      changes = [UInt64](repeating: 0, count: longest + 1)
    }

    /// Takes the next length, in the order of suffixes.
    mutating func add(_ length: Int) {
      while let top = stack.last, top.length > length { close(top, below: length) }
      if let top = stack.last, top.length == length {
        stack[stack.count - 1].count &+= 1
      } else {
        stack.append((length, 1))
      }
    }

    private mutating func close(_ run: (length: Int, count: Int), below length: Int) {
      stack.removeLast()
      let occurrences = run.count + 1
      let pairs = UInt64(occurrences) * UInt64(run.count) / 2
      maximum[run.length] = max(maximum[run.length], occurrences)
      let enclosing = max(length, stack.last?.length ?? 0)
      changes[run.length] &+= pairs
      changes[enclosing] &-= pairs
      // What ends here is a part of the run around it, which may begin only now.
      if let top = stack.last, top.length == enclosing {
        stack[stack.count - 1].count &+= run.count
      } else {
        stack.append((enclosing, run.count))
      }
    }

    /// The counts for each length, when all is taken.
    mutating func closed() -> (maximum: [Int], pairs: [UInt64]) {
      while let top = stack.last, top.length > 0 { close(top, below: 0) }
      for length in stride(from: maximum.count - 2, through: 0, by: -1) {
        maximum[length] = max(maximum[length], maximum[length + 1])
        changes[length] &+= changes[length + 1]
      }
      return (maximum, changes)
    }
  }
}
