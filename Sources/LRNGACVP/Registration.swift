// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The capabilities that a client registers with the ACVP server, which makes its vector sets from them.
///
/// All lengths are in bits. Messages may end within a byte. What else could is registered in whole bytes, because the server
/// refuses more, although the code would take it.
public enum ACVPRegistration {
  /// The message that registers everything there is.
  public static func json() -> [UInt8] {
    var writer = JSONWriter(.indented)
    writer.array { message in
      message.object { $0.member("acvVersion", "1.0") }
      message.object { registration in
        registration.member("isSample", false)
        registration.member("algorithms") { list in
          for algorithm in Algorithm.allCases {
            for revision in algorithm.revisions {
              list.object { entry in
                entry.member("algorithm", algorithm.rawValue)
                entry.member("revision", revision)
                algorithm.writeCapabilities(revision: revision, into: &entry)
              }
            }
          }
        }
      }
    }
    return writer.text
  }
}

/// The longest inputs that are registered: 65536 bits, the longest that the server sends as a short message. The code
/// takes longer ones.
private let longestInputInBits = 1 << 16

extension Algorithm {
  fileprivate func writeCapabilities(revision: String, into entry: inout JSONWriter) {
    switch self {
    case .ctrDRBG:
      entry.writeDRBG(revision: revision) { list in
        list.object { capability in
          capability.member("mode", "AES-256")
          capability.member("derFuncEnabled", true)
          capability.member("entropyInputLen", from: 256, to: longestInputInBits)
          capability.member("nonceLen", from: 128, to: longestInputInBits)
          capability.member("persoStringLen", from: 0, to: longestInputInBits)
          capability.member("additionalInputLen", from: 0, to: longestInputInBits)
          capability.writeReturnedLength(revision: revision, counterMode: true)
        }
        list.object { capability in
          capability.member("mode", "AES-256")
          capability.member("derFuncEnabled", false)
          // Seedlen: key and block.
          capability.member("entropyInputLen") { $0.value(384) }
          capability.member("nonceLen") { $0.value(0) }
          capability.member("persoStringLen", from: 0, to: 384)
          capability.member("additionalInputLen", from: 0, to: 384)
          capability.writeReturnedLength(revision: revision, counterMode: true)
        }
      }
    case .hashDRBG, .hmacDRBG:
      entry.writeDRBG(revision: revision) { list in
        for hash in DRBGHash.allCases {
          list.object { capability in
            capability.member("mode", hash.rawValue)
            capability.member("derFuncEnabled", false)
            capability.member("entropyInputLen", from: 256, to: longestInputInBits)
            capability.member("nonceLen", from: 128, to: longestInputInBits)
            capability.member("persoStringLen", from: 0, to: longestInputInBits)
            capability.member("additionalInputLen", from: 0, to: longestInputInBits)
            capability.writeReturnedLength(revision: revision, counterMode: false)
          }
        }
      }
    case .aesECB:
      entry.member("direction") { list in Direction.allCases.forEach { list.value($0.rawValue) } }
      entry.member("keyLen") { $0.value(256) }
    case .sha256, .sha512:
      entry.writeHash()
    case .sha3_256, .sha3_512:
      if revision == "1.0" {
        entry.member("inBit", true)
        entry.member("inEmpty", true)
      }
      entry.writeHash()
    case .hmacSHA256, .hmacSHA512:
      entry.member("keyLen", from: 8, to: longestInputInBits)
      // SP 800-107, section 5.3.3: no tag is shorter than 32 bits.
      entry.member("macLen", from: 32, to: self == .hmacSHA256 ? 256 : 512)
      if revision == "2.0" { entry.member("msgLen", from: 0, to: longestInputInBits) }
    }
  }
}

extension JSONWriter {
  fileprivate mutating func member(_ name: String, from least: Int, to most: Int, by increment: Int = 8) {
    member(name) { list in
      list.object { domain in
        domain.member("min", least)
        domain.member("max", most)
        domain.member("increment", increment)
      }
    }
  }

  fileprivate mutating func writeDRBG(revision: String, _ capabilities: (inout JSONWriter) -> Void) {
    member("predResistanceEnabled") { list in
      list.value(true)
      list.value(false)
    }
    member("reseedImplemented", true)
    member("capabilities", capabilities)
  }

  /// Revision 1.0 has one length of output, SP800-90Ar1 a list of them.
  fileprivate mutating func writeReturnedLength(revision: String, counterMode: Bool) {
    guard revision != "1.0" else { return member("returnedBitsLen", 4096) }
    member("returnedBitsLen") { list in
      list.value(512)
      list.value(1 << 16)
    }
    if counterMode { member("counterFieldLen", 128) }
  }

  fileprivate mutating func writeHash() {
    member("messageLength", from: 0, to: longestInputInBits, by: 1)
    // In GiB.
    member("performLargeDataTest") { list in [1, 2, 4, 8].forEach { list.value($0) } }
  }
}
