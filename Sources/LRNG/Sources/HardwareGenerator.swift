// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if os(Linux)

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// `/dev/hwrng`, a feeder of the auxiliary pool: whatever generator the kernel has a driver for.
  ///
  /// Its data are credited with nothing until the administrator says otherwise. An LRNG in the kernel can stand behind the
  /// device, too; reading that would credit us for our own output, so it is refused, also when the generator is exchanged
  /// during the read.
  ///
  /// A plain value for wipe-on-fork memory: all zero bits are "not open".
  struct HardwareGenerator: ~Copyable {
    /// Where device and class are found. A test has others.
    struct Location {
      var device = "/dev/hwrng"
      var current = "/sys/class/misc/hw_random/rng_current"
    }

    /// The file descriptor plus one, so that zero is none.
    private var descriptorPlusOne: CInt = 0

    init() {}

    /// Opens the device, while the privileges for it last. ``read(into:at:)`` does so by itself where nobody did.
    mutating func open(at location: Location = Location()) -> EntropySourceUnavailability? {
      if descriptorPlusOne > 0 { return nil }
      switch System.open(location.device, O_RDONLY | O_NONBLOCK | O_NOFOLLOW) {
      case .success(let descriptor):
        // Misc device 183: HWRNG_MINOR of the kernel's miscdevice.h.
        guard case .success(let status) = System.status(descriptor), status.kind == .characterDevice,
          status.deviceMajor == 10, status.deviceMinor == 183
        else {
          System.close(descriptor)
          return .notAHardwareGenerator
        }
        descriptorPlusOne = descriptor + 1
        return nil
      case .failure(.noSuchFile), .failure(.noSuchDevice): return .noHardwareGenerator
      case .failure(.permissionDenied), .failure(.notPermitted): return .permissionDenied
      case .failure(.tooManySymbolicLinks): return .notAHardwareGenerator
      case .failure(.tooManyOpenFiles), .failure(.tooManyOpenFilesInSystem): return .tooManyOpenFiles
      case .failure(let error): return .systemError(number: error.rawValue)
      }
    }

    /// Reads what the generator has now, up to the length of `output`. Returns the number of bytes, at least 1.
    ///
    /// Does not wait for data, but can for the kernel's own thread while that reads from a slow device. On failure
    /// nothing of what was read is left in `output`.
    mutating func read(
      into output: inout MutableSpan<UInt8>, at location: Location = Location()
    ) -> Result<Int, EntropySourceUnavailability> {
      let before = Self.generator(at: location)
      if let reason = before.unavailability { return .failure(reason) }
      if let reason = open(at: location) { return .failure(reason) }

      // The span stays exclusive to this function for the duration of the call.
      let result = unsafe output.withUnsafeMutableBytes { unsafe System.read(descriptorPlusOne - 1, into: $0) }
      // The same before and after: it is the one that was asked, as far as anybody can tell.
      guard Self.generator(at: location) == before else {
        output.wipe()
        return .failure(.noData)
      }
      switch result {
      case .success(let count) where count > 0: return .success(min(count, output.count))
      case .success, .failure(.wouldBlock): return .failure(.noData)
      case .failure(.noSuchDevice): return .failure(.noHardwareGenerator)
      case .failure(let error): return .failure(.systemError(number: error.rawValue))
      }
    }

    /// Closes the device.
    mutating func close() {
      if descriptorPlusOne > 0 { System.close(descriptorPlusOne - 1) }
      descriptorPlusOne = 0
    }

    // MARK: - Who is behind the device

    private enum Generator: Equatable {
      case none
      case lrng
      /// A driver, by its name.
      case driver(String)

      var unavailability: EntropySourceUnavailability? {
        switch self {
        case .none: .noHardwareGenerator
        case .lrng: .ownOutput
        case .driver: nil
        }
      }
    }

    private static func generator(at location: Location) -> Generator {
      // Where sysfs does not tell, our own output can't be excluded.
      guard case .success(let name) = System.withContents(of: location.current, limitInBytes: 256, { String($0) })
      else { return .none }
      let word = String(name.prefix { !$0.isWhitespace })
      if word.isEmpty || word == "none" { return .none }
      return word.hasPrefix("lrng") ? .lrng : .driver(word)
    }
  }

#endif
