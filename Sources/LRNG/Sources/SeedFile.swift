// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A seed that outlives a reboot: a feeder of the auxiliary pool.
///
/// A machine that boots has little noise but perhaps a secret that it knew before. The danger is to use it twice: after
/// a crash, a restored backup or a copied disk image two runs would start from one seed. So the file is replaced, and
/// the replacement is on the disk, *before* the old content is used; and nothing is credited unless the administrator
/// asks for it.
///
/// The replacement is a hash of the old content and whatever is fresh: who learns the new file does not learn the old,
/// and who knows neither the old one nor what was fresh does not know the new. It is not creditable. A file that a fully
/// seeded LRNG left (``store(_:isCreditable:)``) is.
struct SeedFile {
  /// Why a file is not used, or not replaced.
  enum Problem: Error, Equatable {
    case noFile
    case directory(Errno)
    /// A symbolic link, a device, a directory: anything could be behind it.
    case notRegular
    /// Somebody else could have written or read it.
    case wrongOwner(UInt32)
    case wrongPermissions(UInt32)
    /// It has another name, under which it may be open to others.
    case severalNames
    /// Fewer bytes than a seed has.
    case tooShort(lengthInBytes: Int)
    case reading(Errno)
    case writing(Errno)
  }

  /// What became of the old content.
  struct Exchange: Equatable {
    /// How many bytes of old content were handed out.
    var lengthInBytes = 0
    /// What they may be credited with.
    var creditBits: UInt32 = 0
    /// Why there was no old content.
    var readProblem: Problem?
    /// Why the file could not be replaced; without a replacement there is no credit.
    var writeProblem: Problem?
  }

  /// A seed is one SHA-512 digest; other programs leave up to 512 bytes.
  static let seedLengthInBytes = 64
  static let shortestLengthInBytes = 32
  static let longestLengthInBytes = 512

  private static let creditableHeader: StaticString = "LRNG seed, creditable\n"
  private static let plainHeader: StaticString = "LRNG seed, credit 0\n"

  let directory: String
  let name: String

  /// Nothing when `path` does not end with a file name.
  init?(path: String) {
    let components = path.split(separator: "/", omittingEmptySubsequences: false)
    guard let name = components.last, !name.isEmpty, name != ".", name != ".." else { return nil }
    self.name = String(name)
    let directory = components.dropLast().joined(separator: "/")
    self.directory = path.hasPrefix("/") && directory.isEmpty ? "/" : directory.isEmpty ? "." : directory
  }

  /// Replaces the file, then hands its old content to `mix`.
  ///
  /// `fresh` is whatever is at hand that an attacker may not know: time, RDRAND, the kernel's random bytes.
  /// At most `creditBits` are credited, none by default. Old content is mixed also when the file could not be replaced,
  /// but not credited. A file that others may have touched is neither used nor replaced: somebody has to look at it.
  func exchange(fresh: Span<UInt8>, creditBits: UInt32 = 0, mix: (Span<UInt8>) -> Void) -> Exchange {
    var exchange = Exchange()
    var old = Secret(InlineArray<512, UInt8>(repeating: 0))
    var new = Secret(InlineArray<64, UInt8>(repeating: 0))
    defer {
      old.wipe()
      new.wipe()
    }

    let rawDirectory: CInt
    switch openDirectory() {
    case .success(let descriptor): rawDirectory = descriptor
    case .failure(let problem): return Exchange(readProblem: problem, writeProblem: problem)
    }
    let directory = LockedDirectory(rawDirectory)

    var span = old.value.mutableSpan
    switch read(in: directory.rawValue, into: &span) {
    case .success(let count): exchange.lengthInBytes = count
    case .failure(let problem):
      exchange.readProblem = problem
      switch problem {
      case .noFile, .tooShort: break  // There is nothing to lose by writing one.
      default:
        exchange.writeProblem = problem
        return exchange
      }
    }

    let oldBytes = old.value.span.extracting(first: exchange.lengthInBytes)
    var hash = SHA512()
    Self.update(&hash, with: "LRNG seed file")
    // The length keeps the old content and what is fresh apart.
    hash.update([UInt8(truncatingIfNeeded: oldBytes.count >> 8), UInt8(truncatingIfNeeded: oldBytes.count)].span)
    hash.update(oldBytes)
    hash.update(fresh)
    var digest = new.value.mutableSpan
    hash.finalize(into: &digest)

    if case .failure(let problem) = write(
      new.value.span, header: Self.plainHeader, in: directory.rawValue)
    {
      exchange.writeProblem = problem
    } else if Self.isCreditable(oldBytes) {
      exchange.creditBits = min(creditBits, UInt32(Self.seedLengthInBytes) * 8)
    }
    if oldBytes.count > 0 { mix(oldBytes) }
    return exchange
  }

  /// Writes a seed for the next start: at the end of a run, and now and then before.
  ///
  /// `seed` is output of a generator, ``seedLengthInBytes`` long; it is creditable when that was fully seeded.
  func store(_ seed: Span<UInt8>, isCreditable: Bool) -> Result<Void, Problem> {
    guard seed.count == Self.seedLengthInBytes else { return .failure(.tooShort(lengthInBytes: seed.count)) }
    return openDirectory().flatMap { rawDescriptor in
      let descriptor = LockedDirectory(rawDescriptor)
      return write(
        seed, header: isCreditable ? Self.creditableHeader : Self.plainHeader, in: descriptor.rawValue)
    }
  }

