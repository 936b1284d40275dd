// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

extension ACVPPrompt {
  /// Answers all tests.
  ///
  /// - Parameter report: Gets the bytes of ``workInBytes`` that are done, now and then, and may throw to stop.
  /// - Returns: The response as the server wants it: a vector set for a vector set, an array for an array.
  public func response(
    layout: ACVPLayout = .indented, reporting report: @escaping (UInt64) throws -> Void = { _ in }
  ) throws -> [UInt8] {
    var writer = JSONWriter(layout)
    var work = Work(report)
    if let version {
      try writer.array { (array) throws in
        array.object { $0.member("acvVersion", version) }
        for vectorSet in vectorSets { try vectorSet.answer(into: &array, &work) }
      }
    } else {
      for vectorSet in vectorSets { try vectorSet.answer(into: &writer, &work) }
    }
    return writer.text
  }
}

extension VectorSet {
  fileprivate func answer(into writer: inout JSONWriter, _ work: inout Work) throws {
    try writer.object { (set) throws in
      set.member("vsId", identifier)
      set.member("algorithm", algorithm.rawValue)
      set.member("revision", revision)
      if let isSample { set.member("isSample", isSample) }
      try set.member("testGroups") { (list) throws in
        for group in groups { try group.answer(into: &list, &work) }
      }
    }
  }
}

extension VectorSet.Group {
  fileprivate func answer(into writer: inout JSONWriter, _ work: inout Work) throws {
    try writer.object { (group) throws in
      group.member("tgId", identifier)
      try group.member("tests") { (list) throws in
        for test in tests {
          try list.object { (object) throws in
            object.member("tcId", test.identifier)
            try test.challenge.answer(into: &object, &work)
            // A chance to stop, also between tests that are no long work.
            try work.advance(byBytes: 0)
          }
        }
      }
    }
  }
}

extension ACVPFault {
  /// The fault as a line of JSON.
  public var json: [UInt8] {
    var writer = JSONWriter(.line)
    writer.object { object in
      object.member("error", message)
      object.member("path", path)
    }
    return writer.text
  }
}
