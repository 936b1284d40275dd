// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

/// The text on standard output.
public struct TextReport {
  let measurements: Measurements
  let coldStarts: [ColdStart]
  let machine: [(String, String)]
  let missing: [(name: String, reason: String)]
  let rounds: Int
  let isBusy: Bool

  /// - Parameter isBusy: Whether other work kept the processors.
  public init(
    measurements: Measurements, coldStarts: [ColdStart], machine: [(String, String)],
    missing: [(name: String, reason: String)], rounds: Int,
    isBusy: Bool = false
  ) {
    self.measurements = measurements
    self.coldStarts = coldStarts
    self.machine = machine
    self.missing = missing
    self.rounds = rounds
    self.isBusy = isBusy
  }

  public var text: String {
    var parts = [machineDescription]
    for threads in Set(measurements.cells.map(\.threads)).sorted() {
      parts.append(throughput(threads: threads))
      if threads == 1, let ratios { parts.append(ratios) }
    }
    if let frontEnds { parts.append(frontEnds) }
    if let reference { parts.append(reference) }
    if !coldStarts.isEmpty { parts.append(starts) }
    parts.append(targets)
    if isBusy {
      parts.append("The machine had other work: the rows of several threads and the cold starts say little.\n")
    }
    return parts.joined(separator: "\n")
  }

  private var machineDescription: String {
    let width = machine.map(\.0.count).max() ?? 0
    var lines = machine.map { "\($0.0.padded(to: width))  \($0.1)" }
    lines += missing.map { "not here: \($0.name): \($0.reason)" }
    return lines.joined(separator: "\n") + "\n"
  }

  private func throughput(threads: Int) -> String {
    let sizes = measurements.sizes(threads: threads)
    let rows = measurements.names.compactMap { name -> [String]? in
      let values = sizes.map { measurements.median(of: Cell(name, bytes: $0, threads: threads)) }
      return values.contains { $0 != nil } ? [name] + values.map { $0.map(number) ?? "" } : nil
    }
    let title = "MB/s, \(threads) thread\(threads == 1 ? "" : "s together"), median of \(rounds) rounds"
    return table(title, columns: sizes.map(Self.title), rows)
  }

  /// How many times as fast as each of the others the default generator is.
  private var ratios: String? {
    let sizes = measurements.sizes(threads: 1)
    let rows = measurements.names.filter {
      ![Generators.fill, Generators.next, Generators.control].contains($0) && !Generators.isSocket($0)
    }.compactMap { name in
      let values = sizes.map { bytes in
        measurements.ratio(
          of: Cell(Generators.isNext(name) ? Generators.next : Generators.fill, bytes: bytes),
          to: Cell(name, bytes: bytes))
      }
      return values.contains { $0 != nil } ? [name] + values.map { $0.map(number) ?? "" } : nil
    }
    guard !rows.isEmpty else { return nil }
    return table("LinuxRandomNumberGenerator is so many times as fast as", columns: sizes.map(Self.title), rows)
  }

  /// What programs get that are not written in Swift: each way to this project's generators beside the system call.
  private var frontEnds: String? {
    let sizes = Generators.frontEndSizes
    let crowds = [1, 2, Generators.crowd]
    let columns = crowds.flatMap { threads in
      sizes.map { threads == 1 ? Self.title(of: $0) : "\(threads) × \(Self.title(of: $0))" }
    }
    let rows = ([Generators.systemCall] + Generators.frontEnds).compactMap { name -> [String]? in
      let requests = crowds.flatMap { threads in
        sizes.map { bytes in
          measurements.median(of: Cell(name, bytes: bytes, threads: threads)).map { $0 * 1e6 / Double(bytes) }
        }
      }
      guard requests.contains(where: { $0 != nil }) else { return nil }
      let ratios = sizes.map { bytes in
        measurements.ratio(of: Cell(name, bytes: bytes), to: Cell(Generators.systemCall, bytes: bytes))
      }
      return [name] + requests.map { $0.map(count) ?? "" } + ratios.map { $0.map(share) ?? "" }
    }
    guard rows.contains(where: { $0[0] != Generators.systemCall }) else { return nil }
    return table(
      "Requests per second through each front end, by one thread and by several; how many times those of getrandom(2)",
      columns: columns + sizes.map { "\(Self.title(of: $0)), over" }, rows)
  }

