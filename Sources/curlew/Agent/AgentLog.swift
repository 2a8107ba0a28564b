import Agent
import Fleet
import Logging
import Model

/// Tells in the log how a node stands with its hub.
struct AgentLog {
  let logger: Logger
  let autonomy: Duration

  @Sendable func tell(_ notice: AgentSession.Notice) {
    switch notice {
    case .session(let notice): tell(notice)
    case .pushing(let words?): logger.error("runs stay in the spool", metadata: ["error": "\(words)"])
    case .pushing(nil): logger.notice("the hub takes runs again")
    case .gaveUp(let number, let words):
      logger.error(
        "a run is given up; the others go on", metadata: ["number": "\(number)", "error": "\(words)"])
    case .spoolDisk(let error?):
      logger.error("the spool cannot be written; runs are kept in memory", metadata: ["error": "\(error)"])
    case .spoolDisk(nil): logger.notice("the spool is written again")
    case .clock(let offset?):
      logger.error(
        "the clock of this machine is too wrong; nothing is run by it. Set it by NTP",
        metadata: ["ahead_by": "\(Units.text(of: offset))"])
    case .clock(nil): logger.notice("the clock of this machine is right again")
    case .opinionsPassedOver(let count):
      logger.warning("second opinions were asked for faster than they can be given", metadata: ["count": "\(count)"])
    case .opinionNotGiven(let check, let fault):
      logger.warning("no second opinion is given", metadata: ["check": "\(check)", "error": "\(fault)"])
    }
  }

  private func tell(_ notice: SessionMachine.Notice) {
    switch notice {
    case .connected: logger.notice("connected to the hub")
    case .away(let words): logger.warning("the hub is away; the schedule goes on", metadata: ["error": "\(words)"])
    case .refused(let refusal, let words):
      logger.error("the hub refuses this node", metadata: ["reason": "\(refusal.rawValue)", "error": "\(words)"])
    case .autonomyOver:
      logger.error(
        "the hub was away for too long; nothing is run until it is back",
        metadata: ["autonomy": "\(Units.text(of: autonomy))"])
    case .configured(let version): logger.notice("configuration in force", metadata: ["version": "\(version)"])
    case .notConfigured(let version, let words):
      logger.error(
        "configuration refused; what was in force stays in force",
        metadata: ["version": "\(version)", "problems": "\(words)"])
    case .quarantined(let reason?):
      logger.error("the hub does not believe this node; its runs are unknown", metadata: ["reason": "\(reason)"])
    case .quarantined(nil): logger.notice("the hub believes this node again")
    }
  }
}
