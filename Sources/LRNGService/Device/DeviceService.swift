// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNG
import Logging
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Which device files are served.
public struct DeviceConfiguration: Equatable, Sendable {
  /// Whether they stand in for `/dev/random` and `/dev/urandom`, from the time that the generator is fully seeded.
  public var standsIn: Bool

  public init(standsIn: Bool = false) {
    self.standsIn = standsIn
  }
}

/// The device files, as they are made while there are privileges.
final class Devices: Sendable {
  let nodes: [DeviceNode]
  let mounts: DeviceMounts?

  init(_ configuration: DeviceConfiguration) throws(ServiceError) {
    var nodes: [DeviceNode] = []
    for role in DeviceRole.allCases { nodes.append(try .make(role)) }
    self.nodes = nodes
    mounts = configuration.standsIn ? try .start(DeviceRole.allCases) : nil
  }
}

/// Serves the device files.
struct DeviceService: Service {
  private let devices: Devices
  private let sessions: [DeviceSession]
  private let generator: RandomBitGenerator
  private let logger: Logger

  init(_ devices: Devices, generator: RandomBitGenerator, desk: RequestDesk, logger: Logger) throws(ServiceError) {
    self.devices = devices
    self.generator = generator
    self.logger = logger
    let callers = CallerPrivileges()
    let view = DeviceSession.View(
      isOperational: { generator.isOperational }, wantsEntropy: { generator.wantsAuxiliaryEntropy },
      entropyInBits: { generator.auxiliaryEntropyInBits })
    var sessions: [DeviceSession] = []
    for node in devices.nodes {
      sessions.append(
        try DeviceSession(node, desk: desk, view: view) { callers.maySetEntropy(user: $0, process: $1) })
    }
    self.sessions = sessions
  }

  func run() async throws {
    // A thread for each device, and one for the mounts.
    let threads = NIOThreadPool(numberOfThreads: sessions.count + 1)
    threads.start()
    let (devices, sessions, generator, logger) = (devices, sessions, generator, logger)
    await withTaskGroup { tasks in
      for session in sessions {
        logger.info("serving a device", metadata: ["device": "\(session.node.role.path)"])
        tasks.addTask {
          let wasStopped = try? await threads.runIfActive { session.serve() }
          if wasStopped == false {
            logger.error("the kernel has ended a device", metadata: ["device": "\(session.node.role.path)"])
          }
        }
      }
      let isMounted = Mutex(devices.mounts == nil)
      await untilShutdown(every: .milliseconds(50)) {
        for session in sessions { session.look() }
        guard let mounts = devices.mounts, generator.isOperational,
          isMounted.withLock({ isMounted in
            defer { isMounted = true }
            return !isMounted
          })
        else { return }
        let number = try? await threads.runIfActive { mounts.mount() }
        if number == 0 {
          logger.notice("/dev/random and /dev/urandom are this service")
        } else {
          logger.error("/dev/random and /dev/urandom stay the kernel's: \(errorText(number ?? 0))")
        }
      }
      // New users get the kernel's devices, and then nobody is left waiting.
      if let mounts = devices.mounts { _ = try? await threads.runIfActive { mounts.end() } }
      for session in sessions { session.stop() }
    }
    for node in devices.nodes { node.close() }
    try? await threads.shutdownGracefully()
  }
}
