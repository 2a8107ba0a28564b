/// The parts of a page that change while somebody looks, to tell whom it is open to what became different.
package struct LivePage: Sendable {
  /// The same for the same parts: documents carry it, so that a reader who comes back knows whether anything was missed.
  package let version: String

  /// The parts of an overview.
  package init(_ content: PageContent) {
    version = ""
  }

  /// What every connection begins with.
  package func greeting() -> LiveEvent { LiveEvent(bytes: []) }

  /// What became different; nil when nothing did.
  package func event(after earlier: LivePage) -> LiveEvent? { nil }
}

/// One server-sent event, as it goes over the wire (HTML Living Standard, section 9.2).
package struct LiveEvent: Hashable, Sendable {
  /// With the empty line at its end.
  package let bytes: [UInt8]

  /// A line that keeps connections through proxies open.
  package static let pause = LiveEvent(bytes: Array(": \n\n".utf8))
}
