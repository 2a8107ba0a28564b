/// Whoever turns a spec into facts. A target that fails is no error: it comes back as an observation with a failure.
package protocol Prober: Sendable {
  /// Makes one exchange with the target.
  ///
  /// Returns by `context.timeout` whatever the target does, and soon after its task is cancelled; a program that has to be
  /// killed takes the time of its death longer.
  func probe(_ spec: ProbeSpec, in context: ProbeContext) async -> Observation

  /// What the steps of one journey share: a cookie jar, and connections that serve several of them.
  ///
  /// - Parameter reusesConnections: whether a connection serves the steps after the one that opened it.
  func session(reusingConnections: Bool) -> any ProbeSession
}

/// A prober for the steps of one journey, one after the other.
package protocol ProbeSession: Sendable {
  /// Makes one exchange, as `Prober.probe` does, with the cookies and connections of those before it.
  func probe(_ spec: ProbeSpec, in context: ProbeContext) async -> Observation

  /// Closes connections and forgets cookies. To be called once, after the last exchange.
  func end() async
}

/// What a prober must know beside the spec.
package struct ProbeContext: Sendable {
  /// What bounds the whole exchange, from resolution to the last byte.
  package var timeout: Duration
  /// The W3C `traceparent` to send along, or nil.
  package var traceparent: String?
  /// The folder that relative paths in the spec start from, and may not leave.
  package var folder: String
  /// What may be probed, redirects included; nil where whoever wrote the check decided that.
  package var policy: TargetPolicy?

  /// A context with everything said.
  package init(
    timeout: Duration, traceparent: String? = nil, folder: String = ".", policy: TargetPolicy? = nil
  ) {
    self.timeout = timeout
    self.traceparent = traceparent
    self.folder = folder
    self.policy = policy
  }
}

/// What one exchange showed: facts as far as it came, and what ended it early.
package struct Observation: Sendable {
  /// What was seen, even when it failed.
  package var facts: Facts
  /// What ended the exchange early; nil when it went through.
  package var failure: ProbeFailure?

  /// What one exchange showed.
  package init(facts: Facts, failure: ProbeFailure? = nil) {
    self.facts = facts
    self.failure = failure
  }
}

/// What ended an exchange early.
package struct ProbeFailure: Error, Hashable, Sendable {
  /// Which of the closed set.
  package var code: ReasonCode
  /// The phase that was under way.
  package var phase: Phase
  /// One line in words, with the user's value: "connection to 127.0.0.1:81 refused". Nothing of what the target said.
  package var message: String
  /// What the target said, with the words that join it to the message, `: "554 no service"`; empty where it said nothing. Held
  /// apart, since it is left out of the record of a check that is sensitive.
  package var quote: String

  /// A failure with everything said.
  package init(_ code: ReasonCode, during phase: Phase, _ message: String, quote: String = "") {
    self.code = code
    self.phase = phase
    self.message = message
    self.quote = quote
  }

  /// The message, and what the target said.
  package var words: String { quote.isEmpty ? message : message + quote }
}
