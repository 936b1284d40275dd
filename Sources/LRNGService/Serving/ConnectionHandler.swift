// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import NIOCore

/// Who is at the other end, as the kernel says.
public struct Peer: Equatable, Sendable {
  public var user: UInt32
  public var process: Int32

  public init(user: UInt32, process: Int32) {
    self.user = user
    self.process = process
  }
}

/// One connection: bytes to requests, replies to bytes.
///
/// It has at most one request at work and one reply on the way, and reads nothing meanwhile: a client that does not take
/// its replies, or sends faster than it is served, keeps itself waiting and nobody else.
final class ConnectionHandler<Wire: WireProtocol>: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// What may wait in memory when a client has closed its sending half: NIO then reads all that is left at once.
  private static var mostBytesAfterEnd: Int { Wire.mostPendingBytes + 65536 }

  private var wire: Wire
  private let peer: Peer
  private let desk: RequestDesk
  private var isBusy = false
  private var isInputClosed = false
  private var work: WorkTicket?
  /// What is written and has to be wiped after that.
  private var outgoing: OutgoingBuffer?

  init(_ wire: Wire, peer: Peer, desk: RequestDesk) {
    self.wire = wire
    self.peer = peer
    self.desk = desk
  }

  func channelActive(context: ChannelHandlerContext) {
    context.read()
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    work?.abandon()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // The bytes are copied before the buffer goes.
    unsafe unwrapInboundIn(data).withUnsafeReadableBytes { unsafe wire.append($0) }
    if wire.pendingCount > Self.mostBytesAfterEnd { return context.close(promise: nil) }
    advance(context)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case ChannelEvent.inputClosed:
      isInputClosed = true
      advance(context)
    case is IdleStateHandler.IdleStateEvent:
      // Who waits for an answer is not idle.
      if !isBusy { context.close(promise: nil) }
    default: context.fireUserInboundEventTriggered(event)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  /// Takes the next request, or reads on.
  private func advance(_ context: ChannelHandlerContext) {
    guard !isBusy, context.channel.isActive else { return }
    switch wire.next() {
    case .incomplete:
      if isInputClosed { context.close(promise: nil) } else { context.read() }
    case .request(let request, let envelope):
      isBusy = true
      let loop = context.eventLoop
      let bound = NIOLoopBound((self, context), eventLoop: loop)
      work = desk.submit(request, from: peer) { reply in
        loop.execute {
          let (handler, context) = bound.value
          handler.finish(context, reply, envelope)
        }
      }
    case .refused(let refusal, let envelope):
      isBusy = true
      send(context, wire.encode(.refused(refusal), envelope))
    case .violation(let farewell):
      isBusy = true
      sendAndClose(context, farewell)
    }
  }

  private func finish(_ context: ChannelHandlerContext, _ reply: ServiceReply, _ envelope: Wire.Envelope) {
    work = nil
    guard context.channel.isActive else { return }
    if wire.isFinal(reply, envelope) { return context.close(promise: nil) }
    let head = wire.encode(reply, envelope)
    guard case .secret(let bytes) = reply else { return send(context, head) }
    let answer = OutgoingBuffer(head, bytes, allocator: context.channel.allocator)
    outgoing = answer
    send(context, answer.bytes)
  }

  private func send(_ context: ChannelHandlerContext, _ bytes: [UInt8]) {
    send(context, context.channel.allocator.buffer(bytes: bytes))
  }

  private func send(_ context: ChannelHandlerContext, _ buffer: ByteBuffer) {
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    guard buffer.readableBytes > 0 else {
      isBusy = false
      // Not at once: a thousand requests without an answer would be as many calls deep.
      return context.eventLoop.execute { bound.value.0.advance(bound.value.1) }
    }
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.whenComplete { _ in
      // When whoever fulfils the promise has let go of the buffer.
      bound.value.1.eventLoop.execute {
        let (handler, context) = bound.value
        handler.outgoing?.wipe()
        handler.outgoing = nil
        handler.isBusy = false
        handler.advance(context)
      }
    }
    context.writeAndFlush(wrapOutboundOut(buffer), promise: written)
  }

  private func sendAndClose(_ context: ChannelHandlerContext, _ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return context.close(promise: nil) }
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.whenComplete { _ in bound.value.close(promise: nil) }
    context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: written)
  }
}
