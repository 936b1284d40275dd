// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

// The service as a whole.
//
//   prepare()   one thread, all privileges: sockets, hardening, sources, then privileges are dropped
//   run()       supervised services, one for each concern, until a signal
//
// The order of `services` is that of the start; they stop in the opposite one: first nobody is accepted any more, last the
// seed is stored.

import CService
public import LRNG
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// How a service is set up, apart from its generator.
public struct DaemonConfiguration: Sendable {
  /// Sockets to make.
  public var sockets: [(role: SocketRole, place: SocketPlace)] = []
  /// The user to become; `nil` stays who starts it.
  public var user: ServiceUser?
  public var limits = ConnectionLimits()
  /// Connections without a request for so long are closed; `nil`: never.
  public var idleTimeout: Duration?
  public var credit = CreditPolicy()
  /// Where metrics are written for node_exporter, and how often.
  public var metricsFile: String?
  public var metricsInterval: Duration = .seconds(15)
  /// How the kernel is fed; `nil`: not at all.
  public var kernelSeeding: KernelSeeding?
  /// The device files to serve.
  public var devices: DeviceConfiguration?

  public init() {}
}

/// What the program gives to the service.
public struct DaemonHooks: Sendable {
  /// The status as JSON.
  public var statusJSON: @Sendable (Status) -> [UInt8]
  /// Reads the configuration of the generator again.
  public var reload: @Sendable () throws -> LRNG.Configuration

  public init(
    statusJSON: @escaping @Sendable (Status) -> [UInt8], reload: @escaping @Sendable () throws -> LRNG.Configuration
  ) {
    self.statusJSON = statusJSON
    self.reload = reload
  }
}

/// The LRNG as a service.
public final class Daemon: Sendable {
  public let generator: RandomBitGenerator
  private let configuration: DaemonConfiguration
  private let sockets: [ListeningSocket]
  private let manager: ServiceManager
  private let logger: Logger
  private let hooks: DaemonHooks
  private let observer: SourceObserver
  private let registry: MetricsRegistry
  private let port: KernelPort?
  private let devices: Devices?

  /// Opens everything that needs privileges, and drops them. Call it while the process has one thread.
  ///
  /// - Throws: ``ServiceError``, `LRNGError`.
  public init(
    _ configuration: DaemonConfiguration, generator generatorConfiguration: LRNG.Configuration, hooks: DaemonHooks,
    manager: ServiceManager = ServiceManager()
  ) throws {
    let logger = Logger(label: "lrng") { Journal(label: $0) }
    var sockets = try manager.sockets()
    do {
      // A socket that was handed over stands for the one that is configured.
      for (role, place) in configuration.sockets where !sockets.contains(where: { $0.role == role }) {
        sockets.append(try .open(role, at: place))
      }
      guard !sockets.isEmpty || configuration.kernelSeeding != nil || configuration.devices != nil else {
        throw ServiceError("nothing to serve: give --socket, --egd-socket, --egd-pr-socket, --cuse or --seed-kernel")
      }
      for missing in Privileges.harden() { logger.notice("\(missing)") }

      var generatorConfiguration = generatorConfiguration
      port = try configuration.kernelSeeding.map { seeding in
        // What the kernel has from here must not come back as entropy.
        generatorConfiguration.kernel.isEnabled = false
        return try KernelPort.open(seeding, isSeparate: true)
      }
      // After the kernel's own device was opened, which they may stand in for.
      devices = try configuration.devices.map(Devices.init)
      let registry = MetricsRegistry()
      let observer = SourceObserver(factory: registry)
      generator = try RandomBitGenerator(generatorConfiguration, observer: { observer.observe($0) })
      self.registry = registry
      self.observer = observer
      // Opens the sources, which needs privileges.
      _ = generator.waitUntilFullySeeded(timeoutInMilliseconds: 0)
      try Privileges.drop(to: configuration.user)
    } catch {
      for socket in sockets { socket.removeFile() }
      throw error
    }
    self.configuration = configuration
    self.sockets = sockets
    self.manager = manager
    self.logger = logger
    self.hooks = hooks
  }

  /// Serves until SIGTERM or SIGINT, in the calling thread.
  public func runBlocking() throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, min(4, System.coreCount / 2)))
    defer { try? group.syncShutdownGracefully() }
    try group.next().makeFutureWithTask { try await self.run(on: group) }.wait()
  }

  /// Serves until SIGTERM or SIGINT.
  func run(on group: MultiThreadedEventLoopGroup, signals: [UnixSignal] = [.sigterm, .sigint]) async throws {
    // Descriptors for everything else are kept free, so that a full house does not keep the service from its own files.
    var limits = configuration.limits
    limits.total = max(1, min(limits.total, Privileges.descriptorLimit - 64))
    let gate = ConnectionGate(limits)
    let text = MetricsText(generator: generator, registry: registry, gate: gate)
    let (generator, hooks) = (generator, hooks)
    let desk = RequestDesk(
      generator,
      documents: RequestDesk.Documents(
        status: { format in
          format == .json ? hooks.statusJSON(generator.status) : Array(generator.status.description.utf8)
        },
        metrics: { text.document() }),
      credit: configuration.credit, counters: RequestCounters(factory: registry), threads: max(2, System.coreCount))

    var services: [any Service] = [
      GeneratorService(generator: generator, desk: desk, logger: logger),
      AlarmService(observer: observer, logger: logger),
      SeedService(generator: generator, desk: desk, manager: manager, gate: gate, logger: logger),
      ReloadService(generator: generator, manager: manager, reload: hooks.reload, logger: logger),
    ]
    if let interval = manager.watchdogInterval {
      services.append(WatchdogService(desk: desk, manager: manager, interval: interval))
    }
    if let path = configuration.metricsFile {
      services.append(
        MetricsFileService(path: path, interval: configuration.metricsInterval, text: text, logger: logger))
    }
    if let port, let seeding = configuration.kernelSeeding {
      services.append(
        KernelSeedingService(
          port: port, seeding: seeding, generator: generator, counters: KernelCounters(factory: registry),
          logger: logger))
    }
    if let devices {
      services.append(try DeviceService(devices, generator: generator, desk: desk, logger: logger))
    }
    for socket in sockets {
      services.append(
        ListenerService(
          socket: socket, group: group, desk: desk, gate: gate, idleTimeout: configuration.idleTimeout, logger: logger))
    }
    var group = ServiceGroupConfiguration(
      services: services.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) },
      gracefulShutdownSignals: signals, logger: quietLogger)
    group.maximumGracefulShutdownDuration = .seconds(10)
    try await ServiceGroup(configuration: group).run()
  }

  /// The supervisor tells of each step of a start and a stop; what matters of it, the services say themselves.
  private var quietLogger: Logger {
    var logger = logger
    logger.logLevel = .warning
    return logger
  }
}
