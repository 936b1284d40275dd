// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CLinux

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The lists of numbers that the kernel prints: "0-3,7".
enum NumberList {
  /// More processors than any kernel supports (NR_CPUS is at most 8192); what is beyond is nonsense.
  static let limit = 8192

  /// The numbers, ascending and without repetition; nothing when the text is not such a list.
  static func parse(_ text: Span<UInt8>) -> [Int]? {
    var numbers: [Int] = []
    var position = 0

    func number() -> Int? {
      guard position < text.count, text[position].isDigit else { return nil }
      var value = 0
      while position < text.count, text[position].isDigit {
        value = value * 10 + Int(text[position] - UInt8(ascii: "0"))
        guard value < limit else { return nil }
        position += 1
      }
      return value
    }
    func skip(_ character: Unicode.Scalar) -> Bool {
      guard position < text.count, text[position] == UInt8(ascii: character) else { return false }
      position += 1
      return true
    }

    if position == text.count || text[position] == UInt8(ascii: "\n") { return [] }
    repeat {
      guard let first = number() else { return nil }
      var last = first
      if skip("-") {
        guard let end = number(), end >= first else { return nil }
        last = end
      }
      // The kernel prints ascending lists, so a list can't grow beyond the limit either.
      guard first > numbers.last ?? -1 else { return nil }
      numbers += first...last
    } while skip(",")
    return position == text.count || (skip("\n") && position == text.count) ? numbers : nil
  }
}

extension UInt8 {
  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}

/// The processors and memory nodes of this machine, as they were when the value was made.
struct CPUTopology: Equatable {
  /// Processors that run, ascending.
  var online: [Int]
  /// One more than the highest processor that may ever run: the size of an array indexed by processor.
  var possibleCount: Int
  /// NUMA nodes, ascending. At least one.
  var nodes: [Int]
  /// For each possible processor the index into ``nodes``.
  var nodeIndices: [Int]

  /// The index into ``nodes`` of the node a processor belongs to; the first node for a processor nobody knows.
  func nodeIndex(ofCPU cpu: Int) -> Int {
    nodeIndices.indices.contains(cpu) ? nodeIndices[cpu] : 0
  }

  /// Asks the kernel. What it does not tell is replaced by the smallest truth: one node, and the processors that the
  /// C library counts.
  static func current(systemDirectory: String = "/sys/devices/system") -> CPUTopology {
    func list(_ file: String) -> [Int]? {
      // 8192 processors that alternate make a list of 23 KB.
      guard
        case .success(let numbers?) = System.withContents(
          of: "\(systemDirectory)/\(file)", limitInBytes: 32 << 10, NumberList.parse)
      else { return nil }
      return numbers.isEmpty ? nil : numbers
    }

    let countOfLibrary = min(max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN))), NumberList.limit)
    let online = list("cpu/online") ?? Array(0..<countOfLibrary)
    let highest = max(online.last ?? 0, list("cpu/possible")?.last ?? 0)
    let nodes = list("node/online") ?? [0]
    var nodeIndices = Array(repeating: 0, count: highest + 1)
    for (index, node) in nodes.enumerated().dropFirst() {
      for cpu in list("node/node\(node)/cpulist") ?? [] where cpu <= highest { nodeIndices[cpu] = index }
    }
    return CPUTopology(online: online, possibleCount: highest + 1, nodes: nodes, nodeIndices: nodeIndices)
  }

  /// The processor that runs this thread, or ran it a moment ago. No system call where the vDSO helps.
  static var currentCPU: Int {
    #if os(Linux)
      let cpu = lrng_current_cpu()
      return cpu >= 0 ? Int(cpu) : 0
    #else
      return 0
    #endif
  }
}
