// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import ArgumentParser
import LRNG
import LRNGService

struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve random bytes on Unix sockets and as a device.",
    discussion: """
      It opens sockets and entropy sources, gives up its privileges, and serves until SIGTERM; SIGHUP lets it read its \
      configuration again. Nothing is offered on any network. A service manager is told when it is seeded; sockets that \
      one hands over are served, too, by their names: egd, egd-pr, native.

      EXAMPLES
        lrng serve --socket /run/lrng/socket
        lrng serve --egd-socket /run/lrng/egd --egd-pr-socket /run/lrng/egd-pr --user lrng
        lrng serve --socket /run/lrng/socket --seed-kernel --seed-file /var/lib/lrng/seed
        lrng serve --cuse --user lrng
      """)

  @OptionGroup(title: "SERVICE")
  var service: ServiceOptions

  @OptionGroup(title: "CONFIGURATION")
  var options: GlobalOptions

  func run() throws {
    let effective = try options.effectiveConfiguration(more: service.settings)
    let configuration = try effective.settings.service.daemonConfiguration()
    let (settings, file) = (options.settings.merging(service.settings) { $1 }, options.config)
    let hooks = DaemonHooks(
      statusJSON: { status in Array(((try? JSONText.of(StatusDocument(status: status))) ?? "{}").utf8) },
      reload: { try EffectiveConfiguration(options: settings, file: file).configuration })
    do {
      let daemon = try Daemon(configuration, generator: effective.configuration, hooks: hooks)
      try daemon.runBlocking()
    } catch let error as ServiceError {
      throw Failure(.unavailable, error.description)
    } catch let error as LRNGError {
      throw Failure(error)
    }
  }
}
