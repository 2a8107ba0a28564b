import Blackbox
import Exposition
import Model

/// The debug page of a probe, and the lines of its log.
enum ProbeText {
  /// The three parts of the page in the order and under the headings of blackbox_exporter.
  static func page(of result: ProbeResult, module: String) -> String {
    var text = "Logs for the probe:\n"
    if let prober = result.module.prober {
      for line in lines(of: result, prober) { text += line.logfmt + "\n" }
    }
    text += "\n\n\nMetrics that would have been returned:\n"
    text += String(decoding: result.metrics, as: UTF8.self)
    text += "\n\n\nModule configuration:\n"
    return text + module
  }

  /// What was done, from the beginning of the probe to its end.
  static func lines(of result: ProbeResult, _ prober: BlackboxModule.ProberName) -> [LogLine] {
    let named = [("module", result.moduleName), ("target", result.target)]
    let end = result.started + result.took
    var lines = [
      LogLine(
        time: result.started, level: .info, message: "Beginning probe",
        fields: named + [("probe", prober.rawValue), ("timeout_seconds", number(result.timeout))])
    ]
    lines += result.log.map { entry in
      LogLine(time: end, level: entry.level, message: entry.message, fields: named + entry.fields)
    }
    lines.append(
      LogLine(
        time: end, level: result.isSuccess ? .info : .error,
        message: result.isSuccess ? "Probe succeeded" : "Probe failed",
        fields: named + [("duration_seconds", number(result.took))]))
    return lines
  }

  private static func number(_ duration: Duration) -> String {
    var bytes: [UInt8] = []
    GoFloat.append(duration.inSeconds, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}
