// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// Who records interrupts or context switches sees the stamps that all LRNGs of the machine see. None may credit what somebody
// has in a file; so the recorder says what it does, where they look each time they have read their rings.
//
// A file for the machine. The recorder holds a write lock on the byte of the source, which belongs to its open file
// description: the kernel ends it with the recorder, however that ends. Only who may write the file can have such a lock, so
// that nobody unprivileged takes credit from others. And the file grows with each recording: who looks late learns that there
// was one meanwhile.

#if os(Linux)
  import LRNGCore

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// Tells the LRNGs of this machine, as long as it lives, that somebody records interrupts or context switches.
  struct RecordingAnnouncement: ~Copyable {
    /// Not below `/run/lrng`, which comes and goes with the service.
    static let usualPath = "/run/lrng.recording"

    private let file: FileDescriptor

    /// - Throws: `wouldBlock` when somebody records the source already, else what is wrong with the file.
    init(of source: EntropySourceKind, at path: String = usualPath) throws(Errno) {
      let file = FileDescriptor(
        try System.open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK, permissions: 0o644).get())
      // Whoever may not read it would credit what is recorded. This is not so only where the umask is strict.
      _ = System.setPermissions(of: file.rawValue, 0o644)
      try System.lockByte(source.index, of: file.rawValue).get()
      let text = Array("\(source.name) \(getpid())\n".utf8)
      // The array lives for the duration of the call.
      _ = try unsafe text.withUnsafeBytes { unsafe System.write(file.rawValue, from: $0) }.get()
      self.file = file
    }
  }

  /// What an LRNG saw of recordings when it looked.
  struct RecordingView: Equatable {
    private var lengthOfFile: Int64 = 0
    /// What is being recorded.
    private(set) var source: EntropySourceKind?

    /// Looks for recordings, by four system calls.
    init(at path: String) {
      // Without such a file nobody has ever recorded.
      guard case .success(let opened) = System.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) else { return }
      let file = FileDescriptor(opened)
      // The length first: a recording that begins in between is seen by its lock now, and by its length the next time.
      if case .success(let status) = System.status(file.rawValue) { lengthOfFile = status.lengthInBytes }
      let count = EntropySourceKind.all.count
      if case .success(let byte) = System.lockedByte(amongFirst: count, of: file.rawValue), byte < count {
        source = EntropySourceKind.all[byte]
      }
    }

    /// Nothing is seen of a machine that must not be looked at.
    init() {}

    /// Whether nobody recorded anything from one look to the other.
    func isUndisturbed(since earlier: RecordingView) -> Bool {
      source == nil && earlier.source == nil && lengthOfFile == earlier.lengthOfFile
    }
  }
#endif
