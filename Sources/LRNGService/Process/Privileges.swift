// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import CService

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The user that a service becomes.
public struct ServiceUser: Equatable, Sendable {
  public let name: String
  public let user: UInt32
  public let group: UInt32

  /// - Parameter name: A name or a number of the user database.
  public init(named name: String) throws(ServiceError) {
    let number = UInt32(name)
    guard let entry = unsafe number != nil ? getpwuid(number ?? 0) : getpwnam(name) else {
      throw ServiceError("there is no user '\(name)'")
    }
    // The entry is the C library's, and read before anybody else asks.
    user = unsafe entry.pointee.pw_uid
    group = unsafe entry.pointee.pw_gid
    self.name = name
  }

  /// The number of a group, by name or number.
  public static func group(named name: String) throws(ServiceError) -> UInt32 {
    if let number = UInt32(name) { return number }
    guard let entry = unsafe getgrnam(name) else { throw ServiceError("there is no group '\(name)'") }
    return unsafe entry.pointee.gr_gid
  }
}

/// What a process gives up before it talks to anybody.
///
/// All of it is called while the process has one thread: Linux keeps capabilities for each thread.
public enum Privileges {
  /// No core dumps, memory that is not swapped, as many descriptors as there may be. What the system does not permit is
  /// left out; the return value says what.
  public static func harden() -> [String] {
    var missing: [String] = []
    if lrng_forbid_core_files() != 0 { missing.append("core dumps stay on") }
    if lrng_forbid_dumps() != 0 { missing.append("the process stays dumpable") }
    if lrng_lock_all_memory() != 0 {
      missing.append("only the generator's own memory is locked (LimitMEMLOCK=infinity)")
    }
    return missing
  }

  /// As many descriptors as the process may open; it may open that many afterwards.
  static var descriptorLimit: Int { Int(clamping: min(lrng_raise_descriptor_limit(), 1 << 20)) }

  /// Becomes the user, if one is given, and gives up all capabilities but one (`nil`: all), for ever.
  public static func drop(to user: ServiceUser?, keeping capability: Int32? = nil) throws(ServiceError) {
    lrng_bound_capabilities(capability ?? -1)
    if let user {
      if capability != nil { _ = lrng_keep_capabilities_over_setuid() }
      guard lrng_become(user.user, user.group) == 0 else {
        throw ServiceError("can't become user '\(user.name)': \(errorText(errno))")
      }
      // A kernel that lets this happen has let nothing go.
      guard user.user == 0 || lrng_can_become_root() == 0 else {
        throw ServiceError("became user '\(user.name)' and can still become root")
      }
    }
    guard lrng_keep_capability(capability ?? -1) == 0 else {
      throw ServiceError("can't give up capabilities: \(errorText(errno))")
    }
    guard lrng_no_new_privileges() == 0 else { throw ServiceError("no_new_privs: \(errorText(errno))") }
    // A change of user makes a process dumpable again.
    _ = lrng_forbid_dumps()
  }

  /// Gives up all that feeding the kernel's generator does not need.
  public static func keepForKernel() throws(ServiceError) {
    _ = harden()
    try drop(to: nil, keeping: Int32(LRNG_CAP_SYS_ADMIN))
  }
}
