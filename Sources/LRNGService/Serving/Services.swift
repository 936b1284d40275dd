// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNG
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
import UnixSignals

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Does something again and again until the service stops.
func untilShutdown(every interval: Duration, _ body: @escaping @Sendable () async -> Void) async {
  // Cancellation is how it ends.
  try? await cancelWhenGracefulShutdown {
    while true {
      await body()
      try await Task.sleep(for: interval)
    }
  }
}

/// The generator behind all sockets; it is the last to stop, and leaves a seed for the next start.
struct GeneratorService: Service {
  let generator: RandomBitGenerator
  let desk: RequestDesk
  let logger: Logger

  func run() async throws {
    desk.start()
    logger.info("started", metadata: [MessageID.key: "\(MessageID.started.rawValue)"])
    try? await gracefulShutdown()
    await desk.stop()
    do {
      if try generator.storeSeed() { logger.info("seed stored for the next start") }
    } catch {
      logger.warning("no seed stored for the next start: \(error)")
    }
    logger.info("stopped", metadata: [MessageID.key: "\(MessageID.stopped.rawValue)"])
  }
}

/// Sees to the seed: tells the service manager when it is there, and those who wait for it, and has it renewed where another
/// machine may have a copy of it.
struct SeedService: Service {
  let generator: RandomBitGenerator
  let desk: RequestDesk
  let manager: ServiceManager
  let gate: ConnectionGate
  let logger: Logger

  func run() async throws {
    let wasSeeded = Mutex<Bool?>(nil)
    let watch = Mutex(ClockWatch())
    manager.notify("STATUS=collecting entropy")
    await untilShutdown(every: .milliseconds(50)) {
      if let sign = watch.withLock({ $0.observe(ClockReading.now()) }) {
        generator.reseed()
        logger.notice(
          "\(sign == .resumed ? "the machine was suspended" : "the clock was set"): a reseed is due",
          metadata: [MessageID.key: "\(MessageID.resumed.rawValue)"])
      }
      // Without a seed this asks the sources, too.
      let isSeeded = generator.isFullySeeded
      let before = wasSeeded.withLock { before in
        defer { before = isSeeded }
        return before
      }
      if isSeeded && before != true {
        manager.notifyReady(SeedStatus.seeded)
        logger.info("fully seeded", metadata: [MessageID.key: "\(MessageID.seeded.rawValue)"])
      } else if !isSeeded && before == true {
        manager.notify("STATUS=\(SeedStatus.lost)")
        logger.warning("not fully seeded any more", metadata: [MessageID.key: "\(MessageID.seedLost.rawValue)"])
      }
      if desk.hasWaiting { desk.resumeWaiting() }
    }
    manager.notify("STOPPING=1\nSTATUS=stopping")
  }
}

extension RandomBitGenerator {
  /// Whether it may serve; asks the sources if not. For an event that comes a few times a second.
  fileprivate var isFullySeeded: Bool { waitUntilFullySeeded(timeoutInMilliseconds: 0) }
}

/// What the service manager shows.
private enum SeedStatus {
  static let seeded = "fully seeded"
  static let lost = "not seeded: collecting entropy"
}

/// Reads the configuration again on SIGHUP.
struct ReloadService: Service {
  let generator: RandomBitGenerator
  let manager: ServiceManager
  let reload: @Sendable () throws -> LRNG.Configuration
  let logger: Logger

  func run() async throws {
    let signals = await UnixSignalsSequence(trapping: .sighup)
    for await _ in signals.cancelOnGracefulShutdown() {
      // Who was never ready does not become so by this.
      guard manager.wasReady else {
        apply()
        continue
      }
      var now = timespec()
      unsafe clock_gettime(CLOCK_MONOTONIC, &now)
      manager.notify("RELOADING=1\nMONOTONIC_USEC=\(now.tv_sec * 1_000_000 + now.tv_nsec / 1000)")
      apply()
      manager.notifyReady(generator.isFullySeeded ? SeedStatus.seeded : SeedStatus.lost)
    }
  }

