// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if os(Linux)
  import LRNGCore

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// Records time stamps of the kernel module, from its files below debugfs.
  ///
  /// A file is a stream of native 32-bit words: whole time stamps. The module does not say within the stream when its ring
  /// was full; it does in the kernel's log when the file is closed, and there it is looked for.
  final class ModuleRecording: Recording {
    private let file: String
    private let isSinceLoad: Bool
    private var descriptor: CInt
    private var logDescriptor: CInt
    private var symbols = TimestampSymbols()
    private var pending: [UInt64] = []
    /// A word that has come in part.
    private var rest: [UInt8] = []
    private var isAtEnd = false
    private var delivered: UInt64 = 0
    private(set) var gapPositions: [UInt64] = []

    init(
      _ source: EntropySourceKind, in directory: String, isSinceLoad: Bool, log: String = "/dev/kmsg"
    ) throws(EntropySourceUnavailability) {
      file = source == .scheduler ? "lrng_raw_sched_hires" : "lrng_raw_hires"
      self.isSinceLoad = isSinceLoad
      switch System.open("\(directory)/\(file)", O_RDONLY | O_NONBLOCK) {
      case .success(let opened): descriptor = opened
      case .failure(.noSuchFile): throw .moduleFilesMissing
      case .failure(.permissionDenied), .failure(.notPermitted): throw .permissionDenied
      case .failure(let error) where error.rawValue == EBUSY: throw .recordingBusy
      case .failure(let error): throw .systemError(number: error.rawValue)
      }
      logDescriptor = (try? System.open(log, O_RDONLY | O_NONBLOCK).get()) ?? -1
      if logDescriptor >= 0 { lseek(logDescriptor, 0, SEEK_END) }
    }

    deinit { finish() }

    let clock: String? = "kernel's cycle counter, low 32 bits"
    let sampleDescription = "low 32 bits of the cycle counter, as the kernel module has it"
    var commonDivisor: UInt64 { symbols.divisor }
    func symbol(of sample: UInt64) -> UInt8 { symbols.symbol(of: sample) }

    func record(
      atMost count: Int, timeoutInMilliseconds: Int, isWanted: (Int) -> Bool
    ) throws(EntropySourceUnavailability) -> [UInt64] {
      let end = System.monotonicMilliseconds &+ UInt64(timeoutInMilliseconds)
      while pending.count < count {
        let before = pending.count
        try read()
        if pending.count > before { continue }
        // The files since the load say at once that there is nothing yet.
        if isAtEnd && !isSinceLoad { break }
        guard System.monotonicMilliseconds < end else { break }
        usleep(5000)
      }
      symbols.observe(pending)
      if isAtEnd && !isSinceLoad && (pending.isEmpty || symbols.divisor == 0) { throw .recordingEnded }
      guard symbols.divisor != 0 else { return [] }
      let taken = Array(pending.prefix(count))
      pending.removeFirst(taken.count)
      delivered += UInt64(taken.count)
      return taken
    }

    private func read() throws(EntropySourceUnavailability) {
      var bytes = [UInt8](repeating: 0, count: 4096)
      // The array is this function's for the duration of the call.
      let result = unsafe bytes.withUnsafeMutableBytes { unsafe System.read(descriptor, into: $0) }
      switch result {
      case .success(let length):
        isAtEnd = length == 0
        rest += bytes.prefix(length)
        let words = rest.count / 4
        for index in 0..<words {
          pending.append(
            UInt64(
              (0..<4).reduce(UInt32(0)) { word, byte in
                #if _endian(little)
                  word | UInt32(rest[4 * index + byte]) << (8 * UInt32(byte))
                #else
                  word << 8 | UInt32(rest[4 * index + byte])
                #endif
              }))
        }
        rest.removeFirst(4 * words)
      case .failure(let error) where error.rawValue == EAGAIN || error.rawValue == EINTR: break
      case .failure(let error): throw .systemError(number: error.rawValue)
      }
    }

    func finish() {
      guard descriptor >= 0 else { return }
      System.close(descriptor)
      descriptor = -1
      guard logDescriptor >= 0 else { return }
      // Where in the recording the samples are missing nobody knows.
      if logSpeaksOfLoss() { gapPositions.append(delivered) }
      System.close(logDescriptor)
      logDescriptor = -1
    }

    /// Looks through what the kernel said since the recording began: a record of the log for each call of read(2).
    private func logSpeaksOfLoss() -> Bool {
      var record = [UInt8](repeating: 0, count: 8192)
      while true {
        let result = unsafe record.withUnsafeMutableBytes { unsafe System.read(logDescriptor, into: $0) }
        guard case .success(let length) = result, length > 0 else {
          // EPIPE: records that were overwritten are skipped.
          if case .failure(let error) = result, error.rawValue == EPIPE { continue }
          return false
        }
        let text = String(decoding: record.prefix(length), as: UTF8.self)
        if text.contains("\(file):") && text.contains("did not fit into the ring") { return true }
      }
    }
  }
#endif
