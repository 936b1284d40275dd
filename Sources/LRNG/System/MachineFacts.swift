// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CLinux

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the machine and the process say of themselves.
enum MachineFacts {
  /// Whether the kernel runs in FIPS mode: `/proc/sys/crypto/fips_enabled` holds a number other than zero.
  static func isFIPSEnabled(path: String = "/proc/sys/crypto/fips_enabled") -> Bool {
    let flag = System.withContents(of: path, limitInBytes: 16) { text in
      var isSet = false
      for index in text.indices where text[index].isDigit && text[index] != UInt8(ascii: "0") { isSet = true }
      return isSet
    }
    return (try? flag.get()) ?? false
  }

  #if os(Linux)
    /// Whether this process may observe the whole system: CAP_PERFMON, or CAP_SYS_ADMIN, which includes it.
    static var mayMonitorPerformance: Bool {
      let line = System.withContents(of: "/proc/self/status") { bytes in
        String(bytes).split(separator: "\n").first { $0.hasPrefix("CapEff:") }
      }
      guard case .success(let line?) = line, let digits = line.split(separator: "\t").last,
        let capabilities = UInt64(digits, radix: 16)
      else { return false }
      let (sysAdmin, perfmon): (UInt64, UInt64) = (21, 38)
      return capabilities & (1 << sysAdmin | 1 << perfmon) != 0
    }

    /// `kernel.perf_event_paranoid`: who may use perf events.
    static var perfEventParanoidLevel: Int? {
      let level = System.withContents(of: "/proc/sys/kernel/perf_event_paranoid", limitInBytes: 16) { bytes in
        Int(String(bytes).filter { !$0.isNewline })
      }
      return (try? level.get()) ?? nil
    }
  #endif

  /// Hands out facts that differ between machines, boots and processes.
  ///
  /// They are for the auxiliary pool and credited with nothing: an observer knows or guesses most of them. They keep
  /// two machines apart that woke up with the same seed (the "personalization string" of SP 800-90A, section 8.7.1).
  static func personalize(readsFiles: Bool = true, _ take: (Span<UInt8>) -> Void) {
    func takeValue<T: BitwiseCopyable>(_ value: T) {
      // The types handed over below have no padding.
      unsafe withUnsafeBytes(of: value) { take(unsafe Span<UInt8>(_unsafeBytes: $0)) }
    }

    takeValue(lrng_cycle_counter())
    var name = utsname()
    // Fills `name`, which has room for what it writes.
    if unsafe uname(&name) == 0 { takeValue(name) }
    for clock in [CLOCK_REALTIME, CLOCK_MONOTONIC] {
      var time = timespec()
      // Fills `time`.
      if unsafe clock_gettime(clock, &time) == 0 {
        takeValue(Int64(time.tv_sec))
        takeValue(Int64(time.tv_nsec))
      }
    }
    takeValue(getpid())
    takeValue(getppid())
    #if os(Linux)
      let files = ["/proc/sys/kernel/random/boot_id", "/etc/machine-id", "/sys/class/dmi/id/product_uuid"]
      for path in files where readsFiles {
        _ = System.withContents(of: path, limitInBytes: 64, take)
      }
      if let bytes = unsafe lrng_program_start_random_bytes() {
        // The kernel put 16 bytes there when the program started, for its whole life.
        take(unsafe Span(_unsafeStart: bytes, count: 16))
      }
    #endif
    // Where the stack is.
    var here: UInt8 = 0
    unsafe withUnsafePointer(to: &here) { takeValue(UInt(bitPattern: $0)) }
    takeValue(lrng_cycle_counter())
  }
}
