// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGService

extension ServiceSettings {
  /// What the service is made from.
  func daemonConfiguration() throws(Failure) -> DaemonConfiguration {
    do throws(ServiceError) {
      var configuration = DaemonConfiguration()
      let owner = try socketOwner.isEmpty ? nil : ServiceUser(named: socketOwner).user
      let group = try socketGroup.isEmpty ? nil : ServiceUser.group(named: socketGroup)
      let mode = UInt32(socketMode, radix: 8) ?? 0o666
      for (role, path) in [
        (SocketRole.native, socket), (.egd, egdSocket), (.egdPredictionResistant, egdPredictionResistantSocket),
      ] where !path.isEmpty {
        configuration.sockets.append((role, SocketPlace(path: path, mode: mode, owner: owner, group: group)))
      }
      configuration.user = try user.isEmpty ? nil : ServiceUser(named: user)
      configuration.limits = ConnectionLimits(total: Int(maxConnections))
      configuration.idleTimeout = idleSeconds == 0 ? nil : .seconds(idleSeconds)
      configuration.credit = CreditPolicy(believesRoot: believesRoot)
      configuration.metricsFile = metricsFile.isEmpty ? nil : metricsFile
      configuration.metricsInterval = .seconds(metricsSeconds)
      configuration.devices = servesDevice || bindsDevice ? DeviceConfiguration(standsIn: bindsDevice) : nil
      configuration.kernelSeeding = seedsKernel ? kernelSeeding : nil
      return configuration
    } catch {
      throw Failure(.usage, error.description)
    }
  }

  /// How the kernel is fed.
  var kernelSeeding: KernelSeeding {
    var seeding = KernelSeeding()
    seeding.creditInBits = UInt32(clamping: kernelCredit)
    seeding.interval = .seconds(kernelSeconds)
    seeding.device = kernelDevice
    seeding.forcesReseed = kernelForcesReseed
    seeding.usesPredictionResistance = kernelUsesPredictionResistance
    return seeding
  }
}
