// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import Testing

@testable import LRNG

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A directory that vanishes with its owner.
final class TemporaryDirectory {
  let path: String

  init() throws {
    var template = Array("/tmp/lrng-test-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit { remove(path) }

  private func remove(_ path: String) {
    if let directory = opendir(path) {
      chmod(path, 0o700)
      while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: $0.pointee)) { String(cString: $0) }
        }
        if name != ".", name != ".." {
          var status = stat()
          let isDirectory = lstat("\(path)/\(name)", &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
          if isDirectory { remove("\(path)/\(name)") } else { unlink("\(path)/\(name)") }
        }
      }
      closedir(directory)
    }
    rmdir(path)
  }

  /// Writes a file, with the directories above it.
  func write(_ text: String, to name: String, permissions: mode_t = 0o600) throws {
    try write(Array(text.utf8), to: name, permissions: permissions)
  }

  func write(_ bytes: [UInt8], to name: String, permissions: mode_t = 0o600) throws {
    var directory = path
    for component in name.split(separator: "/").dropLast() {
      directory += "/\(component)"
      mkdir(directory, 0o700)
    }
    let descriptor = FileDescriptor(
      try System.open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, permissions: permissions).get())
    fchmod(descriptor.rawValue, permissions)
    let count = try bytes.withUnsafeBytes { try System.write(descriptor.rawValue, from: $0).get() }
    #expect(count == bytes.count)
  }

  /// The contents of a file, or nothing.
  func read(_ name: String) -> [UInt8]? {
    try? System.withContents(of: "\(path)/\(name)") { bytes in bytes.indices.map { bytes[$0] } }.get()
  }

  /// The names in the directory, in order.
  var names: [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: $0.pointee)) { String(cString: $0) }
        })
    }
    return names.filter { $0 != "." && $0 != ".." }.sorted()
  }
}
