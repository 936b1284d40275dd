// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CService

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What a socket is for.
public enum SocketRole: String, CaseIterable, Sendable {
  /// The EGD protocol, bytes of a fully seeded generator.
  case egd
  /// The EGD protocol, prediction resistance.
  case egdPredictionResistant = "egd-pr"
  /// The native protocol.
  case native

  /// The role that a name in `LISTEN_FDNAMES` stands for: that of a systemd socket unit counts, too.
  init?(activationName name: String) {
    switch name {
    case "egd", "lrng-egd.socket": self = .egd
    case "egd-pr", "lrng-egd-pr.socket": self = .egdPredictionResistant
    case "native", "socket", "lrng.socket", "lrng-native.socket": self = .native
    default: return nil
    }
  }
}

/// Where a socket is to be, and for whom.
public struct SocketPlace: Equatable, Sendable {
  public var path: String
  /// Permission bits of the socket file. Who may write to it may connect.
  public var mode: UInt32
  /// Its owner and group, `nil` for those of the process.
  public var owner: UInt32?
  public var group: UInt32?

  public init(path: String, mode: UInt32 = 0o666, owner: UInt32? = nil, group: UInt32? = nil) {
    self.path = path
    self.mode = mode
    self.owner = owner
    self.group = group
  }
}

/// Something that keeps the service from its start.
public struct ServiceError: Error, Equatable, CustomStringConvertible, Sendable {
  public let description: String

  public init(_ description: String) {
    self.description = description
  }
}

/// A Unix socket that listens.
public final class ListeningSocket: Sendable {
  public let role: SocketRole
  /// What the listener is called in messages.
  public let name: String
  let descriptor: CInt
  /// The file that this process made: path, device and inode.
  private let file: (path: String, device: UInt64, inode: UInt64)?

  /// Connections that wait to be accepted; the kernel may allow fewer (`net.core.somaxconn`).
  private static let queueLength: CInt = 4096

  private init(role: SocketRole, name: String, descriptor: CInt, file: (String, UInt64, UInt64)?) {
    self.role = role
    self.name = name
    self.descriptor = descriptor
    self.file = file
  }

  /// Makes the socket file and listens.
  ///
  /// A socket file that is there is replaced if nobody listens on it; anything else that has the name stays, and is an error.
  public static func open(_ role: SocketRole, at place: SocketPlace) throws(ServiceError) -> ListeningSocket {
    let path = place.path
    guard let address = UnixAddress(path) else {
      throw ServiceError("\(path): a socket's path has 1 to \(UnixAddress.longestPathInBytes) bytes")
    }
    let descriptor = lrng_unix_socket(LRNG_STREAM)
    guard descriptor >= 0 else { throw ServiceError("socket: \(errorText(errno))") }
    var isDone = false
    defer { if !isDone { close(descriptor) } }

    if address.bind(descriptor) != 0 {
      guard errno == EADDRINUSE else { throw ServiceError("\(path): \(errorText(errno))") }
      try removeStale(path, address)
      guard address.bind(descriptor) == 0 else { throw ServiceError("\(path): \(errorText(errno))") }
    }
    // Nobody else can connect before `listen`, so the permissions may come between the two.
    if place.owner != nil || place.group != nil {
      guard unsafe lchown(path, place.owner ?? .max, place.group ?? .max) == 0 else {
        let number = errno
        unsafe unlink(path)
        throw ServiceError("\(path): owner or group can't be changed: \(errorText(number))")
      }
    }
    var status = stat()
    guard unsafe chmod(path, mode_t(place.mode & 0o777)) == 0, unsafe lstat(path, &status) == 0,
      listen(descriptor, queueLength) == 0
    else {
      let number = errno
      unsafe unlink(path)
      throw ServiceError("\(path): \(errorText(number))")
    }
    isDone = true
    return ListeningSocket(
      role: role, name: path, descriptor: descriptor, file: (path, UInt64(status.st_dev), UInt64(status.st_ino)))
  }

  /// Takes over a socket that systemd made.
  static func inherited(_ role: SocketRole, descriptor: CInt) throws(ServiceError) -> ListeningSocket {
    guard lrng_is_listening(descriptor) == 1 else {
      throw ServiceError("descriptor \(descriptor) for '\(role.rawValue)' is no Unix stream socket that listens")
    }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    return ListeningSocket(role: role, name: "inherited \(role.rawValue)", descriptor: descriptor, file: nil)
  }

  private static func removeStale(_ path: String, _ address: UnixAddress) throws(ServiceError) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw ServiceError("\(path) is there and is no socket: remove it, or choose another path")
    }
    let probe = lrng_unix_socket(LRNG_STREAM)
    guard probe >= 0 else { throw ServiceError("socket: \(errorText(errno))") }
    defer { close(probe) }
    // EAGAIN is somebody whose queue is full.
    guard address.connect(probe) != 0, errno == ECONNREFUSED else {
      throw ServiceError("\(path): another process listens there")
    }
    guard unsafe unlink(path) == 0 || errno == ENOENT else {
      throw ServiceError("\(path): nobody listens there, but it can't be removed: \(errorText(errno))")
    }
  }

  /// Removes the file, if it still is the one that was made.
  func removeFile() {
    guard let file else { return }
    var status = stat()
    guard unsafe lstat(file.path, &status) == 0, UInt64(status.st_dev) == file.device,
      UInt64(status.st_ino) == file.inode
    else { return }
    unsafe unlink(file.path)
  }
}

/// The address of a Unix socket.
struct UnixAddress {
  static let longestPathInBytes = 107

  private var address = sockaddr_un()
  private let lengthInBytes: socklen_t

  /// - Parameter path: A path, or a name in the abstract namespace after `@`.
  init?(_ path: String, permitsAbstract: Bool = false) {
    let bytes = Array(path.utf8)
    guard (1...Self.longestPathInBytes).contains(bytes.count), !bytes.contains(0) else { return nil }
    let isAbstract = permitsAbstract && bytes[0] == UInt8(ascii: "@")
    address.sun_family = sa_family_t(AF_UNIX)
    // The path was just measured; the array is zeroed.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { place in
      for (index, byte) in bytes.enumerated() { unsafe place[index] = byte }
      if isAbstract { unsafe place[0] = 0 }
    }
    let header = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: address.sun_path)
    lengthInBytes = socklen_t(header + bytes.count + (isAbstract ? 0 : 1))
  }

  /// Calls the C function with the address.
  private func with<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
    unsafe withUnsafePointer(to: address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, lengthInBytes) }
    }
  }

  func bind(_ descriptor: CInt) -> CInt { unsafe with { unsafe platformBind(descriptor, $0, $1) } }

  func connect(_ descriptor: CInt) -> CInt { unsafe with { unsafe platformConnect(descriptor, $0, $1) } }

  /// Sends a datagram, unless the receiver's queue is full: nobody here waits for a service manager or a journal that hangs.
  func send(_ bytes: [UInt8], through descriptor: CInt) -> Int {
    unsafe with { address, length in
      unsafe bytes.withUnsafeBytes { bytes in
        unsafe sendto(
          descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT), address, length)
      }
    }
  }
}

/// What an error number says.
func errorText(_ number: CInt) -> String {
  // The text is the C library's; it is copied before anybody else asks.
  guard let text = unsafe strerror(number) else { return "error \(number)" }
  return unsafe String(cString: text)
}

private func platformBind(_ descriptor: CInt, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> CInt {
  unsafe bind(descriptor, address, length)
}

private func platformConnect(_ descriptor: CInt, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> CInt {
  unsafe connect(descriptor, address, length)
}
