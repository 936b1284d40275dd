// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGACVP
import Testing

/// Prompts with one test, which are right as they stand.
private enum Sound {
  static let hash = """
    {"vsId":1,"algorithm":"SHA2-256","revision":"1.0","isSample":false,"testGroups":[{"tgId":2,"testType":"AFT",\
    "tests":[{"tcId":3,"msg":"ABCD","len":16}]}]}
    """
  static let chain = """
    {"vsId":1,"algorithm":"SHA2-256","revision":"1.0","testGroups":[{"tgId":2,"testType":"MCT","mctVersion":"standard",\
    "tests":[{"tcId":3,"msg":"ABCD","len":16}]}]}
    """
  static let large = """
    {"vsId":1,"algorithm":"SHA3-256","revision":"2.0","testGroups":[{"tgId":2,"testType":"LDT","tests":[{"tcId":3,\
    "largeMsg":{"content":"ABCD","contentLength":16,"fullLength":64,"expansionTechnique":"repeating"}}]}]}
    """
  static let mac = """
    {"vsId":1,"algorithm":"HMAC-SHA2-256","revision":"1.0","testGroups":[{"tgId":2,"testType":"AFT","keyLen":16,\
    "msgLen":8,"macLen":80,"tests":[{"tcId":3,"key":"ABCD","msg":"EF"}]}]}
    """
  static let cipher = """
    {"vsId":1,"algorithm":"ACVP-AES-ECB","revision":"1.0","testGroups":[{"tgId":2,"testType":"AFT",\
    "direction":"encrypt","keyLen":256,"tests":[{"tcId":3,"key":"\(String(repeating: "00", count: 32))",\
    "pt":"\(String(repeating: "FF", count: 16))"}]}]}
    """
  static let generator = """
    {"vsId":1,"algorithm":"hashDRBG","revision":"SP800-90Ar1","testGroups":[{"tgId":2,"testType":"AFT","derFunc":false,\
    "reSeed":false,"predResistance":false,"entropyInputLen":256,"nonceLen":128,"persoStringLen":0,\
    "additionalInputLen":0,"returnedBitsLen":512,"mode":"SHA2-256","tests":[{"tcId":3,\
    "entropyInput":"\(String(repeating: "A5", count: 32))","nonce":"\(String(repeating: "C3", count: 16))",\
    "persoString":"","otherInput":[{"intendedUse":"generate","additionalInput":"","entropyInput":""}]}]}]}
    """
  static let counter = generator.replacing("hashDRBG", with: "ctrDRBG").replacing("SHA2-256", with: "AES-256")
    .replacing("\"derFunc\":false", with: "\"derFunc\":true")

  static let all = [hash, large, mac, cipher, generator, counter]
}

/// A change that makes a sound prompt wrong.
struct Spoiled: CustomTestStringConvertible {
  let text: String
  let path: String
  let message: String

  init(_ sound: String, _ part: String, _ replacement: String, _ path: String, _ message: String) {
    text = sound.replacing(part, with: replacement)
    self.path = path
    self.message = message
  }

  var testDescription: String { "\(path): \(message)" }
}

@Suite("ACVP: what is wrong with a prompt is said with its place")
struct FaultTests {
  @Test("the prompts that are spoiled below are sound", arguments: Sound.all)
  func sound(_ prompt: String) throws {
    #expect(throws: Never.self) { try ACVPPrompt(json: Array(prompt.utf8)).response() }
  }

  private static let algorithms = """
    ctrDRBG, hashDRBG, hmacDRBG, ACVP-AES-ECB, SHA2-256, SHA2-512, SHA3-256, SHA3-512, HMAC-SHA2-256, HMAC-SHA2-512
    """
  private static let test = "$.testGroups[0].tests[0]"
  private static let group = "$.testGroups[0]"

