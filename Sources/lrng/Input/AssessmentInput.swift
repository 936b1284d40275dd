// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import FoundationEssentials
import LRNGAssessment

/// Files with samples, and what was noted when they were recorded.
enum AssessmentInput {
  /// The longest file, in bytes: an assessment takes about 70 times as much memory.
  private static let maximumLengthInBytes = 256 << 20

  /// Reads samples.
  ///
  /// - Parameter isConditioned: Whether they are meant to be the output of a conditioning component.
  static func samples(
    path: String, bits: SymbolWidth?, format: SampleFile.Format?, isConditioned: Bool = false
  ) throws -> SampleSet {
    let advice = "give the path of a file with samples"
    guard let file = try InputFile(path: path, advice: advice) else {
      throw Failure(.badData, "\(path): no such file: \(advice)")
    }
    let content = try file.content(maximumLengthInBytes: maximumLengthInBytes, advice: "assess a part of it")
    let metadata = try recordingMetadata(path: "\(path).json")
    if let gaps = metadata?.gaps, gaps > 0 {
      throw Failure(
        .badData, "\(path): recorded with \(gaps) gaps: samples that follow each other are needed, record them again")
    }
    if metadata?.conditioned == true && !isConditioned {
      StandardStreams.complain("\(path): conditioned data: estimates of it say nothing about the noise source")
    }
    do {
      return try SampleFile.samples(
        in: content, name: path, format: format, bitsPerSymbol: bits?.bits,
        bytesPerSample: max(1, (metadata?.bits ?? 8) / 8))
    } catch {
      throw Failure(.badData, "\(path): \(error)")
    }
  }

  /// What `lrng record` writes beside the samples, as far as it matters here.
  private struct RecordingMetadata: Decodable {
    let bits: Int?
    let gaps: UInt64?
    let conditioned: Bool?
  }

  /// `nil` if there is none, or if it is another program's.
  private static func recordingMetadata(path: String) throws -> RecordingMetadata? {
    guard let file = try InputFile(path: path, advice: "make it readable, or move it away") else { return nil }
    let text = try file.content(maximumLengthInBytes: 1 << 20, advice: "it is no metadata of a recording")
    return try? JSONDecoder().decode(RecordingMetadata.self, from: Data(text))
  }
}
