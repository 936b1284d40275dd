// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CTesting
import Testing

@testable import LRNG

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite("Seed file")
struct SeedFileTests {
  private let directory: TemporaryDirectory
  private let file: SeedFile
  private let nothing: [UInt8] = []
  private let seed = (0..<64).map { UInt8($0) }

  init() throws {
    directory = try TemporaryDirectory()
    file = try #require(SeedFile(path: "\(directory.path)/seed"))
  }

  /// Exchanges the file, and returns what was handed out as well.
  private func exchange(creditBits: UInt32 = 256, fresh: [UInt8] = [1, 2, 3]) -> (SeedFile.Exchange, [UInt8]) {
    var mixed: [UInt8] = []
    let exchange = file.exchange(fresh: fresh.span, creditBits: creditBits) { bytes in
      for index in bytes.indices { mixed.append(bytes[index]) }
    }
    return (exchange, mixed)
  }

  private func permissions(_ name: String) throws -> UInt32 {
    let descriptor = FileDescriptor(try System.open("\(directory.path)/\(name)", O_RDONLY).get())
    return try System.status(descriptor.rawValue).get().permissions
  }

  @Test(
    "a path is split into directory and name",
    arguments: [
      ("/var/lib/seed", "/var/lib", "seed"), ("/seed", "/", "seed"), ("seed", ".", "seed"), ("a/b", "a", "b"),
    ])
  func path(path: String, directory: String, name: String) throws {
    let file = try #require(SeedFile(path: path))
    #expect(file.directory == directory)
    #expect(file.name == name)
  }

  @Test("a path without a file name is no seed file", arguments: ["", "/", "a/", ".", "/..", "a/."])
  func noName(path: String) { #expect(SeedFile(path: path) == nil) }

  @Test("at first there is nothing to mix, and a file is made for the next start")
  func firstStart() throws {
    let (first, mixed) = exchange()
    #expect(first == SeedFile.Exchange(readProblem: .noFile))
    #expect(mixed.isEmpty)
    #expect(directory.names == ["seed"])
    #expect(try permissions("seed") == 0o600)
    let (second, content) = exchange()
    #expect(second.readProblem == nil && second.writeProblem == nil)
    #expect(content.count >= 64)
    #expect(second.creditBits == 0)
  }

  @Test("what a fully seeded LRNG stored is credited once, if credit is wanted at all")
  func credit() throws {
    try file.store(seed.span, isCreditable: true).get()
    #expect(try permissions("seed") == 0o600)
    let (first, mixed) = exchange()
    #expect(first.creditBits == 256)
    #expect(Array(mixed.suffix(64)) == seed)
    let (second, _) = exchange()
    #expect(second.creditBits == 0)

    try file.store(seed.span, isCreditable: true).get()
    #expect(exchange(creditBits: 0).0.creditBits == 0)
    try file.store(seed.span, isCreditable: true).get()
    #expect(exchange(creditBits: .max).0.creditBits == 512)
    try file.store(seed.span, isCreditable: false).get()
    #expect(exchange().0.creditBits == 0)
  }

  #if os(Linux)
    @Test("a child that was forked during an exchange does not keep the file locked")
    func inheritedLock() throws {
      try file.store(seed.span, isCreditable: true).get()
      var child: pid_t = -1
      _ = file.exchange(fresh: seed.span) { _ in
        child = lrng_fork()
        if child == 0 {
          // Until the parent is done with the test, or gone.
          sleep(20)
          _exit(0)
        }
      }
      try #require(child > 0)
      defer {
        kill(child, SIGKILL)
        waitpid(child, nil, 0)
      }
      #expect(throws: Never.self) { try file.store(seed.span, isCreditable: true).get() }
    }
  #endif

  @Test("the file of another program is mixed without credit")
  func foreignFile() throws {
    try directory.write([UInt8](repeating: 7, count: 512), to: "seed")
    let (outcome, mixed) = exchange()
    #expect(mixed == [UInt8](repeating: 7, count: 512))
    #expect(outcome.creditBits == 0)
    try directory.write([UInt8](repeating: 7, count: 5000), to: "seed")
    #expect(exchange().1.count == 512)
  }

  @Test("the replacement differs from the old content, and depends on it and on what is fresh")
  func replacement() throws {
    var replacements = Set<[UInt8]>()
    for (content, fresh) in [(seed, [1]), (seed, [2]), (seed.reversed(), [1])] as [([UInt8], [UInt8])] {
      try file.store(content.span, isCreditable: true).get()
      let before = try #require(directory.read("seed"))
      _ = exchange(fresh: fresh)
      let after = try #require(directory.read("seed"))
      #expect(after != before)
      replacements.insert(after)
    }
    #expect(replacements.count == 3)
  }

  @Test("old content is handed out after the replacement is on the disk, not before")
  func order() throws {
    try file.store(seed.span, isCreditable: true).get()
    let before = directory.read("seed")
    var during: [UInt8]?
    _ = file.exchange(fresh: nothing.span) { _ in during = directory.read("seed") }
    #expect(during != nil && during != before)
    #expect(during == directory.read("seed"))
  }

  @Test("a symbolic link is neither followed nor replaced")
  func symbolicLink() throws {
    try directory.write(seed, to: "target")
    #expect(symlink("target", "\(directory.path)/seed") == 0)
    let (outcome, mixed) = exchange()
    #expect(outcome.readProblem == .notRegular)
    #expect(outcome.writeProblem == .notRegular)
    #expect(mixed.isEmpty)
    #expect(directory.read("target") == seed)
  }

  @Test("a pipe does not make the start wait", .timeLimit(.minutes(1)))
  func pipe() {
    #expect(mkfifo("\(directory.path)/seed", 0o600) == 0)
    #expect(exchange().0.readProblem == .notRegular)
  }

  @Test("a file that others may read or write is not used", arguments: [0o644, 0o660, 0o602, 0o4600] as [mode_t])
  func permissions(mode: mode_t) throws {
    try directory.write(seed, to: "seed", permissions: mode)
    let (outcome, mixed) = exchange()
    #expect(outcome.readProblem == .wrongPermissions(UInt32(mode)))
    #expect(mixed.isEmpty)
    #expect(directory.read("seed") == seed)
  }

  @Test("a file of somebody else is not used", .enabled(if: geteuid() == 0, "needs root to give a file away"))
  func owner() throws {
    try directory.write(seed, to: "seed")
    #expect(chown("\(directory.path)/seed", 12345, 12345) == 0)
    let (outcome, mixed) = exchange()
    #expect(outcome.readProblem == .wrongOwner(12345))
    #expect(mixed.isEmpty)
  }

  @Test("a file with a second name is not used")
  func severalNames() throws {
    try directory.write(seed, to: "seed")
    #expect(link("\(directory.path)/seed", "\(directory.path)/other") == 0)
    #expect(exchange().0.readProblem == .severalNames)
  }

  @Test("a file that is too short is replaced and not used", arguments: [0, 1, 31])
  func short(length: Int) throws {
    try directory.write(Array(seed.prefix(length)), to: "seed")
    let (outcome, mixed) = exchange()
    #expect(outcome.readProblem == .tooShort(lengthInBytes: length))
    #expect(outcome.writeProblem == nil)
    #expect(mixed.isEmpty)
    #expect(exchange().1.count >= 64)
  }

  @Test("without the directory there is a reason")
  func noDirectory() throws {
    let file = try #require(SeedFile(path: "\(directory.path)/missing/seed"))
    let outcome = file.exchange(fresh: nothing.span) { _ in Issue.record("there is nothing to mix") }
    #expect(outcome.writeProblem == .directory(.noSuchFile))
    #expect(throws: SeedFile.Problem.directory(.noSuchFile)) { try file.store(seed.span, isCreditable: true).get() }
  }

  @Test("a seed of another length is not stored")
  func wrongLength() {
    #expect(throws: SeedFile.Problem.tooShort(lengthInBytes: 3)) {
      try file.store([1, 2, 3].span, isCreditable: true).get()
    }
  }

