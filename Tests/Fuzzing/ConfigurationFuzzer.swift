// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// libFuzzer gives any bytes to the reader of the configuration file. Tests/Gates/fuzz.sh builds this.

import LRNG

@testable import ConfigurationReader

@c
public func LLVMFuzzerTestOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = [UInt8](UnsafeBufferPointer(start: bytes, count: count))
  do {
    let file = try ConfigurationFile(path: "file", text: text)
    for (name, value) in file.values { adopt(name, value) }
  } catch let failure as Failure {
    check(failure.status == .badData)
    check(failure.message.hasPrefix("file: "))
  } catch {
    check(false)
  }
  return 0
}

/// A value is refused, or is in force, and then it can be written into another file and read again.
private func adopt(_ name: String, _ value: String) {
  guard let key = ConfigurationKey.named(name) else { return check(false) }
  var settings = Settings(generator: .library)
  let before = key.get(settings)
  guard key.set(&settings, value) else { return check(key.get(settings) == before) }
  #if PLANTED_CRASH
    // The negative control: the fuzzer must come here by itself.
    check(settings.isFIPS != true)
  #endif
  guard let shown = key.get(settings) else { return }
  check(key.set(&settings, shown))
  check(key.get(settings) == shown)
}

private func check(_ condition: Bool) {
  precondition(condition)
}
