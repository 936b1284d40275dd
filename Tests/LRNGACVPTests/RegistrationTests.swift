// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Foundation
import Testing

@testable import LRNGACVP

@Suite("ACVP: registration")
struct RegistrationTests {
  @Test("it is JSON that names each algorithm and revision that is answered, once")
  func algorithms() throws {
    let document = try JSONSerialization.jsonObject(with: Data(ACVPRegistration.json())) as? [[String: Any]]
    let message = try #require(document)
    #expect(message.count == 2)
    #expect(message[0] as? [String: String] == ["acvVersion": "1.0"])
    #expect(message[1]["isSample"] as? Bool == false)
    let entries = try #require(message[1]["algorithms"] as? [[String: Any]])
    let names = entries.map { "\($0["algorithm"] ?? "") \($0["revision"] ?? "")" }
    #expect(
      names == Algorithm.allCases.flatMap { algorithm in algorithm.revisions.map { "\(algorithm.rawValue) \($0)" } })
    #expect(names.count == 17)
  }

  @Test("messages of hash functions come in any number of bits, every other range of lengths in whole bytes")
  func increments() throws {
    let text = String(decoding: ACVPRegistration.json(), as: UTF8.self)
    let ranges = text.matches(
      of: /"([A-Za-z]+)": \[\s*\{\s*"min": ([0-9]+),\s*"max": ([0-9]+),\s*"increment": ([0-9]+)/)
    #expect(ranges.count > 20)
    for range in ranges {
      let (least, most) = (try #require(Int(range.2)), try #require(Int(range.3)))
      #expect(least % 8 == 0 && most % 8 == 0 && least < most)
      #expect(range.4 == (range.1 == "messageLength" ? "1" : "8"))
    }
  }
}
