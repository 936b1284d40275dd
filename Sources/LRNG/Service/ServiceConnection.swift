// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

#if os(Linux)

  import CLinux

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// Why a service did not answer.
  public enum ServiceConnectionError: Error, Equatable, Sendable {
    /// Nobody listens at the path.
    case noService(path: String)
    /// The socket must not be used by this user.
    case permissionDenied(path: String)
    /// It took longer than it may.
    case timedOut
    /// The connection broke, or what came is no answer.
    case broken
    case refused(ServiceRefusal, message: String)
  }

  extension ServiceConnectionError: CustomStringConvertible {
    public var description: String {
      switch self {
      case .noService(let path): "no service listens at \(path)"
      case .permissionDenied(let path): "permission denied: \(path)"
      case .timedOut: "the service does not answer in time"
      case .broken: "the service broke the connection off"
      case .refused(_, let message): message
      }
    }
  }

  /// A connection to the native socket of `lrng serve`. It blocks the calling thread.
  public struct ServiceConnection: ~Copyable {
    /// Where the service usually listens.
    public static let usualPath = "/run/lrng/socket"

    private let descriptor: FileDescriptor
    private var identifier: UInt32 = 0

    /// Connects.
    ///
    /// - Parameter timeoutInMilliseconds: For each step of the exchange, 1 or more.
    public init(path: String = usualPath, timeoutInMilliseconds: Int = 5000) throws(ServiceConnectionError) {
      descriptor = FileDescriptor(try Self.connect(path, timeoutInMilliseconds))
    }

    private static func connect(_ path: String, _ timeoutInMilliseconds: Int) throws(ServiceConnectionError) -> CInt {
      switch System.connect(to: path, timeoutInMilliseconds: timeoutInMilliseconds) {
      case .success(let descriptor): return descriptor
      case .failure(.permissionDenied), .failure(.notPermitted): throw .permissionDenied(path: path)
      case .failure(.wouldBlock), .failure(.timedOut): throw .timedOut
      case .failure: throw .noService(path: path)
      }
    }

    /// Whether this process is the service, as the kernel says.
    var leadsToOwnProcess: Bool { System.peerProcess(of: descriptor.rawValue) == getpid() }

    /// Sends a request and waits for the answer.
    public mutating func exchange(
      _ operation: ServiceOperation, flags: ServiceFlags = [], payload: [UInt8] = []
    ) throws(ServiceConnectionError) -> [UInt8] {
      identifier &+= 1
      try send(ServiceMessage.request(operation, flags: flags, identifier: identifier, payload: payload))
      let header = ServiceMessage.ResponseHeader(try receive(ServiceMessage.headerLengthInBytes))
      guard let header, header.identifier == identifier else { throw .broken }
      let payload = try receive(header.lengthInBytes)
      if let refusal = header.refusal { throw .refused(refusal, message: String(decoding: payload, as: UTF8.self)) }
      return payload
    }

    /// Random bytes, 0 ... 65536 of them.
    public mutating func randomBytes(
      _ count: Int, flags: ServiceFlags = []
    ) throws(ServiceConnectionError) -> [UInt8] {
      let bytes = try exchange(.get, flags: flags, payload: ServiceMessage.bytes(of: UInt32(clamping: count)))
      guard bytes.count == count || flags.contains(.nonBlocking) && bytes.count < count else { throw .broken }
      return bytes
    }

    private func send(_ bytes: [UInt8]) throws(ServiceConnectionError) {
      var sent = 0
      while sent < bytes.count {
        // The bytes stay where they are for the duration of the call.
        let result = unsafe bytes.withUnsafeBytes {
          unsafe System.send(descriptor.rawValue, from: UnsafeRawBufferPointer(rebasing: $0[sent...]))
        }
        switch result {
        case .success(let count): sent += count
        case .failure(.wouldBlock): throw .timedOut
        case .failure: throw .broken
        }
      }
    }

    private func receive(_ count: Int) throws(ServiceConnectionError) -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: count)
      var received = 0
      while received < count {
        // The bytes stay where they are for the duration of the call.
        let result = unsafe bytes.withUnsafeMutableBytes {
          unsafe System.read(descriptor.rawValue, into: UnsafeMutableRawBufferPointer(rebasing: $0[received...]))
        }
        switch result {
        case .success(let more) where more > 0: received += more
        case .failure(.wouldBlock): throw .timedOut
        case .success, .failure: throw .broken
        }
      }
      return bytes
    }
  }

#endif