  // MARK: - Steps

  /// The directory, locked against other processes that do the same. Everything else goes by this descriptor, so a
  /// directory that is renamed meanwhile changes nothing.
  ///
  /// Whoever can read the directory can hold the lock: then there is no exchange, and nobody waits.
  private func openDirectory() -> Result<CInt, Problem> {
    System.open(directory, O_RDONLY | O_DIRECTORY).mapError(Problem.directory).flatMap { descriptor in
      switch System.lockFile(descriptor) {
      case .success: return .success(descriptor)
      case .failure(let error):
        System.close(descriptor)
        return .failure(.directory(error))
      }
    }
  }

  private func read(in directory: CInt, into output: inout MutableSpan<UInt8>) -> Result<Int, Problem> {
    let rawDescriptor: CInt
    // A link is not followed, and a pipe does not make us wait.
    switch System.open(name, in: directory, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) {
    case .success(let opened): rawDescriptor = opened
    case .failure(.noSuchFile): return .failure(.noFile)
    case .failure(.tooManySymbolicLinks): return .failure(.notRegular)
    case .failure(let error): return .failure(.reading(error))
    }
    let descriptor = FileDescriptor(rawDescriptor)
    switch System.status(descriptor.rawValue) {
    case .failure(let error): return .failure(.reading(error))
    case .success(let status):
      guard status.kind == .regular else { return .failure(.notRegular) }
      guard status.owner == geteuid() else { return .failure(.wrongOwner(status.owner)) }
      guard status.permissions & 0o7077 == 0 else { return .failure(.wrongPermissions(status.permissions)) }
      guard status.linkCount == 1 else { return .failure(.severalNames) }
    }

    // The span stays exclusive to this function for the duration of the calls.
    return unsafe output.withUnsafeMutableBytes { bytes in
      var count = 0
      while count < bytes.count {
        switch unsafe System.read(descriptor.rawValue, into: UnsafeMutableRawBufferPointer(rebasing: bytes[count...])) {
        case .success(0):
          return count < Self.shortestLengthInBytes ? .failure(.tooShort(lengthInBytes: count)) : .success(count)
        case .success(let length): count += min(length, bytes.count - count)
        case .failure(let error): return .failure(.reading(error))
        }
      }
      return .success(count)
    }
  }

  /// Replaces the file: whoever looks sees the old content or the new, and after success the disk has the new.
  private func write(_ seed: Span<UInt8>, header: StaticString, in directory: CInt) -> Result<Void, Problem> {
    let temporaryName = ".\(name).new"
    // What a crash left behind. That it is not there is the usual case.
    _ = System.unlink(temporaryName, in: directory)

    func fill() -> Result<Void, Errno> {
      System.open(temporaryName, in: directory, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, permissions: 0o600)
        .flatMap { rawDescriptor in
          let descriptor = FileDescriptor(rawDescriptor)
          return header.withUTF8Buffer { Self.writeAll(unsafe Span(_unsafeElements: $0), to: descriptor.rawValue) }
            .flatMap { Self.writeAll(seed, to: descriptor.rawValue) }
            .flatMap { System.synchronize(descriptor.rawValue) }
        }
    }

    let result = fill().flatMap { System.rename(temporaryName, to: name, in: directory) }
    guard case .success = result else {
      _ = System.unlink(temporaryName, in: directory)
      return result.mapError(Problem.writing)
    }
    // The new name is on the disk only when the directory is.
    return System.synchronize(directory).mapError(Problem.writing)
  }

  private static func writeAll(_ bytes: Span<UInt8>, to descriptor: CInt) -> Result<Void, Errno> {
    // The span lives for the duration of the calls.
    unsafe bytes.withUnsafeBytes { bytes in
      var rest = unsafe bytes
      while rest.count > 0 {
        switch unsafe System.write(descriptor, from: rest) {
        case .success(let count) where count > 0:
          unsafe rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        case .success: return .failure(.inputOutput)
        case .failure(let error): return .failure(error)
        }
      }
      return .success(())
    }
  }

  /// Whether a fully seeded LRNG wrote this, and all of it is there.
  private static func isCreditable(_ content: Span<UInt8>) -> Bool {
    creditableHeader.withUTF8Buffer { header in
      guard content.count == header.count + seedLengthInBytes else { return false }
      for index in header.indices where unsafe content[index] != header[index] { return false }
      return true
    }
  }

  private static func update(_ hash: inout SHA512, with label: StaticString) {
    label.withUTF8Buffer { hash.update(unsafe Span(_unsafeElements: $0)) }
  }
}

/// The descriptor of a directory that is locked.
///
/// The lock is given up before the descriptor is closed: a child that some thread forks meanwhile inherits the descriptor, and
/// would keep the lock with it.
private struct LockedDirectory: ~Copyable {
  let rawValue: CInt

  init(_ rawValue: CInt) { self.rawValue = rawValue }

  deinit {
    System.unlockFile(rawValue)
    System.close(rawValue)
  }
}
