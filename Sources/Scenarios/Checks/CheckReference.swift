import Documents
import Model

/// The id of a check or service where another one names it.
struct CheckReference: Sendable {
  let id: CheckID
  /// Where it is written.
  let node: YAMLNode
}

extension Form where Value == CheckReference {
  static let reference = Form<CheckID>.checkID.map { id, node, _ -> CheckReference? in
    CheckReference(id: id, node: node)
  }
}

extension Form where Value == [CheckReference] {
  static let references = Form.list(of: Form<CheckReference>.reference)
}
