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

  static var processorCount: Int { sysconf(CInt(_SC_NPROCESSORS_ONLN)) }

  /// What the processor calls itself, not what somebody calls the machine.
  static var processorModel: String {
    for name in ["model name", "cpu model", "cpu", "uarch", "CPU part"] {
      if let model = processorField(name) { return model }
    }
    return architecture
  }

  /// Whether a hypervisor shows itself to the processor's identification.
  static var isVirtual: Bool {
    processorField("flags")?.split(separator: " ").contains("hypervisor") ?? false
  }

  /// The clock that the kernel takes time from.
  static var clockSource: String? {
    firstLine(of: "/sys/devices/system/clocksource/clocksource0/current_clocksource")
  }

  /// Whether the kernel module is loaded.
  static var hasModule: Bool { unsafe access("/sys/module/lrng", F_OK) == 0 }

  /// What the kernel module was loaded with, `nil` if it is not.
  static func moduleParameter(_ name: String) -> String? { firstLine(of: "/sys/module/lrng/parameters/\(name)") }

  private static func processorField(_ name: String) -> String? {
    guard let text = content(of: "/proc/cpuinfo") else { return nil }
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, trimmed(parts[0]) == name else { continue }
      return trimmed(parts[1])
    }
    return nil
  }

  private static func firstLine(of path: String) -> String? {
    content(of: path)?.split(separator: "\n").first.map(String.init)
  }

  private static func trimmed(_ text: Substring) -> String {
    String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }

  private static func content(of path: String) -> String? {
    let bytes = try? InputFile(path: path, advice: "")?.content(maximumLengthInBytes: 1 << 22, advice: "")
    return bytes.map { String(decoding: $0, as: UTF8.self) }
  }

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
