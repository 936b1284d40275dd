// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// The file that knows the system calls.
//
// Each function of `System` is one call with types: it returns what the kernel said as a `Result` and never traps on
// it. A call that a signal interrupted is made again, except where the caller wants to hear of signals (`poll`,
// `futexWait`). Below each stands, through `call`, the C function itself; in debug builds a test can let a
// `MockKernel` answer in its place, for the calls that the test's own thread makes.

import CLinux

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What a test can answer in the kernel's place.
enum SystemCall: Sendable {
  case open, openDetachedTraceFileSystem, close, read, write, synchronize, rename, unlink, status, lockFile, unlockFile
  case setPermissions, lockByte, lockedByte
  case mapMemory, mapFile, unmap, advise, lockMemory
  case poll, futexWait, futexWake
  case getRandom
  case connect, send
  case perfOpen, perfRefresh, perfEnable, perfDisable
  /// No call, but as much outside the program.
  case cycleCounter
}

#if DEBUG
  /// Answers system calls in the kernel's place.
  ///
  /// `nil` lets the call pass to the kernel.
  final class MockKernel {
    private let answer: (SystemCall) -> Result<Int, Errno>?

    init(_ answer: @escaping (SystemCall) -> Result<Int, Errno>?) {
      self.answer = answer
    }

    /// Runs `body` with this mock answering the system calls of the current thread.
    func answering<T: ~Copyable, E: Error>(_ body: () throws(E) -> T) throws(E) -> T {
      let previous = unsafe lrng_mock_kernel()
      // The mock outlives `body`, which is all that the unretained reference needs.
      unsafe lrng_set_mock_kernel(Unmanaged.passUnretained(self).toOpaque())
      defer { unsafe lrng_set_mock_kernel(previous) }
      return try body()
    }

    static func answer(to call: SystemCall) -> Result<Int, Errno>? {
      guard let mock = unsafe lrng_mock_kernel() else { return nil }
      return unsafe Unmanaged<MockKernel>.fromOpaque(mock).takeUnretainedValue().answer(call)
    }
  }
#endif

/// Makes a system call and reads `errno` when it fails.
private func call<T: FixedWidthInteger>(_ name: SystemCall, _ body: () -> T) -> Result<T, Errno> {
  #if DEBUG
    if let answer = MockKernel.answer(to: name) { return answer.map { T(truncatingIfNeeded: $0) } }
  #endif
  let value = body()
  return value == -1 ? .failure(.last) : .success(value)
}

/// Makes a system call, again when a signal interrupted it.
private func callUntilUninterrupted<T: FixedWidthInteger>(_ name: SystemCall, _ body: () -> T) -> Result<T, Errno> {
  while true {
    let result = call(name, body)
    if case .failure(.interrupted) = result { continue }
    return result
  }
}

extension Result where Success: FixedWidthInteger {
  /// Drops a value that says nothing but "it worked".
  fileprivate var done: Result<Void, Failure> { map { _ in () } }
}

/// The system calls, with types.
enum System {
}

// MARK: - Files

/// An open file, closed when it goes.
struct FileDescriptor: ~Copyable {
  let rawValue: CInt

  init(_ rawValue: CInt) { self.rawValue = rawValue }

  deinit { System.close(rawValue) }
}

/// What `fstat(2)` tells of a file, as far as we ask.
struct FileStatus: Equatable {
  enum Kind { case regular, characterDevice, other }

  var kind: Kind
  /// The nine permission bits, set-id and sticky bit.
  var permissions: UInt32
  var owner: UInt32
  var linkCount: UInt64
  var lengthInBytes: Int64
  /// Of a device node.
  var deviceMajor: UInt32
  var deviceMinor: UInt32
}

extension System {
  /// The corresponding C function is `open`, always with `O_CLOEXEC`.
  static func open(_ path: String, _ flags: CInt, permissions: mode_t = 0) -> Result<CInt, Errno> {
    callUntilUninterrupted(.open) {
      // The string lives for the duration of the call.
      unsafe path.withCString { unsafe lrngOpen($0, flags | O_CLOEXEC, permissions) }
    }
  }