  private var reference: String? {
    var rows: [[String]] = []
    for (name, drng, values) in ReferenceTable.rows {
      let ours = ReferenceTable.sizes.map {
        measurements.median(of: Cell(Generators.perRequest(drng), bytes: $0))
      }
      guard ours.contains(where: { $0 != nil }) else { continue }
      rows.append(["reference: \(name)"] + values.map(number))
      rows.append(["here:      \(drng)"] + ours.map { $0.map(number) ?? "" })
    }
    guard !rows.isEmpty else { return nil }
    return table(
      "The table of the reference (MB/s of getrandom(2), its own machine), and the same generators here, one request a call",
      columns: ReferenceTable.sizes.map(Self.title), rows)
  }

  private var starts: String {
    let rows = [("first byte", \ColdStart.firstByte), ("fully seeded", \ColdStart.fullySeeded)].map { name, path in
      let times = coldStarts.map { $0[keyPath: path] }.sorted()
      return [name] + [median(times) ?? 0, times.first ?? 0, times.last ?? 0].map(number)
    }
    return table(
      "Milliseconds from the start of a process, \(coldStarts.count) starts", columns: ["median", "least", "most"], rows
    )
  }

  private var targets: String {
    var rows = Target.all.map { target in
      let ratio = target.ratio(in: measurements)
      return [
        target.text, "≥ \(number(target.required))", target.aim.map { "≥ \(number($0))" } ?? "",
        ratio.map(number) ?? "", target.outcome(of: ratio).rawValue,
      ]
    }
    for (name, path, limit) in [
      ("first byte, ms", \ColdStart.firstByte, Target.firstByteLimit),
      ("fully seeded, ms", \ColdStart.fullySeeded, Target.fullySeededLimit),
    ] {
      let time = median(coldStarts.map { $0[keyPath: path] })
      let outcome: Target.Outcome = time.map { $0 < limit ? .met : .missed } ?? .unmeasured
      rows.append(["cold start to \(name)", "< \(number(limit))", "", time.map(number) ?? "", outcome.rawValue])
    }
    return table("Targets, as ratios in this run", columns: ["required", "aim", "measured", ""], rows)
  }

  static func title(of bytes: Int) -> String { bytes == Generators.nextSize ? "next()" : "\(bytes) B" }

  private func table(_ title: String, columns: [String], _ rows: [[String]]) -> String {
    let all = [[""] + columns] + rows
    let widths = all[0].indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    let lines = all.map { row in
      row.indices.map { column in
        // Numbers to the right, words to the left.
        column > 0 && !columns[column - 1].isEmpty
          ? row[column].padded(toLeft: widths[column]) : row[column].padded(to: widths[column])
      }.joined(separator: "  ").trimmedRight
    }
    return ([title] + lines).joined(separator: "\n") + "\n"
  }
}

/// Three or four digits that say something.
func number(_ value: Double) -> String {
  let decimals = value >= 100 ? 0 : value >= 10 ? 1 : 2
  let factor = [1.0, 10, 100][decimals]
  let scaled = (value * factor).rounded()
  let whole = Int(scaled / factor)
  guard decimals > 0 else { return "\(whole)" }
  let fraction = "\(Int(scaled) % Int(factor))"
  return "\(whole).\(String(repeating: "0", count: decimals - fraction.count))\(fraction)"
}

/// The same, of what may be a small part of one.
func share(_ value: Double) -> String {
  guard value < 0.1 else { return number(value) }
  let digits = "\(Int((value * 10000).rounded()))"
  return "0." + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}

/// The same, of a large number.
func count(_ value: Double) -> String {
  for (factor, letter) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] where value >= factor {
    return number(value / factor) + letter
  }
  return number(value)
}

extension String {
  func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
  func padded(toLeft width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }

  var trimmedRight: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
