// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The suffixes of a text in lexicographic order, in linear time: SA-IS (Nong, Zhang and Chan, "Linear Suffix Array
/// Construction by Almost Pure Induced-Sorting", 2009).
///
/// A suffix is of type S when it is less than the next one, else of type L. The leftmost ones of type S (LMS) are sorted
/// first, by recursion where their names are not enough, and all others follow from them in two sweeps.
enum SuffixArray {
  /// Where the suffixes start, least first. The text must have fewer than 2^31 bytes.
  static func of(_ text: [UInt8]) -> [Int32] {
    guard text.count > 1 else { return text.isEmpty ? [] : [0] }
    // The array is as long as the text.
    return unsafe [Int32](unsafeUninitializedCapacity: text.count) { array, count in
      count = text.count
      unsafe text.withUnsafeBufferPointer { text in
        unsafe Sorter.sort(text, alphabetSize: 256, into: UnsafeMutableBufferPointer(rebasing: array[..<text.count]))
      }
    }
  }

  /// One level of the recursion. All accesses are within the text, the types and the array, which are equally long, and
  /// within the buckets, of which there is one for each value of a symbol.
  @safe
  private struct Sorter<Symbol: FixedWidthInteger> {
    let text: UnsafeBufferPointer<Symbol>
    let array: UnsafeMutableBufferPointer<Int32>
    /// The type of each suffix.
    let isS: UnsafeBufferPointer<Bool>
    /// Where the suffixes end that begin with a symbol.
    let bucketEnds: [Int32]
    let count: Int

    static func sort(
      _ text: UnsafeBufferPointer<Symbol>, alphabetSize: Int, into array: UnsafeMutableBufferPointer<Int32>
    ) {
      let count = text.count
      guard count > 1 else {
        if count == 1 { unsafe array[0] = 0 }
        return
      }
      let types = unsafe types(text)
      let ends = unsafe bucketEnds(text, alphabetSize)
      unsafe types.withUnsafeBufferPointer { isS in
        unsafe Sorter(text: text, array: array, isS: isS, bucketEnds: ends, count: count).sort()
      }
    }

    private func sort() {
      clear(from: 0)
      placeLMS()
      induce()
      let sorted = collectLMS()
      let names = nameLMS(sorted)
      sortLMS(sorted, names: names)
      clear(from: sorted)
      moveLMS(sorted)
      induce()
    }

    // MARK: - Types and buckets

    private static func types(_ text: UnsafeBufferPointer<Symbol>) -> [Bool] {
      let count = text.count
      var types = [Bool](repeating: false, count: count)
      var isS = false
      for index in stride(from: count &- 2, through: 0, by: -1) {
        let symbol = unsafe text[index]
        let next = unsafe text[index &+ 1]
        isS = symbol < next || (symbol == next && isS)
        types[index] = isS
      }
      return types
    }

    private static func bucketEnds(_ text: UnsafeBufferPointer<Symbol>, _ alphabetSize: Int) -> [Int32] {
      var ends = [Int32](repeating: 0, count: alphabetSize)
      for index in 0..<text.count {
        let symbol = unsafe Int(text[index])
        ends[symbol] &+= 1
      }
      var sum: Int32 = 0
      for symbol in ends.indices {
        sum &+= ends[symbol]
        ends[symbol] = sum
      }
      return ends
    }

    private func clear(from start: Int) {
      for index in start..<count { unsafe array[index] = -1 }
    }

    @inline(__always)
    private func isLMS(_ position: Int) -> Bool {
      guard position > 0 else { return false }
      return unsafe isS[position] && !isS[position &- 1]
    }

    // MARK: - Sweeps

    private func placeLMS() {
      var ends = bucketEnds
      for position in 1..<count where isLMS(position) {
        let symbol = unsafe Int(text[position])
        ends[symbol] &-= 1
        unsafe array[Int(ends[symbol])] = Int32(truncatingIfNeeded: position)
      }
    }