  /// The corresponding C function is `openat`, always with `O_CLOEXEC`.
  static func open(
    _ path: String, in directory: CInt, _ flags: CInt, permissions: mode_t = 0
  ) -> Result<CInt, Errno> {
    callUntilUninterrupted(.open) {
      // The string lives for the duration of the call.
      unsafe path.withCString { unsafe openat(directory, $0, flags | O_CLOEXEC, permissions) }
    }
  }

  /// The corresponding C function is `close`.
  ///
  /// Never repeated: Linux has closed the descriptor also where it says `EINTR`, and another thread may own the number
  /// by then.
  static func close(_ descriptor: CInt) {
    _ = call(.close) { platformClose(descriptor) }
  }

  /// The corresponding C function is `read`.
  static func read(_ descriptor: CInt, into buffer: UnsafeMutableRawBufferPointer) -> Result<Int, Errno> {
    callUntilUninterrupted(.read) {
      // The buffer's owner keeps it for the duration of the call.
      unsafe platformRead(descriptor, buffer.baseAddress, buffer.count)
    }
  }

  /// The corresponding C function is `write`.
  static func write(_ descriptor: CInt, from buffer: UnsafeRawBufferPointer) -> Result<Int, Errno> {
    callUntilUninterrupted(.write) {
      // The buffer's owner keeps it for the duration of the call.
      unsafe platformWrite(descriptor, buffer.baseAddress, buffer.count)
    }
  }

  /// The corresponding C function is `fsync`.
  static func synchronize(_ descriptor: CInt) -> Result<Void, Errno> {
    callUntilUninterrupted(.synchronize) { fsync(descriptor) }.done
  }

  /// The corresponding C function is `renameat`, within one directory.
  static func rename(_ old: String, to new: String, in directory: CInt) -> Result<Void, Errno> {
    callUntilUninterrupted(.rename) {
      // Both strings live for the duration of the call.
      unsafe old.withCString { old in unsafe new.withCString { unsafe renameat(directory, old, directory, $0) } }
    }.done
  }

  /// The corresponding C function is `unlinkat`.
  static func unlink(_ path: String, in directory: CInt) -> Result<Void, Errno> {
    callUntilUninterrupted(.unlink) {
      // The string lives for the duration of the call.
      unsafe path.withCString { unsafe unlinkat(directory, $0, 0) }
    }.done
  }

  /// The corresponding C function is `flock` with `LOCK_EX` and `LOCK_NB`: fails where another process has the lock.
  static func lockFile(_ descriptor: CInt) -> Result<Void, Errno> {
    callUntilUninterrupted(.lockFile) { flock(descriptor, LOCK_EX | LOCK_NB) }.done
  }

  /// The corresponding C function is `flock` with `LOCK_UN`.
  static func unlockFile(_ descriptor: CInt) {
    // There is nothing to be done about a failure: closing unlocks as well, if nobody else has the descriptor.
    _ = callUntilUninterrupted(.unlockFile) { flock(descriptor, LOCK_UN) }
  }

  /// The corresponding C function is `fchmod`.
  static func setPermissions(of descriptor: CInt, _ permissions: mode_t) -> Result<Void, Errno> {
    callUntilUninterrupted(.setPermissions) { fchmod(descriptor, permissions) }.done
  }

  #if os(Linux)
    /// The corresponding C function is `fcntl` with `F_OFD_SETLK`: fails with `wouldBlock` where somebody has the lock.
    static func lockByte(_ byte: Int, of descriptor: CInt) -> Result<Void, Errno> {
      callUntilUninterrupted(.lockByte) { lrng_lock_byte(descriptor, CInt(byte)) }.done
    }

    /// The first of `count` bytes that somebody has locked for writing, else `count`. The corresponding C function is `fcntl` with
    /// `F_OFD_GETLK`.
    static func lockedByte(amongFirst count: Int, of descriptor: CInt) -> Result<Int, Errno> {
      callUntilUninterrupted(.lockedByte) { lrng_locked_byte(descriptor, CInt(count)) }.map { Int($0) }
    }
  #endif