  @Test(arguments: [
    Spoiled(Sound.hash, "\"vsId\":1,", "", "$.vsId", "is missing"),
    Spoiled(Sound.hash, "\"vsId\":1", "\"vsId\":\"1\"", "$.vsId", "must be a whole number from 0 to 9007199254740992"),
    Spoiled(Sound.hash, "\"vsId\":1", "\"vsId\":-1", "$.vsId", "must be a whole number from 0 to 9007199254740992"),
    Spoiled(Sound.hash, "\"vsId\":1", "\"vsId\":1e400", "$.vsId", "must be a whole number from 0 to 9007199254740992"),
    Spoiled(Sound.hash, "\"vsId\":1", "\"vsId\":1.5", "$.vsId", "must be a whole number from 0 to 9007199254740992"),
    Spoiled(Sound.hash, "\"vsId\":1", "\"vsId\":null", "$.vsId", "must be a whole number from 0 to 9007199254740992"),
    Spoiled(
      Sound.hash, "\"vsId\":1", "\"vsId\":123456789012345678901", "$.vsId",
      "must be a whole number from 0 to 9007199254740992"),
    Spoiled(
      Sound.hash, "SHA2-256", "MD5", "$.algorithm",
      "'MD5' is not supported: \(algorithms)"),
    Spoiled(Sound.hash, "\"algorithm\":\"SHA2-256\",", "", "$.algorithm", "is missing"),
    Spoiled(Sound.hash, "\"SHA2-256\"", "256", "$.algorithm", "must be a string"),
    Spoiled(Sound.hash, "\"1.0\"", "\"2.0\"", "$.revision", "'2.0' is not supported: 1.0"),
    Spoiled(Sound.hash, "\"1.0\"", "1.0", "$.revision", "must be a string"),
    Spoiled(Sound.hash, "\"isSample\":false", "\"isSample\":\"no\"", "$.isSample", "must be true or false"),
    Spoiled(Sound.hash, "\"testGroups\"", "\"groups\"", "$.testGroups", "is missing"),
    Spoiled(
      Sound.hash, "\"tgId\":2", "\"tgId\":[]", "\(group).tgId", "must be a whole number from 0 to 9007199254740992"),
    Spoiled(Sound.hash, "\"tests\":[", "\"tests\":[1,", "\(test)", "must be an object"),
    Spoiled(Sound.hash, "\"tests\":[", "\"tests\":{},\"x\":[", "\(group).tests", "must be an array"),
    Spoiled(Sound.hash, "\"testGroups\":[", "\"testGroups\":[[],", "\(group)", "must be an object"),
    Spoiled(
      Sound.hash, "\"tests\":[", "\"tests\":[{\"tcId\":1,\"len\":0,\"msg\":\"\"},{},", "\(group).tests[1].tcId",
      "is missing"),
    Spoiled(Sound.hash, "AFT", "VOT", "\(group).testType", "'VOT' is not supported: AFT, MCT, LDT"),
    Spoiled(Sound.hash, "\"testType\":\"AFT\",", "", "\(group).testType", "is missing"),
  ])
  func document(_ spoiled: Spoiled) { expect(spoiled) }

  @Test(arguments: [
    Spoiled(Sound.hash, "\"msg\":\"ABCD\",", "", "\(test).msg", "is missing"),
    Spoiled(Sound.hash, "\"ABCD\"", "\"ABC\"", "\(test).msg", "must be an even number of hexadecimal digits"),
    Spoiled(Sound.hash, "\"ABCD\"", "\"ABCG\"", "\(test).msg", "must be an even number of hexadecimal digits"),
    Spoiled(Sound.hash, "\"ABCD\"", "\"AB D\"", "\(test).msg", "must be an even number of hexadecimal digits"),
    Spoiled(Sound.hash, "\"ABCD\"", "\"0xAB\"", "\(test).msg", "must be an even number of hexadecimal digits"),
    Spoiled(Sound.hash, "\"ABCD\"", "\"ABCDEF\"", "\(test).msg", "has 24 bits instead of 16"),
    Spoiled(Sound.hash, "\"ABCD\"", "4711", "\(test).msg", "must be a string"),
    Spoiled(Sound.hash, "\"len\":16", "\"len\":8", "\(test).msg", "has 16 bits instead of 8"),
    Spoiled(Sound.hash, "\"len\":16", "\"len\":17", "\(test).msg", "has 16 bits instead of 17"),
    Spoiled(Sound.hash, "\"len\":16", "\"len\":-8", "\(test).len", "must be a whole number from 0 to 1099511627776"),
    Spoiled(Sound.hash, "\"len\":16", "\"len\":0", "\(test).msg", "has 16 bits instead of 0"),
    Spoiled(
      Sound.chain, "\"standard\"", "\"new\"", "\(group).mctVersion", "'new' is not supported: standard, alternate"),
    Spoiled(
      Sound.chain, "\"msg\":\"ABCD\",\"len\":16", "\"msg\":\"\",\"len\":0", "\(test).msg", "a chain needs a seed"),
    Spoiled(Sound.large, "\"largeMsg\"", "\"msg\"", "\(test).largeMsg", "is missing"),
    Spoiled(Sound.large, "{\"content\"", "[], \"x\":{\"content\"", "\(test).largeMsg", "must be an object"),
    Spoiled(
      Sound.large, "repeating", "zeroes", "\(test).largeMsg.expansionTechnique",
      "'zeroes' is not supported: repeating"),
    Spoiled(Sound.large, "\"ABCD\"", "\"AB\"", "\(test).largeMsg.content", "has 8 bits instead of 16"),
    Spoiled(
      Sound.large, "\"ABCD\",\"contentLength\":16", "\"\",\"contentLength\":0", "\(test).largeMsg.content",
      "is empty: nothing can be repeated"),
    Spoiled(
      Sound.large, ":64", ":1099511627777", "\(test).largeMsg.fullLength",
      "must be a whole number from 0 to 1099511627776"),
    Spoiled(
      Sound.large, ":64", ":1e9", "\(test).largeMsg.fullLength", "must be a whole number from 0 to 1099511627776"),
  ])
  func hash(_ spoiled: Spoiled) { expect(spoiled) }

