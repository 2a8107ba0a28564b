import Model
import Postgres

extension HistoryError {
  /// A fault of the server's in words; what to do about it is in them already.
  init(_ fault: PostgresFault, in pool: PostgresPool) {
    self.init("history \"\(pool.name)\": \(fault.message)")
  }
}