  /// The corresponding C function is `fstat`.
  static func status(_ descriptor: CInt) -> Result<FileStatus, Errno> {
    var status = stat()
    // `status` lives for the duration of the call.
    let result = callUntilUninterrupted(.status) { unsafe fstat(descriptor, &status) }
    return result.map { _ in
      let kind: FileStatus.Kind =
        switch status.st_mode & S_IFMT {
        case S_IFREG: .regular
        case S_IFCHR: .characterDevice
        default: .other
        }
      #if os(Linux)
        let (major, minor) = (lrng_device_major(status.st_rdev), lrng_device_minor(status.st_rdev))
      #else
        let (major, minor) = (UInt32.max, UInt32.max)
      #endif
      return FileStatus(
        kind: kind, permissions: UInt32(status.st_mode & 0o7777), owner: status.st_uid,
        linkCount: UInt64(status.st_nlink), lengthInBytes: Int64(status.st_size), deviceMajor: major, deviceMinor: minor
      )
    }
  }

  /// Reads a small text file, as `/proc` and `/sys` have them, and hands its bytes to `body`.
  ///
  /// The file is cut at `limitInBytes`. No allocation beyond the path's.
  static func withContents<T>(
    of path: String, in directory: CInt = AT_FDCWD, limitInBytes: Int = 4096, _ body: (Span<UInt8>) -> T
  ) -> Result<T, Errno> {
    open(path, in: directory, O_RDONLY).flatMap { rawDescriptor in
      let descriptor = FileDescriptor(rawDescriptor)
      // The temporary buffer outlives its use in the closure; only bytes that the kernel wrote are shown.
      return unsafe withUnsafeTemporaryAllocation(byteCount: limitInBytes, alignment: 1) { buffer in
        var count = 0
        while count < buffer.count {
          let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
          switch unsafe read(descriptor.rawValue, into: rest) {
          case .success(0):
            return .success(body(unsafe Span(_unsafeBytes: buffer[..<count])))
          case .success(let length):
            count += min(length, buffer.count - count)
          case .failure(let error):
            return .failure(error)
          }
        }
        return .success(body(unsafe Span(_unsafeBytes: buffer[...])))
      }
    }
  }
}

extension String {
  /// The bytes as text; what is no UTF-8 is replaced.
  init(_ bytes: Span<UInt8>) {
    // Decoding copies the bytes.
    self = unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
  }
}

// Names that the functions of `System` hide, and `open`, which is variadic in C.

private func lrngOpen(_ path: UnsafePointer<CChar>, _ flags: CInt, _ permissions: mode_t) -> CInt {
  unsafe open(path, flags, permissions)
}

private func platformClose(_ descriptor: CInt) -> CInt {
  close(descriptor)
}

private func platformRead(_ descriptor: CInt, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  unsafe read(descriptor, buffer, count)
}

private func platformWrite(_ descriptor: CInt, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
  unsafe write(descriptor, buffer, count)
}

// MARK: - Memory

extension System {
  /// Page size in bytes; at least 4096 on everything Linux runs on.
  static var pageSizeInBytes: Int {
    let size = sysconf(CInt(_SC_PAGESIZE))
    return size > 0 ? Int(size) : 4096
  }

  /// Private anonymous zeroed memory. The corresponding C function is `mmap`.
  static func mapMemory(lengthInBytes: Int) -> Result<UnsafeMutableRawBufferPointer, Errno> {
    unsafe map(.mapMemory, lengthInBytes, MAP_PRIVATE | MAP_ANON, -1)
  }

  /// The corresponding C function is `mmap`, shared, readable and writable, from the file's start.
  static func mapFile(_ descriptor: CInt, lengthInBytes: Int) -> Result<UnsafeMutableRawBufferPointer, Errno> {
    unsafe map(.mapFile, lengthInBytes, MAP_SHARED, descriptor)
  }

