// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import ArgumentParser

/// The options of `lrng serve`, each with a configuration key.
struct ServiceOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The native socket: status, seeds and all else.", valueName: "path"), completion: .file())
  var socket: String?

  @Option(help: ArgumentHelp("A socket that speaks the EGD protocol.", valueName: "path"), completion: .file())
  var egdSocket: String?

  @Option(
    help: ArgumentHelp("The same, with prediction resistance: fresh entropy for each 32 bytes.", valueName: "path"),
    completion: .file())
  var egdPrSocket: String?

  @Option(help: ArgumentHelp("Permissions of the sockets (default: 0666).", valueName: "octal"))
  var socketMode: String?

  @Option(help: ArgumentHelp("Owner of the sockets.", valueName: "user"))
  var socketOwner: String?

  @Option(help: ArgumentHelp("Group of the sockets.", valueName: "group"))
  var socketGroup: String?

  @Option(help: ArgumentHelp("Become this user when all is open.", valueName: "name"))
  var user: String?

  @Option(help: ArgumentHelp("Connections at the same time (default: 4096).", valueName: "n"))
  var maxConnections: String?

  @Option(help: ArgumentHelp("Close connections that say nothing for so long (default: never).", valueName: "seconds"))
  var idleTimeout: String?

  @Flag(help: "Count the entropy that root writes to an EGD socket as root says.")
  var believeRoot = false

  @Option(
    help: ArgumentHelp("Write metrics there for node_exporter's textfile collector.", valueName: "file"),
    completion: .file())
  var metricsFile: String?

  @Flag(help: "Serve the devices /dev/lrng and /dev/lrng-urandom, by the kernel's CUSE.")
  var cuse = false

  @Flag(help: "The same, and have them stand in for /dev/random and /dev/urandom once seeded.")
  var cuseBind = false

  @Flag(help: "Feed the kernel's generator as well.")
  var seedKernel = false

  @OptionGroup
  var kernel: KernelSeedingOptions

  /// What the options say, by configuration key.
  var settings: [String: OptionSetting] {
    var settings = kernel.settings
    func set(_ key: String, _ value: String?, _ option: String) {
      if let value { settings[key] = OptionSetting(value: value, option: option) }
    }
    set("service.socket", socket, "--socket")
    set("service.egdSocket", egdSocket, "--egd-socket")
    set("service.egdPrSocket", egdPrSocket, "--egd-pr-socket")
    set("service.socketMode", socketMode, "--socket-mode")
    set("service.socketOwner", socketOwner, "--socket-owner")
    set("service.socketGroup", socketGroup, "--socket-group")
    set("service.user", user, "--user")
    set("service.maxConnections", maxConnections, "--max-connections")
    set("service.idleSeconds", idleTimeout, "--idle-timeout")
    set("service.believeRoot", believeRoot ? "true" : nil, "--believe-root")
    set("service.metricsFile", metricsFile, "--metrics-file")
    set("service.cuse", cuse ? "true" : nil, "--cuse")
    set("service.cuseBind", cuseBind ? "true" : nil, "--cuse-bind")
    set("seedKernel.enabled", seedKernel ? "true" : nil, "--seed-kernel")
    return settings
  }
}

/// How the kernel's generator is fed.
struct KernelSeedingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Bits that 64 bytes for the kernel are credited with, 0 to 512 (default: 256).", valueName: "bits"))
  var credit: String?

  @Option(help: ArgumentHelp("Feed the kernel every so many seconds (default: 60).", valueName: "seconds"))
  var interval: String?

  var settings: [String: OptionSetting] {
    var settings: [String: OptionSetting] = [:]
    if let credit { settings["seedKernel.credit"] = OptionSetting(value: credit, option: "--credit") }
    if let interval { settings["seedKernel.seconds"] = OptionSetting(value: interval, option: "--interval") }
    return settings
  }
}
