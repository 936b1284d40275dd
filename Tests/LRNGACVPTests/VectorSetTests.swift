// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Foundation
import LRNGACVP
import Testing

@Suite("ACVP: vector sets get the answers that the server expects")
struct VectorSetTests {
  @Test(
    arguments: [
      ("ACVP-AES-ECB-1.0", 832), ("SHA2-256-1.0", 513), ("SHA2-512-1.0", 130), ("SHA3-256-2.0", 138),
      ("SHA3-256-2.0-bits", 10), ("SHA3-256-2.0-alternate", 1), ("SHA3-512-1.0", 74), ("SHA3-512-2.0-bits", 5),
      ("HMAC-SHA2-256-1.0", 12), ("HMAC-SHA2-256-2.0", 8), ("HMAC-SHA2-512-2.0", 6), ("ctrDRBG-1.0", 60),
      ("ctrDRBG-SP800-90Ar1", 192), ("hashDRBG-SP800-90Ar1", 192), ("hmacDRBG-1.0", 192),
    ])
  func answers(_ name: String, count: Int) throws {
    var prompt = try Vectors.object(name, "prompt")
    var expected = try Vectors.object(name, "expectedResults")
    #expect(Vectors.tests(of: prompt).count == count)
    #if DEBUG
      // A chain of 100 000 takes minutes in unoptimised code. The gate `acvp` has it.
      for group in Vectors.groups(of: prompt) where group["testType"] as? String == "MCT" {
        Vectors.drop(group: group["tgId"], from: &prompt)
        Vectors.drop(group: group["tgId"], from: &expected)
      }
    #endif
    let response = try ACVPPrompt(json: Vectors.bytes(of: prompt)).response()
    #expect(try Vectors.sorted(response) == Vectors.bytes(of: expected))
  }

  @Test("an array is answered by an array, with the version and in its order")
  func array() throws {
    let names = ["HMAC-SHA2-512-2.0", "HMAC-SHA2-256-1.0"]
    var prompts: [Any] = [["acvVersion": "1.0"]]
    var expected: [Any] = [["acvVersion": "1.0"]]
    for name in names {
      prompts.append(try Vectors.object(name, "prompt"))
      expected.append(try Vectors.object(name, "expectedResults"))
    }
    let response = try ACVPPrompt(json: Vectors.bytes(of: prompts)).response()
    #expect(try Vectors.sorted(response) == Vectors.bytes(of: expected))
  }

  @Test("members come in the order of the server's documents")
  func order() throws {
    let prompt = """
      {"testGroups":[{"tests":[{"len":8,"msg":"bd","tcId":7}],"testType":"AFT","tgId":3}],"isSample":true,\
      "revision":"2.0","algorithm":"SHA3-256","vsId":42}
      """
    let response = try ACVPPrompt(json: Array(prompt.utf8)).response(layout: .line)
    #expect(
      String(decoding: response, as: UTF8.self).hasPrefix(
        """
        {"vsId":42,"algorithm":"SHA3-256","revision":"2.0","isSample":true,"testGroups":[{"tgId":3,\
        "tests":[{"tcId":7,"md":"
        """))
    let indented = try ACVPPrompt(json: Array(prompt.utf8)).response(layout: .indented)
    #expect(String(decoding: indented, as: UTF8.self).hasPrefix("{\n  \"vsId\": 42,\n  \"algorithm\": \"SHA3-256\",\n"))
    #expect(String(decoding: indented, as: UTF8.self).hasSuffix("\n      ]\n    }\n  ]\n}"))
  }

  @Test("an isSample that was not sent does not come back")
  func noSample() throws {
    let prompt = #"{"vsId":1,"algorithm":"SHA2-256","revision":"1.0","testGroups":[]}"#
    #expect(try ACVPPrompt(json: Array(prompt.utf8)).response(layout: .line) == Array(prompt.utf8))
  }
}

@Suite("ACVP: large data tests")
struct LargeMessageTests {
  static func prompt(content: String, lengthInBytes: Int) -> [UInt8] {
    let message = """
      {"content":"\(content)","contentLength":\(content.utf8.count * 4),"fullLength":\(lengthInBytes * 8),\
      "expansionTechnique":"repeating"}
      """
    return Array(
      """
      {"vsId":1,"algorithm":"SHA2-256","revision":"1.0","testGroups":[{"tgId":1,"testType":"LDT",\
      "tests":[{"tcId":1,"largeMsg":\(message)}]}]}
      """.utf8)
  }

  // sha256 of hashlib over (content * n)[:length].
  @Test(
    "the content is repeated to the full length, which may end within it",
    arguments: [
      ("12735C605F3D270C", 1 << 20, "3D717E9903BA4B9FA3BD6802336540738DF0ACFB747CB30AA697A3F2BE8750EF"),
      ("616263", 200_000, "164053ACDED8F6361CED43BAE793ED4E5DA47831BD71103F1B9D8A3DC50A8465"),
      ("FF", 1, "A8100AE6AA1940D0B663BB31CD466142EBBDBD5187131B92D93818987832EB89"),
      ("AB", 0, "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"),
    ])
  func digest(_ content: String, _ length: Int, _ digest: String) throws {
    let prompt = try ACVPPrompt(json: Self.prompt(content: content, lengthInBytes: length))
    #expect(prompt.workInBytes == UInt64(length))
    var account: [UInt64] = []
    let response = String(decoding: try prompt.response(layout: .line) { account.append($0) }, as: UTF8.self)
    #expect(response.contains("\"md\":\"\(digest)\""))
    #expect((account.last ?? 0) == UInt64(length))
    #expect(account == account.sorted())
    // Often enough to stop soon.
    #expect(account.count >= length >> 17)
  }

  @Test("whoever hears of the progress can stop it")
  func stopping() throws {
    struct Enough: Error {}
    let prompt = try ACVPPrompt(json: Self.prompt(content: "00", lengthInBytes: 1 << 36))
    #expect(throws: Enough.self) {
      try prompt.response { if $0 >= 1 << 18 { throw Enough() } }
    }
  }

  @Test("a chain stops as soon")
  func stoppingChain() throws {
    struct Enough: Error {}
    let prompt = """
      {"vsId":1,"algorithm":"SHA3-256","revision":"1.0","testGroups":[{"tgId":1,"testType":"MCT",\
      "tests":[{"tcId":1,"msg":"\(String(repeating: "00", count: 32))","len":256}]}]}
      """
    let vectorSet = try ACVPPrompt(json: Array(prompt.utf8))
    #expect(vectorSet.workInBytes == 3_200_000)
    var reports = 0
    #expect(throws: Enough.self) {
      try vectorSet.response { _ in
        reports += 1
        if reports == 10 { throw Enough() }
      }
    }
  }
}
