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

@Suite("Memory that a child finds zeroed")
struct WipeOnForkMemoryTests {
  /// Fills the memory, forks, and returns whether the child saw only zeroes while the parent still sees the filling.
  private func childSeesZeroes(_ bytes: UnsafeMutableRawBufferPointer) -> Bool {
    for index in bytes.indices { bytes[index] = 0xa5 }
    let child = lrng_fork()
    if child == 0 {
      var difference: UInt8 = 0
      for index in bytes.indices { difference |= bytes[index] }
      _exit(difference == 0 ? 0 : 1)
    }
    return lrng_exit_code(child) == 0 && bytes.allSatisfy { $0 == 0xa5 }
  }

  @Test("the length is rounded up to pages, and all of it is zero", arguments: [1, 4096, 100_000])
  func mapping(lengthInBytes: Int) throws {
    let memory = try WipeOnForkMemory(lengthInBytes: lengthInBytes)
    #expect(memory.bytes.count >= lengthInBytes)
    #expect(memory.bytes.count % System.pageSizeInBytes == 0)
    #expect(memory.bytes.allSatisfy { $0 == 0 })
    memory.release()
  }

  @Test("a length without sense is an error, not a trap", arguments: [0, -1, Int.min, Int.max])
  func hostileLength(lengthInBytes: Int) {
    #expect(throws: Errno.self) { try WipeOnForkMemory(lengthInBytes: lengthInBytes).release() }
  }

  @Test("a child sees zeroes, its parent what was there")
  func fork() throws {
    let memory = try WipeOnForkMemory(lengthInBytes: 10_000)
    #expect(
      memory.protection.contains(.wipedOnForkByKernel) || memory.protection.contains(.wipedOnForkByHandler))
    #expect(childSeesZeroes(memory.bytes))
    memory.release()
  }

  #if DEBUG && os(Linux)
    @Test("a kernel that accepts nonsense as advice is not believed, and a handler wipes instead")
    func emulator() throws {
      let mock = MockKernel { $0 == .advise ? .success(0) : nil }
      let memory = try mock.answering { () throws(Errno) in try WipeOnForkMemory(lengthInBytes: 10_000) }
      #expect(!memory.protection.contains(.wipedOnForkByKernel))
      #expect(memory.protection.contains(.wipedOnForkByHandler))
      #expect(childSeesZeroes(memory.bytes))
      memory.release()
    }

    @Test("a kernel without MADV_WIPEONFORK gets the handler")
    func oldKernel() throws {
      let mock = MockKernel { $0 == .advise ? .failure(.invalidArgument) : nil }
      let memory = try mock.answering { () throws(Errno) in try WipeOnForkMemory(lengthInBytes: 1) }
      #expect(memory.protection.isDisjoint(with: [.wipedOnForkByKernel, .notDumped]))
      #expect(childSeesZeroes(memory.bytes))
      memory.release()
    }

    @Test("the handler's slots are given back")
    func slots() throws {
      let mock = MockKernel { $0 == .advise ? .failure(.invalidArgument) : nil }
      for _ in 0..<100 {
        let memory = try mock.answering { () throws(Errno) in try WipeOnForkMemory(lengthInBytes: 1) }
        memory.release()
      }
    }

    @Test("without the right to lock memory there is memory that is not locked")
    func lockingDenied() throws {
      let mock = MockKernel { $0 == .lockMemory ? .failure(.notPermitted) : nil }
      let memory = try mock.answering { () throws(Errno) in try WipeOnForkMemory(lengthInBytes: 1) }
      #expect(!memory.protection.contains(.locked))
      memory.release()
    }

    @Test("no memory is an error")
    func outOfMemory() {
      let mock = MockKernel { $0 == .mapMemory ? .failure(.outOfMemory) : nil }
      #expect(throws: Errno.outOfMemory) {
        try mock.answering { () throws(Errno) in try WipeOnForkMemory(lengthInBytes: 1) }.release()
      }
    }
  #endif
}
