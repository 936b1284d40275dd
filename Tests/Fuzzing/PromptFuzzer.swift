// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// libFuzzer gives any bytes to the reader of ACVP prompts, and what it accepts is answered. Tests/Gates/fuzz.sh builds this.

@testable import LRNGACVP

/// Long chains and messages are begun and given up: nothing new happens in the next million steps.
private struct EnoughWork: Error {}

private let mostWorkInBytes = 1 << 18

@c
public func LLVMFuzzerTestOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = [UInt8](UnsafeBufferPointer(start: bytes, count: count))
  do {
    try answer(input)
  } catch let fault as ACVPFault {
    check(fault.path.hasPrefix("$") && !fault.message.isEmpty)
    checkIsJSON(fault.json)
    #if PLANTED_CRASH
      // The negative control: the fuzzer must come here by itself.
      check(!fault.path.hasSuffix(".tcId"))
    #endif
  } catch is EnoughWork {
  } catch {
    check(false)
  }
  return 0
}

private func answer(_ input: [UInt8]) throws {
  let prompt = try ACVPPrompt(json: input)
  for layout in [ACVPLayout.line, .indented] {
    checkIsJSON(try prompt.response(layout: layout) { if $0 > UInt64(mostWorkInBytes) { throw EnoughWork() } })
  }
}

/// What we write, we can read.
private func checkIsJSON(_ text: [UInt8]) {
  check((try? JSONReader.value(of: text)) != nil)
}

private func check(_ condition: Bool) {
  precondition(condition)
}