    /// From suffixes of type LMS, which stand at the ends of their buckets in order, to all others.
    private func induce() {
      var starts = [0] + bucketEnds.dropLast()
      var ends = bucketEnds
      unsafe starts.withUnsafeMutableBufferPointer { starts in
        // The empty suffix, least of all, induces the last one.
        let last = unsafe Int(text[count &- 1])
        unsafe array[Int(starts[last])] = Int32(truncatingIfNeeded: count &- 1)
        unsafe starts[last] &+= 1
        for index in 0..<count {
          let position = unsafe Int(array[index]) &- 1
          guard position >= 0 else { continue }
          if unsafe !isS[position] {
            let symbol = unsafe Int(text[position])
            unsafe array[Int(starts[symbol])] = Int32(truncatingIfNeeded: position)
            unsafe starts[symbol] &+= 1
          }
        }
      }
      unsafe ends.withUnsafeMutableBufferPointer { ends in
        for index in stride(from: count &- 1, through: 0, by: -1) {
          let position = unsafe Int(array[index]) &- 1
          guard position >= 0 else { continue }
          if unsafe isS[position] {
            let symbol = unsafe Int(text[position])
            unsafe ends[symbol] &-= 1
            unsafe array[Int(ends[symbol])] = Int32(truncatingIfNeeded: position)
          }
        }
      }
    }

    // MARK: - The leftmost suffixes of type S

    /// Moves them to the front.
    private func collectLMS() -> Int {
      var sorted = 0
      for index in 0..<count {
        let position = unsafe array[index]
        if isLMS(Int(position)) {
          unsafe array[sorted] = position
          sorted &+= 1
        }
      }
      return sorted
    }

    /// Gives equal substrings between them the same name, in order. The name of position p goes to `sorted` + p/2.
    private func nameLMS(_ sorted: Int) -> Int {
      clear(from: sorted)
      var names = 0
      var previous = -1
      for index in 0..<sorted {
        let position = unsafe Int(array[index])
        if previous < 0 || !isSameSubstring(previous, position) { names &+= 1 }
        unsafe array[sorted &+ position / 2] = Int32(truncatingIfNeeded: names &- 1)
        previous = position
      }
      return names
    }

    private func isSameSubstring(_ first: Int, _ second: Int) -> Bool {
      var offset = 0
      while true {
        let (one, other) = (first &+ offset, second &+ offset)
        guard one < count, other < count else { return false }
        guard unsafe text[one] == text[other], unsafe isS[one] == isS[other] else { return false }
        if offset > 0 {
          let isEnd = (isLMS(one), isLMS(other))
          if isEnd.0 || isEnd.1 { return isEnd.0 && isEnd.1 }
        }
        offset &+= 1
      }
    }

    /// Brings them in order, at the front of the array.
    private func sortLMS(_ sorted: Int, names: Int) {
      guard names < sorted else { return }
      // The names, in the order of the text, to the end.
      var target = count
      for index in stride(from: count &- 1, through: sorted, by: -1) {
        let name = unsafe array[index]
        guard name >= 0 else { continue }
        target &-= 1
        unsafe array[target] = name
      }
      let reduced = unsafe UnsafeMutableBufferPointer(rebasing: array[(count &- sorted)...])
      let order = unsafe UnsafeMutableBufferPointer(rebasing: array[..<sorted])
      unsafe Sorter<Int32>.sort(UnsafeBufferPointer(reduced), alphabetSize: names, into: order)
      var number = 0
      for position in 1..<count where isLMS(position) {
        unsafe reduced[number] = Int32(truncatingIfNeeded: position)
        number &+= 1
      }
      for index in 0..<sorted { unsafe order[index] = reduced[Int(order[index])] }
    }

    /// Moves them from the front to the ends of their buckets, the last first, so that none is overwritten.
    private func moveLMS(_ sorted: Int) {
      var ends = bucketEnds
      for index in stride(from: sorted &- 1, through: 0, by: -1) {
        let position = unsafe array[index]
        unsafe array[index] = -1
        let symbol = unsafe Int(text[Int(position)])
        ends[symbol] &-= 1
        unsafe array[Int(ends[symbol])] = position
      }
    }
  }
}
