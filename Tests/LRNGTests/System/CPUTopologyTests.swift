// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNG

@Suite("Lists of processors and nodes")
struct NumberListTests {
  private func parse(_ text: String) -> [Int]? { NumberList.parse(Array(text.utf8).span) }

  @Test(
    "lists as the kernel prints them",
    arguments: [
      ("0\n", [0]), ("0-3,7\n", [0, 1, 2, 3, 7]), ("0-3,7", [0, 1, 2, 3, 7]), ("5-5\n", [5]), ("\n", []), ("", []),
      ("8191\n", [8191]), ("0,2,4-6,8\n", [0, 2, 4, 5, 6, 8]),
    ])
  func wellFormed(text: String, numbers: [Int]) {
    #expect(parse(text) == numbers)
  }

  @Test(
    "anything else is no list",
    arguments: [
      "a", "-", "1-", "-1", "3-1", "1,", ",1", "1,,2", "0-8192", "99999999999999999999999", "1 2", "0-3,2", "1,1",
      "0\n1", "0-31:2/4", "0x1", "\0", "1\n\n",
    ])
  func malformed(text: String) {
    #expect(parse(text) == nil)
  }

  @Test("no text makes the parser trap or return numbers out of range or order")
  func fuzz() {
    let alphabet = Array("0123456789,-\n :x\u{0}".utf8)
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 0...24, using: &generator)).map { _ in
        Bool.random(using: &generator)
          ? alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] : UInt8.random(in: 48...57)
      }
      guard let numbers = NumberList.parse(text.span) else { continue }
      #expect(numbers.allSatisfy { 0..<NumberList.limit ~= $0 })
      #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
    }
  }
}

@Suite("Processors and nodes of the machine")
struct CPUTopologyTests {
  @Test("this machine has a processor, and this thread runs on a possible one")
  func thisMachine() {
    let topology = CPUTopology.current()
    #expect(!topology.online.isEmpty)
    #expect(!topology.nodes.isEmpty)
    #expect(topology.possibleCount > topology.online.last ?? .max)
    #expect(topology.nodeIndices.count == topology.possibleCount)
    #expect(0..<topology.possibleCount ~= CPUTopology.currentCPU)
    #expect(topology.nodes.indices.contains(topology.nodeIndex(ofCPU: CPUTopology.currentCPU)))
  }

  @Test("without sysfs there is one node, and the processors that the C library counts")
  func noSysfs() {
    let topology = CPUTopology.current(systemDirectory: "/nonexistent")
    #expect(topology.nodes == [0])
    #expect(topology.online.first == 0)
    #expect(topology.nodeIndices.allSatisfy { $0 == 0 })
  }

  @Test("sparse nodes are numbered by their place in the list")
  func sparseNodes() throws {
    let directory = try TemporaryDirectory()
    try directory.write("0-3\n", to: "cpu/online")
    try directory.write("0-5\n", to: "cpu/possible")
    try directory.write("0,8\n", to: "node/online")
    try directory.write("0-1,4\n", to: "node/node0/cpulist")
    try directory.write("2-3,5,77\n", to: "node/node8/cpulist")
    let topology = CPUTopology.current(systemDirectory: directory.path)
    #expect(
      topology == CPUTopology(online: [0, 1, 2, 3], possibleCount: 6, nodes: [0, 8], nodeIndices: [0, 0, 1, 1, 0, 1]))
    #expect(topology.nodeIndex(ofCPU: 2) == 1)
    #expect(topology.nodeIndex(ofCPU: -1) == 0)
    #expect(topology.nodeIndex(ofCPU: 6) == 0)
  }
}

@Suite("Facts of the machine")
struct MachineFactsTests {
  @Test(
    "the FIPS flag is set by any number but zero",
    arguments: [("1\n", true), ("0\n", false), ("", false), ("2", true), ("x", false)])
  func fips(text: String, isEnabled: Bool) throws {
    let directory = try TemporaryDirectory()
    try directory.write(text, to: "fips_enabled")
    #expect(MachineFacts.isFIPSEnabled(path: "\(directory.path)/fips_enabled") == isEnabled)
  }

  @Test("without the file FIPS mode is off")
  func noFlag() {
    #expect(!MachineFacts.isFIPSEnabled(path: "/nonexistent"))
  }

  @Test("two looks at the facts differ")
  func personalization() {
    func facts() -> [UInt8] {
      var all: [UInt8] = []
      MachineFacts.personalize { bytes in for index in bytes.indices { all.append(bytes[index]) } }
      return all
    }
    let first = facts()
    #expect(first.count > 100)
    #expect(first != facts())
  }
}
