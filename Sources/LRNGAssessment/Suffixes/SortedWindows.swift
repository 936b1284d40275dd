// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The first 64 bits of each suffix, in order: all that repetitions need, when none of them is longer, and many times quicker
/// to sort than suffixes. Takes 16 bytes a symbol.
struct SortedWindows {
  /// Texts with more symbols would need too much memory.
  private static let maximumLength = 1 << 26

  private let bitsPerSymbol: Int
  /// Symbols in a window.
  let capacity: Int
  private var windows: [UInt64] = []
  /// The windows that begin so late that they have fewer symbols: filled up with zeroes, and the shorter first among equals.
  private var short: [(window: UInt64, length: Int)] = []

  /// `nil` for a text that is too long or too short.
  init?(_ text: [UInt8]) {
    bitsPerSymbol = max(1, 8 - (text.reduce(0) { $0 | $1 }).leadingZeroBitCount)
    capacity = 64 / bitsPerSymbol
    guard text.count > capacity, text.count <= Self.maximumLength else { return nil }
    fill(text)
    sort()
  }

  private mutating func fill(_ text: [UInt8]) {
    let (bits, width) = (bitsPerSymbol, bitsPerSymbol * capacity)
    let mask = width == 64 ? UInt64.max : (1 << UInt64(width)) &- 1
    var window: UInt64 = 0
    windows.reserveCapacity(text.count)
    for index in text.indices {
      window = (window << UInt64(bits) | UInt64(text[index])) & mask
      if index >= capacity &- 1 { windows.append(window) }
    }
    for length in 1..<capacity {
      let window = text.suffix(length).reduce(0 as UInt64) { $0 << UInt64(bits) | UInt64($1) }
      short.append((window << UInt64(bits * (capacity - length)), length))
    }
    short.sort { ($0.window, $0.length) < ($1.window, $1.length) }
  }

  // MARK: - Sorting

  private static let digit = 11

  /// By digits of 11 bits, the lowest first.
  private mutating func sort() {
    let digits = (bitsPerSymbol * capacity + Self.digit - 1) / Self.digit
    let mask = UInt64(1 << Self.digit - 1)
    var counts = [[Int]](repeating: [Int](repeating: 0, count: 1 << Self.digit), count: digits)
    for number in 0..<digits {
      let shift = UInt64(number * Self.digit)
      var count = [Int](repeating: 0, count: 1 << Self.digit)
      for window in windows { count[Int(truncatingIfNeeded: window >> shift & mask)] &+= 1 }
      counts[number] = count
    }
    var other = [UInt64](repeating: 0, count: windows.count)
    for number in 0..<digits {
      let shift = UInt64(number * Self.digit)
      var sum = 0
      for value in counts[number].indices {
        let count = counts[number][value]
        counts[number][value] = sum
        sum += count
      }
      // The counts add up to the number of windows, so each place is within the array.
      unsafe counts[number].withUnsafeMutableBufferPointer { places in
        unsafe other.withUnsafeMutableBufferPointer { target in
          for window in windows {
            let value = Int(truncatingIfNeeded: window >> shift & mask)
            unsafe target[places[value]] = window
            unsafe places[value] &+= 1
          }
        }
      }
      swap(&windows, &other)
    }
  }

  // MARK: - Common prefixes

  /// Calls `body` with the length of the common prefix of each two neighbours.
  ///
  /// - Returns: Whether all of them end within the windows. If not, the lengths are worth nothing.
  func forEachCommonPrefix(_ body: (Int) -> Void) -> Bool {
    let unused = 64 - bitsPerSymbol * capacity
    let shift = bitsPerSymbol
    var previous: (window: UInt64, length: Int)?
    var nextShort = 0
    func take(_ window: UInt64, _ length: Int) -> Bool {
      defer { previous = (window, length) }
      guard let previous else { return true }
      let difference = previous.window ^ window
      let limit = min(previous.length, length)
      if difference == 0 {
        body(limit)
        return limit < capacity
      }
      body(min(limit, (difference.leadingZeroBitCount &- unused) / shift))
      return true
    }
    for window in windows {
      while nextShort < short.count && short[nextShort].window <= window {
        _ = take(short[nextShort].window, short[nextShort].length)
        nextShort += 1
      }
      guard take(window, capacity) else { return false }
    }
    for (window, length) in short[nextShort...] { _ = take(window, length) }
    return true
  }
}