  private static func map(
    _ name: SystemCall, _ lengthInBytes: Int, _ flags: CInt, _ descriptor: CInt
  ) -> Result<UnsafeMutableRawBufferPointer, Errno> {
    let result = callUntilUninterrupted(name) {
      // Without MAP_FIXED this disturbs no existing mapping. MAP_FAILED is -1.
      unsafe Int(bitPattern: mmap(nil, lengthInBytes, PROT_READ | PROT_WRITE, flags, descriptor, 0))
    }
    return unsafe result.map {
      // The kernel just made a mapping of this length there.
      unsafe UnsafeMutableRawBufferPointer(start: UnsafeMutableRawPointer(bitPattern: $0), count: lengthInBytes)
    }
  }

  /// The corresponding C function is `munmap`.
  static func unmap(_ memory: UnsafeMutableRawBufferPointer) {
    guard let base = memory.baseAddress else { return }
    // The caller gives up the mapping.
    _ = call(.unmap) { unsafe munmap(base, memory.count) }
  }

  /// The corresponding C function is `madvise`.
  static func advise(_ memory: UnsafeMutableRawBufferPointer, _ advice: CInt) -> Result<Void, Errno> {
    // None of the kinds of advice given here changes the memory's contents in this process.
    callUntilUninterrupted(.advise) { unsafe madvise(memory.baseAddress, memory.count, advice) }.done
  }

  /// The corresponding C function is `mlock`.
  static func lockMemory(_ memory: UnsafeMutableRawBufferPointer) -> Result<Void, Errno> {
    guard let base = memory.baseAddress else { return .success(()) }
    // Locking does not touch contents.
    return callUntilUninterrupted(.lockMemory) { unsafe mlock(base, memory.count) }.done
  }
}

// MARK: - Waiting

extension timespec {
  /// The time span in C's form; negative spans are zero.
  init(_ duration: Duration) {
    let (seconds, attoseconds) = max(duration, .zero).components
    self.init()
    tv_sec = time_t(clamping: seconds)
    tv_nsec = numericCast(attoseconds / 1_000_000_000)
  }
}

extension System {
  /// The corresponding C function is `poll`. A signal ends it with `interrupted`.
  ///
  /// The timeout is rounded up to milliseconds, so that a wait for a microsecond does not become a spin; `nil` waits
  /// for ever.
  static func poll(
    _ descriptors: UnsafeMutableBufferPointer<pollfd>, timeout: Duration?
  ) -> Result<Int, Errno> {
    var milliseconds: CInt = -1
    if let timeout {
      let (seconds, attoseconds) = max(timeout, .zero).components
      let fraction = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
      milliseconds = CInt(clamping: min(seconds, 1_000_000) * 1000 + fraction)
    }
    return call(.poll) {
      // The buffer's owner keeps it for the duration of the call.
      unsafe Int(platformPoll(descriptors.baseAddress, nfds_t(descriptors.count), milliseconds))
    }
  }
}

private func platformPoll(_ descriptors: UnsafeMutablePointer<pollfd>?, _ count: nfds_t, _ milliseconds: CInt) -> CInt {
  unsafe poll(descriptors, count, milliseconds)
}

#if os(Linux)
  extension System {
    /// Sleeps while `word` holds `expected`, until woken. The corresponding system call is `futex(FUTEX_WAIT_PRIVATE)`.
    ///
    /// Fails with `wouldBlock` when the word holds something else, with `timedOut` and with `interrupted`.
    static func futexWait(
      _ word: UnsafePointer<UInt32>, expected: UInt32, timeout: Duration? = nil
    ) -> Result<Void, Errno> {
      call(.futexWait) {
        // The word's owner keeps it for the duration of the call, and so is `time` kept.
        guard let timeout else { return unsafe lrng_futex_wait(word, expected, nil) }
        var time = timespec(timeout)
        return unsafe lrng_futex_wait(word, expected, &time)
      }.done
    }

    /// Wakes up to `count` sleepers. The corresponding system call is `futex(FUTEX_WAKE_PRIVATE)`.
    static func futexWake(_ word: UnsafePointer<UInt32>, count: CInt) {
      // The kernel uses only the address.
      _ = call(.futexWake) { unsafe lrng_futex_wake(word, count) }
    }
  }
#endif

// MARK: - Random numbers

