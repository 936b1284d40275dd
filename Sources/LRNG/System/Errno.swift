// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// An error number of the operating system, as `errno` holds it after a failed call.
struct Errno: RawRepresentable, Error, Hashable, Sendable {
  let rawValue: CInt

  static let notPermitted = Errno(rawValue: EPERM)
  static let noSuchFile = Errno(rawValue: ENOENT)
  static let interrupted = Errno(rawValue: EINTR)
  static let inputOutput = Errno(rawValue: EIO)
  static let noSuchDevice = Errno(rawValue: ENODEV)
  static let badAddress = Errno(rawValue: EFAULT)
  static let wouldBlock = Errno(rawValue: EAGAIN)
  static let outOfMemory = Errno(rawValue: ENOMEM)
  static let permissionDenied = Errno(rawValue: EACCES)
  static let alreadyExists = Errno(rawValue: EEXIST)
  static let invalidArgument = Errno(rawValue: EINVAL)
  static let tooManyOpenFilesInSystem = Errno(rawValue: ENFILE)
  static let tooManyOpenFiles = Errno(rawValue: EMFILE)
  static let noSpace = Errno(rawValue: ENOSPC)
  static let readOnlyFileSystem = Errno(rawValue: EROFS)
  static let noSuchCall = Errno(rawValue: ENOSYS)
  static let tooManySymbolicLinks = Errno(rawValue: ELOOP)
  static let timedOut = Errno(rawValue: ETIMEDOUT)

  /// The number that the last failed call of this thread left.
  static var last: Errno { Errno(rawValue: errno) }
}

extension Errno: CustomStringConvertible {
  /// The symbolic name where we know it: `strerror` depends on the locale and is not thread-safe.
  var description: String {
    switch self {
    case .notPermitted: "EPERM"
    case .noSuchFile: "ENOENT"
    case .interrupted: "EINTR"
    case .inputOutput: "EIO"
    case .noSuchDevice: "ENODEV"
    case .badAddress: "EFAULT"
    case .wouldBlock: "EAGAIN"
    case .outOfMemory: "ENOMEM"
    case .permissionDenied: "EACCES"
    case .alreadyExists: "EEXIST"
    case .invalidArgument: "EINVAL"
    case .tooManyOpenFilesInSystem: "ENFILE"
    case .tooManyOpenFiles: "EMFILE"
    case .noSpace: "ENOSPC"
    case .readOnlyFileSystem: "EROFS"
    case .noSuchCall: "ENOSYS"
    case .tooManySymbolicLinks: "ELOOP"
    case .timedOut: "ETIMEDOUT"
    default: "errno \(rawValue)"
    }
  }
}
