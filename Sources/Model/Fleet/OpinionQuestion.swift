/// A region of another failure domain is asked what it sees of a slot that another one sees failing.
package struct OpinionQuestion: Hashable, Sendable {
  /// Numbered by the store, rising; 0 before it is kept.
  package var number: Int64
  package var check: CheckID
  /// The number of the slot that it is about.
  package var slot: Int64
  /// Who is asked, and where it stands.
  package var node: String
  package var region: String
  /// Until when an answer is of use.
  package var until: Timestamp

  /// A question with everything said.
  package init(number: Int64 = 0, check: CheckID, slot: Int64, node: String, region: String, until: Timestamp) {
    self.number = number
    self.check = check
    self.slot = slot
    self.node = node
    self.region = region
    self.until = until
  }
}