  @Test(arguments: [
    Spoiled(Sound.mac, "\"macLen\":80", "\"macLen\":264", "\(group).macLen", "must be a whole number from 1 to 256"),
    Spoiled(Sound.mac, "\"macLen\":80", "\"macLen\":0", "\(group).macLen", "must be a whole number from 1 to 256"),
    Spoiled(Sound.mac, "\"macLen\":80,", "", "\(test).macLen", "is missing"),
    Spoiled(Sound.mac, "\"keyLen\":16", "\"keyLen\":24", "\(test).key", "has 16 bits instead of 24"),
    Spoiled(Sound.mac, "\"msg\":\"EF\"", "\"msg\":\"EF\",\"msgLen\":16", "\(test).msg", "has 8 bits instead of 16"),
    Spoiled(Sound.mac, "\"key\":\"ABCD\",", "", "\(test).key", "is missing"),
    Spoiled(Sound.mac, "AFT", "MCT", "\(group).testType", "'MCT' is not supported: AFT"),
    Spoiled(Sound.cipher, ":256", ":128", "\(group).keyLen", "'128' is not supported: 256"),
    Spoiled(Sound.cipher, "encrypt", "sign", "\(group).direction", "'sign' is not supported: encrypt, decrypt"),
    Spoiled(Sound.cipher, "encrypt", "decrypt", "\(test).ct", "is missing"),
    Spoiled(Sound.cipher, "\"key\":\"00", "\"key\":\"", "\(test).key", "has 248 bits instead of 256"),
    Spoiled(Sound.cipher, "\"pt\":\"FF", "\"pt\":\"", "\(test).pt", "has 15 bytes instead of whole blocks of 16"),
    Spoiled(
      Sound.cipher.replacing("AFT", with: "MCT"), "\"pt\":\"", "\"pt\":\"\(String(repeating: "00", count: 16))",
      "\(test).pt", "has 256 bits instead of 128"),
    Spoiled(Sound.cipher, "AFT", "LDT", "\(group).testType", "'LDT' is not supported: AFT, MCT"),
  ])
  func macAndCipher(_ spoiled: Spoiled) { expect(spoiled) }

  @Test(arguments: [
    Spoiled(
      Sound.generator, "\"mode\":\"SHA2-256\"", "\"mode\":\"SHA-1\"", "\(group).mode",
      "'SHA-1' is not supported: SHA2-256, SHA2-512"),
    Spoiled(Sound.counter, "AES-256", "AES-128", "\(group).mode", "'AES-128' is not supported: AES-256"),
    Spoiled(Sound.counter, "\"derFunc\":true,", "", "\(group).derFunc", "is missing"),
    Spoiled(
      Sound.counter, "\"derFunc\":true", "\"derFunc\":true,\"counterFieldLen\":3", "\(group).counterFieldLen",
      "must be a whole number from 4 to 128"),
    Spoiled(Sound.counter, "\"derFunc\":true", "\"derFunc\":false", "\(test)", "the DRBG refuses: entropyInputLength"),
    // A request may have 2^4 - 4 blocks, which are 1536 bits.
    Spoiled(
      Sound.counter.replacing(":512", with: ":1544"), "\"derFunc\":true", "\"derFunc\":true,\"counterFieldLen\":4",
      "\(test)", "the DRBG refuses: requestTooLong"),
    Spoiled(
      Sound.generator, "\"entropyInputLen\":256", "\"entropyInputLen\":252", "\(group).entropyInputLen",
      "252 is no multiple of 8: only whole bytes are supported"),
    Spoiled(
      Sound.generator, ":256,\"nonceLen\"", ":384,\"nonceLen\"", "\(test).entropyInput", "has 256 bits instead of 384"),
    Spoiled(Sound.generator, ":512", ":524289", "\(group).returnedBitsLen", "must be a whole number from 1 to 524288"),
    Spoiled(
      Sound.generator, "\"persoStringLen\":0", "\"persoStringLen\":4", "\(group).persoStringLen",
      "4 is no multiple of 8: only whole bytes are supported"),
    Spoiled(Sound.generator, ",\"returnedBitsLen\":512", "", "\(test).returnedBitsLen", "is missing"),
    Spoiled(Sound.generator, "C3\",", "\",", "\(test).nonce", "has 120 bits instead of 128"),
    Spoiled(
      Sound.generator, "\"nonceLen\":128", "\"nonceLen\":0", "\(test).nonce", "has 128 bits instead of 0"),
    Spoiled(
      Sound.generator.replacing(String(repeating: "C3", count: 16), with: ""), "\"nonceLen\":128", "\"nonceLen\":0",
      "\(test)", "the DRBG refuses: nonceTooShort"),
    Spoiled(
      Sound.generator, "\"persoString\":\"\"", "\"persoString\":\"00\"", "\(test).persoString",
      "has 8 bits instead of 0"),
    Spoiled(
      Sound.generator, "\"intendedUse\":\"generate\"", "\"intendedUse\":\"sleep\"", "\(test).otherInput[0].intendedUse",
      "'sleep' is not supported: reSeed, generate"),
    Spoiled(
      Sound.generator, "\"generate\"", "\"reSeed\"", "\(test).otherInput[0].entropyInput", "has 0 bits instead of 256"),
    Spoiled(
      Sound.generator, "\"predResistance\":false", "\"predResistance\":true", "\(test).otherInput[0].entropyInput",
      "has 0 bits instead of 256"),
    Spoiled(
      Sound.generator, "\"additionalInput\":\"\"", "\"additionalInput\":\"0\"", "\(test).otherInput[0].additionalInput",
      "must be an even number of hexadecimal digits"),
    Spoiled(
      Sound.generator, "\"otherInput\":[", "\"otherInput\":[],\"x\":[", "\(test).otherInput", "generates nothing"),
    Spoiled(Sound.generator, "\"otherInput\"", "\"other\"", "\(test).otherInput", "is missing"),
  ])
  func generator(_ spoiled: Spoiled) { expect(spoiled) }