  @Test("what a crash left of an earlier attempt is cleared away")
  func leftover() throws {
    try directory.write("rubbish", to: ".seed.new", permissions: 0o666)
    _ = exchange()
    #expect(directory.names == ["seed"])
    #expect(try permissions("seed") == 0o600)
  }

  #if DEBUG
    @Test(
      "old content of a file that can't be replaced is mixed and not credited",
      arguments: [SystemCall.write, .synchronize, .rename])
    func replacementFails(call: SystemCall) throws {
      try file.store(seed.span, isCreditable: true).get()
      let before = directory.read("seed")
      let mock = MockKernel { $0 == call ? .failure(.readOnlyFileSystem) : nil }
      let (outcome, mixed) = mock.answering { exchange() }
      #expect(outcome.writeProblem == .writing(.readOnlyFileSystem))
      #expect(outcome.creditBits == 0)
      #expect(Array(mixed.suffix(64)) == seed)
      #expect(directory.names == ["seed"])
      #expect(directory.read("seed") == before)
    }

    @Test("a directory that can't be synchronised leaves the content without credit")
    func directoryNotSynchronized() throws {
      try file.store(seed.span, isCreditable: true).get()
      var calls = 0
      let mock = MockKernel { call in
        guard call == .synchronize else { return nil }
        calls += 1
        return calls == 2 ? .failure(.inputOutput) : nil
      }
      let (outcome, mixed) = mock.answering { exchange() }
      #expect(outcome.writeProblem == .writing(.inputOutput))
      #expect(outcome.creditBits == 0)
      #expect(mixed.count >= 64)
    }
  #endif
}
