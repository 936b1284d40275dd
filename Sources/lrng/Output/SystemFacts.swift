// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What goes into metadata about the machine and the moment.
enum SystemFacts {
  static var kernelRelease: String { names.release }
  static var architecture: String { names.machine }

  /// The time in UTC, ISO 8601.
  static func date() -> String {
    var seconds = time(nil)
    var parts = unsafe tm()
    guard unsafe gmtime_r(&seconds, &parts) != nil else { return "unknown" }
    var text = [CChar](repeating: 0, count: 32)
    let length = unsafe strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
    return String(decoding: text.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static var names: (release: String, machine: String) {
    var names = utsname()
    guard unsafe uname(&names) == 0 else { return ("unknown", "unknown") }
    return (text(of: names.release), text(of: names.machine))
  }

  /// The text in a fixed array of characters.
  private static func text<Characters>(of characters: Characters) -> String {
    unsafe withUnsafeBytes(of: characters) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
