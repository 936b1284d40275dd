// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only

import LRNGAssessment

/// Skeletons of the documents of an entropy source validation. What a run can't tell is marked TO DO.
struct ESVDocuments {
  let assessment: Assessment
  let metadata: RecordingMetadata
  let claim: HTMLReport.Claim?

  private func number(_ value: Double?) -> String { value.map(AssessmentText.decimal) ?? "–" }

  private var environment: String {
    "\(metadata.machine), \(metadata.architecture), \(metadata.processors) processors"
      + "\(metadata.hypervisor ? ", virtual machine" : ""), Linux \(metadata.kernelRelease)"
  }

  private var title: String {
    switch metadata.source {
    case "interrupt": "time stamps of interrupts"
    case "scheduler": "time stamps of context switches"
    default: "execution time jitter of the processor"
    }
  }

  private var parts: String {
    metadata.seams.isEmpty ? "in one go" : "in \(metadata.seams.count + 1) parts of at least 1000"
  }

  private var claimed: String {
    claim.map { "\(number($0.entropy)) bits a sample (\($0.reason))" } ?? "TO DO: what is claimed"
  }

  /// The health tests and their cutoffs at the credited rate.
  private var cutoffs: String {
    guard let claim else { return "TO DO: health tests and cutoffs" }
    let at30 = HealthTestCutoffs(entropy: claim.entropy, alphaExponent: 30, isBinary: false)
    return "repetition count \(at30.repetitionCount), adaptive proportion \(at30.adaptiveProportion) of \(at30.window) "
      + "(SP 800-90B 4.4 at H = \(number(claim.entropy)), false alarms 2^-30)"
  }

  var entropyAssessmentReport: String {
    let restart = assessment.restart
    var table = "| section | estimator | bits a symbol | bits a bit |\n|---|---|---:|---:|\n"
    for estimator in Estimator.allCases {
      table +=
        "| \(estimator.section) | \(estimator.title) | \(number(assessment.estimators[estimator])) "
        + "| \(number(assessment.bitstring?[estimator])) |\n"
    }
    return """
      # Entropy Assessment Report (skeleton)

      Noise source: \(title) (\(metadata.source), \(metadata.host)), LRNG \(metadata.version).
      Designed to meet SP 800-90B; not validated.

      ## 1 Noise source

      - Operation: \(metadata.sample).
      - Why it is unpredictable: TO DO, a technical argument or stochastic model (3.2.2).
      - Physical or not: non-physical.
      - Claimed: \(claimed).
      - Conditions of operation, and behaviour outside of them: TO DO.

      ## 2 Operational environment

      \(environment). Clock: \(metadata.clock ?? "none"), step \(metadata.gcd), kernel's clock source \
      \(metadata.clockSource ?? "unknown").

      ## 3 Data

      | file | content | SP 800-90B |
      |---|---|---|
      | `raw-noise.bin` | \(metadata.samples) consecutive samples, a byte each, without gaps, \(parts) | 3.1.1 |
      | `restart.bin` | 1000 restarts, 1000 samples after each, restart after restart | 3.1.4.1 |

      Recorded on \(metadata.date), \(Int(metadata.samplesPerSecond)) samples a second\(metadata.load ? ", provoked by load" : "").
      A restart is \(metadata.host == "user space" ? "a new process with a new state of the source" : "a fresh load of the module").
      Who recorded, and how the data were kept from change: TO DO (data collection attestation).

      ## 4 Estimates

      Track: \(assessment.track.rawValue).

      \(table)
      | | bits |
      |---|---:|
      | H_original | \(number(assessment.hOriginal)) |
      | H_bitstring, a bit | \(number(assessment.hBitstring)) |
      | H_I before the claim | \(number(assessment.minEntropy)) |
      | restart rows | \(number(restart?.hRows)) |
      | restart columns | \(number(restart?.hColumns)) |
      | sanity check | \(restart.map { "\(max($0.sanityCheck.maximumCountInRow, $0.sanityCheck.maximumCountInColumn)) of at most \($0.sanityCheck.cutoff), \($0.sanityCheck.passed ? "passed" : "FAILED")" } ?? "–") |
      | after restart tests | \(number(restart?.minEntropy)) |

      ## 5 Health tests

      - Continuous: \(cutoffs). What the source really applies: Documentation/sp800-90b.md.
      - Start-up: 1024 samples before the first output; on demand: `lrng selftest`.
      - On failure: no output of the source, see Documentation/sp800-90b.md.

      ## 6 Conditioning

      Vetted hash, one of SHA-256, SHA-512, SHA3-256, SHA3-512. CAVP certificate: TO DO. Output entropy:
      `lrng assess --conditioning n_in,n_out,nw,h_in`.

      ## 7 Interface

      GetEntropy: TO DO, how the module under validation takes entropy, and how much of it a call gives.

      """
  }

  var publicUseDocument: String {
    """
    # Public Use Document (skeleton)

    ## 1 Description

    Entropy source: LRNG \(metadata.version), \(title). Version of the document: TO DO. Vendor: TO DO.

    ## 2 Security boundary

    TO DO: what is inside (\(metadata.host)), what is outside.

    ## 3 Operational environment

    \(environment). Others: TO DO.

    ## 4 Configuration

    | setting | value | how to see it |
    |---|---|---|
    | FIPS mode | on (`--fips`, key `fips`, or the kernel's) | `lrng status` |
    | credit | \(claimed) | `lrng config` |
    | other settings | as delivered | `lrng config` |

    ## 5 Interface and output

    GetEntropy: TO DO. Entropy of an output: TO DO, from sections 4 and 6 of the assessment report.

    ## 6 Health tests

    \(cutoffs). They are run at start-up, on every sample, and on demand (`lrng selftest`). After a failure there is no output of
    the source; TO DO: what the caller sees.

    ## 7 Maintenance

    None. There are no settings for testing in operation.

    """
  }
}
