// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if JitterSource
  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #elseif canImport(Darwin)
    import Darwin
  #endif

  /// How much memory the Jitter RNG walks through: more than the first-level data cache holds, so that the walk depends on
  /// what the next levels are doing.
  enum JitterMemorySize {
    /// For a machine that says nothing about its caches.
    static let unknownInBytes = 1 << 18

    /// The size for this machine.
    static func preferredInBytes(systemDirectory: String = "/sys/devices/system") -> Int {
      inBytes(forCacheOf: firstLevelCacheInBytes(systemDirectory: systemDirectory))
    }

    /// Four times the power of two above the size of the cache: 256 KiB for 32 KiB.
    static func inBytes(forCacheOf cacheInBytes: Int?) -> Int {
      // Larger ones are no first-level caches, and the walk must fit into what a process may lock.
      guard let cacheInBytes, (1024...1 << 20).contains(cacheInBytes) else { return unknownInBytes }
      return 4 << (Int.bitWidth - cacheInBytes.leadingZeroBitCount)
    }

    /// What the C library knows, else what the kernel prints: "32K".
    private static func firstLevelCacheInBytes(systemDirectory: String) -> Int? {
      #if canImport(Glibc)
        let size = sysconf(CInt(_SC_LEVEL1_DCACHE_SIZE))
        if size > 0 { return size }
      #endif
      for index in 0..<8 {
        let directory = "\(systemDirectory)/cpu/cpu0/cache/index\(index)"
        guard text("\(directory)/level") == "1", text("\(directory)/type") == "Data",
          let size = text("\(directory)/size"), size.hasSuffix("K"), let kibibytes = Int(size.dropLast()),
          (1...1024).contains(kibibytes)
        else { continue }
        return kibibytes << 10
      }
      return nil
    }

    private static func text(_ path: String) -> String? {
      let line = System.withContents(of: path, limitInBytes: 32) { bytes in
        String(decoding: (0..<bytes.count).map { bytes[$0] }, as: UTF8.self).filter { !$0.isNewline }
      }
      return try? line.get()
    }
  }
#endif
