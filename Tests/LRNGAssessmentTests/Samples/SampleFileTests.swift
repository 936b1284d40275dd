// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNGAssessment

@Suite("Files with samples")
struct SampleFileTests {
  private func read(_ text: String, bits: Int? = nil, format: SampleFile.Format? = nil) throws -> SampleSet {
    try SampleFile.samples(in: Array(text.utf8), name: "text", format: format, bitsPerSymbol: bits)
  }

  @Test("numbers on lines are told from bytes")
  func formats() throws {
    #expect(try read("0\n17\r\n 255 \n").symbols == [0, 17, 255])
    #expect(try read("0\n17\n255").symbols == [0, 17, 255])
    #expect(try read("017").symbols == [48, 49, 55])
    #expect(try read("1\n2\n", format: .raw).symbols == [49, 10, 50, 10])
    #expect(try SampleFile.samples(in: [10, 10, 9, 13], name: "few bits").symbols == [10, 10, 9, 13])
    #expect(try read("3\n0\n2\n").bitsPerSymbol == 2)
    #expect(try read("0\n0\n").bitsPerSymbol == 1)
  }

  @Test("of longer samples the low bits are taken")
  func longSamples() throws {
    let content: [UInt8] = [0x13, 1, 0, 0, 0x25, 9, 9, 9]
    let samples = try SampleFile.samples(in: content, name: "longer", bitsPerSymbol: 4, bytesPerSample: 4)
    #expect(samples.symbols == [3, 5])
    #expect(throws: SampleFault.notWhole(bytes: 7, bytesPerSample: 4)) {
      try SampleFile.samples(in: content.dropLast(), name: "longer", bitsPerSymbol: 4, bytesPerSample: 4)
    }
  }

  @Test("what is wrong is named")
  func faults() {
    #expect(throws: SampleFault.empty) { try read("") }
    #expect(throws: SampleFault.empty) { try read("\n\n", format: .decimal) }
    #expect(throws: SampleFault.width(9)) { try read("abc", bits: 9) }
    #expect(throws: SampleFault.symbol(97, position: 0, bitsPerSymbol: 4)) { try read("abc", bits: 4) }
    #expect(throws: SampleFault.notANumber(line: 2, text: "256")) { try read("1\n256\n") }
    #expect(throws: SampleFault.notANumber(line: 3, text: "-1")) { try read("1\n2\n-1\n", format: .decimal) }
    #expect(throws: SampleFault.notANumber(line: 1, text: "99999999999999999999")) {
      try read("99999999999999999999\n", format: .decimal)
    }
    #expect(throws: SampleFault.tooFew(100, needed: 4096)) {
      try Assessor().assess(SampleSet(name: "few", symbols: Array(repeating: 1, count: 100), bitsPerSymbol: 8))
    }
    #expect(Assessor.minimumSamples(bitsPerSymbol: 1) == 6012)
  }

  @Test("symbols are renumbered where some are missing, and bits stay as they are, the highest first")
  func translation() throws {
    let samples = try SampleSet(name: "gaps", symbols: [5, 2, 7, 2], bitsPerSymbol: 3)
    #expect(samples.sequence.symbols == [1, 0, 2, 0])
    #expect(samples.sequence.alphabetSize == 3)
    #expect(samples.bitSequence.symbols == [1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0])
  }

  @Test("one symbol has no entropy; two are assessed as bits, whatever they are")
  func smallAlphabets() throws {
    let constant = try SampleSet(name: "constant", symbols: Array(repeating: 65, count: 7000), bitsPerSymbol: 8)
    let nothing = try Assessor().assess(constant)
    #expect(nothing.minEntropy == 0)
    #expect(nothing.bitstring == nil)
    let two = Made.sequence(7000, alphabet: 2)
    let bits = try Assessor().assess(SampleSet(name: "bits", symbols: two, bitsPerSymbol: 1))
    let bytes = try Assessor().assess(SampleSet(name: "bytes", symbols: two.map { $0 * 200 }, bitsPerSymbol: 8))
    #expect(bits.estimators == bytes.estimators)
    #expect(bytes.bitstring == nil)
    #expect(bytes.minEntropy == bits.minEntropy)
  }
}
