import Model

/// A shape for each state, so that colour is never the only sign: a disc with a tick, a triangle, a square with a cross, a ring
/// with a question mark, a ring with a spanner's bar, a ring, a dash.
enum Glyphs {
  /// The shapes, once a document.
  static let sprite: StaticString = """
    <svg class="hidden" aria-hidden="true" width="1" height="1">
    <symbol id="g-up" viewBox="0 0 16 16"><path fill-rule="evenodd" d="M8 0a8 8 0 110 16A8 8 0 018 0zm3.4 4.9L7 9.6 \
    4.7 7.4 3.4 8.8 7.1 12.3l5.7-6.1z"/></symbol>
    <symbol id="g-degraded" viewBox="0 0 16 16"><path fill-rule="evenodd" d="M8 .8L16 15H0zM7 5.5v4.8h2V5.5zm0 6v2h2v-2z"/>\
    </symbol>
    <symbol id="g-down" viewBox="0 0 16 16"><path fill-rule="evenodd" d="M2.5 0h11A2.5 2.5 0 0116 2.5v11a2.5 2.5 0 01-2.5 2.5\
    h-11A2.5 2.5 0 010 13.5v-11A2.5 2.5 0 012.5 0zM4 5.3L6.7 8 4 10.7 5.3 12 8 9.3l2.7 2.7 1.3-1.3L9.3 8 12 5.3 10.7 4 8 6.7 \
    5.3 4z"/></symbol>
    <symbol id="g-unknown" viewBox="0 0 16 16"><path fill-rule="evenodd" d="M8 0a8 8 0 110 16A8 8 0 018 0zm0 1.7a6.3 6.3 0 100 \
    12.6A6.3 6.3 0 008 1.7zM7.1 9.2c0-2 1.8-1.9 1.8-3.1 0-1.3-1.7-1.2-1.9 0H5.3C5.6 3 10.8 3.1 10.7 6c0 1.9-1.8 1.8-1.9 3.2zm0 \
    1.2h1.8v1.8H7.1z"/></symbol>
    <symbol id="g-maintenance" viewBox="0 0 16 16"><path fill-rule="evenodd" d="M8 0a8 8 0 110 16A8 8 0 018 0zM5 4.2v7.6h2V4.2\
    zm4 0v7.6h2V4.2z"/></symbol>
    <symbol id="g-waiting" viewBox="0 0 16 16"><path fill-rule="evenodd" d="M8 0a8 8 0 110 16A8 8 0 018 0zm0 1.7a6.3 6.3 0 100 \
    12.6A6.3 6.3 0 008 1.7z"/></symbol>
    <symbol id="g-disabled" viewBox="0 0 16 16"><path d="M2 7h12v2H2z"/></symbol>
    <symbol id="g-information" viewBox="0 0 16 16"><path fill-rule="evenodd" d="M8 0a8 8 0 110 16A8 8 0 018 0zM7 3.4v2.2h2V3.4\
    zM7 7v5.6h2V7z"/></symbol>
    </svg>

    """

  /// A disc in the colour of a state, for the tab.
  static func icon(_ state: PageState) -> String {
    let role: Palette.Role =
      switch state {
      case .up: .barUp
      case .degraded: .barDegraded
      case .down: .barDown
      case .maintenance: .barMaintenance
      case .unknown, .waiting, .disabled: .barNone
      }
    let shape = "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Ccircle cx='4' cy='4' r='4' fill='%23"
    return "data:image/svg+xml,\(shape)\(Palette.light[role].hex.dropFirst())'/%3E%3C/svg%3E"
  }
}

extension HTMLWriter {
  /// The shape of a state.
  mutating func glyph(_ state: PageState) {
    markup("<svg class=\"g\" aria-hidden=\"true\"><use href=\"#g-")
    text(state.rawValue)
    markup("\"/></svg>")
  }

  /// A name of any origin, set apart from its surroundings.
  mutating func name(_ name: String) { isolated(PlainText.line(name)) }

  /// A moment in a page's words, with all of it when pointed at.
  mutating func moment(_ moment: Timestamp, _ text: String, _ wording: Wording) {
    time(text, title: wording.fullMoment(moment), datetime: moment.rfc3339(fractionDigits: 0))
  }
}

extension PageState {
  /// The state as a word by itself.
  var phrase: Phrase {
    switch self {
    case .up: .stateUp
    case .degraded: .stateDegraded
    case .down: .stateDown
    case .unknown: .stateUnknown
    case .maintenance: .stateMaintenance
    case .waiting: .stateWaiting
    case .disabled: .stateDisabled
    }
  }
}
