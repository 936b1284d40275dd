// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNG

/// All settings: those of the generator, and those of the service around it.
///
/// A member of the generator's configuration is a member of this, too.
@dynamicMemberLookup
struct Settings: Sendable {
  var generator: LRNG.Configuration
  var service = ServiceSettings()

  subscript<Value>(dynamicMember path: WritableKeyPath<LRNG.Configuration, Value>) -> Value {
    get { generator[keyPath: path] }
    set { generator[keyPath: path] = newValue }
  }
}

/// The settings of `lrng serve` and `lrng seed-kernel`, as they are written.
struct ServiceSettings: Sendable {
  var socket = ""
  var egdSocket = ""
  var egdPredictionResistantSocket = ""
  /// Permission bits in octal digits.
  var socketMode = "0666"
  var socketOwner = ""
  var socketGroup = ""
  var user = ""
  var maxConnections: UInt64 = 4096
  var idleSeconds: UInt64 = 0
  var believesRoot = false
  var metricsFile = ""
  var metricsSeconds: UInt64 = 15
  var servesDevice = false
  var bindsDevice = false

  var seedsKernel = false
  var kernelCredit: UInt64 = 256
  var kernelSeconds: UInt64 = 60
  var kernelDevice = "/dev/random"
  var kernelForcesReseed = false
  var kernelUsesPredictionResistance = false
}

extension ConfigurationKey {
  /// The keys of the service.
  static let ofService: [ConfigurationKey] = [
    text("service.socket", \.socket, "a path, or \"\" for none"),
    text("service.egdSocket", \.egdSocket, "a path, or \"\" for none"),
    text("service.egdPrSocket", \.egdPredictionResistantSocket, "a path, or \"\" for none"),
    ConfigurationKey(
      name: "service.socketMode", type: .string, allowed: "octal digits, 0 to 0777",
      set: { settings, text in
        guard let mode = UInt32(text, radix: 8), mode <= 0o777 else { return false }
        settings.service.socketMode = text
        return true
      },
      get: { $0.service.socketMode }),
    text("service.socketOwner", \.socketOwner, "a user, or \"\" for that of the service"),
    text("service.socketGroup", \.socketGroup, "a group, or \"\" for that of the service"),
    text("service.user", \.user, "a user, or \"\" to stay who starts it"),
    count("service.maxConnections", \.maxConnections, 1...65536, "1 to 65536 connections"),
    count("service.idleSeconds", \.idleSeconds, 0...86400, "0 to 86400 seconds, 0 for never"),
    flag("service.believeRoot", \.believesRoot),
    text("service.metricsFile", \.metricsFile, "a path, or \"\" for none"),
    count("service.metricsSeconds", \.metricsSeconds, 1...3600, "1 to 3600 seconds"),
    flag("service.cuse", \.servesDevice),
    flag("service.cuseBind", \.bindsDevice),
    flag("seedKernel.enabled", \.seedsKernel),
    count("seedKernel.credit", \.kernelCredit, 0...512, "0 to 512 bits for each 64 bytes"),
    count("seedKernel.seconds", \.kernelSeconds, 1...86400, "1 to 86400 seconds"),
    text("seedKernel.device", \.kernelDevice, "a path"),
    flag("seedKernel.reseed", \.kernelForcesReseed),
    flag("seedKernel.predictionResistance", \.kernelUsesPredictionResistance),
  ]

  private static func text(
    _ name: String, _ path: WritableKeyPath<ServiceSettings, String> & Sendable, _ allowed: String
  ) -> ConfigurationKey {
    ConfigurationKey(
      name: name, type: .string, allowed: allowed,
      set: { settings, text in
        settings.service[keyPath: path] = text
        return true
      },
      get: { $0.service[keyPath: path] })
  }

  private static func flag(
    _ name: String, _ path: WritableKeyPath<ServiceSettings, Bool> & Sendable
  ) -> ConfigurationKey {
    ConfigurationKey(
      name: name, type: .boolean, allowed: "true or false",
      set: { settings, text in
        guard let value = boolean(text) else { return false }
        settings.service[keyPath: path] = value
        return true
      },
      get: { "\($0.service[keyPath: path])" })
  }

  private static func count(
    _ name: String, _ path: WritableKeyPath<ServiceSettings, UInt64> & Sendable, _ range: ClosedRange<UInt64>,
    _ allowed: String
  ) -> ConfigurationKey {
    ConfigurationKey(
      name: name, type: .number, allowed: allowed,
      set: { settings, text in
        guard let value = UInt64(text), range.contains(value) else { return false }
        settings.service[keyPath: path] = value
        return true
      },
      get: { "\($0.service[keyPath: path])" })
  }
}
