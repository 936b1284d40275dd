// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import NIOCore
import Synchronization

/// How many connections there may be.
public struct ConnectionLimits: Equatable, Sendable {
  /// In all. More wait in the queue of the socket until others leave.
  public var total: Int
  /// Of one user who is not root. More are closed at once.
  public var ofOneUser: Int

  public init(total: Int = 4096, ofOneUser: Int? = nil) {
    self.total = max(1, total)
    // A single user never fills the service.
    self.ofOneUser = max(1, ofOneUser ?? self.total * 3 / 4)
  }
}

/// Counts the connections of all sockets, and stops accepting at the limit.
final class ConnectionGate: Sendable {
  private struct State {
    var channels: [ObjectIdentifier: any Channel] = [:]
    var ofUser: [UInt32: Int] = [:]
    /// Connections that were accepted and are not registered yet.
    var arriving = 0
    /// Wake the listeners that stopped accepting.
    var resumptions: [@Sendable () -> Void] = []
    var isClosed = false
  }

  let limits: ConnectionLimits
  private let state = Mutex(State())
  private let accepted = Atomic<UInt64>(0)
  private let refused = Atomic<UInt64>(0)

  init(_ limits: ConnectionLimits) {
    self.limits = limits
  }

  var openCount: Int { state.withLock { $0.channels.count } }
  var acceptedCount: UInt64 { accepted.load(ordering: .relaxed) }
  var refusedCount: UInt64 { refused.load(ordering: .relaxed) }

  /// Asks whether one more may be accepted; if not, `resume` is called when it may.
  func mayAccept(orElse resume: @escaping @Sendable () -> Void) -> Bool {
    state.withLock { state in
      if state.channels.count + state.arriving < limits.total { return true }
      state.resumptions.append(resume)
      return false
    }
  }

  func willArrive() { state.withLock { $0.arriving += 1 } }

  /// Enters a connection, unless its user has too many.
  ///
  /// - Returns: Whether it may stay.
  func enter(_ channel: any Channel, user: UInt32) -> Bool {
    let isAdmitted = state.withLock { state -> Bool in
      state.arriving -= 1
      let count = state.ofUser[user, default: 0]
      guard !state.isClosed, user == 0 || count < limits.ofOneUser else { return false }
      state.ofUser[user] = count + 1
      state.channels[ObjectIdentifier(channel)] = channel
      return true
    }
    guard isAdmitted else {
      refused.add(1, ordering: .relaxed)
      resume()
      return false
    }
    accepted.add(1, ordering: .relaxed)
    let key = ObjectIdentifier(channel)
    channel.closeFuture.whenComplete { _ in self.leave(key, user: user) }
    return true
  }

  /// A connection that was accepted broke before it could be entered.
  func didNotArrive() {
    state.withLock { $0.arriving -= 1 }
    resume()
  }

  private func leave(_ key: ObjectIdentifier, user: UInt32) {
    state.withLock { state in
      state.channels[key] = nil
      let count = state.ofUser[user, default: 1] - 1
      state.ofUser[user] = count > 0 ? count : nil
    }
    resume()
  }

  private func resume() {
    let waiting = state.withLock { state in
      defer { state.resumptions.removeAll() }
      return state.resumptions
    }
    for resume in waiting { resume() }
  }

  /// Closes all connections; new ones are closed at once.
  func closeAll() {
    let channels = state.withLock { state in
      state.isClosed = true
      return Array(state.channels.values)
    }
    for channel in channels { channel.close(mode: .all, promise: nil) }
  }
}

/// Sits in the pipeline of a listening socket and accepts while the gate permits.
///
/// Where descriptors run out all the same, NIO's `AcceptBackoffHandler` behind it waits a second before it tries again;
/// who is connected does not notice.
final class AcceptHandler: ChannelDuplexHandler {
  typealias InboundIn = any Channel
  typealias InboundOut = any Channel
  typealias OutboundIn = Never
  typealias OutboundOut = Never

  private let gate: ConnectionGate
  private var isPaused = false

  init(_ gate: ConnectionGate) {
    self.gate = gate
  }

  func read(context: ChannelHandlerContext) {
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    let loop = context.eventLoop
    isPaused = !gate.mayAccept {
      loop.execute {
        let (handler, context) = bound.value
        if handler.isPaused { handler.read(context: context) }
      }
    }
    if !isPaused { context.read() }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    gate.willArrive()
    context.fireChannelRead(data)
  }
}
