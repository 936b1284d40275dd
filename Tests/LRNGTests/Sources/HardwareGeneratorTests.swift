// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if os(Linux)

  import Testing

  @testable import LRNG

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  @Suite("Hardware generator /dev/hwrng")
  struct HardwareGeneratorTests {
    /// Whether this machine has a generator that this process may read.
    static let isAvailable: Bool = {
      var generator = HardwareGenerator()
      defer { generator.close() }
      var bytes = [UInt8](repeating: 0, count: 8)
      var span = bytes.mutableSpan
      switch generator.read(into: &span) {
      case .success, .failure(.noData): return true
      case .failure: return false
      }
    }()

    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func read(
      current: String?, device: String = "/dev/hwrng"
    ) throws -> Result<Int, EntropySourceUnavailability> {
      if let current { try directory.write(current, to: "rng_current") }
      var generator = HardwareGenerator()
      defer { generator.close() }
      var bytes = [UInt8](repeating: 0, count: 16)
      var span = bytes.mutableSpan
      return generator.read(
        into: &span, at: HardwareGenerator.Location(device: device, current: "\(directory.path)/rng_current"))
    }

    @Test("it gives data", .enabled(if: isAvailable, "no driver behind /dev/hwrng, or no right to read it"))
    func data() {
      var generator = HardwareGenerator()
      var blocks = Set<[UInt8]>()
      // A slow device has nothing at times, and this machine's other readers empty it.
      for _ in 0..<500 where blocks.count < 4 {
        usleep(1000)
        var bytes = [UInt8](repeating: 0, count: 32)
        var span = bytes.mutableSpan
        guard case .success(let count) = generator.read(into: &span) else { continue }
        #expect(1...32 ~= count)
        blocks.insert(bytes)
      }
      #expect(blocks.count > 1)
      generator.close()
    }

    @Test("an LRNG behind the device is refused before anything is read", arguments: ["lrng\n", "lrng", "lrng.0\n"])
    func ownOutput(name: String) throws {
      #expect(try read(current: name) == .failure(.ownOutput))
    }

    @Test("no driver, no data", arguments: ["none\n", "", "\n"])
    func noDriver(name: String) throws {
      #expect(try read(current: name) == .failure(.noHardwareGenerator))
    }

    @Test("where sysfs does not tell who is behind it, nothing is read")
    func noSysfs() throws {
      #expect(try read(current: nil) == .failure(.noHardwareGenerator))
    }

    @Test("another device or file is no generator", arguments: ["/dev/zero", "/proc/self/status"])
    func wrongDevice(path: String) throws {
      #expect(try read(current: "virtio_rng.0\n", device: path) == .failure(.notAHardwareGenerator))
    }

    @Test("a link in place of the device is not followed")
    func link() throws {
      #expect(symlink("/dev/hwrng", "\(directory.path)/link") == 0)
      #expect(
        try read(current: "virtio_rng.0\n", device: "\(directory.path)/link") == .failure(.notAHardwareGenerator))
    }

    @Test("a missing device is a reason")
    func noDevice() throws {
      #expect(
        try read(current: "virtio_rng.0\n", device: "\(directory.path)/none") == .failure(.noHardwareGenerator))
    }

    #if DEBUG
      @Test(
        "what was read while the generator changed is thrown away",
        .enabled(if: isAvailable, "no driver behind /dev/hwrng, or no right to read it"))
      func exchangedMeanwhile() throws {
        try directory.write("virtio_rng.0\n", to: "rng_current")
        let location = HardwareGenerator.Location(current: "\(directory.path)/rng_current")
        var generator = HardwareGenerator()
        defer { generator.close() }
        #expect(generator.open(at: location) == nil)
        try directory.write("lrng\n", to: "other")
        let directory = directory
        var opened = 0
        let mock = MockKernel { call in
          guard call == .open else { return nil }
          opened += 1
          // The second look at rng_current.
          if opened == 2 { rename("\(directory.path)/other", "\(directory.path)/rng_current") }
          return nil
        }
        var bytes = [UInt8](repeating: 0, count: 16)
        var span = bytes.mutableSpan
        let result = mock.answering { generator.read(into: &span, at: location) }
        #expect(result == .failure(.noData))
        #expect(bytes.allSatisfy { $0 == 0 })
      }
    #endif
  }

#endif
