// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if os(Linux)

  import LRNGCore
  import Testing

  @testable import LRNG

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  @Suite("What is recorded is not credited", .timeLimit(.minutes(1)))
  struct RecordingAnnouncementTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
      directory = try TemporaryDirectory()
      path = "\(directory.path)/recording"
    }

    /// Records for as long as the body takes.
    private func recording(_ source: EntropySourceKind, _ body: () throws -> Void = {}) throws {
      let announcement = try RecordingAnnouncement(of: source, at: path)
      try body()
      _ = consume announcement
    }

    @Test("who looks sees what is recorded, and afterwards that something was")
    func views() throws {
      let before = RecordingView(at: path)
      #expect(before.source == nil)
      #expect(before.isUndisturbed(since: RecordingView(at: path)))
      try recording(.scheduler) {
        let during = RecordingView(at: path)
        #expect(during.source == .scheduler)
        #expect(!during.isUndisturbed(since: before))
      }
      let after = RecordingView(at: path)
      #expect(after.source == nil)
      #expect(!after.isUndisturbed(since: before))
      #expect(RecordingView(at: path).isUndisturbed(since: after))
    }

    @Test("the first look after a recording is not undisturbed, whenever the one before was")
    func lastLook() throws {
      var during = RecordingView()
      try recording(.interrupt) { during = RecordingView(at: path) }
      #expect(!RecordingView(at: path).isUndisturbed(since: during))
    }

    @Test("a source is recorded by one at a time")
    func oneRecorder() throws {
      try recording(.interrupt) {
        #expect(throws: Errno.wouldBlock) { try RecordingAnnouncement(of: .interrupt, at: path).end() }
        try recording(.scheduler) { #expect(RecordingView(at: path).source == .interrupt) }
      }
      try recording(.interrupt)
    }

    @Test("everybody may look, and who may not write can't pretend to record")
    func rights() throws {
      try recording(.interrupt)
      let file = FileDescriptor(try System.open(path, O_RDONLY).get())
      #expect(try System.status(file.rawValue).get().permissions == 0o644)
      #expect(System.lockByte(0, of: file.rawValue).failure?.rawValue == EBADF)
      #expect(RecordingView(at: path).source == nil)
    }

    @Test("a recorder that can't say so is told why")
    func nowhere() {
      #expect(throws: Errno.noSuchFile) { try RecordingAnnouncement(of: .interrupt, at: "\(path)/none/x").end() }
    }

    #if SchedulerSource
      /// What the scheduler source has, after it was given something to see.
      private func scheduler(of engine: Engine) throws -> Status.Source {
        for _ in 0..<400 { usleep(50) }
        return try #require(engine.status().sources.first { $0.kind == .scheduler })
      }

      @Test(
        "events that somebody records give no credit, and status says so; those that come after do again",
        .enabled(if: SchedulerSamplerTests.isAvailable, "needs CAP_PERFMON"))
      func engine() throws {
        let engine = try Engine(.only(.scheduler), selfTests: { .passed }, recordingsPath: path)
        #expect(try scheduler(of: engine).isAvailable)
        try recording(.interrupt) {
          let source = try scheduler(of: engine)
          #expect(!source.isAvailable)
          #expect(source.entropyInBits == 0)
          #expect(source.reason?.hasPrefix("recording: somebody records the source interrupt") == true)
        }
        // Part of these was recorded.
        #expect(engine.availableBits(of: .scheduler, requestedBits: 256) == 0)
        let source = try scheduler(of: engine)
        #expect(source.isAvailable)
        #expect(source.reason == nil)
        #expect(source.entropyInBits > 0)
        // Nobody looked while this was going on.
        try recording(.scheduler)
        #expect(engine.availableBits(of: .scheduler, requestedBits: 256) == 0)
      }
    #endif
  }

  extension RecordingAnnouncement {
    consuming fileprivate func end() {}
  }

  extension Result {
    fileprivate var failure: Failure? {
      if case .failure(let failure) = self { failure } else { nil }
    }
  }

#endif