  @Test(
    "documents of the wrong kind",
    arguments: [
      ("1", "$", "must be an object"), ("null", "$", "must be an object"), ("\"\"", "$", "must be an object"),
      ("{}", "$.algorithm", "is missing"),
      ("[]", "$", "is empty: the first element has acvVersion"),
      ("[1]", "$[0]", "must be an object"),
      ("[{}]", "$[0].acvVersion", "is missing"),
      ("[{\"acvVersion\":1}]", "$[0].acvVersion", "must be a string"),
      ("[{\"acvVersion\":\"1.0\"}]", "$", "has no vector set"),
      ("[{\"acvVersion\":\"1.0\"},\(Sound.hash),3]", "$[2]", "must be an object"),
      (
        "[{\"acvVersion\":\"1.0\"},\(Sound.hash.replacing("AFT", with: "X"))]", "$[1].testGroups[0].testType",
        "'X' is not supported: AFT, MCT, LDT"
      ),
      (
        Sound.hash.replacing("AFT", with: "\\u001b[2J\(String(repeating: "é", count: 50))"), "$.testGroups[0].testType",
        "'?[2J\(String(repeating: "?", count: 36))' is not supported: AFT, MCT, LDT"
      ),
    ])
  func documents(_ text: String, _ path: String, _ message: String) {
    let fault = #expect(throws: ACVPFault.self) { try ACVPPrompt(json: Array(text.utf8)) }
    #expect(fault?.path == path)
    #expect(fault?.message == message)
  }

  @Test("no prefix of a prompt is accepted, and none is a crash", arguments: Sound.all)
  func prefixes(_ text: String) {
    let bytes = Array(text.utf8)
    for length in 0..<bytes.count {
      #expect(throws: ACVPFault.self) { try ACVPPrompt(json: Array(bytes[..<length])) }
    }
  }

  @Test("a fault is a line of JSON")
  func json() throws {
    let fault = try #require(throws: ACVPFault.self) { try ACVPPrompt(json: Array("{\"algorithm\":\"\\\"\"}".utf8)) }
    let text = String(decoding: fault.json, as: UTF8.self)
    #expect(text.hasPrefix(#"{"error":"'\"' is not supported: ctrDRBG, "#))
    #expect(text.hasSuffix(#","path":"$.algorithm"}"#))
    #expect("\(fault)".hasPrefix("$.algorithm: '\"' is not supported"))
  }

  private func expect(_ spoiled: Spoiled, sourceLocation: SourceLocation = #_sourceLocation) {
    let fault = #expect(throws: ACVPFault.self, sourceLocation: sourceLocation) {
      try ACVPPrompt(json: Array(spoiled.text.utf8)).response()
    }
    #expect(fault?.path == spoiled.path, sourceLocation: sourceLocation)
    #expect(fault?.message == spoiled.message, sourceLocation: sourceLocation)
  }
}
