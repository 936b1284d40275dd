// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Foundation
import LRNGCore
import Testing

@testable import LRNG

@Suite("The status of a generator")
struct StatusTests {
  @Test("labels and their order are those of /proc/lrng_type")
  func labels() throws {
    let generator = try RandomBitGenerator(.only(.kernel, .cpu))
    _ = try generator.bytes(count: 1)
    let lines = generator.status.description.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let head = [
      "DRNG name: ChaCha20 DRNG", "LRNG security strength in bits: 256", "Number of DRNG instances: ",
      "Standards compliance: ", "LRNG minimally seeded: true", "LRNG fully seeded: true", "LRNG entropy level: ",
    ]
    for (line, label) in zip(lines, head) { #expect(line.hasPrefix(label)) }
    let names = ["IRQ", "Scheduler", "JitterRNG", "CPU", "KernelRNG", "Auxiliary"]
    var position = head.count
    for (index, name) in names.enumerated() {
      let found = lines.firstIndex(of: "Entropy Source \(index) properties:")
      let start = try #require(found)
      #expect(start >= position)
      #expect(lines[start + 1] == " Name: \(name)")
      position = start + 2
    }
    // Scripts look for the hash right after this name.
    let auxiliary = try #require(lines.firstIndex(of: " Name: Auxiliary"))
    #expect(lines[auxiliary + 1] == " Hash for operating entropy pool: SHA-256")
    #expect(lines[auxiliary + 2] == " Available entropy: 0")
    let kernel = try #require(lines.firstIndex(of: " Name: KernelRNG"))
    #expect(lines[kernel + 1] == " Available entropy: 256")
    #expect(lines[kernel + 2] == " Entropy Rate per 256 data bits: 256")
    let cpu = try #require(lines.firstIndex(of: " Name: CPU"))
    #expect(lines[cpu + 1].hasPrefix(" Hash for compressing data: "))
    #expect(lines[cpu + 2].hasPrefix(" Available entropy: "))
    #expect(lines[cpu + 3].hasPrefix(" Data multiplier: "))
    #expect(lines.contains(" Reason: switched off by the configuration"))
    #expect(!generator.status.description.contains("Optional("))
  }

  @Test("the level is the sum of what counts, and of observers of interrupts one counts")
  func entropyLevel() throws {
    let generator = try RandomBitGenerator(.only(.kernel, .cpu).with { $0.kernel.rate = 100 })
    _ = try generator.bytes(count: 1)
    let data = [UInt8](repeating: 7, count: 32)
    try generator.insert(entropy: data.span, bits: 50)
    let status = generator.status
    #expect(status.entropyLevelInBits == status.sources.reduce(0) { $0 + $1.entropyInBits })
    #expect(status.sources[EntropySourceKind.auxiliary.index].entropyInBits == 50)
    #expect(status.sources[EntropySourceKind.kernel.index].entropyInBits == 100)
  }

  @Test("to ask for the status spends no entropy")
  func idempotence() throws {
    let generator = try RandomBitGenerator(.only(.kernel))
    _ = try generator.bytes(count: 1)
    let data = [UInt8](repeating: 7, count: 32)
    try generator.insert(entropy: data.span, bits: 77)
    let first = generator.status
    for _ in 0..<10 { #expect(generator.status == first) }
    #expect(generator.engine.seedCount == 1)
  }

  // Scripts read these keys.
  private struct Reading: Decodable {
    struct Source: Decodable {
      let name: String
      let available: Bool
      let entropy: Int
      let rate: Int?
      let reason: String?
    }

    let drng: String
    let fullySeeded: Bool
    let minimallySeeded: Bool
    let entropyLevel: Int
    let sources: [Source]
  }

  @Test("as JSON it has the keys that scripts read", arguments: [[EntropySourceKind.kernel], []])
  func json(sources: [EntropySourceKind]) throws {
    let generator = try RandomBitGenerator(.only(sources))
    _ = generator.waitUntilFullySeeded(timeoutInMilliseconds: 0)
    let status = generator.status
    let data = try JSONEncoder().encode(status)
    let reading = try JSONDecoder().decode(Reading.self, from: data)
    #expect(reading.drng == "ChaCha20 DRNG")
    #expect(reading.fullySeeded == !sources.isEmpty)
    #expect(reading.minimallySeeded == !sources.isEmpty)
    #expect(reading.entropyLevel == (sources.isEmpty ? 0 : 256))
    #expect(reading.sources.map(\.name) == ["interrupt", "scheduler", "jitter", "cpu", "kernel", "auxiliary"])
    for (source, original) in zip(reading.sources, status.sources) {
      #expect(source.available == original.isAvailable)
      #expect(source.entropy == Int(original.entropyInBits))
      #expect(source.rate == original.rate.map(Int.init))
      #expect(source.reason == original.reason)
    }
    #expect(reading.sources[0].reason == "switched off by the configuration")
    // Each key is there even where it has no value.
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    for source in try #require(object["sources"] as? [[String: Any]]) {
      for key in ["name", "available", "entropy", "rate", "reason"] { #expect(source[key] != nil, "\(key)") }
    }
  }

  @Test("the self tests are shown once they ran")
  func selfTests() throws {
    let generator = try RandomBitGenerator(.only(.kernel))
    #expect(generator.status.failedSelfTests == 0)
    let broken = RandomBitGenerator(try Engine(.only(.kernel), selfTests: { .failure(of: .sha256) }))
    #expect(broken.status.failedSelfTests == SelfTestKind.sha256.bit)
    #expect(!broken.status.isFullySeeded)
    // Nothing that is in use stands on AES.
    let other = RandomBitGenerator(try Engine(.only(.kernel), selfTests: { .failure(of: .aes256) }))
    #expect(other.status.failedSelfTests == SelfTestKind.aes256.bit)
    #expect(other.status.isFullySeeded)
  }
}
