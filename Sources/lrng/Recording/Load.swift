// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Work that provokes interrupts and context switches: small writes that go to the disk at once, and two threads that wait
/// for each other.
///
/// Many events in short intervals are the worst case of the event sources, and an idle machine takes hours for a million.
final class Load: Sendable {
  private static let isOver = Atomic<Bool>(false)

  /// - Parameter directory: Where the disk is that shall work. The file there has no name.
  init(directory: String) {
    Self.isOver.store(false, ordering: .relaxed)
    for _ in 0..<2 { Self.start { Load.writeAndWait(in: directory) } }
    guard let there = Pipe.ends(), let back = Pipe.ends() else { return }
    let (first, second) = ((there.output, back.input), (back.output, there.input))
    Self.start { Load.passOn(from: first.0, to: first.1, isFirst: true) }
    Self.start { Load.passOn(from: second.0, to: second.1, isFirst: false) }
  }

  deinit { Self.isOver.store(true, ordering: .relaxed) }

  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private static func start(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let work = Work(body)
    // The thread takes over this reference.
    let context = unsafe Unmanaged<Work>.passRetained(work).toOpaque()
    let error = unsafe pthread_create(
      &thread, nil,
      { context in
        guard let context = UnsafeRawPointer(context) else { return nil }
        unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
        return nil
      }, context)
    if error == 0 { pthread_detach(thread) } else { unsafe Unmanaged<Work>.fromOpaque(context).release() }
  }

  /// A block at a time, each with an interrupt of the device when it is done.
  private static func writeAndWait(in directory: String) {
    let length = 4096
    guard let block = unsafe aligned_alloc(length, length) else { return }
    defer { unsafe free(block) }
    unsafe block.initializeMemory(as: UInt8.self, repeating: 0, count: length)
    let (noName, direct) = (CInt(0o20200000), CInt(0o40000))
    var file = unsafe open(directory, O_RDWR | O_CLOEXEC | noName | direct, 0o600)
    // Not every file system can do without its cache.
    if file < 0 { file = unsafe open(directory, O_RDWR | O_CLOEXEC | noName, 0o600) }
    guard file >= 0 else { return }
    defer { close(file) }
    while !isOver.load(ordering: .relaxed) {
      guard unsafe pwrite(file, block, length, 0) == length, fdatasync(file) == 0 else { return }
    }
  }

  private static func passOn(from input: CInt, to output: CInt, isFirst: Bool) {
    var token: UInt8 = 0
    if isFirst { _ = unsafe write(output, &token, 1) }
    while !isOver.load(ordering: .relaxed) {
      // Faster, and they fill the rings faster than anybody reads them.
      if isFirst { usleep(100) }
      guard unsafe read(input, &token, 1) == 1, unsafe write(output, &token, 1) == 1 else { return }
    }
  }
}

/// A pipe whose ends no other program inherits.
enum Pipe {
  static func ends() -> (output: CInt, input: CInt)? {
    var ends: [CInt] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }
}