extension System {
  /// Random bytes of the kernel, without waiting for it to be seeded: `wouldBlock` when it is not.
  ///
  /// The corresponding system call is `getrandom` with `GRND_NONBLOCK`, elsewhere `getentropy`.
  static func randomBytes(into buffer: UnsafeMutableRawBufferPointer) -> Result<Int, Errno> {
    callUntilUninterrupted(.getRandom) {
      // The buffer's owner keeps it for the duration of the call.
      #if os(Linux)
        return unsafe lrng_getrandom(buffer.baseAddress, buffer.count, CUnsignedInt(LRNG_GRND_NONBLOCK))
      #else
        let count = min(buffer.count, 256)  // getentropy(2) refuses more
        guard let base = buffer.baseAddress else { return 0 }
        return unsafe getentropy(base, count) == 0 ? count : -1
      #endif
    }
  }
}

// MARK: - Unix sockets

#if os(Linux)
  extension System {
    /// A stream socket that is connected to the path, with `O_CLOEXEC` and a time limit for each later call. The corresponding C
    /// functions are `socket`, `setsockopt` and `connect`.
    static func connect(to path: String, timeoutInMilliseconds: Int) -> Result<CInt, Errno> {
      callUntilUninterrupted(.connect) {
        // The string lives for the duration of the call.
        unsafe path.withCString { unsafe lrng_connect($0, CLong(timeoutInMilliseconds)) }
      }
    }

    /// The corresponding C function is `send`, with `MSG_NOSIGNAL`.
    static func send(_ descriptor: CInt, from buffer: UnsafeRawBufferPointer) -> Result<Int, Errno> {
      callUntilUninterrupted(.send) {
        // The buffer's owner keeps it for the duration of the call.
        unsafe lrng_send(descriptor, buffer.baseAddress, buffer.count)
      }
    }

    /// The process that listens at the other end, 0 if it can't be seen.
    static func peerProcess(of descriptor: CInt) -> pid_t { lrng_peer_process(descriptor) }
  }
#endif

// MARK: - Perf events

#if os(Linux)
  extension System {
    /// A tracefs that is mounted for this descriptor only. The corresponding system calls are `fsopen`, `fsconfig` and
    /// `fsmount`.
    static func openDetachedTraceFileSystem() -> Result<CInt, Errno> {
      callUntilUninterrupted(.openDetachedTraceFileSystem) { lrng_open_detached_tracefs() }
    }

    /// What a perf ring records: each occurrence of one event on one processor.
    enum PerfEvent: Equatable {
      /// The software event of the scheduler.
      case contextSwitch
      /// A tracepoint by its number.
      case tracepoint(UInt64)
    }

    /// A disabled event with a sample for each occurrence. The corresponding system call is `perf_event_open`.
    ///
    /// `poll` reports the descriptor readable after each `wakeUpEvents` samples.
    static func openPerfEvent(_ event: PerfEvent, cpu: Int, wakeUpEvents: UInt32) -> Result<CInt, Errno> {
      let (isTracepoint, number): (UInt32, UInt64) =
        switch event {
        case .contextSwitch: (0, 0)
        case .tracepoint(let number): (1, number)
        }
      return callUntilUninterrupted(.perfOpen) {
        lrng_perf_open(isTracepoint, number, CInt(clamping: cpu), wakeUpEvents)
      }
    }

    /// Adds to the number of samples after which the kernel disables the event, and enables it.
    /// The corresponding request is `PERF_EVENT_IOC_REFRESH`.
    static func refreshPerfEvent(_ descriptor: CInt, samples: CInt) -> Result<Void, Errno> {
      callUntilUninterrupted(.perfRefresh) { lrng_perf_refresh(descriptor, samples) }.done
    }

    /// The corresponding request is `PERF_EVENT_IOC_ENABLE`.
    static func enablePerfEvent(_ descriptor: CInt) -> Result<Void, Errno> {
      callUntilUninterrupted(.perfEnable) { lrng_perf_enable(descriptor) }.done
    }

    /// The corresponding request is `PERF_EVENT_IOC_DISABLE`.
    static func disablePerfEvent(_ descriptor: CInt) -> Result<Void, Errno> {
      callUntilUninterrupted(.perfDisable) { lrng_perf_disable(descriptor) }.done
    }
  }
#endif
