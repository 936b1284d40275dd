// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// How long bzip2 would make a text, SP 800-90B, 5.1.11.
///
/// Blocks of 500 kB are sorted by rotation (Burrows-Wheeler), moved to front, and coded in groups of 50 symbols by the best of
/// two to six Huffman codes, as the format has it. Nothing is written. The length may differ by a few bytes from that of
/// libbz2, which breaks ties in its codes in another way; what counts is that all permutations are treated alike.
///
/// The first step of bzip2, which shortens runs of four and more equal bytes, has nothing to do in lists of numbers up to 255.
enum BlockSortingCompressor {
  /// Level 5 of bzip2, which NIST's program asks for.
  private static let blockLength = 5 * 100_000 - 19
  private static let groupLength = 50
  private static let maximumCodeLength = 17

  static func lengthInBytes(of text: [UInt8]) -> Int {
    // The head; a mark and a checksum at the end.
    var bits = 32 + 80
    for start in stride(from: 0, to: text.count, by: blockLength) {
      bits += lengthInBits(ofBlock: text[start..<min(start + blockLength, text.count)])
    }
    return (bits + 7) / 8
  }

  private static func lengthInBits(ofBlock block: ArraySlice<UInt8>) -> Int {
    let used = Set(block)
    let symbols = runLengths(movedToFront(rotated(Array(block)), alphabet: used.sorted()), end: used.count + 1)
    let groupsOfSixteen = Set(used.map { $0 >> 4 }).count
    // A mark, a checksum, a flag, the place of the text among its rotations, and which bytes are used.
    return 48 + 32 + 1 + 24 + 16 + 16 * groupsOfSixteen + coded(symbols, alphabetSize: used.count + 2)
  }

  // MARK: - Burrows-Wheeler

  /// The last bytes of all rotations, in their order: the order of the suffixes of the text written twice.
  private static func rotated(_ text: [UInt8]) -> [UInt8] {
    let count = text.count
    var last: [UInt8] = []
    last.reserveCapacity(count)
    for position in SuffixArray.of(text + text) where Int(position) < count {
      last.append(text[position == 0 ? count - 1 : Int(position) - 1])
    }
    return last
  }

  private static func movedToFront(_ text: [UInt8], alphabet: [UInt8]) -> [UInt8] {
    var list = alphabet
    return text.map { byte in
      var place = 0
      var moved = byte
      while true {
        swap(&moved, &list[place])
        if moved == byte { return UInt8(truncatingIfNeeded: place) }
        place &+= 1
      }
    }
  }

  /// Runs of zeroes as numbers of the digits 1 and 2, lowest first, which are the symbols 0 and 1; all others one higher.
  private static func runLengths(_ text: [UInt8], end: Int) -> [Int] {
    var symbols: [Int] = []
    symbols.reserveCapacity(text.count + 1)
    var run = 0
    func flush() {
      while run > 0 {
        symbols.append(run.isMultiple(of: 2) ? 1 : 0)
        run = (run - 1) / 2
      }
    }
    for byte in text {
      if byte == 0 {
        run += 1
      } else {
        flush()
        symbols.append(Int(byte) + 1)
      }
    }
    flush()
    symbols.append(end)
    return symbols
  }

  // MARK: - Huffman

  private static func coded(_ symbols: [Int], alphabetSize: Int) -> Int {
    var codes = initialCodes(symbols, alphabetSize)
    var choices: [Int] = []
    var length = 0
    // Codes and choices are fitted to each other four times.
    for _ in 0..<4 {
      var frequencies = [[Int]](repeating: [Int](repeating: 0, count: alphabetSize), count: codes.count)
      choices.removeAll(keepingCapacity: true)
      for start in stride(from: 0, to: symbols.count, by: groupLength) {
        let group = symbols[start..<min(start + groupLength, symbols.count)]
        let costs = codes.map { code in group.reduce(0) { $0 + code[$1] } }
        let best = costs.indices.min { costs[$0] < costs[$1] } ?? 0
        choices.append(best)
        for symbol in group { frequencies[best][symbol] += 1 }
      }
      codes = frequencies.map(codeLengths)
      length = 0
      for (code, frequency) in zip(codes, frequencies) {
        for (bits, count) in zip(code, frequency) { length += bits * count }
      }
    }
    return 3 + 15 + lengthOfChoices(choices, codes.count) + codes.reduce(0) { $0 + lengthOfTable($1) } + length
  }

  /// Each code begins with a share of the alphabet that is equally frequent.
  private static func initialCodes(_ symbols: [Int], _ alphabetSize: Int) -> [[Int]] {
    var frequencies = [Int](repeating: 0, count: alphabetSize)
    for symbol in symbols { frequencies[symbol] += 1 }
    let number =
      switch symbols.count {
      case ..<200: 2
      case ..<600: 3
      case ..<1200: 4
      case ..<2400: 5
      default: 6
      }
    var rest = symbols.count
    var next = 0
    return (0..<number).map { code in
      let target = rest / (number - code)
      var sum = 0
      let first = next
      while sum < target && next < alphabetSize {
        sum += frequencies[next]
        next += 1
      }
      rest -= sum
      return (0..<alphabetSize).map { (first..<next).contains($0) ? 0 : 15 }
    }
  }

  /// Lengths of at most 17 bits.
  private static func codeLengths(_ frequencies: [Int]) -> [Int] {
    var weights = frequencies.map { max(1, $0) }
    while true {
      let lengths = huffman(weights)
      if lengths.allSatisfy({ $0 <= maximumCodeLength }) { return lengths }
      weights = weights.map { 1 + $0 / 2 }
    }
  }

  /// Huffman's algorithm on sorted weights: what has been joined comes out in order, so that two queues suffice.
  private static func huffman(_ weights: [Int]) -> [Int] {
    let count = weights.count
    let leaves = weights.indices.sorted { (weights[$0], $0) < (weights[$1], $1) }
    var joined: [(weight: Int, children: (Int, Int))] = []
    var (nextLeaf, nextJoined) = (0, 0)
    /// The lightest node: leaves by their symbols, others from `count` on.
    func lightest() -> (weight: Int, node: Int) {
      let isLeaf =
        nextLeaf < count && (nextJoined >= joined.count || weights[leaves[nextLeaf]] <= joined[nextJoined].weight)
      if isLeaf {
        nextLeaf += 1
        return (weights[leaves[nextLeaf - 1]], leaves[nextLeaf - 1])
      }
      nextJoined += 1
      return (joined[nextJoined - 1].weight, count + nextJoined - 1)
    }
    for _ in 1..<count {
      let (first, second) = (lightest(), lightest())
      joined.append((first.weight + second.weight, (first.node, second.node)))
    }
    var depths = [Int](repeating: 0, count: count + joined.count)
    for index in joined.indices.reversed() {
      let (first, second) = joined[index].children
      depths[first] = depths[count + index] + 1
      depths[second] = depths[count + index] + 1
    }
    return Array(depths[..<count])
  }

  /// Moved to front, in unary.
  private static func lengthOfChoices(_ choices: [Int], _ codes: Int) -> Int {
    var list = Array(0..<codes)
    var bits = 0
    for choice in choices {
      let place = list.firstIndex(of: choice) ?? 0
      list.insert(list.remove(at: place), at: 0)
      bits += place + 1
    }
    return bits
  }

  /// The first length, then steps up and down of two bits, and a bit to end each.
  private static func lengthOfTable(_ code: [Int]) -> Int {
    zip(code.dropFirst(), code).reduce(5 + code.count) { $0 + 2 * abs($1.0 - $1.1) }
  }
}