  private func apply() {
    do {
      try adopt(try reload())
      generator.reseed()
      logger.info("configuration read again: generator and hash are in force, all else at the next start")
    } catch {
      logger.error("configuration not read again, the old one stays in force: \(error)")
    }
  }
}

extension ReloadService {
  /// Switches to what can be switched to at run time.
  private func adopt(_ configuration: LRNG.Configuration) throws {
    #if Switching
      let active = generator.configuration
      if configuration.drng != active.drng { try generator.switchDRNG(to: configuration.drng) }
      if let hash = configuration.hash, hash != active.hash { try generator.switchHash(to: hash) }
    #endif
  }
}

/// Tells the service manager that requests are still answered.
struct WatchdogService: Service {
  let desk: RequestDesk
  let manager: ServiceManager
  let interval: Duration

  func run() async throws {
    let (desk, manager) = (desk, manager)
    await untilShutdown(every: interval / 3) {
      // A request like any other: if it hangs, so does everybody's.
      _ = desk.submit(.processIdentifier, from: Peer(user: 0, process: 0)) { _ in manager.notify("WATCHDOG=1") }
    }
  }
}

/// Accepts on one socket.
struct ListenerService: Service {
  let socket: ListeningSocket
  let group: MultiThreadedEventLoopGroup
  let desk: RequestDesk
  let gate: ConnectionGate
  let idleTimeout: Duration?
  let logger: Logger

  func run() async throws {
    let channel = try await listen()
    logger.info("listening", metadata: ["socket": "\(socket.name)", "protocol": "\(socket.role.rawValue)"])
    try? await gracefulShutdown()
    try? await channel.close().get()
    gate.closeAll()
    socket.removeFile()
  }

  func listen() async throws -> any Channel {
    let (desk, gate, role, idleTimeout) = (desk, gate, socket.role, idleTimeout)
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(AcceptHandler(gate))
        }
      }
      .serverChannelOption(.maxMessagesPerRead, value: 16)
      .childChannelOption(.autoRead, value: false)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelOption(.maxMessagesPerRead, value: 1)
      .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 4096))
      .childChannelInitializer { channel in
        ListenerService.peer(of: channel).flatMapErrorThrowing { error in
          gate.didNotArrive()
          throw error
        }.flatMapThrowing { peer in
          guard gate.enter(channel, user: peer.user) else { throw ChannelError.ioOnClosedChannel }
          let pipeline = channel.pipeline.syncOperations
          if let idleTimeout {
            try pipeline.addHandler(IdleStateHandler(allTimeout: TimeAmount(idleTimeout)))
          }
          switch role {
          case .egd:
            try pipeline.addHandler(ConnectionHandler(EGDProtocol(quality: .fullySeeded), peer: peer, desk: desk))
          case .egdPredictionResistant:
            try pipeline.addHandler(
              ConnectionHandler(EGDProtocol(quality: .predictionResistant), peer: peer, desk: desk))
          case .native:
            try pipeline.addHandler(ConnectionHandler(NativeProtocol(), peer: peer, desk: desk))
          }
        }
      }
    return try await bootstrap.withBoundSocket(socket.descriptor).get()
  }

  private static func peer(of channel: any Channel) -> EventLoopFuture<Peer> {
    guard let provider = channel as? any SocketOptionProvider else {
      return channel.eventLoop.makeSucceededFuture(Peer(user: .max, process: 0))
    }
    // The option delivers this structure.
    let credentials: EventLoopFuture<PeerCredentials> = provider.unsafeGetSocketOption(
      level: NIOBSDSocket.OptionLevel(rawValue: PeerCredentials.level),
      name: NIOBSDSocket.Option(rawValue: PeerCredentials.option))
    return credentials.map { Peer(user: $0.user, process: $0.process) }
  }
}
