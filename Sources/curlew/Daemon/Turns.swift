/// Does one kind of work again and again, never twice at a time: who asks while it is under way gets the turn after it,
/// which begins after the question and so sees all that was there when it was asked. However many ask, one turn waits.
///
/// That it is an actor is not enough for that: an actor lets others in wherever it waits.
package actor Turns<Outcome: Sendable> {
  private var underWay: Task<Outcome, Never>?
  private var next: Task<Outcome, Never>?

  /// Nothing is under way yet.
  package init() {}

  /// Takes a turn that begins from now on, and waits for its end.
  package func take(_ work: @escaping @Sendable () async -> Outcome) async -> Outcome {
    if let next { return await next.value }
    let turn = Task { [underWay] in
      _ = await underWay?.value
      begin()
      return await work()
    }
    next = turn
    return await turn.value
  }

  private func begin() {
    underWay = next
    next = nil
  }
}
